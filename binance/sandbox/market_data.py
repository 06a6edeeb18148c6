"""The general and the market data endpoints of the REST side: what each path takes, weighs and answers.

One table, so that other families of endpoints can stand beside it (rest-api.md, "Market Data endpoints").
"""

from collections.abc import Callable
from typing import Any

from . import params, payloads, replies
from .bars import DAY, MINUTE, first_minute, next_open, open_of
from .endpoint import Call, Endpoint
from .errors import ApiError, bad_combination, invalid
from .listing import Listing
from .params import Param
from .symbols import exchange_info

MOST_SYMBOLS = 100  # in one request for window or trading day tickers


def _ping(_call: Call) -> dict[str, Any]:
    return {}


def _time(call: Call) -> dict[str, int]:
    return {"serverTime": call.stamp(call.server_time)}


def _exchange_info(call: Call) -> dict[str, Any]:
    args = call.args
    if len(args.keys() & {"symbol", "symbols", "permissions"}) > 1:
        raise bad_combination()
    if "symbolStatus" in args and args.keys() & {"symbol", "symbols"}:
        raise bad_combination()
    listings = call.listings() if "SPOT" in args.get("permissions", ["SPOT"]) else []
    facts = [listing.facts for listing in listings]
    info = exchange_info(facts, call.stamp(call.server_time), call.weight_per_minute)
    if not args.get("showPermissionSets", True):
        for row in info["symbols"]:
            row["permissionSets"] = []
    return info


def _depth(call: Call) -> dict[str, Any]:
    return payloads.partial_depth(call.listing().book, call.args.get("limit", 100))


def _trades(call: Call) -> list[dict[str, Any]]:
    history, limit = call.listing().tape.trades, call.args.get("limit", 500)
    rows = history.from_id(call.args["fromId"], limit) if "fromId" in call.args else history.newest(limit)
    return [replies.trade(row, call.stamp) for row in rows]


def _block_trades(call: Call) -> list[dict[str, Any]]:
    rows = call.listing().tape.blocks.from_id(call.args["fromId"], call.args.get("limit", 500))
    return [replies.block_trade(row, call.stamp) for row in rows]


def _aggregate_trades(call: Call) -> list[dict[str, Any]]:
    args, history = call.args, call.listing().tape.aggregates
    limit = args.get("limit", 500)
    start, end = args.get("startTime"), args.get("endTime", call.now) + 1
    if "fromId" in args:
        if args.keys() & {"startTime", "endTime"}:
            raise bad_combination()
        rows = history.from_id(args["fromId"], limit)
    elif start is None:
        rows = history.until_time(end, limit)
    else:
        rows = history.from_time(start, end, limit)
    return [replies.aggregate_trade(row, call.stamp) for row in rows]


def _klines(call: Call) -> list[list[Any]]:
    args, tape = call.args, call.listing().tape
    width, offset = args["interval"], args.get("timeZone", 0)
    end = min(args.get("endTime", call.now), call.now)
    bars = tape.klines(width, offset, args.get("startTime"), end, args.get("limit", 500))
    return [replies.kline(bar, next_open(bar.opened, width, offset), call.stamp) for bar in bars]


def _average_price(call: Call) -> dict[str, Any]:
    return replies.average_price(call.listing(), call.now, call.stamp)


def _reference_price(call: Call) -> dict[str, Any]:
    return replies.reference_price(call.listing(), call.now, call.stamp)


def _day_tickers(call: Call) -> Any:
    full = call.args.get("type") != "MINI"
    reply = replies.day_ticker if full else replies.mini_ticker
    opened, closes = call.stamp(call.now - DAY), call.stamp(call.now)

    def row(listing: Listing) -> dict[str, Any]:
        return reply(listing, listing.tape.since(first_minute(call.now - DAY)), opened, closes)

    return _one_or_many(call, row)


def _trading_day_tickers(call: Call) -> Any:
    opened = open_of(call.now, DAY, call.args.get("timeZone", 0))
    return _windows(call, opened, opened + DAY - 1)


def _window_tickers(call: Call) -> Any:
    opened = (call.now - call.args.get("windowSize", DAY)) // MINUTE * MINUTE
    return _windows(call, opened, call.now)


