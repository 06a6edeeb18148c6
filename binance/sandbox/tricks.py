"""Faults of single messages: each stands between a connection's data frames and the wire until it is done."""

from __future__ import annotations

from . import frames
from .connection import Connection, Emit


class Garble:
    """The next message arrives as its first half: a whole text frame that is not JSON."""

    def send(self, connection: Connection, frame: bytes, emit: Emit) -> None:
        connection.tricks.remove(self)
        text = frames.payload_of(frame).decode()
        emit(frames.text(text[: len(text) // 2]))

    def release(self, emit: Emit) -> None: ...


class Duplicate:
    """The next message arrives twice."""

    def send(self, connection: Connection, frame: bytes, emit: Emit) -> None:
        connection.tricks.remove(self)
        emit(frame)
        emit(frame)

    def release(self, emit: Emit) -> None: ...


class Reorder:
    """The next two messages change places; the first is held until the second comes, or the connection ends."""

    def __init__(self) -> None:
        self._held: bytes | None = None

    def send(self, connection: Connection, frame: bytes, emit: Emit) -> None:
        if self._held is None:
            self._held = frame
            return
        connection.tricks.remove(self)
        emit(frame)
        emit(self._held)

    def release(self, emit: Emit) -> None:
        if self._held is not None:
            emit(self._held)


class DropAfter:
    """The connection ends right behind the next `left` messages, in the same write as the last one."""

    def __init__(self, left: int, code: int, reason: str) -> None:
        self._left = left
        self._code = code
        self._reason = reason

    def send(self, connection: Connection, frame: bytes, emit: Emit) -> None:
        emit(frame)
        self._left -= 1
        if self._left == 0:
            connection.close(self._code, self._reason)

    def release(self, emit: Emit) -> None: ...
