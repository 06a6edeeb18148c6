"""Requests on a stream connection: what they change, what they answer, and how they are refused."""

from __future__ import annotations

import json

import pytest

from binance.sandbox import Limits

from .clients import ask, heard, joined, quiet

UNKNOWN_VARIANT = (
    "Invalid request: unknown variant HELLO, expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, "
    "`SET_PROPERTY`, `GET_PROPERTY` at line 1 column 17"
)
BAD_ID = "Invalid request: request ID must be an unsigned integer"
BAD_NAME = "Invalid request: property name must be a string"

REFUSED = [
    ('{"method":"GET_PROPERTY","params":["speed"],"id":5}', 0, "Unknown property", 5),
    ('{"method":"SET_PROPERTY","params":["speed",true],"id":5}', 0, "Unknown property", 5),
    ('{"method":"SET_PROPERTY","params":["combined","yes"],"id":5}', 1, "Invalid value type: expected Boolean", 5),
    ('{"method":"SET_PROPERTY","params":["combined"],"id":5}', 1, "Invalid value type: expected Boolean", 5),
    ('{"method":"SET_PROPERTY","params":[7,true],"id":5}', 2, BAD_NAME, 5),
    ('{"method":"GET_PROPERTY","id":5}', 2, BAD_NAME, 5),
    ('{"method":"GET_PROPERTY","params":["combined",1],"id":5}', 2, "Invalid request: too many parameters", 5),
    ('{"method":"LIST_SUBSCRIPTIONS","params":["a@b"],"id":5}', 2, "Invalid request: too many parameters", 5),
    ('{"method":"LIST_SUBSCRIPTIONS"}', 2, BAD_ID, ...),
    ('{"method":"LIST_SUBSCRIPTIONS","id":1.5}', 2, BAD_ID, ...),
    ('{"method":"LIST_SUBSCRIPTIONS","id":true}', 2, BAD_ID, ...),
    ('{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775808}', 2, BAD_ID, ...),
    ('{"method":"LIST_SUBSCRIPTIONS","id":"with blanks"}', 2, BAD_ID, ...),
    ('{"method":"LIST_SUBSCRIPTIONS","id":"' + "x" * 37 + '"}', 2, BAD_ID, ...),
    ('{"method":"HELLO","id":5}', 2, UNKNOWN_VARIANT, ...),
    ('{"params":["a@b"],"id":5}', 2, "Invalid request: missing field `method` at line 1 column 25", ...),
    ("[1]", 2, "Invalid request: missing field `method` at line 1 column 3", ...),
    ('{"method":', 3, "Invalid JSON: expected value at line 1 column 11", ...),
    ("hello", 3, "Invalid JSON: expected value at line 1 column 1", ...),
    ("[" * 100_000, 3, "Invalid JSON: expected value at line 1 column 1", ...),
    ('{"method":"SUBSCRIBE","params":["@@@x###"],"id":5}', 2, "Invalid request: invalid stream", 5),
    ('{"method":"SUBSCRIBE","params":["a@trade","b"],"id":5}', 2, "Invalid request: invalid stream", 5),
    ('{"method":"SUBSCRIBE","params":"a@trade","id":5}', 2, "Invalid request: invalid stream", 5),
    ('{"method":"UNSUBSCRIBE","params":[7],"id":5}', 2, "Invalid request: invalid stream", 5),
]


async def test_subscribing_brings_data_and_unsubscribing_ends_it():
    async with quiet() as exchange, joined(exchange, "/ws") as client:
        await exchange.publish("a@trade", {"t": 1})
        assert await ask(client, "SUBSCRIBE", "a@trade", "b@trade") == {"result": None, "id": 1}
        await exchange.publish("a@trade", {"t": 2})
        assert await heard(client) == {"t": 2}
        assert await ask(client, "UNSUBSCRIBE", "a@trade") == {"result": None, "id": 1}
        await exchange.publish("a@trade", {"t": 3})
        await exchange.publish("b@trade", {"t": 4})
        assert await heard(client) == {"t": 4}


async def test_subscribing_twice_delivers_once():
    async with quiet() as exchange, joined(exchange, "/ws/a@trade") as client:
        assert await ask(client, "SUBSCRIBE", "a@trade", "a@trade") == {"result": None, "id": 1}
        assert await ask(client, "LIST_SUBSCRIPTIONS") == {"result": ["a@trade"], "id": 1}
        await exchange.publish("a@trade", {"t": 1})
        await exchange.publish("a@trade", {"t": 2})
        assert [await heard(client) for _ in range(2)] == [{"t": 1}, {"t": 2}]


