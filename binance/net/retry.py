"""Is it worth another try, after how long, and when is the past forgiven. Pure: randomness is an argument.

Exponential back-off with full jitter: the n-th wait is drawn evenly between nothing and `first_wait` doubled n-1 times
(at most `max_wait`), and is at least `min_wait`. A connection earns a fresh start by delivering or by lasting, not by
opening: a server that accepts and drops at once is not hammered.
"""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from ..exceptions import BinanceError, BinanceWebsocketUnableToConnect

__all__ = ["TOO_MANY", "Retry", "RetryPolicy", "given_up", "is_fatal"]

#: Too many calls, and banned for having gone on: the host wants silence from everybody here.
TOO_MANY = frozenset({418, 429})

#: Answers to the upgrade that waiting may mend, besides 5xx: these, a time-out, and too early.
_PASSING_STATUSES = TOO_MANY | {408, 425}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`max_retries` in a row (None = never give up); waits and `healthy_after` in seconds."""

    max_retries: int | None = 5
    first_wait: float = 1.0
    min_wait: float = 0.1
    max_wait: float = 60.0
    healthy_after: float = 5.0


def is_fatal(error: BaseException) -> bool:
    """Whether trying again would fail again: a refusal for good (4xx), a wrong certificate or address."""
    if isinstance(error.__cause__, ssl.SSLCertVerificationError | ValueError):
        return True
    status = error.status if isinstance(error, BinanceWebsocketUnableToConnect) else None
    return status is not None and status < 500 and status not in _PASSING_STATUSES


def given_up(cause: BinanceError) -> BinanceWebsocketUnableToConnect:
    """What to tell when no try follows: a refusal for good speaks for itself, else the tries are used up."""
    if isinstance(cause, BinanceWebsocketUnableToConnect) and is_fatal(cause):
        return cause
    error = BinanceWebsocketUnableToConnect(
        "Max reconnect retries reached", status=getattr(cause, "status", None), body=getattr(cause, "body", None)
    )
    error.__cause__ = cause
    return error


class Retry:
    """How many tries in a row have failed, and how long to wait before the next."""

    def __init__(self, policy: RetryPolicy, jitter: Callable[[], float] = random.random) -> None:
        self.policy = policy
        self.attempt = 0
        self._jitter = jitter

    def forgive(self, *, delivered: bool, lasted: float) -> None:
        """Start counting afresh if the connection that just ended was a good one (`lasted` in seconds)."""
        if delivered or lasted >= self.policy.healthy_after:
            self.attempt = 0

    def next_delay(self, *, error: BaseException | None = None, orderly: bool = False) -> float | None:
        """Seconds until the next try, which is hereby counted; None = give up.

        `error` is why there is none now; its `retry_after`, the server's own wish, is respected. After an `orderly` end
        of a good connection there is nothing to wait for.
        """
        if error is not None and is_fatal(error):
            return None
        if self.policy.max_retries is not None and self.attempt >= self.policy.max_retries:
            return None
        self.attempt += 1
        if orderly and self.attempt == 1:
            return 0.0
        return max(self._back_off(), self._wished_by(error))

    def _wished_by(self, error: BaseException | None) -> float:
        """Seconds that the server asked for; only a refusal for too many calls may ask for more than `max_wait`."""
        if not isinstance(error, BinanceWebsocketUnableToConnect) or error.retry_after is None:
            return 0.0
        return error.retry_after if error.status in TOO_MANY else min(error.retry_after, self.policy.max_wait)

    def _back_off(self) -> float:
        policy = self.policy
        ceiling = min(policy.max_wait, policy.first_wait * 2.0 ** min(self.attempt - 1, 32))
        return min(policy.max_wait, max(policy.min_wait, ceiling * self._jitter()))
