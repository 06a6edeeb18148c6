"""Every endpoint, family by family; `ENDPOINTS` finds a row by the name of its method."""

from __future__ import annotations

from collections.abc import Mapping

from ..endpoint import Endpoint
from .spot import SPOT

__all__ = ["ENDPOINTS"]

ENDPOINTS: Mapping[str, Endpoint] = {row.name: row for row in SPOT}
