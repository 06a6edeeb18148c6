"""Lives that end at odd moments, readers that come at odd times: what a hostile reading of the engine brought up."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading

import pytest

from binance import AsyncClient, BinanceSocketManager, Environment
from binance.exceptions import BinanceWebsocketUnableToConnect, ReadLoopClosed
from binance.net.budget import budget_for
from binance.net.opening import never_left
from tests.support.frames import batch
from tests.support.peer import Peer
from tests.support.wire import Server


def manager(server: Server, **options: object) -> BinanceSocketManager:
    return BinanceSocketManager(AsyncClient(environment=Environment.local(server.url)), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("how", ["shut", "leave"])
async def test_closed_before_its_task_has_begun(how: str) -> None:
    async with Server() as server, manager(server) as bm:
        stream = bm.trade_socket("BNBBTC")
        entering = [asyncio.create_task(stream.__aenter__()) for _ in range(2)]
        await asyncio.sleep(0)
        await stream.shut() if how == "shut" else [await stream.close() for _ in entering]
        async with asyncio.timeout(2):
            results = await asyncio.gather(*entering, return_exceptions=True)
        assert all(isinstance(result, BinanceWebsocketUnableToConnect) for result in results)


@pytest.mark.parametrize("turns", range(1, 7))
@pytest.mark.parametrize("transport", ["picows", "websockets", "aiohttp"])
def test_a_program_that_ends_while_its_connection_does(transport: str, turns: int) -> None:
    program = f"""
import asyncio
from binance import AsyncClient, BinanceSocketManager, Environment
from tests.support.wire import Server

async def main():
    server = Server()
    await server.listen()
    bm = BinanceSocketManager(AsyncClient(environment=Environment.local(server.url)), transport={transport!r})
    await bm.trade_socket("BNBBTC").__aenter__()
    (await server.peer()).reset()
    for _ in range({turns}):
        await asyncio.sleep(0)

asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", program], timeout=20, check=True, capture_output=True)


async def test_an_attempt_that_never_left_this_machine_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    client = AsyncClient(environment=Environment.local("http://no-such-host.invalid:9"))
    stream = BinanceSocketManager(client, max_reconnects=0).trade_socket("BNBBTC")
    with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
        await stream.__aenter__()
    assert caught.value.__cause__ is not None
    assert never_left(caught.value.__cause__)
    budget = budget_for("ws://no-such-host.invalid:9/")
    assert [budget.take(0.0) for _ in range(300)] == [0.0] * 300


async def test_a_host_without_a_name_is_told_apart_from_one_that_refuses() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        stream = BinanceSocketManager(AsyncClient(environment=Environment.local(url)), max_reconnects=0).trade_socket(
            "X"
        )
        with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
            await stream.__aenter__()
    assert caught.value.__cause__ is not None
    assert not never_left(caught.value.__cause__)


async def test_after_the_last_reader_has_left_the_socket_gets_everything_again() -> None:
    async with Server() as server, manager(server, max_queue_size=3) as bm, bm.trade_socket("BNBBTC") as stream:
        peer = await server.peer()
        async with stream.reader() as reader:
            await peer.send_bytes(batch([{"t": n} for n in range(20)]))
            assert [(await reader.recv())["t"] for _ in range(20)] == list(range(20))
        await peer.send_text({"t": 99})
        assert await stream.recv() == {"t": 99}
        assert stream.stats.dropped == 20


async def test_a_reader_frees_the_line_that_an_unread_socket_held() -> None:
    async with Server() as server, manager(server, max_queue_size=3) as bm, bm.trade_socket("BNBBTC") as stream:
        peer = await server.peer()
        await peer.send_bytes(batch([{"t": n} for n in range(20)]))
        while stream.stats.messages < 20:  # noqa: ASYNC110 - a counter sets no event
            await asyncio.sleep(0)
        async with stream.reader() as reader:
            await peer.send_bytes(batch([{"t": n} for n in range(20, 2000)]))
            assert [(await reader.recv())["t"] for _ in range(1980)] == list(range(20, 2000))
            assert stream.stats.waiting == 0
            assert stream.stats.dropped == 2000


async def test_a_reader_of_an_earlier_life_is_no_reader() -> None:
    async with Server() as server, manager(server, max_queue_size=3) as bm:
        stream = bm.trade_socket("BNBBTC")
        await stream.__aenter__()
        left_behind = stream.reader()
        await left_behind.__aenter__()
        await stream.close()
        async with stream:
            await (await server.peer(1)).send_bytes(batch([{"t": n} for n in range(20)]))
            assert [(await stream.recv())["t"] for _ in range(20)] == list(range(20))
        with pytest.raises(ReadLoopClosed):
            await left_behind.recv()


async def test_a_reader_is_entered_once_and_only_while_the_socket_is_open() -> None:
    async with Server() as server, manager(server) as bm:
        stream = bm.trade_socket("BNBBTC")
        with pytest.raises(ReadLoopClosed, match="enter it first"):
            await stream.reader().__aenter__()
        async with stream, stream.reader() as reader:
            with pytest.raises(RuntimeError, match="entered already"):
                await reader.__aenter__()
            await (await server.peer()).send_bytes(batch([{"t": 1}, {"t": 2}]))
            assert [(await reader.recv())["t"] for _ in range(2)] == [1, 2]
            assert reader.waiting == 0


async def test_a_bad_message_is_counted_once_however_many_read_it() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.sync()
        for _ in range(3):
            await peer.send_text(b"no json")

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as stream:
        async with stream.reader() as one, stream.reader() as two:
            for inbox in (one, two, stream):
                assert [(await inbox.recv())["e"] for _ in range(3)] == ["error"] * 3
        assert stream.stats.decode_errors == 3


async def test_another_loop_cannot_close_it() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC") as stream:
        said: list[BaseException] = []

        def elsewhere() -> None:
            try:
                asyncio.run(stream.close())
            except RuntimeError as error:
                said.append(error)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        await asyncio.to_thread(thread.join)
        assert "another event loop" in str(said)
        await (await server.peer()).send_text({"t": 1})
        assert await stream.recv() == {"t": 1}
