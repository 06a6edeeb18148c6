"""The readers of a stream: every message to each of them, and what happens when one of them is slow.

The stream is its own first reader; others come and go. Who is slow under "block" holds the line for all, the other
policies throw away at the slow reader alone. What is thrown away is counted at once and told soon.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, Self

from ..exceptions import BinanceError, BinanceWebsocketQueueOverflow, ReadLoopClosed
from .buffer import Limits, Notice, Payload
from .contracts import Dialect
from .events import AnyEvent, Dropped
from .inbox import Inbox
from .metrics import Stats

__all__ = ["Audience", "Line", "Reader"]

logger = logging.getLogger("binance.net")

#: Policies under which a full buffer of the stream's own stops everybody: the line is held, or ends.
_STOPPING = ("block", "error")

#: Seconds between two events about messages that keep being dropped.
_DROPPED_INTERVAL = 0.2


class Line(Protocol):
    """What an audience asks of the stream whose messages it gets."""

    def hold(self) -> None:
        """Read no further."""

    def release(self) -> None:
        """Read again."""

    def fail(self, error: BinanceError) -> None:
        """End the stream."""


class Audience:
    """Hands the messages of one stream to its readers; `main` is the stream's own inbox."""

    def __init__(self, name: str, dialect: Dialect, line: Line, tell: Callable[[AnyEvent], None]) -> None:
        self._name = name
        self._dialect = dialect
        self._line = line
        self._tell = tell
        self._readers: list[Reader] = []
        self._holding: set[Inbox] = set()
        self._unattended = False
        self._undecodable = 0
        self._untold = 0
        self._telling: asyncio.TimerHandle | None = None
        self.main: Inbox
        self.stats: Stats
        #: Where the messages of a read go, to every reader its own list: straight to `main` while there is no other.
        self.put: Callable[[list[Payload], int, float], None] = self._put_to_all

    @property
    def _is_read_elsewhere(self) -> bool:
        return any(reader._closed is None for reader in self._readers)

    @property
    def holds(self) -> bool:
        """Whether someone is too slow for the line."""
        return bool(self._holding)

    def begin(self) -> None:
        """A new life of the stream."""
        self.put = self._put_to_all if self._readers else self.main._put
        self._holding.clear()
        self._unattended = False

    def end(self, why: str, error: Exception | None) -> None:
        """Nothing more will come; `error` is told to everyone as the last message."""
        for inbox in (self.main, *self._readers):
            inbox._end(why, None if error is None else self._notice(error))
        self._tell_dropped(last=True)

    # What comes in

    def _put_to_all(self, batch: list[Payload], size: int, now: float) -> None:
        for reader in self._readers:
            reader._put(list(batch), size, now)
        main = self.main
        if self._unattended and not main._used and self._is_read_elsewhere:
            self._dropped(len(batch))
        else:
            self._unattended = False
            main._put(batch, size, now)

    def announce(self, error: Exception) -> None:
        """Tell everyone of an error, in its place among the messages."""
        logger.warning("%s: %s", self._name, error)
        for inbox in (*self._readers, self.main):
            inbox._put([self._notice(error)], 0, time.monotonic())

    # What the readers say

    def inbox_full(self, inbox: Inbox) -> None:
        """Apply the overflow policy of one reader."""
        overflow = inbox.limits.overflow
        if inbox is self.main and self._is_read_elsewhere and not inbox._used and overflow in _STOPPING:
            # Everybody reads through readers: what waits here for nobody must not hold them up.
            self._unattended = True
            self._dropped(inbox._empty())
        elif overflow == "block":
            inbox._full = True
            self._holding.add(inbox)
            self._line.hold()
            logger.debug("%s: reading stops until %s has caught up", self._name, inbox.name)
        else:
            error = BinanceWebsocketQueueOverflow(inbox.overflow_text())
            self._dropped(inbox._shed())
            if overflow == "error":
                self._overflowed(inbox, error)

    def inbox_roomy(self, inbox: Inbox) -> None:
        """A reader that held the line has caught up, or is gone."""
        self._holding.discard(inbox)
        if not self._holding:
            self._line.release()

    def undecodable(self, inbox: Inbox) -> None:
        """A payload is no message; every reader finds that out for itself, the first to do so counts."""
        inbox._undecodable += 1
        if inbox._undecodable > self._undecodable:
            self._undecodable = inbox._undecodable
            self.stats.decode_errors += 1

    def attach(self, reader: Reader) -> None:
        """One more reader, which begins to hear. RuntimeError if it is one already."""
        if reader in self._readers:
            raise RuntimeError(f"{reader.name}: it is entered already; every reader needs one of its own")
        reader._begin(reader.limits)
        self._readers.append(reader)
        self.put = self._put_to_all
        reader._undecodable = self._undecodable
        if self.main in self._holding and not self.main._used:
            # It held the line, but from now on nobody waits for what it holds.
            self.main._full = False
            self.inbox_full(self.main)
            self.inbox_roomy(self.main)

    def detach(self, reader: Reader) -> None:
        """One reader less."""
        with suppress(ValueError):
            self._readers.remove(reader)
        if not self._readers:
            self.put = self.main._put
        if reader in self._holding:
            self.inbox_roomy(reader)

    def _overflowed(self, inbox: Inbox, error: BinanceWebsocketQueueOverflow) -> None:
        inbox._end(f"it has ended ({error}); open another", self._notice(error))
        if inbox is self.main:
            self._line.fail(error)

    def _notice(self, error: Exception) -> Notice:
        return Notice(self._dialect.notice(error))

    def _dropped(self, count: int) -> None:
        """Count at once, and tell: the first at once, what follows in one event per interval."""
        self.stats.dropped += count
        self._untold += count
        if self._telling is None:
            self._tell_dropped()

    def _tell_dropped(self, *, last: bool = False) -> None:
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        if self._untold:
            count, self._untold = self._untold, 0
            self._tell(Dropped(count=count, overflow=self.main.limits.overflow))
            if not last:
                self._telling = asyncio.get_running_loop().call_later(_DROPPED_INTERVAL, self._tell_dropped)


class Reader(Inbox):
    """An independent reader of a stream, with a bounded buffer of its own: a context manager, then like the stream."""

    def __init__(self, stream: Inbox, audience: Audience, limits: Limits) -> None:
        super().__init__(limits, stream._dialect, audience, f"{stream._name} (reader)", stream._clock)
        self._stream = stream
        self._audience = audience

    async def __aenter__(self) -> Self:
        """Hear everything from now on. Raises `ReadLoopClosed` if the socket is not open."""
        if self._stream._closed is not None:
            raise ReadLoopClosed(f"{self.name}: {self._stream._closed}")
        self._audience.attach(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening."""
        self._audience.detach(self)
        self._close("it was left; enter it again")
