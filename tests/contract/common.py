"""What the contract tests share: the public names, sample messages, limits, and a look for leaks.

The limits are the contract's, plus the slack of a machine that does other things at the same time.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from binance import AsyncClient, BinanceSocketManager, Environment
from tests.support.wire import Server

EXIT = 1.0 + 0.3
CANCEL = 0.1 + 0.2
UNABLE = {"e": "error", "type": "BinanceWebsocketUnableToConnect", "m": "Max reconnect retries reached"}


def trade(n: int, symbol: str = "BNBBTC") -> dict[str, Any]:
    """Build the n-th trade of a symbol, in the shape of web-socket-streams.md, Trade Streams."""
    at = 1_700_000_000_000 + n
    return {"e": "trade", "E": at, "s": symbol, "t": n, "p": "0.00100000", "q": "100.0", "T": at, "m": True, "M": True}


def trades(start: int, stop: int, symbol: str = "BNBBTC") -> list[dict[str, Any]]:
    return [trade(n, symbol) for n in range(start, stop)]


def sized(n: int, size: int) -> bytes:
    """Build a JSON message of exactly `size` bytes that carries the number `n`."""
    bare = json.dumps({"n": n, "pad": ""}, separators=(",", ":")).encode()
    return bare[:-2] + b"x" * (size - len(bare)) + bare[-2:]


@asynccontextmanager
async def manager(server: Server, **options: Any) -> AsyncIterator[BinanceSocketManager]:
    """Build a client and a manager whose market is this server, and close both."""
    async with (
        AsyncClient(environment=Environment.local(server.url)) as client,
        BinanceSocketManager(client, **options) as bm,
    ):
        yield bm


async def take(socket: Any, count: int) -> list[Any]:
    """Receive that many messages, within five seconds."""
    async with asyncio.timeout(5):
        return [await socket.recv() for _ in range(count)]


async def receive(socket: Any) -> Any:
    """Receive one message, within five seconds."""
    async with asyncio.timeout(5):
        return await socket.recv()


class Events:
    """An `on_event` callback that remembers, and can be waited on."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self._news = asyncio.Event()

    def __call__(self, socket: Any, event: Any) -> None:
        self.all.append(event)
        self._news.set()

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.all]

    def of(self, kind: str) -> list[Any]:
        return [event for event in self.all if event.type == kind]

    async def wait(self, kind: str, count: int = 1) -> Any:
        """Wait for the event of that type to have happened `count` times; returns the last of these."""
        async with asyncio.timeout(5):
            while len(self.of(kind)) < count:
                self._news.clear()
                await self._news.wait()
        return self.of(kind)[count - 1]


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fail when the block takes longer."""
    started = time.monotonic()
    yield
    took = time.monotonic() - started
    assert took <= seconds, f"took {took:.3f} s, allowed are {seconds:.3f} s"


async def until(reached: Callable[[], bool], seconds: float = 5) -> None:
    """Wait for something that has no event of its own."""
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110 - what is waited for here sets no event
            await asyncio.sleep(0.005)


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


class Leaks:
    """What was open before, to be compared with what is open after."""

    def __init__(self) -> None:
        self.complaints: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: self.complaints.append(context))
        self._before = self._now()

    async def none_left(self, server: Server | None = None) -> None:
        """Fail unless tasks and files are again as many as before; the server's own ends are closed first."""
        for peer in server.peers if server else []:
            peer.reset()
        end = time.monotonic() + 1
        while self._now() != self._before and time.monotonic() < end:  # noqa: ASYNC110 - files set no event
            await asyncio.sleep(0.005)
        assert self._now() == self._before, f"(files, tasks) left open; tasks: {asyncio.all_tasks()}"
        assert self.complaints == [], f"the event loop was told of a problem: {self.complaints}"

    @staticmethod
    def _now() -> tuple[int, int]:
        return open_files(), len(asyncio.all_tasks())
