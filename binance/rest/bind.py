"""From rows to methods: what a class needs so that every endpoint is a method of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from .._json import Json
from ..pipeline.request import Caller
from .endpoint import Endpoint

__all__ = ["bind_async"]


def bind_async(owner: type, endpoints: Iterable[Endpoint]) -> None:
    """Give `owner`, a `Caller`, one coroutine method for each endpoint."""
    for row in endpoints:
        setattr(owner, row.name, _async_method(owner, row))


def _async_method(owner: type, row: Endpoint) -> Callable[..., Coroutine[Any, Any, Json]]:
    async def method(self: Caller, /, **params: Any) -> Json:
        return await self.call(row.name, **params)

    method.__name__ = row.name
    method.__qualname__ = f"{owner.__qualname__}.{row.name}"
    method.__module__ = owner.__module__
    method.__doc__ = row.doc
    return method
