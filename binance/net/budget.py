"""How many connections this process may still try to open to a host: one budget for all sockets and threads.

Binance allows 300 attempts per 5 minutes and address (web-socket-streams.md, "WebSocket Limits"); whoever goes beyond
is refused, then banned. The book is kept per host because the exchange keeps it per host; on the loopback each port
is another server.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import deque
from urllib.parse import urlsplit

__all__ = ["ConnectionBudget", "budget_for"]

ATTEMPTS = 300
WINDOW = 300.0


class ConnectionBudget:
    """A sliding window of attempts. `now` is seconds of a steady clock that all callers share. Safe across threads."""

    def __init__(self, attempts: int = ATTEMPTS, window: float = WINDOW) -> None:
        self._attempts = attempts
        self._window = window
        self._made: deque[float] = deque()
        self._silent_until = 0.0
        self._lock = threading.Lock()

    def take(self, now: float) -> float:
        """Seconds to wait before asking again; 0.0 = go ahead, the attempt is counted."""
        with self._lock:
            if now < self._silent_until:
                return self._silent_until - now
            while self._made and self._made[0] <= now - self._window:
                self._made.popleft()
            if len(self._made) >= self._attempts:
                return self._made[0] + self._window - now
            self._made.append(now)
            return 0.0

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
