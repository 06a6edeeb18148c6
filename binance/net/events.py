"""What happens to a stream, as frozen facts: the only thing that logs, callbacks and watchers listen to."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, fields
from typing import ClassVar

__all__ = [
    "Closed",
    "Connected",
    "Disconnected",
    "Dropped",
    "Event",
    "Events",
    "Reconnected",
    "Reconnecting",
]

#: How many events wait for a watcher that does not come; older ones are forgotten.
_MOST_WAITING = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened at `time` (seconds since the epoch). `type` names it."""

    type: ClassVar[str]
    time: float = field(default_factory=time.time)

    def __str__(self) -> str:
        facts = (f"{fact.name} {getattr(self, fact.name)!r}" for fact in fields(self) if fact.name != "time")
        return f"{self.type} ({', '.join(facts)})".removesuffix(" ()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(Event):
    """The first connection is open."""

    type: ClassVar[str] = "connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected(Event):
    """A connection ended that nobody asked to end. `code` 1006 = without a close frame."""

    type: ClassVar[str] = "disconnected"
    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconnecting(Event):
    """Try number `attempt` in a row follows in `delay` seconds, because of `cause`."""

    type: ClassVar[str] = "reconnecting"
    attempt: int
    delay: float
    cause: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconnected(Event):
    """A connection is open again, `downtime` seconds after the last one ended."""

    type: ClassVar[str] = "reconnected"
    downtime: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped(Event):
    """`count` waiting messages were thrown away, as the `overflow` policy says."""

    type: ClassVar[str] = "dropped"
    count: int
    overflow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Event):
    """The stream is over: closed by its user (`error` None), or given up."""

    type: ClassVar[str] = "closed"
    error: Exception | None = None


class Events(AsyncIterator[Event]):
    """One watcher's own queue of events; iteration ends after `Closed`."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque(maxlen=_MOST_WAITING)
        self._waiters: list[asyncio.Future[None]] = []
        self._over = False

    def put(self, event: Event) -> None:
        """Tell the watcher."""
        self._waiting.append(event)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def __anext__(self) -> Event:
        while not self._waiting:
            if self._over:
                raise StopAsyncIteration
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            finally:
                self._waiters.remove(waiter)
        event = self._waiting.popleft()
        self._over = isinstance(event, Closed)
        return event
