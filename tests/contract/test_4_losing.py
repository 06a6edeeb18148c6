"""Contract, clause 4: every way to lose a connection, how it is replaced, and when to give up."""

from __future__ import annotations

import asyncio
import gc
import socket as sockets
import ssl
import threading
import time
from typing import Any

import pytest
import trustme

from binance import AsyncClient, BinanceSocketManager, Environment
from binance.exceptions import BinanceWebsocketUnableToConnect, ReadLoopClosed
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from tests.contract.common import EXIT, UNABLE, Events, Leaks, at_most, manager, receive, take, trade, trades
from tests.support.frames import CLOSE, PING, PONG, TEXT, batch, closing, frame
from tests.support.peer import Peer
from tests.support.wire import Script, Server

pytestmark = pytest.mark.usefixtures("fast")

CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014, 3000, 4000, None]


def told(error: BaseException) -> str:
    """Join what an exception and its causes say."""
    parts = []
    at: BaseException | None = error
    while at is not None:
        parts.append(f"{type(at).__name__}: {at}")
        at = at.__cause__ or at.__context__
    return "\n".join(parts)


def then(first: Any) -> Script:
    """Build a script: the first connection does `first`, the second one sends the sixth trade."""

    async def script(peer: Peer, n: int) -> None:
        if n == 0:
            await first(peer)
        else:
            await peer.send_text(trade(5))

    return script


# 4.1


@pytest.mark.parametrize("code", CODES)
async def test_4_1_messages_in_one_segment_with_the_close_frame(code: int | None) -> None:
    async def first(peer: Peer) -> None:
        await peer.finish(batch(trades(0, 5)) + closing(code, "why" if code else ""))

    events = Events()
    async with Server(then(first)) as server, manager(server, on_event=events) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            assert await take(socket, 6) == trades(0, 6)
        assert len(server.attempts) == 2
        lost = events.of("disconnected")[0]
        assert (lost.code, lost.reason) == ((code, "why") if code else (1005, ""))


@pytest.mark.parametrize("code", [1000, 1001, 1011])
async def test_4_1_all_of_it_in_one_segment_with_the_answer_that_opens(code: int) -> None:
    async with (
        Server(greeting=batch(trades(0, 5)) + closing(code)) as server,
        manager(server) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        assert await take(socket, 5) == trades(0, 5)


async def reset(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(0, 5)))
    peer.reset()


async def reset_when_read(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(0, 5)))
    await peer.sync()
    peer.reset()


async def eof(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(0, 5)))
    await peer.eof()


async def eof_in_a_frame(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(0, 5)) + batch([trade(99)])[:-7])
    await peer.eof()


async def eof_in_a_head(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(0, 5)) + frame(TEXT, b"x" * 200)[:3])
    await peer.eof()


async def eof_between_fragments(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(0, 5)) + frame(TEXT, b'{"t":', fin=False))
    await peer.eof()


async def close_frame_and_reset(peer: Peer) -> None:
    await peer.send_bytes(batch(trades(0, 5)) + closing(1001))
    peer.reset()


async def data_after_the_close_frame(peer: Peer) -> None:
    await peer.finish(batch(trades(0, 5)) + closing(1001) + batch([trade(99)]))


@pytest.mark.parametrize(
    "end",
    [
        reset,
        eof,
        eof_in_a_frame,
        eof_in_a_head,
        eof_between_fragments,
        close_frame_and_reset,
        data_after_the_close_frame,
    ],
)
async def test_4_1_other_ends(end: Any) -> None:
    events = Events()
    async with Server(then(end)) as server, manager(server, on_event=events) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            assert await take(socket, 6) == trades(0, 6)
        lost = events.of("disconnected")[0]
        assert lost.code == (1001 if end in (close_frame_and_reset, data_after_the_close_frame) else 1006)


async def test_4_1_a_reset_while_recv_waits() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        waiting = asyncio.create_task(socket.recv())
        await asyncio.sleep(0.02)
        server.peers[0].reset()
        await (await server.peer(1)).send_text(trade(1))
        async with asyncio.timeout(5):
            assert await waiting == trade(1)


