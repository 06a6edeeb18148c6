"""Three hundred sockets of one manager at once, which is all that the exchange allows an address in five minutes."""

from __future__ import annotations

import asyncio

import pytest

from binance import AsyncClient, BinanceSocketManager, Environment
from binance.sandbox import Sandbox

ALLOWED = 300


async def test_three_hundred_sockets_receive_and_the_next_one_waits_for_its_turn() -> None:
    async with (
        Sandbox(rate=0) as exchange,
        AsyncClient(environment=Environment.local(exchange.url)) as client,
        BinanceSocketManager(client) as bm,
    ):
        sockets = [bm.trade_socket(f"coin{n}") for n in range(ALLOWED)]
        await asyncio.gather(*(socket.__aenter__() for socket in sockets))
        await exchange.wait_connections(ALLOWED)
        for n in range(ALLOWED):
            await exchange.publish(f"coin{n}@trade", {"e": "trade", "t": n})
        received = await asyncio.gather(*(socket.recv() for socket in sockets))
        assert [message["t"] for message in received] == list(range(ALLOWED))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await bm.trade_socket("onemore").__aenter__()
        assert exchange.accepted == ALLOWED
