"""One stream connection, from its handshake to its end: what it says, hears, and is made to suffer.

It never touches the market: messages come from the bus, faults from `faults`, and time from the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import WSMessage, WSMsgType, web

from . import control, frames
from .bus import Bus, Form, compact
from .limits import Lifetime, Limits, Window
from .names import Address
from .outbox import Outbox

POLICY_VIOLATION = 1008
GOING_AWAY = 1001
FAREWELL = 1.0
"""Seconds that a client has to answer a close frame before its connection is cut."""

Emit = Callable[[bytes], None]


class Trick(Protocol):
    """Stands between a connection's data frames and the wire; takes itself off `Connection.tricks` when done."""

    def send(self, connection: Connection, frame: bytes, emit: Emit) -> None: ...

    def release(self, emit: Emit) -> None:
        """Emit what is held back, for nothing will follow."""


class Weather(Protocol):
    """The standing faults that a connection asks about."""

    def delay_of(self, connection: Connection) -> float: ...

    def mutes(self, connection: Connection) -> bool: ...


@dataclass(frozen=True)
class House:
    """What all connections of one exchange share; `left` hears when one is no longer live."""

    bus: Bus
    limits: Limits
    weather: Weather
    now_us: Callable[[], int]
    left: Callable[[Connection], None]
    flat_errors: bool
    lossless: bool


