"""The examples run, end by themselves, and say what they promise; each against a local exchange."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from binance.sandbox import Sandbox

EXAMPLES = Path(__file__).parent.parent / "examples"

PRICE = r"\d+\.\d{8}"
#: What each must say, line by line or somewhere.
PROMISES = {
    "by_hand": rf"\A(bid {PRICE} ask {PRICE}\n){{5}}\Z",
    "events": r"(?s)\Aconnected\n.*disconnected \(.*reconnecting \(.*reconnected \(.*closed.*<Stats .*reconnects=1,",
    "kline": rf"\A(1m (open|closed): low {PRICE} high {PRICE} last {PRICE}\n){{2}}\Z",
    "market_data": r"(?s)best bid .*(trade \d+ .*){3}(candle \d+ .*){3}average price .*refused: -1121 ",
    "multiplex": r"(?s)\A(\S+ [{\[].*\n){20}messages per stream: .*'btcusdt@trade'",
    "readers": r"(?s)(?=.*10 prices from )(?=.*10 trades of )",
    "slow_consumer": r"(?s)\A(\S+: \d+ waiting, \d+ dropped so far\n){4}\S+: \d+ waiting, [1-9]\d* dropped so far\n\Z",
    "trades": rf"\A(BTCUSDT \d+ {PRICE} {PRICE}\n){{10}}\Z",
}
#: How often the network is cut meanwhile.
CUTS = {"events": 1}


def test_each_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(PROMISES)


@pytest.mark.parametrize("name", PROMISES)
async def test_example(name: str) -> None:
    async with Sandbox(rate=200) as exchange:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLES / f"{name}.py")),
            env={**os.environ, "BINANCE_URL": exchange.url},
            stdout=PIPE,
            stderr=PIPE,
        )
        for _ in range(CUTS.get(name, 0)):
            await exchange.wait_connections(1)
            exchange.faults.reset()
        said, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    assert re.search(PROMISES[name], said.decode()), said.decode()


async def test_the_address_may_be_an_argument() -> None:
    async with Sandbox() as exchange:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLES / "trades.py"), exchange.url), stdout=PIPE
        )
        said, _ = await process.communicate()
    assert re.search(PROMISES["trades"], said.decode())
