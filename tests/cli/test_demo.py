"""The demo: what it shows, what it claims, and that it claims nothing else."""

from __future__ import annotations

import io
import re
import signal

import pytest

from binance.cli.demo.evidence import TradeIds
from binance.cli.demo.faces import PlainFace
from binance.cli.demo.play import Play
from binance.sandbox import Sandbox
from tests.cli.processes import Terminal, finished, running

ENTER, LEAVE, CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"
CTRL_C = b"\x03"
SOCKETS = ("trade", "kline", "depth", "multiplex")


def test_lines_for_a_pipe() -> None:
    done = finished("demo", "--seconds", "2")
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "THE PLUG IS PULLED: 4 connections cut" in done.stdout
    for socket in SOCKETS:
        assert f"{socket}: disconnected" in done.stdout
        assert f"{socket}: reconnected" in done.stdout
        counted = re.search(rf"^  {socket} +(\d+) +1 +0 ", done.stdout, re.MULTILINE)
        assert counted, done.stdout
        assert int(counted[1]) > 1
    assert done.stdout.count("\n  seen ") == 4
    assert done.stdout.endswith("Everything that the demo claims was seen.\n")


def test_screen_on_a_terminal_that_changes_its_size() -> None:
    with Terminal("demo", "--seconds", "2", rows=30) as terminal:
        terminal.read_until("order book")
        terminal.resize(10, 40)
        terminal.read_until("PLUG")
        assert terminal.read_all() == 0
    before, _, rest = terminal.output.partition(ENTER)
    live, _, after = rest.partition(LEAVE)
    frames = live.split("\x1b[H")[1:]
    assert before == ""
    assert re.search(r"61\d{3}\.\d\d +0\.\d{5} +█", live), "a level of the book"
    assert re.search(r"\d\d:\d\d:\d\d +61\d{3}\.", live), "a trade"
    assert 18 < max(frame.count("\n") for frame in frames) < 30, "a picture and some notes"
    assert {frame.count("\n") for frame in frames[-5:]} == {9}, "as many lines as there is room for"
    assert live.endswith(CURSOR)
    assert "Everything that the demo claims was seen." in after
    assert ENTER not in after


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_and_gives_the_terminal_back(number: signal.Signals, status: int) -> None:
    with Terminal("demo") as terminal:
        terminal.read_until("order book")
        if number == signal.SIGINT:
            terminal.type(CTRL_C)
        else:
            terminal.process.send_signal(number)
        assert terminal.read_all() == status
    live, _, after = terminal.output.partition(LEAVE)
    assert live.endswith(CURSOR)
    assert after.strip() == "Stopped before the end: nothing is claimed."


def test_no_screen_where_none_is_wanted() -> None:
    with Terminal("demo", "--plain") as terminal:
        terminal.read_until("trade: connected")
        terminal.type(CTRL_C)
        assert terminal.read_all() == 130
    assert "\x1b" not in terminal.output


def test_nobody_reads_on() -> None:
    with running("demo") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=15) == 1
        assert process.stderr is not None
        assert process.stderr.read() == b""


def cut_and_let_nobody_back(exchange: Sandbox) -> int:
    exchange.faults.refuse(503, times=1000)
    return exchange.faults.reset()


async def test_a_cut_that_is_not_repaired_is_told() -> None:
    told = io.StringIO()
    play = Play(seconds=0.5, patience=3.0, pull_plug=cut_and_let_nobody_back)
    assert await play.perform(PlainFace(told)) == 1
    assert "NOT SEEN  the plug was pulled and every socket came back" in told.getvalue()
    assert re.search(
        "nothing came again on: " + ", ".join(rf"{name} \(reconnecting, attempt \d\)" for name in SOCKETS),
        told.getvalue(),
    )
    assert told.getvalue().endswith("The demo FAILED: 1 of its 4 claims were not seen.\n")


def spoil(exchange: Sandbox) -> int:
    return exchange.faults.duplicate(stream="btcusdt@trade") + exchange.faults.garble(stream="btcusdt@depth5@100ms")


async def test_bad_data_is_told() -> None:
    told = io.StringIO()
    assert await Play(seconds=0.5, patience=3.0, pull_plug=spoil).perform(PlainFace(told)) == 1
    assert re.search(r"NOT SEEN  trades in order.*\n +id (\d+) came after \1\n", told.getvalue())
    assert "1 error messages came" in told.getvalue()
    assert "depth: ERROR not a message" in told.getvalue()
    assert "the plug hit 2 connections of 4" in told.getvalue()


async def test_a_silent_market_is_told() -> None:
    told = io.StringIO()
    assert await Play(seconds=0.3, patience=0.3, exchange=Sandbox(rate=0)).perform(PlainFace(told)) == 1
    assert re.search("nothing came on: .*trade", told.getvalue())
    assert "the plug was not pulled" in told.getvalue()


async def test_an_exchange_that_lets_nobody_in_is_told() -> None:
    told = io.StringIO()
    exchange = Sandbox()
    exchange.faults.refuse(403, times=1000)
    assert await Play(seconds=1, exchange=exchange).perform(PlainFace(told)) == 1
    assert "The demo could not be played: " in told.getvalue()
    assert "403" in told.getvalue()


def test_missing_ids_are_counted() -> None:
    ids = TradeIds()
    for trade_id in (5, 6, 9, 10, 20):
        ids.take(trade_id)
    assert (ids.missing, ids.holes, ids.disorder) == (11, 2, [])
    ids.take(20)
    ids.take(19)
    assert ids.disorder == ["id 20 came after 20", "id 19 came after 20"]