def _windows(call: Call, opened: int, closes: int) -> Any:
    _some_symbol_needed(call)
    reply = replies.mini_ticker if call.args.get("type") == "MINI" else replies.window_ticker

    def row(listing: Listing) -> dict[str, Any]:
        return reply(listing, listing.tape.since(opened), call.stamp(opened), call.stamp(closes))

    return _one_or_many(call, row)


def _some_symbol_needed(call: Call) -> None:
    if not call.args.keys() & {"symbol", "symbols"}:
        raise ApiError(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")
    if len(call.args.get("symbols", ())) > MOST_SYMBOLS:
        raise invalid("symbols")


def _prices(call: Call) -> Any:
    return _one_or_many(call, replies.price)


def _book_tickers(call: Call) -> Any:
    return _one_or_many(call, replies.book_ticker)


def _one_or_many(call: Call, row: Callable[[Listing], dict[str, Any]]) -> Any:
    """An object when `symbol` was sent, else an array."""
    if call.args.keys() >= {"symbol", "symbols"}:
        raise bad_combination()
    rows = [row(listing) for listing in call.listings()]
    return rows[0] if "symbol" in call.args else rows


def _depth_weight(args: dict[str, Any]) -> int:
    limit = args.get("limit", 100)
    return next(weight for most, weight in ((100, 5), (500, 25), (1000, 50), (5000, 250)) if limit <= most)


def _day_weight(args: dict[str, Any]) -> int:
    if "symbol" in args:
        return 2
    count = len(args.get("symbols", ()))
    return 2 if 1 <= count <= 20 else 40 if 21 <= count <= 100 else 80


def _window_weight(args: dict[str, Any]) -> int:
    return min(4 * len(args.get("symbols", [""])), 200)


def _quote_weight(args: dict[str, Any]) -> int:
    return 2 if "symbol" in args else 4


_SYMBOL = Param("symbol", params.symbol, required=True)
_LIMIT = Param("limit", params.limit(1000))
_STATUS = Param("symbolStatus", params.symbol_status)
_TYPE = Param("type", params.choice("FULL", "MINI"))
_ZONE = Param("timeZone", params.time_zone)
_FROM_ID = Param("fromId", params.number)
_RANGE = (Param("startTime", params.start_time), Param("endTime", params.end_time))
_ANY = (Param("symbol", params.symbol), Param("symbols", params.symbols))
_KLINES = Endpoint(
    _klines, (_SYMBOL, Param("interval", params.interval, required=True), *_RANGE, _ZONE, _LIMIT), weight=2
)

MARKET_DATA = {
    "ping": Endpoint(_ping),
    "time": Endpoint(_time),
    "exchangeInfo": Endpoint(
        _exchange_info,
        (*_ANY, Param("permissions", params.words), Param("showPermissionSets", params.boolean), _STATUS),
        weight=20,
    ),
    "depth": Endpoint(_depth, (_SYMBOL, Param("limit", params.limit(5000)), _STATUS), _depth_weight),
    "trades": Endpoint(_trades, (_SYMBOL, _LIMIT), weight=25),
    "historicalTrades": Endpoint(_trades, (_SYMBOL, _LIMIT, _FROM_ID), weight=25),
    "historicalBlockTrades": Endpoint(
        _block_trades, (_SYMBOL, Param("fromId", params.number, required=True), _LIMIT), weight=25
    ),
    "aggTrades": Endpoint(_aggregate_trades, (_SYMBOL, _FROM_ID, *_RANGE, _LIMIT), weight=4),
    "klines": _KLINES,
    "uiKlines": _KLINES,
    "avgPrice": Endpoint(_average_price, (_SYMBOL,), weight=2),
    "ticker/24hr": Endpoint(_day_tickers, (*_ANY, _TYPE, _STATUS), _day_weight),
    "ticker/tradingDay": Endpoint(_trading_day_tickers, (*_ANY, _ZONE, _TYPE, _STATUS), _window_weight),
    "ticker": Endpoint(_window_tickers, (*_ANY, Param("windowSize", params.window), _TYPE, _STATUS), _window_weight),
    "ticker/price": Endpoint(_prices, (*_ANY, _STATUS), _quote_weight),
    "ticker/bookTicker": Endpoint(_book_tickers, (*_ANY, _STATUS), _quote_weight),
    "referencePrice": Endpoint(_reference_price, (_SYMBOL,), weight=2),
}
