"""The default transport: picows calls back straight from its C parser, once per frame.

What the engine needs on top is here: payloads gathered by the read (picows marks the last frame of one), fragments
joined, pings answered and heard, closing told once, and a connection attempt that can be cancelled without leaving a
socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import TYPE_CHECKING, Any, cast

import aiohappyeyeballs
from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSHandshakeError,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)
from python_socks import ProxyError

from ..exceptions import BinanceWebsocketUnableToConnect
from .contracts import ABNORMAL, Close, Options, Sink
from .opening import could_not_connect, opening_errors, refused

if TYPE_CHECKING:
    from picows.url import WSParsedURL

__all__ = ["PicowsTransport"]

_TEXT = WSMsgType.TEXT
_PROTOCOL_ERROR, _NO_STATUS, _TOO_BIG = 1002, 1005, 1009

#: Without TLS a read takes all that the kernel holds, megabytes under flood, and nobody else gets a turn meanwhile.
#: With TLS reads are small already, and the kernel may size its buffer to the line.
_PLAIN_RECEIVE_BUFFER = 128 * 1024

#: picows tells its log the request line, which may hold a listen key. The stream tells what happens instead.
_MUTE = logging.Logger("binance.net.picows", logging.CRITICAL + 1)


class PicowsTransport:
    """WebSockets by picows."""

    async def open(self, url: str, sink: Sink, options: Options) -> None:
        """See `contracts.Transport`."""
        dialled: list[socket.socket] = []

        async def dial(parsed: WSParsedURL) -> socket.socket:
            sock = await _dial(str(parsed.host), int(parsed.port))
            dialled.append(sock)
            return sock

        try:
            with opening_errors(url, options.proxy, WSError, ProxyError):
                async with asyncio.timeout(options.open_timeout):
                    _, listener = await ws_connect(
                        lambda: _Listener(sink, options.max_message_size),
                        url,
                        ssl_context=options.ssl,
                        websocket_handshake_timeout=None,
                        logger_name=_MUTE,
                        enable_auto_pong=False,
                        max_frame_size=options.max_message_size,
                        extra_headers=dict(options.headers),
                        proxy=options.proxy,
                        socket_factory=dial,
                    )
                    if cast("_Listener | None", listener) is None:
                        raise ConnectionResetError("the server closed the connection instead of answering the upgrade")
        except BinanceWebsocketUnableToConnect as error:
            await _hang_up(dialled)
            raise _explained(error) from error.__cause__
        except BaseException:
            await _hang_up(dialled)
            raise


def _explained(error: BinanceWebsocketUnableToConnect) -> BinanceWebsocketUnableToConnect:
    cause = error.__cause__
    if not isinstance(cause, WSHandshakeError) or cause.response is None:
        return error
    status = int(cause.response.status)
    if status == 101:
        return could_not_connect(cause)
    return refused(status, cause.response.headers, cause.raw_body)


async def _dial(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return await aiohappyeyeballs.start_connection(addresses, happy_eyeballs_delay=0.25, interleave=1)


async def _hang_up(dialled: list[socket.socket]) -> None:
    """End what a cancelled or failed attempt may have left open: picows keeps waiting for the upgrade's answer."""
    for sock in dialled:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
    for _ in range(10):
        if all(sock.fileno() == -1 for sock in dialled):
            return
        await asyncio.sleep(0)


