"""The exchange's patience: message rate, pings, age, connection attempts; over the wire and as pure counters."""

from __future__ import annotations

import json
import time

import aiohttp
import pytest

from binance.sandbox import Limits
from binance.sandbox.limits import Lifetime, Window

from .clients import PING, PONG, TEXT, Wire, quiet

LIST = json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": 1}).encode()


async def test_five_messages_a_second_are_fine_and_the_sixth_ends_it():
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        for _ in range(6):
            wire.send(TEXT, LIST)
        for _ in range(5):
            assert json.loads(await wire.text()) == {"result": ["a@trade"], "id": 1}
        assert await wire.closing() == (1008, "Too many requests")
        assert await wire.end() == b""
        await exchange.wait_connections(0)


async def test_pings_and_pongs_count_as_messages():
    async with quiet() as exchange, Wire.open(exchange, "/ws") as wire:
        wire.send(TEXT, LIST)
        wire.send(PONG, b"unasked")
        wire.send(PING, b"one")
        wire.send(PONG)
        wire.send(PING, b"two")
        wire.send(PING, b"three")
        assert [await wire.frame() for _ in range(3)][1:] == [(PONG, b"one"), (PONG, b"two")]
        assert await wire.closing() == (1008, "Too many requests")


async def test_the_exchange_pings_with_the_time_and_is_content_with_a_copy():
    async with (
        quiet(limits=Limits(ping_interval=0.1, ping_timeout=0.3)) as exchange,
        Wire.open(exchange, "/ws") as wire,
    ):
        for _ in range(4):
            opcode, payload = await wire.frame()
            assert opcode == PING
            assert abs(int(payload) - time.time() * 1000) < 5000
            wire.send(PONG, payload)
        assert len(exchange.connections) == 1


@pytest.mark.parametrize("answer", [None, b"", b"1700000000000"])
async def test_a_ping_without_its_pong_ends_the_connection(answer):
    async with (
        quiet(limits=Limits(ping_interval=0.05, ping_timeout=0.1)) as exchange,
        Wire.open(exchange, "/ws") as wire,
    ):
        assert (await wire.frame())[0] == PING
        if answer is not None:
            wire.send(PONG, answer)
        while (frame := await wire.frame())[0] == PING:
            pass
        assert frame == (0x8, b"\x03\xf0Pong timeout")


async def test_a_connection_ends_with_its_age():
    async with quiet(limits=Limits(max_age=0.1)) as exchange, Wire.open(exchange, "/ws") as wire:
        assert (await wire.closing())[0] == 1001
        assert await wire.end() == b""


async def test_attempts_beyond_the_limit_are_told_to_wait():
    async with quiet(limits=Limits(connections=3)) as exchange, aiohttp.ClientSession(exchange.url) as session:
        for _ in range(3):
            async with Wire.open(exchange, "/ws") as wire:
                assert wire.status == 101
        async with Wire.open(exchange, "/ws") as wire:
            assert wire.status == 429
            assert 290 < int(wire.headers["retry-after"]) <= 300
        async with session.get("/sandbox/state") as reply:
            assert reply.status == 200
        assert exchange.accepted == 3


async def test_attempts_are_admitted_again_when_the_window_has_passed():
    async with quiet(limits=Limits(connections=1, connections_window=0.2)) as exchange:
        statuses = set()
        while 429 not in statuses or statuses != {101, 429} or exchange.accepted < 2:
            async with Wire.open(exchange, "/ws") as wire:
                statuses.add(wire.status)


async def test_too_many_streams_in_the_url_are_refused():
    async with quiet(limits=Limits(streams=2)) as exchange, Wire.open(exchange, "/ws/a@b/c@d/e@f") as wire:
        assert wire.status == 400


def test_the_window_slides():
    window = Window(2, 1.0)
    assert [window.admits(now) for now in (0.0, 0.5, 0.9)] == [True, True, False]
    assert window.wait(0.9) == 1
    assert [window.admits(now) for now in (1.0, 1.4, 1.5)] == [True, False, True]
    assert Window(2, 300.0).wait(7.0) == 0


def test_the_window_tells_how_long_to_wait():
    window = Window(1, 300.0)
    assert window.admits(10.0)
    assert window.wait(60.5) == 250


def test_a_life_of_pings():
    life = Lifetime(Limits(max_age=100, ping_interval=20, ping_timeout=60), 0.0)
    assert life.due == 20
    assert life.step(19.9) is None
    assert life.step(20.0) == life.PING
    life.pinged(b"a", 20.0)
    assert life.step(40.0) == life.PING
    life.pinged(b"b", 40.0)
    life.ponged(b"unasked")
    assert life.step(60.0) == life.PING
    life.pinged(b"c", 60.0)
    life.ponged(b"b")  # settles "a" as well
    assert life.due == 80
    assert life.step(80.0) == life.PING
    assert life.step(100.0) == life.TOO_OLD
    assert life.step(120.0) == life.UNANSWERED
