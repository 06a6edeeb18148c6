"""From a reply to its value, or to the exception that says what is wrong.

Refusals for too many calls never come here: `binance.pipeline.throttle` raises them.
"""

from __future__ import annotations

from .._json import DECODE_ERRORS, Json, decode
from ..exceptions import BinanceAPIException, BinanceRequestException
from ..net.http import HttpReply

__all__ = ["value_of"]


def value_of(reply: HttpReply) -> Json:
    """The JSON value of a reply with a 2xx status.

    `BinanceAPIException` for any other status, with the exchange's code and message where the body has them;
    `BinanceRequestException` for a body that is not JSON.
    """
    if not 200 <= reply.status < 300:
        raise BinanceAPIException(reply, reply.status, reply.error_text)
    try:
        return decode(reply.body)
    except DECODE_ERRORS as error:
        raise BinanceRequestException(f"Invalid Response: {reply.gist}, in reply to {reply.request!r}") from error
