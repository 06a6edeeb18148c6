"""The tape: what is merged, how bars are cut, and that nothing derived disagrees with the trades."""

from datetime import UTC, datetime
from random import Random

import pytest

from binance.sandbox import tape as tapes
from binance.sandbox.bars import DAY, HOUR, INTERVALS, MINUTE, SECOND, Bar, next_open, open_of
from binance.sandbox.decimals import percent, ratio, scaled, text, times
from binance.sandbox.tape import Tape, Trade


def at(*moment: int) -> int:
    """Microseconds of a moment in UTC."""
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * SECOND  # type: ignore[arg-type, misc]


def one() -> int:
    return scaled("1")


def filled(seed: int = 1, count: int = 2000, start: int = at(2024, 2, 28, 23, 0), gap: int = 20 * SECOND) -> Tape:
    random = Random(seed)
    tape, time = Tape(first_trade=500, first_aggregate=100), start
    for _ in range(count):
        time += random.randrange(gap)
        executions = [(random.randrange(90, 110) * one(), random.randrange(1, 50) * 1000) for _ in range(2)]
        tape.record(time, executions[: random.choice((1, 2))], buyer_is_maker=random.random() < 0.5)
    return tape


def bar_of(trades: list[Trade], opened: int) -> Bar:
    """The bar of some trades, from the definition of each value."""
    prices = [row.price for row in trades]
    bought = [row for row in trades if not row.buyer_is_maker]
    return Bar(
        opened,
        prices[0],
        max(prices),
        min(prices),
        prices[-1],
        sum(row.quantity for row in trades),
        sum(times(row.price, row.quantity) for row in trades),
        sum(row.quantity for row in bought),
        sum(times(row.price, row.quantity) for row in bought),
        len(trades),
        trades[0].id,
        trades[-1].id,
    )


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0.00000000"), (1, "0.00000001"), (-1, "-0.00000001"), (12_345_678_901, "123.45678901")],
)
def test_decimals_are_written_with_eight_digits(value: int, written: str) -> None:
    assert text(value) == written
    if value >= 0:
        assert scaled(written) == value


def test_decimals_are_exact() -> None:
    assert times(scaled("61000.01"), scaled("0.00001")) == scaled("0.6100001")
    assert ratio(scaled("3"), scaled("7")) == scaled("0.42857142")
    changes = [percent(*change) for change in ((-95, 1000), (5, 1000), (0, 7), (-1, 10**9))]
    assert changes == ["-9.500", "0.500", "0.000", "0.000"]
    with pytest.raises(ValueError, match="more than 8 digits"):
        scaled("0.123456789")


def test_fills_of_one_order_at_one_price_are_merged() -> None:
    tape = Tape(first_trade=10, first_aggregate=3)
    trades, aggregates = tape.record(7, [(100, 1), (100, 2), (101, 4)], buyer_is_maker=False)
    assert [(row.id, row.price, row.quantity) for row in trades] == [(10, 100, 1), (11, 100, 2), (12, 101, 4)]
    assert [row[:5] for row in aggregates] == [(3, 100, 3, 10, 11), (4, 101, 4, 12, 12)]
    _, aggregates = tape.record(8, [(101, 1)], buyer_is_maker=False)
    assert aggregates[0][:5] == (5, 101, 1, 13, 13)  # another order is never merged into the last one


@pytest.mark.parametrize(
    ("interval", "offset", "moment", "opened"),
    [
        ("1s", 0, at(2024, 2, 29, 5, 7, 9) + 5, at(2024, 2, 29, 5, 7, 9)),
        ("15m", 0, at(2024, 2, 29, 5, 44, 59), at(2024, 2, 29, 5, 30)),
        ("12h", 8 * HOUR, at(2024, 2, 29, 5, 0), at(2024, 2, 29, 4, 0)),
        ("1d", 0, at(2024, 2, 29, 23, 59), at(2024, 2, 29)),
        ("1d", 8 * HOUR, at(2024, 2, 29, 15, 59, 59), at(2024, 2, 28, 16)),
        ("1d", 8 * HOUR, at(2024, 2, 29, 16), at(2024, 2, 29, 16)),
        ("1d", -int(3.5 * HOUR), at(2024, 2, 29, 3, 0), at(2024, 2, 28, 3, 30)),
        ("1w", 0, at(2024, 3, 3, 23, 59), at(2024, 2, 26)),
        ("1w", 0, at(2024, 3, 4), at(2024, 3, 4)),
        ("1w", 8 * HOUR, at(2024, 3, 3, 16), at(2024, 3, 3, 16)),
        ("1M", 0, at(2024, 2, 29, 23, 59, 59), at(2024, 2, 1)),
        ("1M", 8 * HOUR, at(2024, 2, 29, 16), at(2024, 2, 29, 16)),
        ("1M", 0, at(2024, 12, 31), at(2024, 12, 1)),
    ],
)
def test_bars_open_on_the_calendar_of_their_zone(interval: str, offset: int, moment: int, opened: int) -> None:
    assert open_of(moment, INTERVALS[interval], offset) == opened


