"""What `binance stream` lets through: the exchange accepts a misspelt stream and then sends nothing, for ever.

Names are those of the spot market ("WebSocket Streams for Binance", web-socket-streams.md), those that were retired
included: some of the exchange's sites still send them.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from .. import enums

__all__ = ["check", "symbols_of"]

_INTERVALS = tuple(value for name, value in vars(enums).items() if name.startswith("KLINE_INTERVAL_"))
_WINDOWS = ("1h", "4h", "1d")
_KINDS = (
    *("trade", "aggTrade", "blockTrade", "miniTicker", "ticker", "bookTicker", "avgPrice", "referencePrice"),
    *(f"ticker_{window}" for window in _WINDOWS),
    *(f"kline_{interval}{zone}" for interval in _INTERVALS for zone in ("", "@+08:00")),
    *(f"depth{levels}{pace}" for levels in ("", 5, 10, 20) for pace in ("", "@100ms", "@1000ms")),
)
_OF_ALL_SYMBOLS = (
    *("!miniTicker@arr", "!ticker@arr", "!bookTicker"),
    *(f"!ticker_{window}@arr" for window in _WINDOWS),
)


def check(names: Sequence[str]) -> None:
    """Raise ValueError for the first name that no spot stream has."""
    for name in names:
        symbol, _, kind = name.partition("@")
        if name in _OF_ALL_SYMBOLS or (symbol and kind in _KINDS):
            continue
        raise ValueError(f"{name!r} is no stream; {_advice(symbol, name)}")


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
