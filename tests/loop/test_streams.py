"""The whole stack over each transport: a socket of the manager, its losses, its slow users, its exits."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from binance import AsyncClient, BinanceSocketManager, Environment
from binance.exceptions import BinanceWebsocketUnableToConnect, ReadLoopClosed
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from tests.contract.common import EXIT, UNABLE, Events, Leaks, at_most, receive, sized, take, trade, trades, until
from tests.loop.common import LINES, TRANSPORTS, Line, client_tls
from tests.support.frames import CLOSE, PONG, TEXT, batch, closing, frame, text
from tests.support.peer import Peer
from tests.support.wire import Script, Server

pytestmark = pytest.mark.usefixtures("fast")

SHUTDOWN = {"e": "serverShutdown", "E": 1770123456789}


@pytest.fixture(params=TRANSPORTS)
def line(request: pytest.FixtureRequest) -> Line:
    return Line(request.param)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries come within 20 ms."""
    monkeypatch.setattr(ReconnectingWebsocket, "MAX_RECONNECT_SECONDS", 0.02)
    monkeypatch.setattr(ReconnectingWebsocket, "MIN_RECONNECT_WAIT", 0.001)


@asynccontextmanager
async def manager(line: Line, server: Server, **options: Any) -> AsyncIterator[BinanceSocketManager]:
    tls: ssl.SSLContext | None = client_tls() if line.tls else None
    async with (
        AsyncClient(environment=Environment.local(server.url), ssl=tls) as client,
        BinanceSocketManager(client, transport=line.transport, **options) as bm,
    ):
        yield bm


def lives(*scripts: Callable[[Peer], Awaitable[None]]) -> Script:
    """Build a script with a part for each connection; what comes after the last one is quiet."""

    async def script(peer: Peer, n: int) -> None:
        if n < len(scripts):
            await scripts[n](peer)

    return script


# losing the connection


async def politely(peer: Peer) -> None:
    await peer.finish(batch(trades(0, 10)) + closing(1001))


async def by_reset(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(10, 20)))
    await peer.sync()
    peer.reset()


async def in_a_frame(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(20, 30)) + text(trade(99))[:-5])
    await peer.eof()


async def by_violation(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(30, 40)) + frame(3, b"?"))


async def by_bad_text(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(40, 50)) + text(b'{"s":"\xff"}'))


async def by_size(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(50, 60)) + text(sized(1, 2000)))


async def well(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(60, 70)))


@pytest.mark.parametrize("line", LINES, ids=str)
async def test_one_stream_over_many_deaths(line: Line) -> None:
    deaths = [politely, by_reset, in_a_frame, by_violation, by_bad_text, by_size]
    events = Events()
    async with line.server(lives(*deaths, well)) as server:
        leaks = Leaks()
        async with manager(line, server, on_event=events, max_message_size=1000) as bm:
            async with bm.trade_socket("BNBBTC") as socket:
                assert await take(socket, 70) == trades(0, 70)
                assert (socket.stats.messages, socket.stats.reconnects) == (70, len(deaths))
            codes = [event.code for event in events.of("disconnected")]
            assert codes == [1001, 1006, 1006, 1002, 1007, 1009]
            assert await server.peers[3].closed == 1002
            assert await server.peers[4].closed == 1007
            assert await server.peers[5].closed == 1009
        await leaks.none_left(server)
    assert events.types == ["connected", *["disconnected", "reconnecting", "reconnected"] * len(deaths), "closed"]


