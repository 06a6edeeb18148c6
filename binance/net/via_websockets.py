"""The same promises over the `websockets` library, for machines without a wheel of picows."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from .contracts import ABNORMAL, Close, Options, Sink
from .opening import opening_errors, refused
from .pump import Pump

__all__ = ["WebsocketsTransport"]

#: The library tells its log the request line, which may hold a listen key. The stream tells what happens instead.
_MUTE = logging.Logger("binance.net.websockets", logging.CRITICAL + 1)


class WebsocketsTransport:
    """WebSockets by the library of that name."""

    async def open(self, url: str, sink: Sink, options: Options) -> None:
        """See `contracts.Transport`."""
        extra: dict[str, Any] = {"ssl": options.ssl} if options.ssl is not None and url.startswith("wss:") else {}
        with opening_errors(url, options.proxy, WebSocketException):
            try:
                async with asyncio.timeout(options.open_timeout):
                    connection = await connect(
                        url,
                        compression=None,
                        additional_headers=dict(options.headers),
                        proxy=options.proxy,
                        open_timeout=None,
                        ping_interval=None,
                        close_timeout=options.open_timeout,
                        max_size=options.max_message_size,
                        logger=_MUTE,
                        create_connection=_AudibleConnection,
                        **extra,
                    )
            except InvalidStatus as error:
                response = error.response
                raise refused(response.status_code, response.headers, response.body) from error
        _Connection(connection, sink).start()


class _AudibleConnection(ClientConnection):
    """Lets the sink hear that anything at all came, pings and pongs included."""

    sink: Sink | None = None

    def data_received(self, data: bytes) -> None:
        if self.sink is not None:
            self.sink.on_alive()
        super().data_received(data)


class _Connection(Pump):
    def __init__(self, connection: ClientConnection, sink: Sink) -> None:
        super().__init__(sink)
        self._connection = connection

    def start(self) -> None:
        super().start()
        if isinstance(self._connection, _AudibleConnection):
            self._connection.sink = self._sink

    async def _receive(self) -> Close | None:
        try:
            payload = await self._connection.recv()
        except ConnectionClosed as ended:
            frame = ended.rcvd or ended.sent
            if frame is None:
                return Close(ABNORMAL, "the connection was lost without a close frame")
            return Close(frame.code, frame.reason)
        if isinstance(payload, str):
            self._sink.on_messages([payload.encode()])
        else:
            self._sink.on_binary(payload)
        return None

    async def _disconnect(self) -> None:
        self._connection.transport.abort()
        await self._connection.wait_closed()

    async def _send_text(self, text: str) -> None:
        await self._connection.send(text)

    async def _send_ping(self) -> None:
        await self._connection.ping()

    async def _send_close(self, code: int, reason: str) -> None:
        await self._connection.close(code, reason)
