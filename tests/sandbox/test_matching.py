"""The order book against the rules of price-time priority, and against a slow book that is obviously right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance.sandbox.matching import Fill, Half, OrderBook, Side, UnknownOrder


def levels(half: Half) -> list[tuple[int, int]]:
    return list(half.top(1000))


def told(fills: list[Fill]) -> list[tuple[int, int, int]]:
    return [(fill.maker.id, fill.price, fill.quantity) for fill in fills]


def test_best_price_first_then_oldest_order() -> None:
    book = OrderBook()
    late_but_cheap, _ = book.limit("SELL", 100, 5)
    first, _ = book.limit("SELL", 101, 5)
    second, _ = book.limit("SELL", 101, 5)
    cheap, _ = book.limit("SELL", 99, 5)
    taker, fills = book.limit("BUY", 101, 17)
    assert told(fills) == [(cheap.id, 99, 5), (late_but_cheap.id, 100, 5), (first.id, 101, 5), (second.id, 101, 2)]
    assert (taker.filled, taker.remaining, second.remaining) == (17, 0, 3)
    assert levels(book.asks) == [(101, 3)]
    assert levels(book.bids) == []


def test_a_limit_order_trades_no_further_than_its_price_and_waits_with_the_rest() -> None:
    book = OrderBook()
    book.limit("BUY", 100, 4)
    book.limit("BUY", 98, 4)
    order, fills = book.limit("SELL", 99, 10)
    assert [(fill.price, fill.quantity) for fill in fills] == [(100, 4)]
    assert levels(book.asks) == [(99, 6)]
    assert levels(book.bids) == [(98, 4)]
    assert book.orders[order.id] is order
    assert book.best() == (98, 4, 99, 6)


def test_what_a_market_order_cannot_get_never_waits() -> None:
    book = OrderBook()
    book.limit("SELL", 100, 4)
    order, fills = book.market("BUY", 10)
    assert [fill.quantity for fill in fills] == [4]
    assert (order.filled, order.remaining) == (4, 6)
    assert book.orders == {}
    assert book.best() == (0, 0, 0, 0)


def test_cancelling_keeps_the_place_of_the_others() -> None:
    book = OrderBook()
    first, _ = book.limit("BUY", 100, 1)
    second, _ = book.limit("BUY", 100, 2)
    third, _ = book.limit("BUY", 100, 3)
    assert book.cancel(second.id) is second
    assert second.remaining == 2
    assert levels(book.bids) == [(100, 4)]
    _, fills = book.market("SELL", 4)
    assert [fill.maker.id for fill in fills] == [first.id, third.id]


def test_orders_that_are_gone_cannot_be_cancelled() -> None:
    book = OrderBook()
    order, _ = book.limit("BUY", 100, 1)
    book.market("SELL", 1)
    with pytest.raises(UnknownOrder, match=f"id {order.id}"):
        book.cancel(order.id)
    with pytest.raises(UnknownOrder):
        book.cancel(12345)


@pytest.mark.parametrize(("price", "quantity"), [(0, 1), (-5, 1), (5, 0), (5, -1)])
def test_prices_and_quantities_are_positive(price: int, quantity: int) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        OrderBook().limit("BUY", price, quantity)


def test_every_change_of_a_level_has_its_own_update_id_and_is_remembered() -> None:
    book = OrderBook(update_id=10)
    book.limit("SELL", 100, 1)
    book.limit("SELL", 101, 1)
    order, _ = book.limit("SELL", 102, 2)
    assert book.update_id == 13
    assert book.take_touched() == (set(), {100, 101, 102})
    book.limit("BUY", 101, 3)  # takes two levels, then waits
    assert book.update_id == 16
    assert book.take_touched() == ({101}, {100, 101})
    book.cancel(order.id)
    assert book.update_id == 17
    assert book.take_touched() == (set(), {102})
    assert book.take_touched() == (set(), set())


class SlowBook:
    """All open orders in one list; the right order is found by looking at every one."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Side, int, int, int]] = []  # side, price, id, quantity
        self.fills: list[tuple[int, int, int]] = []

    def submit(self, number: int, side: Side, price: int | None, quantity: int) -> None:
        while quantity and (best := self._best(side, price)):
            index = self.waiting.index(best)
            other, maker_price, maker, left = best
            traded = min(quantity, left)
            quantity -= traded
            self.fills.append((maker, maker_price, traded))
            if left == traded:
                del self.waiting[index]
            else:
                self.waiting[index] = (other, maker_price, maker, left - traded)
        if quantity and price is not None:
            self.waiting.append((side, price, number, quantity))

    def cancel(self, number: int) -> None:
        self.waiting = [order for order in self.waiting if order[2] != number]

    def side(self, side: Side) -> dict[int, int]:
        totals: dict[int, int] = {}
        for own, price, _, quantity in self.waiting:
            if own == side:
                totals[price] = totals.get(price, 0) + quantity
        return totals

    def _best(self, side: Side, limit: int | None) -> tuple[Side, int, int, int] | None:
        sign = 1 if side == "BUY" else -1
        matching = [
            order for order in self.waiting if order[0] != side and (limit is None or order[1] * sign <= limit * sign)
        ]
        return min(matching, key=lambda order: (order[1] * sign, order[2]), default=None)


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["BUY", "SELL"]), st.sampled_from(["limit", "market", "cancel"]),
              st.integers(95, 105), st.integers(1, 9)),
    max_size=60,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(ACTIONS)
def test_it_trades_like_the_slow_book(actions: list[tuple[Side, str, int, int]]) -> None:
    book, slow = OrderBook(), SlowBook()
    fills: list[tuple[int, int, int]] = []
    for side, kind, price, quantity in actions:
        if kind == "cancel":
            if book.orders:
                number = sorted(book.orders)[quantity % len(book.orders)]
                book.cancel(number)
                slow.cancel(number)
            continue
        limit = price if kind == "limit" else None
        order, new = book.limit(side, price, quantity) if kind == "limit" else book.market(side, quantity)
        slow.submit(order.id, side, limit, quantity)
        fills.extend(told(new))
    assert fills == slow.fills
    assert levels(book.bids) == sorted(slow.side("BUY").items(), reverse=True)
    assert levels(book.asks) == sorted(slow.side("SELL").items())
    assert set(book.orders) == {order[2] for order in slow.waiting}
