"""What waits between the socket and the user: raw payloads, bounded in number and bytes. Pure.

Payloads wait in chunks, about one per read of the socket, and are accounted for by the chunk: a message costs an append
and a pop. The chunk that the user empties (`current`) is held newest first, so that taking the oldest is a pop.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from .._json import Json

__all__ = ["Buffer", "Limits", "Notice", "Overflow", "Payload"]

#: What happens when the buffer is full.
Overflow = Literal["block", "drop_oldest", "latest", "error"]

#: Reads smaller than this many messages share a chunk.
_SMALL = 256


class Notice:
    """A ready-made message among the payloads: an error told in its place. It weighs nothing."""

    __slots__ = ("message",)

    def __init__(self, message: Json) -> None:
        self.message = message

    def __len__(self) -> int:
        return 0


Payload = bytes | Notice


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait (`max_messages` None = only bytes are bounded), and what happens beyond."""

    max_messages: int | None = None
    max_bytes: int = 64 * 2**20
    overflow: Overflow = "block"

    def __post_init__(self) -> None:
        if self.max_messages is not None and self.max_messages < 1:
            raise ValueError(f"max_queue_size: {self.max_messages!r} is too small; at least 1, or None for no limit")
        if self.max_bytes < 1:
            raise ValueError(f"max_queue_bytes: {self.max_bytes!r} is too small; at least 1")
        if self.overflow not in get_args(Overflow):
            raise ValueError(f"overflow: {self.overflow!r} is unknown; one of {', '.join(get_args(Overflow))}")


class Buffer:
    """First in, first out; `key` tells what a payload is a newer version of (for the policy "latest")."""

    def __init__(self, limits: Limits, key: Callable[[bytes], Hashable]) -> None:
        self.limits = limits
        #: The chunk in the user's hands, newest first, with its bytes, and those that wait behind it, oldest first.
        self.current: list[Payload] = []
        self.current_size = 0
        self.chunks: deque[list[Payload]] = deque()
        self._max_messages = limits.max_messages or sys.maxsize
        self._max_bytes = limits.max_bytes
        # Under "block" the chunk in hand is taken for used up, or its last message would leave the line held for ever.
        self.in_hand_counts = limits.overflow != "block"
        self._key = key
        self._known: dict[int, tuple[Payload, Hashable]] = {}
        self._sizes: deque[int] = deque()
        self._count = 0
        self._size = 0

    @property
    def waiting(self) -> int:
        """How many payloads wait."""
        return self._count + len(self.current)

    @property
    def waiting_bytes(self) -> int:
        """How many bytes they have."""
        return self._size + _weigh(self.current)

    @property
    def is_full(self) -> bool:
        """Above the limits."""
        if self.in_hand_counts:
            in_hand = self.current_size if self.current else 0
            return self.waiting > self._max_messages or self._size + in_hand > self._max_bytes
        return self._count > self._max_messages or self._size > self._max_bytes

    @property
    def is_roomy(self) -> bool:
        """Below half the limits, but for the chunk in hand: time to let more in."""
        return self._count <= self._max_messages // 2 and self._size <= self._max_bytes // 2

    def put(self, batch: list[Payload], size: int) -> bool:
        """Add the payloads of one read, `size` bytes together; whether it is full now. The list is the buffer's."""
        if self.chunks and len(self.chunks[-1]) < _SMALL:
            self.chunks[-1] += batch
            self._sizes[-1] += size
        else:
            self.chunks.append(batch)
            self._sizes.append(size)
        self._count += len(batch)
        self._size += size
        return self.is_full

    def take(self) -> list[Payload]:
        """Make the next chunk the current one, and return it: pop from its end."""
        chunk = self.chunks.popleft()
        size = self._sizes.popleft()
        self._count -= len(chunk)
        self._size -= size
        chunk.reverse()
        self.current = chunk
        self.current_size = size
        return chunk

    def clear(self) -> None:
        """Forget everything."""
        self.current.clear()
        self.chunks.clear()
        self._sizes.clear()
        self._count = self._size = self.current_size = 0

    def shed(self) -> int:
        """Throw away what the policy says until the limits hold again; how many that were."""
        before = self.waiting
        _SHEDDERS[self.limits.overflow](self)
        return before - self.waiting

    def _keep_latest(self) -> None:
        seen: set[Hashable] = set()
        kept: list[Payload] = []
        known: dict[int, tuple[Payload, Hashable]] = {}
        for payload in reversed(self._all()):
            key = self._key_of(payload)
            if key not in seen:
                seen.add(key)
                kept.append(payload)
                known[id(payload)] = (payload, key)
        self._known = known
        self._refill(kept[::-1])
        self._drop_oldest()

    def _key_of(self, payload: Payload) -> Hashable:
        """What it is a version of; those that were kept the last time are not decoded again."""
        known, key = self._known.get(id(payload), (None, None))
        if known is payload:
            return key
        return payload if isinstance(payload, Notice) else self._key(payload)

    def _drop_oldest(self) -> None:
        self.current_size = _weigh(self.current)
        while self.waiting > 1 and self.is_full:
            if not self.current:
                self.take()
            surplus = self.waiting - self._max_messages
            if surplus > 0:
                del self.current[-surplus:]
                self.current_size = _weigh(self.current)
            else:
                self.current_size -= len(self.current.pop())

    def _drop_newest(self) -> None:
        payloads = self._all()[: self._max_messages]
        size = _weigh(payloads)
        while size > self._max_bytes and len(payloads) > 1:
            size -= len(payloads.pop())
        self._refill(payloads)

    def _all(self) -> list[Payload]:
        payloads = self.current[::-1]
        for chunk in self.chunks:
            payloads += chunk
        return payloads

    def _refill(self, payloads: list[Payload]) -> None:
        self.clear()
        if payloads:
            self.put(payloads, _weigh(payloads))


_SHEDDERS: dict[Overflow, Callable[[Buffer], None]] = {
    "drop_oldest": Buffer._drop_oldest,
    "latest": Buffer._keep_latest,
    "error": Buffer._drop_newest,
}


def _weigh(payloads: list[Any]) -> int:
    return sum(map(len, payloads))
