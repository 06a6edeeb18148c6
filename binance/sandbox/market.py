"""The simulated market: several listed symbols driven through time, and the streams that tell of them.

Pure: no clock and no I/O; time comes in through `advance`. Whatever the steps in which time comes, the same seed gives
the same trades, books and payloads, because everything that happens is queued by its own time.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from heapq import heapify, heapreplace
from random import Random

from .all_tickers import AllTickers
from .bars import SECOND
from .feed import TICK, Feed
from .listing import Listing
from .payloads import Event
from .symbols import DEFAULT_SYMBOLS, facts_of

BLOCK_TRADES = 1 / 30  # per second and symbol


class Market:
    """A seeded market that starts at `start_us` with some hours of history.

    `rate` is the mean number of actions of traders per second and symbol; at 0 nothing ever happens.
    Times are microseconds since 1970, UTC, also in the payloads.
    """

    symbols: Sequence[str]

    def __init__(
        self, symbols: Sequence[str] = DEFAULT_SYMBOLS, *, seed: int = 7, rate: float = 50.0, start_us: int
    ) -> None:
        if len(set(symbols)) != len(symbols):
            raise ValueError(f"symbols must differ from each other, got {', '.join(symbols)}")
        if rate < 0:
            raise ValueError(f"rate must not be negative, got {rate}")
        self.symbols = tuple(symbols)
        self.now_us = start_us
        self.wanted: Counter[str] = Counter()
        self.listings = {
            symbol: Listing(facts_of(symbol), seed=seed, rate=rate, start=start_us) for symbol in self.symbols
        }
        self._feeds = [Feed(listing, self.wanted) for listing in self.listings.values()]
        self._all_tickers = AllTickers(self._feeds, self.wanted)
        # The tick comes first: queued at the same instant, it precedes what happens then.
        self._happenings: list[Callable[[int, list[Event]], int]] = [self._tick]
        self._queue = [(start_us // TICK * TICK + TICK, 0)]
        if rate:
            self._invite_traders(seed, rate, start_us)

    def watch(self, stream: str) -> None:
        """Have `advance` tell of `stream`, until it is unwatched as often; a name without a stream stays silent."""
        self.wanted[stream] += 1

    def unwatch(self, stream: str) -> None:
        """Take back one `watch`."""
        if stream not in self.wanted:
            raise ValueError(f"stream {stream!r} is not watched, so it cannot be unwatched")
        self.wanted[stream] -= 1
        if not self.wanted[stream]:
            del self.wanted[stream]

    def advance(self, now_us: int) -> list[Event]:
        """Let everything happen up to and including `now_us`; what was told of it on watched streams, in order."""
        out: list[Event] = []
        queue = self._queue
        while queue[0][0] <= now_us:
            time, number = queue[0]
            heapreplace(queue, (self._happenings[number](time, out), number))
        self.now_us = max(self.now_us, now_us)
        return out

    def _invite_traders(self, seed: int, rate: float, start: int) -> None:
        for feed, (symbol, listing) in zip(self._feeds, self.listings.items(), strict=True):
            for happening, per_second in ((_act, rate), (_block, BLOCK_TRADES)):
                pause = partial(_pause, Random(f"{seed}:{symbol}:{happening.__name__}"), per_second)
                self._queue.append((start + pause(), len(self._happenings)))
                self._happenings.append(partial(happening, listing, feed, pause))
        heapify(self._queue)

    def _tick(self, time: int, out: list[Event]) -> int:
        for feed in self._feeds:
            feed.tick(time, out)
        if time % SECOND == 0:
            self._all_tickers.push(time, out)
        return time + TICK


def _act(listing: Listing, feed: Feed, pause: Callable[[], int], time: int, out: list[Event]) -> int:
    trades, aggregates = listing.act(time)
    feed.acted(trades, aggregates, out)
    return time + pause()


def _block(listing: Listing, feed: Feed, pause: Callable[[], int], time: int, out: list[Event]) -> int:
    feed.blocked(listing.block(time), out)
    return time + pause()


def _pause(random: Random, per_second: float) -> int:
    return 1 + int(random.expovariate(per_second) * SECOND)
