"""Recorded traffic of the real exchange, replayed by the sandbox through one multiplex socket: all equal, in order.

The recordings are not part of the project: BINANCE_SHARED names the folder that has `captures/`, else `../shared`.
"""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from binance import AsyncClient, BinanceSocketManager, Environment
from binance.sandbox import Sandbox

CAPTURES = Path(os.environ.get("BINANCE_SHARED", Path(__file__).parents[3] / "shared")) / "captures"
RECORDED = {"binance_spot_btcusdt_2024.jsonl.gz": 99573, "binance_spot_2021.jsonl.gz": 12625}


@pytest.mark.parametrize("name", RECORDED)
async def test_every_recorded_message_arrives_equal_and_in_order(name: str) -> None:
    path = CAPTURES / name
    if not path.exists():
        pytest.skip(f"the recording {path} is not here; set BINANCE_SHARED to the folder that has captures/")
    with gzip.open(path, "rt") as lines:
        records = [json.loads(line) for line in lines]
    streams = dict.fromkeys(name for record in records for name in _streams(record["c"]))
    async with (
        Sandbox(replay=path, speed="max") as exchange,
        AsyncClient(environment=Environment.local(exchange.url)) as client,
        BinanceSocketManager(client) as bm,
        bm.multiplex_socket(list(streams)) as socket,
    ):
        for number, record in enumerate(records):
            assert await socket.recv() == json.loads(record["m"]), f"message {number}"
        assert socket.stats.waiting == 0
        assert socket.stats.messages == len(records) == RECORDED[name]
        assert socket.stats.reconnects == socket.stats.decode_errors == socket.stats.dropped == 0


def _streams(url: str) -> list[str]:
    return parse_qs(urlsplit(url).query)["streams"][0].split("/")
