"""The manager at the address where the first python-binance had it."""

from __future__ import annotations

from .ws.streams import BinanceSocketManager

__all__ = ["BinanceSocketManager"]
