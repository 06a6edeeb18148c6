"""Two parts of a program read one socket, each every message. python examples/readers.py [URL of another server]."""

import asyncio
import os
import sys

from binance import AsyncClient, BinanceSocketManager, Environment, ReconnectingWebsocket

URL = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BINANCE_URL")
MESSAGES = 10


async def watch_price(socket: ReconnectingWebsocket) -> None:
    async with socket.reader() as reader:
        prices = [float((await reader.recv())["p"]) for _ in range(MESSAGES)]
    print(f"{len(prices)} prices from {min(prices)} to {max(prices)}")


async def add_up_volume(socket: ReconnectingWebsocket) -> None:
    async with socket.reader() as reader:
        volume = sum([float((await reader.recv())["q"]) for _ in range(MESSAGES)])
    print(f"{MESSAGES} trades of {volume:.5f} BTC altogether")


async def main() -> None:
    environment = Environment.local(URL) if URL else Environment.production
    async with AsyncClient(environment=environment) as client:
        manager = BinanceSocketManager(client)
        # One connection, and a bounded buffer for each reader: a slow one does not take messages from the other.
        async with manager.trade_socket("BTCUSDT") as socket:
            await asyncio.gather(watch_price(socket), add_up_volume(socket))


asyncio.run(main())
