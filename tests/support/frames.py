"""WebSocket frames by hand (RFC 6455, section 5.2): built as a test wants them, legal or not, and read off the wire."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Iterable
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
RSV1 = 0b100


class Frame(NamedTuple):
    """One frame as the client sent it, already unmasked."""

    opcode: int
    payload: bytes
    fin: bool
    masked: bool


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes = b"") -> bytes:
    """Build the exact bytes of one frame; `rsv` is the three reserved bits as a number."""
    first = (fin << 7) | (rsv << 4) | opcode
    masked = 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, masked | size)
    elif size < 1 << 16:
        head = struct.pack("!BBH", first, masked | 126, size)
    else:
        head = struct.pack("!BBQ", first, masked | 127, size)
    return head + mask + (_masked(payload, mask) if mask else payload)


def text(message: object) -> bytes:
    """Build one text frame: a string or bytes as they are, anything else as JSON."""
    return frame(TEXT, as_bytes(message))


def batch(messages: Iterable[object]) -> bytes:
    """Build the bytes of many text frames, to be sent in one go."""
    return b"".join(map(text, messages))


def closing(code: int | None = 1000, reason: str = "") -> bytes:
    """Build a close frame; `code=None` makes one without a body."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason.encode())


def close_code(payload: bytes) -> int | None:
    """Read the code of a close frame's payload; None when it carries none."""
    return int.from_bytes(payload[:2], "big") if len(payload) >= 2 else None


def as_bytes(value: object) -> bytes:
    """Encode a message: bytes stay, a string becomes UTF-8, anything else compact JSON."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


async def read_frame(reader: asyncio.StreamReader) -> Frame:
    """Read the client's next frame; raises asyncio.IncompleteReadError at the end of the connection."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
    elif size == 127:
        (size,) = struct.unpack("!Q", await reader.readexactly(8))
    mask = await reader.readexactly(4) if second & 0x80 else b""
    payload = await reader.readexactly(size)
    return Frame(first & 0x0F, _masked(payload, mask) if mask else payload, bool(first & 0x80), bool(mask))


def _masked(payload: bytes, mask: bytes) -> bytes:
    return bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
