"""The command as a user runs it: a process of its own, with pipes or with a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

COMMAND = (sys.executable, "-W", "error", "-m", "binance")
PATIENCE = 25.0


def finished(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)


@contextmanager
def running(*words: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command; it is killed if it is still there at the end."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with subprocess.Popen([*COMMAND, *words], **options) as process:
        try:
            yield process
        finally:
            process.kill()


#: Makes its standard input the terminal whose Ctrl-C it hears, and becomes the command.
_IN_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """A terminal with a command in it. `output` is all that was written to it."""

    def __init__(self, *words: str, rows: int = 24, columns: int = 80) -> None:
        self.output = ""
        self._descriptor, inside = pty.openpty()
        self.resize(rows, columns)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _IN_TERMINAL, *COMMAND, *words],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm"},
        )
        os.close(inside)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._descriptor)

    def resize(self, rows: int, columns: int) -> None:
        """Make the window another size, as dragging its corner does."""
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        os.write(self._descriptor, keys)

    def read_until(self, text: str) -> None:
        """Read on until this was written, counted from now."""
        start = len(self.output)
        while text not in self.output[start:]:
            assert self._read(), f"the command ended before {text!r}: {self.output[start:]!r}"

    def read_all(self) -> int:
        """Read to the end and give the exit status."""
        while self._read():
            pass
        return self.process.wait()

    def _read(self) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], PATIENCE)
        assert ready, f"the command is silent, after {self.output!r}"
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:  # Linux: the other side is closed
            return False
        self.output += data.decode()
        return bool(data)
