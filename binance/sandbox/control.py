"""What a client may ask on a stream connection, and the answers (web-socket-streams.md, "Live Subscribing").

SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY and GET_PROPERTY.  Errors have the shape seen on the wire,
`{"error":{"code":2,"msg":"..."},"id":1}`; the flat shape of the document, where only code 0 shows an id, is a setting.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from . import names
from .bus import compact

_ID = re.compile(r"[0-9A-Za-z_-]{1,36}")
_UNKNOWN_ID = object()


class Session(Protocol):
    """The part of a connection that requests read and change."""

    combined: bool

    @property
    def streams(self) -> Sequence[str]: ...

    def subscribe(self, streams: Sequence[str]) -> None: ...

    def unsubscribe(self, streams: Sequence[str]) -> None: ...


class Refused(Exception):
    def __init__(self, code: int, msg: str) -> None:
        super().__init__(code, msg)
        self.code = code
        self.msg = msg


def answer(text: str, session: Session, *, limit: int, flat: bool = False) -> str:
    """Carry out one request and give the reply's text; `limit` is how many streams a connection may have."""
    ident: Any = _UNKNOWN_ID
    try:
        request = _parse(text)
        ident = _id_of(request)
        result = _METHODS[request["method"]](request.get("params"), session, limit)
    except Refused as refused:
        return _error(refused, ident, flat)
    return compact({"result": result, "id": ident})


def _error(refused: Refused, ident: Any, flat: bool) -> str:
    facts = {"code": refused.code, "msg": refused.msg}
    body: dict[str, Any] = facts if flat else {"error": facts}
    if ident is not _UNKNOWN_ID and (not flat or refused.code == 0):
        body["id"] = ident
    return compact(body)


def _parse(text: str) -> dict[str, Any]:
    try:
        request = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, column = (error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else (1, 1)
        raise Refused(3, f"Invalid JSON: expected value at line {line} column {column}") from error
    if not isinstance(request, dict) or "method" not in request:
        raise Refused(2, f"Invalid request: missing field `method` at {_end_of(text)}")
    method = request["method"]
    if not isinstance(method, str) or method not in _METHODS:
        shown = str(method).encode(errors="replace").decode()  # JSON may hold half a surrogate pair, a frame may not
        known = ", ".join(f"`{name}`" for name in _METHODS)
        where = _end_of(text[: text.find(shown) + len(shown) + 1])
        raise Refused(2, f"Invalid request: unknown variant {shown}, expected one of {known} at {where}")
    return request


def _end_of(text: str) -> str:
    lines = text.split("\n")
    return f"line {len(lines)} column {len(lines[-1])}"


def _id_of(request: dict[str, Any]) -> int | str | None:
    ident = request.get("id", _UNKNOWN_ID)
    if ident is None:
        return None
    if isinstance(ident, int) and not isinstance(ident, bool) and -(2**63) <= ident < 2**63:
        return ident
    if isinstance(ident, str) and _ID.fullmatch(ident):
        return ident
    raise Refused(2, "Invalid request: request ID must be an unsigned integer")


def _subscribe(params: Any, session: Session, limit: int) -> None:
    present = set(session.streams)
    wanted = [name for name in _streams(params) if name not in present]
    if len(present) + len(wanted) > limit:
        raise Refused(4, "Too many subscriptions")
    session.subscribe(wanted)


def _unsubscribe(params: Any, session: Session, limit: int) -> None:
    present = set(session.streams)
    session.unsubscribe([name for name in _streams(params) if name in present])


def _streams(params: Any) -> list[str]:
    if not isinstance(params, list) or not all(names.well_formed(name) for name in params):
        raise Refused(2, "Invalid request: invalid stream")
    return list(dict.fromkeys(params))


def _list_subscriptions(params: Any, session: Session, limit: int) -> list[str]:
    if params:
        raise Refused(2, "Invalid request: too many parameters")
    return list(session.streams)


def _set_property(params: Any, session: Session, limit: int) -> None:
    value = _property(params, most=2)
    if not isinstance(value, bool):
        raise Refused(1, "Invalid value type: expected Boolean")
    session.combined = value


def _get_property(params: Any, session: Session, limit: int) -> bool:
    _property(params, most=1)
    return session.combined


def _property(params: Any, most: int) -> Any:
    """The value that comes with a property's name, after judging the name; `combined` is the only property."""
    if not isinstance(params, list) or not params or not isinstance(params[0], str):
        raise Refused(2, "Invalid request: property name must be a string")
    if len(params) > most:
        raise Refused(2, "Invalid request: too many parameters")
    if params[0] != "combined":
        raise Refused(0, "Unknown property")
    return params[1] if len(params) > 1 else None


_METHODS: dict[str, Callable[[Any, Session, int], Any]] = {
    "SUBSCRIBE": _subscribe,
    "UNSUBSCRIBE": _unsubscribe,
    "LIST_SUBSCRIPTIONS": _list_subscriptions,
    "SET_PROPERTY": _set_property,
    "GET_PROPERTY": _get_property,
}
