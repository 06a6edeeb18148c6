"""What both clients are made of: options, addresses, constants. No request is made here, and nothing is opened."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .client_constants import ClientConstants
from .helpers import get_loop
from .hosts import ADDRESSES, Environment, address_of, fill_in
from .pipeline.request import Request
from .pipeline.throttle import Limits
from .rest.endpoint import Endpoint
from .rest.prepare import as_params
from .version import __version__

__all__ = ["BaseClient", "get_loop"]

log = logging.getLogger("binance.rest")

_TIME_UNITS = ("MILLISECOND", "MICROSECOND")

#: "X-MBX-USED-WEIGHT-1M", "X-MBX-ORDER-COUNT-10S" ... ("LIMITS" of rest-api.md).
_COUNTERS = "x-mbx-"

#: Seconds of silence after 429 and 418 without `Retry-After`: the shortest window of orders, the shortest ban.
_SILENCES = {429: 10.0, 418: 120.0}


class BaseClient(ClientConstants):
    """The part of a client that needs no network.

    Every URL attribute may be changed on the class or on an instance; placeholders of the class's are filled in when an
    instance is made. `limits` tells what the exchange last said of the used weight.
    """

    API_URL: str
    API_TESTNET_URL: str
    API_DEMO_URL: str
    MARGIN_API_URL: str
    WEBSITE_URL: str
    FUTURES_URL: str
    FUTURES_TESTNET_URL: str
    FUTURES_DEMO_URL: str
    FUTURES_DATA_URL: str
    FUTURES_DATA_TESTNET_URL: str
    FUTURES_COIN_URL: str
    FUTURES_COIN_TESTNET_URL: str
    FUTURES_COIN_DEMO_URL: str
    FUTURES_COIN_DATA_URL: str
    FUTURES_COIN_DATA_TESTNET_URL: str
    OPTIONS_URL: str
    OPTIONS_TESTNET_URL: str
    PAPI_URL: str
    WS_API_URL: str
    WS_API_TESTNET_URL: str
    WS_API_DEMO_URL: str
    WS_FUTURES_URL: str
    WS_FUTURES_TESTNET_URL: str
    WS_FUTURES_DEMO_URL: str

    def __init__(
        self,
        api_key: str | None = None,
        api_secret: str | None = None,
        requests_params: Mapping[str, Any] | None = None,
        tld: str = "com",
        base_endpoint: str = ClientConstants.BASE_ENDPOINT_DEFAULT,
        testnet: bool = False,
        demo: bool = False,
        private_key: str | Path | None = None,
        private_key_pass: str | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        time_unit: str | None = None,
        verbose: bool = False,
        *,
        environment: Environment | None = None,
    ) -> None:
        """Take the options; nothing is opened.

        `requests_params` hold for every call: `timeout` (seconds, else `REQUEST_TIMEOUT`), `headers`, `proxies`,
        `verify` and whatever the HTTP library takes. `environment` names all servers at once and is not mixed with
        `tld`, `testnet` and `demo`, of which `testnet` beats `demo`. `base_endpoint` is the number of a spot host ("1"
        to "4"). `time_unit` is the unit of times in replies. ValueError says which option is wrong.
        """
        if loop is not None:
            warnings.warn(
                "loop= has no effect: a client uses the loop that runs", DeprecationWarning, stacklevel=_users_level()
            )
        if time_unit is not None and time_unit.upper() not in _TIME_UNITS:
            raise ValueError(f"time_unit: {time_unit!r} is none of {', '.join(_TIME_UNITS)}")
        if verbose:
            log.setLevel(logging.DEBUG)
        self.environment = _environment(environment, tld, testnet, demo)
        self.API_KEY = api_key
        self.API_SECRET = api_secret
        self.PRIVATE_KEY = private_key
        self.TIME_UNIT = time_unit.upper() if time_unit else None
        self.timestamp_offset = 0
        self.limits = Limits(prefix=_COUNTERS, silencing=_SILENCES)
        self._private_key_pass = private_key_pass
        self._requests_params = _sendable(requests_params)
        fill_in(self, "BaseClient", self.environment, self.tld, base_endpoint)

    @property
    def tld(self) -> str:
        """The domain of the exchange: "com", "us" ..."""
        return self.environment.tld

    @property
    def testnet(self) -> bool:
        return self.environment.name == "testnet"

    @property
    def demo(self) -> bool:
        return self.environment.name == "demo"

    def __repr__(self) -> str:
        key = "with" if self.API_KEY else "without"
        return f"<{type(self).__name__} of {self.environment.name} ({self.environment.url or self.tld}), {key} API key>"

    def _request(self, row: Endpoint, params: Mapping[str, Any]) -> Request:
        """The request for an endpoint; a `requests_params` among `params` is for this call alone."""
        own = dict(params)
        options = {**self._requests_params, **_sendable(own.pop("requests_params", None))}
        headers = {**self._headers(), **options.pop("headers", {})}
        timeout = _seconds(options.pop("timeout", self.REQUEST_TIMEOUT))
        url = row.url(address_of(self, row.family, self.environment))
        return Request(row.verb, url, as_params(own), headers, timeout, options)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": f"binance-sockets/{__version__}"}
        if self.API_KEY:
            headers["X-MBX-APIKEY"] = self.API_KEY
        if self.TIME_UNIT:
            headers["X-MBX-TIME-UNIT"] = self.TIME_UNIT
        return headers

    @staticmethod
    def encode_uri_component(uri: str, safe: str = "~()*!.'") -> str:
        """`uri` percent-encoded, but for letters, digits, ``-_`` and `safe`."""
        return quote(uri, safe=safe)

    @staticmethod
    def convert_to_dict(list_tuples: Iterable[tuple[str, Any]]) -> dict[str, Any]:
        """A dict of name-value pairs."""
        return dict(list_tuples)

    @staticmethod
    def uuid22(length: int = 22) -> str:
        """`length` random hexadecimal digits."""
        return secrets.token_hex((length + 1) // 2)[:length]


for _row in ADDRESSES:
    if _row.owner == BaseClient.__name__:
        setattr(BaseClient, _row.attribute, _row.template)


def _users_level() -> int:
    """The `stacklevel` for a warning of the caller's that shows the nearest line outside this package."""
    level, frame = 1, sys._getframe(1)
    while frame.f_globals.get("__name__", "").partition(".")[0] == __package__ and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    return level


