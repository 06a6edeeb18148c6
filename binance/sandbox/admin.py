"""The exchange's back door: its state and its faults over HTTP, for whoever runs it as a process.

`GET /sandbox/state`; `POST /sandbox/faults` with `{"kind": "drop", "code": 1012}`, that is, a method of `Faults` by
name and its arguments; `DELETE /sandbox/faults` ends what stands.  Answers are JSON; a request that is not understood
gets 400 and `{"error": ...}`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import web

from .connection import Connection
from .faults import Faults

KINDS = (
    *("drop", "reset", "half_open", "shut_down", "garble", "duplicate", "reorder"),
    *("delay", "mute_pongs", "refuse", "rest"),
)


def routes(faults: Faults, state: Callable[[], dict[str, Any]]) -> list[web.RouteDef]:
    """The endpoints; `state` gives the exchange's own facts."""

    async def show(request: web.Request) -> web.Response:
        return web.json_response(state())

    async def fire(request: web.Request) -> web.Response:
        try:
            hit = _fire(faults, await request.text())
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"hit": hit})

    async def clear(request: web.Request) -> web.Response:
        faults.clear()
        return web.json_response({"hit": 0})

    return [
        web.get("/sandbox/state", show),
        web.post("/sandbox/faults", fire),
        web.delete("/sandbox/faults", clear),
    ]


def facts(connection: Connection) -> dict[str, Any]:
    """One connection as the state shows it; `age` in seconds."""
    return {
        "id": connection.id,
        "path": connection.path,
        "remote": connection.remote,
        "streams": connection.streams,
        "combined": connection.combined,
        "microseconds": connection.form.microseconds,
        "messages_sent": connection.messages_sent,
        "waiting_bytes": connection.waiting_bytes,
        "age": round(asyncio.get_running_loop().time() - connection.opened, 3),
    }


def _fire(faults: Faults, body: str) -> int:
    asked = json.loads(body)
    if not isinstance(asked, dict):
        raise ValueError(f'a fault is an object like {{"kind": "drop"}}, not {body!r}')
    kind = asked.pop("kind", None)
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}: use one of {', '.join(KINDS)}")
    hit: int = getattr(faults, kind)(**asked)
    return hit
