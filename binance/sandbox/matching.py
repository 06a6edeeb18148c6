"""The order book: price-time matching of limit and market orders.

Pure: no clock, no symbol, no names of owners. Prices and quantities are scaled integers (see `decimals`).
Every change of a price level raises `update_id` by one, so that depth streams can be numbered as on the real exchange.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, NamedTuple

Side = Literal["BUY", "SELL"]


class UnknownOrder(LookupError):
    """No open order has the given id: it never existed, was filled, or was cancelled."""


@dataclass(slots=True, eq=False)
class Order:
    """An order and what is left of it; `price` is None for market orders."""

    id: int
    side: Side
    price: int | None
    quantity: int
    remaining: int

    @property
    def filled(self) -> int:
        return self.quantity - self.remaining


class Fill(NamedTuple):
    """One execution, at the price of the order that was there first."""

    price: int
    quantity: int
    maker: Order
    taker: Order


@dataclass(slots=True, eq=False)
class Level:
    """The open orders at one price, oldest first."""

    price: int
    quantity: int = 0
    orders: dict[int, Order] = field(default_factory=dict)


class Half:
    """One side of a book. `sign` is +1 where the highest price is best (bids), -1 where the lowest is (asks)."""

    def __init__(self, sign: Literal[1, -1]) -> None:
        self.levels: dict[int, Level] = {}
        self.touched: set[int] = set()
        self._sign = sign
        self._ranks: list[int] = []  # price times sign, ascending: the best is last, where lists are cheap to change

    def best(self) -> Level | None:
        return self.levels[self._ranks[-1] * self._sign] if self._ranks else None

    def reaches(self, price: int) -> bool:
        """Whether the best level trades with an order on the other side limited to `price`."""
        return bool(self._ranks) and self._ranks[-1] >= price * self._sign

    def quantity_at(self, price: int) -> int:
        level = self.levels.get(price)
        return level.quantity if level else 0

    def top(self, count: int) -> Iterator[tuple[int, int]]:
        """The best `count` (price, quantity) pairs, best first."""
        for rank in islice(reversed(self._ranks), count):
            price = rank * self._sign
            yield price, self.levels[price].quantity

    def add(self, order: Order, price: int) -> None:
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = Level(price)
            insort(self._ranks, price * self._sign)
        level.orders[order.id] = order
        level.quantity += order.remaining
        self.touched.add(price)

    def reduce(self, level: Level, quantity: int) -> None:
        level.quantity -= quantity
        self.touched.add(level.price)

    def drop(self, level: Level, order: Order) -> None:
        """Take an order out of its level, and the level out of the book when it was the last."""
        del level.orders[order.id]
        if level.orders:
            return
        del self.levels[level.price]
        del self._ranks[bisect_left(self._ranks, level.price * self._sign)]


class OrderBook:
    """All open orders of one symbol."""

    def __init__(self, *, next_order_id: int = 1, update_id: int = 0) -> None:
        self.bids = Half(1)
        self.asks = Half(-1)
        self.orders: dict[int, Order] = {}
        self.update_id = update_id
        self._next_order_id = next_order_id

    def limit(self, side: Side, price: int, quantity: int) -> tuple[Order, list[Fill]]:
        """Trade up to `price`, then let the rest wait in the book (good till cancelled)."""
        if price <= 0:
            raise ValueError(f"price of a limit order must be positive, got {price}")
        order = self._new(side, price, quantity)
        fills = self._take(order)
        if order.remaining:
            own, _ = self._halves(side)
            own.add(order, price)
            self.orders[order.id] = order
            self.update_id += 1
        return order, fills

    def market(self, side: Side, quantity: int) -> tuple[Order, list[Fill]]:
        """Trade at any price; what the book cannot fill stays in the order's `remaining` and never waits."""
        order = self._new(side, None, quantity)
        return order, self._take(order)

    def cancel(self, order_id: int) -> Order:
        """Take an open order out of the book; its `remaining` tells what was left of it."""
        order = self.orders.pop(order_id, None)
        if order is None or order.price is None:
            raise UnknownOrder(f"no open order has the id {order_id}; it may be filled or cancelled already")
        own, _ = self._halves(order.side)
        level = own.levels[order.price]
        own.reduce(level, order.remaining)
        own.drop(level, order)
        self.update_id += 1
        return order

    def best(self) -> tuple[int, int, int, int]:
        """Best bid price and quantity, best ask price and quantity; zeros for an empty side."""
        bid, ask = self.bids.best(), self.asks.best()
        return (
            *((bid.price, bid.quantity) if bid else (0, 0)),
            *((ask.price, ask.quantity) if ask else (0, 0)),
        )

    def take_touched(self) -> tuple[set[int], set[int]]:
        """The bid and the ask prices whose quantity changed since the last call."""
        touched = self.bids.touched, self.asks.touched
        self.bids.touched, self.asks.touched = set(), set()
        return touched

    def _new(self, side: Side, price: int | None, quantity: int) -> Order:
        if quantity <= 0:
            raise ValueError(f"quantity of an order must be positive, got {quantity}")
        order = Order(self._next_order_id, side, price, quantity, quantity)
        self._next_order_id += 1
        return order

    def _halves(self, side: Side) -> tuple[Half, Half]:
        """The half where an order of `side` waits, and the half it trades with."""
        return (self.bids, self.asks) if side == "BUY" else (self.asks, self.bids)

    def _take(self, taker: Order) -> list[Fill]:
        _, other = self._halves(taker.side)
        fills: list[Fill] = []
        while taker.remaining and (level := other.best()):
            if taker.price is not None and not other.reaches(taker.price):
                break
            self._take_level(taker, other, level, fills)
            self.update_id += 1
        return fills

    def _take_level(self, taker: Order, half: Half, level: Level, fills: list[Fill]) -> None:
        for maker in list(level.orders.values()):
            quantity = min(taker.remaining, maker.remaining)
            taker.remaining -= quantity
            maker.remaining -= quantity
            half.reduce(level, quantity)
            if not maker.remaining:
                half.drop(level, maker)
                del self.orders[maker.id]
            fills.append(Fill(level.price, quantity, maker, taker))
            if not taker.remaining:
                return
