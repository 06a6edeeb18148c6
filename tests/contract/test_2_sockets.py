"""Contract, clause 2: one socket per stream key, who shares it, who gets a reader, what is refused at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

import pytest

from binance import AsyncClient, BinanceSocketManager
from binance.exceptions import ReadLoopClosed
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from tests.contract.common import EXIT, Leaks, at_most, manager, receive, take, trade, trades, until
from tests.support.frames import batch
from tests.support.peer import Peer
from tests.support.wire import Server

pytestmark = pytest.mark.usefixtures("fast")

SOCKETS: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("depth_socket", ("BNBBTC",), {}, "/ws/bnbbtc@depth"),
    ("depth_socket", ("BNBBTC",), {"depth": "5"}, "/ws/bnbbtc@depth5"),
    ("depth_socket", ("BNBBTC",), {"depth": "20", "interval": 100}, "/ws/bnbbtc@depth20@100ms"),
    ("depth_socket", ("BNBBTC",), {"interval": 100}, "/ws/bnbbtc@depth@100ms"),
    ("depth_socket", ("BNBBTC",), {"interval": 0}, "/ws/bnbbtc@depth"),
    ("kline_socket", ("BNBBTC",), {}, "/ws/bnbbtc@kline_1m"),
    ("kline_socket", ("BNBBTC",), {"interval": "1M"}, "/ws/bnbbtc@kline_1M"),
    ("kline_socket", (), {"symbol": "BNBBTC", "interval": "1s"}, "/ws/bnbbtc@kline_1s"),
    ("symbol_miniticker_socket", ("BNBBTC",), {}, "/ws/bnbbtc@miniTicker"),
    ("trade_socket", ("BNBBTC",), {}, "/ws/bnbbtc@trade"),
    ("aggtrade_socket", ("BNBBTC",), {}, "/ws/bnbbtc@aggTrade"),
    ("symbol_ticker_socket", ("BNBBTC",), {}, "/ws/bnbbtc@ticker"),
    ("symbol_book_ticker_socket", ("BNBBTC",), {}, "/ws/bnbbtc@bookTicker"),
    ("multiplex_socket", (["bnbbtc@trade", "ethbtc@kline_1M"],), {}, "/stream?streams=bnbbtc@trade/ethbtc@kline_1M"),
    ("multiplex_socket", (["BNBBTC@aggTrade"],), {}, "/stream?streams=bnbbtc@aggTrade"),
]


async def own_path(peer: Peer, n: int) -> None:
    await peer.send_text({"path": unquote(peer.path)})


async def numbered(peer: Peer, n: int) -> None:
    await peer.send_text({"connection": n})


# 2.1


@pytest.mark.parametrize(("method", "args", "options", "path"), SOCKETS)
async def test_2_1_a_socket_is_returned_at_once_and_asks_for_its_stream(
    method: str, args: tuple[Any, ...], options: dict[str, Any], path: str
) -> None:
    async with Server(own_path) as server, manager(server) as bm:
        socket = getattr(bm, method)(*args, **options)
        assert isinstance(socket, ReconnectingWebsocket)
        await asyncio.sleep(0)
        assert server.connections == 0
        async with socket:
            assert await receive(socket) == {"path": path}


async def test_2_1_all_market_mini_tickers() -> None:
    async with Server(own_path) as server, manager(server) as bm:
        socket = bm.miniticker_socket()
        assert isinstance(socket, ReconnectingWebsocket)
        async with socket:
            assert (await receive(socket))["path"].startswith("/ws/!miniTicker@arr")


RETIRED = [("ticker_socket", "/ws/!ticker@arr"), ("book_ticker_socket", "/ws/!bookTicker")]


@pytest.mark.parametrize(("method", "path"), RETIRED)
async def test_2_1_retired_streams_stay_callable_and_warn(method: str, path: str) -> None:
    async with Server(own_path) as server, manager(server) as bm:
        with pytest.warns(DeprecationWarning, match="_socket"):
            socket = getattr(bm, method)()
        async with socket:
            assert await receive(socket) == {"path": path}


# 2.2


async def test_2_2_same_key_same_object() -> None:
    bm = BinanceSocketManager(AsyncClient())
    assert bm.trade_socket("BNBBTC") is bm.trade_socket("BNBBTC")
    assert bm.trade_socket("BNBBTC") is bm.trade_socket("bnbbtc")
    assert bm.kline_socket("BNBBTC", "1m") is bm.kline_socket("bnbBTC")
    assert bm.depth_socket("BNBBTC", depth="5") is bm.depth_socket("bnbbtc", "5")
    assert bm.multiplex_socket(["BNBBTC@aggTrade"]) is bm.multiplex_socket(["bnbbtc@aggTrade"])


async def test_2_2_different_keys_different_objects() -> None:
    bm = BinanceSocketManager(AsyncClient())
    made = [
        bm.trade_socket("BNBBTC"),
        bm.trade_socket("ETHBTC"),
        bm.aggtrade_socket("BNBBTC"),
        bm.kline_socket("BNBBTC", "1m"),
        bm.kline_socket("BNBBTC", "1M"),
        bm.depth_socket("BNBBTC"),
        bm.depth_socket("BNBBTC", depth="5"),
        bm.depth_socket("BNBBTC", depth="5", interval=100),
        bm.multiplex_socket(["bnbbtc@trade"]),
        bm.multiplex_socket(["bnbbtc@trade", "ethbtc@trade"]),
    ]
    assert len(set(map(id, made))) == len(made)
    assert BinanceSocketManager(AsyncClient()).trade_socket("BNBBTC") is not made[0]


async def test_2_2_the_same_object_while_it_is_open() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        assert bm.trade_socket("bnbbtc") is socket


async def test_2_2_all_usable_at_once() -> None:
    async with Server(own_path) as server, manager(server) as bm:
        sockets = [
            bm.trade_socket("BNBBTC"),
            bm.trade_socket("ETHBTC"),
            bm.aggtrade_socket("BNBBTC"),
            bm.kline_socket("BNBBTC", "1m"),
            bm.kline_socket("BNBBTC", "1M"),
        ]
        await asyncio.gather(*(socket.__aenter__() for socket in sockets))
        got = await asyncio.gather(*map(receive, sockets))
        assert [message["path"] for message in got] == [
            "/ws/bnbbtc@trade",
            "/ws/ethbtc@trade",
            "/ws/bnbbtc@aggTrade",
            "/ws/bnbbtc@kline_1m",
            "/ws/bnbbtc@kline_1M",
        ]


# 2.3


async def test_2_3_after_exit_the_key_is_free() -> None:
    async with Server(numbered) as server, manager(server) as bm:
        async with bm.trade_socket("BNBBTC") as first:
            assert await receive(first) == {"connection": 0}
        async with bm.trade_socket("BNBBTC") as second:
            assert second is not first
            assert await receive(second) == {"connection": 1}


async def test_2_3_a_closed_object_can_be_entered_again() -> None:
    async with Server(numbered) as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        for n in range(3):
            async with socket:
                assert await receive(socket) == {"connection": n}
            assert await server.peers[n].closed is not None


async def test_2_3_entering_again_starts_without_what_was_left_unread() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(batch([{"connection": n, "message": m} for m in range(5)]))

    async with Server(script) as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        async with socket:
            assert await receive(socket) == {"connection": 0, "message": 0}
            await server.peers[0].sync()
        async with socket:
            assert await receive(socket) == {"connection": 1, "message": 0}


async def test_2_3_an_old_object_and_its_successor_both_work() -> None:
    async with Server(numbered) as server:
        leaks = Leaks()
        async with manager(server) as bm:
            old = bm.trade_socket("BNBBTC")
            async with old:
                await receive(old)
            new = bm.trade_socket("BNBBTC")
            await new.__aenter__()
            await old.__aenter__()
            assert await receive(new) == {"connection": 1}
            assert await receive(old) == {"connection": 2}
        await leaks.none_left(server)


async def test_2_3_entering_while_it_is_being_left() -> None:
    async with Server(numbered) as server:
        leaks = Leaks()
        async with manager(server) as bm:
            socket = bm.trade_socket("BNBBTC")
            await socket.__aenter__()
            assert await receive(socket) == {"connection": 0}
            server.peers[0].answer_close = False
            leaving = asyncio.create_task(socket.close())
            await asyncio.sleep(0.01)
            async with asyncio.timeout(5), bm.trade_socket("BNBBTC") as again:
                assert await receive(again) == {"connection": 1}
                await leaving
                await server.peers[1].send_text(trade(1))
                assert await receive(again) == trade(1)
        await leaks.none_left(server)


# 2.4


async def test_2_4_entering_twice_opens_one_connection_closed_by_the_last_one_out() -> None:
    async with Server() as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        async with socket:
            async with socket as again:
                assert again is socket
            peer = await server.peer()
            await peer.send_text(trade(1))
            assert await receive(socket) == trade(1)
            assert not peer.is_closed
        await peer.closed
        assert (server.accepted, len(server.attempts)) == (1, 1)
        with pytest.raises(ReadLoopClosed):
            await receive(socket)


async def test_2_4_two_tasks_that_enter_at_the_same_time_open_one_connection() -> None:
    async with Server() as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        await asyncio.gather(socket.__aenter__(), socket.__aenter__())
        assert len(server.attempts) == 1
        await socket.__aexit__(None, None, None)
        await (await server.peer()).send_text(trade(1))
        assert await receive(socket) == trade(1)
        await socket.__aexit__(None, None, None)
        await server.peers[0].closed


async def test_2_4_two_tasks_share_the_messages() -> None:
    count = 200

    async def script(peer: Peer, n: int) -> None:
        for m in trades(0, count):
            await peer.send_text(m)
            await asyncio.sleep(0)

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        got: list[int] = []
        shares: dict[str, list[int]] = {"a": [], "b": []}

        async def consume(name: str) -> None:
            while True:
                n = (await socket.recv())["t"]
                shares[name].append(n)
                got.append(n)
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(consume(name)) for name in shares]
        await until(lambda: len(got) >= count)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert sorted(got) == list(range(count))
        assert all(share == sorted(share) for share in shares.values())
        assert all(shares.values())


@asynccontextmanager
async def reading(socket: Any) -> AsyncIterator[Any]:
    """Open a reader: the contract says a context manager, and leaves open which of the two kinds."""
    reader = socket.reader()
    if hasattr(reader, "__enter__"):
        with reader as entered:
            yield entered
    else:
        async with reader as entered:
            yield entered


async def test_2_4_readers_each_see_every_message_from_then_on() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        peer = await server.peer()
        await peer.send_bytes(batch(trades(0, 3)))
        assert await take(socket, 3) == trades(0, 3)
        async with reading(socket) as one, reading(socket) as two:
            await peer.send_bytes(batch(trades(3, 6)))
            assert await take(one, 3) == trades(3, 6)
            async with reading(socket) as three:
                await peer.send_bytes(batch(trades(6, 9)))
                assert await take(three, 3) == trades(6, 9)
            assert await take(two, 6) == trades(3, 9)
            assert await take(one, 3) == trades(6, 9)
        assert await take(socket, 6) == trades(3, 9)
        assert server.accepted == 1


async def test_2_4_a_reader_is_an_iterator_too() -> None:
    async with (
        Server() as server,
        manager(server) as bm,
        bm.trade_socket("BNBBTC") as socket,
        reading(socket) as reader,
    ):
        await (await server.peer()).send_bytes(batch(trades(0, 3)))
        got = []
        async for message in reader:
            got.append(message)
            if len(got) == 3:
                break
        assert got == trades(0, 3)


async def test_2_4_a_reader_outlives_a_reconnect() -> None:
    async def script(peer: Peer, n: int) -> None:
        if n == 0:
            await peer.wait_frame(lambda f: f.payload == b"mark 1")
            await peer.send_text(trade(0))
            await peer.close(1001)
        else:
            await peer.send_text(trade(1))

    async with (
        Server(script) as server,
        manager(server) as bm,
        bm.trade_socket("BNBBTC") as socket,
        reading(socket) as reader,
    ):
        await (await server.peer()).sync()
        assert await take(reader, 2) == trades(0, 2)


async def test_2_4_each_reader_has_its_own_bounded_buffer() -> None:
    async with (
        Server() as server,
        manager(server, max_queue_size=10, overflow="drop_oldest") as bm,
        bm.trade_socket("BNBBTC") as socket,
        reading(socket) as quick,
        reading(socket) as slow,
    ):
        peer = await server.peer()
        for n in range(100):
            await peer.send_text(trade(n))
            assert await receive(quick) == trade(n)
        assert await take(slow, 10) == trades(90, 100)
        assert await take(socket, 10) == trades(90, 100)


async def test_2_4_readers_see_everything_though_nobody_reads_the_socket_itself() -> None:
    async with (
        Server() as server,
        manager(server, max_queue_size=10) as bm,
        bm.trade_socket("BNBBTC") as socket,
        reading(socket) as one,
        reading(socket) as two,
    ):
        await (await server.peer()).send_bytes(batch(trades(0, 1000)))
        first, second = await asyncio.gather(take(one, 1000), take(two, 1000))
        assert first == second == trades(0, 1000)


async def test_2_4_a_reader_ends_with_its_socket() -> None:
    async with Server() as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        await socket.__aenter__()
        async with reading(socket) as reader:
            waiting = asyncio.create_task(reader.recv())
            await asyncio.sleep(0)
            await socket.__aexit__(None, None, None)
            with at_most(EXIT), pytest.raises(ReadLoopClosed):
                await waiting
            with pytest.raises(ReadLoopClosed):
                await receive(reader)


# 2.5

LISTEN_KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"

REFUSED: list[tuple[str, tuple[Any, ...], dict[str, Any], str, str]] = [
    *[
        (method, ("",), {}, "symbol", "")
        for method in (
            "depth_socket",
            "kline_socket",
            "symbol_miniticker_socket",
            "trade_socket",
            "aggtrade_socket",
            "symbol_ticker_socket",
            "symbol_book_ticker_socket",
        )
    ],
    ("depth_socket", ("BNBBTC",), {"depth": "7"}, "depth", "20"),
    ("depth_socket", ("BNBBTC",), {"depth": "50"}, "depth", "20"),
    ("depth_socket", ("BNBBTC",), {"interval": 50}, "interval", "100"),
    ("kline_socket", ("BNBBTC",), {"interval": "7m"}, "interval", "15m"),
    ("kline_socket", ("BNBBTC",), {"interval": ""}, "interval", "15m"),
    ("kline_socket", ("BNBBTC",), {"interval": "1H"}, "interval", "1h"),
    ("multiplex_socket", ([f"s{n}@trade" for n in range(1025)],), {}, "streams", "1024"),
    ("multiplex_socket", ([],), {}, "streams", ""),
    ("multiplex_socket", (["bnbbtc@trade", ""],), {}, "streams", ""),
    ("multiplex_socket", (["bnbbtc@trade", LISTEN_KEY],), {}, "streams", "user"),
]


@pytest.mark.parametrize(("method", "args", "options", "argument", "allowed"), REFUSED)
async def test_2_5_bad_arguments_are_refused_at_the_call(
    method: str, args: tuple[Any, ...], options: dict[str, Any], argument: str, allowed: str
) -> None:
    bm = BinanceSocketManager(AsyncClient())
    with pytest.raises(ValueError, match=argument) as caught:
        getattr(bm, method)(*args, **options)
    assert re.search(re.escape(allowed), str(caught.value)), f"{caught.value} does not name what is allowed"
    assert LISTEN_KEY not in str(caught.value)


async def test_2_5_1024_streams_are_allowed() -> None:
    BinanceSocketManager(AsyncClient()).multiplex_socket([f"s{n}@trade" for n in range(1024)])


async def test_2_5_options_of_the_manager_are_checked_too() -> None:
    overflow: Any = "forget"
    with pytest.raises(ValueError, match=r"overflow.*drop_oldest"):
        BinanceSocketManager(AsyncClient(), overflow=overflow)


# 2.6


async def test_2_6_the_manager_closes_what_it_made() -> None:
    async with Server() as server, AsyncClient() as client:
        leaks = Leaks()
        bm = BinanceSocketManager(client)
        bm.STREAM_URL = server.url.replace("http", "ws") + "/"
        async with bm as entered:
            assert entered is bm
            sockets = [bm.trade_socket("BNBBTC"), bm.trade_socket("ETHBTC"), bm.multiplex_socket(["bnbbtc@trade"])]
            for socket in sockets:
                await socket.__aenter__()
            bm.aggtrade_socket("BNBBTC")
            waiting = asyncio.create_task(sockets[0].recv())
            await asyncio.sleep(0)
        with pytest.raises(ReadLoopClosed):
            await waiting
        for peer in server.peers:
            await peer.closed
        for socket in sockets:
            with pytest.raises(ReadLoopClosed):
                await receive(socket)
        await leaks.none_left(server)


async def test_2_6_the_manager_closes_many_dead_peers_in_the_time_of_one() -> None:
    async with Server() as server, manager(server) as bm:
        for n in range(20):
            await bm.trade_socket(f"S{n}BTC").__aenter__()
            (await server.peer(n)).go_silent()
        with at_most(EXIT):
            await bm.__aexit__(None, None, None)


async def test_2_6_the_manager_lets_exceptions_through() -> None:
    async with Server() as server:

        async def fail() -> None:
            async with manager(server) as bm:
                await bm.trade_socket("BNBBTC").__aenter__()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        await server.peers[0].closed


async def test_2_6_without_it_sockets_are_closed_one_by_one() -> None:
    async with Server(numbered) as server, manager(server) as bm:
        one, two = bm.trade_socket("BNBBTC"), bm.trade_socket("ETHBTC")
        await one.__aenter__()
        await two.__aenter__()
        await one.__aexit__(None, None, None)
        assert await receive(two) == {"connection": 1}
        await two.close()
        await server.peers[1].closed
