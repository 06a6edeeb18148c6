"""Where the servers are: every address of the exchange, as data.

An address is found in three steps: what is wanted (a *family*: the spot REST API, the spot streams ...) and the
environment name give python-binance's attribute name (`API_URL`, `STREAM_TESTNET_URL` ...); the attribute is looked
up on the client or manager, where users may have changed it; placeholders are filled in. `Environment` names all of
it at once.

Sources: the "General API information" pages of the spot, USD-M, COIN-M, options and portfolio margin documents
(2026-07).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple
from urllib.parse import urlsplit

__all__ = ["ADDRESSES", "Address", "Environment", "address_of", "fill_in"]


class Address(NamedTuple):
    """One address: its attribute, on which class, of which family and environment, and the template."""

    attribute: str
    owner: str
    family: str
    environment: str
    template: str


_CLIENT, _MANAGER = "BaseClient", "BinanceSocketManager"

#: Placeholders are filled in order: the domain ("com", "us" ...); with two, first the suffix of a spot host ("", "1"
#: ... "4").
ADDRESSES: tuple[Address, ...] = tuple(
    Address(*row)
    for row in (
        ("API_URL", _CLIENT, "api", "production", "https://api{}.binance.{}/api"),
        ("API_TESTNET_URL", _CLIENT, "api", "testnet", "https://testnet.binance.vision/api"),
        ("API_DEMO_URL", _CLIENT, "api", "demo", "https://demo-api.binance.com/api"),
        ("MARGIN_API_URL", _CLIENT, "sapi", "production", "https://api{}.binance.{}/sapi"),
        ("WEBSITE_URL", _CLIENT, "website", "production", "https://www.binance.{}"),
        ("FUTURES_URL", _CLIENT, "fapi", "production", "https://fapi.binance.{}/fapi"),
        ("FUTURES_TESTNET_URL", _CLIENT, "fapi", "testnet", "https://testnet.binancefuture.com/fapi"),
        ("FUTURES_DEMO_URL", _CLIENT, "fapi", "demo", "https://demo-fapi.binance.com/fapi"),
        ("FUTURES_DATA_URL", _CLIENT, "fapi_data", "production", "https://fapi.binance.{}/futures/data"),
        ("FUTURES_DATA_TESTNET_URL", _CLIENT, "fapi_data", "testnet", "https://testnet.binancefuture.com/futures/data"),
        ("FUTURES_COIN_URL", _CLIENT, "dapi", "production", "https://dapi.binance.{}/dapi"),
        ("FUTURES_COIN_TESTNET_URL", _CLIENT, "dapi", "testnet", "https://testnet.binancefuture.com/dapi"),
        ("FUTURES_COIN_DEMO_URL", _CLIENT, "dapi", "demo", "https://demo-dapi.binance.com/dapi"),
        ("FUTURES_COIN_DATA_URL", _CLIENT, "dapi_data", "production", "https://dapi.binance.{}/futures/data"),
        (
            "FUTURES_COIN_DATA_TESTNET_URL",
            _CLIENT,
            "dapi_data",
            "testnet",
            "https://testnet.binancefuture.com/futures/data",
        ),
        ("OPTIONS_URL", _CLIENT, "eapi", "production", "https://eapi.binance.{}/eapi"),
        ("OPTIONS_TESTNET_URL", _CLIENT, "eapi", "testnet", "https://testnet.binanceops.{}/eapi"),
        ("PAPI_URL", _CLIENT, "papi", "production", "https://papi.binance.{}/papi"),
        ("WS_API_URL", _CLIENT, "ws_api", "production", "wss://ws-api.binance.{}/ws-api/v3"),
        ("WS_API_TESTNET_URL", _CLIENT, "ws_api", "testnet", "wss://ws-api.testnet.binance.vision/ws-api/v3"),
        ("WS_API_DEMO_URL", _CLIENT, "ws_api", "demo", "wss://demo-ws-api.binance.com/ws-api/v3"),
        ("WS_FUTURES_URL", _CLIENT, "ws_fapi", "production", "wss://ws-fapi.binance.{}/ws-fapi/v1"),
        ("WS_FUTURES_TESTNET_URL", _CLIENT, "ws_fapi", "testnet", "wss://testnet.binancefuture.com/ws-fapi/v1"),
        ("WS_FUTURES_DEMO_URL", _CLIENT, "ws_fapi", "demo", "wss://testnet.binancefuture.com/ws-fapi/v1"),
        ("STREAM_URL", _MANAGER, "stream", "production", "wss://stream.binance.{}:9443/"),
        ("STREAM_TESTNET_URL", _MANAGER, "stream", "testnet", "wss://stream.testnet.binance.vision/"),
        ("STREAM_DEMO_URL", _MANAGER, "stream", "demo", "wss://demo-stream.binance.com/"),
        ("FSTREAM_URL", _MANAGER, "fstream", "production", "wss://fstream.binance.{}/"),
        ("FSTREAM_TESTNET_URL", _MANAGER, "fstream", "testnet", "wss://fstream.binancefuture.com/"),
        ("FSTREAM_DEMO_URL", _MANAGER, "fstream", "demo", "wss://fstream.binancefuture.com/"),
        ("DSTREAM_URL", _MANAGER, "dstream", "production", "wss://dstream.binance.{}/"),
        ("DSTREAM_TESTNET_URL", _MANAGER, "dstream", "testnet", "wss://dstream.binancefuture.com/"),
        ("DSTREAM_DEMO_URL", _MANAGER, "dstream", "demo", "wss://dstream.binancefuture.com/"),
    )
)

_ATTRIBUTE_OF = {(row.family, row.environment): row.attribute for row in ADDRESSES}

#: What each family is called below one local address.
_LOCAL_PATHS = {
    "api": "/api",
    "sapi": "/sapi",
    "website": "",
    "fapi": "/fapi",
    "fapi_data": "/futures/data",
    "dapi": "/dapi",
    "dapi_data": "/futures/data",
    "eapi": "/eapi",
    "papi": "/papi",
    "ws_api": "/ws-api/v3",
    "ws_fapi": "/ws-fapi/v1",
    "stream": "/",
    "fstream": "/",
    "dstream": "/",
}
_OVER_WEBSOCKET = frozenset({"ws_api", "ws_fapi", "stream", "fstream", "dstream"})


@dataclass(frozen=True, slots=True)
class Environment:
    """A whole set of servers under one name: `production`, `testnet`, `demo`, `us`, or `local(url)`."""

    name: str
    tld: str = "com"
    url: str | None = None

    production: ClassVar[Environment]
    testnet: ClassVar[Environment]
    demo: ClassVar[Environment]
    us: ClassVar[Environment]

    @classmethod
    def local(cls, url: str) -> Environment:
        """Any server that speaks Binance's protocol at one address, such as the sandbox.

        `url` is ``http://host:port`` (or https, ws, wss: the scheme says only whether TLS is used). ValueError
        otherwise.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
            raise ValueError(f"url: {url!r} is no address of a server; give one like 'http://127.0.0.1:8080'")
        secure = "s" if parts.scheme in ("https", "wss") else ""
        return cls("local", url=f"http{secure}://{parts.netloc}{parts.path.rstrip('/')}")

    def local_address(self, family: str) -> str | None:
        """The address of `family` below this environment's one url; None where the environment has no such url."""
        if self.url is None:
            return None
        base = "ws" + self.url.removeprefix("http") if family in _OVER_WEBSOCKET else self.url
        return base + _LOCAL_PATHS[family]


Environment.production = Environment("production")
Environment.testnet = Environment("testnet")
Environment.demo = Environment("demo")
Environment.us = Environment("us", tld="us")


def fill_in(owner: object, class_name: str, environment: Environment, tld: str, endpoint: str = "") -> None:
    """Give `owner` its own, complete copy of each address attribute that its class (`class_name`) has.

    An attribute that the user changed on the class is kept, also in a local environment: it was said on purpose.
    """
    for row in ADDRESSES:
        if row.owner != class_name:
            continue
        value = getattr(owner, row.attribute)
        local = environment.local_address(row.family)
        if local is not None and value == row.template:
            value = local
        positional = (endpoint, tld) if value.count("{}") > 1 else (tld,)
        setattr(owner, row.attribute, value.format(*positional))


def address_of(owner: object, family: str, environment: Environment) -> str:
    """The address that `owner` has now for `family`; where an environment has none of its own, production's."""
    attribute = _ATTRIBUTE_OF.get((family, environment.name)) or _ATTRIBUTE_OF[(family, "production")]
    value: str = getattr(owner, attribute)
    return value
