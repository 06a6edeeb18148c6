"""Writing to standard output without ever making the event loop wait.

A pager that is not scrolled stops reading. A plain `print` would then stop the whole process, the answers to the
exchange's pings included, and Ctrl-C with it.
"""

from __future__ import annotations

import asyncio
import os
import select
import stat
from types import TracebackType
from typing import Self

__all__ = ["Output"]

#: A pipe that is ready takes this much without blocking (POSIX: PIPE_BUF).
_PIECE = select.PIPE_BUF


class Output:
    """A file descriptor to write to, for as long as `async with` lasts.

    When it is a pipe whose reader goes away, the block ends with BrokenPipeError at once, even if nothing is written.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._is_pipe = stat.S_ISFIFO(os.fstat(descriptor).st_mode)
        self._hung_up = False

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        if self._is_pipe:
            # The writing end of a pipe becomes "readable" when the reading end is closed.
            self._loop.add_reader(self._descriptor, self._hang_up)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_pipe:
            self._loop.remove_reader(self._descriptor)
        if self._hung_up and self._task is not None and not self._task.uncancel():
            raise BrokenPipeError("nobody reads the output") from None

    async def write(self, data: bytes) -> None:
        """Write it all, waiting for a slow reader; BrokenPipeError when there is none any more."""
        left = memoryview(data)
        while left:
            if not select.select([], [self._descriptor], [], 0)[1]:
                await self._writable()
            left = left[os.write(self._descriptor, left[:_PIECE]) :]

    async def _writable(self) -> None:
        ready = self._loop.create_future()
        self._loop.add_writer(self._descriptor, _settle, ready)
        try:
            await ready
        finally:
            self._loop.remove_writer(self._descriptor)

    def _hang_up(self) -> None:
        self._loop.remove_reader(self._descriptor)
        self._hung_up = True
        if self._task is not None:
            self._task.cancel()


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
