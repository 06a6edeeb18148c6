"""The sockets at the address where python-binance had them up to 1.0.22."""

from __future__ import annotations

from .ws.streams import (
    KEEPALIVE_TIMEOUT,
    BinanceSocketManager,
    BinanceSocketType,
    ReconnectingWebsocket,
    WSListenerState,
)

__all__ = [
    "KEEPALIVE_TIMEOUT",
    "BinanceSocketManager",
    "BinanceSocketType",
    "ReconnectingWebsocket",
    "WSListenerState",
]
