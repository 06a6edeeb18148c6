"""`AsyncClient` against a scripted server on loopback: what is sent, what errors become, what is left open."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import logging
import socket
import ssl
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import pytest
import trustme
from aiohttp import web

from binance.async_client import AsyncClient
from binance.exceptions import (
    BinanceAPIException,
    BinanceError,
    BinanceRateLimitException,
    BinanceRequestException,
    BinanceTimeoutException,
)
from binance.hosts import Environment
from binance.net.http import AiohttpSender, HttpCall
from binance.pipeline.throttle import Limits
from binance.rest.endpoints import ENDPOINTS

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

PATHS = {
    "ping": "/api/v3/ping",
    "get_server_time": "/api/v3/time",
    "get_exchange_info": "/api/v3/exchangeInfo",
    "get_order_book": "/api/v3/depth",
    "get_recent_trades": "/api/v3/trades",
    "get_historical_trades": "/api/v3/historicalTrades",
    "get_historical_block_trades": "/api/v3/historicalBlockTrades",
    "get_aggregate_trades": "/api/v3/aggTrades",
    "get_klines": "/api/v3/klines",
    "get_ui_klines": "/api/v3/uiKlines",
    "get_avg_price": "/api/v3/avgPrice",
    "get_ticker": "/api/v3/ticker/24hr",
    "v3_get_ticker_trading_day": "/api/v3/ticker/tradingDay",
    "get_symbol_ticker_window": "/api/v3/ticker",
    "get_symbol_ticker": "/api/v3/ticker/price",
    "get_orderbook_ticker": "/api/v3/ticker/bookTicker",
    "get_orderbook_tickers": "/api/v3/ticker/bookTicker",
    "get_reference_price": "/api/v3/referencePrice",
}


def answer(body: Any = None, status: int = 200, **headers: str) -> Answer:
    """Answer with JSON, or with text as it is."""
    text = body if isinstance(body, str) else json.dumps({} if body is None else body)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}

    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, headers=sent, content_type="application/json")

    return handler


async def hang_up(request: web.Request) -> web.StreamResponse:
    """End the connection without a word."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def keep_silent(_: web.Request) -> web.StreamResponse:
    """Never answer."""
    await asyncio.Event().wait()
    raise AssertionError


