"""The same promises over aiohttp, which is there in any case: the last resort, without SOCKS proxies."""

from __future__ import annotations

import asyncio
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
            with opening_errors(aiohttp.ClientError):
                socket = await _connect(session, url, options)
        except BaseException:
            await session.close()
            raise
        _Connection(session, socket, sink).start()


async def _connect(session: aiohttp.ClientSession, url: str, options: Options) -> aiohttp.ClientWebSocketResponse[Any]:
    try:
        async with asyncio.timeout(options.open_timeout):
            return await session.ws_connect(
                url,
                autoping=False,
                autoclose=True,
                headers=dict(options.headers),
                proxy=options.proxy,
                ssl=options.ssl if options.ssl is not None else True,
                max_msg_size=options.max_message_size,
                timeout=aiohttp.ClientWSTimeout(ws_close=options.open_timeout),
            )
    except aiohttp.WSServerHandshakeError as error:
        if error.status == 101:
            raise
        raise refused(error.status, dict(error.headers or {}), error.message.encode()) from error


class _Connection(Pump):
    def __init__(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse[Any], sink: Sink
    ) -> None:
        super().__init__(sink)
        self._session = session
        self._socket = socket
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

    async def _disconnect(self) -> None:
        await self._session.close()

    async def _send_text(self, text: str) -> None:
        await self._socket.send_str(text)

    async def _send_ping(self) -> None:
        await self._socket.ping()

    async def _send_close(self, code: int, reason: str) -> None:
        self._sent = Close(code, reason)
        await self._socket.close(code=code, message=reason.encode())
