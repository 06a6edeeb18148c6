"""python-binance: `recv()` in a loop on a multiplex socket.

Its queue is raised from 100 messages: at its default the read loop ends with an error as soon as it fills.
"""

from bench.contender import Meter
from bench.messages import STREAMS
from binance import AsyncClient, BinanceSocketManager

LIBRARIES = ("python-binance", "websockets", "orjson")


async def receive(url: str, meter: Meter) -> None:
    """Await `recv()`; the client is only constructed, so no request is made."""
    client = AsyncClient()
    manager = BinanceSocketManager(client, max_queue_size=10_000_000)
    manager.STREAM_URL = url.replace("http", "ws", 1) + "/"
    async with manager.multiplex_socket(list(STREAMS)) as socket:
        meter.ready()
        await meter.pull(socket.recv)
    await client.close_connection()
