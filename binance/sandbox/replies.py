"""REST rows and objects, key by key as on the real exchange (rest-api.md, "Market Data endpoints").

`stamp` turns microseconds into the unit of time that the request asked for.
"""

from collections.abc import Callable
from typing import Any

from .bars import Bar
from .decimals import percent, text
from .listing import AVERAGE_MINUTES, Listing
from .payloads import weighted_average
from .tape import AggregateTrade, Trade

Stamp = Callable[[int], int]


def trade(row: Trade, stamp: Stamp) -> dict[str, Any]:
    return {**block_trade(row, stamp), "isBestMatch": True}


def block_trade(row: Trade, stamp: Stamp) -> dict[str, Any]:
    return {
        "id": row.id,
        "price": text(row.price),
        "qty": text(row.quantity),
        "quoteQty": text(row.quote),
        "time": stamp(row.time),
        "isBuyerMaker": row.buyer_is_maker,
    }


def aggregate_trade(row: AggregateTrade, stamp: Stamp) -> dict[str, Any]:
    return {
        "a": row.id,
        "p": text(row.price),
        "q": text(row.quantity),
        "f": row.first_id,
        "l": row.last_id,
        "T": stamp(row.time),
        "m": row.buyer_is_maker,
        "M": True,
    }


def kline(bar: Bar, closes: int, stamp: Stamp) -> list[Any]:
    """`closes` is when the next bar opens."""
    return [
        stamp(bar.opened),
        text(bar.open),
        text(bar.high),
        text(bar.low),
        text(bar.close),
        text(bar.volume),
        stamp(closes - 1),
        text(bar.quote),
        bar.count,
        text(bar.taker_volume),
        text(bar.taker_quote),
        "0",
    ]


def average_price(listing: Listing, now: int, stamp: Stamp) -> dict[str, Any]:
    return {
        "mins": AVERAGE_MINUTES,
        "price": text(listing.average_price(now)),
        "closeTime": stamp(listing.last_trade.time),
    }


def reference_price(listing: Listing, now: int, stamp: Stamp) -> dict[str, Any]:
    price = listing.reference_price(now)
    return {
        "symbol": listing.facts.symbol,
        "referencePrice": None if price is None else text(price),
        "timestamp": stamp(now),
    }


def price(listing: Listing) -> dict[str, Any]:
    return {"symbol": listing.facts.symbol, "price": text(listing.last_trade.price)}


def book_ticker(listing: Listing) -> dict[str, Any]:
    return {"symbol": listing.facts.symbol, **_best(listing)}


def mini_ticker(listing: Listing, bar: Bar, opened: int, closes: int) -> dict[str, Any]:
    """The short form of every ticker; `opened` and `closes` are already in the request's unit of time."""
    return {
        "symbol": listing.facts.symbol,
        "openPrice": text(bar.open),
        "highPrice": text(bar.high),
        "lowPrice": text(bar.low),
        "lastPrice": text(bar.close),
        "volume": text(bar.volume),
        "quoteVolume": text(bar.quote),
        "openTime": opened,
        "closeTime": closes,
        "firstId": bar.first_id,
        "lastId": bar.last_id,
        "count": bar.count,
    }


def window_ticker(listing: Listing, bar: Bar, opened: int, closes: int) -> dict[str, Any]:
    return {**mini_ticker(listing, bar, opened, closes), **_change(bar)}


def day_ticker(listing: Listing, bar: Bar, opened: int, closes: int) -> dict[str, Any]:
    return {
        **window_ticker(listing, bar, opened, closes),
        "prevClosePrice": text(listing.tape.price_before(bar.opened)),
        "lastQty": text(listing.last_trade.quantity),
        **_best(listing),
    }


def _change(bar: Bar) -> dict[str, str]:
    change = bar.close - bar.open
    return {
        "priceChange": text(change),
        "priceChangePercent": percent(change, bar.open),
        "weightedAvgPrice": text(weighted_average(bar)),
    }


def _best(listing: Listing) -> dict[str, str]:
    bid, bid_quantity, ask, ask_quantity = listing.book.best()
    return {
        "bidPrice": text(bid),
        "bidQty": text(bid_quantity),
        "askPrice": text(ask),
        "askQty": text(ask_quantity),
    }
