"""Faults, seen as bytes: what exactly happens on the wire, to whom, and what comes after."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import sys

import aiohttp
import pytest

from binance.sandbox import Limits, Sandbox
from binance.sandbox.admin import KINDS

from .clients import CLOSE, PING, PONG, TEXT, Wire, heard, joined, quiet

linux = pytest.mark.skipif(sys.platform != "linux", reason="counts TCP segments, which only Linux tells")


def text_frame(message: dict) -> bytes:
    body = json.dumps(message, separators=(",", ":")).encode()
    return bytes((0x81, len(body))) + body


def close_frame(code: int) -> bytes:
    return bytes((0x88, 2)) + struct.pack("!H", code)


def data_segments(wire: Wire) -> int:
    """How many TCP segments with data this client has got: `tcpi_data_segs_in` of Linux's `struct tcp_info`."""
    info = wire.writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
    return struct.unpack_from("I", info, 152)[0]


async def chatter(wire: Wire) -> None:
    while True:
        wire.writer.write(b"anything")
        await wire.writer.drain()
        await asyncio.sleep(0.05)


@linux
async def test_drop_ends_behind_the_data_in_the_same_segment():
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        for n in range(3):
            await exchange.publish("a@trade", {"t": n})
        assert exchange.faults.drop(1012) == 1
        assert exchange.connections == []
        expected = b"".join(text_frame({"t": n}) for n in range(3)) + close_frame(1012)
        assert await wire.end() == expected
        assert data_segments(wire) == 2  # the answer to the handshake, and this


@linux
async def test_drop_after_some_messages_shares_their_segment():
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        exchange.faults.drop(1001, after=2)
        await exchange.publish("a@trade", {"t": 1})
        assert await wire.frame() == (TEXT, b'{"t":1}')
        await exchange.publish("a@trade", {"t": 2})
        await exchange.publish("a@trade", {"t": 3})
        assert await wire.end() == text_frame({"t": 2}) + close_frame(1001)
        assert data_segments(wire) == 3


@pytest.mark.parametrize(("code", "expected"), [(1006, b""), (1005, bytes((0x88, 0))), (1000, close_frame(1000))])
async def test_drop_with_and_without_a_close_frame(code, expected):
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        exchange.faults.drop(code)
        assert await wire.end() == expected


async def test_drop_does_not_wait_for_a_client_that_never_answers():
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        exchange.faults.drop()
        await wire.end()
        # our half is still open: only when the exchange has lost patience do our bytes meet a reset
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(chatter(wire), 5)


async def test_reset_is_a_tcp_reset():
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        await exchange.publish("a@trade", {"t": 1})
        assert exchange.faults.reset() == 1
        with pytest.raises(ConnectionResetError):
            await wire.end()


async def test_half_open_keeps_the_socket_and_says_nothing():
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        assert exchange.faults.half_open() == 1
        await exchange.wait_connections(0)
        await exchange.publish("a@trade", {"t": 1})
        wire.send(PING, b"anybody?")
        wire.send(CLOSE, (1000).to_bytes(2, "big"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wire.reader.read(1), 0.2)
        exchange.faults.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wire.reader.read(1), 0.1)
        async with joined(exchange, "/ws/a@trade") as other:
            await exchange.publish("a@trade", {"t": 2})
            assert await heard(other) == {"t": 2}


async def test_the_exchange_gives_up_on_a_half_open_connection_in_the_end():
    async with (
        quiet(limits=Limits(ping_interval=0.1, ping_timeout=0.1)) as exchange,
        Wire.open(exchange, "/ws/a@trade") as wire,
    ):
        exchange.faults.half_open()
        assert await wire.end() == b""


async def test_delay_keeps_the_order_and_covers_later_connections():
    async with quiet() as exchange:
        exchange.faults.delay(0.15)
        async with joined(exchange, "/ws/a@trade") as client:
            started = asyncio.get_running_loop().time()
            await exchange.publish("a@trade", {"t": 1})
            await asyncio.sleep(0.05)
            await exchange.publish("a@trade", {"t": 2})
            assert [await heard(client) for _ in range(2)] == [{"t": 1}, {"t": 2}]
            assert asyncio.get_running_loop().time() - started > 0.19
            exchange.faults.delay(30)
            await exchange.publish("a@trade", {"t": 3})
            await asyncio.sleep(0)
            exchange.faults.clear()
            await exchange.publish("a@trade", {"t": 4})
            assert [await heard(client) for _ in range(2)] == [{"t": 3}, {"t": 4}]


