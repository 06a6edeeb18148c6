"""States and intervals under python-binance's names."""

from __future__ import annotations

from enum import Enum

__all__ = ["KEEPALIVE_TIMEOUT", "WSListenerState"]

#: Seconds between two keep-alive calls for a listen key, which lives 60 minutes (user-data-streams documents).
KEEPALIVE_TIMEOUT = 30 * 60


class WSListenerState(Enum):
    """Where a socket is in its life."""

    INITIALISING = "Initialising"
    STREAMING = "Streaming"
    RECONNECTING = "Reconnecting"
    EXITING = "Exiting"
