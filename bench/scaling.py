"""Memory and time of this package against the number of sockets and against the backlog.

Driver and measured process are this one file: `run` starts `python -m bench.scaling KIND URL ...` for each point.
"""

import asyncio
import gc
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.messages import STREAMS
from bench.processes import CONTENDER_CORE, Sender, measure

_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident() -> int:
    """Resident memory of this process now, bytes (Linux)."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def cpu() -> float:
    """Processor seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def sockets(url: str, count: int, messages: int) -> dict[str, Any]:
    """Open `count` sockets of one manager, receive `messages` on each."""
    from binance import AsyncClient, BinanceSocketManager, Environment

    async def consume(socket: Any) -> None:
        for _ in range(messages):
            await socket.recv()

    async with AsyncClient(environment=Environment.local(url)) as client:
        manager = BinanceSocketManager(client)
        # One name of its own makes each a different socket; the sender sends the same to all.
        opened = [manager.multiplex_socket([*STREAMS, f"bench{number}@trade"]) for number in range(count)]
        before, started = resident(), time.perf_counter()
        await asyncio.gather(*(socket.__aenter__() for socket in opened))
        opening, after = time.perf_counter() - started, resident()
        cpu_before, started = cpu(), time.perf_counter()
        print("ready", flush=True)
        await asyncio.gather(*(consume(socket) for socket in opened))
        seconds, cpu_seconds = time.perf_counter() - started, cpu() - cpu_before
        grown = resident() - before
        await asyncio.gather(*(socket.close() for socket in opened))
    return {
        "sockets": count,
        "messages": count * messages,
        "open_seconds": opening,
        "rss_per_socket_open": (after - before) / count,
        "rss_per_socket_used": grown / count,
        "rate": count * messages / seconds,
        "cpu_us": cpu_seconds / (count * messages) * 1e6,
    }


async def backlog(url: str, messages: int, room: int) -> dict[str, Any]:
    """Let `messages` wait unread in one socket that may hold `room` bytes, then read them all."""
    from binance import AsyncClient, BinanceSocketManager, Environment

    async with AsyncClient(environment=Environment.local(url)) as client:
        manager = BinanceSocketManager(client, max_queue_size=messages + 1, max_queue_bytes=room)
        async with manager.multiplex_socket(list(STREAMS)) as socket:
            before = resident()
            print("ready", flush=True)
            started = time.perf_counter()
            while socket.stats.waiting < messages:  # noqa: ASYNC110 - nobody announces that a backlog is complete
                await asyncio.sleep(0.01)
            filling, full = time.perf_counter() - started, resident()
            waiting = socket.stats.waiting_bytes
            started = time.perf_counter()
            for _ in range(messages):
                await socket.recv()
            draining = time.perf_counter() - started
            return {
                "messages": messages,
                "bytes": waiting,
                "fill_seconds": filling,
                "drain_seconds": draining,
                "rss_growth": full - before,
                "rss_per_message_beyond_1_3_times_the_bytes": (full - before - 1.3 * waiting) / messages,
                "rss_after": resident() - before,
            }


def run(sender: Sender, sizes: Sequence[int], messages: int, backlogs: Sequence[int]) -> dict[str, list[Any]]:
    """Measure every point, each in a process of its own; `messages` are shared by the sockets of a point."""

    def point(order: str, kind: str, *numbers: int) -> dict[str, Any]:
        print(f"{kind} {numbers[0]:,}", flush=True)
        command = [sys.executable, "-m", "bench.scaling", kind, sender.url, *map(str, numbers)]
        return measure(sender, order, command, {})

    return {
        "sockets": [point(f"fan {messages // size}", "sockets", size, messages // size) for size in sizes],
        "backlog": [point(f"flood {count}", "backlog", count, count * 1024) for count in backlogs],
    }


def main() -> None:
    """Measure one point and print it as one line of JSON."""
    kind, url, *numbers = sys.argv[1:]
    os.sched_setaffinity(0, {CONTENDER_CORE})
    measured = {"sockets": sockets, "backlog": backlog}[kind]
    print(json.dumps(asyncio.run(measured(url, *map(int, numbers)))), flush=True)


if __name__ == "__main__":
    main()
