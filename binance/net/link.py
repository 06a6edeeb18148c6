"""One connection's life as the engine sees it: what came in, is the peer alive, how it ended.

A stream has one link after another. A link belongs to exactly one connection, so that whatever a dying connection still
says is never taken for the words of its successor.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from .contracts import ABNORMAL, Close, Connection, Dialect, Signal
from .keepalive import KeepAlive, KeepAlivePolicy
from .metrics import Stats
from .subscriptions import Subscriptions

__all__ = ["Link", "LinkOwner"]

logger = logging.getLogger("binance.net")

_INVALID_TEXT = 1007
_NORMAL = 1000


class LinkOwner(Protocol):
    """Whom a link tells what is no ordinary message."""

    def link_opened(self) -> None:
        """The connection is open; messages may follow at once."""

    def arrived_binary(self, payload: bytes) -> None:
        """A binary message, where text is due."""

    def refused(self, streams: list[str], why: str) -> None:
        """The venue will not send these streams."""


class Receiver(Protocol):
    """Where the messages go: `put` is given those of a read, their bytes, and the steady clock's time."""

    put: Callable[[list[Any], int, float], None]
    stats: Stats


class Link:
    """The sink of one connection.

    `ended` is done when the connection is gone; `orderly` tells that the venue announced its end.
    """

    def __init__(
        self,
        owner: LinkOwner,
        receiver: Receiver,
        dialect: Dialect,
        keepalive: KeepAlivePolicy,
        subscriptions: Subscriptions | None,
        close_timeout: float,
    ) -> None:
        self._owner = owner
        self._receiver = receiver
        self._stats = receiver.stats
        self._dialect = dialect
        self._urgent_hint = dialect.urgent_hint
        self._policy = keepalive
        self._subscriptions = subscriptions
        self._close_timeout = close_timeout
        self._loop = asyncio.get_running_loop()
        self._connection: Connection | None = None
        self._keepalive = KeepAlive(keepalive, monotonic())
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._verdict: Close | None = None
        self._paused = False
        self.ended: asyncio.Future[Close] = self._loop.create_future()
        self.opened_at = monotonic()
        self._messages_before = receiver.stats.messages
        self.invalid = 0
        self.orderly = False

    @property
    def messages(self) -> int:
        """How many messages this connection has delivered."""
        return self._stats.messages - self._messages_before

    # What the transport says

    def on_open(self, connection: Connection) -> None:
        now = self.opened_at = monotonic()
        self._connection = connection
        self._keepalive = KeepAlive(self._policy, now)
        self._at("check", self._keepalive.due, self._check)
        if self._subscriptions is not None:
            self._subscriptions.reset()
            self._subscribe()
        self._owner.link_opened()

    def on_messages(self, batch: list[bytes]) -> None:
        if self._verdict is not None and not self.orderly:
            return
        keepalive = self._keepalive
        now = keepalive.heard_at = monotonic()
        joined = b"".join(batch)
        size = len(joined)
        valid = joined.isascii() or _cut_at_invalid_text(batch)
        if (self._urgent_hint in joined and self._dialect.urgent in joined) or (
            self._subscriptions is not None and self._subscriptions.waits_for_answers
        ):
            batch = self._sift(batch)
            size = sum(map(len, batch))
        if batch:
            stats = self._stats
            stats.messages += len(batch)
            stats.bytes += size
            stats.heard_at = keepalive.data_at = now
            self._receiver.put(batch, size, now)
        if not valid:
            self.invalid += 1
            self.hang_up(_INVALID_TEXT, "invalid UTF-8 in a text message")

    def on_binary(self, payload: bytes) -> None:
        self._keepalive.heard_at = monotonic()
        self._owner.arrived_binary(payload)

    def on_alive(self) -> None:
        self._keepalive.heard_at = monotonic()

    def on_violation(self, code: int, reason: str) -> None:
        self.hang_up(code, reason)

    def on_close(self, close: Close) -> None:
        for timer in self._timers.values():
            timer.cancel()
        if not self.ended.done():
            self.ended.set_result(self._verdict or close)

    # What the stream says

    def pause(self) -> None:
        """Stop reading: the silence that follows is ours."""
        self._paused = True
        if self._connection is not None:
            self._connection.pause()

    def resume(self) -> None:
        """Read again."""
        self._paused = False
        self._keepalive.pardon(monotonic())
        if self._subscriptions is not None:
            self._subscriptions.pardon(monotonic())
        if self._connection is not None:
            self._connection.resume()

    def hang_up(self, code: int = _NORMAL, reason: str = "") -> None:
        """Close politely, and by force when the peer does not answer in time."""
        if self._connection is None or self._verdict is not None:
            return
        self._verdict = Close(code, reason)
        if self._paused:
            # The peer's answer queues behind the data that nobody reads.
            self._connection.resume()
        self._connection.close(code, reason)
        self._at("abort", monotonic() + self._close_timeout, self._connection.abort)

    def drop(self, reason: str) -> None:
        """End it at once: the peer is dead, or is not to be heard any more."""
        self._verdict = self._verdict or Close(ABNORMAL, reason)
        if self._connection is not None:
            self._connection.abort()

    # Inside

    def _at(self, name: str, when: float, action: Callable[[], None]) -> None:
        if name in self._timers:
            self._timers[name].cancel()
        self._timers[name] = self._loop.call_later(max(0.0, when - monotonic()), action)

    def _check(self) -> None:
        now = monotonic()
        if self._paused:
            self._keepalive.pardon(now)
        verdict = self._keepalive.check(now)
        if verdict.dead is not None:
            self.drop(verdict.dead)
            return
        if verdict.ping and self._connection is not None:
            self._connection.ping()
        self._at("check", verdict.due, self._check)

    def _sift(self, batch: list[bytes]) -> list[bytes]:
        """Take out what is for the engine; what came before an answer is delivered before the answer is told."""
        data: list[bytes] = []
        for payload in batch:
            signal = self._dialect.sort(payload)
            if signal is Signal.DATA:
                data.append(payload)
            elif signal is Signal.SHUTDOWN:
                self._moves_on()
            elif self._subscriptions is not None:
                if data:
                    self.on_messages(data)
                    data = []
                self._answered(payload, self._subscriptions)
        return data

    def _moves_on(self) -> None:
        if not self.orderly:
            self.orderly = True
            self._loop.call_soon(self.hang_up, _NORMAL, "the server announced its shutdown")

    def _answered(self, payload: bytes, subscriptions: Subscriptions) -> None:
        request_id, why = self._dialect.reply(payload)
        streams = subscriptions.answered(request_id)
        if why is not None:
            self._owner.refused(streams, why)

    def _subscribe(self) -> None:
        subscriptions, connection = self._subscriptions, self._connection
        if subscriptions is None or connection is None or self._verdict is not None:
            return
        now = monotonic()
        if self._paused:
            subscriptions.pardon(now)
        if subscriptions.overdue(now):
            self.drop("no answer to SUBSCRIBE")
            return
        request = subscriptions.next_request(now)
        if request is not None:
            connection.send(self._dialect.subscribe(*request))
        due = subscriptions.due()
        if due is not None:
            self._at("subscribe", max(due, now + 0.01), self._subscribe)


def _cut_at_invalid_text(batch: list[bytes]) -> bool:
    """Whether all are valid UTF-8; from the first that is not, the batch is cut off."""
    for position, payload in enumerate(batch):
        try:
            payload.decode()
        except UnicodeDecodeError:
            del batch[position:]
            return False
    return True
