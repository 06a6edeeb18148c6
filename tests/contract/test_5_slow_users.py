"""Contract, clause 5: users slower than the market; what is kept, what is dropped, and that it is told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance.exceptions import ReadLoopClosed
from tests.contract.common import Events, Leaks, manager, receive, sized, take, trade, trades
from tests.support.frames import PING, batch, closing
from tests.support.peer import Peer
from tests.support.wire import Server

pytestmark = pytest.mark.usefixtures("fast")

MIB = 1 << 20


async def send(server: Server, messages: list[Any]) -> None:
    """Send messages in one go and wait until the client has them."""
    peer = await server.peer()
    await peer.send_bytes(batch(messages))
    await peer.sync()


# 5.1, 'block'


async def test_5_1_block_loses_nothing_and_reads_no_further() -> None:
    count = 100_000

    async def script(peer: Peer, n: int) -> None:
        for start in range(0, count, 1000):
            await peer.send_bytes(batch(trades(start, start + 1000)))
            sent.append(start)

    sent: list[int] = []
    events = Events()
    async with Server(script) as server, manager(server, max_queue_size=100, on_event=events) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            await asyncio.sleep(0.5)
            held = len(sent)
            assert held < count / 1000, "the server could send everything to a user who reads nothing"
            await asyncio.sleep(0.2)
            assert len(sent) == held
            assert [m["t"] for m in await take(socket, count)] == list(range(count))
            assert socket.stats.dropped == 0
        assert len(server.attempts) == 1
        assert "dropped" not in events.types


async def test_5_1_block_bounds_the_bytes_that_wait() -> None:
    count, size, limit = 2000, 20_000, MIB

    async def script(peer: Peer, n: int) -> None:
        for m in range(count):
            await peer.send_text(sized(m, size))

    async with (
        Server(script) as server,
        manager(server, max_queue_bytes=limit) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        await asyncio.sleep(0.5)
        assert limit / 2 < socket.stats.waiting_bytes <= 2 * limit
        assert [m["n"] for m in await take(socket, count)] == list(range(count))
        assert socket.stats.waiting_bytes == 0


async def test_5_1_block_is_not_taken_for_death() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(batch(trades(0, 50_000)))

    options = {"max_queue_size": 10, "ping_interval": 0.1, "ping_timeout": 0.1, "stale_after": 0.2}
    async with Server(script) as server, manager(server, **options) as bm, bm.trade_socket("BNBBTC") as socket:
        await asyncio.sleep(1)
        assert len(server.attempts) == 1
        assert [m["t"] for m in await take(socket, 50_000)] == list(range(50_000))
        assert len(server.attempts) == 1


async def test_5_1_block_and_the_end_of_the_connection() -> None:
    async def script(peer: Peer, n: int) -> None:
        if n == 0:
            await peer.finish(batch(trades(0, 500)) + closing(1008, "Pong timeout"))
        else:
            await peer.send_text(trade(500))

    async with Server(script) as server, manager(server, max_queue_size=5) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            await asyncio.sleep(0.3)
            assert await take(socket, 501) == trades(0, 501)
        assert server.accepted == 2


async def test_5_1_block_pauses_and_resumes_many_times() -> None:
    count = 5000

    async def script(peer: Peer, n: int) -> None:
        for m in trades(0, count):
            await peer.send_text(m)
        await peer.send_frame(PING, b"done")

    async with (
        Server(script) as server,
        manager(server, max_queue_size=3) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        for n in range(count):
            assert await receive(socket) == trade(n)
            if n % 100 == 0:
                await asyncio.sleep(0.001)
        async with asyncio.timeout(5):
            await server.peers[0].wait_frame(lambda f: f.payload == b"done")


# 5.1, 'drop_oldest'


async def test_5_1_drop_oldest_keeps_the_newest_and_counts_the_rest() -> None:
    events = Events()
    async with Server() as server, manager(server, max_queue_size=10, overflow="drop_oldest", on_event=events) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            await send(server, trades(0, 100))
            assert socket.stats.waiting == 10
            assert socket.stats.dropped == 90
            assert await take(socket, 10) == trades(90, 100)
            await events.wait("dropped")
            await send(server, trades(100, 110))
            assert await take(socket, 10) == trades(100, 110)
            await send(server, trades(110, 121))
            assert await take(socket, 10) == trades(111, 121)
            assert socket.stats.dropped == 91
            assert socket.stats.messages == 121
            await events.wait("dropped", 2)
        assert len(server.attempts) == 1


async def test_5_1_drop_oldest_by_bytes() -> None:
    options = {"max_queue_bytes": 10_000, "overflow": "drop_oldest"}
    async with Server() as server, manager(server, **options) as bm, bm.trade_socket("BNBBTC") as socket:
        await send(server, [sized(n, 1000) for n in range(100)])
        assert socket.stats.waiting_bytes <= 10_000
        kept = socket.stats.waiting
        assert 9 <= kept <= 10
        assert socket.stats.dropped == 100 - kept
        assert [m["n"] for m in await take(socket, kept)] == list(range(100 - kept, 100))


async def test_5_1_drop_oldest_under_a_burst_stays_bounded_and_connected() -> None:
    options = {"max_queue_size": 1000, "overflow": "drop_oldest"}
    async with Server() as server, manager(server, **options) as bm, bm.trade_socket("BNBBTC") as socket:
        await send(server, trades(0, 100_000))
        assert socket.stats.dropped == 99_000
        assert await take(socket, 1000) == trades(99_000, 100_000)
        assert len(server.attempts) == 1


# 5.1, 'latest'


def ticker(n: int, symbol: str) -> dict[str, Any]:
    data = {"e": "24hrMiniTicker", "E": n, "s": symbol, "c": str(n)}
    return {"stream": f"{symbol.lower()}@miniTicker", "data": data}


async def test_5_1_latest_keeps_the_newest_of_each_stream() -> None:
    symbols = ["AAABTC", "BBBBTC", "CCCBTC"]
    sent = [ticker(n, symbol) for n in range(100) for symbol in symbols]
    sent += [ticker(n, "AAABTC") for n in range(100, 200)]
    events = Events()
    async with Server() as server, manager(server, max_queue_size=10, overflow="latest", on_event=events) as bm:
        async with bm.multiplex_socket([m["stream"] for m in sent[:3]]) as socket:
            await send(server, sent)
            kept = socket.stats.waiting
            assert len(symbols) <= kept <= 10
            assert socket.stats.dropped == len(sent) - kept
            got = await take(socket, kept)
            newest = {symbol: [m for m in got if m["data"]["s"] == symbol][-1] for symbol in symbols}
            assert newest == {s: ticker(199 if s == "AAABTC" else 99, s) for s in symbols}
            for symbol in symbols:
                numbers = [m["data"]["E"] for m in got if m["data"]["s"] == symbol]
                assert numbers == sorted(set(numbers))
            await events.wait("dropped")
            await send(server, [ticker(200, "CCCBTC")])
            assert await receive(socket) == ticker(200, "CCCBTC")
        assert len(server.attempts) == 1


async def test_5_1_latest_on_a_raw_stream() -> None:
    options = {"max_queue_size": 5, "overflow": "latest"}
    async with Server() as server, manager(server, **options) as bm, bm.trade_socket("BNBBTC") as socket:
        await send(server, trades(0, 100))
        kept = socket.stats.waiting
        assert 1 <= kept <= 5
        assert socket.stats.dropped == 100 - kept
        got = await take(socket, kept)
        assert got[-1] == trade(99)
        assert [m["t"] for m in got] == sorted(m["t"] for m in got)


async def test_5_1_latest_drops_nothing_while_there_is_room() -> None:
    options = {"max_queue_size": 10, "overflow": "latest"}
    async with Server() as server, manager(server, **options) as bm, bm.trade_socket("BNBBTC") as socket:
        await send(server, trades(0, 10))
        assert await take(socket, 10) == trades(0, 10)
        assert socket.stats.dropped == 0


# 5.1, 'error'


async def test_5_1_error_delivers_what_waited_then_the_error_then_is_closed() -> None:
    events = Events()
    async with Server() as server, manager(server, max_queue_size=10, overflow="error", on_event=events) as bm:
        leaks = Leaks()
        async with bm.trade_socket("BNBBTC") as socket:
            await (await server.peer()).send_bytes(batch(trades(0, 50)))
            async with asyncio.timeout(5):
                await server.peers[0].closed
            assert await take(socket, 10) == trades(0, 10)
            end = await receive(socket)
            assert (end["e"], end["type"]) == ("error", "BinanceWebsocketQueueOverflow")
            assert "10" in end["m"]
            for _ in range(2):
                with pytest.raises(ReadLoopClosed):
                    await receive(socket)
            assert socket.stats.dropped >= 1
            assert len(server.attempts) == 1
        await leaks.none_left(server)


async def test_5_1_error_does_not_come_at_the_limit_itself() -> None:
    options = {"max_queue_size": 10, "overflow": "error"}
    async with Server() as server, manager(server, **options) as bm, bm.trade_socket("BNBBTC") as socket:
        for start in range(0, 50, 10):
            await send(server, trades(start, start + 10))
            assert await take(socket, 10) == trades(start, start + 10)


# 5.2


async def test_5_2_a_burst_into_a_sleeping_user() -> None:
    count = 200_000
    chunks = [batch(trades(start, start + 10_000)) for start in range(0, count, 10_000)]

    async def script(peer: Peer, n: int) -> None:
        for chunk in chunks:
            await peer.send_bytes(chunk)

    events = Events()
    async with Server(script) as server, manager(server, on_event=events) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            await asyncio.sleep(2)
            async with asyncio.timeout(15):
                for n in range(count):
                    assert (await socket.recv())["t"] == n
            assert (socket.stats.messages, socket.stats.dropped) == (count, 0)
        assert len(server.attempts) == 1
        assert "disconnected" not in events.types[:-2]
