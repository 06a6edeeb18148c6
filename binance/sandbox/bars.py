"""Klines: the intervals, where their bars begin in any time zone, and bars folded out of smaller bars.

Only bars of one second and of one minute are ever recorded. Every longer interval, time-zone form and ticker window is
a fold over those, so none of them can disagree. All times are microseconds since 1970, UTC.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
MONTH = 0  # has no fixed width; see open_of

INTERVALS = {
    "1s": SECOND,
    "1m": MINUTE,
    "3m": 3 * MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "2h": 2 * HOUR,
    "4h": 4 * HOUR,
    "6h": 6 * HOUR,
    "8h": 8 * HOUR,
    "12h": 12 * HOUR,
    "1d": DAY,
    "3d": 3 * DAY,
    "1w": WEEK,
    "1M": MONTH,
}

_FIRST_MONDAY = 4 * DAY  # 5 January 1970: weeks open on Mondays
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def open_of(time: int, width: int, offset: int = 0) -> int:
    """When the bar that holds `time` opened; `offset` is the time zone's distance from UTC."""
    if width == MONTH:
        moment = _EPOCH + timedelta(microseconds=time + offset)
        return _since_epoch(datetime(moment.year, moment.month, 1, tzinfo=UTC)) - offset
    shift = offset - (_FIRST_MONDAY if width == WEEK else 0)
    return (time + shift) // width * width - shift


def next_open(opened: int, width: int, offset: int = 0) -> int:
    """When the bar after the one opened at `opened` opens."""
    if width == MONTH:
        return open_of(opened + 31 * DAY + 12 * HOUR, MONTH, offset)
    return opened + width


def first_minute(time: int) -> int:
    """The first whole minute that is not before `time`."""
    return -(-time // MINUTE) * MINUTE


def _since_epoch(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


@dataclass(slots=True)
class Bar:
    """What was traded from `opened` on. Trade ids are -1 while nothing was traded.

    `taker_volume` and `taker_quote` count the trades whose buyer was the taker.
    """

    opened: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    quote: int = 0
    taker_volume: int = 0
    taker_quote: int = 0
    count: int = 0
    first_id: int = -1
    last_id: int = -1


def fold(bars: Sequence[Bar], opened: int, before: int) -> Bar:
    """The bars as one that opened at `opened`; without any, a flat bar at `before`, the price before it."""
    if not bars:
        return Bar(opened, before, before, before, before)
    return Bar(
        opened,
        bars[0].open,
        max([bar.high for bar in bars]),
        min([bar.low for bar in bars]),
        bars[-1].close,
        sum([bar.volume for bar in bars]),
        sum([bar.quote for bar in bars]),
        sum([bar.taker_volume for bar in bars]),
        sum([bar.taker_quote for bar in bars]),
        sum([bar.count for bar in bars]),
        bars[0].first_id,
        bars[-1].last_id,
    )


class BarSeries:
    """Bars of one base width in time order, without those in which nothing was traded; keeps about the last `keep`."""

    def __init__(self, width: int, keep: int) -> None:
        self._width = width
        self._keep = keep
        self._bars: list[Bar] = []

    def record(self, time: int, trade_id: int, price: int, quantity: int, quote: int, *, taker_buys: bool) -> None:
        opened = time - time % self._width
        if not self._bars or self._bars[-1].opened != opened:
            self._start(opened, trade_id, price)
        bar = self._bars[-1]
        if price > bar.high:
            bar.high = price
        elif price < bar.low:
            bar.low = price
        bar.close = price
        bar.volume += quantity
        bar.quote += quote
        if taker_buys:
            bar.taker_volume += quantity
            bar.taker_quote += quote
        bar.count += 1
        bar.last_id = trade_id

    def between(self, start: int, end: int) -> list[Bar]:
        """The bars that opened in [start, end)."""
        return self._bars[self._index(start) : self._index(end)]

    def before(self, time: int) -> Bar | None:
        """The last bar that opened before `time`."""
        index = self._index(time)
        return self._bars[index - 1] if index else None

    def oldest(self) -> Bar | None:
        return self._bars[0] if self._bars else None

    def _start(self, opened: int, trade_id: int, price: int) -> None:
        if len(self._bars) > self._keep * 9 // 8:
            del self._bars[: -self._keep]
        self._bars.append(Bar(opened, price, price, price, price, first_id=trade_id))

    def _index(self, time: int) -> int:
        return bisect_left(self._bars, time, key=attrgetter("opened"))


def opens(start: int, end: int, width: int, offset: int) -> Iterator[int]:
    """The open times of all bars that open in [start, end], ascending."""
    opened = open_of(start, width, offset)
    if opened < start:
        opened = next_open(opened, width, offset)
    while opened <= end:
        yield opened
        opened = next_open(opened, width, offset)


def newest_opens(start: int, end: int, width: int, offset: int, limit: int) -> list[int]:
    """The last `limit` open times in [start, end], ascending."""
    found: list[int] = []
    opened = open_of(end, width, offset)
    while opened >= start and len(found) < limit:
        found.append(opened)
        opened = open_of(opened - 1, width, offset)
    return found[::-1]
