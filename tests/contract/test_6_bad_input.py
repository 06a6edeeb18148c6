"""Contract, clause 6: what no server should send."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.contract.common import Leaks, at_most, manager, receive, sized, take, trade, trades
from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, RSV1, TEXT, batch, closing, frame, text
from tests.support.peer import Peer
from tests.support.wire import Script, Server

pytestmark = pytest.mark.usefixtures("fast")

MIB = 1 << 20


def is_decode_error(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and set(message) == {"e", "type", "m"}
        and (message["e"], message["type"]) == ("error", "BinanceWebsocketDecodeError")
        and isinstance(message["m"], str)
        and message["m"] != ""
    )


# 6.1

UNDECODABLE = {
    "not JSON": text("hello"),
    "cut short": text('{"a":'),
    "more than one document": text('{"a":1}{"b":2}'),
    "HTML": text("<html></html>"),
    "NaN": text('{"a":NaN}'),
    "empty": text(""),
    "spaces": text("  "),
    "null": text("null"),
    "true": text("true"),
    "zero": text("0"),
    "a number": text("3.5"),
    "a string": text('"x"'),
    "binary JSON": frame(BINARY, b'{"a":1}'),
    "binary junk": frame(BINARY, b"\x1f\x8b\x08\x00\xff"),
    "empty binary": frame(BINARY, b""),
    "deep nesting": text("[" * 100_000),
}


@pytest.mark.parametrize("what", UNDECODABLE)
async def test_6_1_told_once_counted_and_the_stream_goes_on(what: str) -> None:
    greeting = text(trade(0)) + UNDECODABLE[what] + text(trade(1))
    async with Server(greeting=greeting) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        before, error, after = await take(socket, 3)
        assert (before, after) == (trade(0), trade(1))
        assert is_decode_error(error), error
        assert socket.stats.decode_errors == 1
        assert len(server.attempts) == 1


async def test_6_1_each_is_told_and_counted() -> None:
    greeting = b"".join(text(trade(n)) + text(f"bad {n}") for n in range(50))
    async with Server(greeting=greeting) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        got = await take(socket, 100)
        assert got[::2] == trades(0, 50)
        assert all(map(is_decode_error, got[1::2]))
        assert socket.stats.decode_errors == 50


async def test_6_1_the_iterator_goes_on_too() -> None:
    greeting = text(trade(0)) + text("bad") + text(trade(1))
    async with Server(greeting=greeting) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        got = []
        async for message in socket:
            got.append(message)
            if message == trade(1):
                break
        assert [is_decode_error(message) for message in got] == [False, True, False]


async def test_6_1_on_a_combined_stream() -> None:
    wrapped = {"stream": "bnbbtc@trade", "data": trade(0)}
    greeting = text('{"stream":"bnbbtc@trade","data":') + text(wrapped)
    async with (
        Server(greeting=greeting) as server,
        manager(server) as bm,
        bm.multiplex_socket(["bnbbtc@trade"]) as socket,
    ):
        error, good = await take(socket, 2)
        assert is_decode_error(error)
        assert good == wrapped


# 6.2


def over(first: bytes) -> Script:
    """Build a script: the first connection sends these bytes, the second one the trade after."""

    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(text(trade(0)) + first if n == 0 else text(trade(1)))

    return script


TOO_LONG = {
    "one byte over": text(sized(9, 1001)),
    "in fragments": frame(TEXT, b"[" + b" " * 599, fin=False) + frame(CONTINUATION, b" " * 599 + b"]"),
    "an endless message": frame(TEXT, b"[", fin=False) + frame(CONTINUATION, b"0," * 100, fin=False) * 10,
    "a length that cannot be": b"\x81\x7f" + (1 << 40).to_bytes(8, "big") + b"{",
    "binary": frame(BINARY, b"x" * 1001),
}


@pytest.mark.parametrize("what", TOO_LONG)
async def test_6_2_a_message_over_the_limit_ends_that_connection_with_1009(what: str) -> None:
    async with Server(over(TOO_LONG[what])) as server, manager(server, max_message_size=1000) as bm:
        leaks = Leaks()
        async with bm.trade_socket("BNBBTC") as socket:
            assert await take(socket, 2) == trades(0, 2)
            async with asyncio.timeout(5):
                assert await server.peers[0].closed == 1009
            assert len(server.attempts) == 2
        await leaks.none_left(server)


async def test_6_2_a_message_at_the_limit_is_fine() -> None:
    whole = sized(1, 1000)
    parts = frame(TEXT, whole[:500], fin=False) + frame(CONTINUATION, whole[500:])
    async with (
        Server(greeting=text(whole) + parts) as server,
        manager(server, max_message_size=1000) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        assert await take(socket, 2) == [json.loads(whole)] * 2
        assert len(server.attempts) == 1


async def test_6_2_sixteen_mib_by_default() -> None:
    async def script(peer: Peer, n: int) -> None:
        if n == 0:
            await peer.send_text(sized(0, 16 * MIB))
            await peer.send_text(sized(1, 16 * MIB + 1))
        else:
            await peer.send_text(sized(2, 100))

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        assert [message["n"] for message in await take(socket, 2)] == [0, 2]
        async with asyncio.timeout(5):
            assert await server.peers[0].closed == 1009


# 6.3


async def test_6_3_fragments_with_control_frames_between() -> None:
    whole = json.dumps({"s": "币安€"}, ensure_ascii=False).encode()
    parts = [whole[n : n + 1] for n in range(len(whole))]
    greeting = frame(TEXT, b"", fin=False)
    for n, part in enumerate(parts):
        greeting += frame(CONTINUATION, part, fin=False) + frame(PING, b"%d" % n) + frame(PONG, b"")
    greeting += frame(CONTINUATION, b"") + text(trade(1))
    async with Server(greeting=greeting) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        assert await take(socket, 2) == [{"s": "币安€"}, trade(1)]
        await server.peers[0].sync()
        pongs = [f.payload for f in server.peers[0].frames(PONG)][:-1]
        assert pongs == [b"%d" % n for n in range(len(parts))]
        assert len(server.attempts) == 1


async def test_6_3_bytes_that_come_one_by_one() -> None:
    async def script(peer: Peer, n: int) -> None:
        for byte in text(sized(0, 200)) + frame(PING, b"p") + text(sized(1, 70)):
            await peer.send_bytes(bytes([byte]))
            await asyncio.sleep(0)

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        assert [message["n"] for message in await take(socket, 2)] == [0, 1]
        assert (await server.peers[0].next_frame(PONG)).payload == b"p"


async def test_6_3_empty_control_frames() -> None:
    greeting = frame(PING) + frame(PONG) + frame(PONG, b"never asked for") + text(trade(0))
    async with Server(greeting=greeting) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        assert await receive(socket) == trade(0)
        assert (await server.peers[0].next_frame(PONG)).payload == b""
        assert len(server.attempts) == 1


ILLEGAL = {
    "compressed, not negotiated": frame(TEXT, b"\xaa\x56\x4a\x04\x00", rsv=RSV1),
    "another reserved bit": frame(TEXT, b"{}", rsv=0b010),
    "masked": frame(TEXT, b"{}", mask=b"\x01\x02\x03\x04"),
    "reserved data opcode": frame(0x3, b"{}"),
    "reserved control opcode": frame(0xB, b""),
    "continuation of nothing": frame(CONTINUATION, b"{}"),
    "a text inside a fragmented text": frame(TEXT, b"{", fin=False) + frame(TEXT, b"{}"),
    "fragmented ping": frame(PING, b"p", fin=False),
    "ping too long": frame(PING, b"p" * 126),
    "close of one byte": frame(CLOSE, b"\x03"),
    "close code that must not be sent": closing(1005),
    "close code out of range": closing(99),
    "close reason that is not UTF-8": frame(CLOSE, b"\x03\xe8\xff\xfe"),
}


@pytest.mark.parametrize("what", ILLEGAL)
async def test_6_3_illegal_frames_fail_the_connection_and_not_the_user(what: str) -> None:
    async with Server(over(ILLEGAL[what])) as server, manager(server) as bm:
        leaks = Leaks()
        async with bm.trade_socket("BNBBTC") as socket:
            with at_most(5):
                assert await take(socket, 2) == trades(0, 2)
                code = await server.peers[0].closed
            assert code in (None, 1000, 1002, 1007)
            assert len(server.attempts) == 2
        await leaks.none_left(server)


# Reserved bits without a payload that gives them away are looked at once per read (docs/decisions.md).
GIVEN_AWAY = [what for what in ILLEGAL if what != "another reserved bit"]


@pytest.mark.parametrize("what", GIVEN_AWAY)
async def test_6_3_what_follows_an_illegal_frame_is_not_listened_to(what: str) -> None:
    async with (
        Server(over(ILLEGAL[what] + text(trade(99)))) as server,
        manager(server) as bm,
        bm.trade_socket("BNBBTC") as socket,
    ):
        assert await take(socket, 2) == trades(0, 2)


INVALID = {
    "a lone byte": b'{"s":"\xff"}',
    "cut short": b'{"s":"\xe5\xb8',
    "overlong": b'{"s":"\xc0\xaf"}',
    "a surrogate": b'{"s":"\xed\xa0\x80"}',
    "beyond Unicode": b'{"s":"\xf4\x90\x80\x80"}',
}


@pytest.mark.parametrize("what", INVALID)
@pytest.mark.parametrize("parts", [1, 2])
async def test_6_3_invalid_utf8_fails_the_connection_with_1007(what: str, parts: int) -> None:
    payload = INVALID[what]
    whole = frame(TEXT, payload)
    split = frame(TEXT, payload[:7], fin=False) + frame(CONTINUATION, payload[7:])

    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(text(trade(0)) + (whole if parts == 1 else split) if n == 0 else text(trade(1)))

    async with Server(script) as server, manager(server) as bm, bm.trade_socket("BNBBTC") as socket:
        got = [await receive(socket)]
        while got[-1] != trade(1):
            got.append(await receive(socket))
        assert [message for message in got if not is_decode_error(message)] == trades(0, 2)
        async with asyncio.timeout(5):
            assert await server.peers[0].closed == 1007
        assert len(server.attempts) == 2


async def test_6_3_every_byte_of_a_conversation_may_be_wrong() -> None:
    good = batch(trades(0, 3))
    broken = [good[:n] + bytes([good[n] ^ 0x80]) + good[n + 1 :] for n in range(0, 12)]

    async def script(peer: Peer, n: int) -> None:
        if n < len(broken):
            await peer.send_bytes(broken[n] + closing(1001))
        else:
            await peer.send_text(trade(1000))

    async with (
        Server(script) as server,
        manager(server, max_reconnects=None, stale_after=0.3) as bm,
        bm.trade_socket("BNBBTC") as socket,
        asyncio.timeout(20),
    ):
        while await socket.recv() != trade(1000):
            pass
