"""Is the peer alive: wait, ping, or dead. Pure: every moment is given as `now`, in seconds of any steady clock.

Two clocks run. Silence: nothing at all came for `ping_interval`, so a ping goes out, and nothing came for
`ping_timeout` after that. Staleness: the peer is polite (it answers pings) but no data message came for
`stale_after`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["KeepAlive", "KeepAlivePolicy", "Verdict"]

#: A check that comes this many seconds late tells of our own sleep (a blocked loop, a suspended machine), not of the
#: peer's.
_OVERSLEPT = 1.0


@dataclass(frozen=True, slots=True)
class KeepAlivePolicy:
    """Seconds; `stale_after` None = data may stay away for ever; `ping_interval` None = never ping."""

    ping_interval: float | None = 20.0
    ping_timeout: float = 10.0
    stale_after: float | None = None


class Verdict(NamedTuple):
    """What to do now, and when to ask again. `dead` says why the peer is taken for dead."""

    ping: bool
    dead: str | None
    due: float


class KeepAlive:
    """The two clocks of one connection."""

    def __init__(self, policy: KeepAlivePolicy, now: float) -> None:
        self.policy = policy
        #: Set by the owner at every read: when anything, and when a data message, was last heard.
        self.heard_at = now
        self.data_at = now
        self._pinged_at: float | None = None
        self._due = self._next(now)

    @property
    def due(self) -> float:
        """When `check` wants to be called."""
        return self._due

    def pardon(self, now: float) -> None:
        """Start both clocks afresh: the silence was ours, reading was paused."""
        self.heard_at = self.data_at = now
        self._pinged_at = None
        self._due = self._next(now)

    def check(self, now: float) -> Verdict:
        """Judge the peer."""
        policy = self.policy
        if now - self._due > _OVERSLEPT:
            # The peer's words may wait unread in the kernel: ask once more before judging.
            self.pardon(now)
            self._pinged_at = now if policy.ping_interval is not None else None
            self._due = self._next(now)
            return Verdict(self._pinged_at is not None, None, self._due)
        if policy.stale_after is not None and now >= self.data_at + policy.stale_after:
            return Verdict(False, f"no data message for {policy.stale_after:g} s", now)
        ping = False
        if self._pinged_at is not None and self.heard_at <= self._pinged_at:
            if now >= self._pinged_at + policy.ping_timeout:
                return Verdict(False, f"no answer to a ping within {policy.ping_timeout:g} s", now)
        elif policy.ping_interval is not None and now >= self.heard_at + policy.ping_interval:
            ping = True
            self._pinged_at = now
        self._due = self._next(now)
        return Verdict(ping, None, self._due)

    def _next(self, now: float) -> float:
        policy = self.policy
        moments = [now + 3600.0]
        if policy.stale_after is not None:
            moments.append(self.data_at + policy.stale_after)
        if self._pinged_at is not None and self.heard_at <= self._pinged_at:
            moments.append(self._pinged_at + policy.ping_timeout)
        elif policy.ping_interval is not None:
            moments.append(self.heard_at + policy.ping_interval)
        return min(moments)
