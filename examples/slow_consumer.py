"""A consumer that is slower than the market and wants the newest, not everything.

Ends after 5 messages; python examples/slow_consumer.py [URL of another server].
"""

import asyncio
import os
import sys

from binance import AsyncClient, BinanceSocketManager, Environment

URL = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BINANCE_URL")
STREAMS = ["btcusdt@bookTicker", "ethusdt@bookTicker", "btcusdt@depth5@100ms"]


async def main() -> None:
    environment = Environment.local(URL) if URL else Environment.production
    async with AsyncClient(environment=environment) as client:
        # When more than 3 messages wait, only the newest of each stream and symbol is kept.
        manager = BinanceSocketManager(client, max_queue_size=3, overflow="latest")
        async with manager.multiplex_socket(STREAMS) as socket:
            for _ in range(5):
                message = await socket.recv()
                await asyncio.sleep(0.5)  # something that takes its time
                print(f"{message['stream']}: {socket.stats.waiting} waiting, {socket.stats.dropped} dropped so far")


asyncio.run(main())
