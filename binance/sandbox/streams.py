"""The stream endpoints: who may connect, who is connected.

`/ws`, `/ws/<name>[/<name>...]`, `/stream` and `/stream?streams=...` (web-socket-streams.md).  What Binance answers to a
malformed address and to too many attempts is undocumented; here it is 400 and 429 with `Retry-After`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable

from aiohttp import web

from .bus import Bus
from .connection import Connection, House
from .faults import Faults
from .limits import Limits, Window
from .names import Address, address

MAX_REQUEST = 1024 * 1024
"""Bytes of the longest message a client may send."""


class StreamServer:
    """Accepts stream connections and knows the live ones."""

    def __init__(
        self, bus: Bus, *, limits: Limits, faults: Faults, now_us: Callable[[], int], flat_errors: bool, lossless: bool
    ) -> None:
        self.accepted = 0
        self.connections: dict[int, Connection] = {}
        self._faults = faults
        self._limits = limits
        self._house = House(bus, limits, faults, now_us, self._left, flat_errors, lossless)
        self._attempts: defaultdict[str, Window] = defaultdict(
            lambda: Window(limits.connections, limits.connections_window)
        )
        self._open: set[Connection] = set()
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.get(path, self._handle) for path in ("/ws", "/ws/{names:.*}", "/stream")]

    async def wait_connections(self, count: int) -> None:
        """Until exactly `count` connections are live."""
        if len(self.connections) == count:
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append((count, waiter))
        await waiter

    async def drained(self) -> None:
        """Until every client has taken nearly all that was sent to it."""
        for connection in list(self.connections.values()):
            await connection.drained()

    def shut(self) -> None:
        """Say goodbye to everybody and cut every socket, the frozen ones too."""
        for connection in list(self._open):
            connection.close(1001)
            connection.abort()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = self._admit(request)
        if isinstance(asked, web.Response):
            return asked
        # the exchange answers pings itself and ends connections itself, in order with everything else it says
        socket = web.WebSocketResponse(
            autoping=False, autoclose=False, compress=False, timeout=1.0, max_msg_size=MAX_REQUEST
        )
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        self.accepted += 1
        connection = Connection(self.accepted, asked, request.remote or "", transport, self._house)
        self._open.add(connection)
        self.connections[connection.id] = connection
        self._changed()
        try:
            await connection.listen(socket)
        finally:
            connection.ended()
            self._open.discard(connection)
        return socket

    def _admit(self, request: web.Request) -> Address | web.Response:
        now = asyncio.get_running_loop().time()
        attempts = self._attempts[request.remote or ""]
        if not attempts.admits(now):
            return web.Response(
                status=429, headers={"Retry-After": str(attempts.wait(now))}, text="Too many connection attempts"
            )
        refusal = self._faults.refusal()
        if refusal is not None:
            return refusal
        try:
            asked = address(request.rel_url.raw_path, request.rel_url.raw_query_string)
        except ValueError as error:
            return web.Response(status=400, text=str(error))
        if len(asked.streams) > self._limits.streams:
            return web.Response(status=400, text=f"Too many streams: {len(asked.streams)} of {self._limits.streams}")
        return asked

    def _left(self, connection: Connection) -> None:
        del self.connections[connection.id]
        self._changed()

    def _changed(self) -> None:
        live = len(self.connections)
        for count, waiter in self._waiters:
            if count == live and not waiter.done():
                waiter.set_result(None)
        self._waiters = [(count, waiter) for count, waiter in self._waiters if not waiter.done()]
