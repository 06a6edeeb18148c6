"""Secrets appear in no repr, log line, event, error or traceback, however badly a session goes."""

from __future__ import annotations

import asyncio
import logging
import pprint
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from binance import AsyncClient, BinanceSocketManager, Environment
from binance.exceptions import BinanceError
from binance.net.contracts import Options
from binance.net.http import HttpCall
from binance.net.transports import TransportName
from binance.pipeline.request import Request
from binance.ws.options import SocketOptions
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from tests.support.frames import RSV1, TEXT, text
from tests.support.peer import Peer
from tests.support.proxy import Proxy
from tests.support.wire import Route, Server

KEY = "KEYkeyKEYkeyKEYkeyKEYkeyKEYkeyKEYkeyKEYkeyKEYkeyKEYkeyKEYkeyKEYk"
SECRET = "SECsecSECsecSECsecSECsecSECsecSECsecSECsecSECsecSECsecSECsecSECs"
LISTEN_KEY = "LSTlstLSTlstLSTlstLSTlstLSTlstLSTlstLSTlstLSTlstLSTlstLSTlstLSTl"
SIGNATURE = "51947a51947a51947a51947a51947a51947a51947a51947a51947a51947a5194"
PASSWORD = "PWDpwdPWDpwd"
SECRETS = {"key": KEY, "secret": SECRET, "listen key": LISTEN_KEY, "signature": SIGNATURE, "password": PASSWORD}

TRANSPORTS: tuple[TransportName, ...] = ("picows", "websockets", "aiohttp")


