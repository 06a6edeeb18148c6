"""The first thing to do: receive trades. Ends after 10; python examples/trades.py [URL of another server]."""

import asyncio
import os
import sys

from binance import AsyncClient, BinanceSocketManager, Environment

URL = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BINANCE_URL")


async def main() -> None:
    environment = Environment.local(URL) if URL else Environment.production
    client = await AsyncClient.create(environment=environment)
    manager = BinanceSocketManager(client)

    async with manager.trade_socket("BTCUSDT") as socket:
        for _ in range(10):
            trade = await socket.recv()
            print(trade["s"], trade["t"], trade["p"], trade["q"])

    await client.close_connection()


asyncio.run(main())
