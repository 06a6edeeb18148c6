"""`AsyncClient`: the exchange's REST API for coroutines. Its methods come from the rows of `binance.rest.endpoints`."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ._json import Json
from .base_client import BaseClient
from .enums import HistoricalKlinesType
from .exceptions import BinanceAPIException, BinanceRequestException, NotImplementedException
from .helpers import convert_list_to_json_array, convert_ts_str, get_loop, interval_to_milliseconds
from .hosts import Environment
from .net.http import AiohttpSender
from .pipeline.flow import carry_out
from .rest.async_methods import AsyncMethods
from .rest.endpoints import ENDPOINTS
from .rest.parse import value_of

#: What python-binance's users import from here besides.
__all__ = [
    "AsyncClient",
    "BaseClient",
    "BinanceAPIException",
    "BinanceRequestException",
    "HistoricalKlinesType",
    "NotImplementedException",
    "convert_list_to_json_array",
    "convert_ts_str",
    "get_loop",
    "interval_to_milliseconds",
]

log = logging.getLogger("binance.rest")

_BAD_SYMBOL = -1121

# Times of replies are told apart by size: microseconds of today have 16 digits, milliseconds 13.
_SMALLEST_MICROSECONDS = 10**14


class AsyncClient(BaseClient, AsyncMethods):
    """A client of one exchange account, or of none: market data needs no key.

    Made anywhere, without a loop and without I/O; connections are opened by the first call. Close it with
    `close_connection` or `async with`. All calls belong to one event loop at a time.

    Every call may raise `BinanceAPIException` (the exchange refused), `BinanceRequestException` (no usable answer) and
    `BinanceTimeoutException` (none in time). After a `BinanceRateLimitException`, calls to the same host are refused
    here, without being sent, until the exchange listens again. Parameters that are None are left out.
    """

    def __init__(
        self,
        api_key: str | None = None,
        api_secret: str | None = None,
        requests_params: Mapping[str, Any] | None = None,
        tld: str = "com",
        base_endpoint: str = BaseClient.BASE_ENDPOINT_DEFAULT,
        testnet: bool = False,
        demo: bool = False,
        loop: asyncio.AbstractEventLoop | None = None,
        session_params: Mapping[str, Any] | None = None,
        private_key: str | Path | None = None,
        private_key_pass: str | None = None,
        https_proxy: str | None = None,
        time_unit: str | None = None,
        verbose: bool = False,
        *,
        environment: Environment | None = None,
        ssl: ssl.SSLContext | None = None,
    ) -> None:
        """Take the options; see `BaseClient` for most.

        `session_params` go to `aiohttp.ClientSession`. `https_proxy` (the URL of a proxy) and `ssl` (TLS settings, for
        servers with certificates of their own) hold for REST and for sockets.
        """
        super().__init__(
            api_key,
            api_secret,
            requests_params,
            tld,
            base_endpoint,
            testnet,
            demo,
            private_key,
            private_key_pass,
            loop,
            time_unit,
            verbose,
            environment=environment,
        )
        self.https_proxy = https_proxy
        self.ssl = ssl
        if https_proxy:
            self._requests_params.setdefault("proxy", https_proxy)
        self._sender = AiohttpSender(ssl=ssl, session_params=session_params)

    @classmethod
    async def create(
        cls,
        api_key: str | None = None,
        api_secret: str | None = None,
        requests_params: Mapping[str, Any] | None = None,
        tld: str = "com",
        base_endpoint: str = BaseClient.BASE_ENDPOINT_DEFAULT,
        testnet: bool = False,
        demo: bool = False,
        loop: asyncio.AbstractEventLoop | None = None,
        session_params: Mapping[str, Any] | None = None,
        private_key: str | Path | None = None,
        private_key_pass: str | None = None,
        https_proxy: str | None = None,
        time_unit: str | None = None,
        verbose: bool = False,
        *,
        environment: Environment | None = None,
        ssl: ssl.SSLContext | None = None,
    ) -> Self:
        """A client that has reached its server and knows how far its clock is off (`timestamp_offset`, in ms)."""
        client = cls(
            api_key,
            api_secret,
            requests_params,
            tld,
            base_endpoint,
            testnet,
            demo,
            loop,
            session_params,
            private_key,
            private_key_pass,
            https_proxy,
            time_unit,
            verbose,
            environment=environment,
            ssl=ssl,
        )
        try:
            await client.ping()
            client.timestamp_offset = await client._measure_offset()
        except BaseException:
            await client.close_connection()
            raise
        return client

    async def close_connection(self) -> None:
        """Close all connections. Closing twice is fine; a call made afterwards opens new ones."""
        await self._sender.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close_connection()

    async def call(self, name: str, /, **params: Any) -> Json:
        """Call the endpoint whose method is called `name`; ValueError if there is none."""
        row = ENDPOINTS.get(name)
        if row is None:
            raise ValueError(f"name: {name!r} is no endpoint; binance.rest.endpoints.ENDPOINTS has them all")
        request = self._request(row, params)
        log.debug("%r", request)
        return await carry_out(request, self._sender, self.limits, value_of)

    async def get_symbol_info(self, symbol: str) -> Json:
        """The rules of one symbol, as `get_exchange_info` has them; None if there is no such symbol."""
        symbol = symbol.upper()
        try:
            info = await self.get_exchange_info(symbol=symbol)
        except BinanceAPIException as error:
            if error.code == _BAD_SYMBOL:
                return None
            raise
        return next((entry for entry in info["symbols"] if entry["symbol"] == symbol), None)

    async def get_all_tickers(self, symbol: str | None = None) -> Json:
        """The last prices of all symbols, or of one; a list either way."""
        tickers = await self.get_symbol_ticker(symbol=symbol)
        return tickers if isinstance(tickers, list) else [tickers]

    async def _measure_offset(self) -> int:
        """Server time minus ours; the server is taken to have looked at its clock halfway through the round trip."""
        before = time.time()
        server_time = (await self.get_server_time())["serverTime"]
        after = time.time()
        if server_time >= _SMALLEST_MICROSECONDS:
            server_time //= 1000
        return int(server_time - (before + after) / 2 * 1000)
