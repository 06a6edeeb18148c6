"""Recorded traffic through the stream endpoints: the same text, in the same order, at the asked pace."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from pathlib import Path

import aiohttp
import pytest

from binance.sandbox import Sandbox
from binance.sandbox.replay import Replay

from .clients import Wire, ask, heard, joined

BASE = "wss://stream.binance.com:9443"
FIRST = f"{BASE}/stream?streams=a@trade/a@depth"
SECOND = f"{BASE}/stream?streams=b@trade"
RAW = f"{BASE}/ws/c@trade"

LINES = [
    (100.0, FIRST, '{"stream":"a@trade","data":{"e":"trade","t":1}}'),
    (100.1, SECOND, '{"stream":"b@trade","data":{"e":"trade","t":2}}'),
    (100.1, FIRST, '{ "stream": "a@depth", "data": {"e":"depthUpdate","s":"é}"} }'),
    (100.2, RAW, '{"e":"trade", "t":3}'),
    (100.4, FIRST, '{"stream":"a@trade","data":{"e":"trade","t":4}}'),
]
ALL = "/stream?streams=a@trade/a@depth/b@trade/c@trade"


@pytest.fixture
def capture(tmp_path):
    return record(tmp_path / "small.jsonl.gz", LINES)


def record(path: Path, lines: list[tuple[float, str, str]]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for t, c, m in lines:
            file.write(json.dumps({"t": t, "c": c, "m": m}) + "\n")
    return path


def shared(name: str) -> Path:
    root = Path(os.environ.get("BINANCE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
    path = root / "captures" / name
    if not path.exists():
        pytest.skip(f"the recorded traffic is not here: {path} (set BINANCE_SHARED to the folder that has captures/)")
    return path


async def test_one_connection_with_the_union_gets_every_message_in_order(capture):
    async with Sandbox(replay=capture, speed="max") as exchange, joined(exchange, ALL) as client:
        assert [await client.recv() for _ in LINES] == [
            LINES[0][2],
            LINES[1][2],
            LINES[2][2],
            '{"stream":"c@trade","data":{"e":"trade", "t":3}}',
            LINES[4][2],
        ]
        await exchange.replayed.wait()


async def test_raw_connections_get_the_data_text(capture):
    async with Sandbox(replay=capture, speed="max") as exchange, joined(exchange, "/ws/a@depth/c@trade") as client:
        assert await client.recv() == '{"e":"depthUpdate","s":"é}"}'
        assert await client.recv() == LINES[3][2]


async def test_the_timeline_starts_with_the_first_subscriber_and_keeps_its_pace(capture):
    loop = asyncio.get_running_loop()
    async with Sandbox(replay=capture, speed=2) as exchange, joined(exchange, "/stream") as client:
        await ask(client, "SUBSCRIBE", "unrelated@trade")
        await asyncio.sleep(0.3)
        started = loop.time()
        await client.send(json.dumps({"method": "SUBSCRIBE", "params": ["a@trade"], "id": 1}))
        seen = [await heard(client) for _ in range(3)]
        assert [message["data"]["t"] for message in seen if "data" in message] == [1, 4]
        assert 0.19 < loop.time() - started < 2
        assert exchange.replayed.is_set() or await exchange.replayed.wait()


async def test_afterwards_connections_stay_open_and_silent(capture):
    async with Sandbox(replay=capture, speed="max") as exchange, joined(exchange, "/ws/a@trade") as client:
        assert [(await heard(client))["t"] for _ in range(2)] == [1, 4]
        await exchange.replayed.wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.recv(), 0.1)
        assert await ask(client, "LIST_SUBSCRIPTIONS") == {"result": ["a@trade"], "id": 1}
        assert exchange.market is None


async def test_pauses_between_recordings_are_shortened(tmp_path):
    lines = [(0.0, RAW, '{"t":1}'), (10_000_000.0, RAW, '{"t":2}')]
    async with (
        Sandbox(replay=record(tmp_path / "x.gz", lines), speed=5) as exchange,
        joined(exchange, "/ws/c@trade") as client,
    ):
        assert [(await heard(client))["t"] for _ in range(2)] == [1, 2]


async def test_at_max_speed_nothing_is_lost_on_a_slow_reader(tmp_path):
    lines = [(n / 1000, RAW, json.dumps({"n": n, "x": "y" * 5000})) for n in range(10_000)]
    path = record(tmp_path / "big.gz", lines)
    async with Sandbox(replay=path, speed="max") as exchange, Wire.open(exchange, "/ws/c@trade", limit=1000) as slow:
        await asyncio.sleep(0.3)
        assert not exchange.replayed.is_set()
        assert exchange.connections[0].waiting_bytes < 10_000_000
        for n in range(10_000):
            assert (await slow.text()).startswith(f'{{"n": {n},')


async def test_at_max_speed_the_timeline_waits_for_listeners(tmp_path):
    lines = [(n / 1000, RAW, json.dumps({"n": n, "x": "y" * 5000})) for n in range(10_000)]
    async with Sandbox(replay=record(tmp_path / "big.gz", lines), speed="max") as exchange:
        async with Wire.open(exchange, "/ws/c@trade", limit=1000) as first:
            assert json.loads(await first.text())["n"] == 0
            exchange.faults.half_open()
        await asyncio.sleep(0.05)
        assert not exchange.replayed.is_set()
        async with joined(exchange, "/ws/c@trade") as second:
            rest = [json.loads(await second.recv())["n"]]
            while rest[-1] != 9999:
                rest.append(json.loads(await second.recv())["n"])
        assert rest == list(range(rest[0], 10_000))


async def test_replies_to_the_recorder_are_left_out(tmp_path):
    lines = [(0.0, FIRST, '{"result":null,"id":1}'), (0.1, FIRST, LINES[0][2])]
    async with (
        Sandbox(replay=record(tmp_path / "x.gz", lines), speed="max") as exchange,
        joined(exchange, "/ws/a@trade") as client,
    ):
        assert await heard(client) == {"e": "trade", "t": 1}


async def test_ping_and_time_work_without_a_market(capture):
    async with Sandbox(replay=capture) as exchange, aiohttp.ClientSession(exchange.url) as session:
        async with session.get("/api/v3/ping") as reply:
            assert (reply.status, await reply.json()) == (200, {})
        async with session.get("/api/v3/time") as reply:
            assert abs((await reply.json())["serverTime"] - exchange.now_us() / 1000) < 5000


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "no stream message"),
        ([(0.0, RAW, "not json")], "line 1"),
        ([(0.0, RAW, '{"t":1}'), (1.0, f"{BASE}/ws/a@trade/b@trade", '{"t":1}')], "line 2.*one stream"),
    ],
)
def test_an_unusable_capture_is_told_with_its_line(tmp_path, lines, told):
    with pytest.raises(ValueError, match=told):
        Replay.of(record(tmp_path / "bad.gz", lines))


def test_a_replay_is_a_source_of_its_streams(capture):
    replay = Replay.of(capture)
    assert replay.streams == ["a@trade", "b@trade", "a@depth", "c@trade"]
    assert replay.symbols == ["A", "B", "C"]
    assert len(replay) == 5
    with pytest.raises(ValueError, match="speed=0"):
        Replay.of(capture, speed=0)


@pytest.mark.parametrize("name", ["binance_spot_btcusdt_2024.jsonl.gz", "binance_spot_2021.jsonl.gz"])
async def test_a_whole_recording_arrives_equal_and_in_order(name):
    path = shared(name)
    with gzip.open(path, "rt") as file:
        texts = [json.loads(line)["m"] for line in file]
    streams = dict.fromkeys(json.loads(text)["stream"] for text in texts)
    async with (
        Sandbox(replay=path, speed="max") as exchange,
        joined(exchange, "/stream?streams=" + "/".join(streams)) as client,
    ):
        async with asyncio.timeout(20):
            for text in texts:
                assert await client.recv() == text
        await exchange.replayed.wait()
