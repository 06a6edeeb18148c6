"""The error tree: who is whose child, which facts are attributes, what the text says."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from binance import exceptions
from binance.exceptions import (
    BinanceAPIException,
    BinanceError,
    BinanceOrderException,
    BinanceOrderInactiveSymbolException,
    BinanceOrderMinAmountException,
    BinanceOrderMinPriceException,
    BinanceOrderMinTotalException,
    BinanceOrderUnknownSymbolException,
    BinanceRateLimitException,
    BinanceRegionException,
    BinanceRequestException,
    BinanceTimeoutException,
    BinanceWebsocketUnableToConnect,
)


class Response:
    request = "the request"


def test_all_share_one_root() -> None:
    for name in exceptions.__all__:
        assert issubclass(getattr(exceptions, name), BinanceError)
    assert issubclass(BinanceRateLimitException, BinanceAPIException)
    assert issubclass(BinanceTimeoutException, BinanceRequestException)
    assert issubclass(BinanceTimeoutException, TimeoutError)


def test_api_exception() -> None:
    error = BinanceAPIException(Response(), 400, '{"code":-1121,"msg":"Invalid symbol."}')
    assert (error.code, error.message, error.status_code) == (-1121, "Invalid symbol.", 400)
    assert error.request == "the request"
    assert str(error) == "APIError(code=-1121): Invalid symbol."


@pytest.mark.parametrize("text", ["", "<html>", "[1]", "null", '"words"'])
def test_api_exception_of_another_body(text: str) -> None:
    error = BinanceAPIException(None, 500, text)
    assert error.code == 0
    assert error.message == f"Invalid JSON error message from Binance: {text}"
    assert error.request is None


def test_rate_limit_exception() -> None:
    error = BinanceRateLimitException(Response(), 429, '{"code":-1003,"msg":"Slow down."}', retry_after=7.4)
    assert error.retry_after == 7.4
    assert str(error) == "APIError(code=-1003): Slow down. (HTTP 429: make no call for the next 7 s)"


@pytest.mark.parametrize("kind", [BinanceRequestException, BinanceTimeoutException])
def test_request_exceptions(kind: type[BinanceRequestException]) -> None:
    error = kind("it broke")
    assert error.message == "it broke"
    assert str(error) == f"{kind.__name__}: it broke"


@pytest.mark.parametrize(
    "kind",
    [
        BinanceOrderMinAmountException,
        BinanceOrderMinPriceException,
        BinanceOrderMinTotalException,
        BinanceOrderUnknownSymbolException,
        BinanceOrderInactiveSymbolException,
    ],
)
def test_order_exceptions(kind: Any) -> None:
    error = kind("0.001")
    assert isinstance(error, BinanceOrderException)
    assert error.code == -1013
    assert "0.001" in error.message
    assert str(error) == f"{kind.__name__}(code=-1013): {error.message}"


def test_region_exception() -> None:
    error = BinanceRegionException("us", "com", "get_staking_balance")
    assert (error.required_tld, error.actual_tld, error.endpoint_name) == ("us", "com", "get_staking_balance")
    for word in ("get_staking_balance", "binance.us", "binance.com"):
        assert word in str(error)
    assert str(error).startswith("BinanceRegionException: ")
    assert BinanceRegionException("us", "com").endpoint_name == "endpoint"


def test_unable_to_connect_carries_the_answer() -> None:
    error = BinanceWebsocketUnableToConnect("no", status=429, body="busy", retry_after=3.0)
    assert error.args == ("no",)
    assert (error.status, error.body, error.retry_after) == (429, "busy", 3.0)


@pytest.mark.parametrize("error", [BinanceRequestException("x"), BinanceTimeoutException("x")])
def test_request_exceptions_survive_pickling(error: BinanceRequestException) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
