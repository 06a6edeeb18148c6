"""Where market data comes from: the simulated market, a recorded capture, or a script in a test.

The wire (`bus`, `connection`) knows sources only by this promise.  A source is pure: it reads no clock and does no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol


class Recorded(NamedTuple):
    """A message whose text is settled, in the framing it has (`combined` or raw); the other one is derived."""

    stream: str
    text: str
    combined: bool

    def framed(self, combined: bool) -> str:
        if combined == self.combined:
            return self.text
        if combined:
            return f'{{"stream":"{self.stream}","data":{self.text}}}'
        start = self.text.index('"data"')
        return self.text[self.text.index(":", start) + 1 : self.text.rindex("}")].strip()


Payload = dict[str, Any] | list[Any] | str | Recorded
"""A dict or a list is rendered for each connection (times in microseconds); a text is sent to all as it is."""


class Source(Protocol):
    """What the wire asks of a source."""

    @property
    def symbols(self) -> Sequence[str]:
        """Upper case."""

    def advance(self, now_us: int) -> Iterable[tuple[str, Payload]]:
        """What happened up to `now_us` (Unix time, microseconds): stream name and payload, in order."""

    def watch(self, stream: str) -> None:
        """Somebody listens to this stream from now on."""

    def unwatch(self, stream: str) -> None:
        """Nobody listens to it any more."""
