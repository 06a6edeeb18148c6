"""Many streams over one connection. Ends after 20 messages; python examples/multiplex.py [URL of another server]."""

import asyncio
import os
import sys
from collections import Counter

from binance import AsyncClient, BinanceSocketManager, Environment

URL = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BINANCE_URL")
STREAMS = ["btcusdt@trade", "ethusdt@bookTicker", "bnbbtc@depth5@100ms", "!miniTicker@arr"]


async def main() -> None:
    environment = Environment.local(URL) if URL else Environment.production
    counts: Counter[str] = Counter()
    async with AsyncClient(environment=environment) as client:
        manager = BinanceSocketManager(client)
        async with manager.multiplex_socket(STREAMS) as socket:
            for _ in range(20):
                message = await socket.recv()
                counts[message["stream"]] += 1
                print(message["stream"], str(message["data"])[:80])
    print("messages per stream:", dict(counts))


asyncio.run(main())