async def test_unread_messages_outlive_their_connections(line: Line) -> None:
    async def first(peer: Peer) -> None:
        await peer.finish(batch(trades(0, 3000)) + closing(1012))

    async def second(peer: Peer) -> None:
        await peer.send_bytes(batch(trades(3000, 3010)))

    events = Events()
    async with (
        line.server(lives(first, second)) as server,
        manager(line, server, on_event=events) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        await events.wait("reconnected")
        await until(lambda: socket.stats.waiting == 3010)
        assert await take(socket, 3010) == trades(0, 3010)


async def test_messages_that_come_with_the_answer_that_opens(line: Line) -> None:
    async with (
        line.server(greeting=batch(trades(0, 20))) as server,
        manager(line, server) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        assert await take(socket, 20) == trades(0, 20)


@pytest.mark.parametrize("shutdown", [SHUTDOWN, {"stream": "", "data": SHUTDOWN}], ids=["raw", "wrapped"])
async def test_the_announcement_of_a_shutdown_is_followed_by_an_orderly_change(line: Line, shutdown: object) -> None:
    async def leaving(peer: Peer) -> None:
        await peer.send_bytes(batch([*trades(0, 5), shutdown, *trades(5, 8)]))

    async def coming(peer: Peer) -> None:
        await peer.send_bytes(batch(trades(8, 10)))

    async with (
        line.server(lives(leaving, coming)) as server,
        manager(line, server) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        assert await take(socket, 10) == trades(0, 10)
        assert await server.peers[0].closed == 1000


async def test_giving_up_is_told_once_after_everything_else(line: Line) -> None:
    async def only(peer: Peer) -> None:
        await peer.finish(batch(trades(0, 5)) + closing(1001))

    async with line.server(lives(only)) as server, manager(line, server, max_reconnects=2) as bm:
        socket = bm.trade_socket("BNBBTC")
        async with socket:
            server.refuse(503)
            assert await take(socket, 6) == [*trades(0, 5), UNABLE]
            with pytest.raises(ReadLoopClosed):
                await receive(socket)
            assert len(server.attempts) == 3


async def test_silence_is_found_out(line: Line) -> None:
    async def silent(peer: Peer) -> None:
        peer.go_silent()

    async def answering(peer: Peer) -> None:
        await peer.send_text(trade(1))

    async with (
        line.server(lives(silent, answering)) as server,
        manager(line, server, ping_interval=0.1, ping_timeout=0.1) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        assert await receive(socket) == trade(1)
        await asyncio.sleep(0.25)
        assert len(server.attempts) == 2, "a peer that answers pings is alive"


async def test_an_address_that_is_none_is_told_at_once(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    bm = BinanceSocketManager(AsyncClient(), transport=line.transport)
    for url in ("ws://127.0.0.1:99999/", "nowhere/", "ws://[::1/"):
        bm.STREAM_URL = url
        with pytest.raises(BinanceWebsocketUnableToConnect):
            await bm.trade_socket("BNBBTC").__aenter__()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR], "a user's error, not ours"


# slow users


@pytest.mark.parametrize("line", LINES, ids=str)
async def test_block_holds_up_the_peer_and_loses_nothing(line: Line) -> None:
    sent = 0

    async def flood(peer: Peer) -> None:
        nonlocal sent
        for n in range(600):
            await peer.send_text(sized(n, 50_000))
            sent += 1

    async with (
        line.server(lives(flood)) as server,
        manager(line, server, max_queue_size=20) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        await until(lambda: socket.stats.waiting > 20)
        await asyncio.sleep(0.15)
        assert sent < 600
        assert socket.stats.waiting < 400
        assert [message["n"] for message in await take(socket, 600)] == list(range(600))
        assert len(server.attempts) == 1
        assert socket.stats.dropped == 0


@pytest.mark.parametrize("line", LINES, ids=str)
async def test_block_gives_out_everything_without_waiting_for_more(line: Line) -> None:
    async def burst(peer: Peer) -> None:
        for start in range(0, 5000, 500):
            await peer.send_bytes(batch(trades(start, start + 500)))

    async with (
        line.server(lives(burst)) as server,
        manager(line, server, max_queue_size=50) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        assert await take(socket, 5000) == trades(0, 5000)
        assert len(server.attempts) == 1


async def test_block_outlives_a_lost_connection(line: Line) -> None:
    async def first(peer: Peer) -> None:
        await peer.finish(batch(trades(0, 50)) + closing(1001))

    async def second(peer: Peer) -> None:
        await peer.send_bytes(batch(trades(50, 100)))

    async with (
        line.server(lives(first, second)) as server,
        manager(line, server, max_queue_size=10) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        await until(lambda: socket.stats.waiting > 10)
        assert await take(socket, 100) == trades(0, 100)


async def test_a_pause_is_not_taken_for_death(line: Line) -> None:
    async def chatty(peer: Peer) -> None:
        for n in range(100):
            await peer.send_text(trade(n))

    async with (
        line.server(lives(chatty)) as server,
        manager(line, server, max_queue_size=5, ping_interval=0.05, ping_timeout=0.05) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        await asyncio.sleep(0.4)
        assert await take(socket, 100) == trades(0, 100)
        assert len(server.attempts) == 1


@pytest.mark.parametrize("overflow", ["drop_oldest", "latest"])
async def test_what_is_dropped_is_counted(line: Line, overflow: str) -> None:
    events = Events()
    async with (
        line.server() as server,
        manager(line, server, max_queue_size=10, overflow=overflow, on_event=events) as bm,
    ):
        async with bm.trade_socket("BNBBTC") as socket:
            await (await server.peer()).send_bytes(batch(trades(0, 500)))
            await until(lambda: socket.stats.messages == 500)
            waiting = socket.stats.waiting
            assert 1 <= waiting <= 10
            assert socket.stats.dropped == 500 - waiting
            assert await take(socket, waiting) == trades(500 - waiting, 500)
        assert sum(event.count for event in events.of("dropped")) == 500 - waiting, "told by the end at the latest"
        assert events.types[-1] == "closed"


async def test_overflow_as_an_error(line: Line) -> None:
    async with line.server() as server:
        leaks = Leaks()
        async with (
            manager(line, server, max_queue_size=10, overflow="error") as bm,
            bm.trade_socket("BNBBTC") as socket,
        ):
            await (await server.peer()).send_bytes(batch(trades(0, 500)))
            await until(lambda: socket.stats.dropped > 0)
            assert await take(socket, 10) == trades(0, 10)
            assert (await receive(socket))["type"] == "BinanceWebsocketQueueOverflow"
            with pytest.raises(ReadLoopClosed):
                await receive(socket)
        await leaks.none_left(server)


# readers


async def test_every_reader_sees_everything_over_a_reconnect(line: Line) -> None:
    async with (
        line.server() as server,
        manager(line, server) as bm,
        bm.trade_socket("BNBBTC") as socket,
        socket.reader() as one,
        socket.reader() as two,
    ):
        await (await server.peer()).finish(batch(trades(0, 50)) + closing(1001))
        await (await server.peer(1)).send_bytes(batch(trades(50, 60)))
        for each in (one, two, socket):
            assert await take(each, 60) == trades(0, 60)


async def test_a_slow_reader_holds_up_all_and_its_leaving_frees_them(line: Line) -> None:
    async def flood(peer: Peer) -> None:
        for n in range(300):
            await peer.send_text(sized(n, 50_000))

    async with (
        line.server(lives(flood)) as server,
        manager(line, server, max_queue_size=20) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        async with socket.reader() as slow:
            first = await receive(socket)
            await until(lambda: slow.waiting > 20)
        rest = await take(socket, 299)
        assert [message["n"] for message in [first, *rest]] == list(range(300))
        assert len(server.attempts) == 1


async def test_a_bad_message_is_counted_once_however_many_read_it(line: Line) -> None:
    async with (
        line.server() as server,
        manager(line, server) as bm,
        bm.trade_socket("BNBBTC") as socket,
        socket.reader() as one,
        socket.reader() as two,
    ):
        await (await server.peer()).send_bytes(batch(["{bad", trade(1)]))
        for each in (one, two, socket):
            bad, good = await take(each, 2)
            assert bad["type"] == "BinanceWebsocketDecodeError"
            assert good == trade(1)
        assert socket.stats.decode_errors == 1


# leaving


async def quiet(server: Server, socket: ReconnectingWebsocket) -> None:
    await server.peer()


async def dead(server: Server, socket: ReconnectingWebsocket) -> None:
    (await server.peer()).go_silent()


async def holding(server: Server, socket: ReconnectingWebsocket) -> None:
    peer = await server.peer()
    peer.answer_close = False
    await peer.send_bytes(batch(trades(0, 500)))
    await until(lambda: socket.stats.waiting > 10)


async def in_a_back_off(server: Server, socket: ReconnectingWebsocket) -> None:
    ReconnectingWebsocket.MIN_RECONNECT_WAIT = ReconnectingWebsocket.MAX_RECONNECT_SECONDS = 30
    events = socket.events()
    (await server.peer()).reset()
    async for event in events:
        if event.type == "reconnecting":
            return


async def connecting_again(server: Server, socket: ReconnectingWebsocket) -> None:
    server.never_answer()
    (await server.peer()).reset()
    await server.attempt(1)


async def given_up(server: Server, socket: ReconnectingWebsocket) -> None:
    server.refuse(403)
    (await server.peer()).reset()
    assert (await receive(socket))["e"] == "error"


STATES = [quiet, dead, holding, in_a_back_off, connecting_again, given_up]


@pytest.mark.parametrize("state", STATES)
async def test_leaving_takes_a_second_at_most_and_leaves_nothing(
    line: Line, state: Callable[[Server, ReconnectingWebsocket], Awaitable[None]]
) -> None:
    async with line.server() as server, AsyncClient(environment=Environment.local(server.url)) as client:
        bm = BinanceSocketManager(client, transport=line.transport, max_queue_size=10)
        leaks = Leaks()
        socket = bm.trade_socket("BNBBTC")
        await socket.__aenter__()
        await state(server, socket)
        with at_most(EXIT):
            await socket.__aexit__()
        await leaks.none_left(server)


async def test_leaving_is_polite(line: Line) -> None:
    async with line.server() as server, manager(line, server) as bm:
        async with bm.trade_socket("BNBBTC"):
            peer = await server.peer()
        assert await peer.closed == 1000
        assert len(peer.frames(CLOSE)) == 1


async def test_leaving_at_once(line: Line) -> None:
    async with line.server(greeting=batch(trades(0, 5))) as server, manager(line, server) as bm:
        leaks = Leaks()
        for _ in range(10):
            with at_most(EXIT):
                async with bm.trade_socket("BNBBTC"):
                    pass
        await leaks.none_left(server)


async def test_entering_while_another_task_is_still_leaving(line: Line) -> None:
    """Clause 2.3: entering a closed object again works, also while the closing handshake of its last life goes on."""
    async with line.server() as server, manager(line, server) as bm:
        socket = bm.trade_socket("BNBBTC")
        await socket.__aenter__()
        peer = await server.peer()
        peer.answer_close = False
        leaving = asyncio.create_task(socket.__aexit__())
        await peer.next_frame(CLOSE)
        assert not leaving.done()
        async with bm.trade_socket("BNBBTC") as again:
            await (await server.peer(1)).send_text(trade(1))
            assert await receive(again) == trade(1)
            await leaving
            await server.peers[1].send_text(trade(2))
            assert await receive(again) == trade(2)


async def test_cancelling_a_hurried_exit_twice(line: Line) -> None:
    async with line.server() as server, AsyncClient(environment=Environment.local(server.url)) as client:
        bm = BinanceSocketManager(client, transport=line.transport)
        leaks = Leaks()
        socket = bm.trade_socket("BNBBTC")
        await socket.__aenter__()
        (await server.peer()).go_silent()
        leaving = asyncio.create_task(socket.__aexit__())
        await asyncio.sleep(0.02)
        with at_most(0.5):
            leaving.cancel()
            await asyncio.sleep(0)
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
        await leaks.none_left(server)


async def test_pings_are_answered_whatever_the_user_does(line: Line) -> None:
    async with (
        line.server() as server,
        manager(line, server, overflow="drop_oldest", max_queue_size=5) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        peer = await server.peer()
        for n in range(50):
            await peer.send_bytes(batch(trades(n * 10, n * 10 + 10)) + frame(0x9, b"%d" % n))
        await peer.wait_frame(lambda f: f.opcode == PONG and f.payload == b"49")
        assert [f.payload for f in peer.frames(PONG)] == [b"%d" % n for n in range(50)]
        assert peer.frames(TEXT) == []
        assert socket.stats.messages == 500
