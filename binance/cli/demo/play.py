"""The play itself: an exchange, four sockets, a pulled plug. It knows what happens, not how it looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from ...async_client import AsyncClient
from ...exceptions import BinanceError
from ...hosts import Environment
from ...net.events import Disconnected, Event, Reconnected, Reconnecting
from ...sandbox import Sandbox
from ...ws.streams import BinanceSocketManager, ReconnectingWebsocket
from .board import Board
from .evidence import Claim, Evidence, Witness
from .faces import Face
from .report import summary
from .scene import Scene

__all__ = ["SYMBOL", "Play"]

SYMBOL = "BTCUSDT"
_MULTIPLEXED = ["!miniTicker@arr", "bnbbtc@trade", "bnbusdt@aggTrade", "ethusdt@bookTicker"]
_FRAME = 0.1
_PLUG_AT = 0.4


def _sockets(manager: BinanceSocketManager) -> dict[str, ReconnectingWebsocket]:
    return {
        "trade": manager.trade_socket(SYMBOL),
        "kline": manager.kline_socket(SYMBOL),
        "depth": manager.depth_socket(SYMBOL, depth=5, interval=100),
        "multiplex": manager.multiplex_socket(_MULTIPLEXED),
    }


class Play:
    """One performance of `seconds`, and up to `patience` more while something is still missing.

    `exchange` is where it takes place, `pull_plug` how the connections are cut; it gives how many it hit.
    """

    def __init__(
        self,
        *,
        seconds: float,
        patience: float = 5.0,
        exchange: Sandbox | None = None,
        pull_plug: Callable[[Sandbox], int] = lambda exchange: exchange.faults.reset(),
    ) -> None:
        self._seconds = seconds
        self._patience = patience
        self._exchange = Sandbox() if exchange is None else exchange
        self._pull_plug = pull_plug
        self._witnesses: dict[ReconnectingWebsocket, Witness] = {}

    async def perform(self, face: Face) -> int:
        """Play it to `face`, print the summary there, and give the status: 0 if every claim was seen, else 1."""
        try:
            claims = await self._live(face)
        except BinanceError as error:
            face.say([f"The demo could not be played: {error}"])
            return 1
        face.say(summary(self._scene.elapsed, self._scene.evidence, claims))
        return 0 if all(claim.seen for claim in claims) else 1

    async def _live(self, face: Face) -> list[Claim]:
        async with AsyncExitStack() as stack:
            exchange = await stack.enter_async_context(self._exchange)
            client = await AsyncClient.create(environment=Environment.local(exchange.url))
            await stack.enter_async_context(client)
            manager = BinanceSocketManager(client, on_event=self._happened)
            await stack.enter_async_context(manager)
            sockets = _sockets(manager)
            self._witnesses = {socket: Witness(name, socket) for name, socket in sockets.items()}
            self._scene = Scene(exchange.url, SYMBOL, self._seconds, Board(), Evidence(list(self._witnesses.values())))
            stack.enter_context(face)
            self._scene.note(f"a simulated exchange is open at {exchange.url}")
            for socket in sockets.values():
                await stack.enter_async_context(socket)
            reading = asyncio.create_task(self._read_all())
            try:
                await self._direct(exchange, face, reading)
            finally:
                reading.cancel()
                await asyncio.wait([reading])
            if not reading.cancelled():
                reading.result()
            return self._scene.evidence.claims()

    async def _direct(self, exchange: Sandbox, face: Face, reading: asyncio.Task[None]) -> None:
        scene, evidence = self._scene, self._scene.evidence
        while not reading.done():
            elapsed = scene.elapsed
            if evidence.hit is None and elapsed >= _PLUG_AT * self._seconds and evidence.everything_received:
                evidence.pulled(self._pull_plug(exchange))
                scene.note(f"THE PLUG IS PULLED: {evidence.hit} connections cut")
            face.show(scene)
            if elapsed >= self._seconds + self._patience:
                return
            if elapsed >= self._seconds and evidence.everything_back:
                return
            await asyncio.sleep(_FRAME)

    async def _read_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for witness in self._witnesses.values():
                group.create_task(self._read(witness))

    async def _read(self, witness: Witness) -> None:
        async for message in witness.socket:
            if not witness.took(message):
                self._scene.note(f"{witness.name}: ERROR {message['m']}")
                continue
            if witness.name == "trade":
                self._scene.evidence.ids.take(message["t"])
            self._scene.board.show(witness.name, message)

    def _happened(self, socket: ReconnectingWebsocket, event: Event) -> None:
        witness = self._witnesses[socket]
        witness.happened(event)
        self._scene.note(f"{witness.name}: {_in_words(event)}")


def _in_words(event: Event) -> str:
    match event:
        case Disconnected():
            return f"disconnected, code {event.code} {event.reason}".rstrip()
        case Reconnecting():
            return f"reconnecting in {event.delay:.2f} s, attempt {event.attempt}"
        case Reconnected():
            return f"reconnected after {event.downtime:.2f} s"
    return event.type
