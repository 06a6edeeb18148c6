"""The benchmark runs: its sender, this package's contender, its report. Counts only; no figure is judged here."""

import asyncio
import json
import sys
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree

from bench import plot, report
from bench.__main__ import CONTENDERS, Plan, Session
from bench.messages import STREAMS, Market
from bench.processes import Sender
from binance import AsyncClient, BinanceSocketManager, Environment

MESSAGES = 2_000


async def test_flood_arrives_as_the_generator_made_it() -> None:
    with Sender(MESSAGES) as sender:
        await asyncio.to_thread(sender.wait_ready)
        async with AsyncClient(environment=Environment.local(sender.url)) as client:
            manager = BinanceSocketManager(client)
            async with manager.multiplex_socket(list(STREAMS)) as socket:
                sent = await asyncio.to_thread(sender.order, f"flood {MESSAGES}")
                received = [await socket.recv() for _ in range(MESSAGES)]
    assert received == [json.loads(text) for text in islice(Market().combined(), MESSAGES)]
    assert sent["bytes"] > sum(len(json.dumps(message, separators=(",", ":"))) for message in received)


def test_a_short_run_of_this_package_measures_everything() -> None:
    ours = [each._replace(flood=MESSAGES) for each in CONTENDERS if each.name == "ours"]
    plan = Plan(1, 1, MESSAGES, 1, (3,), MESSAGES, (MESSAGES,))
    results = Session(plan, ours, Path(sys.executable)).run()
    assert results["failures"] == {}
    (measured,) = results["contenders"]
    assert all(len(measured[link][mode]["rates"]) == 1 for link in ("plain", "tls") for mode in ("flood", "pace"))
    assert [point["sockets"] for point in results["scaling"]["sockets"]] == [3]
    assert [point["messages"] for point in results["scaling"]["backlog"]] == [MESSAGES]
    assert "binance (this package)" in report.table(results)
    assert all(ElementTree.fromstring(picture).tag.endswith("svg") for picture in plot.pictures(results).values())
