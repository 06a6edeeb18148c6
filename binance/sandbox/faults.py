"""The weather: everything that may go wrong between an exchange and its client, on request.

From code through `exchange.faults`, from outside through the admin endpoint; the names are the same.  Every fault may
be fired at any moment, on any number of connections, and answers how many it hit.  `stream=` picks the connections
subscribed to that stream; without it a fault hits all of them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from . import frames
from .connection import GOING_AWAY, Connection
from .tricks import DropAfter, Duplicate, Garble, Reorder

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(eq=False)
class Refusal:
    """An answer to the next `times` handshakes or, for REST, requests."""

    status: int | None
    times: int
    retry_after: float | None = None
    body: str = ""
    delay: float = 0.0
    drop: bool = False

    def response(self) -> web.Response:
        assert self.status is not None
        headers = {} if self.retry_after is None else {"Retry-After": f"{self.retry_after:g}"}
        return web.Response(status=self.status, headers=headers, text=self.body)


class Faults:
    """What can be asked for; `clear` ends everything that stands."""

    def __init__(self, connections: Callable[[], list[Connection]] = list) -> None:
        self._connections = connections
        self._delays: list[tuple[str | None, float]] = []
        self._muted: list[str | None] = []
        self._refusals: list[Refusal] = []
        self._rest: list[Refusal] = []

    # connections that exist now

    def drop(
        self, code: int = GOING_AWAY, reason: str = "", *, after: int | None = None, stream: str | None = None
    ) -> int:
        """A close frame, then the end of TCP; with `after`, right behind that many more messages of each connection.

        What was published in the same turn of the event loop leaves in the same write.  1006 ends TCP without a close
        frame, 1005 sends one without a code.
        """
        _check(frames.can_be_asked(code), "code", code, "1000-1003, 1005-1014 or 3000-4999")
        _check(after is None or after >= 0, "after", after, "a number of messages, or None for now")
        for connection in (hit := self._hit(stream)):
            if after:
                connection.tricks.append(DropAfter(after, code, reason))
            else:
                connection.close(code, reason)
        return len(hit)

    def reset(self, *, stream: str | None = None) -> int:
        """A TCP reset without a close frame; what has not left yet is lost."""
        return self._each(stream, Connection.reset)

    def half_open(self, *, stream: str | None = None) -> int:
        """The sockets stay up but nothing is read or written any more: the client's pings go unanswered too.

        Such a connection never comes back.  The exchange cuts it when its own ping would have gone unanswered.
        """
        return self._each(stream, Connection.freeze)

    def shut_down(self, grace: float = 1.0, code: int = GOING_AWAY, *, stream: str | None = None) -> int:
        """The `serverShutdown` event now and the close `grace` seconds later; new connections are welcome."""
        _check(grace >= 0, "grace", grace, "seconds")
        _check(frames.can_be_asked(code), "code", code, "1000-1003, 1005-1014 or 3000-4999")
        return self._each(stream, lambda connection: connection.announce_shutdown(grace, code))

    def garble(self, *, stream: str | None = None) -> int:
        """The next message is cut in half: a text frame that is not JSON."""
        return self._each(stream, lambda connection: connection.tricks.append(Garble()))

    def duplicate(self, *, stream: str | None = None) -> int:
        """The next message comes twice."""
        return self._each(stream, lambda connection: connection.tricks.append(Duplicate()))

    def reorder(self, *, stream: str | None = None) -> int:
        """The next two messages come in the wrong order."""
        return self._each(stream, lambda connection: connection.tricks.append(Reorder()))

    # standing faults: connections made later are hit as well, until `clear`

    def delay(self, seconds: float, *, stream: str | None = None) -> int:
        """Every frame leaves this much later, in order; the longest delay counts."""
        _check(seconds >= 0, "seconds", seconds, "0 or more")
        self._delays.append((stream, seconds))
        return len(self._hit(stream))

    def mute_pongs(self, *, stream: str | None = None) -> int:
        """Pings of the client are not answered; data goes on."""
        self._muted.append(stream)
        return len(self._hit(stream))

    def refuse(self, status: int, *, times: int = 1, retry_after: float | None = None, body: str = "") -> int:
        """Answer the next `times` handshakes with this HTTP status."""
        _check(400 <= status <= 599, "status", status, "400-599")
        _check(times >= 1, "times", times, "1 or more")
        self._refusals.append(Refusal(status, times, retry_after, body))
        return 0

    def rest(
        self,
        status: int | None = None,
        *,
        times: int = 1,
        delay: float = 0.0,
        drop: bool = False,
        retry_after: float | None = None,
        body: str | dict[str, Any] = "",
    ) -> int:
        """Spoil the next `times` REST calls: wait `delay` seconds, then answer with a status or `drop` the connection.

        With neither a status nor `drop` the right answer comes, late.
        """
        _check(status is None or 400 <= status <= 599, "status", status, "400-599, or None")
        _check(times >= 1, "times", times, "1 or more")
        _check(delay >= 0, "delay", delay, "0 or more")
        text = body if isinstance(body, str) else json.dumps(body)
        self._rest.append(Refusal(status, times, retry_after, text, delay, drop))
        return 0

    def clear(self) -> None:
        """End every standing fault and send what is held back; what is lost stays lost."""
        for standing in (self._delays, self._muted, self._refusals, self._rest):
            standing.clear()
        self._each(None, Connection.release)

    # what the exchange asks

    def standing(self) -> list[dict[str, Any]]:
        """The faults that `clear` would end, as facts."""
        return [
            *({"kind": "delay", "seconds": seconds, "stream": stream} for stream, seconds in self._delays),
            *({"kind": "mute_pongs", "stream": stream} for stream in self._muted),
            *({"kind": "refuse", **asdict(refusal)} for refusal in self._refusals),
            *({"kind": "rest", **asdict(refusal)} for refusal in self._rest),
        ]

    def delay_of(self, connection: Connection) -> float:
        return max((seconds for stream, seconds in self._delays if connection.carries(stream)), default=0.0)

    def mutes(self, connection: Connection) -> bool:
        return any(connection.carries(stream) for stream in self._muted)

    def refusal(self) -> web.Response | None:
        """The answer to the next handshake, unless it is welcome."""
        refusal = _take(self._refusals)
        return refusal.response() if refusal else None

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """REST calls as the weather has them."""
        spoilt = _take(self._rest) if request.path.startswith("/api/") else None
        if spoilt is None:
            return await handler(request)
        if spoilt.delay:
            await asyncio.sleep(spoilt.delay)
        if spoilt.drop and request.transport is not None:
            request.transport.abort()
            return web.Response()
        return await handler(request) if spoilt.status is None else spoilt.response()

    def _hit(self, stream: str | None) -> list[Connection]:
        return [connection for connection in self._connections() if connection.carries(stream)]

    def _each(self, stream: str | None, act: Callable[[Connection], None]) -> int:
        hit = self._hit(stream)
        for connection in hit:
            act(connection)
        return len(hit)


def _take(refusals: list[Refusal]) -> Refusal | None:
    """The first one, which is used up after its last time."""
    if not refusals:
        return None
    refusal = refusals[0]
    refusal.times -= 1
    if not refusal.times:
        refusals.remove(refusal)
    return refusal


def _check(good: bool, name: str, value: object, allowed: str) -> None:
    if not good:
        raise ValueError(f"{name}={value!r} is not possible: use {allowed}")
