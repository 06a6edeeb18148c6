"""Stream names and stream addresses: what is well formed, and what a connection's URL asks for.

The exchange judges the syntax of a name, not its meaning: a well-formed name of an unknown symbol or stream is
acknowledged and stays silent, and so does one whose symbol is upper case.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

#: The one name without an `@` is that of a stream which was retired in 2022.
_WELL_FORMED = re.compile(r"!?\w+(@[\w+:.-]+)+|!bookTicker")
_UNITS = {"millisecond": False, "microsecond": True}


class Address(NamedTuple):
    """What a connection asked for in its URL."""

    path: str
    streams: list[str]
    combined: bool
    microseconds: bool


def well_formed(name: object) -> bool:
    return isinstance(name, str) and _WELL_FORMED.fullmatch(name) is not None


def address(path: str, query: str) -> Address:
    """Read the raw (still percent-encoded) path and query of a handshake.

    `/ws`, `/ws/<name>[/<name>...]` and `/stream[?streams=<name>/<name>...]` with an optional `timeUnit`, as in
    web-socket-streams.md.  A bare `+` stays a plus sign (kline names end in `@+08:00`).

    Raises `ValueError` for a malformed stream name or an unknown time unit.
    """
    options = {key: value for key, _, value in (pair.partition("=") for pair in query.split("&"))}
    combined = path.startswith("/stream")
    listed = options.get("streams", "") if combined else path.removeprefix("/ws")
    streams = [unquote(name) for name in re.split("/|%2[Ff]", listed) if name]
    for name in streams:
        if not well_formed(name):
            raise ValueError(f"Invalid stream {name!r}: a stream is named like btcusdt@trade or !miniTicker@arr")
    unit = options.get("timeUnit", "millisecond")
    if unit not in {*_UNITS, *(name.upper() for name in _UNITS)}:
        raise ValueError(f"Invalid timeUnit {unit!r}: use MILLISECOND or MICROSECOND")
    return Address(f"{path}?{query}" if query else path, list(dict.fromkeys(streams)), combined, _UNITS[unit.lower()])
