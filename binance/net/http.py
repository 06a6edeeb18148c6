"""HTTP calls: what is sent, what came back, and who carries it.

The one place where HTTP meets the network; it knows no exchange. Foreign errors leave it translated: no answer in time
is `BinanceTimeoutException`, no answer at all `BinanceRequestException`. An answer with an error status is an answer.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
from yarl import URL

from .._json import DECODE_ERRORS, decode
from ..exceptions import BinanceRequestException, BinanceTimeoutException

__all__ = ["AiohttpSender", "HttpCall", "HttpReply", "Sender", "hide_secrets"]

#: Connections that one sender keeps open at most; further calls wait for a free one.
CONNECTIONS = 100

# Time is kept here, around the whole call: aiohttp's own timeouts put the complete URL into the text of their errors.
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None)

_LONGEST_GIST = 200
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_SECRET = re.compile(r"([^?&=]*(?:key|token|secret|sign|pass|auth)[^&=]*)=[^&]+", re.IGNORECASE)


def hide_secrets(query: str) -> str:
    """A query string or form with the values of keys, tokens, signatures and the like replaced by ``***``."""
    return _SECRET.sub(r"\1=***", query)


@dataclass(frozen=True, slots=True, repr=False)
class HttpCall:
    """One HTTP call as it goes out: `query` and `body` are percent-encoded, `timeout` is seconds for all of it.

    `options` go to the sender's library as they are (`proxy`, `ssl` ...). The repr is fit for logs: it shows no header
    and no secret parameter.
    """

    method: str
    url: str
    query: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        shown = hide_secrets("&".join(filter(None, (self.query, self.body))))
        return f"{self.method} {self.url}{'?' if shown else ''}{shown}"


@dataclass(frozen=True, slots=True, repr=False)
class HttpReply:
    """What came back, with the call that asked for it as `request`. `headers` are looked up without regard to case."""

    request: HttpCall
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def gist(self) -> str:
        """One short line about status and body; a page of HTML is known by its title."""
        text = self.text
        title = _TITLE.search(text)
        words = " ".join((title[1] if title else text).split()) or "empty body"
        if len(words) > _LONGEST_GIST:
            words = f"{words[:_LONGEST_GIST]} ... ({len(self.body)} bytes)"
        return f"HTTP {self.status}: {words}"

    @property
    def error_text(self) -> str:
        """What the body says about an error: JSON as it came, anything else by its gist."""
        try:
            decode(self.body)
        except DECODE_ERRORS:
            return self.gist
        return self.text

    def __repr__(self) -> str:
        return f"{self.status} to {self.request!r}"


class Sender(Protocol):
    """Carries a call to its server and brings the reply; raises only errors of `binance.exceptions`."""

    async def send(self, call: HttpCall) -> HttpReply: ...

    async def aclose(self) -> None: ...


class AiohttpSender:
    """A `Sender` over aiohttp.

    Needs no loop to be made: the session is opened by the first call, in the loop that runs then, and anew when that
    loop was closed since. `ssl` replaces the default TLS settings; `session_params` go to `aiohttp.ClientSession`.
    """

    def __init__(self, *, ssl: ssl.SSLContext | None = None, session_params: Mapping[str, Any] | None = None) -> None:
        self._ssl = ssl
        self._session_params = dict(session_params or {})
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, call: HttpCall) -> HttpReply:
        """The reply, whatever its status. Redirects are not followed: the call would go where it was not meant to."""
        session = await self._session_of_this_loop()
        url = URL(f"{call.url}?{call.query}" if call.query else call.url, encoded=True)
        body = call.body.encode("ascii") if call.body else None
        try:
            async with (
                asyncio.timeout(call.timeout),
                session.request(
                    call.method,
                    url,
                    data=body,
                    headers=call.headers,
                    allow_redirects=False,
                    timeout=_NO_TIMEOUT,
                    **call.options,
                ) as reply,
            ):
                return HttpReply(call, reply.status, reply.headers, await reply.read())
        except TimeoutError as error:
            raise BinanceTimeoutException(f"no answer within {call.timeout} s to {call!r}") from error
        except aiohttp.ClientResponseError as error:
            # Its text and attributes repeat the whole call, secrets included: it must not be chained.
            raise BinanceRequestException(f"no HTTP answer ({error.status} {error.message}) to {call!r}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise BinanceRequestException(f"{_text_of(error)}, in {call!r}") from error

    async def aclose(self) -> None:
        """Close all connections; a later call opens new ones. Closing twice is fine."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _session_of_this_loop(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is not None and self._loop is not loop:
            if self._loop is not None and not self._loop.is_closed():
                raise RuntimeError(
                    "this client has connections in another event loop that is still open: "
                    "close it there first (await client.close_connection()) or make one client per loop"
                )
            await self.aclose()
        if self._session is None or self._session.closed:
            self._session, self._loop = self._open_session(), loop
        return self._session

    def _open_session(self) -> aiohttp.ClientSession:
        params = {"middlewares": (_repeat_nothing_but_get,), **self._session_params}
        if "connector" not in params:
            params["connector"] = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=self._ssl or True)
        return aiohttp.ClientSession(**params)


async def _repeat_nothing_but_get(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Let aiohttp repeat a call over a dropped kept-alive connection, as it does once, only where it changes nothing.

    aiohttp counts PUT and DELETE as repeatable too; here those amend and cancel orders.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method == "GET":
            raise
        raise aiohttp.ClientError(_text_of(error)) from error


def _text_of(error: Exception) -> str:
    return str(error) or type(error).__name__
