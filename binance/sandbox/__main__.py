"""`python -m binance.sandbox`: the local exchange as a process; prints its URL and runs until it is stopped."""

from __future__ import annotations

import argparse
import asyncio
import math
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Literal

from .limits import Limits
from .server import DEFAULT_SYMBOLS, Sandbox


def main(argv: Sequence[str] | None = None) -> int:
    """Run with these arguments (the process's own by default) and give the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m binance.sandbox", description="A local exchange that speaks Binance's market data protocol."
    )
    add_arguments(parser)
    return run(parser.parse_args(argv))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` reads."""
    limits = Limits()
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=0, help="port to listen on; 0, the default, takes a free one")
    parser.add_argument("--seed", type=int, default=7, help="the market's seed (default: %(default)s)")
    parser.add_argument(
        "--symbols",
        type=_symbols,
        default=DEFAULT_SYMBOLS,
        metavar="A,B",
        help=f"what is traded (default: {','.join(DEFAULT_SYMBOLS)})",
    )
    parser.add_argument(
        "--rate", type=float, default=50.0, help="traders' actions per second and symbol (default: %(default)g)"
    )
    parser.add_argument("--replay", metavar="FILE", help="send a capture (.jsonl.gz) in place of the simulated market")
    parser.add_argument(
        "--speed", type=_speed, default=1.0, metavar="N|max", help="pace of the replay (default: as recorded)"
    )
    parser.add_argument(
        "--max-age",
        type=float,
        default=limits.max_age,
        metavar="SECONDS",
        help="life of a stream connection (default: %(default)g)",
    )
    parser.add_argument(
        "--ping-interval",
        type=float,
        default=limits.ping_interval,
        metavar="SECONDS",
        help="time between the exchange's pings (default: %(default)g)",
    )
    parser.add_argument(
        "--connections",
        type=int,
        default=limits.connections,
        help="stream connections that one address may attempt in five minutes (default: %(default)d)",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; 1 when the exchange cannot be opened."""
    return asyncio.run(_serve(args))


async def _serve(args: argparse.Namespace) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    limits = Limits(max_age=args.max_age, ping_interval=args.ping_interval, connections=args.connections)
    async with AsyncExitStack() as stack:
        try:
            exchange = await stack.enter_async_context(_exchange(args, limits))
        except (OSError, ValueError) as error:
            print(f"The exchange cannot be opened: {error}", file=sys.stderr)
            return 1
        print(exchange.url, flush=True)
        await stopped.wait()
    return 0


def _exchange(args: argparse.Namespace, limits: Limits) -> Sandbox:
    return Sandbox(
        args.symbols,
        seed=args.seed,
        rate=args.rate,
        host=args.host,
        port=args.port,
        replay=args.replay,
        speed=args.speed,
        limits=limits,
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give 0 to 65535")
    return int(text)


def _symbols(text: str) -> tuple[str, ...]:
    names = tuple(name.upper() for name in text.split(",") if name)
    if not names:
        raise argparse.ArgumentTypeError(f"{text!r} names no symbol; give names like BNBBTC,ETHUSDT")
    return names


def _speed(text: str) -> float | Literal["max"]:
    if text == "max":
        return "max"
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 < speed < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed; give a factor above 0, or max")
    return speed


if __name__ == "__main__":
    sys.exit(main())
