"""Foreign errors on opening a connection, translated at the one door: all transports raise what is made here.

The libraries' own exceptions say the same things in three vocabularies; what the engine needs of them is: did the
server answer, with what, and when may we come again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ..exceptions import BinanceWebsocketUnableToConnect
from .retry_after import seconds_to_wait

__all__ = ["could_not_connect", "opening_errors", "refused"]

_MOST_OF_A_BODY = 2000


@contextmanager
def opening_errors(*library_errors: type[Exception]) -> Iterator[None]:
    """Turn what goes wrong inside (time, the network, the library) into `BinanceWebsocketUnableToConnect`."""
    foreign: tuple[type[Exception], ...] = (OSError, ValueError, *library_errors)
    try:
        yield
    except TimeoutError as error:
        raise BinanceWebsocketUnableToConnect(
            "no connection in time: raise open_timeout if the line is slow"
        ) from error
    except foreign as error:
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