def _environment(environment: Environment | None, tld: str, testnet: bool, demo: bool) -> Environment:
    if environment is None:
        name = "testnet" if testnet else "demo" if demo else "us" if tld == "us" else "production"
        return Environment(name, tld)
    if not isinstance(environment, Environment):
        raise TypeError(
            f"environment: {environment!r} is no Environment; give Environment.testnet, Environment.local(url) ..."
        )
    asked = {
        f"tld={tld!r}": tld in ("com", environment.tld),
        "testnet=True": not testnet or environment.name == "testnet",
        "demo=True": not demo or environment.name == "demo",
    }
    wrong = [option for option, fits in asked.items() if not fits]
    if wrong:
        raise ValueError(f"environment: {environment} contradicts {', '.join(wrong)}; leave those out")
    return environment


def _seconds(timeout: Any) -> float | None:
    """A timeout as one number: `requests` takes (connect, read) too, and aiohttp a `ClientTimeout`."""
    return sum(timeout) if isinstance(timeout, tuple) else getattr(timeout, "total", timeout)


def _sendable(requests_params: Mapping[str, Any] | None) -> dict[str, Any]:
    """`requests_params` in the words of the sender, those of the `requests` library translated."""
    options = dict(requests_params or {})
    proxies = options.pop("proxies", None) or {}
    proxy = proxies.get("https") or proxies.get("http")
    if proxy:
        options.setdefault("proxy", proxy)
    if options.pop("verify", True) is False:
        options.setdefault("ssl", False)
    return options
