"""When to try again, after how long, and when to give up."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance.exceptions import BinanceWebsocketClosed, BinanceWebsocketUnableToConnect
from binance.net.retry import Retry, RetryPolicy, is_fatal

CLOSED = BinanceWebsocketClosed("gone", code=1006, reason="")


def refusal(status: int | None, retry_after: float | None = None) -> BinanceWebsocketUnableToConnect:
    return BinanceWebsocketUnableToConnect("refused", status=status, retry_after=retry_after)


def caused_by(cause: Exception) -> BinanceWebsocketUnableToConnect:
    error = refusal(None)
    error.__cause__ = cause
    return error


def latest() -> float:
    """Draw the most that jitter may draw."""
    return 1.0


def soonest() -> float:
    return 0.0


def delays(retry: Retry) -> Iterator[float]:
    while (delay := retry.next_delay(error=CLOSED)) is not None:
        yield delay


def test_the_ceiling_doubles_up_to_the_longest_wait() -> None:
    assert list(delays(Retry(RetryPolicy(max_retries=9), latest))) == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_no_wait_is_shorter_than_the_shortest() -> None:
    assert list(delays(Retry(RetryPolicy(max_retries=3), soonest))) == [0.1, 0.1, 0.1]


def test_jitter_is_full() -> None:
    drawn = iter([0.5, 0.25, 0.75])
    assert list(delays(Retry(RetryPolicy(max_retries=3), lambda: next(drawn)))) == [0.5, 0.5, 3.0]


def test_the_longest_wait_wins_over_the_shortest() -> None:
    assert list(delays(Retry(RetryPolicy(max_retries=2, min_wait=5, max_wait=0.5), latest))) == [0.5, 0.5]


def test_five_retries_by_default() -> None:
    retry = Retry(RetryPolicy(), latest)
    assert len(list(delays(retry))) == 5
    assert retry.attempt == 5
    assert retry.next_delay(error=CLOSED) is None


def test_without_retries_the_first_loss_is_the_last() -> None:
    assert Retry(RetryPolicy(max_retries=0)).next_delay(error=CLOSED) is None


def test_never_giving_up_also_after_thousands_of_tries() -> None:
    retry = Retry(RetryPolicy(max_retries=None), latest)
    assert [retry.next_delay(error=CLOSED) for _ in range(5000)][-1] == 60
    assert retry.attempt == 5000


@given(st.floats(0, 1), st.integers(1, 2000))
def test_every_delay_is_within_its_bounds(drawn: float, tries: int) -> None:
    policy = RetryPolicy(max_retries=None, first_wait=0.5, min_wait=0.2, max_wait=7)
    retry = Retry(policy, lambda: drawn)
    retry.attempt = tries - 1
    delay = retry.next_delay(error=CLOSED)
    assert delay is not None
    assert 0.2 <= delay <= min(7, max(0.2, 0.5 * 2.0 ** min(tries, 50)))


@pytest.mark.parametrize(
    ("delivered", "lasted", "forgiven"), [(True, 0.0, True), (False, 5.0, True), (False, 4.99, False)]
)
def test_a_connection_earns_forgiveness(delivered: bool, lasted: float, forgiven: bool) -> None:
    retry = Retry(RetryPolicy(max_retries=2), latest)
    assert len(list(delays(retry))) == 2
    retry.forgive(delivered=delivered, lasted=lasted)
    assert list(delays(retry)) == ([1, 2] if forgiven else [])


def test_the_servers_own_wish_is_respected() -> None:
    assert Retry(RetryPolicy(), latest).next_delay(error=refusal(429, retry_after=7)) == 7
    assert Retry(RetryPolicy(max_wait=60), latest).next_delay(error=refusal(418, retry_after=300)) == 300
    assert Retry(RetryPolicy(), latest).next_delay(error=refusal(503, retry_after=0.2)) == 1
    assert Retry(RetryPolicy(), latest).next_delay(error=refusal(503)) == 1


def test_an_orderly_end_is_followed_up_at_once_but_only_once() -> None:
    retry = Retry(RetryPolicy(), latest)
    assert retry.next_delay(error=CLOSED, orderly=True) == 0
    assert retry.next_delay(error=CLOSED, orderly=True) == 2
    retry.forgive(delivered=True, lasted=0)
    assert retry.next_delay(error=CLOSED, orderly=True) == 0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_refusal_for_good_is_fatal(status: int) -> None:
    assert is_fatal(refusal(status))
    retry = Retry(RetryPolicy())
    assert retry.next_delay(error=refusal(status)) is None
    assert retry.attempt == 0


@pytest.mark.parametrize("status", [None, 408, 418, 425, 429, 500, 502, 503, 504])
def test_a_refusal_for_now_is_not(status: int | None) -> None:
    assert not is_fatal(refusal(status))
    assert Retry(RetryPolicy()).next_delay(error=refusal(status)) is not None


@pytest.mark.parametrize(
    ("cause", "fatal"),
    [
        (ssl.SSLCertVerificationError("for another name"), True),
        (ValueError("no address"), True),
        (ssl.SSLError("wrong version number"), False),
        (ConnectionRefusedError(), False),
        (TimeoutError(), False),
    ],
)
def test_what_waiting_cannot_mend_is_fatal(cause: Exception, fatal: bool) -> None:
    assert is_fatal(caused_by(cause)) is fatal
    assert (Retry(RetryPolicy()).next_delay(error=caused_by(cause)) is None) is fatal


def test_the_end_of_a_connection_is_never_fatal() -> None:
    assert not is_fatal(CLOSED)
