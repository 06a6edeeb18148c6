"""Contract, clause 3: receiving, cancelling, leaving."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import ssl
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from binance import BinanceSocketManager
from binance.exceptions import ReadLoopClosed
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from tests.contract.common import CANCEL, EXIT, Events, Leaks, at_most, manager, receive, take, trade, trades
from tests.support.frames import batch
from tests.support.peer import Peer
from tests.support.wire import Server

# 3.1


async def five(peer: Peer, n: int) -> None:
    await peer.send_bytes(batch(trades(0, 5)))


async def test_3_1_async_with_gives_the_socket() -> None:
    async with Server(five) as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        async with socket as s:
            assert s is socket
            assert await receive(s) == trade(0)


async def test_3_1_by_hand_without_arguments() -> None:
    async with Server(five) as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        assert await socket.__aenter__() is socket
        assert await receive(socket) == trade(0)
        await socket.__aexit__()
        assert await server.peers[0].closed is not None


async def test_3_1_close() -> None:
    async with Server(five) as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        await socket.__aenter__()
        assert await receive(socket) == trade(0)
        await socket.close()
        await server.peers[0].closed
        with pytest.raises(ReadLoopClosed):
            await receive(socket)


async def test_3_1_leaving_twice_and_leaving_without_entering() -> None:
    async with Server() as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        await socket.close()
        await socket.__aexit__(None, None, None)
        async with socket:
            pass
        await socket.close()
        await socket.__aexit__(None, None, None)
        assert server.accepted == 1


async def test_3_1_async_for() -> None:
    async with Server(five) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        got = []
        async for message in socket:
            got.append(message)
            if len(got) == 5:
                break
        assert got == trades(0, 5)


# 3.2

DOCUMENTS = [
    '{"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.00100000","q":"100","m":true,"M":null}',
    '[{"e":"24hrMiniTicker","s":"AAA","c":"1.0"},{"e":"24hrMiniTicker","s":"BBB","c":"2.50000000"}]',
    '{"stream":"bnbbtc@depth5","data":{"lastUpdateId":9007199254740993,"bids":[["0.1","2"]],"asks":[]}}',
    '{"u":9223372036854775807,"v":-9223372036854775808,"w":18446744073709551615,"zero":0,"minus":-1}',
    '{"s":"币安人生USDT","é":"\\u00e9\\ud83d\\ude00","":"","nested":{"a":[[],{}]}}',
    ' \n{ "spaces" : [ 1 , 2 ] }\n',
    "{}",
    "[]",
]


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_3_2_messages_are_what_the_exchange_sent(document: str) -> None:
    async with Server(greeting=batch([document])) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as s:
        got = await receive(s)
        assert repr(got) == repr(json.loads(document))
        assert type(got) in (dict, list)


async def test_3_2_no_number_becomes_a_float_however_long() -> None:
    document = '{"id":123456789012345678901234567890}'
    async with Server(greeting=batch([document])) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as s:
        assert repr(await receive(s)) == repr(json.loads(document))


async def test_3_2_in_the_order_of_arrival() -> None:
    async def script(peer: Peer, n: int) -> None:
        start = 0
        for size in [1, 1, 10, 500, 1, 2000, 3]:
            await peer.send_bytes(batch(trades(start, start + size)))
            start += size
            await asyncio.sleep(0)

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        assert await take(socket, 2516) == trades(0, 2516)


async def test_3_2_the_first_message_may_come_with_the_answer_that_opens() -> None:
    async with (
        Server(greeting=batch(trades(0, 3))) as server,
        manager(server) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        assert await take(socket, 3) == trades(0, 3)


async def test_3_2_combined_streams_keep_their_wrapper() -> None:
    wrapped = [{"stream": "bnbbtc@trade", "data": trade(1)}, {"stream": "ethbtc@trade", "data": trade(1, "ETHBTC")}]
    async with (
        Server(greeting=batch(wrapped)) as server,
        manager(server) as bm,
        bm.multiplex_socket(["bnbbtc@trade", "ethbtc@trade"]) as socket,
    ):
        assert await take(socket, 2) == wrapped


async def test_3_2_recv_waits_as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReconnectingWebsocket, "TIMEOUT", 0.1)
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        waiting = asyncio.create_task(socket.recv())
        await asyncio.sleep(0.5)
        assert not waiting.done()
        await server.peers[0].send_text(trade(1))
        assert await waiting == trade(1)


# 3.3


async def test_3_3_two_thousand_short_waits_lose_nothing() -> None:
    count = 2000
    dice = random.Random(3)

    async def script(peer: Peer, n: int) -> None:
        for message in trades(0, count):
            await peer.send_text(message)
            if dice.random() < 0.7:
                await asyncio.sleep(dice.random() * 0.001)

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        got: list[Any] = []
        waits = timeouts = 0
        while len(got) < count or waits < 2000:
            waits += 1
            try:
                got.append(await asyncio.wait_for(socket.recv(), dice.choice([0, 0.0001, 0.0005, 0.001])))
            except TimeoutError:
                timeouts += 1
        assert got == trades(0, count)
        assert timeouts > 100


async def test_3_3_the_message_that_comes_with_the_cancellation_is_kept() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        peer = await server.peer()
        got = []
        for n in range(300):
            waiting = asyncio.create_task(socket.recv())
            await asyncio.sleep(0)
            await peer.send_text(trade(n))
            for _ in range(n % 6):
                await asyncio.sleep(0)
            waiting.cancel()
            try:
                got.append(await waiting)
            except asyncio.CancelledError:
                got.append(await receive(socket))
        assert got == trades(0, 300)


async def test_3_3_a_cancelled_one_of_two_waiting_tasks_takes_nothing_with_it() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        peer = await server.peer()
        for n in range(100):
            first, second = asyncio.create_task(socket.recv()), asyncio.create_task(socket.recv())
            await asyncio.sleep(0)
            await peer.send_text(trade(n))
            for _ in range(n % 6):
                await asyncio.sleep(0)
            first.cancel()
            done = await asyncio.gather(first, return_exceptions=True)
            if isinstance(done[0], dict):
                assert done[0] == trade(n)
                second.cancel()
                await asyncio.gather(second, return_exceptions=True)
            else:
                async with asyncio.timeout(5):
                    assert await second == trade(n)


async def test_3_3_a_timeout_around_a_loop_of_recv() -> None:
    async def script(peer: Peer, n: int) -> None:
        for message in trades(0, 100):
            await peer.send_text(message)
            await asyncio.sleep(0.002)

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        got: list[Any] = []
        while len(got) < 100:
            try:
                async with asyncio.timeout(0.011):
                    while True:
                        got.append(await socket.recv())
            except TimeoutError:
                pass
        assert got == trades(0, 100)


async def test_3_3_asking_without_waiting_gets_what_is_there() -> None:
    async with Server() as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        peer = await server.peer()
        for start in range(0, 30, 3):
            await peer.send_bytes(batch(trades(start, start + 3)))
            await peer.sync()
            got: list[Any] = []
            for _ in range(20):
                try:
                    async with asyncio.timeout(0):
                        got.append(await socket.recv())
                except TimeoutError:
                    continue
            assert got == trades(start, start + 3)


# 3.4

ADVICE = r"(?i)enter|open|async with"


async def test_3_4_recv_before_entering() -> None:
    async with Server() as server, manager(server) as bm:
        with at_most(0.5), pytest.raises(ReadLoopClosed, match=ADVICE):
            await receive(bm.trade_socket("BNBBTC"))


async def test_3_4_recv_after_leaving() -> None:
    async with Server(five) as server, manager(server) as bm:
        async with bm.trade_socket("BNBBTC") as socket:
            await receive(socket)
        for _ in range(3):
            with at_most(0.5), pytest.raises(ReadLoopClosed, match=ADVICE):
                await receive(socket)


async def test_3_4_closed_while_waiting() -> None:
    async with Server() as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        await socket.__aenter__()
        waiting = [asyncio.create_task(socket.recv()) for _ in range(3)]
        await asyncio.sleep(0)
        await socket.close()
        for task in waiting:
            with at_most(0.5), pytest.raises(ReadLoopClosed, match=ADVICE):
                await task


@pytest.mark.usefixtures("slow")
async def test_3_4_closed_while_waiting_in_a_back_off() -> None:
    async with Server() as server, manager(server) as bm:
        socket = bm.trade_socket("BNBBTC")
        await socket.__aenter__()
        server.refuse(429, headers={"Retry-After": "30"})
        waiting = asyncio.create_task(socket.recv())
        await server.peers[0].close(1001)
        await server.attempt(1)
        await asyncio.sleep(0.05)
        await socket.close()
        with at_most(0.5), pytest.raises(ReadLoopClosed, match=ADVICE):
            await waiting


# 3.5 and 3.6: the states in which a socket can be left or cancelled

State = Callable[[Server, BinanceSocketManager, Events], Awaitable[Any]]


async def quiet(server: Server, bm: BinanceSocketManager, events: Events) -> Any:
    return await bm.trade_socket("BNBBTC").__aenter__()


async def streaming(server: Server, bm: BinanceSocketManager, events: Events) -> Any:
    socket = await quiet(server, bm, events)
    await server.peers[0].send_bytes(batch(trades(0, 1000)))
    await receive(socket)
    return socket


async def half_a_message(server: Server, bm: BinanceSocketManager, events: Events) -> Any:
    socket = await quiet(server, bm, events)
    await server.peers[0].send_bytes(batch(trades(0, 2))[:-10])
    await receive(socket)
    return socket


async def dead_peer(server: Server, bm: BinanceSocketManager, events: Events) -> Any:
    socket = await quiet(server, bm, events)
    server.peers[0].go_silent()
    return socket


async def close_not_answered(server: Server, bm: BinanceSocketManager, events: Events) -> Any:
    socket = await quiet(server, bm, events)
    server.peers[0].answer_close = False
    return socket


async def backing_off(server: Server, bm: BinanceSocketManager, events: Events) -> Any:
    socket = await quiet(server, bm, events)
    server.refuse(503)
    server.peers[0].reset()
    await events.wait("reconnecting", 2)
    return socket


async def told_to_wait(server: Server, bm: BinanceSocketManager, events: Events) -> Any:
    socket = await quiet(server, bm, events)
    server.refuse(429, headers={"Retry-After": "30"})
    server.peers[0].reset()
    await events.wait("reconnecting", 2)
    return socket


async def handshake_in_flight(server: Server, bm: BinanceSocketManager, events: Events) -> Any:
    socket = await quiet(server, bm, events)
    server.never_answer()
    server.peers[0].reset()
    await server.attempt(1)
    return socket


async def paused(server: Server, bm: BinanceSocketManager, events: Events) -> Any:
    """A full buffer under 'block': the manager of these tests holds five messages, the server sends without end."""
    socket = await quiet(server, bm, events)
    chunk = batch(trades(0, 100)) * 100

    async def flood() -> None:
        for _ in range(100):
            await asyncio.wait_for(server.peers[0].send_bytes(chunk), 0.2)

    with pytest.raises(TimeoutError):
        await flood()
    return socket


STATES = [
    quiet,
    streaming,
    half_a_message,
    dead_peer,
    close_not_answered,
    backing_off,
    told_to_wait,
    handshake_in_flight,
    paused,
]


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("state", STATES)
async def test_3_5_leaving_takes_at_most_a_second_and_leaves_nothing(state: State) -> None:
    events = Events()
    async with Server() as server, manager(server, max_queue_size=5, on_event=events) as bm:
        leaks = Leaks()
        socket = await state(server, bm, events)
        with at_most(EXIT):
            await socket.__aexit__(None, None, None)
        attempts = len(server.attempts)
        await leaks.none_left(server)
        with pytest.raises(ReadLoopClosed):
            await receive(socket)
        assert len(server.attempts) == attempts


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("state", [quiet, streaming, dead_peer, close_not_answered, paused])
async def test_3_5_leaving_over_tls(state: State, tls: ssl.SSLContext) -> None:
    async with Server(tls=tls) as server, manager(server, max_queue_size=5) as bm:
        leaks = Leaks()
        socket = await state(server, bm, Events())
        with at_most(EXIT):
            await socket.close()
        await leaks.none_left(server)


@pytest.mark.usefixtures("slow")
async def test_3_5_leaving_in_a_back_off_makes_no_further_attempt() -> None:
    events = Events()
    async with Server() as server, manager(server, on_event=events) as bm:
        socket = await backing_off(server, bm, events)
        attempts = len(server.attempts)
        await socket.close()
        await asyncio.sleep(events.of("reconnecting")[-1].delay + 0.1)
        assert len(server.attempts) == attempts


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("plan", ["never answered", "refused"])
async def test_3_5_closed_by_another_task_while_it_first_connects(plan: str) -> None:
    async with Server() as server, manager(server) as bm:
        leaks = Leaks()
        server.never_answer() if plan == "never answered" else server.refuse(503)
        socket = bm.trade_socket("BNBBTC")
        entering = asyncio.create_task(socket.__aenter__())
        await server.attempt()
        await asyncio.sleep(0.05)
        with at_most(EXIT):
            await socket.close()
            done, _ = await asyncio.wait([entering], timeout=EXIT)
        assert done, "__aenter__ goes on after close()"
        assert entering.exception() is not None
        await leaks.none_left(server)


async def test_3_5_an_exception_passes_through() -> None:
    async with Server() as server, manager(server) as bm:
        leaks = Leaks()
        with pytest.raises(ZeroDivisionError):
            async with bm.trade_socket("BNBBTC"):
                raise ZeroDivisionError
        await leaks.none_left(server)


async def test_3_5_a_cancellation_passes_through() -> None:
    async with Server() as server, manager(server) as bm:
        leaks = Leaks()

        async def job() -> None:
            async with bm.trade_socket("BNBBTC") as socket:
                await socket.recv()

        task = asyncio.create_task(job())
        await server.peer()
        await asyncio.sleep(0.02)
        task.cancel()
        with at_most(EXIT), pytest.raises(asyncio.CancelledError):
            await task
        await leaks.none_left(server)


async def test_3_5_many_lives_leave_nothing() -> None:
    async with Server(five) as server, manager(server) as bm:
        leaks = Leaks()
        for _ in range(50):
            async with bm.trade_socket("BNBBTC") as socket:
                assert await receive(socket) == trade(0)
        await leaks.none_left(server)


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("state", STATES)
async def test_3_6_cancelling_recv(state: State) -> None:
    events = Events()
    async with Server() as server, manager(server, max_queue_size=5, on_event=events) as bm:
        leaks = Leaks()
        socket = await state(server, bm, events)

        async def consume() -> None:
            while True:
                await socket.recv()
                await asyncio.sleep(0)

        waiting = asyncio.create_task(consume())
        await asyncio.sleep(0.05)
        waiting.cancel()
        with at_most(CANCEL), pytest.raises(asyncio.CancelledError):
            await waiting
        await socket.close()
        await leaks.none_left(server)


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("state", STATES)
async def test_3_6_cancelling_the_exit(state: State) -> None:
    events = Events()
    async with Server() as server, manager(server, max_queue_size=5, on_event=events) as bm:
        leaks = Leaks()
        socket = await state(server, bm, events)
        leaving = asyncio.create_task(socket.close())
        await asyncio.sleep(0.01)
        was_over = leaving.done()
        leaving.cancel()
        with at_most(CANCEL):
            await asyncio.wait([leaving])
        assert leaving.cancelled() or was_over
        await leaks.none_left(server)
        with pytest.raises(ReadLoopClosed):
            await receive(socket)


async def test_3_6_cancelling_who_does_nothing_but_receive() -> None:
    """A flood, and a loop that awaits nothing but `recv()`: other tasks get their turn, and cancelling works."""
    async with (
        Server(greeting=batch(trades(0, 1000)) * 200) as server,
        manager(server) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):

        async def consume() -> None:
            while True:
                await socket.recv()

        consuming = asyncio.create_task(consume())
        gaps = []
        for _ in range(10):
            started = time.monotonic()
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - started)
        assert not consuming.done()
        consuming.cancel()
        with at_most(CANCEL), pytest.raises(asyncio.CancelledError):
            await consuming
        assert max(gaps) < 0.3


SCRIPT = """
import asyncio, sys
from binance import AsyncClient, BinanceSocketManager, Environment

