"""Long lists of streams: what does not fit the address is asked for, at the exchange's pace, after every connection."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest

from binance.net.buffer import Limits
from binance.net.contracts import Options
from binance.net.retry import RetryPolicy
from binance.net.stream import Policies, Stream
from binance.net.subscriptions import Pace, Subscriptions
from binance.net.transports import make_transport
from binance.ws.dialect import BinanceDialect
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from tests.contract.common import Events, Leaks, at_most, receive, take, trade, trades, until
from tests.loop.common import TRANSPORTS, Line
from tests.loop.test_streams import manager
from tests.support.frames import PING, PONG, TEXT, batch, text
from tests.support.peer import Peer
from tests.support.wire import Server

pytestmark = pytest.mark.usefixtures("fast")

NAMES = [f"symbol{n}usdt@aggTrade" for n in range(1024)]
QUICK = Pace(batch=2, interval=0.01, patience=0.2)


@pytest.fixture(params=TRANSPORTS)
def line(request: pytest.FixtureRequest) -> Line:
    return Line(request.param)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReconnectingWebsocket, "MAX_RECONNECT_SECONDS", 0.02)
    monkeypatch.setattr(ReconnectingWebsocket, "MIN_RECONNECT_WAIT", 0.001)


def in_path(peer: Peer) -> list[str]:
    return peer.path.partition("streams=")[2].split("/")


async def asked(peer: Peer) -> dict[str, Any]:
    """Wait for the client's next request."""
    request: dict[str, Any] = json.loads((await peer.next_frame(TEXT)).payload)
    return request


async def done(peer: Peer, request: dict[str, Any]) -> None:
    await peer.send_text({"result": None, "id": request["id"]})


async def subscribed(peer: Peer, count: int) -> list[str]:
    """Answer requests until that many names were asked for."""
    names: list[str] = []
    while len(names) < count:
        request = await asked(peer)
        assert request["method"] == "SUBSCRIBE"
        names += request["params"]
        await done(peer, request)
    return names


@asynccontextmanager
async def stream(line: Line, server: Server, *names: str, **options: Any) -> AsyncIterator[Stream]:
    """Enter the engine's own stream with a pace that suits a test."""
    url = line.address(server)

    async def address() -> str:
        return url

    policies = Policies(
        limits=options.pop("limits", Limits()),
        retry=RetryPolicy(min_wait=0.001, max_wait=0.02),
        options=Options(open_timeout=2),
    )
    made = Stream(
        "a test's",
        address,
        BinanceDialect(),
        make_transport(line.transport),
        lambda: policies,
        subscriptions=Subscriptions(names, QUICK),
        **options,
    )
    async with made:
        yield made


