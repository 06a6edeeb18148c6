"""The REST side over real HTTP: shapes, parameters, errors, weights, units of time, and agreement with the market."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from binance.sandbox.bars import DAY, HOUR, INTERVALS, MINUTE, SECOND
from binance.sandbox.market import Market
from binance.sandbox.rest import routes

START = 1_760_000_000_123_456
NOW = START + 20 * SECOND


class Exchange:
    """The REST side of a market on loopback, and a client that asks it."""

    def __init__(self, market: Market | None) -> None:
        self.now = NOW
        self._market = market
        self._session: aiohttp.ClientSession | None = None

    @property
    def market(self) -> Market:
        assert self._market is not None
        return self._market

    @asynccontextmanager
    async def open(self, **options: int) -> AsyncIterator["Exchange"]:
        application = web.Application()
        application.add_routes(routes(self._market, clock=lambda: self.now, **options))
        async with TestServer(application) as server, aiohttp.ClientSession(server.make_url("/")) as self._session:
            yield self

    async def ask(
        self, path: str, headers: dict[str, str] | None = None, /, **query: str | int
    ) -> tuple[int, Any, Any]:
        assert self._session is not None
        async with self._session.get(f"/api/v3/{path}", params=query, headers=headers) as reply:
            return reply.status, await reply.json(), reply.headers

    async def get(self, path: str, **query: str | int) -> Any:
        status, body, _ = await self.ask(path, **query)
        assert status == 200, body
        return body

    async def weight(self, path: str, **query: str | int) -> int:
        """What a request adds to the used weight."""
        _, _, before = await self.ask("ping")
        status, body, after = await self.ask(path, **query)
        assert status == 200, body
        return int(after["X-MBX-USED-WEIGHT-1M"]) - int(before["X-MBX-USED-WEIGHT-1M"])


@cache
def market() -> Market:
    """One for all tests: asking changes nothing."""
    lively = Market(start_us=START)
    lively.advance(NOW)
    return lively


def exchange(**options: int) -> AbstractAsyncContextManager[Exchange]:
    return Exchange(market()).open(**options)


TRADE_KEYS = {"id", "price", "qty", "quoteQty", "time", "isBuyerMaker", "isBestMatch"}
MINI_KEYS = {
    *("symbol", "openPrice", "highPrice", "lowPrice", "lastPrice", "volume", "quoteVolume"),
    *("openTime", "closeTime", "firstId", "lastId", "count"),
}
WINDOW_KEYS = MINI_KEYS | {"priceChange", "priceChangePercent", "weightedAvgPrice"}
DAY_KEYS = WINDOW_KEYS | {"prevClosePrice", "lastQty", "bidPrice", "bidQty", "askPrice", "askQty"}


async def test_ping_and_time() -> None:
    async with exchange() as it:
        status, body, headers = await it.ask("ping")
        assert (status, body) == (200, {})
        assert headers["Content-Type"] == "application/json; charset=UTF-8"
        assert await it.get("time") == {"serverTime": NOW // 1000}


async def test_times_come_in_the_unit_asked_for() -> None:
    async with exchange() as it:
        for unit in ("MICROSECOND", "microsecond"):
            _, body, _ = await it.ask("time", {"X-MBX-TIME-UNIT": unit})
            assert body == {"serverTime": NOW}
        micro = {"X-MBX-TIME-UNIT": "MICROSECOND"}
        for path, query, times in (
            ("trades", {"limit": 9}, "time"),
            ("aggTrades", {"limit": 9}, "T"),
            ("klines", {"interval": "1m"}, 0),
            ("klines", {"interval": "1m"}, 6),
        ):
            _, fine, _ = await it.ask(path, micro, symbol="BNBBTC", **query)
            _, coarse, _ = await it.ask(path, symbol="BNBBTC", **query)
            assert [row[times] // 1000 for row in fine] == [row[times] for row in coarse]
            assert fine[0][times] > 10**15
        status, body, _ = await it.ask("time", {"X-MBX-TIME-UNIT": "HOURS"})
        assert (status, body["code"]) == (400, -1194)


async def test_exchange_info() -> None:
    async with exchange(weight_per_minute=777) as it:
        info = await it.get("exchangeInfo")
        assert [row["symbol"] for row in info["symbols"]] == ["BNBBTC", "BTCUSDT", "ETHUSDT", "BNBUSDT"]
        assert {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 777} in info[
            "rateLimits"
        ]
        row = info["symbols"][0]
        assert (row["baseAsset"], row["quoteAsset"], row["status"]) == ("BNB", "BTC", "TRADING")
        assert row["permissionSets"] == [["SPOT"]]
        filters = {part["filterType"]: part for part in row["filters"]}
        assert filters["PRICE_FILTER"]["tickSize"] == "0.00000100"
        assert filters["LOT_SIZE"]["stepSize"] == "0.01000000"
        assert Decimal(filters["NOTIONAL"]["minNotional"]) > 0
        one = await it.get("exchangeInfo", symbol="BTCUSDT")
        assert [row["symbol"] for row in one["symbols"]] == ["BTCUSDT"]
        two = await it.get("exchangeInfo", symbols='["ETHUSDT","BNBUSDT"]', showPermissionSets="false")
        assert [(row["symbol"], row["permissionSets"]) for row in two["symbols"]] == [("ETHUSDT", []), ("BNBUSDT", [])]
        assert len((await it.get("exchangeInfo", permissions="SPOT"))["symbols"]) == 4
        assert len((await it.get("exchangeInfo", permissions='["MARGIN","SPOT"]'))["symbols"]) == 4
        assert (await it.get("exchangeInfo", permissions="MARGIN"))["symbols"] == []
        assert (await it.get("exchangeInfo", symbolStatus="HALT"))["symbols"] == []


async def test_depth_is_the_book() -> None:
    async with exchange() as it:
        book = it.market.listings["BTCUSDT"].book
        whole = await it.get("depth", symbol="BTCUSDT", limit=5000)
        assert whole["lastUpdateId"] == book.update_id
        assert len(whole["bids"]) == len(book.bids.levels)
        assert [[Decimal(price), Decimal(quantity)] for price, quantity in whole["asks"]] == [
            [Decimal(price) / 10**8, Decimal(quantity) / 10**8] for price, quantity in book.asks.top(5000)
        ]
        prices = [Decimal(price) for price, _ in [*reversed(whole["bids"]), *whole["asks"]]]
        assert prices == sorted(set(prices))
        five = await it.get("depth", symbol="BTCUSDT", limit=5)
        assert five == {**whole, "bids": whole["bids"][:5], "asks": whole["asks"][:5]}
        assert await it.get("depth", symbol="BTCUSDT", limit=10**9) == whole
        assert len((await it.get("depth", symbol="BTCUSDT"))["bids"]) == min(100, len(whole["bids"]))


async def test_trades() -> None:
    async with exchange() as it:
        rows = await it.get("trades", symbol="BNBBTC")
        assert len(rows) == 500
        assert set(rows[0]) == TRADE_KEYS
        assert all(after["id"] == before["id"] + 1 for before, after in pairwise(rows))
        assert all(Decimal(row["quoteQty"]) == Decimal(row["price"]) * Decimal(row["qty"]) for row in rows)
        last = it.market.listings["BNBBTC"].last_trade
        assert (rows[-1]["id"], rows[-1]["time"]) == (last.id, last.time // 1000)
        assert await it.get("trades", symbol="BNBBTC", limit=3) == rows[-3:]
        assert len(await it.get("trades", symbol="BNBBTC", limit=5000)) == 1000
        assert await it.get("historicalTrades", symbol="BNBBTC") == rows


async def test_all_trades_kept_can_be_had_page_by_page() -> None:
    async with exchange() as it:
        tape = it.market.listings["BNBBTC"].tape
        found: list[Any] = []
        first = 0
        while page := await it.get("historicalTrades", symbol="BNBBTC", fromId=first, limit=1000):
            found += page
            first = page[-1]["id"] + 1
        assert [row["id"] for row in found] == [row.id for row in tape.trades.newest(10**6)]
        merged: list[Any] = []
        first = 0
        while page := await it.get("aggTrades", symbol="BNBBTC", fromId=first, limit=1000):
            merged += page
            first = page[-1]["a"] + 1
        assert merged[0].keys() == set("apqflTmM")
        assert [row["f"] for row in merged[1:]] == [row["l"] + 1 for row in merged[:-1]]
        assert (merged[0]["f"], merged[-1]["l"]) == (found[0]["id"], found[-1]["id"])
        assert sum(Decimal(row["q"]) for row in merged) == sum(Decimal(row["qty"]) for row in found)


async def test_aggregate_trades_by_time() -> None:
    async with exchange() as it:
        newest = await it.get("aggTrades", symbol="BNBBTC", limit=1000)
        start, end = newest[-60]["T"], newest[-20]["T"]
        within = [row for row in newest if start <= row["T"] <= end]
        assert await it.get("aggTrades", symbol="BNBBTC", startTime=start, endTime=end) == within
        assert await it.get("aggTrades", symbol="BNBBTC", startTime=start, limit=3) == within[:3]
        assert await it.get("aggTrades", symbol="BNBBTC", endTime=end, limit=3) == within[-3:]
        _, fine, _ = await it.ask(
            "aggTrades", {"X-MBX-TIME-UNIT": "MICROSECOND"}, symbol="BNBBTC", startTime=start * 1000, limit=3
        )
        assert [row["a"] for row in fine] == [row["a"] for row in within[:3]]
        assert await it.get("aggTrades", symbol="BNBBTC", startTime=NOW // 1000 + 1) == []


async def test_block_trades() -> None:
    async with exchange() as it:
        rows = await it.get("historicalBlockTrades", symbol="BNBBTC", fromId=0)
        assert len(rows) >= 5
        assert set(rows[0]) == TRADE_KEYS - {"isBestMatch"}
        assert await it.get("historicalBlockTrades", symbol="BNBBTC", fromId=rows[2]["id"], limit=2) == rows[2:4]


@pytest.mark.parametrize("path", ["klines", "uiKlines"])
async def test_klines(path: str) -> None:
    async with exchange() as it:
        rows = await it.get(path, symbol="BNBBTC", interval="1m")
        assert len(rows) == 500
        assert {len(row) for row in rows} == {12}
        assert all(after[0] == before[0] + 60_000 for before, after in pairwise(rows))
        assert all(row[6] == row[0] + 59_999 for row in rows)
        assert rows[-1][0] == NOW // MINUTE * 60_000
        trades = await it.get("trades", symbol="BNBBTC", limit=1000)
        last = [row for row in trades if row["time"] >= rows[-1][0]]
        assert rows[-1][8] == len(last)
        assert (rows[-1][1], rows[-1][4]) == (last[0]["price"], last[-1]["price"])
        assert Decimal(rows[-1][5]) == sum(Decimal(row["qty"]) for row in last)
        assert Decimal(rows[-1][10]) == sum(Decimal(row["quoteQty"]) for row in last if not row["isBuyerMaker"])
        start, end = rows[100][0], rows[110][0]
        assert await it.get(path, symbol="BNBBTC", interval="1m", startTime=start, endTime=end) == rows[100:111]
        assert await it.get(path, symbol="BNBBTC", interval="1m", startTime=start, limit=2) == rows[100:102]
        assert await it.get(path, symbol="BNBBTC", interval="1m", endTime=end, limit=2) == rows[109:111]


@pytest.mark.parametrize("interval", INTERVALS)
async def test_every_interval_has_klines(interval: str) -> None:
    async with exchange() as it:
        rows = await it.get("klines", symbol="BNBBTC", interval=interval)
        assert rows
        assert rows[-1][0] * 1000 <= NOW <= rows[-1][6] * 1000 + 999
        assert all(after[0] == before[6] + 1 for before, after in pairwise(rows))


@pytest.mark.parametrize(("zone", "hours"), [("0", 0), ("8", 8), ("+08:00", 8), ("05:45", 5.75), ("-3:30", -3.5)])
async def test_klines_of_a_time_zone_open_on_its_days(zone: str, hours: float) -> None:
    async with exchange() as it:
        rows = await it.get("klines", symbol="BNBBTC", interval="1d", timeZone=zone)
        assert rows
        assert all((row[0] + hours * 3_600_000) % 86_400_000 == 0 for row in rows)


async def test_prices() -> None:
    async with exchange() as it:
        last = (await it.get("trades", symbol="BNBBTC", limit=1))[0]
        assert await it.get("ticker/price", symbol="BNBBTC") == {"symbol": "BNBBTC", "price": last["price"]}
        assert [row["symbol"] for row in await it.get("ticker/price")] == list(it.market.symbols)
        two = await it.get("ticker/price", symbols='["BNBUSDT","BNBBTC"]')
        assert [row["symbol"] for row in two] == ["BNBUSDT", "BNBBTC"]
        average = await it.get("avgPrice", symbol="BNBBTC")
        assert (average["mins"], average["closeTime"]) == (5, last["time"])
        assert abs(Decimal(average["price"]) / Decimal(last["price"]) - 1) < Decimal("0.1")
        reference = await it.get("referencePrice", symbol="BNBBTC")
        assert reference.keys() == {"symbol", "referencePrice", "timestamp"}
        assert reference["timestamp"] == NOW // 1000
        assert Decimal(reference["referencePrice"]) % Decimal("0.000001") == 0


async def test_book_tickers() -> None:
    async with exchange() as it:
        book = await it.get("depth", symbol="ETHUSDT", limit=1)
        best = await it.get("ticker/bookTicker", symbol="ETHUSDT")
        assert best.keys() == {"symbol", "bidPrice", "bidQty", "askPrice", "askQty"}
        assert [best["bidPrice"], best["bidQty"]] == book["bids"][0]
        assert [best["askPrice"], best["askQty"]] == book["asks"][0]
        assert best in await it.get("ticker/bookTicker")


async def test_day_tickers() -> None:
    async with exchange() as it:
        full = await it.get("ticker/24hr", symbol="BNBBTC")
        assert full.keys() == DAY_KEYS
        assert full["closeTime"] - full["openTime"] == DAY // 1000
        assert full["count"] == full["lastId"] - full["firstId"] + 1
        assert Decimal(full["priceChange"]) == Decimal(full["lastPrice"]) - Decimal(full["openPrice"])
        book = await it.get("ticker/bookTicker", symbol="BNBBTC")
        last = (await it.get("trades", symbol="BNBBTC", limit=1))[0]
        assert full.items() >= book.items()
        assert (full["lastId"], full["lastPrice"], full["lastQty"]) == (last["id"], last["price"], last["qty"])
        mini = await it.get("ticker/24hr", symbol="BNBBTC", type="MINI")
        assert mini == {key: full[key] for key in MINI_KEYS}
        everything = await it.get("ticker/24hr")
        assert [row["symbol"] for row in everything] == list(it.market.symbols)
        assert full in everything


async def test_window_tickers() -> None:
    async with exchange() as it:
        hour = await it.get("ticker", symbol="BNBBTC", windowSize="1h")
        assert hour.keys() == WINDOW_KEYS
        assert hour["openTime"] == (NOW - HOUR) // MINUTE * 60_000
        assert hour["closeTime"] == NOW // 1000
        rows = await it.get("trades", symbol="BNBBTC", limit=1000)
        within = [row for row in rows if row["time"] >= hour["openTime"]]
        assert (hour["firstId"], hour["count"]) == (within[0]["id"], len(within))
        assert Decimal(hour["quoteVolume"]) == sum(Decimal(row["quoteQty"]) for row in within)
        assert Decimal(hour["highPrice"]) == max(Decimal(row["price"]) for row in within)
        day = await it.get("ticker", symbol="BNBBTC", type="MINI")
        assert day.keys() == MINI_KEYS
        assert await it.get("ticker", symbol="BNBBTC", windowSize="1d", type="MINI") == day
        assert len(await it.get("ticker", symbols='["BNBBTC","BTCUSDT"]', windowSize="59m")) == 2


async def test_trading_day_tickers() -> None:
    async with exchange() as it:
        for zone, hours in (("0", 0), ("-5", -5)):
            today = await it.get("ticker/tradingDay", symbol="BNBBTC", timeZone=zone)
            assert today.keys() == WINDOW_KEYS
            assert (today["openTime"] + hours * 3_600_000) % 86_400_000 == 0
            assert today["openTime"] <= NOW // 1000 <= today["closeTime"] == today["openTime"] + 86_399_999
            kline = (await it.get("klines", symbol="BNBBTC", interval="1d", timeZone=zone))[-1]
            assert [today[key] for key in ("openPrice", "highPrice", "lowPrice", "lastPrice", "volume")] == kline[1:6]
            assert (today["openTime"], today["count"]) == (kline[0], kline[8])


BNB = {"symbol": "BNBBTC"}


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("depth", {}, -1102),
        ("depth", {"symbol": ""}, -1102),
        ("depth", {"symbol": "BNBXYZ"}, -1121),
        ("depth", {"symbol": "bnbbtc"}, -1100),
        ("depth", {"symbol": "BNB/BTC"}, -1100),
        ("depth", {**BNB, "limit": "many"}, -1100),
        ("depth", {**BNB, "limit": "-1"}, -1100),
        ("depth", {**BNB, "limit": 0}, -1130),
        ("depth", {**BNB, "limit": ""}, -1105),
        ("depth", {**BNB, "symbolStatus": "HALT"}, -1220),
        ("depth", {**BNB, "symbolStatus": "SLEEPING"}, -1122),
        ("depth", {**BNB, "levels": 5}, -1104),
        ("ping", {"now": 1}, -1101),
        ("trades", {**BNB, "limit": 5, "fromId": 1}, -1101),
        ("historicalBlockTrades", BNB, -1102),
        ("aggTrades", {**BNB, "fromId": 1, "startTime": 1}, -1128),
        ("klines", BNB, -1102),
        ("klines", {**BNB, "interval": "7m"}, -1120),
        ("klines", {**BNB, "interval": "1m", "timeZone": "15"}, -1130),
        ("klines", {**BNB, "interval": "1m", "timeZone": "-12:01"}, -1130),
        ("klines", {**BNB, "interval": "1m", "timeZone": "Z"}, -1130),
        ("ticker", {}, -1102),
        ("ticker", {**BNB, "windowSize": "60m"}, -1130),
        ("ticker", {**BNB, "windowSize": "8d"}, -1130),
        ("ticker", {**BNB, "windowSize": "1w"}, -1130),
        ("ticker", {**BNB, "symbols": '["BNBBTC"]'}, -1128),
        ("ticker/tradingDay", {}, -1102),
        ("ticker/24hr", {**BNB, "type": "TINY"}, -1130),
        ("ticker/24hr", {"symbols": "BNBBTC"}, -1100),
        ("ticker/24hr", {"symbols": "[]"}, -1100),
        ("ticker/price", {"symbols": '["BNBBTC","BNBBTC"]'}, -1151),
        ("ticker/price", {"symbols": '["BNBBTC","NOSUCH"]'}, -1121),
        ("ticker/bookTicker", {**BNB, "symbols": '["BNBBTC"]'}, -1128),
        ("exchangeInfo", {**BNB, "permissions": "SPOT"}, -1128),
        ("exchangeInfo", {**BNB, "symbolStatus": "TRADING"}, -1128),
        ("exchangeInfo", {"showPermissionSets": "yes"}, -1100),
    ],
)
async def test_bad_requests_are_refused_with_their_code(path: str, query: dict[str, Any], code: int) -> None:
    async with exchange() as it:
        status, body, headers = await it.ask(path, **query)
        assert (status, body.keys()) == (400, {"code", "msg"})
        assert body["code"] == code
        assert body["msg"]
        assert int(headers["X-MBX-USED-WEIGHT-1M"]) >= 1


async def test_a_parameter_sent_twice_is_refused() -> None:
    async with exchange() as it:
        status, body, _ = await it.ask("depth?symbol=BNBBTC&symbol=BNBBTC")
        assert (status, body["code"]) == (400, -1101)


async def test_symbols_that_do_not_match_the_status_are_left_out() -> None:
    async with exchange() as it:
        assert await it.get("ticker/price", symbolStatus="HALT") == []
        assert len(await it.get("ticker/price", symbolStatus="TRADING")) == 4


SOME = '["BNBBTC","BTCUSDT","ETHUSDT"]'


@pytest.mark.parametrize(
    ("path", "query", "weight"),
    [
        ("ping", {}, 1),
        ("exchangeInfo", {}, 20),
        ("depth", {**BNB, "limit": 100}, 5),
        ("depth", {**BNB, "limit": 101}, 25),
        ("depth", {**BNB, "limit": 1000}, 50),
        ("depth", {**BNB, "limit": 9999}, 250),
        ("trades", BNB, 25),
        ("historicalTrades", BNB, 25),
        ("aggTrades", BNB, 4),
        ("klines", {**BNB, "interval": "1h"}, 2),
        ("avgPrice", BNB, 2),
        ("ticker/24hr", BNB, 2),
        ("ticker/24hr", {"symbols": SOME}, 2),
        ("ticker/24hr", {}, 80),
        ("ticker/tradingDay", {"symbols": SOME}, 12),
        ("ticker", BNB, 4),
        ("ticker/price", BNB, 2),
        ("ticker/price", {}, 4),
        ("ticker/bookTicker", {"symbols": SOME}, 4),
    ],
)
async def test_weights(path: str, query: dict[str, Any], weight: int) -> None:
    async with exchange() as it:
        assert await it.weight(path, **query) == weight


async def test_whoever_uses_too_much_waits_for_the_next_minute() -> None:
    async with exchange(weight_per_minute=60) as it:
        it.now = NOW // MINUTE * MINUTE + 48 * SECOND
        for used in (25, 50):
            status, _, headers = await it.ask("trades", symbol="BNBBTC")
            assert (status, headers["X-MBX-USED-WEIGHT-1M"]) == (200, str(used))
        status, body, headers = await it.ask("trades", symbol="BNBBTC")
        assert (status, body["code"], headers["Retry-After"]) == (429, -1003, "12")
        assert "60 request weight per 1 MINUTE" in body["msg"]
        it.now += 12 * SECOND
        status, _, headers = await it.ask("trades", symbol="BNBBTC")
        assert (status, headers["X-MBX-USED-WEIGHT-1M"]) == (200, "25")


async def test_whoever_does_not_wait_is_banned_for_longer_each_time() -> None:
    async with exchange(weight_per_minute=5) as it:
        for ban in (120, 240):
            statuses: list[int] = []
            while not statuses or statuses[-1] != 418:
                status, body, headers = await it.ask("ping")
                statuses.append(status)
            assert statuses == [200] * 5 + [429] * 10 + [418]
            assert headers["Retry-After"] == str(ban)
            assert f"IP banned until {(it.now + ban * SECOND) // 1000}" in body["msg"]
            it.now += ban * SECOND - 1
            status, _, headers = await it.ask("ping")
            assert (status, headers["Retry-After"]) == (418, "1")
            it.now += 1 + MINUTE


async def test_a_replay_lists_nothing() -> None:
    async with Exchange(None).open() as it:
        assert await it.get("ping") == {}
        assert await it.get("time") == {"serverTime": NOW // 1000}
        assert (await it.get("exchangeInfo"))["symbols"] == []
        assert await it.get("ticker/price") == []
        status, body, _ = await it.ask("depth", symbol="BNBBTC")
        assert (status, body["code"]) == (400, -1121)
