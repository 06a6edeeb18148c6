"""What a user wants, as the exchange's words: every market stream is one pure function here.

A builder's signature, defaults and checks are those of the manager's method of the same meaning. Names, speeds and
retired streams are those of "WebSocket Streams for Binance" (web-socket-streams.md, 2026-07).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from .. import enums

__all__ = ["DEPTH_LEVELS", "KLINE_INTERVALS", "MAX_STREAMS", "TIME_ZONES", "WINDOWS", "Wanted"]

_T = TypeVar("_T")

#: Streams that one connection may carry ("WebSocket Limits").
MAX_STREAMS = 1024

#: Longer request lines are refused; the names that do not fit are asked for with SUBSCRIBE.
_MAX_URL = 3_500

#: What the exchange offers: parts of stream names.
KLINE_INTERVALS = tuple(value for name, value in vars(enums).items() if name.startswith("KLINE_INTERVAL_"))
DEPTH_LEVELS = (enums.WEBSOCKET_DEPTH_5, enums.WEBSOCKET_DEPTH_10, enums.WEBSOCKET_DEPTH_20)
WINDOWS = ("1h", "4h", "1d")
TIME_ZONES = ("+08:00",)

_NO_SYMBOL = re.compile(r"[\s@/?#&!,%]")
_NO_KIND = re.compile(r"[\s/?#&,%]")
#: The exchange sends these at a fixed pace, trades or not: their silence means that something is wrong.
_PACED = re.compile(r"@kline_|@arr$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Streams of one connection: of which family of servers, under which names, wrapped (`combined`) or raw."""

    family: str
    names: tuple[str, ...]
    combined: bool = False

    @property
    def path(self) -> str:
        """What follows the server's address. Names that make it too long are left to `subscribed_later`."""
        joined = "/".join(_quoted(name) for name in self.names[: self._in_path])
        return f"stream?streams={joined}" if self.combined else f"ws/{joined}"

    @property
    def subscribed_later(self) -> tuple[str, ...]:
        """The names that are not in `path`."""
        return self.names[self._in_path :]

    @property
    def paced(self) -> bool:
        """Whether the exchange sends something at least every few seconds."""
        return any(_PACED.search(name) for name in self.names)

    @property
    def _in_path(self) -> int:
        length = 0
        for position, name in enumerate(self.names):
            length += len(_quoted(name)) + 1
            if length > _MAX_URL:
                return position
        return len(self.names)


def trade(symbol: str) -> Wanted:
    """Every trade: ``{"e": "trade", "s": symbol, "t": id, "p": price, "q": quantity, "m": buyer is maker, ...}``."""
    return _raw(f"{_symbol(symbol)}@trade")


def aggtrade(symbol: str) -> Wanted:
    """Trades of one taker order at one price, merged: ``{"e": "aggTrade", "a": id, "f": first, "l": last, ...}``."""
    return _raw(f"{_symbol(symbol)}@aggTrade")


def block_trade(symbol: str) -> Wanted:
    """Block trades, with ids of their own: ``{"e": "blockTrade", "t": id, ...}``."""
    return _raw(f"{_symbol(symbol)}@blockTrade")


def kline(symbol: str, interval: str = enums.KLINE_INTERVAL_1MINUTE, time_zone: str | None = None) -> Wanted:
    """The current candle every second or two: ``{"e": "kline", "k": {"t": open time, "x": is closed, ...}}``.

    `interval` is one of "1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M"; `time_zone` "+08:00" opens bars there.
    """
    name = f"{_symbol(symbol)}@kline_{_one_of('interval', interval, KLINE_INTERVALS)}"
    return _raw(name if time_zone is None else f"{name}@{_one_of('time_zone', time_zone, TIME_ZONES)}")


def depth(symbol: str, depth: str | int | None = None, interval: int | None = None) -> Wanted:
    """Changes of the order book, or with `depth` 5, 10 or 20 its best levels, every second or every 100 ms.

    Changes: ``{"e": "depthUpdate", "U": first id, "u": last id, "b": [[price, quantity]], "a": ...}``; levels:
    ``{"lastUpdateId": id, "bids": [[price, quantity], ...], "asks": ...}``. `interval` is in milliseconds: 100 or 1000.
    """
    name = f"{_symbol(symbol)}@depth"
    if depth not in (None, "", "1"):
        name += _one_of("depth", str(depth), DEPTH_LEVELS)
    if interval not in (None, 0, 1000):
        name += f"@{int(_one_of('interval', interval, (100,)))}ms"
    return _raw(name)


def miniticker(update_time: int = 1000) -> Wanted:
    """All symbols that changed, every second: a list of ``{"e": "24hrMiniTicker", "c": last price, ...}``."""
    _one_of("update_time", update_time, (1000,))
    return _raw("!miniTicker@arr")


