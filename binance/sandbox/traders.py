"""The people in the simulated market: seeded, so that a run can be repeated; clockless, so that it runs at any speed.

A fair price wanders, pulled back softly to where it started. Around it traders quote on a coarse grid (so that orders
share levels), withdraw, and take; quotes that the fair price has run into are hit by new ones. The number of open
orders hovers around `CROWD`, so the book neither dries up nor grows.
"""

from collections.abc import Iterator
from math import sqrt
from random import Random

from .bars import HOUR, MINUTE
from .matching import Fill, OrderBook, Side
from .symbols import SymbolFacts

CROWD = 400  # open orders per symbol, about
THIN = 25  # levels of a side below which nobody takes from it or withdraws
TAKERS = 0.12  # share of actions that are market orders
GRID = 80_000  # the price divided by this is the distance of neighbouring quotes
REACH = 40  # mean distance of a quote from the fair price, in grid steps
DRIFT = 0.6e-4  # standard deviation of the fair price after a second
PULL = 1e-6  # share of its distance from the start that the fair price gives back per action

HISTORY = 9 * HOUR
HISTORY_PER_MINUTE = 3


class Traders:
    """Acts in one book. `rate` is the mean number of actions per second, which scales the drift of each."""

    def __init__(self, facts: SymbolFacts, book: OrderBook, random: Random, *, fair: int, rate: float) -> None:
        self._facts = facts
        self._book = book
        self._random = random
        self._fair = float(fair)
        self._sigma = facts.price * DRIFT / sqrt(rate) if rate else 0.0
        self._grid = grid_of(facts)
        self._quotes: list[int] = []  # ids of quotes placed; those filled meanwhile are thrown out when met

    def open_market(self) -> None:
        """Fill an empty book with quotes that do not meet."""
        for _ in range(CROWD // 2):
            for side in ("BUY", "SELL"):
                self._place(side, 1 + self._distance())

    def act(self) -> list[Fill]:
        """One action of one trader: the fills it caused, most often none."""
        self._fair += self._random.gauss(0.0, self._sigma) + (self._facts.price - self._fair) * PULL
        if self._random.random() < TAKERS:
            return self._take()
        if self._random.random() < len(self._book.orders) / (2 * CROWD):
            return self._withdraw()
        return self._quote()

    def block(self) -> tuple[int, int, bool]:
        """Price, quantity and buyer-is-maker of a large trade agreed off the book, close to the fair price."""
        price = self._on_tick(self._fair * (1 + self._random.gauss(0.0, 1e-4)))
        return price, 200 * self._quantity(self._facts.lot), self._random.random() < 0.5

    def _take(self) -> list[Fill]:
        side: Side = "BUY" if self._random.random() < 0.5 else "SELL"
        other = self._book.asks if side == "BUY" else self._book.bids
        if len(other.levels) < THIN:
            return self._quote()
        _, fills = self._book.market(side, self._quantity(2 * self._facts.lot))
        return fills

    def _withdraw(self) -> list[Fill]:
        thin = min(len(self._book.bids.levels), len(self._book.asks.levels)) < THIN
        while self._quotes and not thin:
            index = self._random.randrange(len(self._quotes))
            self._quotes[index], self._quotes[-1] = self._quotes[-1], self._quotes[index]
            order_id = self._quotes.pop()
            if order_id in self._book.orders:
                self._book.cancel(order_id)
                return []
        return self._quote()

    def _quote(self) -> list[Fill]:
        bids_are_fewer = len(self._book.bids.levels) < len(self._book.asks.levels)
        side: Side = "BUY" if self._random.random() < (0.6 if bids_are_fewer else 0.4) else "SELL"
        return self._place(side, self._distance())

    def _place(self, side: Side, distance: int) -> list[Fill]:
        below = int(self._fair) // self._grid
        step = below - distance if side == "BUY" else below + 1 + distance
        order, fills = self._book.limit(side, max(step, 1) * self._grid, self._quantity(self._facts.lot))
        if order.remaining:
            self._quotes.append(order.id)
        return fills

    def _distance(self) -> int:
        return int(self._random.expovariate(1 / REACH))

    def _quantity(self, mean: int) -> int:
        step = self._facts.step
        return (1 + int(self._random.expovariate(step / mean))) * step

    def _on_tick(self, price: float) -> int:
        return max(1, round(price / self._facts.tick)) * self._facts.tick


def grid_of(facts: SymbolFacts) -> int:
    return max(1, facts.price // GRID // facts.tick) * facts.tick


def history(facts: SymbolFacts, random: Random, start: int) -> Iterator[tuple[int, list[tuple[int, int]], bool]]:
    """What was traded in the hours before `start`, sparsely: (time, executions, buyer is maker), times rising."""
    grid, step = grid_of(facts), facts.step
    mean = facts.lot // step * 20
    sigma = facts.price * DRIFT * sqrt(60 / HISTORY_PER_MINUTE)
    price = float(facts.price)
    time = start - HISTORY
    while (time := time + 1 + int(random.expovariate(HISTORY_PER_MINUTE) * MINUTE)) < start:
        price += random.gauss(0.0, sigma)
        executions = [(round(price / grid) * grid, int(1 + random.random() * 2 * mean) * step)]
        if random.random() < 0.2:
            executions.append((executions[0][0], step))
        yield time, executions, random.random() < 0.5
