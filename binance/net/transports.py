"""Which transport: by name, or picows, or the next that can be imported."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Literal, cast, get_args

from .contracts import Transport

__all__ = ["TransportName", "make_transport"]

logger = logging.getLogger("binance.net")

TransportName = Literal["picows", "websockets", "aiohttp"]

_CLASSES: dict[str, str] = {
    "picows": "PicowsTransport",
    "websockets": "WebsocketsTransport",
    "aiohttp": "AiohttpTransport",
}


def make_transport(name: TransportName | None = None) -> Transport:
    """The transport called `name`; without one, picows, or what there is instead. ValueError for an unknown name."""
    if name is not None and name not in _CLASSES:
        raise ValueError(f"transport: {name!r} is unknown; one of {', '.join(get_args(TransportName))}")
    for candidate in (name,) if name is not None else tuple(_CLASSES):
        try:
            module = import_module(f"{__package__}.via_{candidate}")
        except ImportError:
            if name is not None:
                raise
            logger.info("%s is not installed; trying the next WebSocket library", candidate)
            continue
        return cast(Transport, getattr(module, _CLASSES[candidate])())
    raise ImportError("no WebSocket library is installed; install one of picows, websockets, aiohttp")
