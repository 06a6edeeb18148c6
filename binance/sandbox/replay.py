"""Recorded traffic as a source: the text that the exchange once sent, in the recorded order, at a chosen speed.

A capture is gzipped JSON lines `{"t": receive time in s, "c": connection URL, "m": message text}`.  Every message is
sent to whoever is subscribed to its stream, in the capture's framing or the other one, whichever connection of the
recording it came from; so one connection with all the streams gets every message in the order of the file.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from .source import Payload, Recorded

BREAK = 60.0
"""A pause longer than this (seconds) lies between two recordings, not in one; it is replayed as one second."""
BATCH = 500
"""Messages handed out at once at the speed "max"."""

_COMBINED = re.compile(r'\s*\{\s*"stream"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"data"\s*:')


class Line(NamedTuple):
    at: float  # seconds since the first message, breaks shortened
    message: Recorded


class Replay:
    """A `Source` out of a capture; `sent` counts the messages that were handed out.

    The timeline starts when somebody subscribes to one of its streams.  At a number for `speed` it then runs on like
    the exchange's, heard or not; at "max" it stands still while nobody is subscribed, so nothing is lost.
    """

    def __init__(self, lines: Sequence[Line], *, speed: float | Literal["max"] = 1.0) -> None:
        if speed != "max" and not speed > 0:
            raise ValueError(f"speed={speed!r} is not possible: use a factor above 0 or 'max'")
        self.sent = 0
        self._lines = lines
        self._speed = speed
        self._streams = dict.fromkeys(line.message.stream for line in lines)
        self._watched: set[str] = set()
        self._started_us: int | None = None

    @classmethod
    def of(cls, path: str | Path, *, speed: float | Literal["max"] = 1.0) -> Replay:
        """Read a capture; `ValueError` names the file and the line that is not understood."""
        return cls(_read(Path(path)), speed=speed)

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def finished(self) -> bool:
        return self.sent == len(self._lines)

    @property
    def streams(self) -> list[str]:
        """The names of the recorded streams, in order of appearance."""
        return list(self._streams)

    @property
    def symbols(self) -> list[str]:
        symbols = (name.partition("@")[0].upper() for name in self._streams if not name.startswith("!"))
        return list(dict.fromkeys(symbols))

    def watch(self, stream: str) -> None:
        if stream in self._streams:
            self._watched.add(stream)

    def unwatch(self, stream: str) -> None:
        self._watched.discard(stream)

    def advance(self, now_us: int) -> Iterator[tuple[str, Payload]]:
        if self._started_us is None:
            if not self._watched:
                return
            self._started_us = now_us
        for line in self._lines[self.sent : self._due(now_us)]:
            self.sent += 1
            yield line.message.stream, line.message

    def _due(self, now_us: int) -> int:
        """How many lines are to be out by now."""
        assert self._started_us is not None
        if self._speed == "max":
            return self.sent + BATCH if self._watched else self.sent
        reached = (now_us - self._started_us) / 1e6 * self._speed
        due = self.sent
        while due < len(self._lines) and self._lines[due].at <= reached:
            due += 1
        return due


def _read(path: Path) -> list[Line]:
    lines: list[Line] = []
    at = last = 0.0
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            try:
                line = json.loads(text)
                message = _message(line)
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}, line {number}: not a recorded stream message ({error!r})") from error
            pause = line["t"] - last if lines else 0.0
            last = line["t"]
            at += 1.0 if pause > BREAK else max(pause, 0.0)
            if message is not None:
                lines.append(Line(at, message))
    if not lines:
        raise ValueError(f"{path}: no stream message in this capture")
    return lines


def _message(line: dict[str, Any]) -> Recorded | None:
    """The message of one line, or `None` for the reply to a request of the recorder's."""
    text: str = line["m"]
    wrapped = _COMBINED.match(text)
    if wrapped:
        return Recorded(json.loads(wrapped[1]), text, combined=True)
    body = json.loads(text)
    if isinstance(body, dict) and "id" in body and ("result" in body or "error" in body):
        return None
    names = [unquote(name) for name in urlsplit(line["c"]).path.removeprefix("/ws").split("/") if name]
    if len(names) != 1:
        raise ValueError(f"a raw message can only be told by a URL with one stream, not {line['c']!r}")
    return Recorded(names[0], text, combined=False)
