"""One contract, three libraries: what `net/contracts.py` promises of a transport, plain and over TLS."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket as sockets
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from email.utils import formatdate
from time import time
from typing import Any

import pytest

from binance.exceptions import BinanceWebsocketUnableToConnect
from binance.net.contracts import Close, Connection
from binance.net.retry import is_fatal
from tests.contract.common import Leaks, at_most, until
from tests.loop.common import LINES, Heard, Line, server_tls
from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, RSV1, TEXT, batch, closing, frame, text
from tests.support.peer import Peer
from tests.support.proxy import Proxy
from tests.support.wire import Server

#: For what does not depend on TLS.
plain_only = pytest.mark.parametrize("line", [line for line in LINES if not line.tls], ids=str)

MIB = 2**20


@pytest.fixture(params=LINES, ids=str)
def line(request: pytest.FixtureRequest) -> Line:
    found: Line = request.param
    return found


def numbers(start: int, stop: int) -> list[bytes]:
    return [b'{"n":%d}' % n for n in range(start, stop)]


# order


async def test_open_messages_close(line: Line) -> None:
    async def script(peer: Peer, n: int) -> None:
        for number in numbers(0, 3):
            await peer.send_text(number)
        await peer.close(1001, "bye")

    async with line.server(script) as server, line.opened(server) as heard:
        assert await heard.close() == Close(1001, "bye")
        assert [word for word in heard.words if word[0] != "alive"] == [
            ("open", None),
            *(("message", number) for number in numbers(0, 3)),
            ("close", Close(1001, "bye")),
        ]
        assert await server.peers[0].closed is not None, "a close frame is answered"


async def test_messages_that_come_with_the_answer_that_opens(line: Line) -> None:
    async with line.server(greeting=batch(numbers(0, 50))) as server, line.opened(server) as heard:
        assert await heard.take(50) == numbers(0, 50)


async def test_a_whole_life_in_one_segment_with_the_answer_that_opens(line: Line) -> None:
    greeting = batch(numbers(0, 50)) + closing(1012, "restart")
    async with line.server(greeting=greeting) as server, line.opened(server) as heard:
        assert await heard.close() == Close(1012, "restart")
        assert heard.messages == numbers(0, 50)


async def test_messages_and_a_close_frame_in_one_segment(line: Line) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.finish(batch(numbers(0, 1000)) + closing(1001))

    async with line.server(script) as server, line.opened(server) as heard:
        assert await heard.close() == Close(1001, "")
        assert heard.messages == numbers(0, 1000)


async def test_nothing_after_a_close_frame_is_told(line: Line) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.finish(batch(numbers(0, 3)) + closing(1001) + batch(numbers(3, 6)) + closing(1002))

    async with line.server(script) as server, line.opened(server) as heard:
        assert await heard.close() == Close(1001, "")
        assert heard.messages == numbers(0, 3)


# messages


async def test_fragments_with_a_ping_between(line: Line) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_text("before")
        await peer.send_frame(TEXT, b'{"n"', fin=False)
        await peer.send_frame(PING, b"in between")
        await peer.send_frame(CONTINUATION, b"", fin=False)
        await peer.send_frame(CONTINUATION, b":1}")
        await peer.send_text("after")

    async with line.server(script) as server, line.opened(server) as heard:
        assert await heard.take(3) == [b"before", b'{"n":1}', b"after"]
        assert (await (await server.peer()).next_frame(PONG)).payload == b"in between"


async def test_fragments_and_whole_messages_in_one_segment(line: Line) -> None:
    parts = frame(TEXT, b"a", fin=False) + frame(PING) + frame(CONTINUATION, b"b")
    greeting = text("1") + parts + text("2") + text("3") + parts + parts + text("4")
    async with line.server(greeting=greeting) as server, line.opened(server) as heard:
        assert await heard.take(7) == [b"1", b"ab", b"2", b"3", b"ab", b"ab", b"4"]


async def test_fragments_in_segments_of_their_own(line: Line) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_frame(TEXT, b"a", fin=False)
        await peer.sync()
        await peer.send_bytes(frame(CONTINUATION, b"b") + text("next"))

    async with line.server(script) as server, line.opened(server) as heard:
        assert await heard.take(2) == [b"ab", b"next"]


@plain_only
async def test_messages_of_every_length(line: Line) -> None:
    sizes = [0, 1, 125, 126, 127, 65535, 65536, 300_000]

    async def script(peer: Peer, n: int) -> None:
        for size in sizes:
            await peer.send_text("x" * size)

    async with line.server(script) as server, line.opened(server) as heard:
        assert [len(message) for message in await heard.take(len(sizes))] == sizes


@plain_only
async def test_text_outside_ascii_and_binary(line: Line) -> None:
    greeting = text("币安€🙂") + frame(BINARY, b"\x00\xff") + text("end")
    async with line.server(greeting=greeting) as server, line.opened(server) as heard:
        assert await heard.take(2) == ["币安€🙂".encode(), b"end"]
        assert [word for word in heard.words if word[0] == "binary"] == [("binary", b"\x00\xff")]


@plain_only
async def test_bytes_one_by_one(line: Line) -> None:
    async def script(peer: Peer, n: int) -> None:
        for byte in batch(numbers(0, 5)):
            await peer.send_bytes(bytes([byte]))

    async with line.server(script) as server, line.opened(server) as heard:
        assert await heard.take(5) == numbers(0, 5)


# control frames


async def test_a_ping_is_answered_with_its_own_payload(line: Line) -> None:
    payloads = [b"", b"1700000000123", b"\xff" * 125]
    async with line.server() as server, line.opened(server) as heard:
        peer = await server.peer()
        for payload in payloads:
            await peer.send_frame(PING, payload)
            assert (await peer.next_frame(PONG)).payload == payload
        assert all(pong.masked for pong in peer.frames())
        assert heard.count("alive") >= len(payloads)


async def test_pings_in_the_midst_of_a_flood_are_all_answered(line: Line) -> None:
    async def script(peer: Peer, n: int) -> None:
        for start in range(0, 2000, 100):
            await peer.send_bytes(batch(numbers(start, start + 100)) + frame(PING, b"%d" % start))

    async with line.server(script) as server, line.opened(server) as heard:
        assert await heard.take(2000) == numbers(0, 2000)
        peer = await server.peer()
        await peer.wait_frame(lambda f: f.opcode == PONG and f.payload == b"1900")
        assert [f.payload for f in peer.frames(PONG)] == [b"%d" % start for start in range(0, 2000, 100)]


async def test_a_ping_that_comes_in_a_pause_is_answered_after_it(line: Line) -> None:
    async with line.server() as server, line.opened(server) as heard:
        peer = await server.peer()
        heard.connection.pause()
        await peer.send_frame(PING, b"are you there")
        heard.connection.resume()
        assert (await peer.next_frame(PONG)).payload == b"are you there"


async def test_a_pong_to_our_ping_is_a_sign_of_life(line: Line) -> None:
    async with line.server() as server, line.opened(server) as heard:
        peer = await server.peer()
        before = heard.count("alive")
        heard.connection.ping()
        await peer.next_frame(PING)
        await heard.until(lambda: heard.count("alive") > before)


@plain_only
async def test_an_unasked_pong_is_a_sign_of_life(line: Line) -> None:
    async with line.server() as server, line.opened(server) as heard:
        await (await server.peer()).send_frame(PONG, b"unasked")
        await heard.until(lambda: heard.count("alive") > 0)


async def test_what_is_sent_is_one_masked_text_frame_each(line: Line) -> None:
    async with line.server() as server, line.opened(server) as heard:
        peer = await server.peer()
        sent = [b'{"method":"SUBSCRIBE"}', "币安".encode(), b"x" * 70_000]
        for message in sent:
            heard.connection.send(message)
        assert [await peer.next_frame() for _ in sent] == [(TEXT, message, True, True) for message in sent]


# the other end goes


@plain_only
@pytest.mark.parametrize("code", [1000, 1001, 1008, 1012, 4999, None])
async def test_close_codes_and_reasons(line: Line, code: int | None) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.close(code, "why: 原因" if code else "")

    async with line.server(script) as server, line.opened(server) as heard:
        assert await heard.close() == (Close(code, "why: 原因") if code else Close(1005, ""))


async def reset(peer: Peer) -> None:
    await peer.sync()
    peer.reset()


async def eof(peer: Peer) -> None:
    await peer.eof()


async def eof_in_a_frame(peer: Peer) -> None:
    await peer.send_bytes(text("never whole")[:-3])
    await peer.eof()


async def eof_between_fragments(peer: Peer) -> None:
    await peer.send_frame(TEXT, b"first", fin=False)
    await peer.eof()


@pytest.mark.parametrize("end", [reset, eof, eof_in_a_frame, eof_between_fragments])
async def test_an_end_without_a_close_frame(line: Line, end: Callable[[Peer], Awaitable[None]]) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(batch(numbers(0, 20)))
        await end(peer)

    async with line.server(script) as server, line.opened(server) as heard:
        assert (await heard.close()).code == 1006
        assert heard.messages == numbers(0, 20)


async def test_a_reset_right_after_the_answer_that_opens(line: Line) -> None:
    async def script(peer: Peer, n: int) -> None:
        peer.reset()

    async with line.server(script) as server:
        leaks = Leaks()
        for _ in range(5):
            heard = Heard()
            try:
                await line.open(line.address(server), heard)
            except BinanceWebsocketUnableToConnect:
                assert heard.count("open") == heard.count("close")
            else:
                assert (await heard.close()).code == 1006
                heard.assert_orderly()
        await leaks.none_left(server)


# what a peer must not do

VIOLATIONS = {
    "a reserved bit on text": (frame(TEXT, b"x", rsv=RSV1), 1002),
    "a reserved bit on binary": (frame(BINARY, b"x", rsv=RSV1), 1002),
    "a reserved bit on a ping": (frame(PING, b"x", rsv=RSV1), 1002),
    "an unknown opcode": (frame(3, b"x"), 1002),
    "a masked frame": (frame(TEXT, b"x", mask=b"abcd"), 1002),
    "a fragmented ping": (frame(PING, b"x", fin=False), 1002),
    "a ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "a continuation of nothing": (frame(CONTINUATION, b"x"), 1002),
    "a message in the middle of another": (frame(TEXT, b"x", fin=False) + text("y"), 1002),
    "more than the limit": (text("x" * 1001), 1009),
    "more than the limit in fragments": (
        frame(TEXT, b"x" * 600, fin=False) + frame(CONTINUATION, b"x" * 600),
        1009,
    ),
    "a length that cannot be": (b"\x81\x7f" + (1 << 40).to_bytes(8, "big") + b"{", 1009),
}


@plain_only
@pytest.mark.parametrize("what", VIOLATIONS)
async def test_violations_end_the_connection_after_what_was_good(line: Line, what: str) -> None:
    if what == "a masked frame" and line.transport == "aiohttp":
        pytest.skip("aiohttp does not look at the mask bit of a server's frames")
    bad, code = VIOLATIONS[what]

    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(batch(numbers(0, 20)) + bad)

    async with (
        line.server(script) as server,
        line.opened(server, max_message_size=1000) as heard,
        asyncio.timeout(5),
    ):
        assert await server.peers[0].closed == code
        assert (await heard.close()).code == code
        assert heard.messages == numbers(0, 20)


async def test_a_violation_leaves_nothing_for_the_event_loop_to_complain_of(line: Line) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(text("good") + frame(3, b"?"))

    async with line.server(script) as server:
        leaks = Leaks()
        async with line.opened(server) as heard:
            await heard.close()
        del heard
        gc.collect()
        await leaks.none_left(server)


@plain_only
async def test_a_message_of_the_limit_is_fine(line: Line) -> None:
    whole = b"x" * 1000
    parts = frame(TEXT, whole[:500], fin=False) + frame(CONTINUATION, whole[500:])
    async with (
        line.server(greeting=text(whole) + parts) as server,
        line.opened(server, max_message_size=1000) as heard,
    ):
        assert await heard.take(2) == [whole, whole]


# pausing


async def test_a_pause_holds_up_the_peer_and_loses_nothing(line: Line) -> None:
    pad = b"x" * 65_000
    sent = asyncio.Event()

    async def script(peer: Peer, n: int) -> None:
        for number in range(500):
            await peer.send_text(b"%d " % number + pad)
        sent.set()

    async with line.server(script) as server, line.opened(server) as heard:
        await heard.take(1)
        heard.connection.pause()
        await asyncio.sleep(0.1)
        stopped_at = heard.count("message")
        await asyncio.sleep(0.1)
        assert heard.count("message") == stopped_at < 500
        assert not sent.is_set()
        heard.connection.resume()
        assert [int(message.split()[0]) for message in await heard.take(500)] == list(range(500))


async def test_many_pauses(line: Line) -> None:
    """What came before a pause is told after it, without waiting for more to come."""

    class Nervous(Heard):
        def on_messages(self, batch: list[bytes]) -> None:
            super().on_messages(batch)
            self.connection.pause()
            asyncio.get_running_loop().call_soon(self.connection.resume)

    async def script(peer: Peer, n: int) -> None:
        for start in range(0, 2000, 100):
            await peer.send_bytes(batch(numbers(start, start + 100)))

    async with line.server(script) as server, line.opened(server, Nervous()) as heard:
        assert await heard.take(2000) == numbers(0, 2000)


async def test_a_pause_from_the_first_moment(line: Line) -> None:
    class Hesitant(Heard):
        def on_open(self, connection: Connection) -> None:
            super().on_open(connection)
            connection.pause()

    async with line.server(greeting=batch(numbers(0, 10))) as server, line.opened(server, Hesitant()) as heard:
        peer = await server.peer()
        await peer.send_bytes(batch(numbers(10, 20)))
        await asyncio.sleep(0.02)
        assert heard.count("message") <= 10
        heard.connection.resume()
        assert await heard.take(20) == numbers(0, 20)


# we go


async def test_a_polite_close(line: Line) -> None:
    async with line.server() as server, line.opened(server) as heard:
        peer = await server.peer()
        heard.connection.close(1000, "done")
        heard.connection.close(1001, "twice")
        said = await peer.next_frame(CLOSE)
        assert (said.payload, said.masked) == (b"\x03\xe8done", True)
        assert (await heard.close()).code == 1000
        assert await peer.closed == 1000
        assert len(peer.frames(CLOSE)) == 1


@plain_only
@pytest.mark.parametrize("code", [1007, 1009, 4000])
async def test_a_close_with_a_code(line: Line, code: int) -> None:
    async with line.server() as server, line.opened(server) as heard:
        heard.connection.close(code, "because")
        assert await (await server.peer()).closed == code
        assert (await heard.close()).code == code


async def test_a_close_that_is_not_answered_ends_with_abort(line: Line) -> None:
    async with line.server() as server, line.opened(server) as heard:
        peer = await server.peer()
        peer.answer_close = False
        heard.connection.close(1000, "")
        await peer.next_frame(CLOSE)
        assert not heard.closes
        with at_most(1):
            heard.connection.abort()
            await heard.close()


@plain_only
async def test_a_close_that_crosses_the_peers(line: Line) -> None:
    class Quick(Heard):
        def on_messages(self, batch: list[bytes]) -> None:
            super().on_messages(batch)
            self.connection.close(1000, "enough")

    async def script(peer: Peer, n: int) -> None:
        await peer.finish(text("last") + closing(1012))

    async with line.server(script) as server, line.opened(server, Quick()) as heard:
        assert (await heard.close()).code in (1000, 1012)
        assert heard.messages == [b"last"]


async def silent(peer: Peer) -> None:
    peer.go_silent()


async def in_order(peer: Peer) -> None:
    await peer.send_text("one more")


async def flooding(peer: Peer) -> None:
    await peer.send_bytes(batch(numbers(0, 5000)))


@pytest.mark.parametrize("peer_is", [silent, in_order, flooding])
async def test_abort_ends_it_at_once(line: Line, peer_is: Callable[[Peer], Awaitable[None]]) -> None:
    async with line.server() as server:
        leaks = Leaks()
        async with line.opened(server) as heard:
            peer = await server.peer()
            await peer_is(peer)
            with at_most(1):
                heard.connection.abort()
                assert (await heard.close()).code == 1006
        await leaks.none_left(server)


async def test_abort_with_much_that_the_peer_does_not_read(line: Line) -> None:
    async with line.server() as server:
        leaks = Leaks()
        async with line.opened(server) as heard:
            (await server.peer()).go_silent()
            for _ in range(12):
                heard.connection.send(b"x" * MIB)
            await asyncio.sleep(0.05)
            with at_most(1):
                heard.connection.abort()
                await heard.close()
        await leaks.none_left(server)


async def test_abort_while_a_close_is_stuck_behind_much_that_the_peer_does_not_read(line: Line) -> None:
    async with line.server() as server:
        leaks = Leaks()
        async with line.opened(server) as heard:
            (await server.peer()).go_silent()
            for _ in range(12):
                heard.connection.send(b"x" * MIB)
            heard.connection.close(1000, "")
            await asyncio.sleep(0.05)
            with at_most(1):
                heard.connection.abort()
                await heard.close()
        await leaks.none_left(server)


@plain_only
@pytest.mark.parametrize("turns", range(6))
async def test_abort_twice_with_any_number_of_turns_between(line: Line, turns: int) -> None:
    async with line.server() as server:
        leaks = Leaks()
        async with line.opened(server) as heard:
            heard.connection.abort()
            for _ in range(turns):
                await asyncio.sleep(0)
            heard.connection.abort()
            with at_most(1):
                await heard.close()
        await leaks.none_left(server)


async def test_abort_in_the_middle_of_a_batch(line: Line) -> None:
    class Fickle(Heard):
        def on_messages(self, batch: list[bytes]) -> None:
            super().on_messages(batch)
            self.connection.abort()

    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(batch(numbers(0, 5000)))

    async with line.server(script) as server, line.opened(server, Fickle()) as heard:
        await heard.close()
        assert heard.messages == numbers(0, len(heard.messages))


async def test_abort_at_once(line: Line) -> None:
    class Fickle(Heard):
        def on_open(self, connection: Connection) -> None:
            super().on_open(connection)
            asyncio.get_running_loop().call_soon(connection.abort)

    async with line.server(greeting=batch(numbers(0, 5))) as server:
        leaks = Leaks()
        heard = Fickle()
        # A library may notice before `open` returns.
        with suppress(BinanceWebsocketUnableToConnect):
            await line.open(line.address(server), heard)
        assert (await heard.close()).code == 1006
        heard.assert_orderly()
        await leaks.none_left(server)


async def test_nothing_fails_on_a_connection_that_has_ended(line: Line) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.close(1001)

    async with line.server(script) as server:
        leaks = Leaks()
        async with line.opened(server) as heard:
            await heard.close()
            connection = heard.connection
            connection.send(b"x")
            connection.ping()
            connection.pause()
            connection.resume()
            connection.close(1000, "")
            connection.abort()
            await asyncio.sleep(0.01)
        await leaks.none_left(server)


# opening, and cancelling it


@plain_only
async def test_headers_and_path_reach_the_server(line: Line) -> None:
    path = "/stream?streams=bnbbtc@trade/!miniTicker@arr&timeUnit=MICROSECOND"
    async with line.server() as server:
        heard = Heard()
        await line.open(line.address(server, path), heard, headers={"X-Wish": "a wish"})
        peer = await server.peer()
        assert peer.path == path
        assert peer.headers["x-wish"] == "a wish"
        assert "permessage-deflate" not in peer.headers.get("sec-websocket-extensions", "")
        heard.connection.abort()
        await heard.close()


@plain_only
async def test_a_quoted_name_reaches_the_server_as_it_was_quoted(line: Line) -> None:
    path = "/ws/%E5%B8%81%E5%AE%89usdt@kline_1d@%2B08:00"
    async with line.server() as server:
        heard = Heard()
        await line.open(line.address(server, path), heard)
        assert (await server.peer()).path == path
        heard.connection.abort()
        await heard.close()


async def cancelled(opening: asyncio.Task[None]) -> None:
    opening.cancel()
    with at_most(0.3):
        try:
            await opening
        except asyncio.CancelledError:
            assert opening.cancelled()


async def finish(heard: Heard) -> None:
    """See to the end of a connection that may have been opened just before the cancellation."""
    if heard.count("open") > heard.count("close"):
        heard.connection.abort()
        await heard.close()


async def test_cancelled_after_any_number_of_turns(line: Line) -> None:
    async with line.server(greeting=text("early")) as server:
        leaks = Leaks()
        for turns in range(0, 60, 1 if not line.tls else 2):
            heard = Heard()
            opening = asyncio.create_task(line.open(line.address(server), heard))
            for _ in range(turns):
                await asyncio.sleep(0)
            opened = opening.done()
            await cancelled(opening)
            if opened:
                await finish(heard)
            else:
                await until(lambda heard=heard: heard.count("open") == heard.count("close"), 1)  # type: ignore[misc]
        await leaks.none_left(server)


async def test_cancelled_while_the_upgrade_is_unanswered(line: Line) -> None:
    async with line.server() as server:
        leaks = Leaks()
        server.never_answer()
        heard = Heard()
        opening = asyncio.create_task(line.open(line.address(server), heard))
        await server.attempt()
        await cancelled(opening)
        assert heard.words == []
        await leaks.none_left(server)


@asynccontextmanager
async def deaf_address() -> AsyncIterator[str]:
    """Listen with a queue that is full: a TCP connection is neither accepted nor refused."""
    with sockets.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(3):
            waiting.append(sockets.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(listener.getsockname())
        try:
            yield "{}:{}".format(*listener.getsockname())
        finally:
            for one in waiting:
                one.close()


@plain_only
async def test_cancelled_while_connecting(line: Line) -> None:
    async with deaf_address() as address:
        leaks = Leaks()
        opening = asyncio.create_task(line.open(f"ws{'s' if line.tls else ''}://{address}/ws/a", Heard()))
        await asyncio.sleep(0.05)
        assert not opening.done()
        await cancelled(opening)
        await leaks.none_left()


async def test_cancelled_in_the_tls_handshake(line: Line) -> None:
    if not line.tls:
        pytest.skip("a plain line has no TLS handshake")
    with sockets.create_server(("127.0.0.1", 0)) as listener:
        leaks = Leaks()
        opening = asyncio.create_task(line.open("wss://{}:{}/ws/a".format(*listener.getsockname()), Heard()))
        await asyncio.sleep(0.05)
        assert not opening.done()
        await cancelled(opening)
        await leaks.none_left()


# opening that fails


async def failure(line: Line, url: str, **options: Any) -> BinanceWebsocketUnableToConnect:
    """Open in vain: nothing is told to the sink, nothing is left open."""
    leaks = Leaks()
    heard = Heard()
    with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
        await line.open(url, heard, **options)
    assert heard.count("open") == heard.count("close"), "what was opened is closed"
    caught.value.with_traceback(None)
    await leaks.none_left()
    return caught.value


@plain_only
@pytest.mark.parametrize(("status", "fatal"), [(400, True), (403, True), (451, True), (429, False), (503, False)])
async def test_refused_by_status(line: Line, status: int, fatal: bool) -> None:
    async with line.server() as server:
        server.refuse(status, {"code": -1, "msg": "not now"}, {"Retry-After": "7"})
        heard = Heard()
        with pytest.raises(BinanceWebsocketUnableToConnect, match=f"HTTP {status}") as caught:
            await line.open(line.address(server), heard)
        assert (caught.value.status, caught.value.retry_after) == (status, 7)
        assert is_fatal(caught.value) is fatal
        assert heard.words == []


async def test_refused_with_a_body(line: Line) -> None:
    async with line.server() as server:
        server.refuse(403, {"code": -1, "msg": "not here"})
        with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
            await line.open(line.address(server), Heard())
        if line.transport == "aiohttp":
            # aiohttp keeps no body of a refused upgrade; what is no body must not be told as one.
            assert not caught.value.body
        else:
            assert caught.value.body == '{"code":-1,"msg":"not here"}'
            assert "not here" in str(caught.value)


@plain_only
async def test_refused_with_a_date_to_come_again(line: Line) -> None:
    async with line.server() as server:
        server.refuse(429, "", {"Retry-After": formatdate(time() + 30, usegmt=True)})
        with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
            await line.open(line.address(server), Heard())
        assert caught.value.retry_after == pytest.approx(30, abs=5)


async def test_refusals_leave_nothing_open(line: Line) -> None:
    async with line.server() as server:
        leaks = Leaks()
        server.refuse(503, "x" * 10_000)
        for _ in range(5):
            with pytest.raises(BinanceWebsocketUnableToConnect):
                await line.open(line.address(server), Heard())
        await leaks.none_left(server)


async def test_hung_up_instead_of_an_answer(line: Line) -> None:
    async with line.server() as server:
        leaks = Leaks()
        server.hang_up()
        with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
            await line.open(line.address(server), Heard())
        assert caught.value.status is None
        assert not is_fatal(caught.value)
        await leaks.none_left(server)


@plain_only
async def test_nobody_listens(line: Line) -> None:
    async with line.server() as server:
        await server.stop_listening()
        leaks = Leaks()
        with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
            await line.open(line.address(server), Heard())
        assert not is_fatal(caught.value)
        await leaks.none_left(server)


async def test_no_answer_in_time(line: Line) -> None:
    async with line.server() as server:
        leaks = Leaks()
        server.never_answer()
        with at_most(1), pytest.raises(BinanceWebsocketUnableToConnect, match="open_timeout") as caught:
            await line.open(line.address(server), Heard(), open_timeout=0.1)
        assert isinstance(caught.value.__cause__, TimeoutError)
        assert not is_fatal(caught.value)
        await leaks.none_left(server)


@plain_only
async def test_no_connection_in_time(line: Line) -> None:
    async with deaf_address() as address:
        leaks = Leaks()
        with at_most(1), pytest.raises(BinanceWebsocketUnableToConnect, match="open_timeout"):
            await line.open(f"ws{'s' if line.tls else ''}://{address}/ws/a", Heard(), open_timeout=0.1)
        await leaks.none_left()


ANSWERS = {
    "garbage": b"\x00\x01\x02\x03\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "not upgraded": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "no key": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "a wrong key": (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"
    ),
    "an endless header": b"HTTP/1.1 101 Switching Protocols\r\n" + b"X-Pad: " + b"x" * MIB,
    "endless headers": b"HTTP/1.1 101 Switching Protocols\r\n" + b"X-Pad: x\r\n" * 100_000,
}


@plain_only
@pytest.mark.parametrize("what", ANSWERS)
async def test_answers_that_are_none(line: Line, what: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWERS[what])
            await writer.drain()
            await reader.read()
        except ConnectionError:
            pass  # the client has seen enough
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=server_tls() if line.tls else None)
    async with listening:
        address = "{}:{}".format(*listening.sockets[0].getsockname())
        leaks = Leaks()
        with at_most(3), pytest.raises(BinanceWebsocketUnableToConnect):
            await line.open(f"ws{'s' if line.tls else ''}://{address}/ws/a", Heard(), open_timeout=1)
        await leaks.none_left()


@plain_only
@pytest.mark.parametrize("url", ["nowhere", "ws://", "ftp://127.0.0.1/x", "ws://127.0.0.1:99999/x", "ws://[::1/x"])
async def test_an_address_that_is_none_is_fatal(line: Line, url: str) -> None:
    error = await failure(line, url)
    assert is_fatal(error), f"trying again does not help: {error}"


@plain_only
async def test_an_address_that_is_none_is_not_repeated(line: Line) -> None:
    for url in ("ftp://127.0.0.1/ws/SECRETKEY", "ws://127.0.0.1:99999/ws/SECRETKEY", "ws://[::1/SECRETKEY"):
        error = await failure(line, url)
        assert "SECRETKEY" not in "".join(traceback.format_exception(error)), "the path may be a listen key"


async def test_a_certificate_for_another_name_is_fatal(line: Line) -> None:
    if not line.tls:
        pytest.skip("a plain line has no certificate")
    async with Server(tls=server_tls("other.example")) as server:
        error = await failure(line, line.address(server))
        assert is_fatal(error), f"a wrong certificate stays wrong: {error!r} from {error.__cause__!r}"
        assert "certificate" in str(error).lower()
        assert server.attempts == [], "nothing was told to a stranger"


async def test_tls_spoken_to_a_server_without_it(line: Line) -> None:
    if not line.tls:
        pytest.skip("a plain line speaks no TLS")
    async with Server() as server:
        url = "wss" + server.url.removeprefix("http") + "/ws/a"
        with at_most(3):
            error = await failure(line, url, open_timeout=0.2)
        assert error.status is None


# proxies


def through(line: Line, scheme: str) -> None:
    if line.transport == "aiohttp" and scheme != "http":
        pytest.skip("aiohttp has no SOCKS proxies")
    if line.transport == "aiohttp" and not line.tls:
        pytest.skip("aiohttp asks a proxy for a plain address without CONNECT")


@pytest.mark.parametrize("login", [None, ("user", "pass%40word")], ids=["open", "login"])
@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_through_a_proxy(line: Line, scheme: str, login: tuple[str, str] | None) -> None:
    through(line, scheme)
    spoken = login and (login[0], "pass@word")
    async with (
        line.server(greeting=text("hello")) as server,
        Proxy(spoken) as proxy,
        line.opened(server, proxy=proxy.url(scheme, login)) as heard,
    ):
        assert await heard.take(1) == [b"hello"]
        assert proxy.targets == [server.url.rpartition("/")[2]]
        await (await server.peer()).close(1001)
        assert await heard.close() == Close(1001, "")


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_refuses(line: Line, scheme: str) -> None:
    through(line, scheme)
    async with line.server() as server, Proxy(("user", "right")) as proxy:
        error = await failure(line, line.address(server), proxy=proxy.url(scheme, ("user", "WRONGPASSWORD")))
        assert proxy.refused == 1
        assert proxy.targets == []
        assert "WRONGPASSWORD" not in "".join(traceback.format_exception(error))
        assert server.connections == 0


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_not_there(line: Line, scheme: str) -> None:
    through(line, scheme)
    async with line.server() as server:
        async with Proxy() as proxy:
            url = proxy.url(scheme)
        error = await failure(line, line.address(server), proxy=url)
        assert not is_fatal(error)


async def test_cancelled_while_a_proxy_does_not_answer(line: Line) -> None:
    through(line, "http")
    async with line.server() as server:
        with sockets.create_server(("127.0.0.1", 0)) as listener:
            leaks = Leaks()
            proxy = "http://{}:{}".format(*listener.getsockname())
            opening = asyncio.create_task(line.open(line.address(server), Heard(), proxy=proxy))
            await asyncio.sleep(0.05)
            assert not opening.done()
            await cancelled(opening)
            await leaks.none_left(server)


# secrets


async def test_nothing_of_the_address_is_in_the_logs(line: Line, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = "/ws/SECRETLISTENKEY?token=SECRETTOKEN"
    asyncio.get_running_loop().set_debug(True)

    async def script(peer: Peer, n: int) -> None:
        await peer.send_bytes(text("hello") + frame(TEXT, b"x", rsv=RSV1))

    async with line.server(script) as server:
        heard = Heard()
        await line.open(line.address(server, path), heard, headers={"X-MBX-APIKEY": "SECRETAPIKEY"})
        await heard.close()
        server.refuse(403, "no")
        with pytest.raises(BinanceWebsocketUnableToConnect) as caught:
            await line.open(line.address(server, path), Heard())
        server.welcome()
        server.never_answer()
        with pytest.raises(BinanceWebsocketUnableToConnect):
            await line.open(line.address(server, path), Heard(), open_timeout=0.05)
    assert "SECRET" not in caplog.text
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))