async def main(url, leave):
    client = AsyncClient(environment=Environment.local(url))
    socket = BinanceSocketManager(client).trade_socket("BNBBTC")
    if leave == "forget":
        await socket.__aenter__()
        await socket.recv()
        return
    async with client, socket:
        while True:
            await socket.recv()

asyncio.run(main(*sys.argv[1:]))
"""


async def run_script(server: Server, leave: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, server.url, leave, stdout=pipe, stderr=pipe
    )


NOISE = ("destroyed", "never retrieved", "never awaited", "Unclosed", "unraisable", "ignored")


async def test_3_6_ctrl_c() -> None:
    async with Server(greeting=batch([trade(0)])) as server:
        process = await run_script(server, "ctrl-c")
        await (await server.peer()).sync()
        process.send_signal(signal.SIGINT)
        with at_most(EXIT + 1):
            out, err = await process.communicate()
        assert out == b""
        assert err.decode().strip().endswith("KeyboardInterrupt")
        assert not any(noise in err.decode() for noise in NOISE), err.decode()


async def test_3_6_a_program_that_ends_without_leaving() -> None:
    async with Server(greeting=batch([trade(0)])) as server:
        process = await run_script(server, "forget")
        async with asyncio.timeout(10):
            out, err = await process.communicate()
        assert (process.returncode, out) == (0, b"")
        assert not any(noise in err.decode() for noise in NOISE), err.decode()


ENTERING: dict[str, Callable[[Server], None]] = {
    "handshake in flight": lambda server: server.never_answer(),
    "backing off": lambda server: server.refuse(503),
    "told to wait": lambda server: server.refuse(429, headers={"Retry-After": "30"}),
    "hung up on": lambda server: server.hang_up(),
}


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("plan", ENTERING)
async def test_3_6_cancelling_the_entry_and_entering_again(plan: str) -> None:
    async with Server(five) as server, manager(server) as bm:
        leaks = Leaks()
        ENTERING[plan](server)
        socket = bm.trade_socket("BNBBTC")
        entering = asyncio.create_task(socket.__aenter__())
        await server.attempt()
        await asyncio.sleep(0.05)
        entering.cancel()
        with at_most(CANCEL), pytest.raises(asyncio.CancelledError):
            await entering
        await leaks.none_left(server)
        if plan == "told to wait":
            return  # the whole host asked for thirty seconds, so entering again would wait as well
        server.welcome()
        async with bm.trade_socket("BNBBTC") as fresh:
            assert await receive(fresh) == trade(0)


@pytest.mark.usefixtures("slow")
async def test_3_6_a_timeout_around_the_entry() -> None:
    async with Server() as server, manager(server) as bm:
        leaks = Leaks()
        server.never_answer()
        with at_most(0.1 + CANCEL), pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await bm.trade_socket("BNBBTC").__aenter__()
        await leaks.none_left(server)


@pytest.mark.usefixtures("slow")
async def test_3_6_one_of_two_entering_tasks_is_cancelled() -> None:
    async with Server(five) as server, manager(server, open_timeout=5) as bm:
        server.refuse(503, times=1)
        socket = bm.trade_socket("BNBBTC")
        first, second = asyncio.create_task(socket.__aenter__()), asyncio.create_task(socket.__aenter__())
        await server.attempt()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        async with asyncio.timeout(5):
            await second
        assert await receive(socket) == trade(0)
        await socket.__aexit__(None, None, None)
        await server.peers[-1].closed
        assert all(peer.is_closed for peer in server.peers)
