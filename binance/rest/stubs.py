"""Writes the type stub of the bound methods: ``python -m binance.rest.stubs``; a test tells when it is out of date."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from textwrap import indent

from .endpoint import Endpoint
from .endpoints import ENDPOINTS

__all__ = ["ASYNC_STUB", "async_stub"]

ASYNC_STUB = Path(__file__).with_name("async_methods.pyi")

_HEAD = """\
# Written by `python -m binance.rest.stubs` from the rows of binance.rest.endpoints: change those.
from typing import Any

from .._json import Json

__all__ = ["AsyncMethods"]

class AsyncMethods:
"""


def async_stub(endpoints: Iterable[Endpoint]) -> str:
    """The text of `async_methods.pyi`."""
    return _HEAD + "\n".join(map(_method, endpoints))


def _method(row: Endpoint) -> str:
    docstring = indent(f'"""{row.doc}"""', " " * 8)
    return f"    async def {row.name}(self, /, **params: Any) -> Json:\n{docstring}\n"


if __name__ == "__main__":
    ASYNC_STUB.write_text(async_stub(ENDPOINTS.values()), encoding="utf-8")
