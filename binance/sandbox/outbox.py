"""What one connection still has to send: batched per turn of the event loop, delayed on demand, ended exactly once.

Everything put in during one turn leaves in one write, so data and the close frame behind it share a segment.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable

LOW_WATER = 256 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: closing answers with RST


class Outbox:
    """The sending side of one TCP connection.

    `delay` says how many seconds later whatever is written now has to leave; `on_overflow` hears when more than `limit`
    bytes wait.
    """

    def __init__(
        self, transport: asyncio.Transport, *, delay: Callable[[], float], limit: float, on_overflow: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._delay = delay
        self._limit = limit
        self._on_overflow = on_overflow
        self._loop = asyncio.get_running_loop()
        self._batch: list[bytes] = []
        self._late: deque[tuple[float, bytes]] = deque()
        self._late_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._finished = False
        self._dead = False

    def put(self, frame: bytes) -> None:
        """Say this in the next write; nothing happens after the last words."""
        if self._finished:
            return
        if not self._batch:
            self._loop.call_soon(self.flush)
        self._batch.append(frame)

    def flush(self) -> None:
        """Write what this turn of the loop has brought together, or set it aside when frames are delayed."""
        if not self._batch:
            return
        data = b"".join(self._batch)
        self._batch.clear()
        if self._transport.is_closing():
            return
        delay = self._delay()
        if delay or self._late:
            self._set_aside(data, delay)
        else:
            self._transport.write(data)
        if self.waiting > self._limit:
            self._on_overflow()

    @property
    def waiting(self) -> int:
        """Bytes that neither the kernel nor the client has taken."""
        return 0 if self._dead else self._late_bytes + self._transport.get_write_buffer_size()

    async def drained(self) -> None:
        """Wait until the client has taken nearly everything; returns as well when the connection is dead or ended."""
        # Polled: one rule for plain sockets and TLS, delayed frames, and connections that a fault cuts meanwhile.
        while self.waiting > LOW_WATER and not self._transport.is_closing():  # noqa: ASYNC110 -- see above
            await asyncio.sleep(0.001)

    def finish(self, frame: bytes) -> None:
        """The last frame, in one write with what waits; then the end of the stream."""
        if self._finished:
            return
        self._finished = True
        self._batch.append(frame)
        self.flush()
        if not self._late:
            self._end_stream()

    def reset(self) -> None:
        """End at once with a TCP reset: no close frame, what waits is lost."""
        self._die()
        raw: socket.socket | None = self._transport.get_extra_info("socket")
        if raw is not None and raw.fileno() != -1:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._transport.abort()

    def abort(self) -> None:
        """End at once: what the kernel has still arrives, the rest does not."""
        self._die()
        self._transport.abort()

    def freeze(self) -> None:
        """Say and hear nothing more while the socket stays open."""
        self._die()
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def release(self) -> None:
        """Send what is late now."""
        self._send_late(everything=True)

    def _set_aside(self, data: bytes, delay: float) -> None:
        due = self._loop.time() + delay  # behind a longer delay it waits for that one's turn
        self._late.append((due, data))
        self._late_bytes += len(data)
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._send_late)

    def _send_late(self, *, everything: bool = False) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport.is_closing():
            return
        now = self._loop.time()
        while self._late and (everything or self._late[0][0] <= now):
            _, data = self._late.popleft()
            self._late_bytes -= len(data)
            self._transport.write(data)
        if self._late:
            self._timer = self._loop.call_at(self._late[0][0], self._send_late)
        elif self._finished:
            self._end_stream()

    def _end_stream(self) -> None:
        # Half a close: closing outright with unread input makes the kernel send RST, which may overtake our last words.
        # TLS cannot half-close; there the client's answer (or the connection's patience) ends it.
        if not self._transport.can_write_eof() or self._transport.is_closing():
            return
        try:
            self._transport.write_eof()
        except OSError:
            self.abort()  # the client has reset the connection and the event loop does not know yet

    def _die(self) -> None:
        self._finished = self._dead = True
        self._batch.clear()
        self._late.clear()
        self._late_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
