"""The same promises over aiohttp, which is there in any case: the last resort, without SOCKS proxies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from typing import Any

import aiohttp
from aiohttp import WSMsgType

from .contracts import ABNORMAL, Close, Options, Sink
from .opening import opening_errors, refused
from .pump import Pump

__all__ = ["AiohttpTransport"]


class AiohttpTransport:
    """WebSockets by aiohttp."""

    async def open(self, url: str, sink: Sink, options: Options) -> None:
        """See `contracts.Transport`."""
        session = aiohttp.ClientSession()
        try:
            with opening_errors(url, options.proxy, aiohttp.ClientError):
                websocket = await _connect(session, url, options)
        except BaseException:
            await session.close()
            raise
        _Connection(session, websocket, sink).start()


async def _connect(session: aiohttp.ClientSession, url: str, options: Options) -> aiohttp.ClientWebSocketResponse[Any]:
    try:
        async with asyncio.timeout(options.open_timeout):
            return await session.ws_connect(
                url,
                autoping=False,
                autoclose=True,
                headers=dict(options.headers),
                proxy=options.proxy,
                # Made afresh: the library's own default was made at import and does not see SSL_CERT_FILE.
                ssl=options.ssl or ssl.create_default_context(),
                max_msg_size=options.max_message_size + 1,
                timeout=aiohttp.ClientWSTimeout(ws_close=options.open_timeout),
            )
    except aiohttp.WSServerHandshakeError as error:
        if error.status == 101:
            raise
        raise refused(error.status, dict(error.headers or {}), None) from None


class _Connection(Pump):
    def __init__(
        self, session: aiohttp.ClientSession, websocket: aiohttp.ClientWebSocketResponse[Any], sink: Sink
    ) -> None:
        super().__init__(sink)
        self._session = session
        self._socket = websocket
        self._sent: Close | None = None

    async def _receive(self) -> Close | None:
        message = await self._socket.receive()
        kind = message.type
        if kind is WSMsgType.TEXT:
            self._sink.on_messages([message.data.encode()])
        elif kind is WSMsgType.BINARY:
            self._sink.on_binary(message.data)
        elif kind is WSMsgType.PING:
            self._sink.on_alive()
            await self._socket.pong(message.data)
        elif kind is WSMsgType.PONG:
            self._sink.on_alive()
        else:
            return self._ended(message)
        return None

    def _ended(self, message: aiohttp.WSMessage) -> Close:
        if message.type is WSMsgType.CLOSE:
            return Close(message.data or 1005, message.extra or "")
        if self._sent is not None:
            return self._sent
        if message.type is WSMsgType.ERROR:
            return Close(self._socket.close_code or ABNORMAL, str(message.data))
        return Close(ABNORMAL, "the connection was lost without a close frame")

    def abort(self) -> None:
        # The library has no abort: with the line cut, its own reading ends and cleans up after itself.
        line = self._socket.get_extra_info("socket")
        if line is not None:
            # A copy, because what uvloop hands out cannot be shut down.
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(line.fileno())) as copy:
                copy.shutdown(socket.SHUT_RDWR)
        self.resume()

    async def _disconnect(self) -> None:
        self.abort()
        while not self._socket.closed:
            await self._socket.receive()
        await self._session.close()

    async def _send_text(self, text: str) -> None:
        await self._socket.send_str(text)

    async def _send_ping(self) -> None:
        await self._socket.ping()

    async def _send_close(self, code: int, reason: str) -> None:
        self._sent = Close(code, reason)
        await self._socket.close(code=code, message=reason.encode())
