"""Who hears what: stream names on one side, connections on the other, and each message rendered once.

A message has at most four forms (raw or combined, milliseconds or microseconds); each is rendered and framed when the
first listener needs it, and the same bytes go to all the others.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from . import frames, timeunit
from .source import Payload, Recorded, Source


class Form(NamedTuple):
    """How one connection wants its messages."""

    combined: bool
    microseconds: bool


class Listener(Protocol):
    @property
    def form(self) -> Form: ...

    def send(self, frame: bytes) -> None: ...


class Bus:
    """Publishes to whoever subscribed; tells the source which streams are wanted at all."""

    def __init__(self, source: Source, *, journal: bool = False) -> None:
        self._source = source
        # tuples, because a message may make a listener leave while it is being handed round
        self._listeners: dict[str, tuple[Listener, ...]] = {}
        self._journal: defaultdict[str, list[Any]] | None = defaultdict(list) if journal else None

    def subscribe(self, listener: Listener, names: Iterable[str]) -> None:
        for name in names:
            present = self._listeners.get(name, ())
            if not present:
                self._source.watch(name)
            self._listeners[name] = (*present, listener)

    def unsubscribe(self, listener: Listener, names: Iterable[str]) -> None:
        for name in names:
            left = tuple(other for other in self._listeners[name] if other is not listener)
            if left:
                self._listeners[name] = left
            else:
                del self._listeners[name]
                self._source.unwatch(name)

    def publish(self, stream: str, payload: Payload) -> None:
        """Send to every listener; without one, nothing is rendered or remembered."""
        listeners = self._listeners.get(stream)
        if listeners is None:
            return
        if self._journal is not None:
            self._journal[stream].append(_as_sent(payload))
        rendered: dict[Form, bytes] = {}
        for listener in listeners:
            form = listener.form
            frame = rendered.get(form)
            if frame is None:
                frame = rendered[form] = frames.text(render(stream, payload, form))
            listener.send(frame)

    def journal(self, stream: str) -> list[Any]:
        if self._journal is None:
            raise RuntimeError("The exchange keeps no journal: build it with Sandbox(journal=True)")
        return self._journal[stream]


def render(stream: str, payload: Payload, form: Form) -> str:
    if isinstance(payload, str):
        return payload
    if isinstance(payload, Recorded):
        return payload.framed(form.combined)
    body = compact(payload if form.microseconds else timeunit.in_milliseconds(payload))
    return Recorded(stream, body, combined=False).framed(form.combined)


def compact(value: Any) -> str:
    """JSON as the exchange writes it: no blanks, letters as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _as_sent(payload: Payload) -> Any:
    """What a raw connection with default settings gets, decoded."""
    if isinstance(payload, Recorded):
        return json.loads(payload.framed(combined=False))
    if isinstance(payload, str):
        return payload
    return timeunit.in_milliseconds(payload)
