"""What happens to a stream, as frozen facts: the only thing that logs, callbacks and watchers listen to."""

from __future__ import annotations

import asyncio
import logging
import time
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, fields
from typing import ClassVar, Literal

__all__ = [
    "Announcer",
    "AnyEvent",
    "Closed",
    "Connected",
    "Disconnected",
    "Dropped",
    "Event",
    "Events",
    "Reconnected",
    "Reconnecting",
]

logger = logging.getLogger("binance.net")

#: What is told at INFO elsewhere: the loss of something is worth a warning.
_LEVELS = {"disconnected": logging.WARNING, "dropped": logging.WARNING}

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

    type: ClassVar[Literal["connected"]] = "connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected(Event):
    """A connection ended that nobody asked to end. `code` 1006 = without a close frame."""

    type: ClassVar[Literal["disconnected"]] = "disconnected"
    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconnecting(Event):
    """Try number `attempt` in a row follows in `delay` seconds, because of `cause`."""

    type: ClassVar[Literal["reconnecting"]] = "reconnecting"
    attempt: int
    delay: float
    cause: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconnected(Event):
    """A connection is open again, `downtime` seconds after the last one ended."""

    type: ClassVar[Literal["reconnected"]] = "reconnected"
    downtime: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped(Event):
    """`count` waiting messages were thrown away, as the `overflow` policy says."""

    type: ClassVar[Literal["dropped"]] = "dropped"
    count: int
    overflow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Event):
    """The stream is over: closed by its user (`error` None), or given up."""

    type: ClassVar[Literal["closed"]] = "closed"
    error: Exception | None = None


#: Each of them: `event.type` tells a type checker which one it is, and so which facts it has.
AnyEvent = Connected | Disconnected | Reconnecting | Reconnected | Dropped | Closed


class Events(AsyncIterator[AnyEvent]):
    """One watcher's own queue of events; iteration ends after `Closed`, whatever is told later."""

    def __init__(self) -> None:
        self._waiting: deque[AnyEvent] = deque(maxlen=_MOST_WAITING)
        self._waiters: list[asyncio.Future[None]] = []
        self._over = False

    def put(self, event: AnyEvent) -> None:
        """Tell the watcher."""
        self._waiting.append(event)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def __anext__(self) -> AnyEvent:
        while not self._over:
            if self._waiting:
                event = self._waiting.popleft()
                self._over = isinstance(event, Closed)
                return event
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            finally:
                self._waiters.remove(waiter)
        raise StopAsyncIteration


class Announcer:
    """Tells events to whoever wants them: the log, the watchers, and a callback."""

    def __init__(self, name: str, callback: Callable[[AnyEvent], object] | None) -> None:
        self._name = name
        self._callback = callback
        self._watchers: weakref.WeakSet[Events] = weakref.WeakSet()

    def watch(self) -> Events:
        """A watcher of everything from now on; it is forgotten with its last reference."""
        watcher = Events()
        self._watchers.add(watcher)
        return watcher

    def tell(self, event: AnyEvent) -> None:
        """Something happened."""
        logger.log(_LEVELS.get(event.type, logging.INFO), "%s: %s", self._name, event)
        for watcher in list(self._watchers):
            watcher.put(event)
        if self._callback is None:
            return
        try:
            self._callback(event)
        except Exception:
            # A user's callback is not the stream's business, but its failure must be seen.
            logger.exception("%s: on_event raised at %r", self._name, event.type)
