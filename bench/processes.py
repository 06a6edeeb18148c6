"""The processes of a measurement: the sender, and one contender after the other, each on a core of its own."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

ROOT = Path(__file__).resolve().parent.parent
_PATIENCE = 60.0

# With one core there is nothing to divide, and the figures say more about the scheduler than about the clients.
SENDER_CORE, CONTENDER_CORE = (0, 1) if (os.cpu_count() or 1) > 1 else (0, 0)


class ContenderFailedError(Exception):
    """A contender ended without a report; the message is the end of what it printed."""


class Sender:
    """A running `bench.sender`; a context manager."""

    def __init__(self, messages: int, certificate: Path | None = None) -> None:
        self._command = [sys.executable, "-m", "bench.sender", "--messages", str(messages), "--core", str(SENDER_CORE)]
        self._scheme_host = "http://127.0.0.1"
        if certificate:
            self._command += ["--certificate", str(certificate)]
            self._scheme_host = "https://localhost"
        self.url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self._process.stdin
        assert self._process.stdout
        self._orders: IO[str] = self._process.stdin
        self._answers: IO[str] = self._process.stdout
        return self

    def wait_ready(self) -> None:
        """Return when the flood is built and the port is open."""
        self.url = f"{self._scheme_host}:{self._answer()['port']}"

    def order(self, order: str) -> dict[str, float]:
        """Give one order and wait until it is carried out."""
        self._orders.write(order + "\n")
        self._orders.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line:
            raise RuntimeError(f"the sender ended with status {self._process.wait()}; its message is on stderr")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._orders.close()  # the sender ends with its orders
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()


def measure(sender: Sender, order: str, command: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Start a contender, give the sender its order when the contender is ready, return the contender's report.

    Raises ContenderFailedError when it ends without a report or takes longer than a minute.
    """
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=complaints, text=True, cwd=ROOT, env={**os.environ, **environment}
        )
        watchdog = threading.Timer(_PATIENCE, process.kill)
        watchdog.start()
        try:
            assert process.stdout
            with process.stdout as answers:
                if answers.readline() == "ready\n":
                    sent = sender.order(order)
                    if report := answers.readline():
                        result: dict[str, Any] = json.loads(report)
                        return result | {"sender": sent}
            complaints.seek(0)
            raise ContenderFailedError(complaints.read()[-2000:] or f"nothing came within {_PATIENCE:g} s")
        finally:
            process.kill()
            process.wait()
            watchdog.cancel()
