"""The endpoints as coroutine methods. Editors and type checkers read the `.pyi`, which `binance.rest.stubs` writes."""

from __future__ import annotations

from .bind import bind_async
from .endpoints import ENDPOINTS

__all__ = ["AsyncMethods"]


class AsyncMethods:
    """A method for each row of `binance.rest.endpoints`, for a class that is a `Caller`."""


bind_async(AsyncMethods, ENDPOINTS.values())