class Connection:
    """A client on the streams; live until it is closed, cut or frozen.

    `id` counts connections from 1; `path` is the raw path and query of the handshake, `remote` the client's address,
    `opened` the event loop's time; `messages_sent` counts data messages (not replies, pings or close frames).
    """

    def __init__(self, ident: int, address: Address, remote: str, transport: asyncio.Transport, house: House) -> None:
        self.id = ident
        self.path = address.path
        self.remote = remote
        self.messages_sent = 0
        self.live = True
        self.tricks: list[Trick] = []
        self._loop = asyncio.get_running_loop()
        self.opened = self._loop.time()
        self._form = Form(address.combined, address.microseconds)
        self._streams: dict[str, None] = {}
        self._transport = transport
        self._house = house
        limits = house.limits
        self._outbox = Outbox(
            transport,
            delay=lambda: house.weather.delay_of(self),
            limit=float("inf") if house.lossless else limits.waiting_bytes,
            on_overflow=self.abort,
        )
        self._rate = Window(limits.messages_per_second, 1.0)
        self._lifetime = Lifetime(limits, self.opened)
        self._alarm = self._loop.call_at(self._lifetime.due, self._on_alarm)
        self._farewell: asyncio.TimerHandle | None = None
        self.subscribe(address.streams)

    def __repr__(self) -> str:
        return f"<Connection {self.id} {self.path}>"

    @property
    def streams(self) -> list[str]:
        return list(self._streams)

    @property
    def form(self) -> Form:
        return self._form

    @property
    def combined(self) -> bool:
        return self._form.combined

    @combined.setter
    def combined(self, value: bool) -> None:
        self._form = self._form._replace(combined=value)

    @property
    def waiting_bytes(self) -> int:
        """Bytes sent to this client that its kernel has not taken yet."""
        return self._outbox.waiting

    def carries(self, stream: str | None) -> bool:
        """Whether it is subscribed to this stream; every connection carries `None`."""
        return stream is None or stream in self._streams

    def subscribe(self, streams: Sequence[str]) -> None:
        self._streams.update(dict.fromkeys(streams))
        self._house.bus.subscribe(self, streams)

    def unsubscribe(self, streams: Sequence[str]) -> None:
        for name in streams:
            del self._streams[name]
        self._house.bus.unsubscribe(self, streams)

    # what it says

    def send(self, frame: bytes) -> None:
        """One data message."""
        self.messages_sent += 1
        if self.tricks:
            self._pass(frame, tuple(self.tricks))
        else:
            self._outbox.put(frame)

    async def drained(self) -> None:
        await self._outbox.drained()

    def release(self) -> None:
        """Send at once what a fault has held back."""
        self._release_tricks()
        self._outbox.release()

    def announce_shutdown(self, grace: float, code: int) -> None:
        """The `serverShutdown` event, and the end of the connection `grace` seconds later."""
        if self._farewell is not None:
            return
        now = self._house.now_us()
        body = {"e": "serverShutdown", "E": now if self._form.microseconds else now // 1000}
        event = {"stream": "!serverShutdown", "data": body} if self.combined else body
        self._outbox.put(frames.text(compact(event)))
        self._farewell = self._loop.call_later(grace, self.close, code)

    # how it ends

    def close(self, code: int, reason: str = "") -> None:
        """A close frame behind everything said so far, in the same write; then TCP ends."""
        if not self.live:
            return
        self._release_tricks()
        self._leave()
        self._outbox.finish(frames.close(code, reason))
        self._farewell = self._loop.call_later(FAREWELL + self._house.weather.delay_of(self), self.abort)

    def abort(self) -> None:
        """Cut off without a word."""
        self._leave()
        self._outbox.abort()

    def reset(self) -> None:
        self._leave()
        self._outbox.reset()

    def freeze(self) -> None:
        """Leave the socket up but neither read nor write; the exchange gives up on it after a ping's patience."""
        if not self.live:
            return
        self._leave()
        self._outbox.freeze()
        limits = self._house.limits
        self._farewell = self._loop.call_later(limits.ping_interval + limits.ping_timeout, self.abort)

    def ended(self) -> None:
        """TCP is over: forget everything."""
        self._leave()
        self._outbox.abort()
        if self._farewell is not None:
            self._farewell.cancel()

    # what it hears

    async def listen(self, socket: web.WebSocketResponse) -> None:
        """Hear the client until its end; what comes after our own last words is not heeded."""
        while True:
            message = await socket.receive()
            if message.type in (WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR):
                return
            if message.type is WSMsgType.CLOSE:
                self._on_close(message)
                return
            if self.live:
                self._on_message(message)

    def _on_message(self, message: WSMessage) -> None:
        if not self._rate.admits(self._loop.time()):
            self.close(POLICY_VIOLATION, "Too many requests")
            return
        if message.type is WSMsgType.PING:
            if not self._house.weather.mutes(self):
                self._outbox.put(frames.frame(frames.PONG, message.data))
            return
        if message.type is WSMsgType.PONG:
            self._lifetime.ponged(bytes(message.data))
            return
        text = message.data if isinstance(message.data, str) else message.data.decode(errors="replace")
        reply = control.answer(text, self, limit=self._house.limits.streams, flat=self._house.flat_errors)
        self._outbox.put(frames.text(reply))

    def _on_close(self, message: WSMessage) -> None:
        self.close(message.data if frames.can_be_asked(message.data or 0) else frames.NO_STATUS)

    def _on_alarm(self) -> None:
        now = self._loop.time()
        match self._lifetime.step(now):
            case Lifetime.UNANSWERED:
                self.close(POLICY_VIOLATION, "Pong timeout")
                return
            case Lifetime.TOO_OLD:
                self.close(GOING_AWAY)
                return
            case Lifetime.PING:
                payload = str(self._house.now_us() // 1000).encode()
                self._lifetime.pinged(payload, now)
                self._outbox.put(frames.frame(frames.PING, payload))
        self._alarm = self._loop.call_at(self._lifetime.due, self._on_alarm)

    def _pass(self, frame: bytes, tricks: Sequence[Trick]) -> None:
        if not tricks:
            self._outbox.put(frame)
            return
        first, rest = tricks[0], tricks[1:]
        # When an earlier trick has doubled the message, this one may have been done with the first copy.
        if first in self.tricks:
            first.send(self, frame, lambda sent: self._pass(sent, rest))
        else:
            self._pass(frame, rest)

    def _release_tricks(self) -> None:
        held, self.tricks = self.tricks, []
        for trick in held:
            trick.release(self._outbox.put)

    def _leave(self) -> None:
        """No longer live: deaf to the bus and to the clock."""
        self._alarm.cancel()
        if self._farewell is not None:
            self._farewell.cancel()
        self.tricks.clear()
        if not self.live:
            return
        self.live = False
        self.unsubscribe(self.streams)
        self._house.left(self)
