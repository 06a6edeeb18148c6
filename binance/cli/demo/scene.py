"""What there is to be looked at: the market, the evidence, and what has happened so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from .board import Board
from .evidence import Evidence

__all__ = ["Scene"]


@dataclass
class Scene:
    """One performance of `seconds` at `url`; times count from its beginning, in seconds."""

    url: str
    symbol: str
    seconds: float
    board: Board
    evidence: Evidence
    notes: list[tuple[float, str]] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """How long it has been on."""
        return time.monotonic() - self.started

    def note(self, text: str) -> None:
        """Something has happened."""
        self.notes.append((self.elapsed, text))