class Said:
    """Everything that a session says where somebody else may read it."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        self._caplog = caplog
        self._parts: list[str] = []

    def on_event(self, socket: Any, event: Any) -> None:
        self.see(socket, event)
        if cause := getattr(event, "cause", None) or getattr(event, "error", None):
            self.see(cause)

    def see(self, *values: object) -> None:
        for value in values:
            self._parts += [repr(value), str(value), pprint.pformat(value)]
            if isinstance(value, BaseException):
                self._parts += traceback.format_exception(value.with_traceback(None))
                self._parts.append(pprint.pformat(vars(value)))

    def check(self) -> None:
        records = [f"{record.name}: {record.getMessage()} {record.args}" for record in self._caplog.records]
        whole = "\n".join([*self._parts, *records, self._caplog.text])
        assert len(whole) > 500, "nothing was said at all"
        for name, secret in SECRETS.items():
            at = whole.find(secret)
            assert at == -1, f"the {name} is in: {whole[max(0, at - 300) : at + 30]}"


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Said:
    monkeypatch.setattr(ReconnectingWebsocket, "MAX_RECONNECT_SECONDS", 0.01)
    monkeypatch.setattr(ReconnectingWebsocket, "MIN_RECONNECT_WAIT", 0.001)
    # `verbose=True` changes its level, which is put back at the end.
    caplog.set_level(logging.DEBUG, "binance.rest")
    return Said(caplog)


def made(server: Server, transport: TransportName, said: Said, **options: Any) -> BinanceSocketManager:
    client = AsyncClient(KEY, SECRET, environment=Environment.local(server.url), private_key_pass=PASSWORD, **options)
    said.see(client, vars(client).keys())
    return BinanceSocketManager(client, transport=transport, max_reconnects=2, on_event=said.on_event)


async def misbehave(peer: Peer, n: int) -> None:
    await peer.send_bytes(text({"e": "trade", "t": n}) + text("{bad"))
    if n == 0:
        peer.reset()
    elif n == 1:
        await peer.send_frame(TEXT, b"x", rsv=RSV1)
    else:
        await peer.close(1008, "policy")


def listen_key_socket(base: str, transport: TransportName, said: Said) -> ReconnectingWebsocket:
    """Build what account sockets will be: one whose address is a secret."""
    options = SocketOptions(transport=transport, max_reconnects=2, on_event=said.on_event, open_timeout=0.2)
    return ReconnectingWebsocket(lambda: f"{base}ws/{LISTEN_KEY}?", "account", prefix="", options=options)


async def use(socket: ReconnectingWebsocket, said: Said) -> None:
    """Live through everything that the server does, and look at all that is said."""
    watcher = socket.events()
    said.see(socket, socket.stats, socket.reader())
    try:
        async with asyncio.timeout(5), socket:
            async for message in socket:
                said.see(message)
    except BinanceError as error:
        said.see(error)
    with pytest.raises(BinanceError) as caught:
        await socket.recv()
    said.see(caught.value, socket)
    async with asyncio.timeout(1):
        async for event in watcher:
            said.on_event(socket, event)


Trouble = Callable[[Server], None]

TROUBLES: dict[str, Trouble] = {
    "misbehaves": lambda server: None,
    "refuses for good": lambda server: server.refuse(403, {"code": -2015, "msg": "Invalid API-key"}),
    "refuses for now": lambda server: server.refuse(503, "busy"),
    "hangs up": lambda server: server.hang_up(),
    "does not answer": lambda server: server.never_answer(),
}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("trouble", TROUBLES)
async def test_sessions_that_fail(transport: TransportName, trouble: str, said: Said) -> None:
    async def script(peer: Peer, n: int) -> None:
        await misbehave(peer, n)
        if n >= 3:
            server.refuse(403, "no")

    async with Server(script) as server:
        TROUBLES[trouble](server)
        bm = made(server, transport, said)
        said.see(bm)
        socket = listen_key_socket(f"ws{server.url[4:]}/", transport, said)
        await use(socket, said)
    said.check()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    "address", ["nowhere/", "ftp://127.0.0.1/", "ws://127.0.0.1:99999/", "ws://[::1/", "ws://127.0.0.1:1/"]
)
async def test_addresses_that_lead_nowhere(transport: TransportName, address: str, said: Said) -> None:
    async with Server() as server:
        made(server, transport, said)
        socket = listen_key_socket(address, transport, said)
        with pytest.raises(BinanceError) as caught:
            await socket.__aenter__()
        said.see(caught.value)
        said.see("x" * 500)
    said.check()


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_proxies(transport: TransportName, said: Said) -> None:
    async with Server() as server, Proxy(("user", "right")) as proxy:
        bm = made(server, transport, said, https_proxy=proxy.url("http", ("user", PASSWORD)))
        said.see(bm, vars(bm).keys(), bm._options)
        with pytest.raises(BinanceError) as caught:
            await bm.trade_socket("BNBBTC").__aenter__()
        said.see(caught.value)
    said.check()


async def test_calls_of_the_client(said: Said) -> None:
    routes: dict[str, Route] = {"/api/v3/ping": (200, {}, {}), "/api/v3/time": (400, {"code": -1022, "msg": "bad"}, {})}
    async with Server(routes=routes) as server:
        async with AsyncClient(KEY, SECRET, environment=Environment.local(server.url), verbose=True) as client:
            await client.ping()
            with pytest.raises(BinanceError) as caught:
                await client.get_server_time()
            said.see(caught.value)
        async with AsyncClient(KEY, SECRET, environment=Environment.local("http://127.0.0.1:1")) as client:
            with pytest.raises(BinanceError) as caught:
                await client.ping()
            said.see(caught.value, client)
    said.see("x" * 500)
    said.check()


async def test_a_path_that_is_a_listen_key(said: Said) -> None:
    async with Server() as server:
        server.refuse(403, "no")
        options = SocketOptions(on_event=said.on_event)
        socket = ReconnectingWebsocket(f"ws{server.url[4:]}/", LISTEN_KEY, options=options)
        with pytest.raises(BinanceError) as caught:
            await socket.recv()
        said.see(caught.value, socket)
        with pytest.raises(BinanceError) as caught:
            await socket.__aenter__()
        said.see(caught.value, socket)
    said.see("x" * 500)
    said.check()


def test_reprs_of_what_carries_secrets(said: Said) -> None:
    headers = {"X-MBX-APIKEY": KEY}
    params = (("timestamp", "1"), ("listenKey", LISTEN_KEY), ("signature", SIGNATURE))
    said.see(
        Request("GET", "https://h/api/v3/order", params, headers, 1.0, {"proxy": f"http://user:{PASSWORD}@h"}),
        HttpCall("GET", "https://h/api/v3/order", f"listenKey={LISTEN_KEY}&signature={SIGNATURE}", headers=headers),
        Options(proxy=f"http://user:{PASSWORD}@h:1", headers=headers),
        SocketOptions(proxy=f"http://user:{PASSWORD}@h:1"),
    )
    said.check()
