"""The options of a manager's sockets, under the names that users write, and what they mean to the engine."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from ..net.buffer import Limits, Overflow
from ..net.contracts import Options
from ..net.events import Event
from ..net.keepalive import KeepAlivePolicy
from ..net.retry import RetryPolicy
from ..net.stream import Policies
from ..net.transports import TransportName

__all__ = ["UNSET", "SocketOptions", "Unset"]


class Unset(Enum):
    """Not given, where None means something."""

    UNSET = "the default"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET

_SHORTEST = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketOptions:
    """See `BinanceSocketManager`, whose keyword arguments these are. ValueError names the one that is wrong."""

    max_queue_size: int | None = None
    max_queue_bytes: int = 64 * 2**20
    overflow: Overflow = "block"
    max_reconnects: int | Unset | None = UNSET
    ping_interval: float | None = 20.0
    ping_timeout: float = 10.0
    stale_after: float | Unset | None = UNSET
    open_timeout: float | None = None
    max_message_size: int = 16 * 2**20
    transport: TransportName | None = None
    on_event: Callable[[Any, Event], object] | None = None
    ssl: ssl.SSLContext | None = None
    proxy: str | None = field(default=None, repr=False)
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        Limits(self.max_queue_size, self.max_queue_bytes, self.overflow)
        for name in ("ping_interval", "ping_timeout", "stale_after", "open_timeout", "max_message_size"):
            value = getattr(self, name)
            if isinstance(value, int | float) and value < _SHORTEST:
                raise ValueError(f"{name}: {value!r} is too small; give a positive number")
        if isinstance(self.max_reconnects, int) and self.max_reconnects < 0:
            raise ValueError(f"max_reconnects: {self.max_reconnects!r} is negative; None means never give up")
        if self.on_event is not None and not callable(self.on_event):
            raise ValueError(f"on_event: {self.on_event!r} cannot be called; give a function (socket, event)")

    def policies(
        self,
        *,
        max_reconnects: int | None,
        max_wait: float,
        min_wait: float,
        open_timeout: float,
        stale_after: float | None,
    ) -> Policies:
        """The engine's policies; the arguments are what holds where nothing was given."""
        return Policies(
            limits=Limits(self.max_queue_size, self.max_queue_bytes, self.overflow),
            retry=RetryPolicy(
                max_retries=max_reconnects if isinstance(self.max_reconnects, Unset) else self.max_reconnects,
                min_wait=min_wait,
                max_wait=max_wait,
            ),
            keepalive=KeepAlivePolicy(
                ping_interval=self.ping_interval,
                ping_timeout=self.ping_timeout,
                stale_after=stale_after if isinstance(self.stale_after, Unset) else self.stale_after,
            ),
            options=Options(
                open_timeout=self.open_timeout or open_timeout,
                max_message_size=self.max_message_size,
                ssl=self.ssl,
                proxy=self.proxy,
            ),
            clock=self.clock,
        )
