"""What the loop tests share: every transport, plain and over TLS, and a sink that remembers what it heard, in order."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import trustme

from binance.net.contracts import Close, Connection, Options
from binance.net.transports import TransportName, make_transport
from tests.support.wire import Server

TRANSPORTS: tuple[TransportName, ...] = ("picows", "websockets", "aiohttp")


@cache
def authority() -> trustme.CA:
    return trustme.CA()


@cache
def server_tls(name: str = "127.0.0.1") -> ssl.SSLContext:
    """Build the server's side of TLS, with a certificate for `name`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(name).configure_cert(context)
    return context


@cache
def client_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


@dataclass(frozen=True)
class Line:
    """One way to connect: a transport, plain or over TLS."""

    transport: TransportName
    tls: bool = False

    def __str__(self) -> str:
        return f"{self.transport}{'-tls' if self.tls else ''}"

    def server(self, *args: Any, **options: Any) -> Server:
        return Server(*args, tls=server_tls() if self.tls else None, **options)

    def address(self, server: Server, path: str = "/ws/a@trade") -> str:
        return "ws" + server.url.removeprefix("http") + path

    async def open(self, url: str, sink: Heard, **options: Any) -> None:
        """Open through the transport; `sink` may be told things before this returns."""
        options.setdefault("open_timeout", 5.0)
        await make_transport(self.transport).open(url, sink, Options(ssl=client_tls() if self.tls else None, **options))

    @asynccontextmanager
    async def opened(self, server: Server, sink: Heard | None = None, **options: Any) -> AsyncIterator[Heard]:
        """Open to `server`, and see to an orderly end: exactly one `on_close`, nothing after it, the file closed."""
        heard = sink or Heard()
        if "proxy" not in options:
            heard.port = int(server.url.rpartition(":")[2])
        await self.open(self.address(server), heard, **options)
        try:
            yield heard
        finally:
            heard.connection.abort()
            await heard.close()
        heard.assert_orderly()


LINES = [Line(transport, tls) for transport in TRANSPORTS for tls in (False, True)]


class Heard:
    """A sink that remembers. `words` are (what, value) in the order in which they were said.

    With `port`, the server's, it also looks whether the file of the connection is closed in the end.
    """

    def __init__(self) -> None:
        self.words: list[tuple[str, Any]] = []
        self.port = 0
        self._connection: Connection | None = None
        self._files: set[str] = set()
        self._files_left: set[str] = set()
        self._news = asyncio.Event()

    @property
    def connection(self) -> Connection:
        assert self._connection is not None, "on_open was not called"
        return self._connection

    @property
    def messages(self) -> list[bytes]:
        return [value for what, value in self.words if what == "message"]

    @property
    def closes(self) -> list[Close]:
        return [value for what, value in self.words if what == "close"]

    def count(self, what: str) -> int:
        return sum(word == what for word, _ in self.words)

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait until something is true of what was heard."""
        async with asyncio.timeout(3):
            while not reached():
                self._news.clear()
                await self._news.wait()

    async def take(self, count: int) -> list[bytes]:
        """Wait for that many messages."""
        await self.until(lambda: self.count("message") >= count or bool(self.closes))
        return self.messages

    async def close(self) -> Close:
        """Wait for the end."""
        await self.until(lambda: bool(self.closes))
        return self.closes[0]

    def assert_orderly(self) -> None:
        said = [what for what, _ in self.words]
        assert said[0] == "open"
        assert said[-1] == "close"
        assert said.count("open") == said.count("close") == 1
        assert "message" not in said[said.index("violation") :] if "violation" in said else True
        assert not self._files_left, "a file of the connection was still open in the turn after on_close"

    def _hear(self, what: str, *values: Any) -> None:
        self.words += [(what, value) for value in values]
        self._news.set()

    # what a sink hears

    def on_open(self, connection: Connection) -> None:
        self._connection = connection
        self._files = client_ends(self.port) if self.port else set()
        self._hear("open", None)

    def on_messages(self, batch: list[bytes]) -> None:
        assert batch, "an empty batch was told"
        self._hear("message", *batch)

    def on_binary(self, payload: bytes) -> None:
        self._hear("binary", payload)

    def on_alive(self) -> None:
        self._hear("alive", None)

    def on_violation(self, code: int, reason: str) -> None:
        self._hear("violation", code)
        self.connection.close(code, reason)

    def on_close(self, close: Close) -> None:
        # asyncio closes the file in the same turn, but after it has told so.
        asyncio.get_running_loop().call_soon(self._after_close, close)

    def _after_close(self, close: Close) -> None:
        self._files_left = self._files & sockets().keys()
        self._hear("close", close)


def sockets() -> dict[str, int]:
    """List the sockets that this process has open: the kernel's name of each, and its number."""
    found = {}
    for file in Path("/proc/self/fd").iterdir():
        try:
            target = os.readlink(file)
        except FileNotFoundError:
            continue  # the listing's own
        if target.startswith("socket:"):
            found[target] = int(file.name)
    return found


def client_ends(port: int) -> set[str]:
    """List the sockets of this process that are connected to a port of the loopback."""
    found = set()
    for name, number in sockets().items():
        with socket.socket(fileno=os.dup(number)) as copy, suppress(OSError):
            if copy.getpeername()[1:2] == (port,):
                found.add(name)
    return found
