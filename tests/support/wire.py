"""A scripted WebSocket and HTTP server on loopback, spoken by hand over asyncio streams.

It shares no code with the product and uses no WebSocket library, so it can say what no decent server would:
frames split at any byte, a close frame glued to data, illegal bits, a reset, a peer that holds the line and is gone.
A test gives one coroutine, ``async def script(peer, n)``, run for each accepted connection (`n` counts from 0), or
takes the connections itself with ``await server.peer(n)``. A connection stays open after its script has returned.

The two REST answers that a client needs to start are built in.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import NamedTuple

from tests.support.frames import as_bytes
from tests.support.peer import Peer, abort

Headers = Mapping[str, str]
Route = tuple[int, object, Headers]
Script = Callable[[Peer, int], Awaitable[None]]


class Attempt(NamedTuple):
    """One request to open a WebSocket, whatever became of it; `at` is `time.monotonic()`."""

    at: float
    path: str
    headers: Headers


class Refusal(NamedTuple):
    """What an opening gets instead of a WebSocket; `status` 0 hangs up, -1 never answers."""

    status: int
    body: bytes
    headers: Headers


class Server:
    """A server on 127.0.0.1 for one test: ``async with Server(script) as server``.

    An exception that leaves a script fails the test when the server ends. `greeting` is sent in one segment with the
    answer that opens each WebSocket. `listener` is a bound socket, for tests that must know the address early.
    """

    def __init__(
        self,
        script: Script | None = None,
        *,
        routes: Mapping[str, Route] | None = None,
        greeting: bytes = b"",
        tls: ssl.SSLContext | None = None,
        listener: socket.socket | None = None,
    ) -> None:
        self.attempts: list[Attempt] = []
        self.requests: list[tuple[str, str]] = []
        self.peers: list[Peer] = []
        self.errors: list[BaseException] = []
        self.connections = 0
        self.routes: dict[str, Route] = dict(routes or {})
        self.greeting = greeting
        self._script = script
        self._tls = tls
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._refusals: deque[Refusal] = deque()
        self._standing: Refusal | None = None
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    @property
    def accepted(self) -> int:
        """How many WebSockets were opened so far."""
        return len(self.peers)

    @property
    def open_peers(self) -> list[Peer]:
        return [peer for peer in self.peers if not peer.is_closed]

    # what the next openings get

    def refuse(self, status: int, body: object = b"", headers: Headers | None = None, times: int | None = None) -> None:
        """Refuse the next `times` openings with this HTTP status; without `times`, all of them from now on."""
        self._plan(Refusal(status, as_bytes(body), headers or {}), times)

    def hang_up(self, times: int | None = None) -> None:
        """End the next openings without an answer."""
        self._plan(Refusal(0, b"", {}), times)

    def never_answer(self, times: int | None = None) -> None:
        """Accept the next openings' TCP connection and leave the request unanswered."""
        self._plan(Refusal(-1, b"", {}), times)

    def welcome(self) -> None:
        """Open WebSockets again, whatever was planned."""
        self._refusals.clear()
        self._standing = None

    def _plan(self, refusal: Refusal, times: int | None) -> None:
        if times is None:
            self._standing = refusal
        else:
            self._refusals.extend([refusal] * times)

    async def stop_listening(self) -> None:
        """Refuse TCP connections; those that are open stay."""
        assert self._server is not None
        self._server.close()
        await asyncio.sleep(0)

    async def listen(self) -> None:
        """Take TCP connections (again), at the same address."""
        if self._server is not None:
            self._listener = socket.create_server(("127.0.0.1", self._port))
        self._server = await asyncio.start_server(self._serve, sock=self._listener, ssl=self._tls, limit=1 << 20)

    # waiting

    async def peer(self, n: int = 0) -> Peer:
        """Wait for the n-th WebSocket to be opened, counted from 0."""
        await self.until(lambda: len(self.peers) > n)
        return self.peers[n]

    async def attempt(self, n: int = 0) -> Attempt:
        """Wait for the n-th request to open a WebSocket, counted from 0."""
        await self.until(lambda: len(self.attempts) > n)
        return self.attempts[n]

    async def until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            self._changed.clear()
            await self._changed.wait()

    # life

    async def __aenter__(self) -> Server:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for writer in list(self._writers):
            abort(writer)
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors[0]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections += 1
        self._changed.set()
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the client left, or the server ends: both are ordinary here
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            abort(writer)

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; True when another may follow on this connection."""
        method, target, headers = await _read_head(reader)
        if headers.get("upgrade", "").lower() != "websocket":
            return await self._answer_rest(method, target, reader, headers, writer)
        self.attempts.append(Attempt(time.monotonic(), target, headers))
        self._changed.set()
        refusal = self._refusals.popleft() if self._refusals else self._standing
        if refusal is None:
            await self._open(reader, writer, target, headers)
        elif refusal.status == -1:
            await reader.read()
        elif refusal.status > 0:
            await _answer(writer, refusal.status, refusal.body, {"Connection": "close", **refusal.headers})
        if refusal is not None:
            writer.close()
        return False

    async def _open(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, headers: Headers
    ) -> None:
        peer = Peer(reader, writer, path, headers)
        writer.write(_switching(headers["sec-websocket-key"]) + self.greeting)
        self.peers.append(peer)
        self._changed.set()
        tasks = [asyncio.create_task(peer.pump()), asyncio.create_task(self._run_script(peer, self.accepted - 1))]
        try:
            await asyncio.wait(tasks)
            await peer.closed
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _run_script(self, peer: Peer, n: int) -> None:
        if self._script is None:
            return
        try:
            await self._script(peer, n)
        except (ConnectionError, EOFError):
            pass  # the client left in the middle of the script
        except Exception as error:
            self.errors.append(error)
            peer.reset()

    async def _answer_rest(
        self, method: str, target: str, reader: asyncio.StreamReader, headers: Headers, writer: asyncio.StreamWriter
    ) -> bool:
        if length := int(headers.get("content-length", 0)):
            await reader.readexactly(length)
        self.requests.append((method, target))
        path = target.partition("?")[0]
        status, body, extra = self.routes.get(path) or _default_route(path)
        await _answer(writer, status, as_bytes(body), extra)
        return headers.get("connection", "").lower() != "close"


def _default_route(path: str) -> Route:
    if path == "/api/v3/ping":
        return 200, {}, {}
    if path == "/api/v3/time":
        return 200, {"serverTime": time.time_ns() // 1_000_000}, {}
    return 404, {"code": -1, "msg": f"the test server has no {path}"}, {}


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    return method, target, {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _answer(writer: asyncio.StreamWriter, status: int, body: bytes, headers: Headers) -> None:
    head = [f"HTTP/1.1 {status} Status"]
    head += [f"{k}: {v}" for k, v in {"Content-Type": "application/json", **headers}.items()]
    head += [f"Content-Length: {len(body)}", "", ""]
    writer.write("\r\n".join(head).encode() + body)
    await writer.drain()


def _switching(key: str) -> bytes:
    """Build the answer that opens a WebSocket (RFC 6455, section 4.2.2)."""
    digest = hashlib.sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()
