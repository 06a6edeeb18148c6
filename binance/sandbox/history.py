"""Rows with contiguous ids and rising times (trades, aggregate trades, block trades), the newest ones kept."""

from bisect import bisect_left
from operator import attrgetter
from typing import Generic, Protocol, TypeVar


class Row(Protocol):
    @property
    def id(self) -> int: ...

    @property
    def time(self) -> int: ...


R = TypeVar("R", bound=Row)


class History(Generic[R]):
    """At least the last `keep` rows added; every query answers in ascending order."""

    def __init__(self, first_id: int, keep: int) -> None:
        self.next_id = first_id
        self._keep = keep
        self._rows: list[R] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: R) -> None:
        if row.id != self.next_id:
            raise ValueError(f"ids are contiguous: expected {self.next_id}, got {row.id}")
        if len(self._rows) > self._keep * 9 // 8:
            del self._rows[: -self._keep]
        self._rows.append(row)
        self.next_id += 1

    def last(self) -> R | None:
        return self._rows[-1] if self._rows else None

    def newest(self, limit: int) -> list[R]:
        return self._rows[-limit:]

    def from_id(self, first: int, limit: int) -> list[R]:
        """The oldest `limit` rows kept whose id is at least `first`."""
        index = max(0, first - (self.next_id - len(self._rows)))
        return self._rows[index : index + limit]

    def from_time(self, start: int, end: int, limit: int) -> list[R]:
        """The oldest `limit` rows with start <= time < end."""
        first, stop = self._index(start), self._index(end)
        return self._rows[first : min(stop, first + limit)]

    def until_time(self, end: int, limit: int) -> list[R]:
        """The newest `limit` rows with time < end."""
        stop = self._index(end)
        return self._rows[max(0, stop - limit) : stop]

    def _index(self, time: int) -> int:
        return bisect_left(self._rows, time, key=attrgetter("time"))
