"""How many connections may be tried: a window that slides over attempts, per host."""

from __future__ import annotations

import threading

import pytest

from binance.net.budget import ConnectionBudget, budget_for


def test_attempts_up_to_the_number_cost_nothing() -> None:
    budget = ConnectionBudget(attempts=3, window=10)
    assert [budget.take(100.0) for _ in range(3)] == [100, 100, 100]


def test_one_more_waits_until_the_oldest_is_forgotten() -> None:
    budget = ConnectionBudget(attempts=3, window=10)
    for now in (100, 103, 104):
        budget.take(now)
    assert budget.take(105) == 110
    assert budget.take(105) == 113


def test_those_who_wait_are_served_in_the_order_in_which_they_came() -> None:
    budget = ConnectionBudget(attempts=2, window=10)
    moments = [budget.take(now) for now in range(20)]
    assert moments == sorted(moments)
    assert all(later - earlier >= 10 for earlier, later in zip(moments, moments[2:], strict=False))


def test_what_is_given_back_can_be_taken_again() -> None:
    budget = ConnectionBudget(attempts=1, window=10)
    budget.give_back(budget.take(0))
    taken = budget.take(1)
    assert taken == 1
    budget.give_back(99)  # never taken
    assert budget.take(2) == 11


def test_the_exchanges_numbers_by_default() -> None:
    budget = ConnectionBudget()
    assert [budget.take(0) for _ in range(301)] == [0] * 300 + [300]


def test_a_host_that_wants_silence_gets_it() -> None:
    budget = ConnectionBudget(attempts=2, window=10)
    budget.hush(until=107)
    assert budget.take(100) == 107
    assert budget.silence(100) == 7
    assert budget.silence(108) == 0
    assert budget.take(108) == 108
    assert budget.take(108) == 117


def test_the_longest_silence_wins() -> None:
    budget = ConnectionBudget()
    budget.hush(until=120)
    budget.hush(until=110)
    assert budget.take(100) == 120


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("wss://one.example:9443/ws/a", "wss://one.example:9443/stream?streams=b", True),
        ("wss://one.example:9443/ws/a", "wss://one.example:443/ws/a", True),
        ("wss://one.example/ws/a", "wss://ONE.example/ws/a", True),
        ("wss://one.example/ws/a", "wss://two.example/ws/a", False),
        ("ws://127.0.0.1:1001/ws/a", "ws://127.0.0.1:1001/ws/b", True),
        ("ws://127.0.0.1:1001/ws/a", "ws://127.0.0.1:1002/ws/a", False),
        ("ws://localhost:1001/ws/a", "ws://localhost:1002/ws/a", False),
        ("ws://[::1]:1001/ws/a", "ws://[::1]:1002/ws/a", False),
    ],
)
def test_one_budget_per_host_and_on_the_loopback_per_port(one: str, other: str, shared: bool) -> None:
    assert (budget_for(one) is budget_for(other)) is shared


def test_threads_together_take_exactly_what_there_is() -> None:
    budget = ConnectionBudget(attempts=500, window=1000)
    granted: list[int] = []

    def take() -> None:
        granted.append(sum(budget.take(1.0) == 1.0 for _ in range(400)))

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 500


def test_threads_that_ask_for_a_host_get_the_same_budget() -> None:
    found: list[ConnectionBudget] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        found.append(budget_for("wss://asked-by-many-threads.example/ws"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
