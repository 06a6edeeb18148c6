"""What happens to every request, in order: admitted, sent, counted, judged."""

from __future__ import annotations

from collections.abc import Callable

from .._json import Json
from ..net.http import HttpReply, Sender
from .request import Request
from .throttle import Limits

__all__ = ["carry_out"]


async def carry_out(request: Request, sender: Sender, limits: Limits, judge: Callable[[HttpReply], Json]) -> Json:
    """What `judge` makes of the reply to `request`; errors of `sender`, `limits` and `judge` pass through."""
    limits.admit(request.host)
    reply = await sender.send(request.to_call())
    limits.learn(request.host, reply)
    return judge(reply)
