"""Limits: what the exchange said about how much may still be asked, and the silence it demanded.

Per host. Nothing waits here: a call during a demanded silence is refused at once; sending it would lengthen the ban.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ..exceptions import BinanceRateLimitException
from ..net.http import HttpReply
from ..net.retry_after import seconds_to_wait

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class _Silence:
    until: float
    reply: HttpReply


class Limits(Mapping[str, int]):
    """The counters of the last replies, by name: ``limits["used-weight-1m"]``. Empty before the first reply.

    A counter is as old as the reply that told it: windows end by the clock, and other programs at the same address
    count too. Every host counts for itself; `of(host)` tells them apart, the mapping has the latest word of any.

    `prefix` is how the headers that count begin; `silencing` maps the statuses that demand silence to its length in
    seconds where the reply names none.
    """

    def __init__(
        self,
        *,
        prefix: str,
        silencing: Mapping[int, float],
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._prefix = prefix.lower()
        self._silencing = silencing
        self._clock = clock
        self._wall_clock = wall_clock
        self._latest: dict[str, int] = {}
        self._hosts: dict[str, dict[str, int]] = {}
        self._silences: dict[str, _Silence] = {}

    def __getitem__(self, counter: str) -> int:
        return self._latest[counter]

    def __iter__(self) -> Iterator[str]:
        return iter(self._latest)

    def __len__(self) -> int:
        return len(self._latest)

    def __repr__(self) -> str:
        return f"Limits({self._latest})"

    def of(self, host: str) -> Mapping[str, int]:
        """The counters of one host (`host` or `host:port`)."""
        return self._hosts.get(host, {})

    def silence(self, host: str) -> float:
        """Seconds for which calls to `host` are still refused; 0 when they are not."""
        silence = self._silences.get(host)
        return 0.0 if silence is None else max(0.0, silence.until - self._clock())

    def admit(self, host: str) -> None:
        """Let a call to `host` pass, or raise `BinanceRateLimitException` while it must keep silent."""
        remaining = self.silence(host)
        if remaining == 0.0:
            self._silences.pop(host, None)
            return
        reply = self._silences[host].reply
        error = BinanceRateLimitException(reply, reply.status, reply.error_text, retry_after=remaining)
        error.add_note(f"This call was not sent: {host} demanded silence with the reply to an earlier one.")
        raise error

    def learn(self, host: str, reply: HttpReply) -> None:
        """Take note of a reply's counters; raise `BinanceRateLimitException` if it is a refusal for too many calls."""
        for header, value in reply.headers.items():
            counter = header.lower()
            if counter.startswith(self._prefix) and value.isdecimal():
                counter = counter.removeprefix(self._prefix)
                self._latest[counter] = self._hosts.setdefault(host, {})[counter] = int(value)
        default = self._silencing.get(reply.status)
        if default is None:
            return
        wait = seconds_to_wait(reply.headers.get("Retry-After", ""), now=self._wall_clock(), default=default)
        if wait > self.silence(host):
            self._silences[host] = _Silence(self._clock() + wait, reply)
        raise BinanceRateLimitException(reply, reply.status, reply.error_text, retry_after=wait)