async def test_unknown_names_are_acknowledged_listed_and_silent():
    async with quiet() as exchange, joined(exchange, "/ws") as client:
        names = ["nosuchcoin@trade", "btcusdt@nosuchstream", "BTCUSDT@trade"]
        assert await ask(client, "SUBSCRIBE", *names) == {"result": None, "id": 1}
        assert await ask(client, "LIST_SUBSCRIPTIONS") == {"result": names, "id": 1}
        assert await ask(client, "UNSUBSCRIBE", "never@subscribed") == {"result": None, "id": 1}


@pytest.mark.parametrize("name", ["!ticker@arr", "!bookTicker"])
@pytest.mark.parametrize("path", ["/ws", "/stream?streams="])
async def test_retired_streams_carry_what_a_test_publishes(name, path):
    at = f"{path}/{name}" if path == "/ws" else path + name
    async with quiet() as exchange, joined(exchange, at) as client:
        await exchange.publish(name, {"n": 1})
        combined = path != "/ws"
        assert await heard(client) == ({"stream": name, "data": {"n": 1}} if combined else {"n": 1})
        assert await ask(client, "SUBSCRIBE", name) == {"result": None, "id": 1}


async def test_a_refused_subscription_changes_nothing():
    async with quiet() as exchange, joined(exchange, "/ws/a@trade") as client:
        assert "error" in await ask(client, "SUBSCRIBE", "b@trade", "@@@")
        assert await ask(client, "LIST_SUBSCRIPTIONS") == {"result": ["a@trade"], "id": 1}


@pytest.mark.parametrize("ident", [0, -(2**63), 2**63 - 1, "a", "0e8ac4e5-1b2c-4d0b-9c2f-5f3a1c2d4e6f", None])
async def test_ids_are_echoed(ident):
    async with quiet() as exchange, joined(exchange, "/ws") as client:
        assert await ask(client, "LIST_SUBSCRIPTIONS", ident=ident) == {"result": [], "id": ident}


async def test_the_combined_property_switches_later_events():
    async with quiet() as exchange, joined(exchange, "/ws/a@trade") as client:
        assert await ask(client, "GET_PROPERTY", "combined") == {"result": False, "id": 1}
        assert await ask(client, "SET_PROPERTY", "combined", True) == {"result": None, "id": 1}
        await exchange.publish("a@trade", {"t": 1})
        assert await heard(client) == {"stream": "a@trade", "data": {"t": 1}}
        assert await ask(client, "GET_PROPERTY", "combined") == {"result": True, "id": 1}
        await ask(client, "SET_PROPERTY", "combined", False)
        await exchange.publish("a@trade", {"t": 2})
        assert await heard(client) == {"t": 2}


@pytest.mark.parametrize(("text", "code", "msg", "ident"), REFUSED, ids=lambda value: str(value)[:30])
async def test_refusals(text, code, msg, ident):
    nested = {"error": {"code": code, "msg": msg}}
    if ident is not ...:
        nested["id"] = ident
    flat = {"code": code, "msg": msg}
    if code == 0:
        flat["id"] = ident
    for flat_errors, expected in ((False, nested), (True, flat)):
        async with quiet(flat_errors=flat_errors) as exchange, joined(exchange, "/ws/a@trade") as client:
            await client.send(text)
            assert await heard(client) == expected
            assert await ask(client, "LIST_SUBSCRIPTIONS") == {"result": ["a@trade"], "id": 1}


async def test_a_name_with_half_a_surrogate_pair_gets_an_answer():
    async with quiet() as exchange, joined(exchange, "/ws") as client:
        await client.send(json.dumps({"method": "\ud800", "id": 1}))
        assert (await heard(client))["error"]["code"] == 2
        assert (await ask(client, "SUBSCRIBE", "\ud800@trade"))["error"]["code"] == 2


async def test_the_1025th_stream_is_one_too_many():
    async with quiet() as exchange, joined(exchange, "/ws/first@trade") as client:
        assert await ask(client, "SUBSCRIBE", *(f"s{n}@trade" for n in range(1023))) == {"result": None, "id": 1}
        refused = {"error": {"code": 4, "msg": "Too many subscriptions"}, "id": 2}
        assert await ask(client, "SUBSCRIBE", "last@trade", ident=2) == refused
        assert await ask(client, "SUBSCRIBE", "first@trade", ident=3) == {"result": None, "id": 3}
        assert len((await ask(client, "LIST_SUBSCRIPTIONS"))["result"]) == 1024


async def test_the_stream_limit_is_a_setting():
    async with quiet(limits=Limits(streams=2)) as exchange, joined(exchange, "/ws/a@trade/b@trade") as client:
        assert (await ask(client, "SUBSCRIBE", "c@trade"))["error"]["code"] == 4
        await ask(client, "UNSUBSCRIBE", "a@trade")
        assert await ask(client, "SUBSCRIBE", "c@trade") == {"result": None, "id": 1}
