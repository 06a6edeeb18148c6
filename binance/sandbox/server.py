"""The exchange as a whole: its lifetime, its clock, and the wiring of its parts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from pathlib import Path
from ssl import SSLContext
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

from . import admin, rest
from .bus import Bus, compact
from .connection import Connection
from .faults import Faults
from .limits import Limits
from .market import Market
from .replay import Replay
from .source import Recorded, Source
from .streams import StreamServer

DEFAULT_SYMBOLS = ("BNBBTC", "BTCUSDT", "ETHUSDT", "BNBUSDT")
TICK = 0.01
"""Seconds between two looks at what the market has done."""

_log = logging.getLogger("binance.sandbox")


class Sandbox:
    """An exchange on this machine, for as long as `async with` lasts.

    Its data is a simulated market (`symbols`, `seed`, `rate` in traders' actions per second and symbol), a capture
    (`replay`, at `speed` times its own pace or "max"), or any `Source`.  `port=0` takes a free one; with `ssl` it
    speaks TLS.  `journal=True` remembers what is published; `flat_errors` gives errors the shape of the documents.

    `market` is the simulated one, if any; `replayed` is set when the last message of a capture has been sent.
    Entered again after its end, it is the same exchange after an outage: same port, same market, and the time between
    has passed.

    Raises `ValueError` for a speed or a capture that cannot be used, `OSError` for a capture that cannot be read and,
    when entered, for a port that is taken.
    """

    def __init__(
        self,
        symbols: Sequence[str] = DEFAULT_SYMBOLS,
        *,
        seed: int = 7,
        rate: float = 50.0,
        host: str = "127.0.0.1",
        port: int = 0,
        ssl: SSLContext | None = None,
        replay: str | Path | None = None,
        speed: float | Literal["max"] = 1.0,
        source: Source | None = None,
        limits: Limits = Limits(),  # noqa: B008 -- frozen
        journal: bool = False,
        flat_errors: bool = False,
    ) -> None:
        self._epoch_us = time.time_ns() // 1000 - time.monotonic_ns() // 1000
        self._host = host
        self._port = port
        self._ssl = ssl
        self._limits = limits
        self.market: Market | None = None
        if source is None and replay is not None:
            source = Replay.of(replay, speed=speed)
        if source is None:
            source = self.market = Market(symbols, seed=seed, rate=rate, start_us=self.now_us())
        self._source = source
        self._lossless = isinstance(source, Replay) and speed == "max"
        self.replayed = asyncio.Event()
        self.faults = Faults(lambda: self.connections)
        self._bus = Bus(source, journal=journal)
        self._streams = StreamServer(
            self._bus,
            limits=limits,
            faults=self.faults,
            now_us=self.now_us,
            flat_errors=flat_errors,
            lossless=self._lossless,
        )

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.2)
        try:
            await self._runner.setup()
            await web.TCPSite(self._runner, self._host, self._port, ssl_context=self._ssl).start()
        except BaseException:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        self._ticking = asyncio.create_task(self._tick(), name="sandbox market")
        self._ticking.add_done_callback(_tell_failure)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ticking.cancel()
        self._streams.shut()
        await self._runner.cleanup()
        await asyncio.wait([self._ticking])
        if not self._ticking.cancelled():
            self._ticking.result()

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end; for streams put `ws` in place of `http`."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._ssl else 'http'}://{host}:{self._port}"

    @property
    def connections(self) -> list[Connection]:
        """The live stream connections, oldest first."""
        return list(self._streams.connections.values())

    @property
    def accepted(self) -> int:
        """How many stream connections were ever accepted."""
        return self._streams.accepted

    def now_us(self) -> int:
        """The exchange's time, Unix microseconds; it never goes back."""
        return self._epoch_us + time.monotonic_ns() // 1000

    async def wait_connections(self, count: int) -> None:
        """Until exactly `count` stream connections are live.

        A connection is live from its handshake until it is closed or cut by either side, or half-opened by a fault.
        """
        await self._streams.wait_connections(count)

    async def publish(self, stream: str, payload: dict[str, Any] | list[Any] | str) -> None:
        """Send a scripted message to whoever is subscribed.

        A dict or a list is sent as it is, framed as each connection wants it; a text goes out verbatim, frame and all.
        It leaves when the caller next waits for something: what is published in one go leaves in one write.
        """
        scripted = payload if isinstance(payload, str) else Recorded(stream, compact(payload), combined=False)
        self._bus.publish(stream, scripted)

    def journal(self, stream: str) -> list[Any]:
        """Every payload published on a stream while somebody was subscribed, as a default raw connection got it.

        Scripted texts are there as they were given, everything else decoded.  Needs `journal=True`.
        """
        return self._bus.journal(stream)

    def state(self) -> dict[str, Any]:
        """What `GET /sandbox/state` shows."""
        return {
            "url": self.url,
            "time_us": self.now_us(),
            "accepted": self.accepted,
            "connections": [admin.facts(connection) for connection in self.connections],
            "faults": self.faults.standing(),
            "replayed": self.replayed.is_set(),
        }

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self.faults.middleware])
        application.add_routes(self._streams.routes())
        application.add_routes(
            rest.routes(self.market, weight_per_minute=self._limits.weight_per_minute, clock=self.now_us)
        )
        application.add_routes(admin.routes(self.faults, self.state))
        return application

    async def _tick(self) -> None:
        finished = False
        while True:
            for stream, payload in self._source.advance(self.now_us()):
                self._bus.publish(stream, payload)
            if isinstance(self._source, Replay):
                finished = self._source.finished
            await asyncio.sleep(0 if self._lossless and not finished else TICK)
            if self._lossless:
                await self._streams.drained()
            if finished:
                self.replayed.set()


def _tell_failure(ticking: asyncio.Task[None]) -> None:
    """A market that breaks must not look like a quiet one; the error itself is raised when the exchange is left."""
    if not ticking.cancelled() and ticking.exception() is not None:
        _log.error("The market stopped: %r", ticking.exception())
