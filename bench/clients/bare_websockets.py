"""websockets as a careful user calls it: bytes from `recv()`, decoded in C."""

import msgspec
import websockets

from bench.contender import Meter
from bench.messages import STREAMS

LIBRARIES = ("websockets", "msgspec")


async def receive(url: str, meter: Meter) -> None:
    """Await `recv()` and decode."""
    decode = msgspec.json.Decoder().decode
    target = url.replace("http", "ws", 1) + "/stream?streams=" + "/".join(STREAMS)
    async with websockets.connect(target) as socket:

        async def recv() -> object:
            return decode(await socket.recv(decode=False))

        meter.ready()
        await meter.pull(recv)