@pytest.mark.parametrize("line", [Line("picows")], ids=str)
async def test_a_thousand_names_before_and_after_a_reconnect(line: Line) -> None:
    moments: list[float] = []

    async def serve(peer: Peer, n: int) -> None:
        beside_the_address = 1024 - len(in_path(peer))
        names: list[str] = []
        while len(names) < beside_the_address:
            request = await asked(peer)
            moments.append(time.monotonic())
            names += request["params"]
            await done(peer, request)
        assert [*in_path(peer), *names] == NAMES
        await peer.send_text(trade(n))
        if n == 0:
            await peer.close(1001)

    async with (
        line.server(serve) as server,
        manager(line, server) as bm,
        bm.multiplex_socket(NAMES) as socket,
    ):
        assert await take(socket, 2) == trades(0, 2)
        assert server.accepted == 2
        assert all(len(attempt.path) < 4096 for attempt in server.attempts)
        assert socket.stats.messages == 2, "answers are not messages"
        gaps = [later - earlier for earlier, later in pairwise(moments)]
        assert len(moments) >= 4
        assert min(gaps[: len(moments) // 2 - 1]) > 0.2 - 0.05, "five messages a second are allowed"


@pytest.mark.parametrize("line", [Line("picows")], ids=str)
async def test_pongs_and_requests_together_stay_below_five_a_second(line: Line) -> None:
    spoken: list[float] = []

    async def serve(peer: Peer, n: int) -> None:
        for count in range(4):
            request = await asked(peer)
            spoken.append(time.monotonic())
            await done(peer, request)
            if count == 0:
                await peer.send_frame(PING, b"now")
                await peer.wait_frame(lambda f: f.opcode == PONG)
                spoken.append(time.monotonic())

    async with line.server(serve) as server, manager(line, server) as bm, bm.multiplex_socket(NAMES):
        await until(lambda: len(spoken) == 5)
    for start in spoken:
        assert sum(start <= at < start + 0.95 for at in spoken) <= 5


async def test_data_among_the_answers_keeps_its_order(line: Line) -> None:
    async with line.server() as server, stream(line, server, "a@trade", "b@trade") as socket:
        peer = await server.peer()
        request = await asked(peer)
        answer = text({"result": None, "id": request["id"]})
        await peer.send_bytes(batch(trades(0, 5)) + answer + batch(trades(5, 10)))
        assert await take(socket, 10) == trades(0, 10)
        assert socket.stats.messages == 10


@pytest.mark.parametrize("shape", ["flat", "nested"])
async def test_names_that_are_refused_are_told_in_their_place(line: Line, shape: str) -> None:
    async with line.server() as server, stream(line, server, "a@trade", "b@nothing", "c@trade") as socket:
        peer = await server.peer()
        first = await asked(peer)
        error = {"code": 2, "msg": "Invalid request: unknown stream"}
        answer = {"error": error, "id": first["id"]} if shape == "nested" else {**error, "id": first["id"]}
        await peer.send_bytes(batch([trade(0), answer, trade(1)]))
        await done(peer, await asked(peer))
        await peer.send_text(trade(2))
        before, *told_and_after = await take(socket, 4)
        assert before == trade(0)
        told = [message for message in told_and_after if message["e"] == "error"]
        assert len(told) == 1
        for part in ("a@trade", "b@nothing", "Invalid request: unknown stream"):
            assert part in told[0]["m"]
        assert [m for m in told_and_after if m["e"] != "error"] == trades(1, 3)
        assert told_and_after[0] == told[0], "told where it came"
        assert server.accepted == 1


async def test_without_an_answer_the_connection_is_replaced(line: Line) -> None:
    events = Events()

    async with line.server() as server:
        leaks = Leaks()
        async with stream(line, server, "a@trade", "b@trade", on_event=events) as socket:
            first = await server.peer()
            old = await asked(first)
            with at_most(2):
                second = await server.peer(1)
            again = await asked(second)
            assert again["params"] == old["params"] == ["a@trade", "b@trade"]
            assert again["id"] != old["id"]
            await done(second, again)
            await second.send_text(trade(0))
            assert await receive(socket) == trade(0)
            assert "SUBSCRIBE" in events.of("disconnected")[0].reason
            await asyncio.sleep(QUICK.patience + 0.1)
            assert server.accepted == 2, "an answered request is no reason to leave"
        await leaks.none_left(server)


async def test_a_connection_lost_in_the_middle_starts_from_the_first_name(line: Line) -> None:
    names = [f"{n}@trade" for n in range(6)]
    async with line.server() as server, stream(line, server, *names) as socket:
        first = await server.peer()
        await done(first, await asked(first))
        first.reset()
        second = await server.peer(1)
        assert await subscribed(second, 6) == names
        await second.send_text(trade(0))
        assert await receive(socket) == trade(0)


async def test_an_answer_behind_much_that_waits_is_not_missed(line: Line) -> None:
    """While the user holds up the connection, the answer waits on the wire: that is our silence, not the server's."""
    pad = "x" * 50_000

    async def serve(peer: Peer, n: int) -> None:
        request = await asked(peer)
        await peer.send_bytes(batch(trades(0, 50)))
        for number in range(50, 300):
            await peer.send_text({**trade(number), "pad": pad})
        await done(peer, request)

    limits = Limits(max_messages=10)
    async with line.server(serve) as server, stream(line, server, "a@trade", limits=limits) as socket:
        await until(lambda: socket.waiting > 10)
        await asyncio.sleep(QUICK.patience + 0.2)
        assert [message["t"] for message in await take(socket, 300)] == list(range(300))
        assert server.accepted == 1


async def test_leaving_in_the_middle_of_asking(line: Line) -> None:
    async with line.server() as server:
        leaks = Leaks()
        async with stream(line, server, *[f"{n}@trade" for n in range(500)]):
            await asked(await server.peer())
        await leaks.none_left(server)
