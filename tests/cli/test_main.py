"""The command as such: its verbs, its help, its version."""

from __future__ import annotations

import signal
import socket
import subprocess
import urllib.request

import pytest

from binance import __version__
from binance.cli import main
from tests.cli.processes import COMMAND, PATIENCE, finished, running


def test_version() -> None:
    done = finished("--version")
    assert (done.returncode, done.stdout) == (0, f"binance {__version__}\n")


def test_without_a_verb_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    told = capsys.readouterr().err
    assert all(f"\n    {verb} " in told for verb in ("demo", "stream", "sandbox"))


@pytest.mark.parametrize(("verb", "option"), [("demo", "--seconds"), ("stream", "--env"), ("sandbox", "--port")])
def test_help_of_a_verb(verb: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["help", verb])
    assert ended.value.code == 0
    asked = capsys.readouterr().out
    assert f"usage: binance {verb} " in asked
    assert option in asked


def test_unknown_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2
    assert "'dance'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["demo", "--seconds", "x"], "'x' is no time to watch; give seconds, at most 3600"),
        (["demo", "--seconds", "nan"], "'nan' is no time to watch; give seconds, at most 3600"),
        (["sandbox", "--port", "99999"], "'99999' is no port; give 0 to 65535"),
        (["sandbox", "--port", "x"], "'x' is no port; give 0 to 65535"),
        (["sandbox", "--speed", "x"], "'x' is no speed; give a factor above 0, or max"),
        (["sandbox", "--speed", "-1"], "'-1' is no speed; give a factor above 0, or max"),
        (["sandbox", "--symbols", ","], "',' names no symbol; give names like BNBBTC,ETHUSDT"),
        (["stream", "a@trade", "--count", "x"], "'x' is no number of messages; give 1 or more"),
    ],
)
def test_wrong_values_are_told_in_plain_words(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(f": {complaint}\n")


@pytest.mark.parametrize("words", ["sandbox", "demo --seconds 1 --plain", "stream btcusdt@trade --env sandbox"])
@pytest.mark.parametrize(("where", "why"), [("> /dev/full", "No space left"), (">&-", "standard output is closed")])
def test_output_that_cannot_be_written(words: str, where: str, why: str) -> None:
    line = f"exec {' '.join(COMMAND)} {words} {where}"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    (told,) = done.stderr.splitlines()
    assert told.startswith("binance: ")
    assert why in told


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = finished("sandbox", "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The exchange cannot be opened: ")
    assert len(done.stderr.splitlines()) == 1


def test_sandbox_serves_until_interrupted() -> None:
    with running("sandbox", "--symbols", "BNBBTC") as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        with urllib.request.urlopen(f"{url}/api/v3/ping", timeout=10) as response:
            assert response.status == 200
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=10)
        assert (process.returncode, complaints) == (0, b"")