async def break_off(request: web.Request) -> web.StreamResponse:
    """End the connection in the middle of the body."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"a":')
    assert request.transport is not None
    request.transport.abort()
    return response


async def zip_up(_: web.Request) -> web.StreamResponse:
    response = web.json_response({"bids": [["0.1", "2"]] * 1000})
    response.enable_compression(web.ContentCoding.gzip)
    return response


class Exchange:
    """A server that gives the answers it was given, in order, and the last of them for ever."""

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self._answers: Iterator[Answer] = iter(answers or (answer(),))
        self._answer = next(self._answers)
        self._tls = tls
        self.asked = asyncio.Event()
        self.calls: list[web.Request] = []
        self.targets: list[str] = []
        self.connections: set[asyncio.BaseTransport] = set()

    async def __aenter__(self) -> Self:
        server = web.Server(self._handle, access_log=None, handler_cancellation=True)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await site.start()
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    def client(self, *args: Any, **options: Any) -> AsyncClient:
        return AsyncClient(*args, environment=Environment.local(self.url), **options)

    @property
    def open_connections(self) -> int:
        return sum(not transport.is_closing() for transport in self.connections)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        self.connections.add(request.transport)
        self.calls.append(request)  # type: ignore[arg-type]
        self.targets.append(f"{request.method} {request.raw_path}")
        if self.asked.is_set():
            self._answer = next(self._answers, self._answer)
        self.asked.set()
        return await self._answer(request)  # type: ignore[arg-type]


# What is sent


def test_the_table_is_complete() -> None:
    assert set(PATHS) == set(ENDPOINTS)


@pytest.mark.parametrize("name", PATHS)
async def test_every_endpoint(name: str) -> None:
    async with Exchange(answer([1, {"p": "0.10"}])) as exchange, exchange.client() as client:
        method = getattr(client, name)
        assert await method() == [1, {"p": "0.10"}]
        await method(symbol="BNBBTC", limit=5, fromId=None)
        await client.call(name, symbol="BNBBTC")
    path = PATHS[name]
    assert exchange.targets == [f"GET {path}", f"GET {path}?symbol=BNBBTC&limit=5", f"GET {path}?symbol=BNBBTC"]


async def test_parameters_go_out_encoded_as_they_are() -> None:
    async with Exchange() as exchange, exchange.client() as client:
        await client.get_ticker(symbols=["BTCUSDT", "币安"], x=1e-7, flag=True, text="a b&c=d+e")
    assert exchange.targets == [
        "GET /api/v3/ticker/24hr?symbols=%5B%22BTCUSDT%22%2C%22%E5%B8%81%E5%AE%89%22%5D"
        "&x=0.0000001&flag=true&text=a%20b%26c%3Dd%2Be"
    ]


async def test_headers() -> None:
    async with Exchange() as exchange:
        async with exchange.client() as plain:
            await plain.ping()
        options: dict[str, Any] = {"time_unit": "microsecond", "requests_params": {"headers": {"X-Own": "1"}}}
        async with exchange.client("KEY", **options) as dressed:
            await dressed.ping(requests_params={"headers": {"X-Own": "2"}})
            await dressed.ping()
    first, second, third = (call.headers for call in exchange.calls)
    assert first["User-Agent"].startswith("binance-sockets/")
    assert "gzip" in first["Accept-Encoding"]
    assert not {"X-MBX-APIKEY", "X-MBX-TIME-UNIT"} & set(first)
    assert (second["X-MBX-APIKEY"], second["X-MBX-TIME-UNIT"], second["X-Own"]) == ("KEY", "MICROSECOND", "2")
    assert third["X-Own"] == "1"
    assert exchange.targets[1] == "GET /api/v3/ping"


async def test_an_unknown_endpoint_is_named() -> None:
    with pytest.raises(ValueError, match="'get_rich' is no endpoint"):
        await AsyncClient().call("get_rich")


async def test_one_connection_serves_many_calls() -> None:
    async with Exchange() as exchange, exchange.client() as client:
        for _ in range(5):
            await client.ping()
        assert len(exchange.connections) == 1


@pytest.mark.parametrize(
    "options",
    [
        lambda url: {"https_proxy": url},
        lambda url: {"requests_params": {"proxies": {"https": url}}},
        lambda url: {"requests_params": {"proxy": url}},
    ],
)
async def test_calls_go_through_a_proxy(options: Callable[[str], dict[str, Any]]) -> None:
    async with Exchange() as proxy:
        local = Environment.local("http://exchange.invalid")
        async with AsyncClient(environment=local, **options(proxy.url)) as client:
            assert await client.ping() == {}
    assert proxy.targets == ["GET http://exchange.invalid/api/v3/ping"]


async def test_session_params_reach_the_session() -> None:
    async with Exchange() as exchange, exchange.client(session_params={"headers": {"X-Session": "1"}}) as client:
        await client.ping()
    assert exchange.calls[0].headers["X-Session"] == "1"


async def test_tls_with_a_certificate_of_ones_own() -> None:
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    async with Exchange(tls=theirs) as exchange:
        async with exchange.client(ssl=ours) as client:
            assert client.ssl is ours
            assert await client.ping() == {}
        async with exchange.client() as stranger:
            assert stranger.ssl is None
            with pytest.raises(BinanceRequestException, match="certificate"):
                await stranger.ping()
        async with exchange.client(requests_params={"verify": False}) as trusting:
            assert await trusting.ping() == {}


# What comes back


async def test_compressed_replies() -> None:
    async with Exchange(zip_up) as exchange, exchange.client() as client:
        assert len((await client.get_order_book(symbol="A"))["bids"]) == 1000


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (400, {"code": -1121, "msg": "Invalid symbol."}, -1121, "Invalid symbol."),
        (401, {"code": -2015, "msg": "Invalid API-key."}, -2015, "Invalid API-key."),
        (403, "<html><head><title>403 Forbidden</title></head><body>no</body></html>", 0, "HTTP 403: 403 Forbidden"),
        (404, "", 0, "HTTP 404: empty body"),
        (451, {"code": 0, "msg": "restricted location"}, 0, "restricted location"),
        (302, "", 0, "HTTP 302: empty body"),
        (500, {"code": -1000, "msg": "An unknown error occurred."}, -1000, "An unknown error occurred."),
        (503, "<title>503</title>", 0, "HTTP 503: 503"),
    ],
)
async def test_error_statuses(status: int, body: Any, code: int, words: str) -> None:
    async with Exchange(answer(body, status, Location="/elsewhere", X_Own="1")) as exchange:
        async with exchange.client() as client:
            with pytest.raises(BinanceAPIException) as caught:
                await client.get_order_book(symbol="A")
        error = caught.value
        assert (error.status_code, error.code) == (status, code)
        assert error.message.endswith(words)
        assert error.response.headers["x-own"] == "1"
        assert repr(error.request) == f"GET {exchange.url}/api/v3/depth?symbol=A"
        assert len(exchange.calls) == 1


@pytest.mark.parametrize("body", ["", "<html>maintenance</html>", "{"])
async def test_a_success_that_is_not_json(body: str) -> None:
    async with Exchange(answer(body)) as exchange, exchange.client() as client:
        with pytest.raises(BinanceRequestException, match="Invalid Response"):
            await client.ping()


async def test_symbol_info() -> None:
    info = {"symbols": [{"symbol": "ETHBTC"}, {"symbol": "BNBBTC", "status": "TRADING"}]}
    unknown = answer({"code": -1121, "msg": "Invalid symbol."}, 400)
    broken = answer({"code": -1000, "msg": "Unknown."}, 500)
    async with Exchange(answer(info), answer(info), unknown, broken) as exchange, exchange.client() as client:
        assert await client.get_symbol_info("bnbbtc") == {"symbol": "BNBBTC", "status": "TRADING"}
        assert await client.get_symbol_info("XRPBTC") is None
        assert await client.get_symbol_info("NONE") is None
        with pytest.raises(BinanceAPIException):
            await client.get_symbol_info("BNBBTC")
    assert exchange.targets[0] == "GET /api/v3/exchangeInfo?symbol=BNBBTC"


async def test_all_tickers_are_a_list() -> None:
    async with Exchange(answer([{"symbol": "A"}]), answer({"symbol": "A"})) as exchange, exchange.client() as client:
        assert await client.get_all_tickers() == [{"symbol": "A"}]
        assert await client.get_all_tickers("A") == [{"symbol": "A"}]
    assert exchange.targets == ["GET /api/v3/ticker/price", "GET /api/v3/ticker/price?symbol=A"]


# Time and trouble


@pytest.mark.parametrize("how", ["class", "client", "pair", "call"])
async def test_no_answer_in_time(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "class":
        monkeypatch.setattr(AsyncClient, "REQUEST_TIMEOUT", 0.05)
    of_client = {"client": {"timeout": 0.05}, "pair": {"timeout": (0.02, 0.03)}}.get(how)
    of_call = {"requests_params": {"timeout": 0.05}} if how == "call" else {}
    async with Exchange(keep_silent) as exchange, exchange.client(requests_params=of_client) as client:
        with pytest.raises(BinanceTimeoutException, match=r"no answer within 0\.05 s to GET .*/ping$") as caught:
            await client.ping(**of_call)
        assert isinstance(caught.value, TimeoutError)
        assert len(exchange.calls) == 1


async def test_nobody_there() -> None:
    async with Exchange() as exchange:
        client = exchange.client()
    async with client:
        with pytest.raises(BinanceRequestException, match="Cannot connect") as caught:
            await client.ping()
    assert not isinstance(caught.value, BinanceTimeoutException)
    assert isinstance(caught.value.__cause__, OSError)


async def test_a_reply_that_breaks_off() -> None:
    async with Exchange(break_off) as exchange, exchange.client() as client:
        with pytest.raises(BinanceRequestException):
            await client.ping()


async def test_a_get_over_a_dropped_connection_is_repeated_once() -> None:
    async with Exchange(answer(), hang_up, answer([1])) as exchange, exchange.client() as client:
        await client.ping()
        assert await client.get_recent_trades(symbol="A") == [1]
        assert len(exchange.calls) == 3


async def test_a_get_is_not_repeated_for_ever() -> None:
    async with Exchange(answer(), hang_up) as exchange, exchange.client() as client:
        await client.ping()
        with pytest.raises(BinanceRequestException):
            await client.ping()
        assert len(exchange.calls) == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_what_changes_something_is_sent_once(method: str) -> None:
    async with Exchange(answer(), hang_up) as exchange:
        sender = AiohttpSender()
        await sender.send(HttpCall("GET", exchange.url))
        with pytest.raises(BinanceRequestException):
            await sender.send(HttpCall(method, exchange.url, body="a=1"))
        assert len(exchange.calls) == 2
        await sender.aclose()


async def test_a_call_can_be_cancelled() -> None:
    async with Exchange(keep_silent) as exchange, exchange.client() as client:
        call = asyncio.create_task(client.ping())
        await exchange.asked.wait()
        call.cancel()
        async with asyncio.timeout(1):
            with pytest.raises(asyncio.CancelledError):
                await call


async def test_closing_ends_the_calls_that_wait() -> None:
    async with Exchange(keep_silent) as exchange, exchange.client() as client:
        call = asyncio.create_task(client.ping())
        await exchange.asked.wait()
        await client.close_connection()
        async with asyncio.timeout(1):
            with pytest.raises(BinanceRequestException):
                await call
        assert len(exchange.calls) == 1


# Limits


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_used_weight_is_known() -> None:
    counted = answer({}, x_mbx_used_weight_1m="42", x_mbx_used_weight="42")
    async with Exchange(counted) as exchange, exchange.client() as client:
        assert dict(client.limits) == {}
        await client.ping()
        assert client.limits["used-weight-1m"] == 42


@pytest.mark.parametrize("status", [429, 418])
async def test_after_a_refusal_nothing_is_sent_until_its_time_is_over(status: int) -> None:
    refusal = answer({"code": -1003, "msg": "Way too much."}, status, Retry_After="30")
    clock = Clock()
    async with Exchange(refusal, answer()) as exchange, exchange.client() as client:
        client.limits = Limits(prefix="x-mbx-", silencing={429: 1, 418: 1}, clock=clock)
        with pytest.raises(BinanceRateLimitException) as caught:
            await client.ping()
        assert (caught.value.status_code, caught.value.code, caught.value.retry_after) == (status, -1003, 30)
        clock.now = 29.0
        with pytest.raises(BinanceRateLimitException) as caught:
            await client.get_order_book(symbol="A")
        assert (caught.value.status_code, caught.value.retry_after) == (status, 1)
        assert len(exchange.calls) == 1
        async with exchange.client() as other:
            await other.ping()
        clock.now = 30.0
        assert await client.ping() == {}


async def test_a_refusal_without_retry_after_silences_too() -> None:
    async with Exchange(answer("<html>", 429)) as exchange, exchange.client() as client:
        for _ in range(3):
            with pytest.raises(BinanceRateLimitException):
                await client.ping()
        assert len(exchange.calls) == 1


# Opening and closing


async def test_create_measures_the_clock_with_half_the_round_trip() -> None:
    async def tell_time(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        now = time.time()
        await asyncio.sleep(0.2)
        return web.json_response({"serverTime": int(now * 1000) + 60_000})

    async with Exchange(answer(), tell_time) as exchange:
        client = await AsyncClient.create(environment=Environment.local(exchange.url))
        await client.close_connection()
    assert exchange.targets == ["GET /api/v3/ping", "GET /api/v3/time"]
    assert abs(client.timestamp_offset - 60_000) < 150


async def test_create_understands_microseconds() -> None:
    ahead = answer({"serverTime": int(time.time() * 1_000_000) + 60_000_000})
    async with Exchange(answer(), ahead) as exchange:
        client = await AsyncClient.create(environment=Environment.local(exchange.url), time_unit="MICROSECOND")
        await client.close_connection()
    assert abs(client.timestamp_offset - 60_000) < 5_000


@pytest.mark.parametrize("answers", [(answer("", 503),), (answer(), answer("", 503)), (answer(), answer("not JSON"))])
async def test_create_that_fails_leaves_nothing_open(answers: tuple[Answer, ...]) -> None:
    async with Exchange(*answers) as exchange:
        with pytest.raises(BinanceError):
            await AsyncClient.create(environment=Environment.local(exchange.url))
        await no_connection(exchange)


async def test_closing_leaves_nothing_open_and_may_be_repeated() -> None:
    async with Exchange() as exchange:
        client = exchange.client()
        await client.close_connection()
        await client.ping()
        assert exchange.open_connections == 1
        await client.close_connection()
        await client.close_connection()
        await no_connection(exchange)
        async with client:
            await client.ping()
        await no_connection(exchange)


async def no_connection(exchange: Exchange) -> None:
    async with asyncio.timeout(2):
        while exchange.open_connections:  # noqa: ASYNC110 - nothing tells of a connection's end
            await asyncio.sleep(0.001)


def test_the_same_client_in_a_second_run() -> None:
    async def run(client: AsyncClient | None, close: bool) -> AsyncClient:
        # Without keep-alive, the first run leaves no connection that its loop would have to close.
        async with Exchange(answer({}, Connection="close")) as exchange:
            client = client or exchange.client()
            client.API_URL = f"{exchange.url}/api"
            assert await client.ping() == {}
            if close:
                await client.close_connection()
        return client

    client = asyncio.run(run(None, close=False))
    asyncio.run(run(client, close=True))
    asyncio.run(run(client, close=True))


async def test_a_client_is_not_shared_between_two_open_loops() -> None:
    async with Exchange() as exchange, exchange.client() as client:
        await client.ping()
        other = asyncio.to_thread(lambda: asyncio.run(client.ping()))
        with pytest.raises(RuntimeError, match="another event loop that is still open"):
            await other
        assert await client.ping() == {}


# Options


def test_create_takes_what_the_constructor_takes() -> None:
    def parameters(of: Callable[..., Any]) -> dict[str, Any]:
        return {name: (p.default, p.kind) for name, p in inspect.signature(of).parameters.items() if name != "self"}

    assert parameters(AsyncClient.create) == parameters(AsyncClient)
    assert list(parameters(AsyncClient))[:14] == [
        "api_key",
        "api_secret",
        "requests_params",
        "tld",
        "base_endpoint",
        "testnet",
        "demo",
        "loop",
        "session_params",
        "private_key",
        "private_key_pass",
        "https_proxy",
        "time_unit",
        "verbose",
    ]


async def test_create_passes_every_option_on() -> None:
    async with Exchange(answer(), answer({"serverTime": 1})) as exchange:
        own = ssl.create_default_context()
        client = await AsyncClient.create(
            "KEY",
            "SECRET",
            requests_params={"headers": {"X-Own": "1"}},
            session_params={"headers": {"X-Session": "1"}},
            private_key=Path("key.pem"),
            private_key_pass="PASS",
            https_proxy=exchange.url,
            time_unit="MILLISECOND",
            environment=Environment.local("http://exchange.invalid"),
            ssl=own,
        )
        await client.close_connection()
    assert ("KEY", "SECRET", Path("key.pem")) == (client.API_KEY, client.API_SECRET, client.PRIVATE_KEY)
    assert (client.https_proxy, client.TIME_UNIT, client.ssl) == (exchange.url, "MILLISECOND", own)
    assert exchange.targets[0].startswith("GET http://exchange.invalid/")
    assert {"X-Own", "X-Session", "X-MBX-APIKEY"} <= set(exchange.calls[0].headers)


def test_loop_is_accepted_and_warned_about() -> None:
    with (
        pytest.warns(DeprecationWarning, match="loop=") as caught,
        contextlib.closing(asyncio.new_event_loop()) as loop,
    ):
        AsyncClient(loop=loop)
    assert Path(caught[0].filename) == Path(__file__)


async def test_the_warning_of_create_shows_the_users_line_too() -> None:
    with pytest.warns(DeprecationWarning, match="loop=") as caught, pytest.raises(BinanceRequestException):
        await AsyncClient.create(loop=asyncio.get_running_loop(), environment=Environment.local("http://127.0.0.1:1"))
    assert Path(caught[0].filename) == Path(__file__)


@pytest.mark.parametrize("unit", ["SECOND", "ms", ""])
def test_a_time_unit_that_is_none(unit: str) -> None:
    with pytest.raises(ValueError, match=r"^time_unit: .*MILLISECOND, MICROSECOND"):
        AsyncClient(time_unit=unit)


def test_verbose_raises_one_logger() -> None:
    logger = logging.getLogger("binance.rest")
    before = logger.level
    try:
        AsyncClient(verbose=True)
        assert logger.level == logging.DEBUG
        assert not logger.handlers
    finally:
        logger.setLevel(before)


# Secrets

SECRETS = ("KEY-1", "SECRET-2", "PRIVATE-3", "PASSWORD-4", "SIGNATURE-5", "LISTEN-6", "TOKEN-7")


@pytest.mark.parametrize(
    "trouble",
    [
        answer(),
        answer({"code": -1, "msg": "no"}, 400),
        answer("<p>", 200),
        answer("", 429),
        hang_up,
        break_off,
        keep_silent,
    ],
)
async def test_secrets_are_never_told(trouble: Answer, caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    with caplog.at_level(logging.DEBUG, "binance"):
        async with (
            Exchange(trouble) as exchange,
            exchange.client(*SECRETS[:2], private_key=SECRETS[2], private_key_pass=SECRETS[3]) as client,
        ):
            told += [repr(client), str(client), repr(client.limits)]
            try:
                await client.get_order_book(
                    symbol="SHOWN",
                    signature=SECRETS[4],
                    listenKey=SECRETS[5],
                    listenToken=SECRETS[6],
                    requests_params={"timeout": 0.1},
                )
            except BinanceError as error:
                told += [*traceback.format_exception(error), repr(error)]
                told += [repr(getattr(error, fact, None)) for fact in ("response", "request")]
    told += [record.getMessage() for record in caplog.records]
    text = "\n".join(told)
    assert "SHOWN" in text
    assert [secret for secret in SECRETS if secret in text] == []


async def test_a_server_that_speaks_no_http_learns_and_tells_no_secret() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"GARBAGE\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with AsyncClient(SECRETS[0], environment=Environment.local(f"http://127.0.0.1:{port}")) as client:
            with pytest.raises(BinanceRequestException) as caught:
                await client.ping(signature=SECRETS[4])
    text = "".join(traceback.format_exception(caught.value))
    assert "signature=***" in text
    assert [secret for secret in SECRETS if secret in text] == []


async def test_a_connection_that_is_never_ready_tells_no_secret() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"https://127.0.0.1:{deaf.getsockname()[1]}"
        hasty = {"timeout": aiohttp.ClientTimeout(sock_connect=0.01)}
        async with AsyncClient(environment=Environment.local(url), session_params=hasty) as client:
            with pytest.raises(BinanceTimeoutException) as caught:
                await client.ping(signature=SECRETS[4], requests_params={"timeout": 0.1})
    assert SECRETS[4] not in "".join(traceback.format_exception(caught.value))