async def test_a_delayed_connection_closes_behind_its_data():
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        exchange.faults.delay(0.1)
        await exchange.publish("a@trade", {"t": 1})
        exchange.faults.drop(1011)
        assert await wire.end() == text_frame({"t": 1}) + close_frame(1011)


async def test_refuse_answers_the_next_handshakes():
    async with quiet() as exchange:
        exchange.faults.refuse(429, retry_after=7)
        exchange.faults.refuse(503, times=2, body="busy")
        seen = []
        for _ in range(4):
            async with Wire.open(exchange, "/ws/a@trade") as wire:
                seen.append((wire.status, wire.headers.get("retry-after")))
        assert seen == [(429, "7"), (503, None), (503, None), (101, None)]


async def test_garble_cuts_one_message_in_half():
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        exchange.faults.garble()
        for n in (1, 2):
            await exchange.publish("a@trade", {"t": n})
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            json.loads(await wire.text())
        assert await wire.text() == '{"t":2}'


async def test_duplicate_and_reorder():
    async with quiet() as exchange, joined(exchange, "/ws/a@trade") as client:
        exchange.faults.duplicate()
        for n in (1, 2):
            await exchange.publish("a@trade", {"t": n})
        assert [(await heard(client))["t"] for _ in range(3)] == [1, 1, 2]
        exchange.faults.reorder()
        for n in (3, 4, 5):
            await exchange.publish("a@trade", {"t": n})
        assert [(await heard(client))["t"] for _ in range(3)] == [4, 3, 5]


@pytest.mark.parametrize("end", ["clear", "drop"])
async def test_a_message_held_for_reordering_is_not_lost(end):
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        exchange.faults.reorder()
        await exchange.publish("a@trade", {"t": 1})
        getattr(exchange.faults, end)()
        assert await wire.text() == '{"t":1}'


async def test_mute_pongs_silences_only_pongs():
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        wire.send(PING, b"one")
        assert await wire.frame() == (PONG, b"one")
        assert exchange.faults.mute_pongs() == 1
        wire.send(PING, b"two")
        wire.send(TEXT, b'{"method":"LIST_SUBSCRIPTIONS","id":1}')
        assert await wire.frame() == (TEXT, b'{"result":["a@trade"],"id":1}')
        exchange.faults.clear()
        wire.send(PING, b"three")
        assert await wire.frame() == (PONG, b"three")


async def test_shut_down_announces_itself_in_each_framing_and_unit():
    async with (
        quiet() as exchange,
        Wire.open(exchange, "/ws/a@trade") as raw,
        Wire.open(exchange, "/stream?streams=a@trade&timeUnit=MICROSECOND") as combined,
    ):
        now = exchange.now_us()
        assert exchange.faults.shut_down(0.1) == 2
        plain = json.loads(await raw.text())
        wrapped = json.loads(await combined.text())
        assert plain == {"e": "serverShutdown", "E": plain["E"]}
        assert abs(plain["E"] - now / 1000) < 5000
        event = wrapped["data"]
        assert wrapped == {"stream": "!serverShutdown", "data": {"e": "serverShutdown", "E": event["E"]}}
        assert abs(event["E"] - now) < 5_000_000
        await exchange.publish("a@trade", {"t": 1})
        assert await raw.text() == '{"t":1}'
        async with joined(exchange, "/ws/a@trade") as fresh:
            assert await raw.closing() == (1001, "")
            assert (await combined.text(), await combined.closing())[1] == (1001, "")
            await exchange.publish("a@trade", {"t": 2})
            assert await heard(fresh) == {"t": 2}


async def test_a_stream_selects_its_connections():
    async with (
        quiet() as exchange,
        Wire.open(exchange, "/ws/a@trade") as hit,
        joined(exchange, "/ws/b@trade") as spared,
    ):
        assert exchange.faults.drop(stream="a@trade") == 1
        await exchange.publish("b@trade", {"t": 1})
        assert await heard(spared) == {"t": 1}
        assert await hit.closing() == (1001, "")
        assert exchange.faults.reset(stream="nobody@trade") == 0


