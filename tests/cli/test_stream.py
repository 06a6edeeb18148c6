"""`binance stream`: lines of JSON, and every way in which it may end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from binance.sandbox import Sandbox
from tests.cli.processes import COMMAND, PATIENCE, Terminal, finished, running

NAMES = ("btcusdt@trade", "bnbbtc@depth5@100ms")


def compact(message: Any) -> str:
    return json.dumps(message, separators=(",", ":"))


def test_as_many_messages_as_asked_for() -> None:
    done = finished("stream", *NAMES, "--env", "sandbox", "--count", "20")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    messages = [json.loads(line) for line in lines]
    assert len(messages) == 20
    assert {message["stream"] for message in messages} == set(NAMES)
    assert lines == [compact(message) for message in messages]


def test_raw_messages_come_without_an_envelope() -> None:
    done = finished("stream", "BTCUSDT@trade", "--env", "sandbox", "--count", "3", "--raw")
    assert done.returncode == 0
    assert [json.loads(line)["e"] for line in done.stdout.splitlines()] == ["trade"] * 3


def test_head() -> None:
    with running("stream", *NAMES, "--env", "sandbox") as process:
        assert process.stdout is not None
        for _ in range(3):
            json.loads(process.stdout.readline())
        process.stdout.close()
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it(number: signal.Signals, status: int) -> None:
    with running("stream", *NAMES, "--env", "sandbox") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        _, complaints = process.communicate(timeout=10)
        assert (process.returncode, complaints) == (status, b"")


def test_ctrl_c_in_a_terminal() -> None:
    with Terminal("stream", *NAMES, "--env", "sandbox") as terminal:
        terminal.read_until('{"stream":"btcusdt@trade"')
        terminal.type(b"\x03")
        assert terminal.read_all() == 130
    assert "Traceback" not in terminal.output


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["btcusdt@aggtrade"], "did you mean 'btcusdt@aggTrade'?"),
        (["btcusdt@kline_7m"], "'btcusdt@kline_7m' is no stream"),
        (["*"], "give names like 'btcusdt@trade'"),
        (["nosuch@trade"], "the exchange has no symbol NOSUCH; it has BNBBTC, BNBUSDT, BTCUSDT, ETHUSDT"),
        (["btcusdt@trade", "btc usdt@trade"], "'btc usdt@trade' is no stream name"),
        (["btcusdt@trade", "--count", "0"], "'0' is no number of messages"),
        (["btcusdt@trade", "--url", "http://127.0.0.1:1"], "not allowed with argument"),
        ([], "NAME"),
    ],
)
def test_wrong_words(words: list[str], complaint: str) -> None:
    done = finished("stream", *words, "--env", "sandbox")
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_that_is_none() -> None:
    done = finished("stream", "btcusdt@trade", "--url", "somewhere")
    assert done.returncode == 2
    assert "'somewhere' is no address of a server" in done.stderr


@asynccontextmanager
async def streaming(exchange: Sandbox, *words: str) -> AsyncIterator[Process]:
    """Start the command at an exchange of this process."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "stream", *words, "--url", exchange.url, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def types_until(process: Process, last: str) -> list[str]:
    """Give the types of the events on standard error, up to one."""
    types: list[str] = []
    assert process.stderr is not None
    while last not in types:
        types.append(json.loads(await process.stderr.readline())["type"])
    return types


async def test_a_cut_is_an_event_and_no_message() -> None:
    async with Sandbox() as exchange, streaming(exchange, "btcusdt@trade", "--events") as process:
        assert process.stdout is not None
        await process.stdout.readline()
        exchange.faults.reset()
        types = await types_until(process, "reconnected")
        assert types == ["connected", "disconnected", "reconnecting", "reconnected"]
        process.send_signal(signal.SIGINT)
        lines, rest = await process.communicate()
        assert process.returncode == 130
        assert [json.loads(line)["type"] for line in rest.splitlines()] == ["closed"]
        ids = [json.loads(line)["data"]["t"] for line in lines.splitlines()]
        assert ids == sorted(set(ids))


async def test_a_reader_that_leaves_is_noticed_though_nothing_comes() -> None:
    reading, writing = os.pipe()
    async with Sandbox(rate=0) as exchange:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "stream", "btcusdt@trade", "--url", exchange.url, stdout=writing, stderr=PIPE
        )
        os.close(writing)
        await exchange.wait_connections(1)
        os.close(reading)
        _, complaints = await process.communicate()
        assert (process.returncode, complaints) == (0, b"")


async def test_ctrl_c_while_the_reader_does_not_read() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, b" " * 4096)
    os.set_blocking(writing, True)
    async with Sandbox() as exchange:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "stream", "btcusdt@depth5@100ms", "--url", exchange.url, stdout=writing, stderr=PIPE
        )
        await exchange.wait_connections(1)
        connection = exchange.connections[0]
        while connection.messages_sent < 4:  # noqa: ASYNC110 - a message that was sent sets no event
            await asyncio.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, complaints = await process.communicate()
        assert (process.returncode, complaints) == (130, b"")
    os.close(writing)
    os.close(reading)


async def test_garbage_is_told_apart_from_messages() -> None:
    async with Sandbox() as exchange, streaming(exchange, "btcusdt@trade") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        await process.stdout.readline()
        exchange.faults.garble()
        assert b"BinanceWebsocketDecodeError" in await process.stderr.readline()
        json.loads(await process.stdout.readline())


async def test_a_server_that_refuses() -> None:
    async with Sandbox() as exchange:
        exchange.faults.refuse(403, body="not from here")
        async with streaming(exchange, "btcusdt@trade") as process:
            messages, complaints = await process.communicate()
            assert (process.returncode, messages) == (1, b"")
            assert complaints.startswith(b"binance stream: ")
            assert b"403" in complaints
            assert b"not from here" in complaints
            assert complaints.count(b"403") == 1
            assert len(complaints.splitlines()) == 1


def test_a_server_that_is_not_there_is_told_before_the_next_try() -> None:
    with running("stream", "btcusdt@trade", "--url", "http://127.0.0.1:1") as process:
        assert process.stderr is not None
        told = process.stderr.readline().decode()
        assert re.fullmatch(r"binance stream: could not connect: .*; try 2 in \d\.\d s\n", told), told


async def test_a_lost_connection_is_told_once() -> None:
    async with Sandbox() as exchange, streaming(exchange, "btcusdt@trade") as process:
        assert process.stdout is not None
        await process.stdout.readline()
        exchange.faults.reset()
        await exchange.wait_connections(1)
        process.send_signal(signal.SIGINT)
        _, complaints = await process.communicate()
        assert complaints.startswith(b"binance stream: stream?streams=btcusdt@trade: disconnected ")
        assert len(complaints.splitlines()) == 1


@pytest.mark.parametrize(("name", "instead"), [("!ticker@arr", "!miniTicker@arr"), ("!bookTicker", "@bookTicker")])
async def test_a_retired_stream_comes_with_a_hint(name: str, instead: str) -> None:
    async with Sandbox() as exchange, streaming(exchange, name) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        hint = (await process.stderr.readline()).decode()
        assert f"no longer sends '{name}'; use " in hint
        assert instead in hint.partition("; use ")[2]
        await exchange.wait_connections(1)
        await exchange.publish(name, {"n": 1})
        assert json.loads(await process.stdout.readline()) == {"stream": name, "data": {"n": 1}}


def test_a_whole_shell_pipeline() -> None:
    line = f"{' '.join(COMMAND)} stream btcusdt@trade --env sandbox | head -3 | wc -l"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.stdout.strip(), done.stderr) == ("3", "")
