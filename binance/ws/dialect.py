"""How Binance's market streams talk: envelopes, answers to SUBSCRIBE, and the announcement of a shutdown. Pure.

Sources: web-socket-streams.md ("Live Subscribing/Unsubscribing to streams", "serverShutdown"). Error answers come
flat in the documents and nested on the wire; both are understood.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from .._json import DECODE_ERRORS, Json, decode, encode
from ..net.contracts import Signal

__all__ = ["BinanceDialect"]

#: Times of today have 13 digits in milliseconds, 16 in microseconds.
_SMALLEST_MICROSECONDS = 10**14


class BinanceDialect:
    """See `net.contracts.Dialect`."""

    urgent = b'"serverShutdown"'
    urgent_hint = b"w"

    def sort(self, payload: bytes) -> Signal:
        if b'"id"' not in payload and self.urgent not in payload:
            return Signal.DATA
        message = _object(payload)
        if _event(message).get("e") == "serverShutdown":
            return Signal.SHUTDOWN
        is_reply = "id" in message and not {"result", "error", "code"}.isdisjoint(message)
        return Signal.REPLY if is_reply and "e" not in message else Signal.DATA

    def reply(self, payload: bytes) -> tuple[int | str | None, str | None]:
        message = _object(payload)
        error = message.get("error") or (message if "code" in message else None)
        if isinstance(error, dict):
            error = f"code {error.get('code')}: {error.get('msg')}"
        return message.get("id"), None if error is None else str(error)

    def subscribe(self, streams: list[str], request_id: int) -> bytes:
        return encode({"method": "SUBSCRIBE", "params": streams, "id": request_id})

    def key(self, payload: bytes) -> Hashable:
        try:
            message = decode(payload)
        except DECODE_ERRORS:
            return payload
        if not isinstance(message, dict):
            return "array"
        event = message.get("data", message)
        if not isinstance(event, dict):
            return str(message.get("stream")), "array"
        return str(message.get("stream")), str(event.get("e")), str(event.get("s"))

    def event_time(self, payload: bytes) -> float | None:
        event_time = _event(_object(payload)).get("E")
        if not isinstance(event_time, int):
            return None
        return event_time / (1_000_000 if event_time >= _SMALLEST_MICROSECONDS else 1_000)

    def notice(self, error: Exception) -> Json:
        return {"e": "error", "type": type(error).__name__, "m": str(error)}


def _object(payload: bytes) -> dict[str, Any]:
    """The object in `payload`, or the last of an array of them; empty for anything else."""
    try:
        return _last(decode(payload))
    except DECODE_ERRORS:
        return {}


def _event(message: dict[str, Any]) -> dict[str, Any]:
    return _last(message.get("data", message))


def _last(value: Json) -> dict[str, Any]:
    if isinstance(value, list) and value:
        value = value[-1]
    return value if isinstance(value, dict) else {}
