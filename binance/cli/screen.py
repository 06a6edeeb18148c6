"""A terminal as a sheet that is drawn over and over: plain ANSI sequences, nothing else.

It must leave the terminal as it was, whatever happens: leave it as a context manager.
"""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType
from typing import Self

__all__ = ["Screen", "paint"]

_COLOURS = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "alarm": "1;37;41"}

# The other screen without a cursor; long lines are cut by the terminal, so that a resize needs no thought.
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"
_LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME, _EMPTY_LINE, _EMPTY_REST = "\x1b[H", "\x1b[2K", "\x1b[J"


def paint(text: str, colour: str) -> str:
    """The text in a colour: bold, dim, red, green, yellow or alarm."""
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


class Screen:
    """The terminal behind a file descriptor, drawn on while `with` lasts."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> Self:
        self._on_stop = signal.getsignal(signal.SIGTSTP)
        if self._on_stop == signal.SIG_DFL:
            signal.signal(signal.SIGTSTP, self._stop)
        self._write(_ENTER)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._write(_LEAVE)
        if self._on_stop == signal.SIG_DFL:
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)

    @property
    def rows(self) -> int:
        """How many lines there is room for now."""
        # A terminal that does not know its size says 0.
        return os.get_terminal_size(self._descriptor).lines or 24

    def draw(self, lines: list[str]) -> None:
        """Show these lines, from the top; those for which there is no room are left out."""
        rows = self.rows
        body = "\r\n".join(_EMPTY_LINE + line for line in lines[:rows])
        self._write(_HOME + body + (f"\r\n{_EMPTY_REST}" if len(lines) < rows else ""))

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-Z: give the terminal back for the time being."""
        self._write(_LEAVE)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._stop)
        self._write(_ENTER)

    def _write(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._descriptor, data) :]
