"""What one symbol tells the world: builds the payload of each stream that somebody watches, and of no other."""

from collections.abc import Container
from typing import Any

from . import payloads
from .bars import DAY, HOUR, INTERVALS, MINUTE, SECOND, Bar, first_minute, next_open, open_of
from .depth_pace import DepthPace
from .listing import AVERAGE_MINUTES, Listing
from .payloads import Event
from .tape import AggregateTrade, Trade

TICK = SECOND // 10  # the shortest fixed pace; every other one is a multiple of it
WINDOWS = {"1h": HOUR, "4h": 4 * HOUR, "1d": DAY}
ZONES = {"": 0, "@+08:00": 8 * HOUR}


class Feed:
    """The streams of one symbol. `wanted` is the live set of stream names that are watched."""

    def __init__(self, listing: Listing, wanted: Container[str]) -> None:
        self._listing = listing
        self._wanted = wanted
        self._symbol = listing.facts.symbol
        name = self._symbol.lower()
        self._trade = f"{name}@trade"
        self._aggregate = f"{name}@aggTrade"
        self._block = f"{name}@blockTrade"
        self._book_ticker = f"{name}@bookTicker"
        self._mini = f"{name}@miniTicker"
        self._day = f"{name}@ticker"
        self._average = f"{name}@avgPrice"
        self._reference = f"{name}@referencePrice"
        self._windows = {window: f"{name}@ticker_{window}" for window in WINDOWS}
        self._klines = [
            (f"{name}@kline_{interval}{zone}", interval, offset)
            for interval in INTERVALS
            for zone, offset in ZONES.items()
        ]
        listing.book.take_touched()
        self._fast = DepthPace(self._symbol, "@100ms", TICK, listing.book)
        self._slow = DepthPace(self._symbol, "", SECOND, listing.book)
        self._best = listing.book.best()
        self._bars: dict[int, Bar] = {}  # the windows already folded at this second, by where they open

    def acted(self, trades: list[Trade], aggregates: list[AggregateTrade], out: list[Event]) -> None:
        """Tell what one action of a trader has changed."""
        if trades and self._trade in self._wanted:
            out.extend((self._trade, payloads.trade(self._symbol, row)) for row in trades)
        if aggregates and self._aggregate in self._wanted:
            out.extend((self._aggregate, payloads.aggregate_trade(self._symbol, row)) for row in aggregates)
        best = self._listing.book.best()
        if best == self._best:
            return
        self._best = best
        if self._book_ticker in self._wanted:
            update_id = self._listing.book.update_id
            out.append((self._book_ticker, payloads.book_ticker(self._symbol, update_id, best)))

    def blocked(self, row: Trade, out: list[Event]) -> None:
        """Tell a block trade."""
        if self._block in self._wanted:
            out.append((self._block, payloads.block_trade(self._symbol, row)))

    def tick(self, now: int, out: list[Event]) -> None:
        """Tell what is due at `now`, a multiple of `TICK`; what happens at `now` itself is not yet known."""
        bids, asks = self._listing.book.take_touched()
        for pace in (self._fast, self._slow):
            pace.add(bids, asks)
            if now % pace.width == 0:
                pace.push(now, self._wanted, out)
        if now % SECOND:
            return
        self._bars.clear()
        self._push_klines(now, out)
        self._push_tickers(now, out)
        self._push_prices(now, out)

    def mini_ticker(self, now: int) -> dict[str, Any]:
        return payloads.mini_ticker(self._symbol, self._last_day(now), now)

    def window_ticker(self, now: int, window: str) -> dict[str, Any]:
        """The ticker of a rolling window, which opened at a whole minute at least its width ago."""
        opened = (now - WINDOWS[window]) // MINUTE * MINUTE
        return payloads.window_ticker(self._symbol, window, self._since(opened), now)

    def _last_day(self, now: int) -> Bar:
        return self._since(first_minute(now - DAY))

    def _since(self, opened: int) -> Bar:
        if opened not in self._bars:
            self._bars[opened] = self._listing.tape.since(opened)
        return self._bars[opened]

    def _push_klines(self, now: int, out: list[Event]) -> None:
        for stream, interval, offset in self._klines:
            if stream not in self._wanted:
                continue
            width = INTERVALS[interval]
            if width != SECOND and now % (2 * SECOND):
                continue
            final = open_of(now, width, offset) == now
            opened = open_of(now - 1, width, offset)
            bar = self._listing.tape.bar(width, opened, now)
            closes = next_open(opened, width, offset)
            out.append((stream, payloads.kline(self._symbol, interval, bar, closes, now, final=final)))

    def _push_tickers(self, now: int, out: list[Event]) -> None:
        if self._mini in self._wanted:
            out.append((self._mini, self.mini_ticker(now)))
        if self._day in self._wanted:
            out.append((self._day, self._day_ticker(now)))
        for window, stream in self._windows.items():
            if stream in self._wanted:
                out.append((stream, self.window_ticker(now, window)))

    def _day_ticker(self, now: int) -> dict[str, Any]:
        listing = self._listing
        day = self._last_day(now)
        return payloads.ticker(
            self._symbol,
            day,
            now - DAY,
            now,
            before=listing.tape.price_before(day.opened),
            last_quantity=listing.last_trade.quantity,
            best=listing.book.best(),
        )

    def _push_prices(self, now: int, out: list[Event]) -> None:
        listing = self._listing
        if self._average in self._wanted:
            price, last = listing.average_price(now), listing.last_trade.time
            out.append((self._average, payloads.average_price(self._symbol, AVERAGE_MINUTES, price, last, now)))
        if self._reference in self._wanted:
            price_now = listing.reference_price(now)
            out.append((self._reference, payloads.reference_price(self._symbol, price_now, now)))
