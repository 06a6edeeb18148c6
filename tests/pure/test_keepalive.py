"""Wait, ping, or dead: the two clocks of a connection, moved by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from binance.net.keepalive import KeepAlive, KeepAlivePolicy, Verdict

POLICY = KeepAlivePolicy(ping_interval=20, ping_timeout=10)


def test_silence_asks_for_a_ping_and_then_is_death() -> None:
    alive = KeepAlive(POLICY, now=100)
    assert alive.due == 120
    assert alive.check(120) == Verdict(ping=True, dead=None, due=130)
    verdict = alive.check(130)
    assert (verdict.ping, verdict.dead) == (False, "no answer to a ping within 10 s")


def test_before_it_is_due_nothing_happens() -> None:
    alive = KeepAlive(POLICY, now=100)
    assert alive.check(119.9) == Verdict(ping=False, dead=None, due=120)
    alive.check(120)
    assert alive.check(129.9) == Verdict(ping=False, dead=None, due=130)


def test_whatever_is_heard_moves_the_ping() -> None:
    alive = KeepAlive(POLICY, now=100)
    alive.heard_at = 115
    assert alive.check(120) == Verdict(ping=False, dead=None, due=135)
    assert alive.check(135).ping


def test_an_answer_saves_and_the_next_silence_is_asked_about_again() -> None:
    alive = KeepAlive(POLICY, now=100)
    assert alive.check(120).ping
    alive.heard_at = 129
    assert alive.check(130) == Verdict(ping=False, dead=None, due=149)
    assert alive.check(149) == Verdict(ping=True, dead=None, due=159)
    assert alive.check(159).dead is not None


def test_something_heard_before_the_ping_is_no_answer_to_it() -> None:
    alive = KeepAlive(POLICY, now=100)
    alive.heard_at = 105
    assert not alive.check(120).ping
    assert alive.check(125).ping
    assert alive.check(135).dead is not None


def test_pings_alone_keep_a_connection_without_a_bound_on_staleness() -> None:
    alive = KeepAlive(POLICY, now=0)
    for now in range(10, 10_000, 10):
        alive.heard_at = now
        assert alive.check(now).dead is None


def test_stale_data_is_death_however_polite_the_peer_is() -> None:
    alive = KeepAlive(KeepAlivePolicy(ping_interval=20, ping_timeout=10, stale_after=60), now=0)
    for now in (15, 30, 45, 59):
        alive.heard_at = now
        assert alive.check(now).dead is None
    alive.heard_at = 60
    assert alive.check(60).dead == "no data message for 60 s"


def test_data_moves_the_staleness() -> None:
    alive = KeepAlive(KeepAlivePolicy(ping_interval=None, stale_after=60), now=0)
    assert alive.due == 60
    alive.heard_at = alive.data_at = 50
    assert alive.check(60) == Verdict(ping=False, dead=None, due=110)
    assert alive.check(110).dead is not None


def test_without_pings_silence_is_allowed() -> None:
    alive = KeepAlive(KeepAlivePolicy(ping_interval=None), now=0)
    now = 0.0
    for _ in range(100):
        verdict = alive.check(now)
        assert (verdict.ping, verdict.dead) == (False, None)
        now = verdict.due
    assert now > 100_000


def test_after_our_own_sleep_the_peer_is_asked_and_not_judged() -> None:
    alive = KeepAlive(KeepAlivePolicy(ping_interval=20, ping_timeout=10, stale_after=60), now=0)
    assert alive.check(20).ping
    assert alive.check(1000) == Verdict(ping=True, dead=None, due=1010)
    assert alive.check(1010).dead is not None


def test_a_moment_of_lateness_is_no_sleep() -> None:
    alive = KeepAlive(POLICY, now=0)
    assert alive.check(20.9).ping
    assert alive.check(31.5).dead is not None


def test_after_our_own_sleep_without_pings_the_clocks_start_afresh() -> None:
    alive = KeepAlive(KeepAlivePolicy(ping_interval=None, stale_after=60), now=0)
    assert alive.check(100) == Verdict(ping=False, dead=None, due=160)
    assert alive.check(160).dead is not None


def test_a_pardon_starts_both_clocks_afresh() -> None:
    alive = KeepAlive(KeepAlivePolicy(ping_interval=20, ping_timeout=10, stale_after=60), now=0)
    assert alive.check(20).ping
    alive.pardon(55)
    assert alive.due == 75
    assert alive.check(70) == Verdict(ping=False, dead=None, due=75)
    assert alive.check(75).ping
    alive.heard_at = 80
    assert alive.check(85).dead is None
    assert alive.check(100).ping
    alive.heard_at = 110
    assert alive.check(110).dead is None
    assert alive.check(115).dead == "no data message for 60 s"


@given(st.lists(st.tuples(st.floats(0.01, 50), st.booleans()), max_size=60))
def test_a_peer_that_always_answers_within_the_time_never_dies(steps: list[tuple[float, bool]]) -> None:
    alive = KeepAlive(POLICY, now=0)
    now = 0.0
    for answers_after, sends_more in steps:
        now = alive.due
        verdict = alive.check(now)
        assert verdict.dead is None
        if verdict.ping:
            alive.heard_at = now + min(answers_after, 9.9)
        elif sends_more:
            alive.heard_at = now


@given(st.floats(0.1, 100), st.floats(0.1, 100), st.floats(0, 1000))
def test_a_dead_peer_is_found_out_in_interval_plus_timeout(interval: float, timeout: float, start: float) -> None:
    alive = KeepAlive(KeepAlivePolicy(interval, timeout), now=start)
    for _ in range(5):
        now = alive.due
        if alive.check(now).dead is not None:
            assert now == pytest.approx(start + interval + timeout)
            return
    pytest.fail("a peer that says nothing was never taken for dead")
