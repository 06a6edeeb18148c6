"""Follow the current candle. Ends after 2 messages; python examples/kline.py [URL of another server]."""

import asyncio
import os
import sys

from binance import KLINE_INTERVAL_1MINUTE, AsyncClient, BinanceSocketManager, Environment

URL = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BINANCE_URL")


async def main() -> None:
    environment = Environment.local(URL) if URL else Environment.production
    async with AsyncClient(environment=environment) as client:
        manager = BinanceSocketManager(client)
        left = 2
        async with manager.kline_socket("BTCUSDT", interval=KLINE_INTERVAL_1MINUTE) as socket:
            async for message in socket:
                candle = message["k"]
                state = "closed" if candle["x"] else "open"
                print(f"{candle['i']} {state}: low {candle['l']} high {candle['h']} last {candle['c']}")
                left -= 1
                if left == 0:
                    break


asyncio.run(main())