async def test_rest_answers_can_be_spoilt():
    async with Sandbox() as exchange, aiohttp.ClientSession(exchange.url) as session:

        async def ping() -> tuple[int, str, str | None]:
            async with session.get("/api/v3/ping") as reply:
                return reply.status, await reply.text(), reply.headers.get("Retry-After")

        exchange.faults.rest(418, retry_after=120, body={"code": -1003, "msg": "banned"})
        assert await ping() == (418, '{"code": -1003, "msg": "banned"}', "120")
        exchange.faults.rest(drop=True, times=2)  # aiohttp repeats a GET once on its own
        with pytest.raises(aiohttp.ClientError):
            await ping()
        exchange.faults.clear()
        exchange.faults.rest(delay=0.1)
        started = asyncio.get_running_loop().time()
        assert await ping() == (200, "{}", None)
        assert asyncio.get_running_loop().time() - started >= 0.09


async def test_the_admin_endpoint_fires_shows_and_clears():
    async with (
        quiet() as exchange,
        Wire.open(exchange, "/ws/a@trade") as wire,
        aiohttp.ClientSession(exchange.url) as session,
    ):

        async def fire(**fault) -> tuple[int, dict]:
            async with session.post("/sandbox/faults", json=fault) as reply:
                return reply.status, await reply.json()

        async def state() -> dict:
            async with session.get("/sandbox/state") as reply:
                return await reply.json()

        assert await fire(kind="delay", seconds=0.01, stream="b@trade") == (200, {"hit": 0})
        assert await fire(kind="refuse", status=503, times=2) == (200, {"hit": 0})
        shown = await state()
        assert [fault["kind"] for fault in shown["faults"]] == ["delay", "refuse"]
        assert shown["accepted"] == 1
        (connection,) = shown["connections"]
        assert connection["path"] == "/ws/a@trade"
        assert connection["streams"] == ["a@trade"]
        async with session.delete("/sandbox/faults") as reply:
            assert reply.status == 200
        assert (await state())["faults"] == []
        assert await fire(kind="drop", code=4001) == (200, {"hit": 1})
        assert await wire.closing() == (4001, "")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"kind": "explode"}', "drop, reset, half_open"),
        ('{"kind": "drop", "when": "now"}', "when"),
        ('{"kind": "drop", "code": 12}', "code=12"),
        ('{"kind": "drop", "code": "x"}', "code='x'"),
        ('{"kind": "drop", "after": -1}', "after=-1"),
        ('{"kind": "delay"}', "seconds"),
        ('{"kind": "delay", "seconds": "long"}', "str"),
        ('{"kind": "refuse", "status": 200}', "status=200"),
        ('{"kind": "clear"}', "unknown kind"),
        ("[]", "object"),
        ("drop!", "Expecting value"),
    ],
)
async def test_a_wrong_request_for_a_fault_is_explained(body, told):
    async with quiet() as exchange, aiohttp.ClientSession(exchange.url) as session:
        async with session.post("/sandbox/faults", data=body) as reply:
            assert reply.status == 400
            assert told in (await reply.json())["error"]
        assert exchange.faults.standing() == []


async def test_two_hundred_faults_at_random_leave_a_sound_exchange():
    """Whatever fires whenever, on however many connections: afterwards the exchange is as it was."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    arguments = {"delay": (0.002,), "refuse": (503,), "shut_down": (0.01,), "rest": (500,)}
    limits = Limits(connections=10**6, messages_per_second=10**6, ping_interval=0.05, ping_timeout=0.2)
    async with Sandbox(rate=500, limits=limits) as exchange:

        async def customer(path: str) -> None:
            while True:
                try:
                    async with Wire.open(exchange, path) as wire:
                        while wire.status == 101 and (frame := await wire.frame(0.3))[0] != CLOSE:
                            if frame[0] == PING:
                                wire.send(PONG, frame[1])
                except (OSError, EOFError, TimeoutError):
                    continue

        paths = ["/ws/btcusdt@trade", "/stream?streams=btcusdt@depth@100ms/ethusdt@trade", "/ws", "/ws/bnbbtc@ticker"]
        async with asyncio.TaskGroup() as group:
            customers = [group.create_task(customer(path)) for path in paths]
            for _ in range(200):
                kind = dice.choice([*KINDS, "clear"])
                picky = kind not in ("refuse", "rest", "clear") and dice.random() < 0.3
                options = {"stream": "btcusdt@trade"} if picky else {}
                getattr(exchange.faults, kind)(*arguments.get(kind, ()), **options)
                await asyncio.sleep(dice.choice([0, 0, 0.001, 0.01]))
            for task in customers:
                task.cancel()
        exchange.faults.clear()
        await exchange.wait_connections(0)
        async with joined(exchange, "/ws/btcusdt@trade") as client:
            trades = [(await heard(client))["t"] for _ in range(5)]
        assert trades == list(range(trades[0], trades[0] + 5))
