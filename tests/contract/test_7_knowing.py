"""Contract, clause 7: state, statistics, events, logs."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from typing import Any

import pytest

from binance import AsyncClient, BinanceSocketManager, Environment
from binance.exceptions import BinanceWebsocketUnableToConnect
from binance.ws.constants import WSListenerState
from tests.contract.common import UNABLE, Events, Leaks, manager, receive, take, trade, trades
from tests.support.frames import as_bytes, batch, closing, text
from tests.support.peer import Peer
from tests.support.wire import Server

pytestmark = pytest.mark.usefixtures("fast")


async def two_lives(peer: Peer, n: int) -> None:
    if n == 0:
        await peer.finish(batch(trades(0, 2)) + closing(1012, "Service Restart"))
    else:
        await peer.send_text(trade(2))


# 7.1, states


async def test_7_1_states() -> None:
    async with Server() as server, manager(server) as bm:
        socket: Any = bm.trade_socket("BNBBTC")
        assert socket.ws_state == WSListenerState.INITIALISING
        async with socket:
            assert socket.ws_state == WSListenerState.STREAMING
            server.never_answer(times=1)
            server.peers[0].reset()
            await server.attempt(1)
            assert socket.ws_state == WSListenerState.RECONNECTING
            leaving = asyncio.create_task(socket.close())
            await asyncio.sleep(0)
            assert socket.ws_state == WSListenerState.EXITING
            await leaving
        assert socket.ws_state == WSListenerState.EXITING


async def test_7_1_streaming_again_after_a_reconnect() -> None:
    async with Server(two_lives) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        await take(socket, 3)
        assert socket.ws_state == WSListenerState.STREAMING


async def test_7_1_exiting_after_giving_up() -> None:
    async with (
        Server() as server,
        manager(server, max_reconnects=0) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        server.peers[0].reset()
        assert await receive(socket) == UNABLE
        assert socket.ws_state == WSListenerState.EXITING


async def test_7_1_streaming_when_entered_again() -> None:
    async with Server() as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        for _ in range(2):
            async with socket:
                assert socket.ws_state == WSListenerState.STREAMING


# 7.1, statistics


async def test_7_1_statistics_before_anything_happened() -> None:
    stats: Any = BinanceSocketManager(AsyncClient()).trade_socket("BNBBTC").stats
    for name in ("messages", "bytes", "reconnects", "gaps", "filled", "dropped", "decode_errors", "waiting"):
        assert getattr(stats, name) == 0
    assert stats.waiting_bytes == 0
    assert stats.last_message_at is None
    assert stats.latency is None


async def test_7_1_statistics_count() -> None:
    sent = [{**trade(n), "E": time.time_ns() // 1_000_000} for n in range(5)]

    async def script(peer: Peer, n: int) -> None:
        if n == 0:
            await peer.finish(batch(sent[:3]) + closing(1001))
        else:
            await peer.send_bytes(batch(sent[3:]) + text("bad"))

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        await (await server.peer(1)).sync()
        assert socket.stats.waiting == 6
        assert socket.stats.waiting_bytes == sum(map(len, map(as_bytes, [*sent, "bad"])))
        await take(socket, 6)
        stats = socket.stats
        assert (stats.messages, stats.reconnects, stats.decode_errors) == (6, 1, 1)
        assert (stats.dropped, stats.waiting, stats.waiting_bytes) == (0, 0, 0)
        assert stats.bytes == sum(map(len, map(as_bytes, [*sent, "bad"])))
        assert stats.last_message_at is not None
        assert stats.latency is not None


async def test_7_1_the_time_of_the_last_message_moves_with_messages_only() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        peer = await server.peer()
        await peer.send_text(trade(0))
        await receive(socket)
        first: Any = socket.stats.last_message_at
        await asyncio.sleep(0.05)
        await peer.sync()
        assert socket.stats.last_message_at == first
        await peer.send_text(trade(1))
        await receive(socket)
        last: Any = socket.stats.last_message_at
        assert last > first


# 7.1, events


async def test_7_1_the_life_of_a_socket_through_the_callback() -> None:
    events = Events()
    async with Server(two_lives) as server, manager(server, on_event=events) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            assert await take(socket, 3) == trades(0, 3)
            assert events.types == ["connected", "disconnected", "reconnecting", "reconnected"]
        await events.wait("closed")
    assert events.types[-1] == "closed"
    assert events.types.count("closed") == 1
    lost = events.of("disconnected")[0]
    assert (lost.code, lost.reason) == (1012, "Service Restart")
    again = events.of("reconnecting")[0]
    assert again.attempt == 1
    assert 0 <= again.delay <= 0.05
    assert "1012" in str(again.cause)
    times = [event.time for event in events.all]
    assert times == sorted(times)


async def test_7_1_the_callback_is_given_the_socket() -> None:
    seen: list[Any] = []
    async with (
        Server() as server,
        manager(server, on_event=lambda socket, event: seen.append(socket)) as bm,
        bm.trade_socket("BNBBTC") as one,
        bm.trade_socket("ETHBTC") as two,
    ):
        pass
    assert one in seen
    assert two in seen
    assert all(socket is one or socket is two for socket in seen)


async def test_7_1_events_are_frozen() -> None:
    events = Events()
    async with Server() as server, manager(server, on_event=events) as bm, bm.trade_socket("BNBBTC"):
        event = await events.wait("connected")
        with pytest.raises((AttributeError, dataclasses.FrozenInstanceError, TypeError)):
            event.type = "another"


async def test_7_1_events_as_an_iterator() -> None:
    async with Server(two_lives) as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        seen: list[str] = []

        async def watch() -> None:
            async for event in socket.events():
                seen.append(event.type)

        watching = asyncio.create_task(watch())
        await asyncio.sleep(0)
        async with socket:
            await take(socket, 3)
        async with asyncio.timeout(5):
            await watching
        assert seen[:4] == ["connected", "disconnected", "reconnecting", "reconnected"]
        assert seen[-1] == "closed"


async def test_7_1_two_iterators_each_see_everything_and_can_be_left() -> None:
    async with Server(two_lives) as server, manager(server) as bm:
        leaks = Leaks()
        socket = bm.trade_socket("BNBBTC")
        seen: dict[int, list[str]] = {0: [], 1: []}

        async def watch(n: int, last: str) -> None:
            async for event in socket.events():
                seen[n].append(event.type)
                if event.type == last:
                    break

        watching = [asyncio.create_task(watch(0, "reconnected")), asyncio.create_task(watch(1, "closed"))]
        await asyncio.sleep(0)
        async with socket:
            await take(socket, 3)
            async with asyncio.timeout(5):
                await watching[0]
        async with asyncio.timeout(5):
            await watching[1]
        assert seen[0] == ["connected", "disconnected", "reconnecting", "reconnected"]
        assert seen[1][:4] == seen[0]
        await leaks.none_left(server)


async def test_7_1_cancelling_who_waits_for_events() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:

        async def watch() -> None:
            async for _ in socket.events():
                pass

        watching = asyncio.create_task(watch())
        await asyncio.sleep(0.01)
        watching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watching
        await server.peers[0].send_text(trade(0))
        assert await receive(socket) == trade(0)


async def test_7_1_giving_up_is_an_event() -> None:
    events = Events()
    async with Server() as server, manager(server, max_reconnects=2, on_event=events) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            server.refuse(503)
            server.peers[0].reset()
            assert await receive(socket) == UNABLE
            await events.wait("closed")
        assert events.types.count("closed") == 1
        assert [event.attempt for event in events.of("reconnecting")] == [1, 2]
        assert "503" in str(events.of("reconnecting")[1].cause)
        assert events.of("disconnected")[0].code == 1006


async def test_7_1_a_callback_that_fails_does_not_end_the_socket(caplog: pytest.LogCaptureFixture) -> None:
    def fail(socket: Any, event: Any) -> None:
        raise ZeroDivisionError("the user's own")

    async with Server(two_lives) as server, manager(server, on_event=fail) as bm:
        leaks = Leaks()
        async with bm.trade_socket("BNBBTC") as socket:
            assert await take(socket, 3) == trades(0, 3)
        await leaks.none_left(server)
    assert "the user's own" in caplog.text


async def test_7_1_who_watches_may_close() -> None:
    async with Server() as server, manager(server) as bm:
        leaks = Leaks()
        socket = bm.trade_socket("BNBBTC")

        async def watch() -> None:
            async for event in socket.events():
                if event.type == "disconnected":
                    await socket.close()

        watching = asyncio.create_task(watch())
        await socket.__aenter__()
        server.peers[0].reset()
        async with asyncio.timeout(5):
            await watching
        await leaks.none_left(server)
        assert server.accepted == 1


# 7.2


async def trouble(server: Server) -> None:
    """A first refusal, a good life, bad messages, a loss, and the end."""
    server.refuse(503, times=1)
    async with AsyncClient("K" * 64, "S" * 64, environment=Environment.local(server.url)) as client:
        await client.ping()
        async with BinanceSocketManager(client, max_reconnects=1) as bm:
            socket = bm.trade_socket("BNBBTC")
            async with socket:
                await (await server.peer()).send_bytes(text(trade(0)) + text("bad"))
                await take(socket, 2)
                server.refuse(503)
                server.peers[0].reset()
                assert await receive(socket) == UNABLE
            with pytest.raises(BinanceWebsocketUnableToConnect):
                await socket.__aenter__()


async def test_7_2_nothing_is_printed_and_no_handler_added(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = list(root.handlers)
    async with Server() as server:
        await trouble(server)
    assert capfd.readouterr() == ("", "")
    assert root.handlers == before
    names = [name for name in logging.root.manager.loggerDict if name == "binance" or name.startswith("binance.")]
    for name in names:
        handlers = logging.getLogger(name).handlers
        assert all(isinstance(handler, logging.NullHandler) for handler in handlers)
        assert logging.getLogger(name).level == logging.NOTSET


async def test_7_2_logs_are_the_librarys_own(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with Server() as server:
        await trouble(server)
    assert caplog.records
    strangers = [r for r in caplog.records if not r.name.startswith("binance")]
    assert strangers == []
    assert [r for r in caplog.records if r.levelno >= logging.WARNING], "giving up is worth a warning"


async def test_7_2_verbose_shows_the_ordinary_life_of_sockets(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.NOTSET, "binance.net")  # put back at the end
    async with Server() as server, manager(server, verbose=True) as bm, bm.trade_socket("BNBBTC"):
        pass
    assert "connected" in caplog.text


async def test_7_2_an_ordinary_life_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with (
        Server(greeting=batch(trades(0, 5))) as server,
        manager(server) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        await take(socket, 5)
    assert caplog.records == []


async def test_7_2_secrets_are_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Server() as server:
        await trouble(server)
        client = AsyncClient("K" * 64, "S" * 64, environment=Environment.local(server.url))
        bm = BinanceSocketManager(client)
        shown = " ".join(map(repr, [client, bm, bm.trade_socket("BNBBTC"), vars(client).keys()]))
    for secret in ("K" * 64, "S" * 64):
        assert secret not in caplog.text
        assert secret not in shown
