"""aiohttp as a careful user calls it: `receive()`, decoded in C."""

import aiohttp
import msgspec

from bench.contender import Meter
from bench.messages import STREAMS

LIBRARIES = ("aiohttp", "msgspec")


async def receive(url: str, meter: Meter) -> None:
    """Await `receive()` and decode."""
    decode = msgspec.json.Decoder().decode
    target = url + "/stream?streams=" + "/".join(STREAMS)
    async with aiohttp.ClientSession() as session, session.ws_connect(target, decode_text=False) as socket:

        async def recv() -> object:
            return decode((await socket.receive()).data)

        meter.ready()
        await meter.pull(recv)
