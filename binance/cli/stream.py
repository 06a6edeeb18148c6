"""`binance stream`: market streams as JSON lines, for as long as somebody reads them."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Any

from .._json import Json, encode
from ..async_client import AsyncClient
from ..exceptions import BinanceError
from ..hosts import Environment
from ..net.events import AnyEvent
from ..sandbox import Sandbox
from ..ws.constants import WSListenerState
from ..ws.streams import BinanceSocketManager, ReconnectingWebsocket
from . import process, stream_names
from .output import Output

__all__ = ["EPILOG", "SUMMARY", "add_arguments", "run"]

SUMMARY = "write market streams to standard output, one JSON message a line"
EPILOG = """\
    Lost connections are replaced; nothing but messages goes to standard output. Each comes as
    {"stream": NAME, "data": MESSAGE}, with --raw as MESSAGE alone.

    examples:
      binance stream btcusdt@trade ethusdt@trade
      binance stream btcusdt@kline_1m --raw --count 5
      binance stream '!miniTicker@arr' --env testnet --events
      binance stream btcusdt@depth5@100ms --env sandbox | head -3
      binance stream btcusdt@trade --url http://127.0.0.1:8080

    exit status:
      0    --count messages were written, or the reader has closed the pipe
      1    no connection could be made, or the last one could not be replaced
      2    wrong arguments, or a symbol that the exchange does not have
      130  Ctrl-C
    """

_ENVIRONMENTS = {
    "production": Environment.production,
    "testnet": Environment.testnet,
    "demo": Environment.demo,
    "us": Environment.us,
}
_SANDBOX = "sandbox"


class _Unusable(Exception):
    """The call cannot be served as it was made."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` reads."""
    parser.add_argument("names", nargs="+", metavar="NAME", help="a stream, in the exchange's words: btcusdt@trade")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--env",
        choices=[*_ENVIRONMENTS, _SANDBOX],
        default="production",
        help="whose market; sandbox starts a simulated one in this process (default: %(default)s)",
    )
    where.add_argument(
        "--url", type=_server, metavar="URL", help="a server that speaks Binance's protocol, like http://127.0.0.1:8080"
    )
    parser.add_argument("--raw", action="store_true", help="the messages without the names of their streams")
    parser.add_argument("--count", type=_count, metavar="N", help="end after N messages")
    parser.add_argument(
        "--events", action="store_true", help="write connection events to standard error, as JSON lines"
    )


def run(args: argparse.Namespace) -> int:
    """Stream until told to stop; see EPILOG for the status."""
    # With --events, the warnings would tell the same twice, and not as JSON.
    handler = logging.NullHandler() if args.events else logging.StreamHandler()
    logging.basicConfig(format="binance stream: %(message)s", level=logging.WARNING, handlers=[handler])
    try:
        stream_names.check(args.names)
    except ValueError as error:
        return _complain(error, 2)
    for hint in stream_names.retired(args.names):
        _complain(hint, 0)
    try:
        return process.run(_stream(args))
    except _Unusable as error:
        return _complain(error, 2)
    except BinanceError as error:
        return _complain(_reason(error), 1)
    except BrokenPipeError:
        return 0


async def _stream(args: argparse.Namespace) -> int:
    async with (
        Output(sys.stdout.fileno()) as output,
        _environment(args) as environment,
        AsyncClient(environment=environment) as client,
        BinanceSocketManager(client, on_event=_tell if args.events else _tell_trouble) as manager,
    ):
        socket = _socket(manager, args.names)
        if args.url is None:
            await _check_symbols(client, args.names)
        async with socket:
            return await _copy(socket, output, raw=args.raw, count=args.count)


async def _copy(socket: ReconnectingWebsocket, output: Output, *, raw: bool, count: int | None) -> int:
    written = 0
    async for message in socket:
        # The exchange's own messages are wrapped: what says "error" outside is the socket's.
        if isinstance(message, dict) and message.get("e") == "error":
            _complain(f"{message['type']}: {message['m']}", 1)
            continue
        await output.write(encode(_unwrapped(message) if raw else message) + b"\n")
        written += 1
        if written == count:
            return 0
    return 1


def _unwrapped(message: Json) -> Json:
    return message["data"] if isinstance(message, dict) and "data" in message else message


def _socket(manager: BinanceSocketManager, names: list[str]) -> ReconnectingWebsocket:
    try:
        return manager.multiplex_socket(names)
    except ValueError as error:
        raise _Unusable(str(error)) from None


@asynccontextmanager
async def _environment(args: argparse.Namespace) -> AsyncIterator[Environment]:
    if args.url is not None:
        yield args.url
    elif args.env == _SANDBOX:
        async with Sandbox() as exchange:
            yield Environment.local(exchange.url)
    else:
        yield _ENVIRONMENTS[args.env]


async def _check_symbols(client: AsyncClient, names: list[str]) -> None:
    wanted = stream_names.symbols_of(names)
    if not wanted:
        return
    try:
        known = {ticker["symbol"] for ticker in await client.get_all_tickers()}
    except BinanceError as error:
        _complain(f"the symbols could not be checked, a wrong one stays silent ({error})", 0)
        return
    for symbol in wanted:
        if symbol not in known:
            raise _Unusable(f"the exchange has no symbol {symbol}; it has {_some(known)}")


def _some(symbols: set[str]) -> str:
    first = ", ".join(sorted(symbols)[:8])
    return first if len(symbols) <= 8 else f"{first} and {len(symbols) - 8} more"


def _tell(socket: ReconnectingWebsocket, event: AnyEvent) -> None:
    facts = {field.name: getattr(event, field.name) for field in fields(event)}
    line = encode({"type": event.type, **{name: _plain(value) for name, value in facts.items()}})
    print(line.decode(), file=sys.stderr, flush=True)


def _tell_trouble(socket: ReconnectingWebsocket, event: AnyEvent) -> None:
    """What the log does not warn of: a socket that was never connected waits in silence."""
    if event.type == "reconnecting" and socket.ws_state is WSListenerState.INITIALISING:
        _complain(f"{_reason(event.cause)}; try {event.attempt + 1} in {event.delay:.1f} s", 1)


def _reason(error: BaseException) -> str:
    """What went wrong; the cause is named where the text does not say it."""
    return f"{error}: {error.__cause__}" if isinstance(error.__cause__, BinanceError) else str(error)


def _plain(value: Any) -> Any:
    return f"{type(value).__name__}: {value}" if isinstance(value, Exception) else value


def _complain(what: object, status: int) -> int:
    print(f"binance stream: {what}", file=sys.stderr)
    return status


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of messages; give 1 or more")
    return int(text)


def _server(text: str) -> Environment:
    try:
        return Environment.local(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
