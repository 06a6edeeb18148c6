"""The constants that scripts import, and the same ones on the clients."""

from __future__ import annotations

from enum import Enum

import pytest

from binance import enums
from binance.client_constants import ClientConstants

EXPECTED = {
    "SYMBOL_TYPE_SPOT": "SPOT",
    "ORDER_STATUS_PARTIALLY_FILLED": "PARTIALLY_FILLED",
    "ORDER_STATUS_FINISHED": "FINISHED",
    "KLINE_INTERVAL_1SECOND": "1s",
    "KLINE_INTERVAL_1MINUTE": "1m",
    "KLINE_INTERVAL_12HOUR": "12h",
    "KLINE_INTERVAL_1MONTH": "1M",
    "SIDE_SELL": "SELL",
    "ORDER_TYPE_TAKE_PROFIT_LIMIT": "TAKE_PROFIT_LIMIT",
    "FUTURE_ORDER_TYPE_TRAILING_STOP_MARKET": "TRAILING_STOP_MARKET",
    "TIME_IN_FORCE_RPI": "RPI",
    "ORDER_RESP_TYPE_FULL": "FULL",
    "WEBSOCKET_DEPTH_20": "20",
    "NO_SIDE_EFFECT_TYPE": "NO_SIDE_EFFECT",
}

MEMBERS: dict[type[Enum], dict[str, object]] = {
    enums.HistoricalKlinesType: {
        "SPOT": 1,
        "FUTURES": 2,
        "FUTURES_COIN": 3,
        "FUTURES_MARK_PRICE": 4,
        "FUTURES_INDEX_PRICE": 5,
        "FUTURES_COIN_MARK_PRICE": 6,
        "FUTURES_COIN_INDEX_PRICE": 7,
    },
    enums.FuturesType: {"USD_M": 1, "COIN_M": 2},
    enums.ContractType: {
        "PERPETUAL": "perpetual",
        "CURRENT_QUARTER": "current_quarter",
        "NEXT_QUARTER": "next_quarter",
    },
}

CLIENT_ONLY = {
    "PUBLIC_API_VERSION": "v3",
    "MARGIN_API_VERSION4": "v4",
    "PORTFOLIO_API_VERSION2": "v2",
    "BASE_ENDPOINT_DEFAULT": "",
    "BASE_ENDPOINT_4": "4",
    "REQUEST_TIMEOUT": 10,
    "REQUEST_RECVWINDOW": 10_000,
    "AGG_BEST_MATCH": "M",
    "SPOT_TO_USDT_FUTURE": "MAIN_UMFUTURE",
    "MINING_TO_FIAT": "MINING_C2C",
}


def test_constants() -> None:
    assert {name: getattr(enums, name) for name in EXPECTED} == EXPECTED


@pytest.mark.parametrize("kind", MEMBERS)
def test_members(kind: type[Enum]) -> None:
    assert {member.name: member.value for member in kind} == MEMBERS[kind]


def test_all_is_everything() -> None:
    defined = {name for name in vars(enums) if name[0] != "_" and name not in ("annotations", "Enum")}
    assert set(enums.__all__) == defined
    assert len(defined) == 63


def test_constants_that_only_clients_have() -> None:
    assert {name: getattr(ClientConstants, name) for name in CLIENT_ONLY} == CLIENT_ONLY


def test_clients_agree_with_the_module() -> None:
    shared = {name: value for name, value in vars(ClientConstants).items() if name in enums.__all__}
    assert shared == {name: getattr(enums, name) for name in shared}
    assert len(shared) == 46