class _Listener(WSListener):
    """picows' callbacks, turned into a sink's. It is the `Connection` too."""

    __slots__ = (
        "_batch",
        "_close",
        "_deaf",
        "_farewell",
        "_fragments",
        "_kind",
        "_limit",
        "_pausing",
        "_sink",
        "_size",
        "_transport",
    )

    def __init__(self, sink: Sink, limit: int) -> None:
        self._sink = sink
        self._limit = limit
        self._batch: list[bytes] = []
        self._fragments: list[bytes] = []
        self._size = 0
        self._kind = _TEXT
        self._close: Close | None = None
        self._deaf = False
        self._pausing: asyncio.Handle | None = None
        self._farewell: asyncio.Task[None] | None = None
        self._transport: WSTransport | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        if not transport.is_secure:
            sock = transport.underlying_transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PLAIN_RECEIVE_BUFFER)
        self._sink.on_open(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is _TEXT and frame.fin:
            self._batch.append(frame.get_payload_as_bytes())
        else:
            self._on_rare_frame(transport, frame)
        if frame.last_in_buffer:
            # Once per read, because what is done for every message is paid by everybody.
            if transport.is_close_frame_sent and self._close is None:
                self._on_violation_found(transport, frame)
            elif frame.rsv1 or frame.rsv2 or frame.rsv3:
                self._on_reserved_bits(frame)
            self._flush()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._flush()
        end = self._close or _how_it_ended(transport)
        self._farewell = asyncio.get_running_loop().create_task(transport.wait_disconnected())
        self._farewell.add_done_callback(lambda farewell: self._see_off(farewell, end))

    def _see_off(self, farewell: asyncio.Task[None], end: Close) -> None:
        if not farewell.cancelled():
            # What picows has to say is in `end`; left alone, asyncio would complain that nobody asked.
            farewell.exception()
        self._sink.on_close(end)

    def _flush(self) -> None:
        batch = self._batch
        if not batch:
            return
        self._batch = []
        if self._fragments:
            self._fail(_PROTOCOL_ERROR, "a message in the middle of another")
            return
        if not self._deaf:
            self._sink.on_messages(batch)

    def _on_violation_found(self, transport: WSTransport, frame: WSFrame) -> None:
        """picows found a violation and sent its close frame, but goes on to parse what follows."""
        if frame.tail_size == 0:
            # The violation is not behind this read but before it.
            self._batch.clear()
        self._close = _how_it_ended(transport)
        self._fail(*self._close)

    def _on_rare_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind, payload = frame.msg_type, frame.get_payload_as_bytes()
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._on_reserved_bits(frame)
        elif kind is WSMsgType.PING:
            transport.send_pong(payload)
            self._sink.on_alive()
        elif kind is WSMsgType.PONG:
            self._sink.on_alive()
        elif kind is WSMsgType.CLOSE:
            self._on_close_frame(transport, frame)
        elif not self._deaf and (frame.tail_size or self._close or not transport.is_close_frame_sent):
            self._on_part(kind, payload, frame.fin)

    def _on_reserved_bits(self, frame: WSFrame) -> None:
        """An extension that was never negotiated, such as compression."""
        if frame.msg_type is _TEXT and frame.fin:
            self._batch.pop()
        self._fail(_PROTOCOL_ERROR, "a frame of an extension that was not negotiated")

    def _on_part(self, kind: WSMsgType, payload: bytes, last: bool) -> None:
        first = kind is not WSMsgType.CONTINUATION
        if first:
            self._flush()
        if first == bool(self._fragments) or (self._batch and not first):
            self._fail(_PROTOCOL_ERROR, "fragments out of order")
            return
        if first:
            self._kind, self._size = kind, 0
        self._fragments.append(payload)
        self._size += len(payload)
        if self._size > self._limit:
            self._fail(_TOO_BIG, f"a message of more than {self._limit} bytes")
        elif last:
            whole, self._fragments = b"".join(self._fragments), []
            if self._kind is _TEXT:
                self._batch.append(whole)
            else:
                self._sink.on_binary(whole)

    def _fail(self, code: int, reason: str) -> None:
        """The peer broke the protocol: what it says from now on is not heard (RFC 6455, 7.1.7)."""
        self._flush()
        self._deaf = True
        self._sink.on_violation(code, reason)

    def _on_close_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self._flush()
        self._deaf = True
        if self._close is None:
            code = int(cast(Any, frame.get_close_code()))
            self._close = Close(code or _NO_STATUS, frame.get_close_reason() or "")
            transport.send_close(frame.get_close_code() if code else WSCloseCode.OK)
        transport.disconnect()

    # The Connection

    def send(self, text: bytes) -> None:
        self._live().send(_TEXT, text)

    def ping(self) -> None:
        self._live().send_ping()

    def pause(self) -> None:
        # Not at once: paused in the middle of a read, the TLS transport forgets what it has decrypted already.
        if self._pausing is None:
            self._pausing = asyncio.get_running_loop().call_soon(self._live().underlying_transport.pause_reading)

    def resume(self) -> None:
        if self._pausing is not None:
            self._pausing.cancel()
            self._pausing = None
            self._live().underlying_transport.resume_reading()

    def close(self, code: int, reason: str) -> None:
        if self._close is None:
            self._close = Close(code, reason)
            self._live().send_close(cast(Any, code), reason.encode())

    def abort(self) -> None:
        self._live().disconnect(graceful=False)

    def _live(self) -> WSTransport:
        if self._transport is None:
            raise RuntimeError("the connection is used before it is open")
        return self._transport


def _how_it_ended(transport: WSTransport) -> Close:
    handshake = transport.close_handshake
    if handshake is None or handshake.sent is None:
        return Close(ABNORMAL, "the connection was lost without a close frame")
    return Close(int(cast(Any, handshake.sent.code)), handshake.sent.reason or "")
