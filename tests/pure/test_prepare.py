"""What Python values become on their way to the exchange."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance.enums import ContractType, FuturesType
from binance.pipeline.request import Request, percent_encode
from binance.rest.endpoint import Endpoint, Security
from binance.rest.prepare import as_params, as_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("BTCUSDT", "BTCUSDT"),
        (5, "5"),
        (0, "0"),
        (True, "true"),
        (False, "false"),
        (0.1, "0.1"),
        (1.0, "1.0"),
        (1e-7, "0.0000001"),
        (1.5e-10, "0.00000000015"),
        (1e22, "10000000000000000000000"),
        (Decimal("1E-8"), "0.00000001"),
        (Decimal("0.10"), "0.10"),
        (10**30, "1" + "0" * 30),
        (["BTCUSDT", "BNBBTC"], '["BTCUSDT","BNBBTC"]'),
        (("BTCUSDT",), '["BTCUSDT"]'),
        ([1, 1e-7, True, None, 'ü"'], '[1,0.0000001,true,null,"ü\\""]'),
        ([{"symbol": "A", "price": Decimal("1E-7"), "legs": [1]}], '[{"symbol":"A","price":0.0000001,"legs":[1]}]'),
        ([], "[]"),
        (ContractType.PERPETUAL, "perpetual"),
        (FuturesType.COIN_M, "2"),
        ([Security.SIGNED], '["SIGNED"]'),
        (Security.SIGNED, "SIGNED"),
    ],
)
def test_texts(value: Any, expected: str) -> None:
    assert as_text("x", value) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("-Infinity"), [float("nan")]])
def test_numbers_that_are_none(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^price: "):
        as_text("price", value)


def test_order_is_kept_and_none_is_left_out() -> None:
    assert as_params({"symbol": "A", "limit": None, "b": 2, "a": 1}) == (("symbol", "A"), ("b", "2"), ("a", "1"))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_written_out_and_stays_the_same(number: float) -> None:
    text = as_text("x", number)
    assert "e" not in text.lower()
    assert float(text) == number


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1))))
def test_percent_encoding_is_read_back_by_servers(pairs: list[tuple[str, str]]) -> None:
    encoded = percent_encode(tuple(pairs))
    assert encoded.isascii()
    assert parse_qsl(encoded) == pairs


def test_percent_encoding() -> None:
    assert percent_encode((("symbols", '["A","B"]'), ("a b", "1+1=2&/~"))) == (
        "symbols=%5B%22A%22%2C%22B%22%5D&a%20b=1%2B1%3D2%26%2F~"
    )
    assert percent_encode((("symbol", "币安"),)) == "symbol=%E5%B8%81%E5%AE%89"


def test_get_has_a_query_and_all_others_a_form() -> None:
    params = (("symbol", "A"),)
    get = Request("GET", "https://h/x", params, {"K": "v"}, 3.0, {"proxy": "p"}).to_call()
    assert (get.query, get.body, get.headers, get.timeout, get.options) == (
        "symbol=A",
        "",
        {"K": "v"},
        3.0,
        {"proxy": "p"},
    )
    post = Request("POST", "https://h/x", params).to_call()
    assert (post.query, post.body) == ("", "symbol=A")
    assert post.headers == {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("url", ["https://user:password@h:8080/api", "http://h:8080/"])
def test_the_host_of_a_request(url: str) -> None:
    assert Request("GET", url).host == "h:8080"


@pytest.mark.parametrize(
    ("base", "version", "expected"),
    [
        ("https://h/api", "v3", "https://h/api/v3/ping"),
        ("https://h/api/", "v3", "https://h/api/v3/ping"),
        ("https://h", "", "https://h/ping"),
    ],
)
def test_the_url_of_an_endpoint(base: str, version: str, expected: str) -> None:
    row = Endpoint("ping", "GET", "api", version, "ping", Security.NONE, 1, "Ping", "")
    assert row.url(base) == expected
