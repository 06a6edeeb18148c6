"""Binance for Python: sockets that do not die silently, lose nothing without saying so, and are fast.

    from binance import AsyncClient, BinanceSocketManager

Public names are loaded on first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__ as __version__

if TYPE_CHECKING:
    from . import async_client as async_client
    from . import base_client as base_client
    from . import enums as enums
    from . import exceptions as exceptions
    from . import helpers as helpers
    from . import hosts as hosts
    from . import sandbox as sandbox
    from . import streams as streams
    from . import websockets as websockets
    from . import ws as ws
    from .async_client import AsyncClient as AsyncClient
    from .base_client import BaseClient as BaseClient
    from .enums import *  # noqa: F403 - a table of constants, kept in one place
    from .exceptions import *  # noqa: F403 - likewise
    from .hosts import Environment as Environment
    from .ws.constants import KEEPALIVE_TIMEOUT as KEEPALIVE_TIMEOUT
    from .ws.constants import WSListenerState as WSListenerState
    from .ws.reconnecting_websocket import ReconnectingWebsocket as ReconnectingWebsocket
    from .ws.streams import BinanceSocketManager as BinanceSocketManager
    from .ws.streams import BinanceSocketType as BinanceSocketType

_HOMES = {
    "AsyncClient": "async_client",
    "BaseClient": "base_client",
    "BinanceSocketManager": "ws.streams",
    "BinanceSocketType": "ws.streams",
    "Environment": "hosts",
    "KEEPALIVE_TIMEOUT": "ws.constants",
    "ReconnectingWebsocket": "ws.reconnecting_websocket",
    "WSListenerState": "ws.constants",
}
#: Modules whose every public name is a name of the package.
_TABLES = ("enums", "exceptions")
#: What may be reached as an attribute after `import binance`.
_MODULES = (
    *("async_client", "base_client", "enums", "exceptions", "helpers"),
    *("hosts", "sandbox", "streams", "websockets", "ws"),
)


def _table_names() -> dict[str, str]:
    return {name: table for table in _TABLES for name in import_module(f".{table}", __name__).__all__}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        # Asked for by `from binance import *` alone: reading the tables may wait until then.
        return [*_HOMES, *_table_names()]
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    home = _HOMES.get(name) or _table_names().get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES, *__getattr__("__all__")})