async def test_4_1_unread_messages_outlive_their_connection() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(batch(trades(n * 100, n * 100 + 100)))
        if n < 3:
            await peer.close(1001)

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        await (await server.peer(3)).sync()
        assert await take(socket, 400) == trades(0, 400)


async def test_4_1_a_combined_stream_comes_back_with_all_its_streams() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_text({"stream": "bnbbtc@trade", "data": trade(n)})
        if n == 0:
            await peer.close(1012)

    async with Server(script) as server, manager(server) as bm:
        async with bm.multiplex_socket(["bnbbtc@trade", "ethbtc@trade"]) as socket:
            assert [m["data"] for m in await take(socket, 2)] == trades(0, 2)
        assert len({attempt.path for attempt in server.attempts}) == 1


async def test_4_1_one_sockets_loss_does_not_disturb_another() -> None:
    async with (
        Server() as server,
        manager(server) as bm,
        bm.trade_socket("BNBBTC") as one,
        bm.trade_socket("ETHBTC") as two,
    ):
        server.peers[0].reset()
        await (await server.peer(2)).send_text(trade(1))
        await server.peers[1].send_text(trade(7, "ETHBTC"))
        assert await receive(one) == trade(1)
        assert await receive(two) == trade(7, "ETHBTC")
        assert server.accepted == 3


async def test_4_1_the_garbage_collector_finds_nothing_that_is_needed() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_text(trade(n))
        if n < 5:
            peer.reset()

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        got = asyncio.create_task(take(socket, 6))
        while not got.done():
            gc.collect()
            await asyncio.sleep(0.001)
        assert await got == trades(0, 6)


TLS_ENDS = {
    "close frame": lambda peer: peer.finish(batch(trades(0, 5)) + closing(1001)),
    "end of file": lambda peer: eof(peer),
    "reset": lambda peer: reset_when_read(peer),
}


@pytest.mark.parametrize("end", TLS_ENDS)
async def test_4_1_over_tls(end: str, tls: ssl.SSLContext) -> None:
    async with Server(then(TLS_ENDS[end]), tls=tls) as server, manager(server) as bm:
        leaks = Leaks()
        async with bm.trade_socket("BNBBTC") as socket:
            assert await take(socket, 6) == trades(0, 6)
        await leaks.none_left(server)


async def test_4_1_an_untrusted_certificate_is_not_accepted() -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    async with Server(tls=tls) as server, manager(server, max_reconnects=0) as bm:
        with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
            await bm.trade_socket("BNBBTC").__aenter__()
        assert "certificate" in told(caught.value).lower()
        assert server.attempts == []


# 4.2

KEEPALIVE: dict[str, Any] = {"ping_interval": 0.2, "ping_timeout": 0.2}


async def test_4_2_a_peer_that_is_silent_is_pinged_and_replaced() -> None:
    async def script(peer: Peer, n: int) -> None:
        peer.answer_pings = n > 0
        await peer.send_text(trade(n))

    async with Server(script) as server, manager(server, **KEEPALIVE) as bm, bm.trade_socket("BNBBTC") as socket:
        started = time.monotonic()
        assert await take(socket, 2) == trades(0, 2)
        assert 0.35 <= time.monotonic() - started <= 1.5
        assert len(server.peers[0].frames(PING)) == 1
        assert len(server.attempts) == 2


async def test_4_2_a_peer_that_holds_the_line_and_is_gone_is_replaced() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_text(trade(n))
        if n == 0:
            await peer.sync()
            peer.go_silent()

    async with Server(script) as server, manager(server, **KEEPALIVE) as bm:
        leaks = Leaks()
        async with bm.trade_socket("BNBBTC") as socket:
            with at_most(1.5):
                assert await take(socket, 2) == trades(0, 2)
        await leaks.none_left(server)


async def test_4_2_a_quiet_peer_that_answers_is_kept() -> None:
    async with Server() as server, manager(server, **KEEPALIVE) as bm, bm.trade_socket("BNBBTC") as socket:
        await asyncio.sleep(1.1)
        await server.peers[0].send_text(trade(1))
        assert await receive(socket) == trade(1)
        assert len(server.attempts) == 1
        assert 3 <= len(server.peers[0].frames(PING)) <= 6


