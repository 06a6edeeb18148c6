"""The simulated market: whatever it tells on one stream must agree with what it tells on all the others."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from binance.sandbox.bars import HOUR, INTERVALS, MINUTE, SECOND, next_open, open_of
from binance.sandbox.decimals import text
from binance.sandbox.market import Market

START = 1_709_164_795_123_457  # 28 February 2024, 23:59:55 UTC: a day ends soon; a month ends a day later
SPAN = 130 * SECOND
SYMBOLS = ("BNBBTC", "BTCUSDT")
KINDS = (
    *("trade", "aggTrade", "blockTrade", "bookTicker", "depth", "depth@100ms", "miniTicker", "ticker"),
    *("ticker_1h", "ticker_4h", "ticker_1d", "avgPrice", "referencePrice"),
    *(f"depth{levels}{pace}" for levels in (5, 10, 20) for pace in ("", "@100ms")),
    *(f"kline_{interval}{zone}" for interval in INTERVALS for zone in ("", "@+08:00")),
)
ALL = ("!miniTicker@arr", "!ticker_1h@arr", "!ticker_4h@arr", "!ticker_1d@arr")

Told = dict[str, list[Any]]


def watching(market: Market) -> Market:
    for symbol in market.symbols:
        for kind in KINDS:
            market.watch(f"{symbol.lower()}@{kind}")
    for stream in ALL:
        market.watch(stream)
    return market


def advance(market: Market, now: int) -> list[tuple[str, Any]]:
    return market.advance(now)


def by_stream(events: list[tuple[str, Any]]) -> Told:
    told: Told = {}
    for stream, payload in events:
        told.setdefault(stream, []).append(payload)
    return told


@cache
def told() -> Told:
    """Some two minutes of two symbols."""
    market = watching(Market(SYMBOLS, start_us=START))
    return by_stream(advance(market, START + SPAN))


@cache
def silent() -> Market:
    """The same market after the same time, watched by nobody."""
    market = Market(SYMBOLS, start_us=START)
    assert advance(market, START + SPAN) == []
    return market


def each_symbol() -> Iterator[str]:
    return (symbol.lower() for symbol in SYMBOLS)


def test_the_same_seed_tells_the_same_in_whatever_steps_time_comes() -> None:
    def run(seed: int, *steps: int) -> list[tuple[str, Any]]:
        market = watching(Market(SYMBOLS, seed=seed, start_us=START))
        return [event for step in steps for event in advance(market, START + step)]

    whole = run(7, 20 * SECOND)
    assert len(whole) > 2000
    assert run(7, *range(10_001, 20 * SECOND, 10_001), 20 * SECOND) == whole
    assert run(8, 20 * SECOND) != whole


def test_a_symbol_does_the_same_whatever_else_is_listed() -> None:
    alone = Market(("BTCUSDT",), start_us=START)
    alone.watch("btcusdt@trade")
    assert by_stream(advance(alone, START + SPAN))["btcusdt@trade"] == told()["btcusdt@trade"]


def test_watching_changes_nothing_but_what_is_told() -> None:
    watched = watching(Market(SYMBOLS, start_us=START))
    advance(watched, START + SPAN)
    for symbol in SYMBOLS:
        one, other = watched.listings[symbol], silent().listings[symbol]
        assert one.tape.trades.newest(10**6) == other.tape.trades.newest(10**6)
        assert list(one.book.bids.top(999)) == list(other.book.bids.top(999))


def test_every_stream_tells_something_and_nothing_else_does() -> None:
    closed = {f"{symbol}@{kind}" for symbol in each_symbol() for kind in KINDS} | set(ALL)
    assert set(told()) == closed


def test_only_what_is_watched_is_told_and_watching_is_counted() -> None:
    market = Market(SYMBOLS, start_us=START)
    market.watch("bnbbtc@trade")
    market.watch("bnbbtc@trade")
    market.watch("nosuch@stream")
    assert set(by_stream(advance(market, START + 5 * SECOND))) == {"bnbbtc@trade"}
    market.unwatch("bnbbtc@trade")
    assert advance(market, START + 10 * SECOND)
    market.unwatch("bnbbtc@trade")
    assert advance(market, START + 15 * SECOND) == []
    with pytest.raises(ValueError, match="bnbbtc@trade"):
        market.unwatch("bnbbtc@trade")


def test_time_never_goes_back() -> None:
    market = watching(Market(SYMBOLS, start_us=START))
    advance(market, START + 5 * SECOND)
    assert advance(market, START + 4 * SECOND) == []
    assert market.now_us == START + 5 * SECOND


def test_events_come_in_order_of_their_time_and_after_what_they_tell() -> None:
    market = watching(Market(SYMBOLS, start_us=START))
    events = [payload for _, payload in advance(market, START + 30 * SECOND) if "E" in payload]
    times = [payload["E"] for payload in events]
    assert times == sorted(times)
    assert times[0] > START
    assert times[-1] <= START + 30 * SECOND
    assert all(payload["E"] >= payload["T"] for payload in events if "T" in payload)


def test_trades_and_aggregate_trades_are_contiguous_and_the_same() -> None:
    for symbol in each_symbol():
        trades, aggregates = told()[f"{symbol}@trade"], told()[f"{symbol}@aggTrade"]
        assert len(trades) > 1000
        assert all(after["t"] == before["t"] + 1 for before, after in pairwise(trades))
        assert all(after["a"] == before["a"] + 1 for before, after in pairwise(aggregates))
        assert all(after["f"] == before["l"] + 1 for before, after in pairwise(aggregates))
        assert any(row["l"] > row["f"] for row in aggregates)
        assert (aggregates[0]["f"], aggregates[-1]["l"]) == (trades[0]["t"], trades[-1]["t"])
        by_id = {row["t"]: row for row in trades}
        for row in aggregates:
            merged = [by_id[number] for number in range(row["f"], row["l"] + 1)]
            assert {(part["p"], part["m"], part["T"]) for part in merged} == {(row["p"], row["m"], row["T"])}
            assert sum(Decimal(part["q"]) for part in merged) == Decimal(row["q"])


def test_the_first_live_ids_follow_the_history() -> None:
    for symbol in SYMBOLS:
        tape = Market(SYMBOLS, start_us=START).listings[symbol].tape
        live = told()
        assert live[f"{symbol.lower()}@trade"][0]["t"] == tape.trades.next_id
        assert live[f"{symbol.lower()}@aggTrade"][0]["a"] == tape.aggregates.next_id
        assert live[f"{symbol.lower()}@blockTrade"][0]["t"] == tape.blocks.next_id
        rows = tape.trades.newest(10**6)
        assert [row.id for row in rows] == list(range(rows[0].id, tape.trades.next_id))
        assert START - 9 * HOUR <= rows[0].time < START - 8 * HOUR
        assert START - 10 * MINUTE < rows[-1].time < START
        assert all(before.time <= after.time for before, after in pairwise(rows))


@pytest.mark.parametrize(("suffix", "width"), [("", SECOND), ("@100ms", SECOND // 10)])
def test_depth_differences_are_contiguous_and_rebuild_the_book(suffix: str, width: int) -> None:
    """By the documented recipe: a snapshot in mid-stream, then the differences that follow it."""
    market = watching(Market(SYMBOLS, start_us=START))
    early = by_stream(advance(market, START + 10 * SECOND + 77_777))
    books = {
        symbol.lower(): (
            listing.book.update_id,
            {text(price): text(quantity) for price, quantity in listing.book.bids.top(5000)},
            {text(price): text(quantity) for price, quantity in listing.book.asks.top(5000)},
        )
        for symbol, listing in market.listings.items()
    }
    late = by_stream(advance(market, (START + 30 * SECOND) // SECOND * SECOND))
    for symbol, (book_id, bids, asks) in books.items():
        stream = f"{symbol}@depth{suffix}"
        updates = early[stream] + late[stream]
        assert all(after["U"] == before["u"] + 1 for before, after in pairwise(updates))
        for update in updates:
            assert update["E"] % width == 0
            assert 1 <= len(update["b"]) + len(update["a"]) <= update["u"] - update["U"] + 1
            assert update["b"] == ranked(dict(update["b"]), -1)
            assert update["a"] == ranked(dict(update["a"]), 1)
        for update in (update for update in updates if update["u"] > book_id):
            assert update["U"] <= book_id + 1
            book_id = update["u"]
            apply(bids, update["b"])
            apply(asks, update["a"])
        book = market.listings[symbol.upper()].book
        assert book_id == book.update_id
        assert bids == {text(price): text(quantity) for price, quantity in book.bids.top(5000)}
        assert asks == {text(price): text(quantity) for price, quantity in book.asks.top(5000)}


def apply(side: dict[str, str], changes: list[list[str]]) -> None:
    for price, quantity in changes:
        if quantity == "0.00000000":
            side.pop(price, None)
        else:
            side[price] = quantity


def test_partial_depths_and_book_tickers_are_of_the_book_that_the_differences_build() -> None:
    market = watching(Market(("BNBBTC",), start_us=START))
    book = market.listings["BNBBTC"].book
    bids = {text(price): text(quantity) for price, quantity in book.bids.top(5000)}
    asks = {text(price): text(quantity) for price, quantity in book.asks.top(5000)}
    first, best, seen = book.update_id, None, Counter[str]()
    for stream, payload in advance(market, START + 60 * SECOND):
        kind = stream.removeprefix("bnbbtc@")
        if kind == "depth@100ms":
            apply(bids, payload["b"])
            apply(asks, payload["a"])
            now = {"lastUpdateId": payload["u"], "bids": ranked(bids, -1), "asks": ranked(asks, 1)}
            assert Decimal(now["bids"][0][0]) < Decimal(now["asks"][0][0])
            if best:
                assert first < best["u"] <= payload["u"]
                assert now["bids"][0] == [best["b"], best["B"]]
                assert now["asks"][0] == [best["a"], best["A"]]
        elif kind.startswith("depth") and kind != "depth":
            levels = int(kind.removeprefix("depth").removesuffix("@100ms"))
            assert payload == {**now, "bids": now["bids"][:levels], "asks": now["asks"][:levels]}
        elif kind == "bookTicker":
            assert best is None or best["u"] < payload["u"]
            assert best is None or {**best, "u": 0} != {**payload, "u": 0}
            best = payload
        else:
            continue
        seen[kind] += 1
    assert seen["bookTicker"] > 100
    for levels in (5, 10, 20):
        assert 550 < seen[f"depth{levels}@100ms"] <= 600
        assert seen[f"depth{levels}"] == 60


def ranked(side: dict[str, str], sign: int) -> list[list[str]]:
    return [[price, side[price]] for price in sorted(side, key=lambda price: sign * Decimal(price))]


def test_every_change_of_the_best_prices_is_told() -> None:
    """Looked at so often that between two looks there is hardly ever more than one action."""
    market = Market(("BTCUSDT",), rate=20.0, start_us=START)
    market.watch("btcusdt@bookTicker")
    book = market.listings["BTCUSDT"].book
    before = book.best()
    changes = 0
    for now in range(START, START + 20 * SECOND, 500):
        payloads = [payload for _, payload in advance(market, now)]
        if len(payloads) > 1:
            before = book.best()  # of two actions between looks, the first cannot be compared any more
            continue
        assert bool(payloads) == (book.best() != before)
        before = book.best()
        changes += len(payloads)
        for payload in payloads:
            assert payload["u"] == book.update_id
            assert tuple(payload[key] for key in "bBaA") == tuple(map(text, before))
    assert changes > 20


@pytest.mark.parametrize("zone", ["", "@+08:00"])
@pytest.mark.parametrize("interval", INTERVALS)
def test_klines_are_the_trades_and_close_once(interval: str, zone: str) -> None:
    width, offset = INTERVALS[interval], 8 * HOUR if zone else 0
    for symbol in each_symbol():
        tape = silent().listings[symbol.upper()].tape
        pushes = told()[f"{symbol}@kline_{interval}{zone}"]
        pace = SECOND if interval == "1s" else 2 * SECOND
        assert all(after["E"] - before["E"] == pace for before, after in pairwise(pushes))
        closed = [push["k"] for push in pushes if push["k"]["x"]]
        assert len({bar["t"] for bar in closed}) == len(closed)
        assert all(after["t"] == before["T"] + 1 for before, after in pairwise(closed))
        first, last = open_of(pushes[0]["E"], width, offset), open_of(pushes[-1]["E"], width, offset)
        assert len(closed) == sum(1 for bar in opens(first - 1, last, width, offset) if pushes[0]["E"] <= bar)
        for push in pushes:
            bar, now = push["k"], push["E"]
            assert (bar["s"], bar["i"], push["s"]) == (symbol.upper(), interval, symbol.upper())
            assert bar["t"] == open_of(now - 1, width, offset)
            assert bar["T"] == next_open(bar["t"], width, offset) - 1
            assert bar["x"] == (bar["T"] + 1 == now)
        for push in pushes[::9] + [push for push in pushes if push["k"]["x"]][:9]:
            assert_bar(push["k"], tape.trades.from_time(push["k"]["t"], push["E"], 10**6))


def opens(first: int, last: int, width: int, offset: int) -> Iterator[int]:
    while first <= last:
        first = next_open(open_of(first, width, offset), width, offset)
        if first <= last:
            yield first


def assert_bar(bar: dict[str, Any], rows: list[Any]) -> None:
    assert bar["n"] == len(rows)
    if not rows:
        assert (bar["f"], bar["L"]) == (-1, -1)
        assert bar["o"] == bar["c"] == bar["h"] == bar["l"]
        return
    assert (bar["f"], bar["L"]) == (rows[0].id, rows[-1].id)
    assert (bar["o"], bar["c"]) == (text(rows[0].price), text(rows[-1].price))
    assert (bar["h"], bar["l"]) == (text(max(row.price for row in rows)), text(min(row.price for row in rows)))
    assert bar["v"] == text(sum(row.quantity for row in rows))
    assert bar["q"] == text(sum(row.quote for row in rows))
    assert bar["V"] == text(sum(row.quantity for row in rows if not row.buyer_is_maker))
    assert bar["Q"] == text(sum(row.quote for row in rows if not row.buyer_is_maker))


def test_tickers_are_the_trades_of_their_windows() -> None:
    windows = {"ticker": 24 * HOUR, "ticker_1h": HOUR, "ticker_4h": 4 * HOUR, "ticker_1d": 24 * HOUR}
    for symbol in each_symbol():
        tape = silent().listings[symbol.upper()].tape
        for kind, width in windows.items():
            pushes = told()[f"{symbol}@{kind}"]
            assert all(after["E"] - before["E"] == SECOND for before, after in pairwise(pushes))
            for push in pushes[::25]:
                assert push["C"] == push["E"]
                assert push["C"] - push["O"] == width if kind == "ticker" else push["O"] % MINUTE == 0
                assert 0 <= push["C"] - push["O"] - width < MINUTE
                rows = tape.trades.from_time(push["O"], push["C"], 10**6)
                assert (push["F"], push["L"], push["n"]) == (rows[0].id, rows[-1].id, len(rows))
                assert (push["o"], push["c"]) == (text(rows[0].price), text(rows[-1].price))
                assert (push["h"], push["l"]) == (
                    text(max(row.price for row in rows)),
                    text(min(row.price for row in rows)),
                )
                volume, quote = sum(row.quantity for row in rows), sum(row.quote for row in rows)
                assert (push["v"], push["q"], push["w"]) == (text(volume), text(quote), text(quote * 10**8 // volume))
                assert push["p"] == text(rows[-1].price - rows[0].price)
                change = Decimal(push["p"]) / Decimal(push["o"]) * 100
                assert abs(Decimal(push["P"]) - change) < Decimal("0.001")


def test_the_day_ticker_knows_the_last_trade_and_the_best_prices() -> None:
    market = watching(Market(("BNBBTC",), start_us=START))
    trade = best = None
    compared = 0
    for stream, payload in advance(market, START + 60 * SECOND):
        if stream == "bnbbtc@trade":
            trade = payload
        elif stream == "bnbbtc@bookTicker":
            best = payload
        elif stream == "bnbbtc@ticker" and trade and best:
            assert (payload["L"], payload["c"], payload["Q"]) == (trade["t"], trade["p"], trade["q"])
            assert [payload[key] for key in "bBaA"] == [best[key] for key in "bBaA"]
            compared += 1
    assert compared > 50


def test_mini_tickers_say_what_tickers_say() -> None:
    for symbol in each_symbol():
        full, mini = told()[f"{symbol}@ticker"], told()[f"{symbol}@miniTicker"]
        assert [{**{key: push[key] for key in "Escohlvq"}, "e": "24hrMiniTicker"} for push in full] == mini


@pytest.mark.parametrize(
    ("stream", "single"),
    [("!miniTicker@arr", "miniTicker"), *((f"!ticker_{w}@arr", f"ticker_{w}") for w in ("1h", "4h", "1d"))],
)
def test_gathered_tickers_hold_what_changed_and_nothing_else(stream: str, single: str) -> None:
    market = Market(SYMBOLS, rate=1.5, start_us=START)
    market.watch(stream)
    for symbol in each_symbol():
        market.watch(f"{symbol}@{single}")
    events = by_stream(advance(market, START + 90 * SECOND))
    expected: dict[int, list[Any]] = {}
    for symbol in each_symbol():
        known = None
        for push in events[f"{symbol}@{single}"]:
            news = {key: value for key, value in push.items() if key not in "EOC"}
            if news != known:
                expected.setdefault(push["E"], []).append(push)
            known = news
    assert events[stream] == [rows for _, rows in sorted(expected.items())]
    assert {len(rows) for rows in events[stream]} == {1, 2}
    assert len(events[stream]) < 90


def test_average_and_reference_prices() -> None:
    for symbol in each_symbol():
        listing = silent().listings[symbol.upper()]
        pushes = told()[f"{symbol}@avgPrice"]
        assert all(after["E"] - before["E"] == SECOND for before, after in pairwise(pushes))
        for push in pushes[::10]:
            rows = listing.tape.trades.from_time(push["E"] - 5 * MINUTE, push["E"], 10**6)
            average = sum(row.quote for row in rows) * 10**8 // sum(row.quantity for row in rows)
            assert (push["w"], push["i"], push["T"]) == (text(average), "5m", rows[-1].time)
        references = told()[f"{symbol}@referencePrice"]
        assert [row["t"] for row in references] == [push["E"] for push in pushes]
        low, high = (Decimal(text(bound)) for bound in (listing.facts.price * 9 // 10, listing.facts.price * 11 // 10))
        for row in references:
            assert row["r"] is None or low < Decimal(row["r"]) < high
        assert references[-1]["r"] is not None


def test_block_trades_are_rare_and_apart() -> None:
    for symbol in each_symbol():
        rows = told()[f"{symbol}@blockTrade"]
        assert 1 <= len(rows) < 30
        assert [row["t"] for row in rows] == list(range(rows[0]["t"], rows[0]["t"] + len(rows)))
        assert silent().listings[symbol.upper()].tape.blocks.next_id == rows[-1]["t"] + 1


KEYS = {
    "trade": "e E s t p q T m M",
    "aggTrade": "e E s a p q f l T m M",
    "blockTrade": "e E s t p q T m",
    "bookTicker": "u s b B a A",
    "depth": "e E s U u b a",
    "depth@100ms": "e E s U u b a",
    "depth5": "lastUpdateId bids asks",
    "miniTicker": "e E s c o h l v q",
    "ticker": "e E s p P w x c Q b B a A o h l v q O C F L n",
    "ticker_1h": "e E s p P o h l c w v q O C F L n",
    "avgPrice": "e E s i w T",
    "referencePrice": "e s r t",
    "kline_1m": "e E s k",
}
KLINE_KEYS = "t T s i f L o c h l v n x q V Q B"


@pytest.mark.parametrize("kind", KEYS)
def test_payloads_have_the_documented_keys(kind: str) -> None:
    assert set(told()[f"bnbbtc@{kind}"][0]) == set(KEYS[kind].split())


def test_values_have_the_documented_types() -> None:
    bar = told()["bnbbtc@kline_1m"][0]["k"]
    assert set(bar) == set(KLINE_KEYS.split())
    assert all(type(bar[key]) is int for key in "tTfLn")
    assert all(is_decimal(bar[key]) for key in "ochlvqVQ")
    assert (type(bar["x"]), bar["B"]) == (bool, "0")
    trade = told()["bnbbtc@aggTrade"][0]
    assert all(type(trade[key]) is int for key in "EaflT")
    assert all(type(trade[key]) is bool for key in "mM")
    assert all(is_decimal(trade[key]) for key in "pq")
    ticker = told()["bnbbtc@ticker"][0]
    assert all(type(ticker[key]) is int for key in "EOCFLn")
    assert all(is_decimal(ticker[key]) for key in "pwxcQbBaAohlvq")
    book = told()["bnbbtc@bookTicker"][0]
    assert type(book["u"]) is int
    assert all(is_decimal(book[key]) for key in "bBaA")
    levels = told()["bnbbtc@depth5"][0]
    assert (len(levels["bids"]), len(levels["asks"])) == (5, 5)
    assert all(is_decimal(value) for level in levels["bids"] + levels["asks"] for value in level)


def is_decimal(value: object) -> bool:
    return isinstance(value, str) and len(value.partition(".")[2]) == 8


def test_prices_and_quantities_keep_to_the_filters() -> None:
    for symbol in SYMBOLS:
        listing = silent().listings[symbol]
        rows = listing.tape.trades.newest(10**6) + listing.tape.blocks.newest(10**6)
        assert all(row.price % listing.facts.tick == 0 and row.quantity % listing.facts.step == 0 for row in rows)
        assert all(row.quote * 10**8 == row.price * row.quantity for row in rows)  # no digit is lost
        levels = [*listing.book.bids.top(999), *listing.book.asks.top(999)]
        assert all(price % listing.facts.tick == 0 and quantity > 0 for price, quantity in levels)


def test_the_book_lives_on() -> None:
    """Half an hour in which the book neither dries up nor grows, and the price stays in sight of where it began."""
    market = Market(("ETHUSDT",), start_us=START)
    listing = market.listings["ETHUSDT"]
    for minute in range(30):
        advance(market, START + minute * MINUTE)
        assert min(len(listing.book.bids.levels), len(listing.book.asks.levels)) >= 20
        assert 150 < len(listing.book.orders) < 700
        bid, _, ask, _ = listing.book.best()
        assert 0 < ask - bid < listing.facts.price // 200
    assert listing.facts.price * 8 < listing.last_trade.price * 10 < listing.facts.price * 12


def test_a_burst_is_told_whole() -> None:
    market = Market(("BTCUSDT",), rate=2000.0, start_us=START)
    market.watch("btcusdt@trade")
    rows = [payload for _, payload in advance(market, START + 2 * SECOND)]
    assert len(rows) > 800
    assert all(after["t"] == before["t"] + 1 for before, after in pairwise(rows))


def test_a_market_without_traders_still_tells_its_fixed_pace_streams() -> None:
    market = watching(Market(("BTCUSDT",), rate=0, start_us=START))
    streams = set(by_stream(advance(market, START + 10 * SECOND)))
    assert {"btcusdt@ticker", "btcusdt@kline_1m", "btcusdt@avgPrice", "!miniTicker@arr"} <= streams
    quiet = ("trade", "aggTrade", "blockTrade", "bookTicker", "depth", "depth@100ms", "depth5")
    assert not streams & {f"btcusdt@{kind}" for kind in quiet}


@pytest.mark.parametrize(
    ("symbols", "rate", "complaint"),
    [(("BTCUSDT", "BTCUSDT"), 1.0, "differ"), (("BTCUSDT",), -1.0, "negative"), (("BTCXYZ",), 1.0, "must end in")],
)
def test_impossible_markets_are_refused(symbols: tuple[str, ...], rate: float, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Market(symbols, rate=rate, start_us=START)


def test_any_base_asset_can_be_listed() -> None:
    market = watching(Market(("DOGEUSDT", "ADABTC", "XRPETH", "SOLBNB"), start_us=START))
    trades = [stream for stream in by_stream(advance(market, START + 20 * SECOND)) if stream.endswith("@trade")]
    assert len(trades) == 4
