"""Request parameters: what each may look like, and which error a bad one earns (errors.md, codes -1100 to -1199).

A reader takes the parameter's name and text and returns its value. Times come in milliseconds or microseconds, told
apart by their size, and are returned in microseconds.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .bars import DAY, HOUR, INTERVALS, MINUTE
from .errors import ApiError, illegal, invalid, malformed

_SYMBOL = r"^[\w\-.]{1,50}$"
_SYMBOLS = r'^\["[\w\-.]{1,50}"(,"[\w\-.]{1,50}")*\]$'
_NUMBER = r"^[0-9]{1,20}$"
_SMALLEST_MICROSECONDS = 10**14  # as milliseconds, this would be the year 5138
_WINDOW = re.compile(r"([0-9]{1,2})([mhd])")
_WINDOW_UNITS = {"m": (MINUTE, 59), "h": (HOUR, 23), "d": (DAY, 7)}
_ZONE = re.compile(r"([+-]?)([0-9]{1,2})(?::([0-9]{2}))?")

Reader = Callable[[str, str], Any]


@dataclass(frozen=True, slots=True)
class Param:
    name: str
    read: Reader
    required: bool = False


def read(sent: Iterable[tuple[str, str]], known: tuple[Param, ...]) -> dict[str, Any]:
    """The values of the parameters that were sent; raises ApiError for the first thing wrong with them."""
    pairs = list(sent)
    texts = dict(pairs)
    if len(texts) != len(pairs):
        raise ApiError(-1101, "Duplicate values for a parameter detected.")
    if len(pairs) > len(known):
        raise ApiError(-1101, f"Too many parameters; expected '{len(known)}' and received '{len(pairs)}'.")
    values: dict[str, Any] = {}
    for param in known:
        text = texts.get(param.name)
        if param.required and not text:
            raise malformed(param.name)
        if text == "":
            raise ApiError(-1105, f"Parameter '{param.name}' was empty.")
        if text is not None:
            values[param.name] = param.read(param.name, text)
    if len(values) != len(texts):
        raise ApiError(
            -1104,
            f"Not all sent parameters were read; read '{len(values)}' parameter(s) but was sent '{len(texts)}'.",
        )
    return values


def symbol(name: str, text: str) -> str:
    if not re.fullmatch(_SYMBOL, text) or text != text.upper():
        raise illegal(name, _SYMBOL)
    return text


def symbols(name: str, text: str) -> list[str]:
    """A JSON array of symbols."""
    if not re.fullmatch(_SYMBOLS, text) or text != text.upper():
        raise illegal(name, _SYMBOLS)
    listed: list[str] = json.loads(text)
    if len(set(listed)) != len(listed):
        raise ApiError(-1151, "Symbol is present multiple times in the list.")
    return listed


def words(name: str, text: str) -> list[str]:
    """One word, or a JSON array of words."""
    return symbols(name, text) if text.startswith("[") else [symbol(name, text)]


def number(name: str, text: str) -> int:
    if not re.fullmatch(_NUMBER, text):
        raise illegal(name, _NUMBER)
    return int(text)


def limit(most: int) -> Reader:
    """A positive number of rows; more than `most` are cut to `most`."""

    def reader(name: str, text: str) -> int:
        rows = number(name, text)
        if not rows:
            raise invalid(name)
        return min(rows, most)

    return reader


def start_time(name: str, text: str) -> int:
    time = number(name, text)
    return time if time >= _SMALLEST_MICROSECONDS else time * 1000


def end_time(name: str, text: str) -> int:
    """The last microsecond of the time, which belongs to the range."""
    time = number(name, text)
    return time if time >= _SMALLEST_MICROSECONDS else time * 1000 + 999


def choice(*allowed: str) -> Reader:
    def reader(name: str, text: str) -> str:
        if text not in allowed:
            raise invalid(name)
        return text

    return reader


def boolean(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise illegal(name, "^(true|false)$")
    return text == "true"


def interval(_name: str, text: str) -> int:
    """The width of a kline interval."""
    if text not in INTERVALS:
        raise ApiError(-1120, "Invalid interval.")
    return INTERVALS[text]


def symbol_status(_name: str, text: str) -> str:
    if text not in ("TRADING", "HALT", "BREAK"):
        raise ApiError(-1122, "Invalid symbolStatus.")
    return text


def window(name: str, text: str) -> int:
    """The width of a ticker window: 1m to 59m, 1h to 23h, 1d to 7d."""
    match = _WINDOW.fullmatch(text)
    if not match:
        raise invalid(name)
    unit, most = _WINDOW_UNITS[match[2]]
    if not 1 <= int(match[1]) <= most:
        raise invalid(name)
    return int(match[1]) * unit


def time_zone(name: str, text: str) -> int:
    """Distance from UTC: hours, or hours and minutes, from -12:00 to +14:00."""
    match = _ZONE.fullmatch(text)
    if not match:
        raise invalid(name)
    distance = int(match[2]) * HOUR + int(match[3] or 0) * MINUTE
    offset = -distance if match[1] == "-" else distance
    if int(match[3] or 0) > 59 or not -12 * HOUR <= offset <= 14 * HOUR:
        raise invalid(name)
    return offset
