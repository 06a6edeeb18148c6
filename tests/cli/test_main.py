"""The command as such: its verbs, its help, its version."""

from __future__ import annotations

import signal
import urllib.request

import pytest

from binance import __version__
from binance.cli import main
from tests.cli.processes import finished, running


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


def test_sandbox_serves_until_interrupted() -> None:
    with running("sandbox", "--symbols", "BNBBTC") as process:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        with urllib.request.urlopen(f"{url}/api/v3/ping", timeout=10) as response:
            assert response.status == 200
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=10)
        assert (process.returncode, complaints) == (0, b"")
