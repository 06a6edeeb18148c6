"""What a stream has seen, in numbers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .inbox import Inbox

__all__ = ["Stats"]


class Stats:
    """Counters of one stream since it was first entered, and what waits right now.

    `messages` and `bytes` count what arrived; `reconnects` connections that replaced a lost one; `gaps` holes in the
    ids and `filled` messages fetched to close them; `dropped` what the overflow policy threw away; `decode_errors`
    payloads that were no message.
    """

    def __init__(self, inbox: Inbox) -> None:
        self.messages = 0
        self.bytes = 0
        self.reconnects = 0
        self.gaps = 0
        self.filled = 0
        self.dropped = 0
        self.decode_errors = 0
        #: When the latest message arrived, by the steady clock.
        self.heard_at: float | None = None
        self._told: tuple[float | None, float | None] = (None, None)
        self._inbox = inbox

    @property
    def last_message_at(self) -> float | None:
        """When the latest message arrived, in seconds since the epoch."""
        if self.heard_at is not None and self.heard_at != self._told[0]:
            self._told = (self.heard_at, time.time() - (time.monotonic() - self.heard_at))
        return self._told[1]

    @property
    def waiting(self) -> int:
        """Messages that have arrived and were not taken yet."""
        return self._inbox.waiting

    @property
    def waiting_bytes(self) -> int:
        """The bytes of those."""
        return self._inbox.waiting_bytes

    @property
    def latency(self) -> float | None:
        """Seconds from the exchange's event time to the user, for the latest message looked at (one per read).

        None until a message with an event time was taken. The exchange's clock is corrected by the offset that the
        client measured.
        """
        return self._inbox.latency

    def __repr__(self) -> str:
        names = ("messages", "bytes", "reconnects", "gaps", "filled", "dropped", "decode_errors", "waiting")
        return f"<Stats {', '.join(f'{name}={getattr(self, name)}' for name in names)}>"
