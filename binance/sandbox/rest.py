"""The REST side of the local exchange: `/api/v3`, with weights, error bodies and units of time as on the real one.

The endpoints themselves are rows of tables (`market_data`); this file is what they have in common.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from aiohttp import web

from . import params
from .endpoint import Call, Endpoint
from .errors import ApiError
from .market import Market
from .market_data import MARKET_DATA
from .weights import Weights

_UNITS = {"MILLISECOND": 1000, "MICROSECOND": 1}


def _wall_clock() -> int:
    return time.time_ns() // 1000


def routes(
    market: Market | None, *, weight_per_minute: int = 6000, clock: Callable[[], int] = _wall_clock
) -> list[web.RouteDef]:
    """The routes to add to an aiohttp application.

    Without a market (a replay) nothing is listed. `clock` tells microseconds since 1970; it dates the server's time and
    the minutes of the request weights, while market data is dated by the market.
    """
    weights = Weights(weight_per_minute)
    return [
        web.get(f"/api/v3/{path}", _Answering(endpoint, market, weights, clock).handle)
        for path, endpoint in MARKET_DATA.items()
    ]


class _Answering:
    """What one endpoint answers, as an aiohttp handler."""

    def __init__(self, endpoint: Endpoint, market: Market | None, weights: Weights, clock: Callable[[], int]) -> None:
        self._endpoint = endpoint
        self._market = market
        self._weights = weights
        self._clock = clock

    async def handle(self, request: web.Request) -> web.Response:
        now = self._clock()
        client = request.remote or ""
        try:
            status, body, headers = 200, self._answer(request, client, now), {}
        except ApiError as error:
            status, body, headers = error.status, {"code": error.code, "msg": error.message}, error.headers
        used = str(self._weights.used(client, now))
        return web.Response(
            text=json.dumps(body, separators=(",", ":")),
            status=status,
            content_type="application/json",
            charset="UTF-8",
            headers={**headers, "x-mbx-used-weight": used, "x-mbx-used-weight-1m": used},
        )

    def _answer(self, request: web.Request, client: str, now: int) -> Any:
        weight, call = self._read(request, now)
        self._weights.charge(client, weight, now)
        if isinstance(call, ApiError):
            raise call
        return self._endpoint.answer(call)

    def _read(self, request: web.Request, now: int) -> tuple[int, Call | ApiError]:
        """The weight of a request and the call it makes, or why it makes none: what cannot be read weighs 1."""
        try:
            args = params.read(request.query.items(), self._endpoint.params)
            unit = _unit(request.headers.get("X-MBX-TIME-UNIT", "MILLISECOND"))
        except ApiError as refusal:
            return 1, refusal
        listed, known_until = (self._market.listings, self._market.now_us) if self._market else ({}, now)
        call = Call(listed, known_until, now, args, unit, self._weights.per_minute)
        return self._endpoint.weigh(args), call


def _unit(name: str) -> int:
    """How many microseconds make one unit of the times in the reply."""
    if name.upper() not in _UNITS:
        raise ApiError(-1194, "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.")
    return _UNITS[name.upper()]
