"""What is wanted of a connection against what the venue has confirmed. Pure: it says what to send next, and when.

After any open the same code makes reality equal to the wish, in batches and at the venue's pace.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Pace", "Request", "Subscriptions"]


@dataclass(frozen=True, slots=True)
class Pace:
    """`batch` names a request, `interval` seconds between requests, `patience` seconds for an answer."""

    batch: int = 200
    interval: float = 0.25
    patience: float = 10.0


class Request(NamedTuple):
    """Ask for `streams` under `request_id`."""

    streams: list[str]
    request_id: int


class Subscriptions:
    """The wanted streams of one connection, and how far asking for them has come."""

    def __init__(self, wanted: Iterable[str], pace: Pace | None = None) -> None:
        self._wanted = list(dict.fromkeys(wanted))
        self._pace = pace or Pace()
        self._unasked: list[str] = []
        self._unanswered: dict[int, tuple[list[str], float]] = {}
        self._last_id = 0
        self._sent_at = float("-inf")

    def reset(self) -> None:
        """A new connection: nothing is confirmed."""
        self._unasked = list(self._wanted)
        self._unanswered.clear()
        self._sent_at = float("-inf")

    @property
    def waits_for_answers(self) -> bool:
        """Whether replies are still due."""
        return bool(self._unanswered)

    def next_request(self, now: float) -> Request | None:
        """The request to send now, if one is due; it counts as sent."""
        if not self._unasked or now < self._sent_at + self._pace.interval:
            return None
        streams, self._unasked = self._unasked[: self._pace.batch], self._unasked[self._pace.batch :]
        self._last_id += 1
        self._sent_at = now
        self._unanswered[self._last_id] = (streams, now)
        return Request(streams, self._last_id)

    def due(self) -> float | None:
        """When something is to be done next: a request to send, or an answer that is overdue. None = never."""
        if self._unasked:
            return self._sent_at + self._pace.interval
        if self._unanswered:
            return min(sent_at for _, sent_at in self._unanswered.values()) + self._pace.patience
        return None

    def overdue(self, now: float) -> bool:
        """Whether an answer has not come within the venue's time."""
        return any(now >= sent_at + self._pace.patience for _, sent_at in self._unanswered.values())

    def pardon(self, now: float) -> None:
        """Start the patience afresh: what was answered meanwhile could not be read."""
        self._unanswered = {request_id: (streams, now) for request_id, (streams, _) in self._unanswered.items()}

    def answered(self, request_id: object) -> list[str]:
        """An answer came: the streams that were asked for under `request_id` (none if nothing was)."""
        streams, _ = self._unanswered.pop(request_id, ([], 0.0)) if isinstance(request_id, int) else ([], 0.0)
        return streams
