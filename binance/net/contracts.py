"""The promises that the parts of the engine make to each other.

A `Transport` opens connections and tells a `Sink` what comes in; the engine talks back through the `Connection`. A
`Dialect` is all that the engine knows of a venue. Each library behind a transport orders its callbacks in its own way,
so the order is written down here and tested over all of them.
"""

from __future__ import annotations

import ssl
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

from .._json import Json

__all__ = ["ABNORMAL", "Close", "Connection", "Dialect", "Options", "Signal", "Sink", "Transport"]

#: The close code of a connection that ended without one (RFC 6455, 7.4.1).
ABNORMAL = 1006


class Close(NamedTuple):
    """Why a connection ended: the close code that was received, or sent, and its reason."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Options:
    """How to open a connection. Seconds and bytes; `proxy` is ``http://[user:password@]host:port`` or ``socks5://...``."""

    open_timeout: float = 10.0
    max_message_size: int = 16 * 2**20
    ssl: ssl.SSLContext | None = None
    proxy: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Connection(Protocol):
    """One open connection. Nothing here blocks, and nothing fails when the connection has ended meanwhile."""

    def send(self, text: bytes) -> None:
        """Send a text message."""

    def ping(self) -> None:
        """Send a ping; the answer reaches `Sink.on_alive`."""

    def pause(self) -> None:
        """Stop reading. What was read already may still arrive."""

    def resume(self) -> None:
        """Read again."""

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; `Sink.on_close` follows if the peer plays along."""

    def abort(self) -> None:
        """Drop the connection at once; `Sink.on_close` follows soon."""


class Sink(Protocol):
    """Hears `on_open` once, then any of the others, then `on_close` exactly once, whatever the library.

    Messages may arrive before `Transport.open` has returned. Everything that was received whole before the end is told
    before `on_close`; nothing that came after a close frame is.
    """

    def on_open(self, connection: Connection) -> None:
        """The upgrade is done."""

    def on_messages(self, batch: list[bytes]) -> None:
        """The text messages of one read, in order and unfragmented. The list is the sink's to keep."""

    def on_binary(self, payload: bytes) -> None:
        """A binary message."""

    def on_alive(self) -> None:
        """A ping (already answered with its own payload) or a pong came."""

    def on_violation(self, code: int, reason: str) -> None:
        """The peer broke the protocol: the connection is to be closed with `code`. No more messages will be told."""

    def on_close(self, close: Close) -> None:
        """The connection has ended and its file descriptor is closed."""


class Transport(Protocol):
    """One WebSocket library."""

    async def open(self, url: str, sink: Sink, options: Options) -> None:
        """Connect, and return when the upgrade is done.

        Raises `BinanceWebsocketUnableToConnect`, with status and body where the server answered; cancelling leaves
        nothing.
        """


class Signal(Enum):
    """What a message means to the engine itself."""

    DATA = "data"
    SHUTDOWN = "the server is about to close this connection"
    REPLY = "the answer to a request of ours"


class Dialect(Protocol):
    """How a venue talks; pure. One object serves every stream of the venue."""

    #: Bytes that stand in any message which the engine must see at once; looked for once per read.
    urgent: bytes
    #: One byte of `urgent` that market data hardly has: the search for it, the fastest there is, settles most reads.
    urgent_hint: bytes

    def sort(self, payload: bytes) -> Signal:
        """What `payload` means."""

    def reply(self, payload: bytes) -> tuple[int | str | None, str | None]:
        """The request's id, and what the venue has against it (None = done)."""

    def subscribe(self, streams: list[str], request_id: int) -> bytes:
        """The message that asks for `streams`."""

    def key(self, payload: bytes) -> Hashable:
        """What a message is a newer version of: for ``overflow="latest"``."""

    def event_time(self, payload: bytes) -> float | None:
        """When the venue says that it happened, in seconds since the epoch; None where it does not say."""

    def notice(self, error: Exception) -> Json:
        """What a user finds among the messages in place of `error`."""
