"""Foreign errors on opening a connection, translated at the one door: all transports raise what is made here.

The libraries' own exceptions say the same things in three vocabularies; what the engine needs of them is: did the
server answer, with what, and when may we come again. What an address hides (a listen key in its path, a proxy's
password) is in none of our errors, nor in what is chained to them.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import SplitResult, urlsplit

from ..exceptions import BinanceWebsocketUnableToConnect
from .retry_after import seconds_to_wait

__all__ = ["check_address", "could_not_connect", "never_left", "opening_errors", "refused"]

_MOST_OF_A_BODY = 2000
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})


@contextmanager
def opening_errors(url: str, proxy: str | None, *library_errors: type[Exception]) -> Iterator[None]:
    """Turn what goes wrong inside (time, the network, the library) into `BinanceWebsocketUnableToConnect`.

    So does an address that is none, before anything is tried.
    """
    check_address(url)
    foreign: tuple[type[Exception], ...] = (OSError, ValueError, *library_errors)
    try:
        yield
    except TimeoutError as error:
        if error.errno is not None:
            raise could_not_connect(error) from error
        raise BinanceWebsocketUnableToConnect(
            "no connection in time; a slow line needs a longer open_timeout"
        ) from error
    except foreign as error:
        if _repeats(error, url, proxy):
            raise BinanceWebsocketUnableToConnect(f"could not connect: {type(error).__name__}") from None
        raise could_not_connect(error) from error


def could_not_connect(error: BaseException) -> BinanceWebsocketUnableToConnect:
    """No answer to the upgrade came."""
    return BinanceWebsocketUnableToConnect(f"could not connect: {type(error).__name__}: {error}")


def refused(status: int, headers: Mapping[str, str], body: bytes | bytearray | None) -> BinanceWebsocketUnableToConnect:
    """The server answered the upgrade with `status`."""
    text = (body or b"")[:_MOST_OF_A_BODY].decode(errors="replace").strip()
    return BinanceWebsocketUnableToConnect(
        f"the server refused the connection with HTTP {status}{': ' + text if text else ''}",
        status=status,
        body=text,
        retry_after=seconds_to_wait(headers.get("Retry-After", ""), now=time.time(), default=None),
    )


def check_address(url: str) -> None:
    """Raise `BinanceWebsocketUnableToConnect`, for good, if `url` is no address of a WebSocket server."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("ws", "wss") and parts.hostname and parts.port != 0:
            return
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    error = BinanceWebsocketUnableToConnect(
        f"{parts.scheme}://{parts.hostname or ''} is no address of a WebSocket server; give one like wss://host:9443/"
    )
    raise error from ValueError("an address begins with ws:// or wss://, then a host")


def never_left(error: BaseException) -> bool:
    """Whether the attempt ended on this machine: no name, no network, no way to the host."""
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, socket.gaierror) or (isinstance(cause, OSError) and cause.errno in _NO_WAY):
            return True
        cause = cause.__cause__
    return False


def _repeats(error: Exception, url: str, proxy: str | None) -> bool:
    parts = urlsplit(url)
    hidden = [f"{parts.path}?{parts.query}".strip("/?"), urlsplit(proxy or "").password]
    return any(secret and secret in f"{error} {error!r}" for secret in hidden)
