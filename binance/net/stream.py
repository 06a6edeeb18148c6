"""The engine: open, receive, lose, retry, give up.

A stream is entered and left like a context manager and read like an iterator. Behind it one task, `_run`, holds one
connection after another; it is the only place that retries, waits or counts. What happens is told as events, once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from types import TracebackType
from typing import Any, Self, cast

from ..exceptions import (
    BinanceError,
    BinanceWebsocketClosed,
    BinanceWebsocketDecodeError,
    BinanceWebsocketUnableToConnect,
)
from .audience import Audience, Reader
from .budget import ConnectionBudget, budget_for
from .buffer import Limits
from .contracts import Close, Dialect, Options, Transport
from .events import Announcer, AnyEvent, Closed, Connected, Disconnected, Events, Reconnected, Reconnecting
from .inbox import Inbox
from .keepalive import KeepAlivePolicy
from .link import Link
from .metrics import Stats
from .opening import check_address, never_left
from .retry import TOO_MANY, Retry, RetryPolicy, given_up
from .subscriptions import Subscriptions

__all__ = ["Policies", "State", "Stream"]

logger = logging.getLogger("binance.net")

_CLOSED = "it is closed; enter it again, or make a new one"


class State(Enum):
    """Where a stream is in its life."""

    IDLE = "idle"
    OPEN = "open"
    LOST = "lost"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Policies:
    """How a stream behaves; every part is a value of its own file. `clock` is the venue's time in seconds."""

    limits: Limits = field(default_factory=Limits)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    keepalive: KeepAlivePolicy = field(default_factory=KeepAlivePolicy)
    options: Options = field(default_factory=Options)
    close_timeout: float = 0.5
    clock: Callable[[], float] = time.time


