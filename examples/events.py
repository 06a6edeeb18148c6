"""Watch the life of a connection beside its messages.

Unplug your network meanwhile: the loop over the messages does not notice, the watcher tells. Ends after 100 messages;
python examples/events.py [URL of another server].
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

from binance import AsyncClient, BinanceSocketManager, Environment
from binance.net.events import Event

URL = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BINANCE_URL")


async def watch(events: AsyncIterator[Event]) -> None:
    async for event in events:
        print(event, flush=True)


async def main() -> None:
    environment = Environment.local(URL) if URL else Environment.production
    async with AsyncClient(environment=environment) as client:
        socket = BinanceSocketManager(client).trade_socket("BTCUSDT")
        watcher = asyncio.create_task(watch(socket.events()))
        async with socket:
            for _ in range(100):
                await socket.recv()
        await watcher  # it ends with the socket
        print(socket.stats)


asyncio.run(main())
