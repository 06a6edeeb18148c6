"""Addresses, framing, units and life of stream connections."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
import time
from contextlib import AsyncExitStack

import aiohttp
import pytest
import trustme
from websockets.exceptions import InvalidStatus

from binance.sandbox import Limits, Sandbox

from .clients import TEXT, Script, Wire, ask, heard, joined, quiet

TRADE = {"e": "trade", "E": 1700000000123456, "s": "BNBBTC", "t": 1, "p": "0.01000000", "T": 1700000000123400}
TRADE_MS = {**TRADE, "E": 1700000000123, "T": 1700000000123}
KLINE = {"e": "kline", "E": 5_000_999, "s": "X", "k": {"t": 4_000_000, "T": 4_999_999, "i": "1s"}}

UNITS = [
    (TRADE, TRADE_MS),
    ({**TRADE, "e": "aggTrade"}, {**TRADE_MS, "e": "aggTrade"}),
    ({**TRADE, "e": "blockTrade"}, {**TRADE_MS, "e": "blockTrade"}),
    (KLINE, {**KLINE, "E": 5000, "k": {"t": 4000, "T": 4999, "i": "1s"}}),
    ({"e": "24hrTicker", "E": 7001, "O": 5999, "C": 6000}, {"e": "24hrTicker", "E": 7, "O": 5, "C": 6}),
    ({"e": "4hTicker", "E": 7001, "O": 5999, "C": 6000}, {"e": "4hTicker", "E": 7, "O": 5, "C": 6}),
    ([{"e": "24hrMiniTicker", "E": 7001, "c": "1"}], [{"e": "24hrMiniTicker", "E": 7, "c": "1"}]),
    ({"e": "avgPrice", "E": 7001, "i": "5m", "T": 6001}, {"e": "avgPrice", "E": 7, "i": "5m", "T": 6}),
    ({"e": "referencePrice", "r": None, "t": 7999}, {"e": "referencePrice", "r": None, "t": 7}),
    ({"e": "depthUpdate", "E": 7001, "U": 1001, "u": 2002}, {"e": "depthUpdate", "E": 7, "U": 1001, "u": 2002}),
    ({"u": 12345, "s": "BNBBTC", "b": "1"}, {"u": 12345, "s": "BNBBTC", "b": "1"}),
    ({"lastUpdateId": 12345, "bids": [], "asks": []}, {"lastUpdateId": 12345, "bids": [], "asks": []}),
]


async def test_raw_connections_get_the_payload_as_it_is():
    async with quiet() as exchange, joined(exchange, "/ws/bnbbtc@trade/bnbbtc@aggTrade") as client:
        await exchange.publish("bnbbtc@aggTrade", {"a": 1})
        await exchange.publish("bnbbtc@trade", {"t": 2})
        await exchange.publish("ethusdt@trade", {"t": 3})
        await exchange.publish("bnbbtc@trade", [{"t": 4}])
        assert [await heard(client) for _ in range(3)] == [{"a": 1}, {"t": 2}, [{"t": 4}]]


async def test_combined_connections_get_the_payload_wrapped():
    async with quiet() as exchange, joined(exchange, "/stream?streams=bnbbtc@trade/!miniTicker@arr") as client:
        await exchange.publish("bnbbtc@trade", {"t": 2})
        await exchange.publish("!miniTicker@arr", [{"c": "1"}])
        assert await client.recv() == '{"stream":"bnbbtc@trade","data":{"t":2}}'
        assert await client.recv() == '{"stream":"!miniTicker@arr","data":[{"c":"1"}]}'


async def test_a_scripted_text_is_sent_verbatim_whatever_the_framing():
    async with quiet() as exchange, joined(exchange, "/stream?streams=bnbbtc@trade") as client:
        await exchange.publish("bnbbtc@trade", "not JSON at all")
        assert await client.recv() == "not JSON at all"


@pytest.mark.parametrize("name", ["btcusdt@kline_1m@+08:00", "币安人生usdt@trade", "!ticker_1h@arr", "a@depth20@100ms"])
async def test_names_survive_the_url_encoded_or_not(name):
    encoded = name.replace("+", "%2B")
    paths = ["/ws/" + encoded, "/stream?streams=" + encoded, "/ws/" + name, "/stream?streams=" + name]
    async with quiet() as exchange:
        for path in paths if name.isascii() else paths[:2]:
            async with joined(exchange, path) as client:
                assert await ask(client, "LIST_SUBSCRIPTIONS") == {"result": [name], "id": 1}


@pytest.mark.parametrize("path", ["/ws/@@@x###", "/ws/trade", "/stream?streams=a@trade/b", "/ws/a@trade?timeUnit=NANO"])
async def test_malformed_addresses_are_refused(path):
    async with quiet() as exchange:
        with pytest.raises(InvalidStatus) as refused:
            async with joined(exchange, path.replace("#", "%23")):
                pass
        assert refused.value.response.status_code == 400
        assert exchange.accepted == 0


async def test_an_upper_case_symbol_is_accepted_and_silent():
    async with quiet() as exchange, joined(exchange, "/ws/BNBBTC@trade/bnbbtc@trade") as client:
        await exchange.publish("bnbbtc@trade", {"t": 1})
        await exchange.publish("bnbbtc@trade", {"t": 2})
        assert [await heard(client) for _ in range(2)] == [{"t": 1}, {"t": 2}]


@pytest.mark.parametrize(("micro", "milli"), UNITS, ids=lambda value: str(value)[:24])
async def test_times_are_milliseconds_unless_asked_otherwise(micro, milli):
    source = Script()
    async with (
        Sandbox(source=source) as exchange,
        joined(exchange, "/ws/x@y") as plain,
        joined(exchange, "/stream?streams=x@y") as combined,
        joined(exchange, "/ws/x@y?timeUnit=MICROSECOND") as fine,
        joined(exchange, "/stream?streams=x@y&timeUnit=microsecond") as fine_combined,
    ):
        source.say("x@y", micro)
        assert await heard(plain) == milli
        assert await heard(combined) == {"stream": "x@y", "data": milli}
        assert await heard(fine) == micro
        assert await heard(fine_combined) == {"stream": "x@y", "data": micro}


async def test_the_source_hears_what_is_wanted():
    source = Script()
    async with Sandbox(source=source) as exchange:
        async with joined(exchange, "/ws/a@trade/b@trade"), joined(exchange, "/ws/b@trade"):
            assert source.watched == {"a@trade", "b@trade"}
        await exchange.wait_connections(0)
        assert source.watched == set()


async def test_the_exchange_knows_its_connections():
    async with quiet() as exchange:
        async with joined(exchange, "/ws/a@trade") as first, joined(exchange, "/stream?streams=b@trade"):
            await exchange.wait_connections(2)
            assert [(each.id, each.path, each.streams) for each in exchange.connections] == [
                (1, "/ws/a@trade", ["a@trade"]),
                (2, "/stream?streams=b@trade", ["b@trade"]),
            ]
            await exchange.publish("a@trade", {})
            await heard(first)
            assert [each.messages_sent for each in exchange.connections] == [1, 0]
            await first.close()
            await exchange.wait_connections(1)
            assert exchange.connections[0].id == 2
        assert exchange.accepted == 2


async def test_a_closing_client_gets_its_code_back():
    async with quiet() as exchange, Wire.open(exchange, "/ws/a@trade") as wire:
        wire.send(0x8, (4321).to_bytes(2, "big"))
        assert (await wire.closing())[0] == 4321
        assert await wire.end() == b""


async def test_the_journal_remembers_what_was_sent():
    source = Script()
    async with Sandbox(source=source, journal=True) as exchange:
        await exchange.publish("x@trade", {"t": 1})
        async with joined(exchange, "/stream?streams=x@trade&timeUnit=MICROSECOND") as client:
            await exchange.publish("x@trade", {"t": 2})
            await exchange.publish("x@trade", "text")
            source.say("x@trade", TRADE)
            for _ in range(3):
                await client.recv()
        assert exchange.journal("x@trade") == [{"t": 2}, "text", TRADE_MS]
    async with quiet() as exchange:
        with pytest.raises(RuntimeError, match="journal=True"):
            exchange.journal("x@trade")


async def test_a_slow_reader_is_cut_off_and_nobody_else_notices():
    source = Script()
    text = json.dumps({"x": "y" * 200_000})
    async with (
        Sandbox(source=source, limits=Limits(waiting_bytes=2_000_000)) as exchange,
        Wire.open(exchange, "/ws/x@y", limit=1000) as slow,
        joined(exchange, "/ws/x@y") as quick,
    ):
        slow.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent = 0
        async with asyncio.timeout(10):
            while len(exchange.connections) == 2:
                source.say("x@y", text)
                sent += 1
                assert await quick.recv() == text
        assert len(exchange.connections) == 1
        assert sent * len(text) > 2_000_000
        source.say("x@y", "still here")
        assert await quick.recv() == "still here"


async def test_tls():
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client_side = ssl.create_default_context()
    authority.configure_trust(client_side)
    async with quiet(ssl=server) as exchange:
        assert exchange.url.startswith("https://127.0.0.1:")
        async with joined(exchange, "/ws/x@y", tls=client_side) as client:
            await exchange.publish("x@y", {"t": 1})
            assert await heard(client) == {"t": 1}
            exchange.faults.drop(1012)
            await client.wait_closed()
            assert client.close_code == 1012


async def test_three_hundred_connections_each_receive():
    async with quiet() as exchange, AsyncExitStack() as stack:
        wires = [await stack.enter_async_context(Wire.open(exchange, f"/ws/s{n % 3}@trade")) for n in range(300)]
        await exchange.wait_connections(300)
        for n in range(3):
            await exchange.publish(f"s{n}@trade", {"n": n})
        assert [json.loads(await wire.text()) for wire in wires] == [{"n": n % 3} for n in range(300)]


async def test_the_simulated_market_reaches_the_wire():
    async with Sandbox(rate=200, seed=3, journal=True) as exchange:
        async with joined(exchange, "/ws/btcusdt@trade") as client:
            trades = [await heard(client) for _ in range(50)]
        now = time.time() * 1000
    assert [trade["t"] for trade in trades] == list(range(trades[0]["t"], trades[0]["t"] + 50))
    assert trades == exchange.journal("btcusdt@trade")[:50]
    assert all(abs(trade["E"] - now) < 60_000 and trade["T"] <= trade["E"] for trade in trades)


async def test_rest_and_streams_tell_of_the_same_market():
    async with Sandbox(rate=200) as exchange, aiohttp.ClientSession(exchange.url) as session:
        async with joined(exchange, "/ws/btcusdt@trade") as client:
            trade = await heard(client)
        async with session.get("/api/v3/historicalTrades", params={"symbol": "BTCUSDT", "fromId": trade["t"]}) as reply:
            row = (await reply.json())[0]
        async with session.get("/api/v3/time") as reply:
            served = (await reply.json())["serverTime"]
    assert (row["id"], row["price"], row["qty"], row["time"]) == (trade["t"], trade["p"], trade["q"], trade["T"])
    assert abs(served - exchange.now_us() / 1000) < 5000


async def test_entered_again_it_is_the_same_exchange_after_an_outage():
    exchange = Sandbox(rate=200)
    async with exchange, joined(exchange, "/ws/btcusdt@trade") as client:
        before = await heard(client)
        url = exchange.url
    with pytest.raises(OSError, match=r"refused|Connect"):
        async with joined(exchange, "/ws/btcusdt@trade"):
            pass
    async with exchange, joined(exchange, "/ws/btcusdt@trade") as client:
        assert exchange.url == url
        assert (await heard(client))["t"] > before["t"]


async def test_leaving_ends_connections_that_nobody_reads():
    async with quiet() as exchange, Wire.open(exchange, "/ws/x@y", limit=1000) as deaf:
        for _ in range(100):
            await exchange.publish("x@y", "z" * 100_000)
        await asyncio.sleep(0)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert deaf.status == 101


async def test_a_broken_market_is_told(caplog):
    class Broken(Script):
        def advance(self, now_us):
            raise ZeroDivisionError(now_us)

    exchange = await Sandbox(source=Broken()).__aenter__()
    async with joined(exchange, "/ws/x@y"):
        assert "ZeroDivisionError" in caplog.text
    with pytest.raises(ZeroDivisionError):
        await exchange.__aexit__(None, None, None)


async def test_a_taken_port_is_an_error_and_leaves_nothing_open():
    async with quiet() as exchange:
        port = int(exchange.url.rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"):
            async with quiet(port=port):
                pass


async def test_as_a_process_it_prints_its_url_and_ends_cleanly():
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "binance.sandbox", "--symbols", "BTCUSDT", "--rate", "500"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        url = (await process.stdout.readline()).decode().strip()
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}/ws/btcusdt@trade") as client:
            message = await client.receive()
            assert (message.type, json.loads(message.data)["s"]) == (TEXT, "BTCUSDT")
            process.send_signal(signal.SIGTERM)
            out, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, out, errors) == (0, b"", b"")


async def test_a_process_that_cannot_open_says_why():
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "binance.sandbox", "--replay", "/no/such/capture.jsonl.gz"),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert b"/no/such/capture.jsonl.gz" in errors
