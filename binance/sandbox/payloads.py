"""Stream payloads, key by key as on the real exchange (web-socket-streams.md, "Detailed Stream information").

Every time value is in microseconds; the wire divides by 1000 for connections that did not ask for microseconds.
"""

from collections.abc import Iterable
from typing import Any

from .bars import Bar
from .decimals import percent, ratio, text
from .matching import OrderBook
from .tape import AggregateTrade, Trade

Payload = dict[str, Any] | list[Any]
Event = tuple[str, Payload]


def trade(symbol: str, row: Trade) -> dict[str, Any]:
    return {
        "e": "trade",
        "E": row.time,
        "s": symbol,
        "t": row.id,
        "p": text(row.price),
        "q": text(row.quantity),
        "T": row.time,
        "m": row.buyer_is_maker,
        "M": True,
    }


def aggregate_trade(symbol: str, row: AggregateTrade) -> dict[str, Any]:
    return {
        "e": "aggTrade",
        "E": row.time,
        "s": symbol,
        "a": row.id,
        "p": text(row.price),
        "q": text(row.quantity),
        "f": row.first_id,
        "l": row.last_id,
        "T": row.time,
        "m": row.buyer_is_maker,
        "M": True,
    }


def block_trade(symbol: str, row: Trade) -> dict[str, Any]:
    return {
        "e": "blockTrade",
        "E": row.time,
        "s": symbol,
        "t": row.id,
        "p": text(row.price),
        "q": text(row.quantity),
        "T": row.time,
        "m": row.buyer_is_maker,
    }


def kline(symbol: str, interval: str, bar: Bar, closes: int, now: int, *, final: bool) -> dict[str, Any]:
    """`closes` is when the next bar opens; the payload tells the last instant before it."""
    return {
        "e": "kline",
        "E": now,
        "s": symbol,
        "k": {
            "t": bar.opened,
            "T": closes - 1,
            "s": symbol,
            "i": interval,
            "f": bar.first_id,
            "L": bar.last_id,
            "o": text(bar.open),
            "c": text(bar.close),
            "h": text(bar.high),
            "l": text(bar.low),
            "v": text(bar.volume),
            "n": bar.count,
            "x": final,
            "q": text(bar.quote),
            "V": text(bar.taker_volume),
            "Q": text(bar.taker_quote),
            "B": "0",
        },
    }


def mini_ticker(symbol: str, day: Bar, now: int) -> dict[str, Any]:
    return {
        "e": "24hrMiniTicker",
        "E": now,
        "s": symbol,
        "c": text(day.close),
        "o": text(day.open),
        "h": text(day.high),
        "l": text(day.low),
        "v": text(day.volume),
        "q": text(day.quote),
    }


def ticker(
    symbol: str, day: Bar, opened: int, now: int, *, before: int, last_quantity: int, best: tuple[int, int, int, int]
) -> dict[str, Any]:
    """`before` is the price just before the window, `best` is `OrderBook.best()`."""
    bid, bid_quantity, ask, ask_quantity = best
    return {
        "e": "24hrTicker",
        "E": now,
        "s": symbol,
        **_change(day),
        "x": text(before),
        "c": text(day.close),
        "Q": text(last_quantity),
        "b": text(bid),
        "B": text(bid_quantity),
        "a": text(ask),
        "A": text(ask_quantity),
        **_range(day),
        "O": opened,
        "C": now,
        **_ids(day),
    }


def window_ticker(symbol: str, window: str, bar: Bar, now: int) -> dict[str, Any]:
    """`window` is "1h", "4h" or "1d"; it opened where `bar` did."""
    return {
        "e": f"{window}Ticker",
        "E": now,
        "s": symbol,
        **_change(bar),
        "c": text(bar.close),
        **_range(bar),
        "O": bar.opened,
        "C": now,
        **_ids(bar),
    }


def book_ticker(symbol: str, update_id: int, best: tuple[int, int, int, int]) -> dict[str, Any]:
    bid, bid_quantity, ask, ask_quantity = best
    return {
        "u": update_id,
        "s": symbol,
        "b": text(bid),
        "B": text(bid_quantity),
        "a": text(ask),
        "A": text(ask_quantity),
    }


def average_price(symbol: str, minutes: int, price: int, last_trade: int, now: int) -> dict[str, Any]:
    return {"e": "avgPrice", "E": now, "s": symbol, "i": f"{minutes}m", "w": text(price), "T": last_trade}


def reference_price(symbol: str, price: int | None, now: int) -> dict[str, Any]:
    return {"e": "referencePrice", "s": symbol, "r": None if price is None else text(price), "t": now}


def partial_depth(book: OrderBook, levels: int) -> dict[str, Any]:
    """The best `levels` of a book; the reply of REST `depth` has the same shape."""
    return {
        "lastUpdateId": book.update_id,
        "bids": pairs(book.bids.top(levels)),
        "asks": pairs(book.asks.top(levels)),
    }


def depth_update(
    symbol: str, book: OrderBook, first_id: int, bids: set[int], asks: set[int], now: int
) -> dict[str, Any]:
    """The present quantities at the `bids` and `asks` prices that changed since update `first_id`."""
    return {
        "e": "depthUpdate",
        "E": now,
        "s": symbol,
        "U": first_id,
        "u": book.update_id,
        "b": pairs((price, book.bids.quantity_at(price)) for price in sorted(bids, reverse=True)),
        "a": pairs((price, book.asks.quantity_at(price)) for price in sorted(asks)),
    }


def pairs(levels: Iterable[tuple[int, int]]) -> list[list[str]]:
    return [[text(price), text(quantity)] for price, quantity in levels]


def weighted_average(bar: Bar) -> int:
    return ratio(bar.quote, bar.volume) if bar.volume else 0


def _change(bar: Bar) -> dict[str, str]:
    change = bar.close - bar.open
    return {"p": text(change), "P": percent(change, bar.open), "w": text(weighted_average(bar))}


def _range(bar: Bar) -> dict[str, str]:
    return {
        "o": text(bar.open),
        "h": text(bar.high),
        "l": text(bar.low),
        "v": text(bar.volume),
        "q": text(bar.quote),
    }


def _ids(bar: Bar) -> dict[str, int]:
    return {"F": bar.first_id, "L": bar.last_id, "n": bar.count}
