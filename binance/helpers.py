"""Small tools that scripts use beside a client: dates, intervals, step sizes."""

from __future__ import annotations

import asyncio
import json
import re
import warnings
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal

from dateutil import parser
from dateutil.relativedelta import relativedelta
from dateutil.tz import tzoffset

from .exceptions import UnknownDateFormat

__all__ = [
    "convert_list_to_json_array",
    "convert_ts_str",
    "date_to_milliseconds",
    "get_loop",
    "interval_to_milliseconds",
    "round_step_size",
]

_INTERVAL_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}

_RELATIVE_WORDS = {"now": timedelta(0), "today": timedelta(0), "yesterday": timedelta(days=1)}
_AGO = re.compile(r"(an?|\d+)\s+(second|sec|minute|min|hour|day|week|month|year)s?\s+ago")
_UNIT_NAMES = {"sec": "seconds", "min": "minutes"}

# Epoch time by its number of digits: how many of its units make a second.
_EPOCH_UNITS = {10: 1, 13: 1000, 16: 1_000_000}

_UTC_SUFFIX = re.compile(r"\s*\b(?:utc|gmt)$", re.IGNORECASE)


def date_to_milliseconds(date_str: str) -> int:
    """A date as milliseconds since 1970; without a time zone of its own it is UTC.

    Understood are the dates of `dateutil` ("1 Jan, 2017", "2017-01-01T12:30:00+02:00"; what is missing is today's, the
    time midnight), "now", "today" (both: this moment), "yesterday" (24 hours ago), "3 days ago", "1 hour ago UTC" (any
    number of seconds to years; "a" and "an" are 1), and epoch times of 10 (seconds), 13 or 16 digits.
    `UnknownDateFormat` otherwise, also for time zones given by name, which are ambiguous.
    """
    text = _UTC_SUFFIX.sub("", date_str.strip())
    if text.isdecimal() and len(text) in _EPOCH_UNITS:
        return int(text) * 1000 // _EPOCH_UNITS[len(text)]
    now = datetime.now(UTC)
    date = _relative_date(text.lower(), now) or _absolute_date(text, now)
    if date is None:
        raise UnknownDateFormat(date_str)
    return (date - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)


def _relative_date(text: str, now: datetime) -> datetime | None:
    if text in _RELATIVE_WORDS:
        return now - _RELATIVE_WORDS[text]
    match = _AGO.fullmatch(text)
    if match is None:
        return None
    number, unit = match.groups()
    count = int(number) if number.isdecimal() else 1
    try:
        return now - relativedelta(**{_UNIT_NAMES.get(unit, f"{unit}s"): count})  # type: ignore[arg-type]
    except (OverflowError, ValueError):
        return None


def _absolute_date(text: str, now: datetime) -> datetime | None:
    midnight = datetime(now.year, now.month, now.day)
    try:
        date = parser.parse(text, default=midnight, tzinfos=_zone)
    except (OverflowError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return tzoffset(name, offset)
    if name is not None:
        raise ValueError(f"time zone {name!r} is ambiguous")
    return None


def interval_to_milliseconds(interval: str) -> int | None:
    """The length of a kline interval: "1m" is 60,000. None for what has no fixed length ("1M") or is no interval."""
    seconds = _INTERVAL_SECONDS.get(interval[-1:])
    if seconds is None or not interval[:-1].isdecimal():
        return None
    return int(interval[:-1]) * seconds * 1000


def round_step_size(quantity: float | Decimal, step_size: float | Decimal) -> float:
    """`quantity` rounded down to a multiple of `step_size`, as filters of the exchange want it."""
    amount, step = Decimal(str(quantity)), Decimal(str(step_size))
    if step <= 0:
        raise ValueError(f"step_size: {step_size} is not above zero")
    return float(amount - amount % step)


def convert_ts_str(ts_str: str | int | None) -> int | None:
    """A time parameter in milliseconds: texts as in `date_to_milliseconds`, int and None as they are."""
    return date_to_milliseconds(ts_str) if isinstance(ts_str, str) else ts_str


def convert_list_to_json_array(l: list[str] | None) -> str | None:  # noqa: E741 - the name is python-binance's
    """A list as the JSON text without spaces that list parameters are sent as; None stays None."""
    return None if l is None else json.dumps(l, separators=(",", ":"))


def get_loop() -> asyncio.AbstractEventLoop:
    """The event loop of this thread; a new one becomes it where there is none."""
    try:
        with warnings.catch_warnings():
            # Some versions of Python make a loop here, with a warning; we want just that.
            warnings.simplefilter("ignore", DeprecationWarning)
            return asyncio.get_event_loop()
    except RuntimeError:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        return loop
