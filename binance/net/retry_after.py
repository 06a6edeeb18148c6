"""What a `Retry-After` header asks for, on an HTTP reply and on a refused upgrade alike (RFC 9110, 10.2.3)."""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime
from typing import TypeVar

__all__ = ["seconds_to_wait"]

T = TypeVar("T", float, None)


def seconds_to_wait(retry_after: str, *, now: float, default: T) -> float | T:
    """Seconds to wait from `now` (epoch seconds); the header holds seconds or an HTTP date, else `default` counts."""
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            wait = parsedate_to_datetime(retry_after).timestamp() - now
        except ValueError:
            return default
    return max(0.0, wait) if math.isfinite(wait) else default
