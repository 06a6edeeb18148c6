"""From what a user wants to the words on the wire: every builder, and what each refuses."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance import AsyncClient, enums
from binance.ws import names
from binance.ws.names import MAX_STREAMS, Wanted
from binance.ws.streams import BinanceSocketManager

Builder = Callable[..., Wanted]

INTERVALS = ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]

PATHS: list[tuple[Builder, tuple[Any, ...], dict[str, Any], str]] = [
    (names.trade, ("BNBBTC",), {}, "ws/bnbbtc@trade"),
    (names.trade, (), {"symbol": "bnbbtc"}, "ws/bnbbtc@trade"),
    (names.aggtrade, ("BNBBTC",), {}, "ws/bnbbtc@aggTrade"),
    (names.block_trade, ("BNBBTC",), {}, "ws/bnbbtc@blockTrade"),
    (names.kline, ("BNBBTC",), {}, "ws/bnbbtc@kline_1m"),
    (names.kline, ("BNBBTC", "1M"), {}, "ws/bnbbtc@kline_1M"),
    (names.kline, ("BNBBTC",), {"interval": "1d", "time_zone": "+08:00"}, "ws/bnbbtc@kline_1d@%2B08:00"),
    (names.depth, ("BNBBTC",), {}, "ws/bnbbtc@depth"),
    (names.depth, ("BNBBTC", None, 1000), {}, "ws/bnbbtc@depth"),
    (names.depth, ("BNBBTC", "", 0), {}, "ws/bnbbtc@depth"),
    (names.depth, ("BNBBTC", "1"), {}, "ws/bnbbtc@depth"),
    (names.depth, ("BNBBTC",), {"interval": 100}, "ws/bnbbtc@depth@100ms"),
    (names.depth, ("BNBBTC", "5"), {}, "ws/bnbbtc@depth5"),
    (names.depth, ("BNBBTC", 10), {}, "ws/bnbbtc@depth10"),
    (names.depth, ("BNBBTC",), {"depth": "20", "interval": 100}, "ws/bnbbtc@depth20@100ms"),
    (names.miniticker, (), {}, "ws/!miniTicker@arr"),
    (names.miniticker, (1000,), {}, "ws/!miniTicker@arr"),
    (names.symbol_miniticker, ("BNBBTC",), {}, "ws/bnbbtc@miniTicker"),
    (names.symbol_ticker, ("BNBBTC",), {}, "ws/bnbbtc@ticker"),
    (names.symbol_ticker_window, ("BNBBTC",), {}, "ws/bnbbtc@ticker_1h"),
    (names.symbol_ticker_window, ("BNBBTC", "4h"), {}, "ws/bnbbtc@ticker_4h"),
    (names.ticker_window, (), {}, "ws/!ticker_1h@arr"),
    (names.ticker_window, ("1d",), {}, "ws/!ticker_1d@arr"),
    (names.symbol_book_ticker, ("BNBBTC",), {}, "ws/bnbbtc@bookTicker"),
    (names.avg_price, ("BNBBTC",), {}, "ws/bnbbtc@avgPrice"),
    (names.reference_price, ("BNBBTC",), {}, "ws/bnbbtc@referencePrice"),
    (names.multiplex, (["BNBBTC@trade", "!miniTicker@arr"],), {}, "stream?streams=bnbbtc@trade/!miniTicker@arr"),
    (names.multiplex, (("ETHBTC@kline_1M",),), {}, "stream?streams=ethbtc@kline_1M"),
    (names.multiplex, (["a@trade", "A@trade", "b@trade"],), {}, "stream?streams=a@trade/b@trade"),
    (names.multiplex, (["bnbbtc@kline_1d@+08:00"],), {}, "stream?streams=bnbbtc@kline_1d@%2B08:00"),
    (names.trade, ("币安人生USDT",), {}, "ws/%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9Fusdt@trade"),
    (names.multiplex, (["币安人生usdt@trade"],), {}, "stream?streams=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9Fusdt@trade"),
]

RETIRED: list[tuple[Builder, str]] = [
    (names.ticker, "ws/!ticker@arr"),
    (names.book_ticker, "ws/!bookTicker"),
]

OF_ONE_SYMBOL: list[Builder] = [
    names.trade,
    names.aggtrade,
    names.block_trade,
    names.kline,
    names.depth,
    names.symbol_miniticker,
    names.symbol_ticker,
    names.symbol_ticker_window,
    names.symbol_book_ticker,
    names.avg_price,
    names.reference_price,
]


def builders() -> dict[str, Builder]:
    """Find every public function of the table."""
    found = inspect.getmembers(names, inspect.isfunction)
    return {name: f for name, f in found if not name.startswith("_") and f.__module__ == names.__name__}


@pytest.mark.parametrize(("build", "args", "options", "path"), PATHS)
def test_paths(build: Builder, args: tuple[Any, ...], options: dict[str, Any], path: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wanted = build(*args, **options)
    assert wanted.path == path
    assert wanted.family == "stream"
    assert wanted.subscribed_later == ()


@pytest.mark.parametrize(("build", "path"), RETIRED)
def test_retired_streams_stay_callable_and_say_what_to_use(build: Builder, path: str) -> None:
    with pytest.warns(DeprecationWarning, match=r"no longer sends .*; use \w+_socket\(") as caught:
        assert build().path == path
    assert len(caught) == 1


def test_no_builder_is_untested() -> None:
    assert set(builders().values()) == {row[0] for row in PATHS} | {row[0] for row in RETIRED}


@pytest.mark.parametrize("name", builders())
def test_the_managers_method_has_the_builders_arguments(name: str) -> None:
    method = getattr(BinanceSocketManager, f"{name}_socket")
    _, *parameters = inspect.signature(method).parameters.values()
    assert parameters == list(inspect.signature(builders()[name]).parameters.values())
    assert method.__doc__ == builders()[name].__doc__
    assert method.__name__ == f"{name}_socket"


def test_the_warning_points_at_the_users_line() -> None:
    manager = BinanceSocketManager(AsyncClient())
    with pytest.warns(DeprecationWarning, match="ticker_socket") as caught:
        manager.ticker_socket()
    assert caught[0].filename == __file__


# what is refused


@pytest.mark.parametrize("build", OF_ONE_SYMBOL)
@pytest.mark.parametrize(
    "symbol", ["", None, 5, b"BNBBTC", "BNB/BTC", "BNB BTC", "BNBBTC@trade", "a?b", "a#b", "!x", "%41"]
)
def test_what_is_no_symbol_is_refused_by_every_builder(build: Builder, symbol: Any) -> None:
    with pytest.raises(ValueError, match="symbol") as caught:
        build(symbol)
    assert "BNBBTC" in str(caught.value), "an example of what is allowed"


REFUSED: list[tuple[Builder, tuple[Any, ...], dict[str, Any], str, list[str]]] = [
    (names.kline, ("BNBBTC", "7m"), {}, "interval", INTERVALS),
    (names.kline, ("BNBBTC", ""), {}, "interval", INTERVALS),
    (names.kline, ("BNBBTC", None), {}, "interval", INTERVALS),
    (names.kline, ("BNBBTC", "1H"), {}, "interval", INTERVALS),
    (names.kline, ("BNBBTC",), {"time_zone": "+09:00"}, "time_zone", ["+08:00"]),
    (names.depth, ("BNBBTC", "7"), {}, "depth", ["5", "10", "20"]),
    (names.depth, ("BNBBTC", 50), {}, "depth", ["5", "10", "20"]),
    (names.depth, ("BNBBTC", True), {}, "depth", ["5", "10", "20"]),
    (names.depth, ("BNBBTC", None, 50), {}, "interval", ["100"]),
    (names.depth, ("BNBBTC", None, "100"), {}, "interval", ["100"]),
    (names.miniticker, (3000,), {}, "update_time", ["1000"]),
    (names.symbol_ticker_window, ("BNBBTC", "2h"), {}, "window_size", ["1h", "4h", "1d"]),
    (names.ticker_window, ("",), {}, "window_size", ["1h", "4h", "1d"]),
]


@pytest.mark.parametrize(("build", "args", "options", "argument", "allowed"), REFUSED)
def test_what_the_exchange_does_not_offer(
    build: Builder, args: tuple[Any, ...], options: dict[str, Any], argument: str, allowed: list[str]
) -> None:
    with pytest.raises(ValueError, match=f"^{argument}: ") as caught:
        build(*args, **options)
    for value in allowed:
        assert re.search(rf"(?<!\w){re.escape(value)}(?!\w)", str(caught.value)), (
            f"{value} is not named: {caught.value}"
        )


@pytest.mark.parametrize("interval", INTERVALS)
def test_every_interval_is_offered(interval: str) -> None:
    assert names.kline("a", interval).path == f"ws/a@kline_{interval}"
    assert interval in vars(enums).values()


LISTEN_KEY = "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81va65sdf19v8a65a1"


@pytest.mark.parametrize(
    "streams",
    [
        [],
        (),
        None,
        "bnbbtc@trade",
        [""],
        ["bnbbtc"],
        ["bnbbtc@"],
        ["@trade"],
        ["bnb btc@trade"],
        ["bnbbtc@trade/ethbtc@trade"],
        ["bnbbtc@trade?x=1"],
        ["bnbbtc@trade", None],
        ["bnbbtc@trade", 7],
        ["bnbbtc@trade", LISTEN_KEY],
        [f"s{n}@trade" for n in range(MAX_STREAMS + 1)],
    ],
)
def test_what_a_multiplex_refuses(streams: Any) -> None:
    with pytest.raises(ValueError, match=r"^(streams|symbol): ") as caught:
        names.multiplex(streams)
    assert LISTEN_KEY not in str(caught.value), "a listen key is a secret"


def test_too_many_are_counted_without_repetitions() -> None:
    streams = [f"s{n % MAX_STREAMS}@trade" for n in range(3000)]
    assert len(names.multiplex(streams).names) == MAX_STREAMS
    with pytest.raises(ValueError, match=r"1025 .* 1024"):
        names.multiplex([*streams, "one@more"])


# long lists


def test_a_long_list_is_split_between_the_address_and_subscribe() -> None:
    streams = [f"symbol{n}usdt@aggTrade" for n in range(MAX_STREAMS)]
    wanted = names.multiplex(streams)
    in_path = wanted.path.removeprefix("stream?streams=").split("/")
    assert [*in_path, *wanted.subscribed_later] == streams
    assert len(wanted.path) < 4_000, "the exchange refuses longer request lines"
    assert len(in_path) > 100, "the address is used as far as it goes"


def test_a_list_that_fits_is_not_split() -> None:
    wanted = names.multiplex([f"{n}@trade" for n in range(300)])
    assert wanted.subscribed_later == ()
    assert wanted.path.count("@") == 300


def test_length_is_that_of_the_quoted_name() -> None:
    wanted = names.multiplex([f"币安人生{n}usdt@trade" for n in range(MAX_STREAMS)])
    assert len(wanted.path) < 4_000
    in_path = unquote(wanted.path).removeprefix("stream?streams=").split("/")
    assert (*in_path, *wanted.subscribed_later) == wanted.names


@given(st.lists(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=60), min_size=1, max_size=200))
def test_no_name_is_lost_or_doubled_however_long(symbols: list[str]) -> None:
    wanted = names.multiplex([f"{symbol}@trade" for symbol in symbols])
    in_path = unquote(wanted.path).removeprefix("stream?streams=").split("/")
    assert (*in_path, *wanted.subscribed_later) == wanted.names
    assert len(set(wanted.names)) == len(wanted.names)


# pace


@pytest.mark.parametrize(
    ("wanted", "paced"),
    [
        (names.kline("a"), True),
        (names.kline("a", "1d", "+08:00"), True),
        (names.miniticker(), True),
        (names.ticker_window("4h"), True),
        (names.multiplex(["a@trade", "b@kline_1m"]), True),
        (names.trade("a"), False),
        (names.depth("a"), False),
        (names.symbol_book_ticker("a"), False),
        (names.symbol_miniticker("a"), False),
        (names.multiplex(["a@trade", "b@depth"]), False),
    ],
)
def test_which_silences_are_suspicious(wanted: Wanted, paced: bool) -> None:
    assert wanted.paced is paced
