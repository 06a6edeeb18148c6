"""What judges the exchange: the `websockets` client and one that sees the bytes; and a source that follows a script."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import ssl
import struct
from collections.abc import Iterable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from binance.sandbox import Sandbox

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


class Script:
    """A market that says what a test has put in `now_us`; payload times are microseconds, as for every source."""

    symbols = ("BNBBTC",)

    def __init__(self) -> None:
        self.waiting: list[tuple[str, Any]] = []
        self.watched: set[str] = set()

    def say(self, stream: str, payload: Any) -> None:
        self.waiting.append((stream, payload))

    def advance(self, now_us: int) -> Iterable[tuple[str, Any]]:
        said, self.waiting = self.waiting, []
        return said

    def watch(self, stream: str) -> None:
        self.watched.add(stream)

    def unwatch(self, stream: str) -> None:
        self.watched.remove(stream)


def quiet(**options: Any) -> Sandbox:
    """An exchange that only says what the test publishes."""
    return Sandbox(source=Script(), **options)


@asynccontextmanager
async def joined(exchange: Sandbox, path: str, *, tls: ssl.SSLContext | None = None):
    """A `websockets` client on this path that answers pings and asks for nothing of its own."""
    address = exchange.url.replace("http", "ws", 1) + path
    async with connect(address, ping_interval=None, compression=None, ssl=tls, max_queue=None) as client:
        yield client


async def ask(client: ClientConnection, method: str, *params: Any, ident: Any = 1) -> Any:
    """Send a request and give the decoded reply."""
    await client.send(json.dumps({"method": method, "params": params, "id": ident}))
    return await heard(client)


async def heard(client: ClientConnection) -> Any:
    async with asyncio.timeout(5):
        return json.loads(await client.recv())


class Wire:
    """A WebSocket client made of bare bytes: nothing is answered, buffered or hidden."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.status = 0
        self.headers: dict[str, str] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, exchange: Sandbox, path: str, *, limit: int = 2**16):
        where = urlsplit(exchange.url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=limit)
        wire = cls(reader, writer)
        try:
            await wire._shake_hands(path)
            yield wire
        finally:
            writer.transport.abort()

    async def _shake_hands(self, path: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: exchange\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head.rstrip().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}

    def send(self, opcode: int, payload: bytes = b"") -> None:
        """One masked frame; the mask is zero, which leaves the payload readable."""
        assert len(payload) < 126
        self.writer.write(bytes((0x80 | opcode, 0x80 | len(payload))) + bytes(4) + payload)

    async def frame(self, patience: float = 5) -> tuple[int, bytes]:
        """The next frame's opcode and payload."""
        async with asyncio.timeout(patience):
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size > 125:
                form, length = ("!H", 2) if size == 126 else ("!Q", 8)
                (size,) = struct.unpack(form, await self.reader.readexactly(length))
            return first & 0x0F, await self.reader.readexactly(size)

    async def text(self) -> str:
        opcode, payload = await self.frame()
        assert opcode == TEXT, (opcode, payload)
        return payload.decode()

    async def closing(self) -> tuple[int, str]:
        """Code and reason of a close frame, which has to be next."""
        opcode, payload = await self.frame()
        assert opcode == CLOSE, (opcode, payload)
        return struct.unpack("!H", payload[:2])[0], payload[2:].decode()

    async def end(self) -> bytes:
        """What still comes before the end of TCP; `ConnectionResetError` when that end is a reset."""
        async with asyncio.timeout(5):
            return await self.reader.read(-1)
