"""`BinanceSocketManager`: what a user wants becomes a socket, one per stream key."""

from __future__ import annotations

import asyncio
import inspect
import logging
import ssl
import time
from collections.abc import Callable
from enum import Enum
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Protocol, Self

from ..enums import ContractType, FuturesType
from ..exceptions import NotImplementedException
from ..helpers import get_loop
from ..hosts import ADDRESSES, Environment, address_of, fill_in
from ..net.buffer import Overflow
from ..net.events import AnyEvent
from ..net.transports import TransportName
from . import names
from .constants import KEEPALIVE_TIMEOUT, WSListenerState
from .options import UNSET, SocketOptions, Unset
from .reconnecting_websocket import ReconnectingWebsocket

__all__ = [
    "KEEPALIVE_TIMEOUT",
    "BinanceSocketManager",
    "BinanceSocketType",
    "ContractType",
    "FuturesType",
    "ReconnectingWebsocket",
    "WSListenerState",
    "get_loop",
]

P = ParamSpec("P")


class ConnectedClient(Protocol):
    """What a manager wants to know of the REST client that it is bound to."""

    environment: Environment
    ssl: ssl.SSLContext | None
    https_proxy: str | None
    TIME_UNIT: str | None
    timestamp_offset: int


class BinanceSocketType(str, Enum):  # noqa: UP042 - str() of a member stays python-binance's
    """Families of sockets, under python-binance's names."""

    SPOT = "Spot"
    USD_M_FUTURES = "USD_M_Futures"
    COIN_M_FUTURES = "Coin_M_Futures"
    OPTIONS = "Vanilla_Options"
    ACCOUNT = "Account"


def _socket(
    build: Callable[P, names.Wanted],
) -> Callable[Concatenate[BinanceSocketManager, P], ReconnectingWebsocket]:
    """The manager's method for a stream builder: same arguments, same checks, a socket as the result."""

    def method(self: BinanceSocketManager, /, *args: P.args, **kwargs: P.kwargs) -> ReconnectingWebsocket:
        return self._socket_for(build(*args, **kwargs))

    signature = inspect.signature(build)
    this = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
    method.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[this, *signature.parameters.values()], return_annotation=ReconnectingWebsocket
    )
    method.__doc__ = build.__doc__
    method.__name__ = f"{build.__name__}_socket"
    method.__qualname__ = f"BinanceSocketManager.{method.__name__}"
    return method