async def every(seconds: float, times: int, peer: Peer, opcode: int) -> None:
    for n in range(times):
        await peer.send_frame(opcode, b'{"n":%d}' % n)
        await asyncio.sleep(seconds)


@pytest.mark.parametrize("opcode", [TEXT, PING, PONG], ids=["data", "pings", "pongs"])
async def test_4_2_whatever_comes_is_life_and_needs_no_ping(opcode: int) -> None:
    async def script(peer: Peer, n: int) -> None:
        peer.answer_pings = False
        await every(0.05, 14, peer, opcode)

    async with (
        Server(script) as server,
        manager(server, ping_interval=0.3, ping_timeout=0.1) as bm,
        bm.trade_socket("BNBBTC"),
    ):
        await asyncio.sleep(0.65)
        assert server.peers[0].frames(PING) == []
        assert len(server.attempts) == 1


async def test_4_2_data_that_comes_instead_of_the_pong_is_life() -> None:
    async def script(peer: Peer, n: int) -> None:
        peer.answer_pings = False
        for m in range(4):
            await peer.next_frame(PING)
            await peer.send_text(trade(m))

    async with Server(script) as server, manager(server, **KEEPALIVE) as bm, bm.trade_socket("BNBBTC") as socket:
        assert await take(socket, 4) == trades(0, 4)
        assert len(server.attempts) == 1


@pytest.mark.parametrize("payload", [b"", b"1672515782136", b"\x00\xff\x80", b"p" * 125])
async def test_4_2_pings_are_answered_with_their_payload(payload: bytes) -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC"):
        peer = await server.peer()
        await peer.send_frame(PING, payload)
        async with asyncio.timeout(5):
            answer = await peer.next_frame(PONG)
        assert (answer.payload, answer.masked, answer.fin) == (payload, True, True)


async def test_4_2_pings_are_answered_whatever_the_users_code_does() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC"):
        peer = await server.peer()
        await peer.send_bytes(batch(trades(0, 10_000)) + frame(PING, b"still there?"))
        async with asyncio.timeout(5):
            assert (await peer.next_frame(PONG)).payload == b"still there?"


async def test_4_2_a_ping_right_before_the_close_frame() -> None:
    async def first(peer: Peer) -> None:
        await peer.finish(batch(trades(0, 5)) + frame(PING, b"p") + closing(1001))

    async with Server(then(first)) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        assert await take(socket, 6) == trades(0, 6)
        assert server.peers[0].frames()[-1].opcode == CLOSE


@pytest.mark.parametrize("flood", [None, PING, PONG], ids=["answers pings", "sends pings", "sends pongs"])
async def test_4_2_a_peer_without_data_goes_stale(flood: int | None) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_text(trade(n))
        if n == 0 and flood:
            await every(0.01, 500, peer, flood)

    async with Server(script) as server, manager(server, stale_after=0.4, ping_interval=0.1) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            assert await receive(socket) == trade(0)
            started = time.monotonic()
            assert await receive(socket) == trade(1)
            assert 0.3 <= time.monotonic() - started <= 1.2
        assert len(server.attempts) == 2


async def test_4_2_a_peer_with_data_is_not_stale() -> None:
    async def script(peer: Peer, n: int) -> None:
        await every(0.1, 8, peer, TEXT)

    async with Server(script) as server, manager(server, stale_after=0.4) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            await take(socket, 8)
        assert len(server.attempts) == 1


async def test_4_2_no_stale_limit_by_default_for_trades() -> None:
    async with Server() as server, manager(server, ping_interval=0.1) as bm, bm.trade_socket("BNBBTC"):
        await asyncio.sleep(0.6)
        assert len(server.attempts) == 1


