"""unicorn-binance-websocket-api: its asyncio queue, dictionaries as output, as its README recommends."""

from typing import Any

from unicorn_binance_websocket_api import BinanceWebSocketApiManager  # type: ignore[import-not-found]

from bench.contender import Meter
from bench.messages import STREAMS

LIBRARIES = ("unicorn-binance-websocket-api", "websockets", "orjson")


async def receive(url: str, meter: Meter) -> None:
    """Take messages from the queue in the coroutine that the library runs in its own thread."""

    async def consume(stream_id: str | None = None) -> None:
        async def recv() -> Any:
            message = await manager.get_stream_data_from_asyncio_queue(stream_id)
            manager.asyncio_queue_task_done(stream_id)
            return message

        while "result" not in await recv():
            pass  # until the answer to its subscription, which the library hands to the user
        meter.ready()
        await meter.pull(recv)

    manager = BinanceWebSocketApiManager(
        exchange="binance.com",
        websocket_base_uri=url.replace("http", "ws", 1) + "/",
        output_default="dict",
        process_asyncio_queue=consume,
        warn_on_update=False,
    )
    manager.create_stream(channels=[stream.split("@", 1)[1] for stream in STREAMS], markets=["btcusdt"])
    await meter.done.wait()
    manager.stop_manager()