class Stream(Inbox):
    """One logical stream of messages over as many connections as it takes. It is its own first reader.

    `address` is asked before each open, `policies` at the start of each life (from the first user to the last).
    """

    def __init__(
        self,
        name: str,
        address: Callable[[], Awaitable[str]],
        dialect: Dialect,
        transport: Transport,
        policies: Callable[[], Policies],
        *,
        subscriptions: Subscriptions | None = None,
        on_event: Callable[[Any, AnyEvent], object] | None = None,
    ) -> None:
        self._make_policies = policies
        self._policies: Policies = policies()
        self._announcer = Announcer(name, None if on_event is None else partial(on_event, self))
        self._tell = self._announcer.tell
        self._audience = Audience(name, dialect, self, self._tell)
        super().__init__(self._policies.limits, dialect, self._audience, name, self._policies.clock)
        self.stats = self._audience.stats = Stats(self)
        self._audience.main = self
        self.state = State.IDLE
        self._address = address
        self._transport = transport
        self._subscriptions = subscriptions
        self._users = 0
        self._task: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[None] | None = None
        self._link: Link | None = None
        self._lost_at: float | None = None
        self._failure: BinanceError | None = None

    # The user's side

    async def __aenter__(self) -> Self:
        """Connect, unless it is open already. Raises `BinanceWebsocketUnableToConnect` when that cannot be done."""
        while self.state is State.OVER and self._lives_here():
            # Somebody is just leaving: the new life begins when the old one has ended.
            await asyncio.wait([cast("asyncio.Task[None]", self._task)])
        opening = self._opening()
        self._users += 1
        try:
            await asyncio.shield(opening)
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Leave; the last one to leave closes it, within a second. Leaving what is closed does nothing."""
        await self._leave()

    async def close(self) -> None:
        """Leave, by hand: the same as `__aexit__()`."""
        await self._leave()

    async def shut(self) -> None:
        """Close it for everyone who entered it."""
        self._must_be_ours()
        self._users = 0
        await self._stop()

    def events(self) -> Events:
        """An independent watcher of what happens from now on: an async iterator that ends after `closed`."""
        return self._announcer.watch()

    def reader(self, limits: Limits | None = None) -> Reader:
        """An independent reader: a context manager that sees every message that arrives while it is entered."""
        return Reader(self, self._audience, limits or self._policies.limits)

    # Opening and closing

    def _opening(self) -> asyncio.Future[None]:
        self._must_be_ours()
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._task, self._users = None, 0
        if self._opened is None or self._task is None or self._task.done():
            self._policies = self._make_policies()
            self._begin(self._policies.limits)
            self._failure = None
            self._audience.begin()
            self.state = State.IDLE
            self._opened = loop.create_future()
            self._task = loop.create_task(self._run(), name=f"binance: {self._name}")
            self._task.add_done_callback(self._never_began)
            self._started()
        return self._opened

    def _lives_here(self) -> bool:
        return self._task is not None and not self._task.done() and self._loop is asyncio.get_running_loop()

    def _must_be_ours(self) -> None:
        """A stream that lives in another loop is used there; one whose loop is gone may be used anywhere."""
        alive = self._task is not None and not self._task.done()
        if alive and not self._lives_here() and self._loop is not None and not self._loop.is_closed():
            raise RuntimeError(f"{self._name}: it is open in another event loop; use it there")

    def _never_began(self, task: asyncio.Task[None]) -> None:
        """A task that is cancelled before its first step ends without having told anyone."""
        if task.cancelled():
            self._over(None)

    async def _leave(self) -> None:
        if self._users == 0:
            return
        self._must_be_ours()
        self._users -= 1
        if self._users == 0:
            await self._stop()

    async def _stop(self) -> None:
        task = self._task
        self._close(_CLOSED)
        if task is None or task.done():
            return
        self.state = State.OVER
        if not self._lives_here():
            # Its loop is gone, and its task will never run again.
            self._ended()
            return
        task.cancel()
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            # Whoever closes us is in a hurry: no more politeness towards the peer.
            task.cancel()
            await asyncio.wait([task])
            raise

    def _started(self) -> None:
        """A life begins; for those who keep a register of open streams."""

    def _ended(self) -> None:
        """A life has ended."""

    # The one loop

    async def _run(self) -> None:
        error: Exception | None = None
        try:
            await self._keep_connected()
        except asyncio.CancelledError:
            pass
        except BinanceError as failure:
            error = failure
        except Exception as failure:
            # A defect of ours must reach the user as the end of the stream, not as a silent task.
            logger.exception("%s: the stream failed", self._name)
            error = failure
        finally:
            self._link = None
            self._over(error)

    async def _keep_connected(self) -> None:
        retry = Retry(self._policies.retry)
        self._lost_at = None
        while True:
            cause: BinanceError
            orderly = False
            try:
                link = await self._open()
            except BinanceWebsocketUnableToConnect as failure:
                cause = failure
            else:
                close = await self._until_lost(link)
                self._lost_at = time.monotonic()
                lasted = self._lost_at - link.opened_at
                retry.forgive(delivered=link.messages > 0, lasted=lasted)
                orderly = link.orderly and lasted >= self._policies.retry.healthy_after
                cause = BinanceWebsocketClosed(
                    f"the connection ended: code {close.code} {close.reason}".rstrip(),
                    code=close.code,
                    reason=close.reason,
                )
            if self._failure is not None:
                raise self._failure
            delay = retry.next_delay(error=cause, orderly=orderly)
            if delay is None:
                raise given_up(cause)
            self._tell(Reconnecting(attempt=retry.attempt, delay=delay, cause=cause))
            await asyncio.sleep(delay)

    async def _open(self) -> Link:
        url = await self._address()
        check_address(url)
        budget = budget_for(url)
        place = await self._turn(budget)
        policies = self._policies
        link = Link(
            self, self._audience, self._dialect, policies.keepalive, self._subscriptions, policies.close_timeout
        )
        self._link = link
        try:
            await self._transport.open(url, link, policies.options)
        except BinanceWebsocketUnableToConnect as refusal:
            if refusal.retry_after is not None and refusal.status in TOO_MANY:
                budget.hush(time.monotonic() + refusal.retry_after)
            if never_left(refusal):
                budget.give_back(place)
            raise
        return link

    async def _turn(self, budget: ConnectionBudget) -> float:
        """Wait until this process may try to connect to the host; the moment taken for it."""
        now = time.monotonic()
        place = budget.take(now)
        wait = place - now
        if wait > 0:
            logger.warning("%s: no attempt may be made to connect to this host for %.1f s", self._name, wait)
        try:
            while wait > 0:
                await asyncio.sleep(wait)
                wait = budget.silence(time.monotonic())
        except BaseException:
            budget.give_back(place)
            raise
        return place

    async def _until_lost(self, link: Link) -> Close:
        try:
            close = await asyncio.shield(link.ended)
        except asyncio.CancelledError:
            await self._say_goodbye(link)
            raise
        self.state = State.LOST
        self.stats.decode_errors += link.invalid
        self._tell(Disconnected(code=close.code, reason=close.reason))
        return close

    async def _say_goodbye(self, link: Link) -> None:
        link.hang_up()
        try:
            await asyncio.shield(link.ended)
        except asyncio.CancelledError:
            link.drop("closed in a hurry")
            await asyncio.shield(link.ended)
            raise

    def _over(self, error: Exception | None) -> None:
        self.state = State.OVER
        if error is None:
            self._close(_CLOSED)
        why = _CLOSED if error is None else f"it has ended ({error}); {_CLOSED}"
        self._audience.end(why, error)
        if self._opened is not None and not self._opened.done():
            self._opened.set_exception(error or BinanceWebsocketUnableToConnect("closed while connecting"))
            self._opened.exception()
        self._ended()
        self._tell(Closed(error=error))

    # What the link says

    def link_opened(self) -> None:
        """A connection is open."""
        self.state = State.OPEN
        if self._lost_at is None:
            self._tell(Connected())
        else:
            self.stats.reconnects += 1
            self._tell(Reconnected(downtime=time.monotonic() - self._lost_at))
        if self._opened is not None and not self._opened.done():
            self._opened.set_result(None)
        if self._audience.holds:
            self.hold()

    def arrived_binary(self, payload: bytes) -> None:
        """A binary message where text is due: told in its place."""
        self.stats.decode_errors += 1
        error = BinanceWebsocketDecodeError(f"a binary message of {len(payload)} bytes where text was due")
        self._audience.announce(error)

    def refused(self, streams: list[str], why: str) -> None:
        """The venue will not send some of the streams: told in its place; the others go on."""
        self._audience.announce(BinanceError(f"the exchange refused to send {', '.join(streams)}: {why}"))

    # What the audience says

    def hold(self) -> None:
        """Someone is too slow: read no further."""
        if self._link is not None:
            self._link.pause()

    def release(self) -> None:
        """Nobody is too slow any more."""
        if self._link is not None:
            self._link.resume()

    def fail(self, error: BinanceError) -> None:
        """End with `error`, whatever the connection is doing."""
        self._failure = error
        if self._link is not None:
            self._link.drop(str(error))