def test_months_follow_each_other() -> None:
    opened, months = at(2023, 12, 1), []
    for _ in range(4):
        months.append(opened)
        opened = next_open(opened, INTERVALS["1M"])
    assert months == [at(2023, 12, 1), at(2024, 1, 1), at(2024, 2, 1), at(2024, 3, 1)]


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("offset", [0, 8 * HOUR, -int(9.5 * HOUR)])
def test_klines_are_the_trades_between_their_times(interval: str, offset: int) -> None:
    width = INTERVALS[interval]
    tape = filled(gap=20 * SECOND if 0 < width < DAY else HOUR)
    trades = tape.trades.newest(10**6)
    by_bar: dict[int, list[Trade]] = {}
    for row in trades:
        by_bar.setdefault(open_of(row.time, width, offset), []).append(row)
    bars = tape.klines(width, offset, trades[0].time - 40 * DAY, trades[-1].time, 10**6)
    assert sum(bar.count for bar in bars) == len(trades)
    assert [bar.opened for bar in bars[1:]] == [next_open(bar.opened, width, offset) for bar in bars[:-1]]
    for before, bar in zip([None, *bars], bars, strict=False):
        if bar.opened in by_bar:
            assert bar == bar_of(by_bar[bar.opened], bar.opened)
        else:
            assert before is not None
            assert bar == Bar(bar.opened, before.close, before.close, before.close, before.close)
    newest = tape.klines(width, offset, None, trades[-1].time, 7)
    assert newest == bars[-7:]
    assert tape.bar(width, bars[-1].opened, 2**60) == bars[-1]


def test_kline_ranges() -> None:
    tape = filled()
    everything = tape.klines(MINUTE, 0, 0, 2**60 // 2, 300)
    assert len(everything) == 300
    third = everything[2].opened
    assert tape.klines(MINUTE, 0, third, 2**60, 2) == everything[2:4]
    assert tape.klines(MINUTE, 0, third + 1, 2**60, 2) == everything[3:5]  # bars that open in the range
    assert tape.klines(MINUTE, 0, third, third, 9) == everything[2:3]
    assert tape.klines(MINUTE, 0, None, third, 2) == everything[1:3]
    assert tape.klines(MINUTE, 0, third, third - 1, 9) == []
    assert tape.klines(INTERVALS["1M"], 0, 10**20, third, 9) == []
    assert Tape().klines(MINUTE, 0, None, third, 9) == []


def test_a_window_is_the_trades_since_it_opened() -> None:
    tape = filled()
    trades = tape.trades.newest(10**6)
    opened = trades[700].time // MINUTE * MINUTE
    within = [row for row in trades if row.time >= opened]
    assert tape.since(opened) == bar_of(within, opened)
    assert tape.price_before(opened) == next(row.price for row in reversed(trades) if row.time < opened)
    assert tape.price_before(0) == trades[0].price
    last = trades[-1]
    flat = tape.since(last.time + DAY)
    assert (flat.open, flat.high, flat.low, flat.close, flat.count, flat.first_id) == (*[last.price] * 4, 0, -1)


def test_the_average_is_weighted_by_volume() -> None:
    tape = Tape()
    tape.record(10 * SECOND, [(one(), 3 * one())], buyer_is_maker=True)
    tape.record(20 * SECOND, [(2 * one(), one())], buyer_is_maker=True)
    assert tape.average(MINUTE, 21 * SECOND) == scaled("1.25")
    assert tape.average(5 * SECOND, 21 * SECOND) == scaled("2")
    assert tape.average(SECOND, 30 * SECOND) is None


def test_history_is_found_by_id_and_by_time() -> None:
    history = filled(count=100).trades
    rows = history.newest(1000)
    assert [row.id for row in rows] == list(range(500, history.next_id))
    assert history.from_id(510, 3) == rows[10:13]
    assert history.from_id(0, 3) == rows[:3]
    assert history.from_id(history.next_id, 3) == []
    assert history.newest(4) == rows[-4:]
    assert history.last() == rows[-1]
    start, end = rows[10].time, rows[20].time
    within = [row for row in rows if start <= row.time < end]
    assert history.from_time(start, end, 1000) == within
    assert history.from_time(start, end, 2) == within[:2]
    assert history.until_time(end, 2) == within[-2:]


def test_history_is_bounded_and_stays_contiguous(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tapes, "KEPT_TRADES", 100)
    tape = filled(count=1000)
    rows = tape.trades.newest(10**6)
    assert 100 <= len(rows) <= 114
    assert [row.id for row in rows] == list(range(tape.trades.next_id - len(rows), tape.trades.next_id))
    assert tape.trades.from_id(rows[5].id, 2) == rows[5:7]
    assert tape.trades.from_id(500, 1) == rows[:1]
    with pytest.raises(ValueError, match="contiguous"):
        tape.trades.append(rows[0])


def test_bars_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tapes, "KEPT_MINUTES", 50)
    tape = filled(count=2000)
    bars = tape.klines(MINUTE, 0, 0, tape.trades.newest(1)[0].time, 10**6)
    assert 50 <= len(bars) <= 60
    assert bars[-1].last_id == tape.trades.next_id - 1


def test_block_trades_have_their_own_ids_and_count_nowhere() -> None:
    tape = filled()
    before = tape.klines(DAY, 0, None, 2**60, 9), tape.trades.next_id
    block = tape.record_block(2**50, one(), one(), buyer_is_maker=True)
    assert block.id == 1
    assert (tape.klines(DAY, 0, None, 2**60, 9), tape.trades.next_id) == before
