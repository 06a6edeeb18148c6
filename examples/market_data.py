"""Ask instead of listening: market data over REST. python examples/market_data.py [URL of another server]."""

import asyncio
import os
import sys

from binance import AsyncClient, BinanceAPIException, Environment

URL = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BINANCE_URL")


async def main() -> None:
    environment = Environment.local(URL) if URL else Environment.production
    async with await AsyncClient.create(environment=environment) as client:
        print(f"our clock is {-client.timestamp_offset} ms ahead of the exchange's")

        book = await client.get_order_book(symbol="BTCUSDT", limit=5)
        print("best bid", book["bids"][0], "best ask", book["asks"][0])

        for trade in await client.get_recent_trades(symbol="BTCUSDT", limit=3):
            print("trade", trade["id"], trade["price"], trade["qty"])

        for opened, first, high, low, last, *_ in await client.get_klines(symbol="BTCUSDT", interval="1h", limit=3):
            print("candle", opened, first, high, low, last)

        print("average price", (await client.get_avg_price(symbol="BTCUSDT"))["price"])

        try:
            await client.get_order_book(symbol="NOSUCHCOIN")
        except BinanceAPIException as error:
            print("refused:", error.code, error.message)


asyncio.run(main())
