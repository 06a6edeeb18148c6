"""Every error a user of this package can meet, as one tree.

    BinanceError
    ├── BinanceAPIException               the exchange answered with an error
    │   └── BinanceRateLimitException     ... because of 429 or 418; says until when
    ├── BinanceRequestException           no usable answer (network, not JSON)
    │   └── BinanceTimeoutException       ... in time; is a TimeoutError too
    ├── BinanceOrderException             an order was refused before it was sent
    │   └── Min amount, price, total · unknown or inactive symbol
    ├── BinanceRegionException            the call belongs to another domain of the exchange
    ├── BinanceWebsocketUnableToConnect   no connection, and no more tries
    ├── BinanceWebsocketClosed            a connection ended
    ├── BinanceWebsocketQueueOverflow     the user was too slow and asked to be told so
    ├── BinanceWebsocketDecodeError       a frame that is no message of the exchange
    ├── ReadLoopClosed                    recv() on a socket that is not open
    ├── NotImplementedException · UnknownDateFormat

The names, attributes and texts of python-binance's exceptions are kept; the facts are attributes, the text is for
people.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = [
    "BinanceAPIException",
    "BinanceError",
    "BinanceOrderException",
    "BinanceOrderInactiveSymbolException",
    "BinanceOrderMinAmountException",
    "BinanceOrderMinPriceException",
    "BinanceOrderMinTotalException",
    "BinanceOrderUnknownSymbolException",
    "BinanceRateLimitException",
    "BinanceRegionException",
    "BinanceRequestException",
    "BinanceTimeoutException",
    "BinanceWebsocketClosed",
    "BinanceWebsocketDecodeError",
    "BinanceWebsocketQueueOverflow",
    "BinanceWebsocketUnableToConnect",
    "NotImplementedException",
    "ReadLoopClosed",
    "UnknownDateFormat",
]


class BinanceError(Exception):
    """The root of this package's errors."""


class BinanceAPIException(BinanceError):
    """The exchange answered, and the answer is an error.

    `code` and `message` are the exchange's own (``{"code": -1121, "msg": "Invalid symbol."}``); `code` is 0 when the
    body was not of that shape. `status_code` is the HTTP status; `response` and `request` are the transport's objects.
    """

    def __init__(self, response: Any, status_code: int, text: str) -> None:
        self.code: int = 0
        self.message: str = f"Invalid JSON error message from Binance: {text}"
        try:
            body = json.loads(text)
        except ValueError:
            body = None
        if isinstance(body, dict):
            self.code = body.get("code", 0)
            self.message = body.get("msg", text)
        self.status_code = status_code
        self.response = response
        self.request = getattr(response, "request", None)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"APIError(code={self.code}): {self.message}"


class BinanceRateLimitException(BinanceAPIException):
    """The exchange refused the call for too many of them (429), or banned this address (418).

    `retry_after` is how many seconds to keep silent: calls made earlier are refused here, without being sent.
    """

    def __init__(self, response: Any, status_code: int, text: str, *, retry_after: float) -> None:
        super().__init__(response, status_code, text)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{super().__str__()} (HTTP {self.status_code}: make no call for the next {self.retry_after:.0f} s)"


class BinanceRequestException(BinanceError):
    """No usable answer came: the network failed, or the body is not JSON."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.message}"


class BinanceTimeoutException(BinanceRequestException, TimeoutError):
    """No answer came in time."""


class BinanceOrderException(BinanceError):
    """An order was refused before it was sent."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)

    def __str__(self) -> str:
        return f"{type(self).__name__}(code={self.code}): {self.message}"


class BinanceOrderMinAmountException(BinanceOrderException):
    """The amount is not a multiple of the symbol's step."""

    def __init__(self, value: Any) -> None:
        super().__init__(-1013, f"Amount must be a multiple of {value}")


class BinanceOrderMinPriceException(BinanceOrderException):
    """The price is below the symbol's minimum."""

    def __init__(self, value: Any) -> None:
        super().__init__(-1013, f"Price must be at least {value}")


class BinanceOrderMinTotalException(BinanceOrderException):
    """Price times quantity is below the symbol's minimum."""

    def __init__(self, value: Any) -> None:
        super().__init__(-1013, f"Total must be at least {value}")


class BinanceOrderUnknownSymbolException(BinanceOrderException):
    """The exchange has no such symbol."""

    def __init__(self, value: Any) -> None:
        super().__init__(-1013, f"Unknown symbol {value}")


class BinanceOrderInactiveSymbolException(BinanceOrderException):
    """The symbol exists but does not trade."""

    def __init__(self, value: Any) -> None:
        super().__init__(-1013, f"Symbol {value} is not trading")


class BinanceRegionException(BinanceError):
    """The call exists on another domain of the exchange (`required_tld`) than the client's (`actual_tld`)."""

    def __init__(self, required_tld: str, actual_tld: str, endpoint_name: str = "endpoint") -> None:
        self.required_tld = required_tld
        self.actual_tld = actual_tld
        self.endpoint_name = endpoint_name
        self.message = (
            f"{endpoint_name} is only available on binance.{required_tld}, but this client talks to "
            f"binance.{actual_tld}; make the client with tld={required_tld!r}"
        )
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{type(self).__name__}: {self.message}"


class BinanceWebsocketUnableToConnect(BinanceError):
    """No connection could be made and no more tries follow; the last cause is chained.

    `status` and `body` tell what the server answered to the upgrade, when it answered; `retry_after` is in seconds.
    """

    def __init__(
        self,
        *args: object,
        status: int | None = None,
        body: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(*args)
        self.status = status
        self.body = body
        self.retry_after = retry_after


class BinanceWebsocketClosed(BinanceError):
    """A connection ended: `code` is the WebSocket close code (1006 when none came), `reason` the peer's words."""

    def __init__(self, *args: object, code: int | None = None, reason: str = "") -> None:
        super().__init__(*args)
        self.code = code
        self.reason = reason


class BinanceWebsocketQueueOverflow(BinanceError):
    """More messages waited than `max_queue_size` or `max_queue_bytes` allows, under ``overflow="error"``."""


class BinanceWebsocketDecodeError(BinanceError):
    """A frame that is not a JSON object or array."""


class ReadLoopClosed(BinanceError):
    """recv() on a socket that is not open, or that was closed meanwhile."""


class NotImplementedException(BinanceError):
    """The package does not do what was asked for."""

    def __init__(self, value: Any) -> None:
        super().__init__(f"Not implemented: {value}")


class UnknownDateFormat(BinanceError):
    """A text that no date could be read from."""
