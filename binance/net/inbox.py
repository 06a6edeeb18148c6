"""One reader's side of a stream: its own bounded buffer, and `recv()`.

This is the hot path. While messages wait, `recv()` is a pop and a decode, without a call of ours and without yielding;
everything rare happens once per chunk, in `_more`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from time import monotonic
from typing import Any, Protocol

from .._json import DECODE_ERRORS, Json
from .._json import decode_message as _decode_message
from ..exceptions import BinanceWebsocketDecodeError, ReadLoopClosed
from .buffer import Buffer, Limits, Notice, Payload
from .contracts import Dialect

__all__ = ["Inbox", "Owner"]

#: A `Notice` in place of a payload is a TypeError to the decoder.
_UNDECODABLE = (*DECODE_ERRORS, TypeError)

#: A `Notice` is for the decoder to refuse: telling it apart before would cost every message.
decode_message: Callable[[Any], Json] = _decode_message

#: Waiters whose task was cancelled stay listed until the next message, or until there are this many.
_MANY_WAITERS = 16

_NEVER_OPENED = "it is not open; enter it first: `async with socket: ...`"


class _AtOnce:
    """To be awaited without waiting."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()


_AT_ONCE = _AtOnce()


class Owner(Protocol):
    """Whom an inbox tells what its user does."""

    def inbox_full(self, inbox: Inbox) -> None:
        """The limits are exceeded."""

    def inbox_roomy(self, inbox: Inbox) -> None:
        """The user has caught up, after `inbox_full`."""

    def undecodable(self, inbox: Inbox) -> None:
        """A payload turned out to be no message."""


