"""One listed symbol: its facts, its book, its tape and its traders, kept in step with each other."""

from random import Random

from .bars import MINUTE
from .matching import OrderBook
from .symbols import SymbolFacts
from .tape import AggregateTrade, Tape, Trade
from .traders import Traders, history

AVERAGE_MINUTES = 5
BLOCKS_BEFORE = 5  # block trades in the history, one a minute


class Listing:
    """One symbol, with some hours of trades before `start` (microseconds) and an open book.

    Equal facts, seed, rate and start give an equal listing, whatever else the market lists.
    """

    def __init__(self, facts: SymbolFacts, *, seed: int, rate: float, start: int) -> None:
        self.facts = facts
        random = Random(f"{seed}:{facts.symbol}")
        aggregate = random.randrange(10_000_000, 50_000_000)
        self.tape = Tape(first_trade=3 * aggregate, first_aggregate=aggregate, first_block=random.randrange(1000))
        for time, executions, buyer_is_maker in history(facts, random, start):
            self.tape.record(time, executions, buyer_is_maker=buyer_is_maker)
        self.book = OrderBook(update_id=random.randrange(10**9, 10**10), next_order_id=10 * aggregate)
        self._traders = Traders(facts, self.book, random, fair=self.last_trade.price, rate=rate)
        self._traders.open_market()
        for number in range(BLOCKS_BEFORE, 0, -1):
            self.block(start - number * MINUTE)

    @property
    def last_trade(self) -> Trade:
        last = self.tape.trades.last()
        if last is None:
            raise LookupError(f"{self.facts.symbol} has not traded yet")
        return last

    def act(self, time: int) -> tuple[list[Trade], list[AggregateTrade]]:
        """Let a trader act; what was traded, if anything."""
        fills = self._traders.act()
        if not fills:
            return [], []
        executions = [(fill.price, fill.quantity) for fill in fills]
        return self.tape.record(time, executions, buyer_is_maker=fills[0].taker.side == "SELL")

    def block(self, time: int) -> Trade:
        """Let two parties report a block trade."""
        price, quantity, buyer_is_maker = self._traders.block()
        return self.tape.record_block(time, price, quantity, buyer_is_maker=buyer_is_maker)

    def average_price(self, now: int) -> int:
        """The volume-weighted price of the last minutes; the last price when nothing was traded in them."""
        average = self.tape.average(AVERAGE_MINUTES * MINUTE, now)
        return self.last_trade.price if average is None else average

    def reference_price(self, now: int) -> int | None:
        """The volume-weighted price of the last minute on the symbol's tick; None when nothing was traded in it."""
        average = self.tape.average(MINUTE, now)
        return None if average is None else average // self.facts.tick * self.facts.tick
