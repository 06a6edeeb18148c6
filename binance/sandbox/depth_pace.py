"""The depth streams of one symbol at one pace: differences numbered without holes, and the best few levels."""

from collections.abc import Container

from . import payloads
from .matching import OrderBook
from .payloads import Event

LEVELS = (5, 10, 20)


class DepthPace:
    """Collects the prices that changed and tells them every `width` microseconds, if any did.

    `suffix` is what the stream names end in at this pace: nothing for 1000 ms, "@100ms" for 100 ms.
    """

    def __init__(self, symbol: str, suffix: str, width: int, book: OrderBook) -> None:
        self.width = width
        self._symbol = symbol
        self._book = book
        self._diff = f"{symbol.lower()}@depth{suffix}"
        self._partial = {levels: f"{symbol.lower()}@depth{levels}{suffix}" for levels in LEVELS}
        self._next_id = book.update_id + 1
        self._bids: set[int] = set()
        self._asks: set[int] = set()

    def add(self, bids: set[int], asks: set[int]) -> None:
        self._bids |= bids
        self._asks |= asks

    def push(self, now: int, wanted: Container[str], out: list[Event]) -> None:
        book = self._book
        if book.update_id < self._next_id:
            return
        if self._diff in wanted:
            update = payloads.depth_update(self._symbol, book, self._next_id, self._bids, self._asks, now)
            out.append((self._diff, update))
        for levels, stream in self._partial.items():
            if stream in wanted:
                out.append((stream, payloads.partial_depth(book, levels)))
        self._next_id = book.update_id + 1
        self._bids.clear()
        self._asks.clear()
