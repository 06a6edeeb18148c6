"""Contract, clause 1: building things does no I/O, opening and closing the client, where the servers are."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from typing import Any

import pytest

from binance import AsyncClient, BinanceSocketManager, Environment
from tests.contract.common import Leaks, at_most, open_files, receive, trade
from tests.support.peer import Peer
from tests.support.wire import Server

URLS = {
    "API_URL": "https://api{}.binance.{}/api",
    "API_TESTNET_URL": "https://testnet.binance.vision/api",
    "API_DEMO_URL": "https://demo-api.binance.com/api",
    "MARGIN_API_URL": "https://api{}.binance.{}/sapi",
    "WEBSITE_URL": "https://www.binance.{}",
    "FUTURES_URL": "https://fapi.binance.{}/fapi",
    "FUTURES_TESTNET_URL": "https://testnet.binancefuture.com/fapi",
    "FUTURES_DATA_URL": "https://fapi.binance.{}/futures/data",
    "FUTURES_COIN_URL": "https://dapi.binance.{}/dapi",
    "OPTIONS_URL": "https://eapi.binance.{}/eapi",
    "PAPI_URL": "https://papi.binance.{}/papi",
    "WS_API_URL": "wss://ws-api.binance.{}/ws-api/v3",
    "WS_API_TESTNET_URL": "wss://ws-api.testnet.binance.vision/ws-api/v3",
    "WS_FUTURES_URL": "wss://ws-fapi.binance.{}/ws-fapi/v1",
}
STREAM_URLS = {
    "STREAM_URL": "wss://stream.binance.{}:9443/",
    "STREAM_TESTNET_URL": "wss://stream.testnet.binance.vision/",
    "STREAM_DEMO_URL": "wss://demo-stream.binance.com/",
    "FSTREAM_URL": "wss://fstream.binance.{}/",
    "FSTREAM_TESTNET_URL": "wss://fstream.binancefuture.com/",
    "DSTREAM_URL": "wss://dstream.binance.{}/",
    "DSTREAM_TESTNET_URL": "wss://dstream.binancefuture.com/",
}


async def one_trade(peer: Peer, n: int) -> None:
    await peer.send_text(trade(n))


def listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def environment(at: socket.socket) -> Environment:
    return Environment.local(f"http://127.0.0.1:{at.getsockname()[1]}")


def build(at: socket.socket) -> tuple[AsyncClient, BinanceSocketManager, Any]:
    client = AsyncClient(environment=environment(at))
    bm = BinanceSocketManager(client)
    return client, bm, bm.trade_socket("BNBBTC")


async def use(at: socket.socket, client: AsyncClient, stream: Any) -> None:
    async with (
        Server(one_trade, listener=at),
        client,
        stream,
    ):
        assert await client.ping() == {}
        assert await receive(stream) == trade(0)


# 1.1


def test_1_1_built_before_any_loop_runs() -> None:
    at = listener()
    before = open_files()
    client, _, stream = build(at)
    assert open_files() == before
    asyncio.run(use(at, client, stream))


def test_1_1_several_runs_each_with_new_objects() -> None:
    for _ in range(3):
        at = listener()
        client, _, stream = build(at)
        asyncio.run(use(at, client, stream))


def test_1_1_built_inside_one_loop_and_used_in_the_next() -> None:
    at = listener()

    async def only_build() -> Any:
        return build(at)

    client, _, stream = asyncio.run(only_build())
    asyncio.run(use(at, client, stream))


def test_1_1_built_in_another_thread() -> None:
    at = listener()
    built: list[Any] = []
    thread = threading.Thread(target=lambda: built.append(build(at)))
    thread.start()
    thread.join()
    client, _, stream = built[0]
    asyncio.run(use(at, client, stream))


def test_1_1_two_loops_in_two_threads_at_once() -> None:
    failures: list[BaseException] = []
    together = threading.Barrier(2)

    def run() -> None:
        try:
            at = listener()
            client, _, stream = build(at)
            together.wait(5)
            asyncio.run(use(at, client, stream))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


async def test_1_1_building_inside_a_loop_starts_nothing() -> None:
    async with Server() as server:
        leaks = Leaks()
        client = AsyncClient(environment=Environment.local(server.url))
        bm = BinanceSocketManager(client, max_queue_size=10)
        bm.trade_socket("BNBBTC")
        await asyncio.sleep(0.05)
        await leaks.none_left()
        assert server.connections == 0


async def test_1_1_what_was_built_and_never_used_needs_no_closing() -> None:
    client = AsyncClient()
    BinanceSocketManager(client).kline_socket("BNBBTC")
    await client.close_connection()


# 1.2


async def test_1_2_create_pings_and_measures_the_clock() -> None:
    async with Server() as server:
        ahead = {"serverTime": time.time_ns() // 1_000_000 + 60_000}
        server.routes["/api/v3/time"] = (200, ahead, {})
        client = await AsyncClient.create(environment=Environment.local(server.url))
        try:
            assert isinstance(client, AsyncClient)
            paths = [target.partition("?")[0] for _, target in server.requests]
            assert "/api/v3/ping" in paths
            assert "/api/v3/time" in paths
            assert abs(client.timestamp_offset - 60_000) < 2_000
        finally:
            await client.close_connection()


async def test_1_2_closing_twice_is_fine_and_leaves_nothing() -> None:
    async with Server() as server:
        leaks = Leaks()
        client = await AsyncClient.create(environment=Environment.local(server.url))
        await client.close_connection()
        await client.close_connection()
        await leaks.none_left()


async def test_1_2_closing_what_was_never_opened() -> None:
    await AsyncClient().close_connection()


async def test_1_2_async_with() -> None:
    async with Server() as server:
        leaks = Leaks()
        async with AsyncClient(environment=Environment.local(server.url)) as client:
            assert isinstance(client, AsyncClient)
            assert await client.ping() == {}
        await leaks.none_left()


async def test_1_2_async_with_lets_exceptions_through() -> None:
    async with Server() as server:
        leaks = Leaks()

        async def fail() -> None:
            async with AsyncClient(environment=Environment.local(server.url)) as client:
                await client.ping()
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        await leaks.none_left()


async def test_1_2_create_that_fails_leaves_nothing_open() -> None:
    async with Server(routes={"/api/v3/ping": (451, {"code": 0, "msg": "restricted location"}, {})}) as server:
        leaks = Leaks()
        with pytest.raises(Exception, match=r"(?s)451|restricted location"):
            await AsyncClient.create(environment=Environment.local(server.url))
        await leaks.none_left()


async def test_1_2_create_that_is_cancelled_leaves_nothing_open() -> None:
    silent = listener()
    leaks = Leaks()
    creating = asyncio.create_task(AsyncClient.create(environment=environment(silent)))
    await asyncio.sleep(0.1)
    creating.cancel()
    with at_most(0.5), pytest.raises(asyncio.CancelledError):
        await creating
    await leaks.none_left()
    silent.close()


# 1.3


def unnamed(url: str) -> str:
    """Drop the names of placeholders: `{tld}` says the same as `{}`."""
    return re.sub(r"\{\w*\}", "{}", url)


@pytest.mark.parametrize("name", URLS)
def test_1_3_url_attributes_of_the_client(name: str) -> None:
    assert unnamed(getattr(AsyncClient, name)) == URLS[name]
    assert isinstance(getattr(AsyncClient(), name), str)


@pytest.mark.parametrize("name", STREAM_URLS)
def test_1_3_url_attributes_of_the_manager(name: str) -> None:
    assert unnamed(getattr(BinanceSocketManager, name)) == STREAM_URLS[name]


async def test_1_3_api_url_on_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Server() as server:
        monkeypatch.setattr(AsyncClient, "API_URL", server.url + "/api")
        async with AsyncClient() as client:
            assert await client.ping() == {}
        assert ("GET", "/api/v3/ping") in server.requests


async def test_1_3_api_url_on_an_instance() -> None:
    async with Server() as server:
        client = AsyncClient()
        client.API_URL = server.url + "/relay/api"
        server.routes["/relay/api/v3/ping"] = (200, {}, {})
        async with client:
            assert await client.ping() == {}


async def test_1_3_api_url_of_a_subclass() -> None:
    async with Server() as server:

        class Relayed(AsyncClient):
            API_URL = server.url + "/api"

        async with Relayed() as client:
            assert await client.ping() == {}


async def test_1_3_placeholders_in_an_overridden_url_are_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Server(one_trade) as server:
        monkeypatch.setattr(AsyncClient, "API_URL", server.url + "/rest{}/{}/api")
        monkeypatch.setattr(BinanceSocketManager, "STREAM_URL", server.url.replace("http", "ws") + "/streams/{}/")
        server.routes["/rest/us/api/v3/ping"] = (200, {}, {})
        async with AsyncClient(tld="us") as client:
            assert await client.ping() == {}
            assert await first_path(server, BinanceSocketManager(client)) == "/streams/us/ws/bnbbtc@trade"


async def first_path(server: Server, bm: BinanceSocketManager) -> str:
    async with bm.trade_socket("BNBBTC") as stream:
        assert await receive(stream) == trade(0)
    return server.attempts[0].path


async def test_1_3_stream_url_on_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Server(one_trade) as server, AsyncClient() as client:
        monkeypatch.setattr(BinanceSocketManager, "STREAM_URL", server.url.replace("http", "ws") + "/")
        assert await first_path(server, BinanceSocketManager(client)) == "/ws/bnbbtc@trade"


async def test_1_3_stream_url_on_an_instance_with_a_path() -> None:
    async with Server(one_trade) as server, AsyncClient() as client:
        bm = BinanceSocketManager(client)
        bm.STREAM_URL = server.url.replace("http", "ws") + "/relay/spot/"
        assert await first_path(server, bm) == "/relay/spot/ws/bnbbtc@trade"


async def test_1_3_stream_url_without_a_slash_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Server(one_trade) as server, AsyncClient() as client:
        monkeypatch.setattr(BinanceSocketManager, "STREAM_URL", server.url.replace("http", "ws") + "/relay")
        assert await first_path(server, BinanceSocketManager(client)) == "/relay/ws/bnbbtc@trade"


async def test_1_3_stream_url_for_a_multiplex() -> None:
    async with Server(one_trade) as server, AsyncClient() as client:
        bm = BinanceSocketManager(client)
        bm.STREAM_URL = server.url.replace("http", "ws") + "/relay/"
        async with bm.multiplex_socket(["bnbbtc@trade", "ethbtc@trade"]):
            assert server.attempts[0].path == "/relay/stream?streams=bnbbtc@trade/ethbtc@trade"


@pytest.mark.parametrize("name", ["production", "testnet", "demo", "us"])
async def test_1_3_named_environments_are_one_argument(name: str) -> None:
    client = AsyncClient(environment=getattr(Environment, name))
    BinanceSocketManager(client).trade_socket("BNBBTC")
    await client.close_connection()


@pytest.mark.parametrize("end", ["", "/"])
async def test_1_3_a_local_environment_serves_rest_and_streams(end: str) -> None:
    async with Server(one_trade) as server:
        async with AsyncClient(environment=Environment.local(server.url + end)) as client:
            await client.ping()
            assert await first_path(server, BinanceSocketManager(client)) == "/ws/bnbbtc@trade"
        assert ("GET", "/api/v3/ping") in server.requests


@pytest.mark.parametrize("wrong", ["local", "http://127.0.0.1:8080", Environment])
def test_1_3_what_is_no_environment(wrong: Any) -> None:
    with pytest.raises(TypeError, match=r"^environment: .*Environment\.local\(url\)"):
        AsyncClient(environment=wrong)


def test_1_3_the_old_switches_still_build() -> None:
    AsyncClient(testnet=True)
    AsyncClient(tld="us")
    AsyncClient("key", "secret")
