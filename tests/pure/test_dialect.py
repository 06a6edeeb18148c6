"""How Binance talks: what is data, an answer or an announcement; whose version; when it happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance.exceptions import BinanceWebsocketUnableToConnect
from binance.net.contracts import Signal
from binance.ws.dialect import BinanceDialect

DIALECT = BinanceDialect()

TRADE = {"e": "trade", "E": 1700000000123, "s": "BNBBTC", "t": 12345, "p": "0.001", "q": "100", "m": True}
BOOK_TICKER = {"u": 400900217, "s": "BNBUSDT", "b": "25.35", "B": "31.21", "a": "25.36", "A": "40.66"}
LEVELS = {"lastUpdateId": 160, "bids": [["0.0024", "10"]], "asks": [["0.0026", "100"]]}
KLINE = {"e": "kline", "E": 1700000000123, "s": "BNBBTC", "k": {"t": 1, "s": "BNBBTC", "i": "1m", "x": False}}
SHUTDOWN = {"e": "serverShutdown", "E": 1770123456789}
TICKERS = [{"e": "24hrMiniTicker", "E": 1, "s": "A"}, {"e": "24hrMiniTicker", "E": 1700000000123, "s": "B"}]
BAD_REQUEST = {"code": 2, "msg": "Invalid request: unknown variant"}
FLAT_ERROR = {"code": 0, "msg": "Unknown property", "id": 7}
NESTED_ERROR = {"error": {"code": 2, "msg": "Invalid request: missing field"}, "id": 7}


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def spaced(value: object) -> bytes:
    return json.dumps(value).encode()


def spread(value: object) -> bytes:
    return json.dumps(value, indent=2, separators=(" , ", " : ")).encode()


spelling = pytest.mark.parametrize("spell", [compact, spaced, spread])


def combined(data: object, stream: str = "bnbbtc@trade") -> dict[str, object]:
    return {"stream": stream, "data": data}


# sort


@spelling
@pytest.mark.parametrize("message", [TRADE, BOOK_TICKER, LEVELS, KLINE, TICKERS, [], {}])
def test_data_is_data_raw_and_combined(message: Any, spell: Callable[[Any], bytes]) -> None:
    assert DIALECT.sort(spell(message)) is Signal.DATA
    assert DIALECT.sort(spell(combined(message))) is Signal.DATA


@spelling
@pytest.mark.parametrize("message", [SHUTDOWN, combined(SHUTDOWN, ""), [SHUTDOWN], combined([SHUTDOWN])])
def test_the_announcement_of_a_shutdown(message: Any, spell: Callable[[Any], bytes]) -> None:
    assert DIALECT.urgent in spell(message), "found by a look at the bytes"
    assert DIALECT.sort(spell(message)) is Signal.SHUTDOWN


@spelling
@pytest.mark.parametrize(
    "message",
    [{"result": None, "id": 1}, {"id": 1, "result": None}, {"result": ["a@trade"], "id": 3}, FLAT_ERROR, NESTED_ERROR],
)
def test_answers_are_answers(message: Any, spell: Callable[[Any], bytes]) -> None:
    assert DIALECT.sort(spell(message)) is Signal.REPLY


@pytest.mark.parametrize(
    "message",
    [
        {**TRADE, "id": 5},
        {**TRADE, "id": 5, "result": None},
        {"id": 5},
        {"id": 5, "s": "BNBBTC"},
        {**TRADE, "s": '"id"'},
        {**TRADE, "note": '"serverShutdown"'},
        {**TRADE, "x": {"e": "serverShutdown"}},
        combined({**TRADE, "id": 5, "code": 1}),
        ["serverShutdown", "id"],
    ],
)
def test_what_only_looks_like_it_is_data(message: Any) -> None:
    assert DIALECT.sort(compact(message)) is Signal.DATA


@pytest.mark.parametrize(
    "payload", [b"", b"{", b'{"id":1,"result":', b'"serverShutdown"', b'{"e":"serverShutdown"', b"1"]
)
def test_what_is_no_message_is_left_to_the_user(payload: bytes) -> None:
    assert DIALECT.sort(payload) is Signal.DATA


# reply


@spelling
@pytest.mark.parametrize(
    ("message", "request_id", "why"),
    [
        ({"result": None, "id": 7}, 7, None),
        ({"result": None, "id": "abc"}, "abc", None),
        (FLAT_ERROR, 7, "code 0: Unknown property"),
        (NESTED_ERROR, 7, "code 2: Invalid request: missing field"),
        ({**BAD_REQUEST, "id": None}, None, "code 2: Invalid request: unknown variant"),
    ],
)
def test_replies(message: Any, request_id: object, why: str | None, spell: Callable[[Any], bytes]) -> None:
    assert DIALECT.reply(spell(message)) == (request_id, why)


def test_subscribe() -> None:
    asked = json.loads(DIALECT.subscribe(["bnbbtc@trade", "币安人生usdt@trade"], 3))
    assert asked == {"method": "SUBSCRIBE", "params": ["bnbbtc@trade", "币安人生usdt@trade"], "id": 3}


# key


@spelling
def test_messages_of_one_stream_and_symbol_share_a_key(spell: Callable[[Any], bytes]) -> None:
    for message in (TRADE, BOOK_TICKER, LEVELS, KLINE, TICKERS):
        assert DIALECT.key(spell(message)) == DIALECT.key(compact(message))
        assert DIALECT.key(spell(combined(message))) == DIALECT.key(compact(combined(message)))
    later = {**TRADE, "E": 1800000000000, "t": 99, "p": "7"}
    assert DIALECT.key(spell(TRADE)) == DIALECT.key(spell(later))
    assert DIALECT.key(spell(combined(TRADE))) == DIALECT.key(spell(combined(later)))


DIFFERENT = [
    TRADE,
    {**TRADE, "s": "ETHBTC"},
    {**TRADE, "e": "aggTrade"},
    BOOK_TICKER,
    {**BOOK_TICKER, "s": "ETHBTC"},
    combined(TRADE),
    combined(TRADE, "ethbtc@trade"),
    combined(LEVELS, "bnbbtc@depth5"),
    combined(LEVELS, "ethbtc@depth5"),
    combined(KLINE, "bnbbtc@kline_1m"),
    combined(KLINE, "bnbbtc@kline_5m"),
    combined(TICKERS, "!miniTicker@arr"),
    combined(TICKERS, "!ticker_1h@arr"),
]


def test_different_streams_or_symbols_have_different_keys() -> None:
    keys = [DIALECT.key(compact(message)) for message in DIFFERENT]
    assert len(set(keys)) == len(keys)


def test_what_is_no_message_is_a_version_of_itself_only() -> None:
    assert DIALECT.key(b"{bad") != DIALECT.key(b"{worse")
    assert DIALECT.key(b"{bad") == DIALECT.key(b"{bad")


# event_time


@spelling
@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        (TRADE, 1700000000.123),
        (combined(TRADE), 1700000000.123),
        (TICKERS, 1700000000.123),
        (combined(TICKERS), 1700000000.123),
        ({**TRADE, "E": 1700000000123456}, 1700000000.123456),
        (combined({**TRADE, "E": 1700000000123456}), 1700000000.123456),
        ({**TRADE, "E": 99_999_999_999_999}, 99_999_999_999.999),
        ({**TRADE, "E": 100_000_000_000_000}, 100_000_000.0),
        (BOOK_TICKER, None),
        (LEVELS, None),
        ({**TRADE, "E": "1700000000123"}, None),
        ({**TRADE, "E": None}, None),
        ([], None),
        ([1], None),
    ],
)
def test_event_times(message: Any, seconds: float | None, spell: Callable[[Any], bytes]) -> None:
    assert DIALECT.event_time(spell(message)) == (None if seconds is None else pytest.approx(seconds, abs=1e-6))


def test_what_is_no_message_has_no_time() -> None:
    assert DIALECT.event_time(b"{") is None


def test_notices_have_python_binances_shape() -> None:
    assert DIALECT.notice(BinanceWebsocketUnableToConnect("Max reconnect retries reached")) == {
        "e": "error",
        "type": "BinanceWebsocketUnableToConnect",
        "m": "Max reconnect retries reached",
    }


# whatever the server says

WORDS = st.sampled_from(
    ["e", "E", "s", "id", "code", "error", "msg", "result", "data", "stream", "serverShutdown", "x"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=12,
)


@given(VALUES.map(compact) | st.binary(max_size=40))
def test_no_message_whatever_breaks_key_or_time(payload: bytes) -> None:
    assert isinstance(hash(DIALECT.key(payload)), int)
    assert isinstance(DIALECT.event_time(payload), float | None)


@given(VALUES.map(compact) | st.binary(max_size=40))
def test_no_answer_whatever_breaks_the_dialect(payload: bytes) -> None:
    if DIALECT.sort(payload) is Signal.REPLY:
        _, why = DIALECT.reply(payload)
        assert isinstance(why, str | None)


@pytest.mark.parametrize("error", ["Invalid request", 5, ["x"], True])
def test_an_error_of_an_unknown_shape_is_told_all_the_same(error: object) -> None:
    request_id, why = DIALECT.reply(compact({"id": 7, "error": error}))
    assert request_id == 7
    assert why is not None
