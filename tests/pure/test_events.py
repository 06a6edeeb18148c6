"""Events as values, and the queue of one watcher of them."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import logging
import time
import weakref
from typing import get_args

import pytest

from binance.net import events
from binance.net.events import (
    Announcer,
    AnyEvent,
    Closed,
    Connected,
    Disconnected,
    Dropped,
    Event,
    Events,
    Reconnected,
    Reconnecting,
)

ALL: list[AnyEvent] = [
    Connected(),
    Disconnected(code=1006, reason="lost"),
    Reconnecting(attempt=1, delay=0.5, cause=OSError("down")),
    Reconnected(downtime=1.5),
    Dropped(count=3, overflow="latest"),
    Closed(error=None),
]


def test_every_event_has_the_type_that_the_contract_names() -> None:
    assert [event.type for event in ALL] == [
        "connected",
        "disconnected",
        "reconnecting",
        "reconnected",
        "dropped",
        "closed",
    ]
    kinds = {getattr(events, name) for name in events.__all__} - {Announcer, AnyEvent, Event, Events}
    assert {type(event) for event in ALL} == kinds == set(get_args(AnyEvent))


@pytest.mark.parametrize("event", ALL, ids=lambda event: event.type)
def test_events_are_frozen_and_dated(event: Event) -> None:
    assert abs(event.time - time.time()) < 3600
    for name in (*(field.name for field in dataclasses.fields(event)), "type", "anything"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(event, name, 1)


def test_time_may_be_given() -> None:
    assert Connected(time=5.0) == Connected(time=5.0)
    assert Connected(time=5.0) != Connected(time=6.0)


async def test_a_watcher_sees_events_in_order_and_ends_after_closed() -> None:
    watcher = Events()
    for event in ALL:
        watcher.put(event)
    assert [event async for event in watcher] == ALL
    with pytest.raises(StopAsyncIteration):
        await watcher.__anext__()


async def test_a_watcher_ends_after_closed_though_more_is_told() -> None:
    watcher = Events()
    watcher.put(Closed())
    watcher.put(Connected())
    assert [event.type async for event in watcher] == ["closed"]
    with pytest.raises(StopAsyncIteration):
        await watcher.__anext__()


async def test_a_watcher_waits_and_every_one_that_waits_is_told() -> None:
    watcher = Events()
    waiting = [asyncio.create_task(anext(watcher)) for _ in range(2)]
    await asyncio.sleep(0)
    watcher.put(ALL[0])
    watcher.put(ALL[1])
    assert await asyncio.gather(*waiting) == ALL[:2]


async def test_a_cancelled_wait_takes_no_event_with_it() -> None:
    watcher = Events()
    waiting = asyncio.create_task(anext(watcher))
    await asyncio.sleep(0)
    watcher.put(ALL[0])
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await anext(watcher) is ALL[0]


async def test_everyone_who_waits_hears_of_the_end() -> None:
    watcher = Events()

    async def types() -> list[str]:
        return [event.type async for event in watcher]

    tasks = [asyncio.create_task(types()) for _ in range(3)]
    await asyncio.sleep(0)
    watcher.put(Closed())
    async with asyncio.timeout(1):
        assert sorted(await asyncio.gather(*tasks)) == [[], [], ["closed"]]


async def test_a_watcher_that_never_looks_forgets_the_oldest() -> None:
    watcher = Events()
    for n in range(20_000):
        watcher.put(Connected(time=float(n)))
    watcher.put(Closed(time=-1.0))
    seen = [event.time async for event in watcher]
    assert len(seen) == 10_000
    assert seen[-2:] == [19_999.0, -1.0]


async def test_an_announcer_tells_the_log_the_watchers_and_the_callback(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Event] = []
    announcer = Announcer("a@trade", told.append)
    watcher = announcer.watch()
    caplog.set_level(logging.INFO)
    for event in ALL:
        announcer.tell(event)
    assert told == ALL
    assert [event async for event in watcher] == ALL
    assert [record.name for record in caplog.records] == ["binance.net"] * len(ALL)
    warned = [event.type for event, record in zip(ALL, caplog.records, strict=True) if record.levelno > logging.INFO]
    assert warned == ["disconnected", "dropped"]
    assert "a@trade" in caplog.text


async def test_a_callback_that_fails_is_logged_and_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: Event) -> None:
        raise ZeroDivisionError

    announcer = Announcer("a@trade", fail)
    watcher = announcer.watch()
    announcer.tell(Connected())
    announcer.tell(Closed())
    assert [event.type async for event in watcher] == ["connected", "closed"]
    assert [record.exc_info is not None for record in caplog.records if record.levelno >= logging.ERROR] == [True, True]


def test_a_watcher_that_nobody_holds_is_forgotten() -> None:
    announcer = Announcer("a@trade", None)
    gone = weakref.ref(announcer.watch())
    gc.collect()
    announcer.tell(Connected())
    assert gone() is None
