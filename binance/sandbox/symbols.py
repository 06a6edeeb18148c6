"""What is listed: the facts of each symbol, and how `exchangeInfo` tells them (rest-api.md, "Exchange information").

Facts are chosen so that tick size times step size is a multiple of 10⁻⁸: then every quote amount is exact with eight
digits, and sums of trades equal the volumes in klines and tickers to the last digit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .decimals import scaled, text

DEFAULT_SYMBOLS = ("BNBBTC", "BTCUSDT", "ETHUSDT", "BNBUSDT")


@dataclass(frozen=True, slots=True)
class SymbolFacts:
    """One symbol. Amounts are scaled integers; `price` is where its market starts, `lot` a typical order quantity."""

    symbol: str
    base: str
    quote: str
    tick: int
    step: int
    price: int
    lot: int
    min_notional: int
    status: str = "TRADING"


# base, quote: tick size, step size, starting price, typical quantity
_KNOWN = {
    ("BNB", "BTC"): ("0.000001", "0.01", "0.0085", "0.8"),
    ("BTC", "USDT"): ("0.01", "0.00001", "61000", "0.02"),
    ("ETH", "USDT"): ("0.01", "0.0001", "2600", "0.4"),
    ("BNB", "USDT"): ("0.01", "0.001", "520", "1.5"),
}
_BY_QUOTE = {
    "USDT": ("0.001", "0.01", "10", "50"),
    "USDC": ("0.001", "0.01", "10", "50"),
    "FDUSD": ("0.001", "0.01", "10", "50"),
    "EUR": ("0.001", "0.01", "10", "50"),
    "BTC": ("0.0000001", "0.1", "0.001", "5"),
    "ETH": ("0.000001", "0.01", "0.01", "5"),
    "BNB": ("0.00001", "0.01", "0.1", "5"),
}
_MIN_NOTIONAL = {"BTC": "0.0001", "ETH": "0.001", "BNB": "0.01"}


def facts_of(symbol: str) -> SymbolFacts:
    """The facts of an upper-case symbol; any base asset may be traded against a known quote asset."""
    for quote, by_quote in _BY_QUOTE.items():
        base = symbol.removesuffix(quote)
        if base and base != symbol:
            tick, step, price, lot = map(scaled, _KNOWN.get((base, quote), by_quote))
            return SymbolFacts(symbol, base, quote, tick, step, price, lot, scaled(_MIN_NOTIONAL.get(quote, "5")))
    raise ValueError(f"symbol {symbol!r} cannot be listed: it must end in one of {', '.join(_BY_QUOTE)}")


def exchange_info(listed: Iterable[SymbolFacts], server_time: int, weight_per_minute: int) -> dict[str, Any]:
    """The reply of `exchangeInfo` for the given symbols; `server_time` in the unit the request asked for."""
    limits = (
        ("REQUEST_WEIGHT", "MINUTE", 1, weight_per_minute),
        ("ORDERS", "SECOND", 10, 100),
        ("ORDERS", "DAY", 1, 200_000),
        ("RAW_REQUESTS", "MINUTE", 5, 300_000),
    )
    return {
        "timezone": "UTC",
        "serverTime": server_time,
        "rateLimits": [
            {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
            for kind, interval, number, limit in limits
        ],
        "exchangeFilters": [],
        "symbols": [_symbol_row(facts) for facts in listed],
    }


def _symbol_row(facts: SymbolFacts) -> dict[str, Any]:
    allowed = dict.fromkeys(
        (
            "icebergAllowed",
            "ocoAllowed",
            "otoAllowed",
            "opoAllowed",
            "quoteOrderQtyMarketAllowed",
            "allowTrailingStop",
            "cancelReplaceAllowed",
            "amendAllowed",
            "pegInstructionsAllowed",
            "isSpotTradingAllowed",
        ),
        True,
    )
    return {
        "symbol": facts.symbol,
        "status": facts.status,
        "baseAsset": facts.base,
        "baseAssetPrecision": 8,
        "quoteAsset": facts.quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": [
            "LIMIT",
            "LIMIT_MAKER",
            "MARKET",
            "STOP_LOSS",
            "STOP_LOSS_LIMIT",
            "TAKE_PROFIT",
            "TAKE_PROFIT_LIMIT",
        ],
        **allowed,
        "isMarginTradingAllowed": False,
        "filters": _filters(facts),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"],
    }


def _filters(facts: SymbolFacts) -> list[dict[str, Any]]:
    def lots(kind: str, smallest: int, largest: int) -> dict[str, Any]:
        return {
            "filterType": kind,
            "minQty": text(smallest),
            "maxQty": text(largest),
            "stepSize": text(facts.step),
        }

    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": text(facts.tick),
            "maxPrice": text(facts.price * 100),
            "tickSize": text(facts.tick),
        },
        lots("LOT_SIZE", facts.step, facts.lot * 100_000),
        {"filterType": "ICEBERG_PARTS", "limit": 100},
        lots("MARKET_LOT_SIZE", facts.step, facts.lot * 1000),
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": 10,
            "maxTrailingAboveDelta": 2000,
            "minTrailingBelowDelta": 10,
            "maxTrailingBelowDelta": 2000,
        },
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": "5",
            "bidMultiplierDown": "0.2",
            "askMultiplierUp": "5",
            "askMultiplierDown": "0.2",
            "avgPriceMins": 5,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": text(facts.min_notional),
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        {"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10},
    ]
