"""How many connections this process may still try to open to a host: one budget for all sockets and threads.

Binance allows 300 attempts per 5 minutes and address (web-socket-streams.md, "WebSocket Limits"); whoever goes beyond
is refused, then banned. The book is kept per host because the exchange keeps it per host; on the loopback each port
is another server.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import deque
from contextlib import suppress
from urllib.parse import urlsplit

__all__ = ["ConnectionBudget", "budget_for"]

ATTEMPTS = 300
WINDOW = 300.0


class ConnectionBudget:
    """A sliding window of attempts, and a queue for it: first come, first served. Safe across threads.

    Every moment is in seconds of a steady clock that all callers share.
    """

    def __init__(self, attempts: int = ATTEMPTS, window: float = WINDOW) -> None:
        self._attempts = attempts
        self._window = window
        self._taken: deque[float] = deque()
        self._silent_until = 0.0
        self._lock = threading.Lock()

    def take(self, now: float) -> float:
        """The moment at which an attempt may be made, which is hereby taken: `now`, or later."""
        with self._lock:
            while self._taken and self._taken[0] + self._window <= now:
                self._taken.popleft()
            moment = max(now, self._silent_until, self._taken[-1] if self._taken else now)
            if len(self._taken) >= self._attempts:
                moment = max(moment, self._taken[-self._attempts] + self._window)
            self._taken.append(moment)
            return moment

    def give_back(self, moment: float) -> None:
        """An attempt that `take` allowed was not made, or never reached the host."""
        with self._lock, suppress(ValueError):
            self._taken.remove(moment)

    def silence(self, now: float) -> float:
        """Seconds for which no attempt may be made, whatever was taken."""
        return max(0.0, self._silent_until - now)

    def hush(self, until: float) -> None:
        """No attempt before `until`: the host said 429 or 418 with a Retry-After."""
        with self._lock:
            self._silent_until = max(self._silent_until, until)


_budgets: dict[str, ConnectionBudget] = {}
_budgets_lock = threading.Lock()


def budget_for(url: str) -> ConnectionBudget:
    """The process's one budget for the host of `url`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    key = f"{host}:{parts.port}" if _is_loopback(host) else host
    with _budgets_lock:
        return _budgets.setdefault(key, ConnectionBudget())


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
