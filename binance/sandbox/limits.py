"""The exchange's patience: its limits as one object of settings, and the pure counters that enforce them.

Every counter takes `now` (seconds of a monotonic clock); none reads a clock or sleeps.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What the exchange tolerates; the defaults are Binance's (web-socket-streams.md, "Websocket Limits").

    Times in seconds.  `connections` counts attempts per client address in `connections_window`.
    `waiting_bytes` is how much may wait for a client that does not read before it is cut off (undocumented at
    Binance; our figure), which never happens while a capture is replayed at the speed "max".
    """

    max_age: float = 24 * 3600
    ping_interval: float = 20
    ping_timeout: float = 60
    messages_per_second: int = 5
    streams: int = 1024
    connections: int = 300
    connections_window: float = 300
    weight_per_minute: int = 6000
    waiting_bytes: int = 64 * 1024 * 1024


class Window:
    """At most `limit` happenings within any `seconds`."""

    def __init__(self, limit: int, seconds: float) -> None:
        self._limit = limit
        self._seconds = seconds
        self._times: deque[float] = deque()

    def admits(self, now: float) -> bool:
        """Count one happening; false, and not counted, when it is one too many."""
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        if len(self._times) >= self._limit:
            return False
        self._times.append(now)
        return True

    def wait(self, now: float) -> int:
        """Whole seconds until the next happening is admitted."""
        if len(self._times) < self._limit:
            return 0
        if not self._times:
            return math.ceil(self._seconds)
        return max(1, math.ceil(self._times[0] + self._seconds - now))


class Lifetime:
    """When one connection is pinged, when it has failed to answer, and when it has lived long enough."""

    PING, UNANSWERED, TOO_OLD = "ping", "unanswered", "too old"

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._ends = now + limits.max_age
        self._next_ping = now + limits.ping_interval
        self._unanswered: dict[bytes, float] = {}

    @property
    def due(self) -> float:
        """When `step` has something to say next."""
        return min(self._ends, self._next_ping, *self._deadlines())

    def step(self, now: float) -> str | None:
        """What has to happen now, if anything; `PING` moves on to the next ping."""
        if any(deadline <= now for deadline in self._deadlines()):
            return self.UNANSWERED
        if now >= self._ends:
            return self.TOO_OLD
        if now >= self._next_ping:
            self._next_ping = now + self._limits.ping_interval
            return self.PING
        return None

    def pinged(self, payload: bytes, now: float) -> None:
        self._unanswered.setdefault(payload, now + self._limits.ping_timeout)

    def ponged(self, payload: bytes) -> None:
        """An answer settles its ping and those before it; a pong that copies no ping settles nothing."""
        if payload not in self._unanswered:
            return
        for earlier in list(self._unanswered):
            del self._unanswered[earlier]
            if earlier == payload:
                return

    def _deadlines(self) -> list[float]:
        # insertion order is deadline order: the first unanswered ping is the first to expire
        return list(self._unanswered.values())[:1]
