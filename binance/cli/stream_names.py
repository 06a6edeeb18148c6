"""What `binance stream` lets through: the exchange accepts a misspelt stream and then sends nothing, for ever.

Names are those of the spot market ("WebSocket Streams for Binance", web-socket-streams.md), those that were retired
included: some of the exchange's sites still send them.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from ..ws.names import DEPTH_LEVELS, KLINE_INTERVALS, TIME_ZONES, WINDOWS

__all__ = ["check", "retired", "symbols_of"]

_KINDS = (
    *("trade", "aggTrade", "blockTrade", "miniTicker", "ticker", "bookTicker", "avgPrice", "referencePrice"),
    *(f"ticker_{window}" for window in WINDOWS),
    *(f"kline_{interval}" for interval in KLINE_INTERVALS),
    *(f"kline_{interval}@{zone}" for interval in KLINE_INTERVALS for zone in TIME_ZONES),
    *(f"depth{levels}{pace}" for levels in ("", *DEPTH_LEVELS) for pace in ("", "@100ms", "@1000ms")),
)
#: Streams that the exchange no longer sends, and what to ask for instead.
_RETIRED = {
    "!ticker@arr": "'!miniTicker@arr', or 'btcusdt@ticker' for one symbol",
    "!bookTicker": "'btcusdt@bookTicker', once for each symbol",
}
_OF_ALL_SYMBOLS = ("!miniTicker@arr", *_RETIRED, *(f"!ticker_{window}@arr" for window in WINDOWS))


def check(names: Sequence[str]) -> None:
    """Raise ValueError for the first name that no spot stream has."""
    for name in names:
        symbol, _, kind = name.partition("@")
        if name in _OF_ALL_SYMBOLS or (symbol and kind in _KINDS):
            continue
        raise ValueError(f"{name!r} is no stream; {_advice(symbol, name)}")


def retired(names: Sequence[str]) -> list[str]:
    """A hint for each of the names that the exchange itself no longer sends."""
    return [f"the exchange no longer sends {name!r}; use {_RETIRED[name]}" for name in names if name in _RETIRED]


def symbols_of(names: Sequence[str]) -> list[str]:
    """The symbols that these names speak of, in capitals, each once."""
    return list(dict.fromkeys(name.partition("@")[0].upper() for name in names if not name.startswith("!")))


def _advice(symbol: str, name: str) -> str:
    known = [*_OF_ALL_SYMBOLS, *(f"{symbol}@{kind}" for kind in _KINDS)]
    by_small_letters = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), by_small_letters, n=1)
    if close:
        return f"did you mean {by_small_letters[close[0]]!r}?"
    return "give names like 'btcusdt@trade', 'btcusdt@kline_1m', 'btcusdt@depth5@100ms' or '!miniTicker@arr'"
