"""From Python values to the texts that the exchange takes.

Times are milliseconds, numbers are written out, lists are JSON ("General Information on Endpoints" of rest-api.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

__all__ = ["as_params", "as_text"]


def as_params(params: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The parameters that go out, in the given order: all that are not None. ValueError for infinity and NaN."""
    return tuple((name, as_text(name, value)) for name, value in params.items() if value is not None)


def as_text(name: str, value: Any) -> str:
    """`value` as the exchange reads it: ``true``/``false``, never ``1e-07``, lists and dicts as compact JSON."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return value
    if isinstance(value, (list, tuple, dict)):
        return _as_json(name, value)
    return _scalar(name, value)


def _scalar(name: str, value: Any) -> str:
    if isinstance(value, Enum):
        return _scalar(name, value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        value = Decimal(float.__repr__(value))
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{name}: {value} is no number that an exchange takes")
        return f"{value:f}"
    return str(value)


def _as_json(name: str, value: Any) -> str:
    if isinstance(value, Enum):
        return _as_json(name, value.value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return f"[{','.join(_as_json(name, item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{','.join(f'{_as_json(name, str(key))}:{_as_json(name, item)}' for key, item in value.items())}}}"
    return "null" if value is None else _scalar(name, value)
