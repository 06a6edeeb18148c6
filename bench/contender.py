"""One contender in one process: connects, says `ready`, receives, reports. Run by path, with the contender's Python.

`bench/clients/NAME.py` has `LIBRARIES`, the distributions whose versions count, and
`async def receive(url, meter)`: connect to `url` in the library's usual way, call `meter.ready()`, and hand every
message to the meter, either by `await meter.pull(recv)`, where `recv` is what a user awaits in a loop, or by giving
`meter.push` to the library as callback and awaiting `meter.done`.
"""

import argparse
import asyncio
import importlib
import json
import os
import resource
import sys
import time
from array import array
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

Recv = Callable[[], Awaitable[Any]]


def _cpu() -> float:
    """Processor seconds of this process so far, all threads, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Meter:
    """Counts messages to the last one; the clock runs from the first to the last."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.done = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._left = count
        self._started = self._ended = self._cpu_started = self._cpu_ended = 0.0

    def ready(self) -> None:
        """Tell the driver that messages may come."""
        print("ready", flush=True)

    async def pull(self, recv: Recv) -> None:
        """Receive as a user does: await `recv()` in a loop."""
        await recv()
        self.start()
        for _ in range(self.count - 1):
            await recv()
        self.stop()

    def push(self, message: object) -> None:
        """Take one message; from any thread."""
        if self._left == self.count:
            self.start()
        self._left -= 1
        if not self._left:
            self.stop()

    def start(self) -> None:
        """The first message is here."""
        self._cpu_started, self._started = _cpu(), time.perf_counter()

    def stop(self) -> None:
        """The last message is here."""
        self._cpu_ended, self._ended = _cpu(), time.perf_counter()
        self._loop.call_soon_threadsafe(self.done.set)

    def report(self) -> dict[str, Any]:
        """What was measured: seconds and bytes."""
        return {
            "messages": self.count,
            "seconds": self._ended - self._started,
            "cpu_seconds": self._cpu_ended - self._cpu_started,
            "peak_rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }


class LatencyMeter(Meter):
    """Notes how long each message took from the sender's `sendall` to the user's code, nanoseconds."""

    def __init__(self, count: int, sent_at: Callable[[Any], int]) -> None:
        super().__init__(count)
        self._sent_at = sent_at
        self._latencies = array("q")

    async def pull(self, recv: Recv) -> None:
        """Receive and note."""
        self.start()
        for _ in range(self.count):
            message = await recv()
            self._latencies.append(time.perf_counter_ns() - self._sent_at(message))
        self.stop()

    def push(self, message: object) -> None:
        """Take one message and note."""
        self._latencies.append(time.perf_counter_ns() - self._sent_at(message))
        super().push(message)

    def report(self) -> dict[str, Any]:
        """Percentiles in µs; the first tenth is warm-up and left out."""
        kept = sorted(self._latencies[self.count // 10 :])
        percentiles = {f"p{percent}": kept[len(kept) * percent // 100] / 1000 for percent in (50, 99)}
        return super().report() | percentiles


def combined_sent_at(message: Any) -> int:
    """The send time of a decoded message of a combined stream."""
    return int(message["data"]["T"])


async def run(name: str, mode: str, url: str, count: int) -> None:
    """Let one contender receive `count` messages, print the report and end the process."""
    client = importlib.import_module(f"bench.clients.{name}")
    sent_at = getattr(client, "sent_at", combined_sent_at)
    meter = Meter(count) if mode == "flood" else LatencyMeter(count, sent_at)
    # The report does not wait for the library to close: some take ten seconds, and that is not what is measured.
    receiving = asyncio.create_task(client.receive(url, meter))
    finished = asyncio.create_task(meter.done.wait())
    await asyncio.wait({receiving, finished}, return_when=asyncio.FIRST_COMPLETED)
    if receiving.done():
        await receiving
    report = meter.report() | {"versions": {library: version(library) for library in client.LIBRARIES}}
    print(json.dumps(report), flush=True)
    os._exit(0)


def main() -> None:
    """Receive and print the report as one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("mode", choices=("flood", "pace"))
    parser.add_argument("url", help="http://127.0.0.1:PORT or https://localhost:PORT of the sender")
    parser.add_argument("count", type=int)
    parser.add_argument("--core", type=int, help="core to stay on")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    asyncio.run(run(options.name, options.mode, options.url, options.count))


if __name__ == "__main__":
    # The project's root goes last: two contenders are packages called `binance`, and each must find its own.
    sys.path[0:1] = []
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    main()
