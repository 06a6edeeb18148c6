"""What the libraries that are read by `await` have in common: one task that reads, one that writes, and an orderly end.

They stand in where picows has no wheel, so they are kept simple rather than fast: every message is a read of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from .contracts import ABNORMAL, Close, Sink

__all__ = ["Pump"]


class Pump:
    """A `Connection` over a library with coroutines. `start` is called once the upgrade is done."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._outbox: asyncio.Queue[Callable[[], Awaitable[object]]] = asyncio.Queue()
        self._may_read = asyncio.Event()
        self._may_read.set()
        self._end = Close(ABNORMAL, "the connection was dropped")
        self._closing = False
        self._aborted = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Tell the sink, and begin to read."""
        self._sink.on_open(self)
        self._task = asyncio.get_running_loop().create_task(self._run(), name="binance: connection")
        # Not from within the task, which may be cancelled at any step, even before its first.
        self._task.add_done_callback(lambda _: self._sink.on_close(self._end))

    # What a library has to say

    async def _receive(self) -> Close | None:
        """Hand the next message or control frame to the sink; the end of the connection is returned."""
        raise NotImplementedError

    async def _disconnect(self) -> None:
        """Drop the connection, whatever state it is in; return when its file descriptor is closed."""
        raise NotImplementedError

    async def _send_text(self, text: str) -> None:
        raise NotImplementedError

    async def _send_ping(self) -> None:
        raise NotImplementedError

    async def _send_close(self, code: int, reason: str) -> None:
        raise NotImplementedError

    # The Connection

    def send(self, text: bytes) -> None:
        self._outbox.put_nowait(lambda: self._send_text(text.decode()))

    def ping(self) -> None:
        self._outbox.put_nowait(self._send_ping)

    def pause(self) -> None:
        self._may_read.clear()

    def resume(self) -> None:
        self._may_read.set()

    def close(self, code: int, reason: str) -> None:
        self._closing = True
        self._outbox.put_nowait(lambda: self._send_close(code, reason))

    def abort(self) -> None:
        # Once, so that its own cleaning up is not cancelled; and not before it has begun to run.
        if self._task is not None and not self._aborted:
            self._aborted = True
            asyncio.get_running_loop().call_soon(self._task.cancel)

    # The tasks

    async def _run(self) -> None:
        writer = asyncio.get_running_loop().create_task(self._write(), name="binance: connection writer")
        try:
            self._end = await self._read()
            if self._closing:
                # Reading may end first; the close frame is sent all the same.
                await self._outbox.join()
        except asyncio.CancelledError:
            # This is `abort`, or the loop's own end; either way the connection must be seen to its end.
            pass
        finally:
            writer.cancel()
            await asyncio.wait([writer])
            await self._disconnect()

    async def _read(self) -> Close:
        while True:
            await self._may_read.wait()
            close = await self._receive()
            if close is not None:
                return close

    async def _write(self) -> None:
        while True:
            send = await self._outbox.get()
            # What cannot be sent any more belongs to a connection that has ended, which the reader tells.
            with contextlib.suppress(Exception):
                await send()
            self._outbox.task_done()
