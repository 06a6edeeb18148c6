"""Request weight per client and minute, and what becomes of clients that use too much (rest-api.md, "IP Limits")."""

from dataclasses import dataclass, replace

from .bars import MINUTE, SECOND
from .errors import ApiError

PATIENCE = 10  # requests refused with 429 in a minute before the client is banned
SHORTEST_BAN = 2 * MINUTE
LONGEST_BAN = 3 * 24 * 60 * MINUTE


@dataclass(slots=True)
class _Account:
    minute: int
    used: int = 0
    refused: int = 0
    bans: int = 0
    banned_until: int = 0


class Weights:
    """Counts by the clock's minutes. `now` is in microseconds since 1970."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._accounts: dict[str, _Account] = {}

    def used(self, client: str, now: int) -> int:
        return self._account(client, now).used

    def charge(self, client: str, weight: int, now: int) -> None:
        """Add `weight`; raises the 429 or 418 that a client over the limit is given."""
        account = self._account(client, now)
        if now < account.banned_until:
            raise _banned(account.banned_until, now)
        account.used += weight
        if account.used <= self.per_minute:
            return
        account.refused += 1
        if account.refused > PATIENCE:
            account.banned_until = now + min(SHORTEST_BAN * 2**account.bans, LONGEST_BAN)
            account.bans += 1
            raise _banned(account.banned_until, now)
        raise ApiError(
            -1003,
            f"Too much request weight used; current limit is {self.per_minute} request weight per 1 MINUTE. "
            "Please use WebSocket Streams for live updates to avoid polling the API.",
            status=429,
            headers=_retry_after((now // MINUTE + 1) * MINUTE, now),
        )

    def _account(self, client: str, now: int) -> _Account:
        minute = now // MINUTE
        account = self._accounts.get(client) or _Account(minute)
        if account.minute != minute:
            account = replace(account, minute=minute, used=0, refused=0)
        self._accounts[client] = account
        return account


def _banned(until: int, now: int) -> ApiError:
    return ApiError(
        -1003,
        f"Way too much request weight used; IP banned until {until // 1000}. "
        "Please use WebSocket Streams for live updates to avoid bans.",
        status=418,
        headers=_retry_after(until, now),
    )


def _retry_after(until: int, now: int) -> dict[str, str]:
    return {"Retry-After": str(-(-(until - now) // SECOND))}
