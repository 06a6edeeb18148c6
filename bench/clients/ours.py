"""This package, all defaults: `recv()` in a loop on a multiplex socket."""

from bench.contender import Meter
from bench.messages import STREAMS
from binance import AsyncClient, BinanceSocketManager, Environment

LIBRARIES = ("picows", "msgspec")


async def receive(url: str, meter: Meter) -> None:
    """Await `recv()`."""
    async with AsyncClient(environment=Environment.local(url)) as client:
        manager = BinanceSocketManager(client)
        async with manager.multiplex_socket(list(STREAMS)) as socket:
            meter.ready()
            await meter.pull(socket.recv)
