"""How a coroutine becomes a process: its result is the exit status, and signals end it in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

__all__ = ["INTERRUPTED", "TERMINATED", "run"]

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM


def run(job: Coroutine[Any, Any, int]) -> int:
    """Run `job` and give its status; after Ctrl-C or SIGTERM it is cancelled, and the status is 130 or 143."""
    try:
        return asyncio.run(_terminable(job))
    except KeyboardInterrupt:
        return INTERRUPTED


async def _terminable(job: Coroutine[Any, Any, int]) -> int:
    loop = asyncio.get_running_loop()
    working = asyncio.ensure_future(job)
    terminated = asyncio.Event()

    def terminate() -> None:
        terminated.set()
        working.cancel()

    loop.add_signal_handler(signal.SIGTERM, terminate)
    try:
        return await working
    except asyncio.CancelledError:
        if not terminated.is_set():
            raise
        return TERMINATED
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