class Inbox(AsyncIterator[Json]):
    """Receives what its owner puts in, in order; several tasks that call `recv()` share the messages."""

    # Slots keep the hot path's attributes quick to find in subclasses with many more.
    __slots__ = (
        "_buffer",
        "_chunk",
        "_clock",
        "_closed",
        "_dialect",
        "_full",
        "_last_words",
        "_loop",
        "_name",
        "_owner",
        "_sample",
        "_turn_given",
        "_undecodable",
        "_used",
        "_waiters",
    )

    def __init__(self, limits: Limits, dialect: Dialect, owner: Owner, name: str, clock: Callable[[], float]) -> None:
        self._dialect = dialect
        self._name = name
        self._clock = clock
        self._owner = owner
        self._buffer = Buffer(limits, dialect.key)
        self._chunk: list[Payload] = self._buffer.current
        self._waiters: list[asyncio.Future[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last_words: Notice | None = None
        self._closed: str | None = _NEVER_OPENED
        self._turn_given = False
        self._full = False
        self._used = False
        self._undecodable = 0
        self._sample: tuple[Payload, float] | None = None

    @property
    def name(self) -> str:
        """What it is called in logs and errors."""
        return self._name

    @property
    def limits(self) -> Limits:
        """How much may wait, and what happens beyond."""
        return self._buffer.limits

    @property
    def waiting(self) -> int:
        """Messages that have arrived and were not taken yet."""
        return self._buffer.waiting

    @property
    def waiting_bytes(self) -> int:
        """The bytes of those."""
        return self._buffer.waiting_bytes

    @property
    def latency(self) -> float | None:
        """Seconds from the venue's event time to the moment when the latest chunk was taken."""
        if self._sample is None:
            return None
        payload, taken_at = self._sample
        happened_at = None if isinstance(payload, Notice) else self._dialect.event_time(payload)
        return None if happened_at is None else self._clock() - (monotonic() - taken_at) - happened_at

    async def recv(self) -> Json:
        """The next message, exactly as the exchange sent it: a dict, or a list for array streams. Never None.

        Waits as long as it takes; may be cancelled at any moment without losing a message. While messages wait it
        returns without yielding to the event loop, for one read of the socket at most. Raises `ReadLoopClosed` when the
        socket is not open, or is closed meanwhile.
        """
        while not self._chunk:
            await self._more()
        payload = self._chunk.pop()
        try:
            return decode_message(payload)
        except _UNDECODABLE as error:
            return self._instead_of(payload, error)

    def __aiter__(self) -> Inbox:
        if self._closed is not None and not self._buffer.waiting and self._last_words is None:
            raise ReadLoopClosed(f"{self._name}: {self._closed}")
        return self

    async def __anext__(self) -> Json:
        try:
            while not self._chunk:
                await self._more()
        except ReadLoopClosed:
            raise StopAsyncIteration from None
        payload = self._chunk.pop()
        try:
            return decode_message(payload)
        except _UNDECODABLE as error:
            return self._instead_of(payload, error)

    def _more(self) -> Awaitable[None]:
        """What to await before looking for a chunk again."""
        self._used = True
        if self._buffer.chunks:
            return self._next_chunk()
        if self._closed is not None:
            return self._last_chunk()
        if len(self._waiters) >= _MANY_WAITERS:
            self._waiters = [waiter for waiter in self._waiters if not waiter.done()]
        # A future of the loop that the stream lives in: asyncio refuses to await it in another.
        waiter: asyncio.Future[None] = self._loop.create_future()  # type: ignore[union-attr] # _closed says it is set
        self._waiters.append(waiter)
        self._turn_given = True
        return waiter

    def _last_chunk(self) -> Awaitable[None]:
        if self._last_words is None:
            raise ReadLoopClosed(f"{self._name}: {self._closed}")
        self._chunk.append(self._last_words)
        self._last_words = None
        return _AT_ONCE

    def _next_chunk(self) -> Awaitable[None]:
        if not self._turn_given:
            # Others get a turn between two chunks: the socket's reader, timers, whoever wants to cancel this task.
            self._turn_given = True
            return asyncio.sleep(0)
        chunk = self._chunk = self._buffer.take()
        self._turn_given = False
        self._sample = (chunk[-1], monotonic())
        if self._full and self._buffer.is_roomy:
            self._full = False
            self._owner.inbox_roomy(self)
        return _AT_ONCE

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    def _instead_of(self, payload: Payload, error: Exception) -> Json:
        if isinstance(payload, Notice):
            return payload.message
        self._owner.undecodable(self)
        return self._dialect.notice(_not_a_message(payload, error))

    # What the owner does with it

    def _begin(self, limits: Limits) -> None:
        self._buffer = Buffer(limits, self._dialect.key)
        self._chunk = self._buffer.current
        self._loop = asyncio.get_running_loop()
        self._closed = self._last_words = self._sample = None
        self._full = self._used = False

    def _put(self, batch: list[Payload], size: int, now: float) -> None:
        if self._closed is not None:
            return
        buffer = self._buffer
        if self._waiters and not self._chunk and not buffer.chunks:
            # Someone waits, nothing else does: the shortest way, which makes the latency.
            batch.reverse()
            self._chunk = buffer.current = batch
            buffer.current_size = size
            self._sample = (batch[-1], now)
            self._turn_given = False
            full = buffer.in_hand_counts and buffer.is_full
        else:
            full = buffer.put(batch, size)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()
        if full and not self._full:
            self._owner.inbox_full(self)

    def overflow_text(self) -> str:
        """What to say of the bound that is exceeded now."""
        waiting, most = self.waiting, self.limits.max_messages
        if most is not None and waiting > most:
            return f"Message queue size {waiting} exceeded maximum {most}"
        return f"Message queue of {self.waiting_bytes} bytes exceeded maximum {self.limits.max_bytes} bytes"

    def _shed(self) -> int:
        dropped = self._buffer.shed()
        self._chunk = self._buffer.current
        return dropped

    def _empty(self) -> int:
        count = self._buffer.waiting
        self._buffer.clear()
        return count

    def _end(self, why: str, last_words: Notice | None = None) -> None:
        """Nothing more will come: what waits is still given out, then `last_words`, then `ReadLoopClosed`."""
        if self._closed is None:
            self._closed = why
            self._last_words = last_words
            self._wake()

    def _close(self, why: str) -> None:
        """The user is done: nothing is given out any more."""
        self._buffer.clear()
        self._last_words = None
        self._closed = why
        self._wake()


def _not_a_message(payload: bytes, error: Exception) -> BinanceWebsocketDecodeError:
    start = payload[:80].decode(errors="replace")
    more = " ..." if len(payload) > 80 else ""
    return BinanceWebsocketDecodeError(f"not a message ({error}): {start!r}{more}")
