"""A proxy on loopback for tests: HTTP CONNECT and SOCKS5 at one address, with or without a login."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import struct
from types import TracebackType

_NO_LOGIN_NEEDED, _LOGIN_NEEDED, _NONE_ACCEPTABLE = 0, 2, 0xFF


class Proxy:
    """``async with Proxy() as proxy``: `targets` are the addresses that clients asked for, `refused` counts the others.

    `login` is the name and password that it wants. A login that is wrong is answered with 407, or SOCKS5's refusal.
    """

    def __init__(self, login: tuple[str, str] | None = None) -> None:
        self.targets: list[str] = []
        self.refused = 0
        self._login = login
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def url(self, scheme: str = "http", login: tuple[str, str] | None = None) -> str:
        """The proxy's address; `scheme` is http or socks5."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        name, password = login or self._login or ("", "")
        return f"{scheme}://{f'{name}:{password}@' if name else ''}127.0.0.1:{port}"

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
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
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            first = await reader.readexactly(1)
            greet = self._socks5 if first == b"\x05" else self._connect
            target = await greet(first, reader, writer)
            if target is None:
                self.refused += 1
            else:
                self.targets.append("{}:{}".format(*target))
                await _relay(reader, writer, target)
        except (asyncio.CancelledError, asyncio.IncompleteReadError, ConnectionError):
            pass  # one of the two left, or the proxy ends
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _connect(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[str, int] | None:
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.split(" ", 2)
        wanted = base64.b64encode(":".join(self._login or ()).encode()).decode()
        if self._login is not None and f"Basic {wanted}" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return None
        if method != "CONNECT":
            writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            return None
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        host, _, port = target.rpartition(":")
        return host, int(port)

    async def _socks5(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[str, int] | None:
        """Read the two or three questions of RFC 1928 and RFC 1929."""
        (count,) = await reader.readexactly(1)
        offered = await reader.readexactly(count)
        method = _LOGIN_NEEDED if self._login else _NO_LOGIN_NEEDED
        writer.write(bytes([5, method if method in offered else _NONE_ACCEPTABLE]))
        if method not in offered:
            return None
        if self._login is not None:
            await reader.readexactly(1)
            login = ((await _counted(reader)).decode(), (await _counted(reader)).decode())
            writer.write(bytes([1, login != self._login]))
            if login != self._login:
                return None
        *_, kind = await reader.readexactly(4)
        address = await (reader.readexactly(4) if kind == 1 else _counted(reader))
        host = ".".join(map(str, address)) if kind == 1 else address.decode()
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        return host, port


async def _counted(reader: asyncio.StreamReader) -> bytes:
    (size,) = await reader.readexactly(1)
    return await reader.readexactly(size)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: tuple[str, int]) -> None:
    there, back = await asyncio.open_connection(*target)
    copies = [asyncio.create_task(_copy(reader, back)), asyncio.create_task(_copy(there, writer))]
    try:
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    finally:
        back.transport.abort()
        for copy in copies:
            copy.cancel()
        await asyncio.wait(copies)


async def _copy(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(1 << 16):
            to.write(data)
            await to.drain()
