"""The server's end of one WebSocket, in the hands of a test: what to say, how to go, what the client said."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from tests.support.frames import CLOSE, PING, PONG, Frame, close_code, closing, frame, read_frame, text


def abort(writer: asyncio.StreamWriter) -> None:
    """End a TCP connection now, whatever waits to be sent."""
    with suppress(AttributeError):  # asyncio's transport forgets its loop when it closes after its last bytes
        writer.transport.abort()


class Peer:
    """One accepted WebSocket; `path` and `headers` are those of the request that opened it.

    Pings are answered and a close frame is echoed unless `answer_pings` or `answer_close` is set to False.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, headers: Mapping[str, str]
    ) -> None:
        self.path = path
        self.headers = headers
        self.answer_pings = True
        self.answer_close = True
        self._reader = reader
        self._writer = writer
        self._frames: list[Frame] = []
        self._taken = 0
        self._marks = 0
        self._news = asyncio.Event()
        self._ended = asyncio.Event()
        self._sent_close = False
        self._close_code: int | None = None
        self._pump: asyncio.Task[None] | None = None

    # what the server says

    async def send_text(self, message: object) -> None:
        """Send one text frame; what is neither string nor bytes is sent as JSON."""
        await self.send_bytes(text(message))

    async def send_frame(self, opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0) -> None:
        await self.send_bytes(frame(opcode, payload, fin=fin, rsv=rsv))

    async def send_bytes(self, raw: bytes) -> None:
        """Write exactly these bytes in one go, and wait while the client does not read; raises ConnectionError."""
        if self._writer.is_closing():
            raise ConnectionResetError("this connection is over")
        self._writer.write(raw)
        await self._writer.drain()

    async def sync(self) -> None:
        """Wait until the client has taken everything sent so far off the wire: a ping, and its pong."""
        self._marks += 1
        payload = f"mark {self._marks}".encode()
        await self.send_frame(PING, payload)
        await self.wait_frame(lambda f: f.opcode == PONG and f.payload == payload)

    # how the server goes

    async def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Send a close frame, wait a second for the client's, and end the TCP connection."""
        await self.finish(closing(code, reason))

    async def finish(self, raw: bytes) -> None:
        """Write bytes that end in a close frame, as one segment, and end the connection in order."""
        self._sent_close = True
        await self.send_bytes(raw)
        try:
            await asyncio.wait_for(self._ended.wait(), 1)
        except TimeoutError:
            self._writer.close()

    def reset(self) -> None:
        """End the connection with a TCP reset; what was written before is already on its way."""
        if not self._writer.is_closing():
            raw: socket.socket = self._writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        abort(self._writer)
        self._over()

    async def eof(self) -> None:
        """End the TCP connection without a close frame."""
        await self._writer.drain()
        self._writer.close()

    def go_silent(self) -> None:
        """Hold the line and do nothing with it: neither read nor answer, as a machine that lost its power."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]
        if self._pump is not None:
            self._pump.cancel()

    # what the client said

    def frames(self, opcode: int | None = None) -> list[Frame]:
        """List what the client has sent so far, of one kind or of all."""
        return [f for f in self._frames if opcode is None or f.opcode == opcode]

    async def next_frame(self, opcode: int | None = None) -> Frame:
        """Return the client's next frame (of that kind); raises EOFError when none can come any more."""
        while True:
            while self._taken < len(self._frames):
                self._taken += 1
                if opcode is None or self._frames[self._taken - 1].opcode == opcode:
                    return self._frames[self._taken - 1]
            await self._more()

    async def wait_frame(self, wanted: Callable[[Frame], bool]) -> Frame:
        """Return the first frame of this connection that is wanted, past or to come; raises EOFError."""
        seen = 0
        while True:
            while seen < len(self._frames):
                seen += 1
                if wanted(self._frames[seen - 1]):
                    return self._frames[seen - 1]
            await self._more()

    @property
    def closed(self) -> Awaitable[int | None]:
        """Await the end of this connection; gives the close code that the client sent, or None."""
        return self._wait_closed()

    @property
    def is_closed(self) -> bool:
        return self._ended.is_set()

    async def _wait_closed(self) -> int | None:
        await self._ended.wait()
        return self._close_code

    async def _more(self) -> None:
        if self._ended.is_set():
            raise EOFError(f"the client is gone; it sent {self._frames}")
        self._news.clear()
        await self._news.wait()

    # reading, run by the server

    async def pump(self) -> None:
        """Read the client's frames until it leaves or the peer goes silent."""
        self._pump = asyncio.create_task(self._read_frames())
        try:
            await asyncio.wait([self._pump])
        finally:
            self._pump.cancel()

    async def _read_frames(self) -> None:
        try:
            while True:
                self._heard(await read_frame(self._reader))
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            self._writer.close()
            self._over()

    def _heard(self, heard: Frame) -> None:
        self._frames.append(heard)
        self._news.set()
        if heard.opcode == PING and self.answer_pings:
            self._writer.write(frame(PONG, heard.payload))
        if heard.opcode == CLOSE:
            self._heard_close(heard)

    def _heard_close(self, heard: Frame) -> None:
        self._close_code = close_code(heard.payload)
        if not self.answer_close:
            return
        if not self._sent_close:
            self._sent_close = True
            self._writer.write(frame(CLOSE, heard.payload))
        self._writer.close()

    def _over(self) -> None:
        self._ended.set()
        self._news.set()