async def test_4_2_a_clock_that_jumps_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    options = {**KEEPALIVE, "stale_after": 5}
    async with Server() as server, manager(server, **options) as bm, bm.trade_socket("BNBBTC") as socket:
        for jump in (3600, -3600):
            monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
            await asyncio.sleep(0.5)
        await server.peers[0].send_text(trade(0))
        assert await receive(socket) == trade(0)
        assert len(server.attempts) == 1


async def test_4_2_a_user_who_blocks_the_loop_does_not_lose_a_living_peer() -> None:
    """The pong waits in the kernel while the loop stands still; it counts before the time that has passed."""
    listener = sockets.create_server(("127.0.0.1", 0))
    over = threading.Event()
    attempts: list[int] = []

    async def serve() -> None:
        async with Server(greeting=batch([trade(0)]), listener=listener) as server:
            await asyncio.to_thread(over.wait, 10)
            attempts.append(len(server.attempts))

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    environment = Environment.local(f"http://127.0.0.1:{listener.getsockname()[1]}")
    async with (
        AsyncClient(environment=environment) as client,
        BinanceSocketManager(client, **KEEPALIVE).trade_socket("BNBBTC") as socket,
    ):
        assert await receive(socket) == trade(0)
        for _ in range(2):
            await asyncio.sleep(0.21)
            time.sleep(0.6)  # noqa: ASYNC251 - blocking the loop is the point
        over.set()
        await asyncio.to_thread(thread.join)
    assert attempts == [1]


# 4.3


@pytest.mark.usefixtures("slow")
async def test_4_3_the_first_retry_comes_within_about_a_second() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC"):
        await asyncio.sleep(0.05)
        lost = time.monotonic()
        server.peers[0].reset()
        assert (await server.attempt(1)).at - lost <= 1.3


@pytest.mark.usefixtures("slow")
async def test_4_3_many_sockets_that_lose_their_server_do_not_come_back_at_once() -> None:
    events = Events()
    async with Server() as server, manager(server, on_event=events) as bm:
        for n in range(12):
            await bm.trade_socket(f"S{n}BTC").__aenter__()
        server.refuse(503)
        for peer in server.peers:
            peer.reset()
        await events.wait("reconnecting", 12)
        delays = [event.delay for event in events.of("reconnecting")[:12]]
        assert all(0 <= delay <= 1.3 for delay in delays)
        assert max(delays) - min(delays) > 0.1


async def test_4_3_five_retries_by_default() -> None:
    events = Events()
    async with Server(greeting=batch([trade(0)])) as server, manager(server, on_event=events) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            assert await receive(socket) == trade(0)
            server.refuse(503)
            server.peers[0].reset()
            assert await receive(socket) == UNABLE
        assert len(server.attempts) == 1 + 5
        assert [event.attempt for event in events.of("reconnecting")] == [1, 2, 3, 4, 5]
        assert all(0 <= event.delay <= 0.05 for event in events.of("reconnecting"))
        assert all(event.cause for event in events.of("reconnecting"))


@pytest.mark.parametrize("retries", [0, 1, 7])
async def test_4_3_max_reconnects_is_an_option(retries: int) -> None:
    async with Server() as server, manager(server, max_reconnects=retries) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            server.refuse(503)
            server.peers[0].reset()
            assert await receive(socket) == UNABLE
        assert len(server.attempts) == 1 + retries


async def test_4_3_max_reconnects_on_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReconnectingWebsocket, "MAX_RECONNECTS", 2)
    async with Server() as server, manager(server) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            server.refuse(503)
            server.peers[0].reset()
            assert await receive(socket) == UNABLE
        assert len(server.attempts) == 1 + 2


async def test_4_3_none_never_gives_up() -> None:
    async with Server() as server, manager(server, max_reconnects=None) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            server.refuse(503, times=8)
            server.hang_up(times=8)
            server.peers[0].reset()
            await (await server.peer(1)).send_text(trade(1))
            assert await receive(socket) == trade(1)
        assert len(server.attempts) == 1 + 16 + 1


async def test_4_3_the_counter_starts_again_after_a_message() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_text(trade(n))
        server.refuse(503, times=2)
        await peer.close(1001)

    server = Server(script)
    async with server, manager(server, max_reconnects=3) as bm, bm.trade_socket("BNBBTC") as socket:
        assert await take(socket, 8) == trades(0, 8)


