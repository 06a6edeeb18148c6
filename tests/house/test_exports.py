"""What may be imported, and from where: `__all__` of every module, the package's names, python-binance's paths."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import binance

ROOT = Path(binance.__file__).parent

MODULES = [
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(ROOT.rglob("*.py"))
    if path.name != "__main__.py"
]

#: python-binance's modules, and what its users import from each.
PATHS = {
    "binance": ["AsyncClient", "BinanceSocketManager", "BinanceSocketType", "KLINE_INTERVAL_1MINUTE", "SIDE_BUY"],
    "binance.async_client": [
        "AsyncClient",
        "BaseClient",
        "BinanceAPIException",
        "BinanceRequestException",
        "HistoricalKlinesType",
        "NotImplementedException",
        "convert_list_to_json_array",
        "convert_ts_str",
        "get_loop",
        "interval_to_milliseconds",
    ],
    "binance.base_client": ["BaseClient", "get_loop"],
    "binance.enums": ["KLINE_INTERVAL_1MINUTE", "ORDER_TYPE_LIMIT", "FuturesType", "HistoricalKlinesType"],
    "binance.exceptions": [
        "BinanceAPIException",
        "BinanceOrderException",
        "BinanceRegionException",
        "BinanceRequestException",
        "BinanceWebsocketClosed",
        "BinanceWebsocketQueueOverflow",
        "BinanceWebsocketUnableToConnect",
        "NotImplementedException",
        "ReadLoopClosed",
        "UnknownDateFormat",
    ],
    "binance.helpers": [
        "UnknownDateFormat",
        "convert_list_to_json_array",
        "convert_ts_str",
        "date_to_milliseconds",
        "get_loop",
        "interval_to_milliseconds",
        "round_step_size",
    ],
    "binance.streams": ["BinanceSocketManager", "ReconnectingWebsocket"],
    "binance.websockets": ["BinanceSocketManager"],
    "binance.ws.constants": ["KEEPALIVE_TIMEOUT", "WSListenerState"],
    "binance.ws.reconnecting_websocket": [
        "BinanceWebsocketClosed",
        "BinanceWebsocketUnableToConnect",
        "ReadLoopClosed",
        "ReconnectingWebsocket",
        "WSListenerState",
    ],
    "binance.ws.streams": [
        "BinanceSocketManager",
        "BinanceSocketType",
        "ContractType",
        "FuturesType",
        "KEEPALIVE_TIMEOUT",
        "ReconnectingWebsocket",
        "get_loop",
    ],
}


@pytest.mark.parametrize("name", MODULES)
def test_every_exported_name_is_there(name: str) -> None:
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", [])
    assert len(set(exported)) == len(exported)
    for one in exported:
        assert getattr(module, one, None) is not None, f"{name}.__all__ names {one}, which is not there"


def public_names() -> list[str]:
    return sorted({"__version__", *binance.__all__})


@pytest.mark.parametrize("name", public_names())
def test_from_binance_import(name: str) -> None:
    found: dict[str, object] = {}
    exec(f"from binance import {name}", found)
    assert found[name] is not None
    assert name in dir(binance)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = binance.no_such_name
    with pytest.raises(ImportError):
        exec("from binance import no_such_name", {})


@pytest.mark.parametrize("path", PATHS)
def test_python_binances_paths(path: str) -> None:
    module = importlib.import_module(path)
    for name in PATHS[path]:
        assert getattr(module, name, None) is not None, f"from {path} import {name}"


def test_one_object_under_all_its_paths() -> None:
    from binance import streams, websockets
    from binance.ws import reconnecting_websocket
    from binance.ws import streams as ws_streams

    assert binance.BinanceSocketManager is ws_streams.BinanceSocketManager
    assert streams.BinanceSocketManager is websockets.BinanceSocketManager is ws_streams.BinanceSocketManager
    assert reconnecting_websocket.ReconnectingWebsocket is binance.ReconnectingWebsocket
    assert reconnecting_websocket.ReadLoopClosed is binance.ReadLoopClosed


def run(statements: str) -> str:
    """Run statements in a fresh interpreter; what they print."""
    command = [sys.executable, "-W", "error", "-c", statements]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


@pytest.mark.parametrize(
    "module",
    [
        *("async_client", "base_client", "enums", "exceptions", "helpers"),
        *("hosts", "sandbox", "streams", "websockets", "ws"),
    ],
)
def test_a_module_is_an_attribute_of_the_package(module: str) -> None:
    assert run(f"import binance; print(binance.{module}.__name__)") == f"binance.{module}\n"
    assert module in dir(binance)


def test_from_binance_import_everything() -> None:
    names = set(run("from binance import *; print(*dir())").split())
    tables = [importlib.import_module(f"binance.{table}").__all__ for table in ("enums", "exceptions")]
    assert names > {"AsyncClient", "BinanceSocketManager", "KEEPALIVE_TIMEOUT", *tables[0], *tables[1]}


def loaded_by(statement: str) -> set[str]:
    """Run a statement in a fresh interpreter; the modules that it loaded."""
    return set(run(f"{statement}\nimport sys\nprint(*sorted(sys.modules))").split())


def test_importing_the_package_costs_next_to_nothing() -> None:
    loaded = loaded_by("import binance")
    assert {name for name in loaded if name.startswith("binance")} == {"binance", "binance.version"}
    assert not loaded & {"aiohttp", "websockets", "picows", "msgspec", "asyncio"}


def test_users_never_load_the_tools_or_the_annexes() -> None:
    loaded = loaded_by("from binance import AsyncClient, BinanceSocketManager\nBinanceSocketManager(AsyncClient())")
    for part in ("sandbox", "cli", "testing", "record", "relay"):
        assert f"binance.{part}" not in loaded
