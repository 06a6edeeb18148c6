"""What waits: the order, the limits, what each policy throws away, and that every loss is counted."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from binance.net.buffer import Buffer, Limits, Notice, Overflow, Payload

POLICIES: tuple[Overflow, ...] = ("block", "drop_oldest", "latest", "error")


def first_byte(payload: bytes) -> Hashable:
    return payload[:1]


#: Under "block" nothing is ever thrown away.
SHEDDING = POLICIES[1:]


def buffer(max_messages: int | None = None, max_bytes: int = 10**6, overflow: Overflow = "block") -> Buffer:
    return Buffer(Limits(max_messages, max_bytes, overflow), first_byte)


def put(into: Buffer, *payloads: Payload) -> None:
    into.put(list(payloads), sum(map(len, payloads)))


def numbered(start: int, stop: int) -> list[Payload]:
    return [b"%d" % n for n in range(start, stop)]


def rest(of: Buffer) -> list[Payload]:
    """Take out everything that waits, oldest first."""
    found = []
    while of.current or bool(of.chunks):
        if not of.current:
            of.take()
        found.append(of.current.pop())
    return found


# limits


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"max_messages": 0}, "max_queue_size"),
        ({"max_messages": -1}, "max_queue_size"),
        ({"max_bytes": 0}, "max_queue_bytes"),
        ({"overflow": "forget"}, "drop_oldest"),
    ],
)
def test_wrong_limits_are_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Limits(**wrong)


def test_the_defaults_are_the_contracts() -> None:
    assert Limits() == Limits(max_messages=None, max_bytes=64 * 1024 * 1024, overflow="block")


# first in, first out


def test_in_order_over_many_reads() -> None:
    b = buffer()
    assert not bool(b.chunks)
    for start in range(0, 1000, 10):
        put(b, *numbered(start, start + 10))
    assert bool(b.chunks)
    assert (b.waiting, b.waiting_bytes) == (1000, 10 + 90 * 2 + 900 * 3)
    assert rest(b) == numbered(0, 1000)
    assert (b.waiting, b.waiting_bytes, bool(b.chunks)) == (0, 0, False)


def test_the_chunk_in_hand_counts_until_it_is_used_up() -> None:
    b = buffer()
    put(b, b"one", b"three", b"xx")
    chunk = b.take()
    assert chunk is b.current
    assert (b.waiting, b.waiting_bytes) == (3, 10)
    assert chunk.pop() == b"one"
    assert (b.waiting, b.waiting_bytes) == (2, 7)
    put(b, b"late")
    assert (b.waiting, b.waiting_bytes) == (3, 11)
    assert rest(b) == [b"three", b"xx", b"late"]


def test_small_reads_share_a_chunk_and_large_ones_do_not() -> None:
    b = buffer()
    for n in range(300):
        put(b, b"%03d" % n)
    assert len(b.take()) == 256
    b.current.clear()
    assert len(b.take()) == 44
    b.current.clear()
    put(b, *numbered(0, 5000))
    put(b, *numbered(0, 1))
    assert len(b.take()) == 5000


def test_clear_forgets_everything() -> None:
    b = buffer(max_messages=1)
    put(b, *numbered(0, 10))
    b.take()
    put(b, *numbered(10, 20))
    b.clear()
    assert (b.waiting, b.waiting_bytes, bool(b.chunks), b.is_full, b.is_roomy) == (0, 0, False, False, True)
    assert b.current == []


def test_a_notice_keeps_its_place_and_weighs_nothing() -> None:
    b = buffer(max_bytes=5)
    notice = Notice({"e": "error"})
    put(b, b"12345")
    put(b, notice)
    assert (b.waiting, b.waiting_bytes, b.is_full) == (2, 5, False)
    put(b, b"6")
    assert b.is_full
    assert rest(b) == [b"12345", notice, b"6"]


# full and roomy


@pytest.mark.parametrize("overflow", SHEDDING)
def test_full_is_more_than_the_limit_of_all_that_waits(overflow: Overflow) -> None:
    b = buffer(max_messages=10, overflow=overflow)
    put(b, *numbered(0, 10))
    assert not b.is_full
    put(b, b"x")
    assert b.is_full
    b.take()
    assert b.is_full
    b.current.pop()
    assert not b.is_full


def test_under_block_the_chunk_in_hand_is_taken_for_used_up() -> None:
    b = buffer(max_messages=10, max_bytes=100)
    put(b, *numbered(0, 11))
    assert b.is_full
    b.take()
    assert (b.waiting, b.is_full, b.is_roomy) == (11, False, True), "or its last message would hold the line for ever"
    put(b, b"x" * 101)
    assert b.is_full


def test_roomy_is_half_the_limit_but_for_the_chunk_in_hand() -> None:
    for overflow in POLICIES:
        b = buffer(max_messages=10, overflow=overflow)
        put(b, *numbered(0, 5))
        assert b.is_roomy
        put(b, b"x")
        assert not b.is_roomy
        b.take()
        assert b.is_roomy


def test_full_and_roomy_by_bytes() -> None:
    b = buffer(max_bytes=100)
    put(b, b"x" * 60)
    put(b, b"x" * 40)
    assert not b.is_full
    put(b, b"x")
    assert b.is_full
    rest(b)
    put(b, b"x" * 50)
    assert b.is_roomy
    put(b, b"x")
    assert not b.is_roomy


def test_one_message_over_the_limit_of_bytes_may_wait_alone() -> None:
    for overflow in SHEDDING:
        b = buffer(max_bytes=10, overflow=overflow)
        put(b, b"x" * 11)
        assert b.is_full
        assert b.shed() == 0
        assert rest(b) == [b"x" * 11]


# the policies


@pytest.mark.parametrize("taken", [0, 1, 4])
def test_drop_oldest_by_number(taken: int) -> None:
    b = buffer(max_messages=5, overflow="drop_oldest")
    put(b, *numbered(0, 4))
    b.take()
    for _ in range(taken):
        b.current.pop()
    put(b, *numbered(4, 12))
    assert b.shed() == 7 - taken
    assert (b.waiting, b.waiting_bytes) == (5, 7)
    assert rest(b) == numbered(7, 12)


def test_drop_oldest_by_bytes_drops_no_more_than_needed() -> None:
    b = buffer(max_bytes=100, overflow="drop_oldest")
    put(b, b"a" * 40, b"b" * 30)
    put(b, b"c" * 30, b"d" * 20, b"e" * 10)
    assert b.is_full
    assert b.shed() == 1
    assert (b.waiting, b.waiting_bytes, b.is_full) == (4, 90, False)
    assert rest(b) == [b"b" * 30, b"c" * 30, b"d" * 20, b"e" * 10]


def test_drop_oldest_by_bytes_with_a_chunk_in_hand() -> None:
    b = buffer(max_bytes=100, overflow="drop_oldest")
    put(b, b"a" * 60, b"b" * 20, b"c" * 20)
    b.take().pop()
    put(b, b"d" * 55)
    assert b.shed() == 0, "what the user has taken makes room"
    put(b, b"e" * 10)
    assert b.shed() == 1
    assert (b.waiting, b.waiting_bytes) == (3, 85)
    assert rest(b) == [b"c" * 20, b"d" * 55, b"e" * 10]


def test_drop_oldest_keeps_the_newest_whatever_its_size() -> None:
    b = buffer(max_bytes=100, overflow="drop_oldest")
    put(b, *numbered(0, 9), b"x" * 500)
    assert b.shed() == 9
    assert rest(b) == [b"x" * 500]


def test_latest_keeps_the_newest_of_each_key_in_order() -> None:
    b = buffer(max_messages=4, overflow="latest")
    put(b, b"a1", b"b1", b"a2")
    b.take()
    put(b, b"c1", b"a3", b"b2")
    assert b.is_full
    assert b.shed() == 3
    assert (b.waiting, b.waiting_bytes) == (3, 6)
    assert rest(b) == [b"c1", b"a3", b"b2"]


def test_latest_with_too_many_keys_drops_the_oldest_of_them() -> None:
    b = buffer(max_messages=2, overflow="latest")
    put(b, b"a1", b"b1", b"c1", b"d1", b"a2")
    assert b.shed() == 3
    assert rest(b) == [b"d1", b"a2"]


def test_latest_by_bytes() -> None:
    b = buffer(max_bytes=10, overflow="latest")
    put(b, b"a1", b"a" * 9, b"b1")
    assert b.shed() == 2
    assert rest(b) == [b"b1"]


def test_latest_keeps_every_notice() -> None:
    b = buffer(max_messages=4, overflow="latest")
    one, two = Notice(1), Notice(1)
    put(b, b"a1", one, b"a2", two, b"a3")
    assert b.shed() == 2
    assert rest(b) == [one, two, b"a3"]


def test_error_keeps_the_oldest() -> None:
    b = buffer(max_messages=5, overflow="error")
    put(b, *numbered(0, 3))
    b.take().pop()
    put(b, *numbered(3, 9))
    assert b.shed() == 3
    assert rest(b) == numbered(1, 6)


def test_error_by_bytes_keeps_the_oldest() -> None:
    b = buffer(max_bytes=100, overflow="error")
    put(b, b"a" * 60, b"b" * 30, b"c" * 20, b"d" * 1)
    assert b.shed() == 2
    assert (b.waiting, b.waiting_bytes) == (2, 90)
    assert rest(b) == [b"a" * 60, b"b" * 30]


@pytest.mark.parametrize("overflow", SHEDDING)
def test_within_the_limits_nothing_new_is_thrown_away(overflow: Overflow) -> None:
    b = buffer(max_messages=10, overflow=overflow)
    put(b, b"a1", b"b1", b"c1")
    assert b.shed() == 0
    assert rest(b) == [b"a1", b"b1", b"c1"]


# any interleaving


class Interleaved(RuleBasedStateMachine):
    """A buffer beside a plain list: whatever is done in whatever order, both hold the same, and losses are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.given = 0
        self.taken: list[Payload] = []
        self.dropped = 0

    @initialize(
        overflow=st.sampled_from(POLICIES),
        max_messages=st.none() | st.integers(1, 30),
        max_bytes=st.integers(1, 400),
    )
    def start(self, overflow: Overflow, max_messages: int | None, max_bytes: int) -> None:
        self.overflow = overflow
        self.max_messages = max_messages or 10**9
        self.max_bytes = max_bytes
        self.buffer = buffer(max_messages, max_bytes, overflow)
        self.model: list[Payload] = []

    @rule(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=12), keys=st.integers(1, 4), notice=st.booleans())
    def put(self, sizes: list[int], keys: int, notice: bool) -> None:
        batch: list[Payload] = [Notice(self.number)] if notice else []
        for size in sizes:
            self.number += 1
            batch.append(b"%c%d" % (97 + self.number % keys, self.number) + b"." * size)
        self.model += batch
        self.given += len(batch)
        put(self.buffer, *batch)

    @rule(count=st.integers(257, 600))
    def put_many(self, count: int) -> None:
        batch: list[Payload] = [b"z%d" % n for n in range(self.number, self.number + count)]
        self.number += count
        self.model += batch
        self.given += count
        put(self.buffer, *batch)

    @precondition(lambda self: not self.buffer.current and bool(self.buffer.chunks))
    @rule()
    def take(self) -> None:
        assert self.buffer.take() is self.buffer.current

    @precondition(lambda self: self.buffer.current)
    @rule(count=st.integers(1, 300))
    def pop(self, count: int) -> None:
        for _ in range(min(count, len(self.buffer.current))):
            payload = self.buffer.current.pop()
            assert payload is self.model.pop(0)
            self.taken.append(payload)

    @precondition(lambda self: self.overflow != "block" and self.buffer.is_full)
    @rule()
    def shed(self) -> None:
        before = len(self.model)
        dropped = self.buffer.shed()
        self.dropped += dropped
        self.model = self.kept(self.model)
        assert dropped == before - len(self.model)
        assert len(self.model) <= self.max_messages
        assert sum(map(len, self.model)) <= self.max_bytes or len(self.model) == 1

    def kept(self, waiting: list[Payload]) -> list[Payload]:
        """Say in the simplest words what the policy lets stay."""
        if self.overflow == "error":
            del waiting[self.max_messages :]
            while sum(map(len, waiting)) > self.max_bytes and len(waiting) > 1:
                waiting.pop()
            return waiting
        if self.overflow == "latest":
            newest = {p if isinstance(p, Notice) else first_byte(p): n for n, p in enumerate(waiting)}
            waiting = [waiting[n] for n in sorted(newest.values())]
        while len(waiting) > 1 and (len(waiting) > self.max_messages or sum(map(len, waiting)) > self.max_bytes):
            waiting.pop(0)
        return waiting

    @invariant()
    def the_counts_are_exact(self) -> None:
        if not hasattr(self, "buffer"):
            return
        assert self.buffer.waiting == len(self.model)
        assert self.buffer.waiting_bytes == sum(map(len, self.model))
        assert self.given == len(self.taken) + self.dropped + self.buffer.waiting
        assert bool(self.buffer.chunks) == (self.buffer.waiting > len(self.buffer.current))

    @invariant()
    def the_limits_are_seen(self) -> None:
        if not hasattr(self, "buffer"):
            return
        behind = self.model[len(self.buffer.current) :]
        counted = behind if self.overflow == "block" else self.model
        if len(counted) > self.max_messages or sum(map(len, counted)) > self.max_bytes:
            assert self.buffer.is_full
        half = len(behind) <= self.max_messages // 2 and sum(map(len, behind)) <= self.max_bytes // 2
        assert self.buffer.is_roomy == half
        if not self.model:
            assert self.buffer.is_roomy

    def teardown(self) -> None:
        if hasattr(self, "buffer"):
            assert list(map(id, rest(self.buffer))) == list(map(id, self.model))


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
