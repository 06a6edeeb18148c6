"""Rows become methods that say what they are."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from binance.async_client import AsyncClient
from binance.rest.async_methods import AsyncMethods
from binance.rest.bind import bind_async
from binance.rest.endpoint import Endpoint, Security
from binance.rest.endpoints import ENDPOINTS
from binance.rest.stubs import ASYNC_STUB, async_stub


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_row_is_a_coroutine_method(name: str) -> None:
    method = getattr(AsyncClient, name)
    assert inspect.iscoroutinefunction(method)
    assert method.__qualname__ == f"AsyncMethods.{name}"
    assert method.__module__ == AsyncMethods.__module__
    row = ENDPOINTS[name]
    assert f"``{row.verb} /{row.family}/{row.version}/{row.path}``, weight {row.weight}" in method.__doc__
    assert "https://" in method.__doc__


async def test_any_parameter_name_reaches_the_call() -> None:
    class Recorder:
        async def call(self, name: str, /, **params: Any) -> Any:
            return name, params

    bind_async(Recorder, [Endpoint("thing", "GET", "api", "v3", "thing", Security.NONE, 1, "Thing", "")])
    method: Any = Recorder().thing  # type: ignore[attr-defined]
    assert await method(self=1, name=2, row=3) == ("thing", {"self": 1, "name": 2, "row": 3})


def test_the_stub_is_fresh() -> None:
    assert ASYNC_STUB.read_text(encoding="utf-8") == async_stub(ENDPOINTS.values()), "run python -m binance.rest.stubs"
