"""What is asked for, in which batches and at which pace; what is still unanswered."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from binance.net.subscriptions import Pace, Subscriptions

PACE = Pace(batch=2, interval=1.0, patience=10.0)


def asked(subscriptions: Subscriptions, now: float = 0.0) -> list[list[str]]:
    """Collect every request until none is left, at the moments that `due` names."""
    requests = []
    while (request := subscriptions.next_request(now)) is not None:
        requests.append(request.streams)
        due = subscriptions.due()
        assert due is not None
        now = due
    return requests


def opened(*names: str, pace: Pace = PACE) -> Subscriptions:
    subscriptions = Subscriptions(names, pace)
    subscriptions.reset()
    return subscriptions


def test_before_a_connection_nothing_is_asked_for() -> None:
    subscriptions = Subscriptions(["a"], PACE)
    assert subscriptions.next_request(0) is None
    assert subscriptions.due() is None
    assert not subscriptions.waits_for_answers


def test_in_batches_in_order_each_name_once() -> None:
    assert asked(opened("a", "b", "a", "c", "d", "e", "b")) == [["a", "b"], ["c", "d"], ["e"]]


def test_at_the_venues_pace() -> None:
    subscriptions = opened("a", "b", "c", "d", "e")
    assert subscriptions.next_request(5) == (["a", "b"], 1)
    assert subscriptions.due() == 6
    assert subscriptions.next_request(5.99) is None
    assert subscriptions.next_request(6) == (["c", "d"], 2)
    assert subscriptions.next_request(8) == (["e"], 3)
    assert subscriptions.next_request(99) is None


def test_binance_allows_five_messages_a_second() -> None:
    pace = Pace()
    assert 1 / pace.interval <= 4, "at least one of the five is left for pongs"
    names = [f"s{n}@trade" for n in range(1024)]
    batches = asked(opened(*names, pace=pace))
    assert [name for batch in batches for name in batch] == names
    assert max(map(len, batches)) == pace.batch


def test_an_answer_belongs_to_its_request() -> None:
    subscriptions = opened("a", "b", "c")
    one = subscriptions.next_request(0)
    two = subscriptions.next_request(1)
    assert one is not None
    assert two is not None
    assert subscriptions.waits_for_answers
    assert subscriptions.answered(two.request_id) == ["c"]
    assert subscriptions.waits_for_answers
    assert subscriptions.answered(one.request_id) == ["a", "b"]
    assert not subscriptions.waits_for_answers
    assert subscriptions.due() is None


def test_an_answer_to_nothing_is_nothing() -> None:
    subscriptions = opened("a")
    subscriptions.next_request(0)
    strangers: list[object] = [99, 0, None, "1", 1.5, [], {}]
    for stranger in strangers:
        assert subscriptions.answered(stranger) == []
    assert subscriptions.waits_for_answers
    assert subscriptions.answered(1) == ["a"]
    assert subscriptions.answered(1) == []


def test_an_answer_that_does_not_come_is_overdue() -> None:
    subscriptions = opened("a", "b", "c")
    subscriptions.next_request(0)
    subscriptions.next_request(3)
    assert subscriptions.due() == 10
    assert not subscriptions.overdue(9.99)
    assert subscriptions.overdue(10)
    subscriptions.answered(1)
    assert not subscriptions.overdue(10)
    assert subscriptions.due() == 13
    assert subscriptions.overdue(13)


def test_a_new_connection_starts_from_nothing_with_ids_of_its_own() -> None:
    subscriptions = opened("a", "b", "c")
    old = subscriptions.next_request(0)
    assert old is not None
    subscriptions.reset()
    assert not subscriptions.waits_for_answers
    assert not subscriptions.overdue(1000)
    new = subscriptions.next_request(0)
    assert new is not None, "the pace of the old connection does not hold up the new one"
    assert new.streams == ["a", "b"]
    assert new.request_id != old.request_id
    assert subscriptions.answered(old.request_id) == [], "an answer that was meant for the old connection"
    assert asked(subscriptions, now=1) == [["c"]]


@given(
    st.lists(st.sampled_from([f"s{n}" for n in range(50)])),
    st.integers(1, 7),
    st.lists(st.booleans(), max_size=20),
)
def test_whatever_happens_every_name_is_asked_for(names: list[str], batch: int, resets: list[bool]) -> None:
    subscriptions = opened(*names, pace=Pace(batch=batch))
    now = 0.0
    for reset in resets:
        if reset:
            subscriptions.reset()
        subscriptions.next_request(now)
        now += 0.1
    subscriptions.reset()
    assert [name for part in asked(subscriptions, now) for name in part] == list(dict.fromkeys(names))