def symbol_miniticker(symbol: str) -> Wanted:
    """The last 24 hours in short, every second: ``{"e": "24hrMiniTicker", "c": last price, ...}``."""
    return _raw(f"{_symbol(symbol)}@miniTicker")


def symbol_ticker(symbol: str) -> Wanted:
    """The last 24 hours, every second: ``{"e": "24hrTicker", "c": last price, "P": change in percent, ...}``."""
    return _raw(f"{_symbol(symbol)}@ticker")


def ticker() -> Wanted:
    """Retired by the exchange on 2026-03-26: use `miniticker_socket()` or `symbol_ticker_socket(symbol)`."""
    _retired("ticker_socket()", "!ticker@arr", "miniticker_socket() or symbol_ticker_socket(symbol)")
    return _raw("!ticker@arr")


def symbol_ticker_window(symbol: str, window_size: str = "1h") -> Wanted:
    """A rolling window of "1h", "4h" or "1d", every second: ``{"e": "1hTicker", "c": last price, ...}``."""
    return _raw(f"{_symbol(symbol)}@ticker_{_one_of('window_size', window_size, WINDOWS)}")


def ticker_window(window_size: str = "1h") -> Wanted:
    """A rolling window of all symbols that changed, every second: a list of ``{"e": "1hTicker", ...}``."""
    return _raw(f"!ticker_{_one_of('window_size', window_size, WINDOWS)}@arr")


def symbol_book_ticker(symbol: str) -> Wanted:
    """Best bid and ask at every change: ``{"u": id, "b": bid, "B": quantity, "a": ask, "A": quantity, ...}``."""
    return _raw(f"{_symbol(symbol)}@bookTicker")


def book_ticker() -> Wanted:
    """Retired by the exchange in December 2022: use `symbol_book_ticker_socket(symbol)`, or several in a multiplex."""
    _retired("book_ticker_socket()", "!bookTicker", "symbol_book_ticker_socket(symbol) or multiplex_socket([...])")
    return _raw("!bookTicker")


def avg_price(symbol: str) -> Wanted:
    """The average price of the last minutes, every second: ``{"e": "avgPrice", "i": "5m", "w": price, "T": ...}``."""
    return _raw(f"{_symbol(symbol)}@avgPrice")


def reference_price(symbol: str) -> Wanted:
    """The symbol's reference price: ``{"e": "referencePrice", "s": symbol, "r": price or None, "t": time}``."""
    return _raw(f"{_symbol(symbol)}@referencePrice")


def multiplex(streams: Sequence[str]) -> Wanted:
    """Up to 1024 streams in one socket; each message comes as ``{"stream": name, "data": message}``.

    `streams` are the exchange's names, such as ["bnbbtc@aggTrade", "!miniTicker@arr"]; symbols may be in capitals.
    """
    if isinstance(streams, str) or not streams:
        raise ValueError(f"streams: {streams!r} is no list of stream names; give one like ['bnbbtc@trade']")
    names = tuple(dict.fromkeys(_stream_name(name) for name in streams))
    if len(names) > MAX_STREAMS:
        raise ValueError(
            f"streams: {len(names)} are too many; one connection carries {MAX_STREAMS}, open several sockets"
        )
    return Wanted("stream", names, combined=True)


def _raw(name: str) -> Wanted:
    return Wanted("stream", (name,))


def _symbol(symbol: str) -> str:
    if not _is_symbol(symbol):
        raise ValueError(f"symbol: {symbol!r} is no symbol; give one like 'BNBBTC'")
    return symbol.lower()


def _is_symbol(symbol: object) -> bool:
    return isinstance(symbol, str) and bool(symbol) and not _NO_SYMBOL.search(symbol)


def _one_of(argument: str, value: _T, allowed: Sequence[_T]) -> _T:
    if value not in allowed:
        raise ValueError(f"{argument}: {value!r} is not offered; one of {', '.join(map(repr, allowed))}")
    return value


def _stream_name(name: str) -> str:
    symbol, at, kind = name.partition("@") if isinstance(name, str) else ("", "", "")
    if symbol.startswith("!") and not _NO_KIND.search(name):
        return name
    if not at:
        # It may be a listen key, which is a secret: it is not repeated.
        raise ValueError(
            "streams: a name without '@' is no market stream; give names like 'bnbbtc@trade'. Account streams have "
            "sockets of their own, like user_socket()"
        )
    if not _is_symbol(symbol) or not kind or _NO_KIND.search(kind):
        raise ValueError(f"streams: {name!r} is no stream name; give one like 'bnbbtc@trade'")
    return f"{symbol.lower()}{at}{kind}"


def _quoted(name: str) -> str:
    return quote(name, safe="!@:_-.")


def _retired(method: str, stream: str, instead: str) -> None:
    warnings.warn(f"{method}: the exchange no longer sends {stream}; use {instead}", DeprecationWarning, stacklevel=4)
