"""Dates, intervals, step sizes."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from binance.exceptions import UnknownDateFormat
from binance.helpers import (
    convert_list_to_json_array,
    convert_ts_str,
    date_to_milliseconds,
    get_loop,
    interval_to_milliseconds,
    round_step_size,
)

SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 Jan, 2017", datetime(2017, 1, 1)),
        ("2017-01-01", datetime(2017, 1, 1)),
        ("Jan 1, 2017 12:30:15.250", datetime(2017, 1, 1, 12, 30, 15, 250_000)),
        ("2017-01-01T12:30:00Z", datetime(2017, 1, 1, 12, 30)),
        ("2017-01-01 12:30 UTC", datetime(2017, 1, 1, 12, 30)),
        ("2017-01-01T12:30:00+02:00", datetime(2017, 1, 1, 10, 30)),
        ("1969-12-31 23:59:59", datetime(1969, 12, 31, 23, 59, 59)),
        ("1483228800", datetime(2017, 1, 1)),
        ("1483228800123", datetime(2017, 1, 1, 0, 0, 0, 123_000)),
        ("1483228800123456", datetime(2017, 1, 1, 0, 0, 0, 123_000)),
    ],
)
def test_dates(text: str, expected: datetime) -> None:
    assert date_to_milliseconds(text) == round(expected.replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("now", 0),
        ("now UTC", 0),
        ("today", 0),
        ("yesterday", DAY),
        ("1 second ago", SECOND),
        ("30 min ago UTC", 30 * MINUTE),
        ("45 minutes ago", 45 * MINUTE),
        ("an hour ago", HOUR),
        ("1 hour ago UTC", HOUR),
        ("1 day ago UTC", DAY),
        ("a day ago", DAY),
        ("3 Days Ago", 3 * DAY),
        ("2 weeks ago UTC", 14 * DAY),
    ],
)
def test_relative_dates(text: str, ago: int) -> None:
    before = time.time_ns() // 1_000_000
    result = date_to_milliseconds(text)
    after = time.time_ns() // 1_000_000
    assert before - 1 <= result + ago <= after + 1


def test_months_and_years_follow_the_calendar() -> None:
    now = datetime.now(UTC)
    month = datetime.fromtimestamp(date_to_milliseconds("1 month ago") / 1000, UTC)
    year = datetime.fromtimestamp(date_to_milliseconds("1 year ago UTC") / 1000, UTC)
    assert (now.month - month.month) % 12 == 1
    assert now.year - year.year == 1


@pytest.mark.parametrize(
    "text",
    ["", "UTC", "soon", "in the year of the cat", "31 Feb 2020", "5 lightyears ago", "2017-01-01 10:00 EST", "9" * 30],
)
def test_no_date(text: str) -> None:
    with pytest.raises(UnknownDateFormat) as caught:
        date_to_milliseconds(text)
    assert caught.value.args == (text,)


def test_too_long_ago_is_no_date() -> None:
    with pytest.raises(UnknownDateFormat):
        date_to_milliseconds("99999 years ago")


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ("1s", SECOND),
        ("1m", MINUTE),
        ("15m", 15 * MINUTE),
        ("4h", 4 * HOUR),
        ("1d", DAY),
        ("1w", 7 * DAY),
        ("1M", None),
        ("m", None),
        ("1.5m", None),
        ("-1m", None),
        ("", None),
    ],
)
def test_intervals(interval: str, expected: int | None) -> None:
    assert interval_to_milliseconds(interval) == expected


@pytest.mark.parametrize(
    ("quantity", "step", "expected"),
    [
        (1.23456, 0.01, 1.23),
        (0.3, 0.1, 0.3),
        (Decimal("7.999"), Decimal("1"), 7.0),
        (1e-7, 1e-8, 1e-7),
        (0.00001234, Decimal("0.00001"), 0.00001),
    ],
)
def test_step_sizes(quantity: float | Decimal, step: float | Decimal, expected: float) -> None:
    result = round_step_size(quantity, step)
    assert isinstance(result, float)
    assert result == expected


def test_a_step_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="step_size: 0 "):
        round_step_size(1.0, 0)


def test_convert_ts_str() -> None:
    assert convert_ts_str(None) is None
    assert convert_ts_str(1483228800000) == 1483228800000
    assert convert_ts_str("1 Jan, 2017") == 1483228800000


def test_convert_list_to_json_array() -> None:
    assert convert_list_to_json_array(None) is None
    assert convert_list_to_json_array(["BTCUSDT", "BNBBTC"]) == '["BTCUSDT","BNBBTC"]'


async def test_get_loop_is_the_running_one() -> None:
    assert get_loop() is asyncio.get_running_loop()


def test_get_loop_makes_one_and_keeps_it() -> None:
    same: list[bool] = []

    def run() -> None:
        loop = get_loop()
        same.append(get_loop() is loop)
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert same == [True]
