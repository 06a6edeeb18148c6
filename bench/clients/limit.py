"""The limit: picows and the C decoder in the frame callback, nothing else. No client in Python can be faster."""

import ssl

import msgspec
import picows

from bench.contender import Meter
from bench.messages import STREAMS

LIBRARIES = ("picows", "msgspec")


async def receive(url: str, meter: Meter) -> None:
    """Decode and count in the callback."""
    decode = msgspec.json.Decoder().decode
    push = meter.push

    class Listener(picows.WSListener):
        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
            push(decode(frame.get_payload_as_memoryview()))

    target = url.replace("http", "ws", 1) + "/stream?streams=" + "/".join(STREAMS)
    context = ssl.create_default_context() if url.startswith("https") else None
    transport, _ = await picows.ws_connect(Listener, target, ssl_context=context)
    meter.ready()
    await meter.done.wait()
    transport.disconnect()
