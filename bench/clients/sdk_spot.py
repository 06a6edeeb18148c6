"""binance-sdk-spot, Binance's own: one callback per stream, messages parsed into its models."""

from typing import Any

from binance_common.configuration import ConfigurationWebSocketStreams  # type: ignore[import-not-found]
from binance_sdk_spot.spot import Spot  # type: ignore[import-not-found]
from binance_sdk_spot.websocket_streams.models import DiffBookDepthUpdateSpeedEnum  # type: ignore[import-not-found]

from bench.contender import Meter

LIBRARIES = ("binance-sdk-spot", "binance-common", "aiohttp", "pydantic")

SPEED = DiffBookDepthUpdateSpeedEnum.UPDATE_SPEED_100ms.value


def sent_at(message: Any) -> int:
    """The send time of a trade in the library's model."""
    return int(message.T)


async def receive(url: str, meter: Meter) -> None:
    """Subscribe to the three streams and count what the callbacks get."""
    configuration = ConfigurationWebSocketStreams(stream_url=url.replace("http", "ws", 1))
    client = Spot(config_ws_streams=configuration)
    streams = client.websocket_streams
    await streams.create_connection()
    for handle in (
        await streams.trade(symbol="btcusdt"),
        await streams.book_ticker(symbol="btcusdt"),
        await streams.diff_book_depth(symbol="btcusdt", update_speed=SPEED),
    ):
        handle.on("message", meter.push)
    meter.ready()
    await meter.done.wait()
