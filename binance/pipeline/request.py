"""A request: what a caller wants of a server, before it becomes the bytes of an `HttpCall`; and who may be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from .._json import Json
from ..net.http import HttpCall, hide_secrets

__all__ = ["Caller", "Request", "percent_encode"]


def percent_encode(pairs: tuple[tuple[str, str], ...]) -> str:
    """``name=value&...`` in the given order, everything but letters, digits and ``-._~`` as UTF-8 percent escapes."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One request in plain words. `params` are texts, in the order in which they go out; `timeout` in seconds."""

    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The server, as `host` or `host:port`: limits are counted by it."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def to_call(self) -> HttpCall:
        """The call to send: parameters of a GET in the query string, of everything else as a form in the body."""
        encoded = percent_encode(self.params)
        if self.method == "GET":
            return HttpCall(self.method, self.url, encoded, "", self.headers, self.timeout, self.options)
        headers = {**self.headers, "Content-Type": "application/x-www-form-urlencoded"}
        return HttpCall(self.method, self.url, "", encoded, headers, self.timeout, self.options)

    def __repr__(self) -> str:
        return f"{self.method} {self.url} {hide_secrets(percent_encode(self.params))}".rstrip()


class Caller(Protocol):
    """Whoever calls an exchange's endpoints by name: what sockets know of a client."""

    async def call(self, name: str, /, **params: Any) -> Json: ...
