"""A day's worth of trouble in half a minute: faults of every kind in random order, and a user who notices none of them.

The seed is printed; `TROUBLE_SEED=... make test` repeats a run.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from typing import Any

from binance import AsyncClient, BinanceSocketManager, Environment
from binance.sandbox import Limits, Sandbox
from binance.ws.reconnecting_websocket import ReconnectingWebsocket

FAULTS = 200
STREAMS = ("bnbbtc@trade", "ethusdt@trade", "btcusdt@aggTrade")

#: Faults that end a connection, and those that spoil what it carries.
ENDING = ("drop", "reset", "half_open", "shut_down", "refuse", "cut_behind_messages")
SPOILING = ("garble", "duplicate", "reorder", "delay", "mute_pongs")


class User:
    """Reads one stream, and remembers what is not as it should be."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.messages = 0
        self.last_id = -1
        self.steps_back = 0
        self.errors: Counter[str] = Counter()
        self.moved = asyncio.Event()

    async def read(self, socket: ReconnectingWebsocket) -> None:
        while True:
            message = await socket.recv()
            if message.get("e") == "error":
                self.errors[message["type"]] += 1
                continue
            number = message.get("data", message)[self.key]
            if number <= self.last_id:
                self.steps_back += 1
            self.last_id = max(self.last_id, number)
            self.messages += 1
            self.moved.set()

    async def next_message(self) -> None:
        self.moved.clear()
        await self.moved.wait()


def fire(exchange: Sandbox, kind: str, stream: str, chance: random.Random) -> None:
    faults = exchange.faults
    if kind == "drop":
        faults.drop(chance.choice((1000, 1001, 1006, 1008, 1011, 1012, 1013, 4000, 1005)), stream=stream)
    elif kind == "cut_behind_messages":
        faults.drop(chance.choice((1001, 1006)), after=chance.randint(1, 20), stream=stream)
    elif kind == "refuse":
        faults.refuse(chance.choice((500, 503, 429)), retry_after=0.05)
        faults.drop(stream=stream)
    elif kind == "shut_down":
        faults.shut_down(grace=chance.uniform(0, 0.5), stream=stream)
    elif kind == "delay":
        faults.delay(chance.uniform(0, 0.05), stream=stream)
    else:
        getattr(faults, kind)(stream=stream)


async def torment(exchange: Sandbox, stream: str, user: User, seed: int, share: int) -> Counter[str]:
    """Fire faults at one stream, the next one as soon as its user has heard again; which they were."""
    chance = random.Random(f"{seed} {stream}")
    fired: Counter[str] = Counter()
    for number in range(share):
        kind = chance.choice(ENDING if number % 2 else SPOILING)
        fire(exchange, kind, stream, chance)
        fired[kind] += 1
        for _ in range(chance.randint(1, 10)):
            await user.next_message()
    return fired


async def test_two_hundred_faults_and_the_user_sees_only_messages_in_order() -> None:
    seed = int(os.environ.get("TROUBLE_SEED", random.SystemRandom().randrange(2**32)))
    print(f"TROUBLE_SEED={seed}")
    async with (
        Sandbox(("BNBBTC", "ETHUSDT", "BTCUSDT"), rate=1000, seed=seed, limits=Limits(connections=10_000)) as exchange,
        AsyncClient(environment=Environment.local(exchange.url)) as client,
        BinanceSocketManager(client, ping_interval=0.2, ping_timeout=0.2, stale_after=2) as bm,
    ):
        sockets = {
            "bnbbtc@trade": bm.trade_socket("BNBBTC"),
            "ethusdt@trade": bm.multiplex_socket(["ethusdt@trade"]),
            "btcusdt@aggTrade": bm.aggtrade_socket("BTCUSDT"),
        }
        users = {stream: User("a" if stream.endswith("aggTrade") else "t") for stream in sockets}
        for socket in sockets.values():
            _hurry(socket)
            await socket.__aenter__()
        readers = [asyncio.create_task(users[stream].read(socket)) for stream, socket in sockets.items()]
        share = FAULTS // len(sockets) + 1
        fired = await asyncio.gather(*(torment(exchange, stream, users[stream], seed, share) for stream in sockets))
        for reader in readers:
            assert not reader.done(), f"a user's loop ended (seed {seed})"
            reader.cancel()
        await asyncio.wait(readers)
        for (stream, socket), faults in zip(sockets.items(), fired, strict=True):
            _judge(users[stream], socket, faults, f"{stream} (seed {seed}): {dict(faults)}")


def _hurry(socket: Any) -> None:
    socket.MIN_RECONNECT_WAIT = 0.01
    socket.MAX_RECONNECT_SECONDS = 0.1


def _judge(user: User, socket: ReconnectingWebsocket, fired: Counter[str], case: str) -> None:
    assert set(user.errors) <= {"BinanceWebsocketDecodeError"}, f"{user.errors} {case}"
    assert user.errors.total() <= fired["garble"], f"more errors than garbled messages: {user.errors} {case}"
    assert user.steps_back <= fired["duplicate"] + fired["reorder"], f"{user.steps_back} ids out of order, {case}"
    assert socket.stats.reconnects >= 10, case
    assert socket.stats.decode_errors == user.errors.total(), case
    assert user.messages > 300, case