@pytest.mark.parametrize("how", ["close", "reset", "ping and reset"])
async def test_4_3_a_server_that_accepts_and_drops_at_once_uses_up_the_retries(how: str) -> None:
    async def script(peer: Peer, n: int) -> None:
        if n == 0:
            await peer.send_text(trade(0))
            return
        if how == "ping and reset":
            await peer.sync()
        if how == "close":
            await peer.close(1011)
        else:
            peer.reset()

    async with Server(script) as server, manager(server) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            assert await receive(socket) == trade(0)
            server.peers[0].reset()
            assert await receive(socket) == UNABLE
        assert len(server.attempts) == 1 + 5


@pytest.mark.usefixtures("slow")
async def test_4_3_a_server_that_accepts_and_drops_at_once_is_not_hammered() -> None:
    async def script(peer: Peer, n: int) -> None:
        peer.reset()

    events = Events()
    async with Server(script) as server, manager(server, max_reconnects=None, on_event=events) as bm:
        entering = asyncio.create_task(bm.trade_socket("BNBBTC").__aenter__())
        await asyncio.sleep(1.5)
        assert len(server.attempts) <= 7
        entering.cancel()
        await asyncio.wait([entering])


# 4.4


async def test_4_4_the_end_is_told_once_after_every_message() -> None:
    async with (
        Server() as server,
        manager(server, max_reconnects=2) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        server.refuse(503)
        await server.peers[0].finish(batch(trades(0, 5)) + closing(1001))
        await server.attempt(2)
        await asyncio.sleep(0.1)
        assert await take(socket, 6) == [*trades(0, 5), UNABLE]
        for _ in range(3):
            with at_most(0.5), pytest.raises(ReadLoopClosed):
                await receive(socket)


async def test_4_4_async_for_yields_the_end_and_ends() -> None:
    async with (
        Server() as server,
        manager(server, max_reconnects=1) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        server.refuse(503)
        await server.peers[0].finish(batch(trades(0, 2)) + closing(1000))
        async with asyncio.timeout(10):
            assert [message async for message in socket] == [*trades(0, 2), UNABLE]


async def test_4_4_of_two_waiting_tasks_one_is_told() -> None:
    async with (
        Server() as server,
        manager(server, max_reconnects=1) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        waiting = [asyncio.create_task(socket.recv()) for _ in range(2)]
        await asyncio.sleep(0)
        server.refuse(503)
        server.peers[0].reset()
        async with asyncio.timeout(10):
            got = await asyncio.gather(*waiting, return_exceptions=True)
        assert [message for message in got if message == UNABLE] == [UNABLE]
        assert [type(error) for error in got if error != UNABLE] == [ReadLoopClosed]


async def test_4_4_the_end_leaves_nothing_and_the_socket_can_be_used_again() -> None:
    async with Server() as server, manager(server, max_reconnects=1) as bm:
        leaks = Leaks()
        async with bm.trade_socket("BNBBTC") as socket:
            server.refuse(503)
            server.peers[0].reset()
            assert await receive(socket) == UNABLE
            await leaks.none_left(server)
        server.welcome()
        for again in (socket, bm.trade_socket("BNBBTC")):
            async with again:
                await server.peers[-1].send_text(trade(1))
                assert await receive(again) == trade(1)


async def test_4_4_a_repaired_loss_is_no_message() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_text(trade(n))
        if n < 20:
            await (peer.close(1001) if n % 2 else peer.eof())

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        assert await take(socket, 21) == trades(0, 21)


# 4.5


async def test_4_5_the_first_connection_is_retried() -> None:
    async with Server(greeting=batch([trade(0)])) as server, manager(server) as bm:
        server.refuse(503, times=2)
        server.hang_up(times=1)
        async with bm.trade_socket("BNBBTC") as socket:
            assert await receive(socket) == trade(0)
        assert len(server.attempts) == 4


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_4_5_when_it_cannot_be_made(status: int) -> None:
    async with Server() as server, manager(server) as bm:
        leaks = Leaks()
        server.refuse(status, "out of order")
        with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
            async with bm.trade_socket("BNBBTC"):
                pass
        assert len(server.attempts) == 1 + 5
        assert caught.value.__cause__ is not None
        assert str(status) in told(caught.value)
        await leaks.none_left(server)


async def test_4_5_nobody_listens() -> None:
    unused = sockets.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    unused.close()
    async with AsyncClient(environment=Environment.local(url)) as client:
        leaks = Leaks()
        with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
            await BinanceSocketManager(client, max_reconnects=2).trade_socket("BNBBTC").__aenter__()
        assert caught.value.__cause__ is not None
        assert "refused" in told(caught.value).lower()
        await leaks.none_left()


async def test_4_5_somebody_listens_later() -> None:
    async with Server(greeting=batch([trade(0)])) as server, manager(server, max_reconnects=None) as bm:
        await server.stop_listening()
        entering = asyncio.create_task(bm.trade_socket("BNBBTC").__aenter__())
        await asyncio.sleep(0.2)
        await server.listen()
        async with asyncio.timeout(10):
            assert await receive(await entering) == trade(0)


async def test_4_5_an_answer_that_never_comes() -> None:
    async with Server(greeting=batch([trade(0)])) as server, manager(server, open_timeout=0.2) as bm:
        leaks = Leaks()
        server.never_answer(times=2)
        with at_most(2):
            async with bm.trade_socket("BNBBTC") as socket:
                assert await receive(socket) == trade(0)
        assert len(server.attempts) == 3
        await leaks.none_left(server)


async def test_4_5_an_answer_that_is_no_websocket() -> None:
    async with Server() as server, manager(server, max_reconnects=1) as bm:
        leaks = Leaks()
        server.refuse(200, "<html>log in to this hotel</html>")
        with pytest.raises(BinanceWebsocketUnableToConnect):
            await bm.trade_socket("BNBBTC").__aenter__()
        await leaks.none_left(server)


async def test_4_5_after_a_failure_it_can_be_entered_again() -> None:
    async with Server(greeting=batch([trade(0)])) as server, manager(server, max_reconnects=0) as bm:
        server.refuse(503, times=1)
        socket = bm.trade_socket("BNBBTC")
        with pytest.raises(BinanceWebsocketUnableToConnect):
            await socket.__aenter__()
        with pytest.raises(ReadLoopClosed):
            await receive(socket)
        async with socket:
            assert await receive(socket) == trade(0)


# 4.6

FATAL = [400, 401, 403, 404, 451]


@pytest.mark.parametrize("status", FATAL)
async def test_4_6_refused_for_good_at_the_first_connection(status: int) -> None:
    async with Server() as server, manager(server) as bm:
        leaks = Leaks()
        server.refuse(status, '{"code":0,"msg":"Service unavailable from a restricted location"}')
        with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
            await bm.trade_socket("BNBBTC").__aenter__()
        assert len(server.attempts) == 1
        assert str(status) in told(caught.value)
        assert "restricted location" in told(caught.value)
        await leaks.none_left(server)


@pytest.mark.parametrize("status", FATAL)
async def test_4_6_refused_for_good_later(status: int) -> None:
    async with Server() as server, manager(server) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            server.refuse(status, "a restricted location")
            await server.peers[0].finish(batch([trade(0)]) + closing(1001))
            assert await receive(socket) == trade(0)
            end = await receive(socket)
            assert (end["e"], end["type"]) == ("error", "BinanceWebsocketUnableToConnect")
            assert str(status) in end["m"]
            assert "a restricted location" in end["m"]
            with pytest.raises(ReadLoopClosed):
                await receive(socket)
        assert len(server.attempts) == 2


@pytest.mark.parametrize("status", [429, 418])
async def test_4_6_retry_after_is_waited_for_at_the_first_connection(status: int) -> None:
    async with Server(greeting=batch([trade(0)])) as server, manager(server) as bm:
        server.refuse(status, "slow down", {"Retry-After": "1"}, times=1)
        async with bm.trade_socket("BNBBTC") as socket:
            assert await receive(socket) == trade(0)
        first, second = server.attempts
        assert 1.0 <= second.at - first.at <= 2.5


@pytest.mark.parametrize("status", [429, 418])
async def test_4_6_retry_after_is_waited_for_later(status: int) -> None:
    async with Server(greeting=batch([trade(0)])) as server, manager(server) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            await receive(socket)
            server.refuse(status, "slow down", {"Retry-After": "1"}, times=1)
            server.peers[0].reset()
            await server.peer(1)
        assert 1.0 <= server.attempts[2].at - server.attempts[1].at <= 2.5


@pytest.mark.parametrize("wish", ["soon", "", "-5", "nan", "inf", "Wed, 21 Oct 2015 07:28:00 GMT"])
async def test_4_6_a_retry_after_that_says_nothing_useful(wish: str) -> None:
    async with Server(greeting=batch([trade(0)])) as server, manager(server) as bm:
        server.refuse(429, b"\xff\xfe", {"Retry-After": wish}, times=1)
        async with asyncio.timeout(5), bm.trade_socket("BNBBTC") as socket:
            assert await receive(socket) == trade(0)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_4_6_a_server_in_trouble_is_tried_again(status: int) -> None:
    async with (
        Server() as server,
        manager(server) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        server.refuse(status, times=3)
        server.peers[0].reset()
        await (await server.peer(1)).send_text(trade(1))
        assert await receive(socket) == trade(1)


# 4.7, as far as serverShutdown causes an orderly reconnect

RAW: dict[str, Any] = {"e": "serverShutdown", "E": 1_770_000_000_000}


def wrapped(n: int) -> dict[str, Any]:
    return {"stream": "bnbbtc@trade", "data": trade(n)}


async def test_4_7_server_shutdown_raw() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(batch([trade(0), RAW, trade(1)]) if n == 0 else batch([trade(2)]))

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        assert await take(socket, 3) == trades(0, 3)
        async with asyncio.timeout(5):
            await server.peers[0].closed
        assert server.accepted == 2


async def test_4_7_server_shutdown_combined() -> None:
    async def script(peer: Peer, n: int) -> None:
        if n == 0:
            shutdown = {"stream": "!serverShutdown", "data": RAW}
            await peer.send_bytes(batch([wrapped(0), shutdown, wrapped(1)]))
        else:
            await peer.send_text(wrapped(2))

    async with (
        Server(script) as server,
        manager(server) as bm,
        bm.multiplex_socket(["bnbbtc@trade"]) as socket,
    ):
        assert await take(socket, 3) == [wrapped(0), wrapped(1), wrapped(2)]
        async with asyncio.timeout(5):
            await server.peers[0].closed
        assert server.accepted == 2


async def test_4_7_server_shutdown_comes_alone_and_twice() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(batch([RAW, RAW]) if n == 0 else batch([trade(0)]))

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        assert await receive(socket) == trade(0)
        await asyncio.sleep(0.1)
        assert server.accepted == 2
        assert len(server.open_peers) == 1


async def test_4_7_a_message_that_only_mentions_it_is_a_message() -> None:
    message = {"e": "trade", "s": "SERVERUSDT", "note": "serverShutdown", "t": 1}
    combined = {"stream": "servershutdown@trade", "data": message}
    async with (
        Server(greeting=batch([message, combined])) as server,
        manager(server) as bm,
        bm.trade_socket("SERVERUSDT") as socket,
    ):
        assert await take(socket, 2) == [message, combined]
        await asyncio.sleep(0.1)
        assert server.accepted == 1


async def test_4_7_leaving_in_the_middle_of_the_hand_over() -> None:
    async with Server() as server, manager(server) as bm:
        leaks = Leaks()
        async with bm.trade_socket("BNBBTC"):
            server.never_answer()
            await server.peers[0].send_text(RAW)
            await server.attempt(1)
            started = time.monotonic()
        assert time.monotonic() - started <= EXIT
        await leaks.none_left(server)
