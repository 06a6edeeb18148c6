"""Milliseconds and microseconds: which values of an event are times, and how to divide them.

Sources speak microseconds.  A connection gets milliseconds unless it asked for `timeUnit=MICROSECOND`.
The table follows the payloads of web-socket-streams.md.
"""

from __future__ import annotations

from typing import Any

TIMES: dict[str, tuple[str, ...]] = {
    "trade": ("E", "T"),
    "aggTrade": ("E", "T"),
    "blockTrade": ("E", "T"),
    "kline": ("E", "k.t", "k.T"),
    "24hrMiniTicker": ("E",),
    "24hrTicker": ("E", "O", "C"),
    "1hTicker": ("E", "O", "C"),
    "4hTicker": ("E", "O", "C"),
    "1dTicker": ("E", "O", "C"),
    "avgPrice": ("E", "T"),
    "referencePrice": ("t",),
    "depthUpdate": ("E",),
    "serverShutdown": ("E",),
}
"""Event kind (`e`) → its time values.  Book tickers and partial depths have neither a kind nor a time."""


def in_milliseconds(payload: Any) -> Any:
    """The same payload with its times in whole milliseconds, rounded down; the original is left alone."""
    if isinstance(payload, list):
        return [in_milliseconds(item) for item in payload]
    times = TIMES.get(payload.get("e", ""), ())
    if not times:
        return payload
    copy = dict(payload)
    for path in times:
        outer, _, inner = path.partition(".")
        if inner:
            copy[outer] = {**copy[outer], inner: copy[outer][inner] // 1000}
        else:
            copy[outer] = copy[outer] // 1000
    return copy
