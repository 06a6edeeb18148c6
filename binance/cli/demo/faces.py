"""How the play is shown: as a screen that is drawn over and over, or as lines."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self, TextIO

from ..screen import Screen
from .scene import Scene
from .view import note_line, picture, status_line

__all__ = ["Face", "PlainFace", "ScreenFace"]

_STATUS_EVERY = 1.0


class Face(Protocol):
    """Where a play is shown; entered while it is live."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, scene: Scene) -> None:
        """The scene as it is now."""

    def say(self, lines: Sequence[str]) -> None:
        """Text that stays, after the play."""


class ScreenFace:
    """A terminal; the summary stays on it when the picture is gone."""

    def __init__(self, screen: Screen, *, colour: bool) -> None:
        self._screen = screen
        self._colour = colour

    def __enter__(self) -> Self:
        self._screen.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._screen.__exit__(kind, error, trace)

    def show(self, scene: Scene) -> None:
        self._screen.draw(picture(scene, rows=self._screen.rows, colour=self._colour))

    def say(self, lines: Sequence[str]) -> None:
        print(*lines, sep="\n")


class PlainFace:
    """Lines: every note when it comes, and how it goes once a second."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._told = 0
        self._status_at = _STATUS_EVERY

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, scene: Scene) -> None:
        lines = [note_line(note) for note in scene.notes[self._told :]]
        self._told = len(scene.notes)
        if scene.elapsed >= self._status_at:
            self._status_at += _STATUS_EVERY
            lines.append(status_line(scene))
        if lines:
            self.say(lines)

    def say(self, lines: Sequence[str]) -> None:
        print(*lines, sep="\n", file=self._out, flush=True)
