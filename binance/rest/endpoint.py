"""An endpoint of the exchange is a row: all that a call needs to know about it, and all that its documentation says."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

__all__ = ["Endpoint", "Security"]


class Security(StrEnum):
    """What a call must prove: nothing, an API key, or an API key and a signature ("Request Security")."""

    NONE = "NONE"
    MARKET_DATA = "MARKET_DATA"
    USER_STREAM = "USER_STREAM"
    SIGNED = "SIGNED"


class Endpoint(NamedTuple):
    """One endpoint. `family` names its address in `binance.hosts`; `weight` is text where it depends on parameters."""

    name: str
    verb: str
    family: str
    version: str
    path: str
    security: Security
    weight: int | str
    title: str
    link: str

    def url(self, base: str) -> str:
        """The URL below the address of its family."""
        return "/".join(filter(None, (base.rstrip("/"), self.version, self.path)))

    @property
    def doc(self) -> str:
        """The docstring of the method that calls it."""
        route = self.url(f"/{self.family}")
        facts = f"``{self.verb} {route}``, weight {self.weight}, security {self.security}."
        return f"{self.title}.\n\n{facts}\nSee {self.link}\n"
