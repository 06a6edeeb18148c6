"""The options of a manager's sockets, under the names that users write, and what they mean to the engine."""

from __future__ import annotations

import inspect
import ssl
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from numbers import Integral, Real
from typing import Any, Final, NamedTuple

from ..net.buffer import Limits, Overflow
from ..net.contracts import Options
from ..net.events import AnyEvent
from ..net.keepalive import KeepAlivePolicy
from ..net.retry import RetryPolicy
from ..net.stream import Policies
from ..net.transports import TransportName, make_transport

__all__ = ["UNSET", "SocketOptions", "Unset"]


class Unset(Enum):
    """Not given, where None means something."""

    UNSET = "the default"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET

_SHORTEST = 0.001


class _Number(NamedTuple):
    """What may be given: an integer or any real number, from `smallest` on, and what else besides."""

    kind: type
    smallest: float
    besides: tuple[object, ...] = ()

    def check(self, name: str, value: Any) -> None:
        if any(value is other for other in self.besides):
            return
        is_number = isinstance(value, self.kind) and not isinstance(value, bool)
        # Not a number (nan) is between no two numbers.
        if is_number and self.smallest <= value <= sys.float_info.max:
            return
        kind = "a whole number" if self.kind is Integral else "a number"
        none = ", or None" if None in self.besides else ""
        raise ValueError(f"{name}: {value!r}; give {kind} from {self.smallest} on{none}")


_OPTIONS = {
    "max_queue_size": _Number(Integral, 1, (None,)),
    "max_queue_bytes": _Number(Integral, 1),
    "max_reconnects": _Number(Integral, 0, (None, UNSET)),
    "ping_interval": _Number(Real, _SHORTEST, (None,)),
    "ping_timeout": _Number(Real, _SHORTEST),
    "stale_after": _Number(Real, _SHORTEST, (None, UNSET)),
    "open_timeout": _Number(Real, _SHORTEST, (None,)),
    "max_message_size": _Number(Integral, 1),
}
#: Class attributes of `ReconnectingWebsocket`.
_ATTRIBUTES = {
    "MAX_RECONNECTS": _Number(Integral, 0, (None,)),
    "MAX_RECONNECT_SECONDS": _Number(Real, 0),
    "MIN_RECONNECT_WAIT": _Number(Real, 0),
    "TIMEOUT": _Number(Real, _SHORTEST),
    "NO_MESSAGE_RECONNECT_TIMEOUT": _Number(Real, _SHORTEST, (None,)),
}


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
    on_event: Callable[[Any, AnyEvent], object] | None = None
    ssl: ssl.SSLContext | None = None
    proxy: str | None = field(default=None, repr=False)
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        for name, number in _OPTIONS.items():
            number.check(name, getattr(self, name))
        Limits(self.max_queue_size, self.max_queue_bytes, self.overflow)
        if self.transport is not None:
            make_transport(self.transport)
        if self.on_event is not None and (not callable(self.on_event) or _is_async(self.on_event)):
            raise ValueError(f"on_event: {self.on_event!r} cannot be called; give a plain function (socket, event)")

    def policies(
        self,
        *,
        max_reconnects: int | None,
        max_wait: float,
        min_wait: float,
        open_timeout: float,
        stale_after: float | None,
    ) -> Policies:
        """The engine's policies; the arguments are what holds where nothing was given: python-binance's attributes.

        ValueError names the attribute that is wrong.
        """
        attributes = (max_reconnects, max_wait, min_wait, open_timeout, stale_after)
        for (name, number), value in zip(_ATTRIBUTES.items(), attributes, strict=True):
            number.check(name, value)
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


def _is_async(function: object) -> bool:
    """Whether calling it only makes a coroutine, which nobody would run."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
