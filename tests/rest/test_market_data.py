"""Every market data call of `AsyncClient` against the local exchange."""

from __future__ import annotations

from typing import Any

import pytest

from binance.async_client import AsyncClient
from binance.exceptions import BinanceAPIException
from binance.hosts import Environment
from binance.rest.endpoints import ENDPOINTS
from binance.sandbox import Sandbox

SYMBOL = "BTCUSDT"

#: Each call's parameters, and what its reply must have: keys (of a list's first element), or the length of a row.
CALLS: dict[str, tuple[dict[str, Any], set[str] | int]] = {
    "ping": ({}, set()),
    "get_server_time": ({}, {"serverTime"}),
    "get_exchange_info": ({"symbols": [SYMBOL]}, {"timezone", "serverTime", "rateLimits", "symbols"}),
    "get_order_book": ({"symbol": SYMBOL, "limit": 5}, {"lastUpdateId", "bids", "asks"}),
    "get_recent_trades": ({"symbol": SYMBOL, "limit": 3}, {"id", "price", "qty", "time", "isBuyerMaker"}),
    "get_historical_trades": ({"symbol": SYMBOL, "limit": 3}, {"id", "price", "qty", "time", "isBuyerMaker"}),
    "get_historical_block_trades": ({"symbol": SYMBOL, "fromId": 0}, set()),
    "get_aggregate_trades": ({"symbol": SYMBOL, "limit": 3}, {"a", "p", "q", "f", "l", "T", "m"}),
    "get_klines": ({"symbol": SYMBOL, "interval": "1m", "limit": 2}, 12),
    "get_ui_klines": ({"symbol": SYMBOL, "interval": "1h"}, 12),
    "get_avg_price": ({"symbol": SYMBOL}, {"mins", "price", "closeTime"}),
    "get_ticker": ({"symbol": SYMBOL}, {"symbol", "priceChange", "lastPrice", "count"}),
    "v3_get_ticker_trading_day": ({"symbol": SYMBOL}, {"symbol", "priceChange", "lastPrice", "count"}),
    "get_symbol_ticker_window": ({"symbol": SYMBOL, "windowSize": "1h"}, {"symbol", "priceChange", "lastPrice"}),
    "get_symbol_ticker": ({"symbol": SYMBOL}, {"symbol", "price"}),
    "get_orderbook_ticker": ({"symbol": SYMBOL}, {"symbol", "bidPrice", "askPrice"}),
    "get_orderbook_tickers": ({}, {"symbol", "bidPrice", "askPrice"}),
    "get_reference_price": ({"symbol": SYMBOL}, {"symbol", "referencePrice", "timestamp"}),
}


def test_the_table_is_complete() -> None:
    assert set(CALLS) == set(ENDPOINTS)


async def test_every_call_is_answered_in_its_shape() -> None:
    async with Sandbox() as exchange, await AsyncClient.create(environment=Environment.local(exchange.url)) as client:
        for name, (params, shape) in CALLS.items():
            reply = await getattr(client, name)(**params)
            first = reply[0] if isinstance(reply, list) and reply else reply
            assert len(first) == shape if isinstance(shape, int) else shape <= set(first), name
        assert client.limits["used-weight-1m"] > len(CALLS)
        assert abs(client.timestamp_offset) < 1000


async def test_the_calls_with_a_thought_in_them() -> None:
    async with Sandbox() as exchange, AsyncClient(environment=Environment.local(exchange.url)) as client:
        info = await client.get_symbol_info(SYMBOL.lower())
        assert info["symbol"] == SYMBOL
        assert await client.get_symbol_info("NOSUCH") is None
        everything = await client.get_all_tickers()
        assert SYMBOL in {ticker["symbol"] for ticker in everything}
        assert [ticker["symbol"] for ticker in await client.get_all_tickers(SYMBOL)] == [SYMBOL]


async def test_errors_are_the_exchanges() -> None:
    async with Sandbox() as exchange, AsyncClient(environment=Environment.local(exchange.url)) as client:
        with pytest.raises(BinanceAPIException) as caught:
            await client.get_klines(symbol="NOSUCH", interval="1m")
        assert (caught.value.status_code, caught.value.code) == (400, -1121)
        with pytest.raises(BinanceAPIException) as caught:
            await client.get_klines(symbol=SYMBOL, interval="7m")
        assert caught.value.code == -1120


async def test_microseconds() -> None:
    async with Sandbox() as exchange:
        environment = Environment.local(exchange.url)
        async with await AsyncClient.create(environment=environment, time_unit="MICROSECOND") as client:
            assert (await client.get_server_time())["serverTime"] > 10**15
            assert abs(client.timestamp_offset) < 1000
