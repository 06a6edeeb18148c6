"""The market as the demo's sockets tell it: a book, the last trades, a candle, prices. For looking at only."""

from __future__ import annotations

from collections import deque
from typing import Any

from ..._json import Json

__all__ = ["Board"]

_Levels = list[list[str]]


class Board:
    """The latest of everything; fed with whole messages, by socket."""

    def __init__(self) -> None:
        self.bids: _Levels = []
        self.asks: _Levels = []
        self.trades: deque[dict[str, Any]] = deque(maxlen=11)
        self.candle: dict[str, Any] = {}
        self.prices: dict[str, str] = {}

    def show(self, socket: str, message: Json) -> None:
        """Take over what a message of this socket says."""
        getattr(self, f"_{socket}")(message)

    def _trade(self, message: Json) -> None:
        self.trades.appendleft(message)

    def _kline(self, message: Json) -> None:
        self.candle = message["k"]

    def _depth(self, message: Json) -> None:
        self.bids, self.asks = message["bids"], message["asks"]

    def _multiplex(self, message: Json) -> None:
        data = message["data"]
        for ticker in data if isinstance(data, list) else [data]:
            if ticker.get("e") == "24hrMiniTicker":
                self.prices[ticker["s"]] = ticker["c"]
