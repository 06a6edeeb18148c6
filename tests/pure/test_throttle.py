"""Counters and silences."""

from __future__ import annotations

import json

import pytest
from multidict import CIMultiDict

from binance.exceptions import BinanceAPIException, BinanceRateLimitException
from binance.net.http import HttpCall, HttpReply
from binance.pipeline.throttle import Limits, seconds_to_wait

BODY = json.dumps({"code": -1003, "msg": "Too much request weight used."}).encode()
CALL = HttpCall("GET", "https://h/api/v3/depth")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def limits(clock: Clock) -> Limits:
    return Limits(prefix="X-MBX-", silencing={429: 10, 418: 120}, clock=clock, wall_clock=lambda: 1_700_000_000.0)


def reply(status: int = 200, body: bytes = BODY, **headers: str) -> HttpReply:
    return HttpReply(
        CALL, status, CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()}), body
    )


def test_counters() -> None:
    known = limits(Clock())
    assert dict(known) == {}
    known.learn("a", reply(x_mbx_used_weight_1m="12", X_MBX_ORDER_COUNT_10S="3", date="9"))
    known.learn("b", reply(x_mbx_used_weight_1m="7", x_mbx_uuid="f00"))
    assert dict(known) == {"used-weight-1m": 7, "order-count-10s": 3}
    assert known.of("a") == {"used-weight-1m": 12, "order-count-10s": 3}
    assert known.of("b") == {"used-weight-1m": 7}
    assert known.of("c") == {}


@pytest.mark.parametrize(("status", "default"), [(429, 10), (418, 120)])
@pytest.mark.parametrize("retry_after", ["5", None])
def test_silence(status: int, default: int, retry_after: str | None) -> None:
    clock = Clock()
    known = limits(clock)
    wait = default if retry_after is None else 5
    answer = reply(status) if retry_after is None else reply(status, retry_after=retry_after)
    with pytest.raises(BinanceRateLimitException) as caught:
        known.learn("h", answer)
    first = caught.value
    assert isinstance(first, BinanceAPIException)
    assert (first.code, first.status_code, first.retry_after) == (-1003, status, wait)

    clock.now += wait - 1
    assert known.silence("h") == 1
    with pytest.raises(BinanceRateLimitException) as caught:
        known.admit("h")
    assert (caught.value.code, caught.value.status_code, caught.value.retry_after) == (-1003, status, 1)
    assert caught.value.__notes__ == ["This call was not sent: h demanded silence with the reply to an earlier one."]
    known.admit("other")

    clock.now += 1
    assert known.silence("h") == 0
    known.admit("h")


def test_a_shorter_silence_does_not_end_a_longer_one() -> None:
    known = limits(Clock())
    for wait in ("60", "5"):
        with pytest.raises(BinanceRateLimitException):
            known.learn("h", reply(429, retry_after=wait))
    assert known.silence("h") == 60


def test_other_statuses_silence_nothing() -> None:
    known = limits(Clock())
    for status in (200, 400, 403, 500, 503):
        known.learn("h", reply(status, retry_after="60"))
    known.admit("h")


def test_no_wait_is_a_refusal_without_silence() -> None:
    known = limits(Clock())
    with pytest.raises(BinanceRateLimitException):
        known.learn("h", reply(429, retry_after="0"))
    known.admit("h")


def test_a_page_of_html_is_told_in_short() -> None:
    page = b"<html><title>Too many</title>" + b"x" * 10_000
    with pytest.raises(BinanceRateLimitException, match="HTTP 429: Too many") as caught:
        limits(Clock()).learn("h", reply(429, page))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 2.5 ", 2.5),
        ("0", 0),
        ("-3", 0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60),
        ("Tue, 14 Nov 2023 22:00:00 GMT", 0),
        ("", 33),
        ("soon", 33),
        ("nan", 33),
        ("inf", 33),
    ],
)
def test_retry_after(header: str, seconds: float) -> None:
    assert seconds_to_wait(header, now=1_700_000_000.0, default=33) == seconds
