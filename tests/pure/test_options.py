"""What a manager's options may be, and python-binance's class attributes: refused where they are given."""

from __future__ import annotations

import functools
import math
from typing import Any

import pytest

from binance import AsyncClient, BinanceSocketManager, ReconnectingWebsocket
from binance.ws.options import UNSET

WHOLE_OR_NONE = ("max_queue_size", "max_reconnects")
WHOLE = ("max_queue_bytes", "max_message_size")
SECONDS_OR_NONE = ("ping_interval", "stale_after", "open_timeout")
SECONDS = ("ping_timeout",)
EVERY = (*WHOLE_OR_NONE, *WHOLE, *SECONDS_OR_NONE, *SECONDS)

ATTRIBUTES = {
    "MAX_RECONNECTS": (-1, 1.5, "5", True, math.nan),
    "MAX_RECONNECT_SECONDS": (-1, "60", None, math.nan, math.inf),
    "MIN_RECONNECT_WAIT": (-0.1, "1", None, math.nan),
    "TIMEOUT": (0, -1, "10", None, math.nan),
    "NO_MESSAGE_RECONNECT_TIMEOUT": (0, -1, "60", math.nan),
}


def manager(**options: Any) -> BinanceSocketManager:
    return BinanceSocketManager(AsyncClient(), **options)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("value", ["7", -1, math.nan, math.inf, -math.inf, True, 10**400, [], 1j])
def test_what_is_no_number_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: .*; give a (whole )?number from ") as caught:
        manager(**{name: value})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("name", [*WHOLE, *WHOLE_OR_NONE])
def test_counts_are_whole(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: 1\.5; give a whole number from "):
        manager(**{name: 1.5})


@pytest.mark.parametrize("name", set(EVERY) - {"max_reconnects"})
def test_nothing_is_too_little(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: 0; give "):
        manager(**{name: 0})


@pytest.mark.parametrize("name", [*WHOLE, *SECONDS])
def test_none_where_it_means_nothing(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^{name}: None; give "):
        manager(**{name: None})


@pytest.mark.parametrize("name", [*WHOLE_OR_NONE, *SECONDS_OR_NONE])
def test_none_where_it_means_something(name: str) -> None:
    manager(**{name: None}).trade_socket("BNBBTC")


@pytest.mark.parametrize("name", EVERY)
def test_numbers_are_taken(name: str) -> None:
    manager(**{name: 7}).trade_socket("BNBBTC")


def test_other_good_values() -> None:
    manager(max_reconnects=0, stale_after=UNSET, ping_interval=0.5)


def test_an_unknown_transport_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match=r"^transport: 'pigeon' is unknown; .*picows"):
        manager(transport="pigeon")


async def tell_later(socket: object, event: object) -> None:
    raise AssertionError


class TellsLater:
    async def __call__(self, socket: object, event: object) -> None:
        raise AssertionError


@pytest.mark.parametrize("on_event", ["print", tell_later, functools.partial(tell_later), TellsLater()])
def test_a_callback_that_would_never_run_is_refused(on_event: Any) -> None:
    with pytest.raises(ValueError, match=r"^on_event: .* give a plain function \(socket, event\)"):
        manager(on_event=on_event)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in ATTRIBUTES for value in ATTRIBUTES[name]])
def test_class_attributes_are_checked_where_a_socket_is_made(
    name: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ReconnectingWebsocket, name, value)
    with pytest.raises(ValueError, match=rf"^{name}: .*; give "):
        manager().kline_socket("BNBBTC")


async def test_an_attribute_of_one_socket_is_checked_where_it_is_entered() -> None:
    socket: Any = manager().trade_socket("BNBBTC")
    socket.MAX_RECONNECTS = -1
    with pytest.raises(ValueError, match=r"^MAX_RECONNECTS: -1; give a whole number from 0 on, or None"):
        await socket.__aenter__()


@pytest.mark.parametrize("client", [None, "https://api.binance.com", object()])
def test_a_manager_wants_a_client(client: Any) -> None:
    with pytest.raises(TypeError, match=r"^client: .* is no client; give an AsyncClient\(\)"):
        BinanceSocketManager(client)