class BinanceSocketManager:
    """Hands out sockets, one per stream: the same stream gives the same object as long as it is not closed.

    Nothing is opened here, nor by the ``*_socket`` methods: enter the socket they return. `async with` the manager
    itself to have every socket closed at its end.
    """

    STREAM_URL: str
    STREAM_TESTNET_URL: str
    STREAM_DEMO_URL: str
    FSTREAM_URL: str
    FSTREAM_TESTNET_URL: str
    FSTREAM_DEMO_URL: str
    DSTREAM_URL: str
    DSTREAM_TESTNET_URL: str
    DSTREAM_DEMO_URL: str

    def __init__(
        self,
        client: ConnectedClient,
        user_timeout: float = KEEPALIVE_TIMEOUT,
        max_queue_size: int | None = None,
        verbose: bool = False,
        *,
        max_queue_bytes: int = 64 * 2**20,
        overflow: Overflow = "block",
        max_reconnects: int | Unset | None = UNSET,
        ping_interval: float | None = 20.0,
        ping_timeout: float = 10.0,
        stale_after: float | Unset | None = UNSET,
        open_timeout: float | None = None,
        max_message_size: int = 16 * 2**20,
        transport: TransportName | None = None,
        on_event: Callable[[ReconnectingWebsocket, AnyEvent], object] | None = None,
        max_age: None = None,
        recover: bool = False,
        redundancy: int = 1,
        share_connections: bool = False,
    ) -> None:
        """Take the options of all sockets of this manager; seconds and bytes.

        At most `max_queue_size` messages (None = any number) and `max_queue_bytes` wait for a slow user; `overflow`
        says what happens then: "block" (stop reading, lose nothing), "drop_oldest", "latest" (keep the newest per
        stream and symbol) or "error" (an error message, then the socket is closed). A silent peer is pinged after
        `ping_interval` and given up after `ping_timeout` more; `stale_after` bounds the time without a data message
        (by default 60 s for klines and all-market tickers, else unbounded). `max_reconnects` None = never give up; by
        default `ReconnectingWebsocket.MAX_RECONNECTS`. `open_timeout` bounds one attempt. `transport` is "picows",
        "websockets" or "aiohttp"; by default picows. `on_event`, a plain function, is called as
        ``on_event(socket, event)``. `user_timeout` is the pace of keep-alive calls of account sockets.
        """
        _not_built_yet(
            max_age=max_age, recover=recover, redundancy=redundancy != 1, share_connections=share_connections
        )
        if not isinstance(getattr(client, "environment", None), Environment):
            raise TypeError(f"client: {client!r} is no client; give an AsyncClient()")
        if verbose:
            logging.getLogger("binance.net").setLevel(logging.DEBUG)
        self._client = client
        self._user_timeout = user_timeout
        self._sockets: dict[str, ReconnectingWebsocket] = {}
        self._open: set[ReconnectingWebsocket] = set()
        self._options = SocketOptions(
            max_queue_size=max_queue_size,
            max_queue_bytes=max_queue_bytes,
            overflow=overflow,
            max_reconnects=max_reconnects,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            stale_after=stale_after,
            open_timeout=open_timeout,
            max_message_size=max_message_size,
            transport=transport,
            on_event=on_event,
            ssl=client.ssl,
            proxy=client.https_proxy,
            clock=lambda: time.time() + client.timestamp_offset / 1000,
        )
        fill_in(self, "BinanceSocketManager", client.environment, client.environment.tld)

    trade_socket = _socket(names.trade)
    aggtrade_socket = _socket(names.aggtrade)
    block_trade_socket = _socket(names.block_trade)
    kline_socket = _socket(names.kline)
    depth_socket = _socket(names.depth)
    miniticker_socket = _socket(names.miniticker)
    symbol_miniticker_socket = _socket(names.symbol_miniticker)
    ticker_socket = _socket(names.ticker)
    symbol_ticker_socket = _socket(names.symbol_ticker)
    ticker_window_socket = _socket(names.ticker_window)
    symbol_ticker_window_socket = _socket(names.symbol_ticker_window)
    book_ticker_socket = _socket(names.book_ticker)
    symbol_book_ticker_socket = _socket(names.symbol_book_ticker)
    avg_price_socket = _socket(names.avg_price)
    reference_price_socket = _socket(names.reference_price)
    multiplex_socket = _socket(names.multiplex)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close every socket that this manager made."""
        await self.close()

    async def close(self) -> None:
        """Close every socket that this manager made, for everyone who entered it."""
        await asyncio.gather(*(socket.shut() for socket in list(self._open)))
        self._sockets.clear()

    def _socket_for(self, wanted: names.Wanted) -> ReconnectingWebsocket:
        key = f"{wanted.family}:{'combined' if wanted.combined else 'raw'}:{'/'.join(wanted.names)}"
        if key in self._sockets:
            return self._sockets[key]
        socket = ReconnectingWebsocket(
            lambda: _with_slash(address_of(self, wanted.family, self._client.environment)),
            self._with_time_unit(wanted.path),
            prefix="",
            options=self._options,
            paced=wanted.paced,
            subscribe=wanted.subscribed_later,
            on_open=lambda socket: self._register(key, socket),
            on_over=lambda socket: self._forget(key, socket),
        )
        self._sockets[key] = socket
        return socket

    def _register(self, key: str, socket: ReconnectingWebsocket) -> None:
        self._open.add(socket)
        self._sockets.setdefault(key, socket)

    def _forget(self, key: str, socket: ReconnectingWebsocket) -> None:
        self._open.discard(socket)
        if self._sockets.get(key) is socket:
            del self._sockets[key]

    def _with_time_unit(self, path: str) -> str:
        unit = self._client.TIME_UNIT
        if not unit:
            return path
        return f"{path}{'&' if '?' in path else '?'}timeUnit={unit}"


for _row in ADDRESSES:
    if _row.owner == BinanceSocketManager.__name__:
        setattr(BinanceSocketManager, _row.attribute, _row.template)


def _with_slash(address: str) -> str:
    return address if address.endswith("/") else f"{address}/"


def _not_built_yet(**asked: Any) -> None:
    for option, value in asked.items():
        if value:
            raise NotImplementedException(f"{option} of BinanceSocketManager; leave it out")
