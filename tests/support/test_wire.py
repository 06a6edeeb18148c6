"""The scripted server judged by an honest client: the `websockets` library and a bare HTTP request."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import time
from typing import Any

import pytest
import trustme
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.frames import Close

from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, RSV1, TEXT, batch, closing, frame
from tests.support.peer import Peer
from tests.support.wire import Server


def client(server: Server, path: str = "/ws/a@trade", **options: Any) -> connect:
    return connect(
        server.url.replace("http", "ws", 1) + path, compression=None, proxy=None, ping_interval=None, **options
    )


def received(error: ConnectionClosed) -> tuple[int, str]:
    assert isinstance(error.rcvd, Close)
    return error.rcvd.code, error.rcvd.reason


async def drain(socket: ClientConnection) -> list[str | bytes]:
    return [message async for message in socket]


async def test_texts_of_every_length_arrive() -> None:
    sizes = [0, 1, 125, 126, 127, 65535, 65536, 70000]

    async def script(peer: Peer, n: int) -> None:
        for size in sizes:
            await peer.send_text("x" * size)

    async with Server(script) as server, client(server) as socket:
        assert [len(await socket.recv()) for _ in sizes] == sizes
        assert server.accepted == 1
        assert (await server.peer()).path == "/ws/a@trade"
        assert (await server.peer()).headers["upgrade"] == "websocket"
        assert [a.path for a in server.attempts] == ["/ws/a@trade"]


async def test_fragments_binary_and_json() -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_frame(TEXT, b"one ", fin=False)
        await peer.send_frame(PING, b"in between")
        await peer.send_frame(CONTINUATION, b"two")
        await peer.send_frame(BINARY, b"\x00\xff")
        await peer.send_text({"a": 1})

    async with Server(script) as server, client(server) as socket:
        assert await socket.recv() == "one two"
        assert await socket.recv() == b"\x00\xff"
        assert json.loads(await socket.recv()) == {"a": 1}
        assert (await (await server.peer()).next_frame(PONG)).payload == b"in between"


async def test_what_the_client_sends_is_unmasked_and_kept() -> None:
    async with Server() as server, client(server) as socket:
        peer = await server.peer()
        await socket.send("hello")
        await socket.send(b"\x01" * 300)
        assert await peer.next_frame() == (TEXT, b"hello", True, True)
        assert await peer.next_frame() == (BINARY, b"\x01" * 300, True, True)
        assert len(peer.frames()) == 2
        assert await (await socket.ping("p")) >= 0
        await peer.sync()
        assert [f.payload for f in peer.frames(PING)] == [b"p"]


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1012, 4000])
async def test_messages_and_a_close_in_one_segment(code: int) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.finish(batch(["1", "2"]) + closing(code, "why"))

    async with Server(script) as server, client(server) as socket:
        assert [await socket.recv(), await socket.recv()] == ["1", "2"]
        with pytest.raises(ConnectionClosed) as caught:
            await socket.recv()
        assert received(caught.value) == (code, "why")
        assert await (await server.peer()).closed == code


async def test_a_close_without_code() -> None:
    async with Server() as server, client(server) as socket:
        peer = await server.peer()
        await peer.close(None)
        with pytest.raises(ConnectionClosed) as caught:
            await socket.recv()
        assert received(caught.value) == (1005, "")
        assert await peer.closed is None


async def test_the_client_closes() -> None:
    async with Server() as server:
        async with client(server):
            peer = await server.peer()
        assert await peer.closed == 1000
        assert peer.is_closed
        assert peer.frames()[-1].opcode == CLOSE


@pytest.mark.parametrize("end", ["reset", "eof", "half a frame"])
async def test_ends_without_a_close_frame(end: str) -> None:
    async def script(peer: Peer, n: int) -> None:
        await peer.send_text("before")
        if end == "reset":
            peer.reset()
            return
        if end == "half a frame":
            await peer.send_bytes(frame(TEXT, b"x" * 50)[:20])
        await peer.eof()

    async with Server(script) as server, client(server) as socket:
        assert await socket.recv() == "before"
        with pytest.raises(ConnectionClosedError) as caught:
            await socket.recv()
        assert caught.value.rcvd is None
        await (await server.peer()).closed


async def test_a_silent_peer_neither_reads_nor_answers() -> None:
    async with Server() as server:
        async with client(server, close_timeout=0.1) as socket:
            peer = await server.peer()
            peer.go_silent()
            pong = await socket.ping()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(pong), 0.1)
            assert peer.frames() == []
        assert not peer.is_closed
        with pytest.raises(ConnectionClosedError):
            await pong


@pytest.mark.parametrize("illegal", [frame(TEXT, b"x", rsv=RSV1), frame(TEXT, b"x", mask=b"abcd"), frame(3, b"x")])
async def test_illegal_frames_really_are(illegal: bytes) -> None:
    async with Server() as server, client(server) as socket:
        peer = await server.peer()
        await peer.send_bytes(illegal)
        with pytest.raises(ConnectionClosedError):
            await socket.recv()
        assert await peer.closed == 1002


async def test_refusals_in_turn() -> None:
    async with Server() as server:
        server.refuse(503, "busy", {"Retry-After": "7"}, times=1)
        server.hang_up(times=1)
        server.never_answer(times=1)
        with pytest.raises(InvalidStatus) as caught:
            await client(server)
        answer = caught.value.response
        assert (answer.status_code, answer.body, answer.headers["Retry-After"]) == (503, b"busy", "7")
        with pytest.raises(Exception, match="did not receive a valid HTTP response"):
            await client(server)
        with pytest.raises(TimeoutError):
            await client(server, open_timeout=0.1)
        async with client(server):
            pass
        assert (len(server.attempts), server.accepted) == (4, 1)
        assert [a.at for a in server.attempts] == sorted(a.at for a in server.attempts)


async def test_standing_refusal_and_welcome() -> None:
    async with Server() as server:
        server.refuse(451, "not here")
        for _ in range(3):
            with pytest.raises(InvalidStatus):
                await client(server)
        server.welcome()
        async with client(server):
            pass


async def test_not_listening_and_listening_again() -> None:
    async with Server() as server:
        await server.stop_listening()
        with pytest.raises(ConnectionRefusedError):
            await client(server)
        await server.listen()
        async with client(server):
            pass


async def test_greeting_comes_with_the_answer() -> None:
    async with Server(greeting=batch(["first"])) as server, client(server) as socket:
        assert await socket.recv() == "first"


async def test_tls() -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def script(peer: Peer, n: int) -> None:
        await peer.finish(batch(["secret"]) + closing(1001))

    async with Server(script, tls=tls) as server, client(server, ssl=trusting) as socket:
        assert server.url.startswith("https://")
        assert await drain(socket) == ["secret"]


async def get(server: Server, path: str) -> tuple[int, object]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), json.loads(body)


async def test_rest_answers() -> None:
    async with Server(routes={"/api/v3/depth": (418, {"code": -1003}, {})}) as server:
        assert await get(server, "/api/v3/ping") == (200, {})
        status, body = await get(server, "/api/v3/time")
        assert status == 200
        assert isinstance(body, dict)
        assert abs(body["serverTime"] / 1000 - time.time()) < 5
        assert await get(server, "/api/v3/depth?symbol=A") == (418, {"code": -1003})
        assert (await get(server, "/nothing"))[0] == 404
        assert server.requests[2] == ("GET", "/api/v3/depth?symbol=A")
        assert server.attempts == []


async def test_an_error_in_a_script_fails_the_test() -> None:
    async def script(peer: Peer, n: int) -> None:
        raise AssertionError("the script's own")

    with pytest.raises(AssertionError, match="the script's own"):
        async with Server(script) as server, client(server):
            await (await server.peer()).closed


async def test_ends_cleanly_in_the_middle_of_everything() -> None:
    before = len(os.listdir("/proc/self/fd"))

    async def script(peer: Peer, n: int) -> None:
        await asyncio.Event().wait()

    async with Server(script) as server:
        sockets = [await client(server, close_timeout=0.1) for _ in range(3)]
        (await server.peer(1)).go_silent()
        server.never_answer()
        hanging = asyncio.create_task(client(server).__aenter__())
        await server.attempt(3)
    with pytest.raises(Exception, match="did not receive a valid HTTP response"):
        await hanging
    for socket in sockets:
        await socket.close()
    assert len(asyncio.all_tasks()) == 1
    assert len(os.listdir("/proc/self/fd")) == before
