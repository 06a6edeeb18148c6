"""The streams that gather the tickers of all symbols: once a second, those that changed since they were last told."""

from collections.abc import Callable, Container, Sequence
from functools import partial
from typing import Any

from .feed import WINDOWS, Feed
from .payloads import Event

_TIMES = frozenset("EOC")  # these alone are no news

_STREAMS: dict[str, Callable[[Feed, int], dict[str, Any]]] = {
    "!miniTicker@arr": Feed.mini_ticker,
    **{f"!ticker_{window}@arr": partial(Feed.window_ticker, window=window) for window in WINDOWS},
}


class AllTickers:
    """`!miniTicker@arr` and `!ticker_<w>@arr` over the given feeds."""

    def __init__(self, feeds: Sequence[Feed], wanted: Container[str]) -> None:
        self._feeds = feeds
        self._wanted = wanted
        self._told: dict[tuple[str, str], dict[str, Any]] = {}

    def push(self, now: int, out: list[Event]) -> None:
        for stream, render in _STREAMS.items():
            if stream not in self._wanted:
                continue
            rows = [row for feed in self._feeds if self._is_news(stream, row := render(feed, now))]
            if rows:
                out.append((stream, rows))

    def _is_news(self, stream: str, row: dict[str, Any]) -> bool:
        news = {key: value for key, value in row.items() if key not in _TIMES}
        if self._told.get((stream, row["s"])) == news:
            return False
        self._told[stream, row["s"]] = news
        return True
