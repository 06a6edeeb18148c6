"""Without `async with`: for programs whose sockets live as long as an object of theirs, not as long as a block.

Ends after 5 messages; python examples/by_hand.py [URL of another server].
"""

import asyncio
import os
import sys
from typing import Any

from binance import AsyncClient, BinanceSocketManager, Environment

URL = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BINANCE_URL")


class BestPrices:
    """Best bid and ask of one symbol."""

    def __init__(self, symbol: str) -> None:
        # Nothing of this connects, nor needs an event loop.
        self._client = AsyncClient(environment=Environment.local(URL) if URL else Environment.production)
        self._socket = BinanceSocketManager(self._client).symbol_book_ticker_socket(symbol)

    async def start(self) -> None:
        await self._socket.__aenter__()

    async def next(self) -> Any:
        return await self._socket.recv()

    async def stop(self) -> None:
        await self._socket.__aexit__()
        await self._client.close_connection()


async def main() -> None:
    prices = BestPrices("BTCUSDT")
    await prices.start()
    for _ in range(5):
        best = await prices.next()
        print(f"bid {best['b']} ask {best['a']}")
    await prices.stop()


asyncio.run(main())
