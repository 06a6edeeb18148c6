"""The tape: everything that was traded in one symbol, and what follows from it.

Trades go in; trades, aggregate trades, klines, ticker windows and averages come out. Pure: time comes with each trade.
All times are microseconds since 1970, UTC; amounts are scaled integers.
"""

from collections.abc import Iterable
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple

from .bars import MINUTE, SECOND, Bar, BarSeries, fold, newest_opens, next_open, open_of, opens
from .decimals import ratio, times
from .history import History

KEPT_TRADES = 100_000
KEPT_SECONDS = 20_000
KEPT_MINUTES = 50_000


class Trade(NamedTuple):
    id: int
    price: int
    quantity: int
    time: int
    buyer_is_maker: bool

    @property
    def quote(self) -> int:
        return times(self.price, self.quantity)


class AggregateTrade(NamedTuple):
    """Trades of one taker order at one price, merged."""

    id: int
    price: int
    quantity: int
    first_id: int
    last_id: int
    time: int
    buyer_is_maker: bool


class Tape:
    """One symbol's tape, starting with the given trade, aggregate trade and block trade ids."""

    def __init__(self, *, first_trade: int = 1, first_aggregate: int = 1, first_block: int = 1) -> None:
        self.trades: History[Trade] = History(first_trade, KEPT_TRADES)
        self.aggregates: History[AggregateTrade] = History(first_aggregate, KEPT_TRADES)
        self.blocks: History[Trade] = History(first_block, KEPT_TRADES)
        self._seconds = BarSeries(SECOND, KEPT_SECONDS)
        self._minutes = BarSeries(MINUTE, KEPT_MINUTES)

    def record(
        self, time: int, executions: Iterable[tuple[int, int]], *, buyer_is_maker: bool
    ) -> tuple[list[Trade], list[AggregateTrade]]:
        """Write down the (price, quantity) executions of one taker order."""
        trades: list[Trade] = []
        aggregates: list[AggregateTrade] = []
        for price, same_price in groupby(executions, itemgetter(0)):
            first = self.trades.next_id
            total = 0
            for _, quantity in same_price:
                trades.append(self._trade(Trade(self.trades.next_id, price, quantity, time, buyer_is_maker)))
                total += quantity
            last = self.trades.next_id - 1
            merged = AggregateTrade(self.aggregates.next_id, price, total, first, last, time, buyer_is_maker)
            self.aggregates.append(merged)
            aggregates.append(merged)
        return trades, aggregates

    def record_block(self, time: int, price: int, quantity: int, *, buyer_is_maker: bool) -> Trade:
        """Write down a block trade; it has its own ids and counts in no kline, ticker or average."""
        block = Trade(self.blocks.next_id, price, quantity, time, buyer_is_maker)
        self.blocks.append(block)
        return block

    def bar(self, width: int, opened: int, end: int) -> Bar:
        """The bar of an interval `width` that opened at `opened`, up to `end`."""
        series = self._series(width)
        return fold(series.between(opened, end), opened, self._price_before(series, opened))

    def klines(self, width: int, offset: int, start: int | None, end: int, limit: int) -> list[Bar]:
        """Up to `limit` bars, without holes, that open in [start, end]: the oldest, or the newest without `start`."""
        series = self._series(width)
        oldest = series.oldest()
        if oldest is None or (start is not None and start > end):
            return []
        earliest = open_of(oldest.opened, width, offset)
        if start is None:
            wanted = newest_opens(earliest, end, width, offset, limit)
        else:
            wanted = list(islice(opens(max(start, earliest), end, width, offset), limit))
        return self._fill(series, wanted, width, offset)

    def since(self, opened: int) -> Bar:
        """Everything traded from the whole minute `opened` until now, as one bar."""
        return fold(self._minutes.between(opened, 2**63), opened, self._price_before(self._minutes, opened))

    def price_before(self, opened: int) -> int:
        """The last price traded before the whole minute `opened`; the oldest price known when there is none."""
        return self._price_before(self._minutes, opened)

    def average(self, width: int, now: int) -> int | None:
        """The volume-weighted price of the whole seconds within the last `width`; None when nothing was traded."""
        bars = self._seconds.between(now - width, now + 1)
        if not bars:
            return None
        return ratio(sum([bar.quote for bar in bars]), sum([bar.volume for bar in bars]))

    def _trade(self, trade: Trade) -> Trade:
        self.trades.append(trade)
        number, price, quantity, time, buyer_is_maker = trade
        quote = trade.quote
        self._seconds.record(time, number, price, quantity, quote, taker_buys=not buyer_is_maker)
        self._minutes.record(time, number, price, quantity, quote, taker_buys=not buyer_is_maker)
        return trade

    def _series(self, width: int) -> BarSeries:
        return self._seconds if width == SECOND else self._minutes

    def _fill(self, series: BarSeries, wanted: list[int], width: int, offset: int) -> list[Bar]:
        if not wanted:
            return []
        bars = series.between(wanted[0], next_open(wanted[-1], width, offset))
        price = self._price_before(series, wanted[0])
        rows: list[Bar] = []
        index = 0
        for opened in wanted:
            end = next_open(opened, width, offset)
            first = index
            while index < len(bars) and bars[index].opened < end:
                index += 1
            rows.append(fold(bars[first:index], opened, price))
            price = rows[-1].close
        return rows

    @staticmethod
    def _price_before(series: BarSeries, opened: int) -> int:
        if before := series.before(opened):
            return before.close
        oldest = series.oldest()
        return oldest.open if oldest else 0
