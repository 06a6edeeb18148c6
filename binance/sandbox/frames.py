"""WebSocket frames as a server sends them (RFC 6455, section 5): unmasked, whole, one per message.

The exchange encodes a message once and hands the same bytes to every connection that wants it, and a fault may
put several frames (data and the close frame, say) into one write.  Both need frames as plain bytes.
"""

from __future__ import annotations

import struct

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_FINAL = 0x80

NO_STATUS = 1005
ABNORMAL = 1006
"""Never on the wire (RFC 6455, section 7.4.1): here it stands for an end without a close frame."""


def frame(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((_FINAL | opcode, size)) + payload
    if size < 0x10000:
        return struct.pack("!BBH", _FINAL | opcode, 126, size) + payload
    return struct.pack("!BBQ", _FINAL | opcode, 127, size) + payload


def text(message: str) -> bytes:
    return frame(TEXT, message.encode())


def close(code: int, reason: str = "") -> bytes:
    """A close frame; nothing at all for 1006, an empty body for 1005."""
    if code == ABNORMAL:
        return b""
    if code == NO_STATUS:
        return frame(CLOSE, b"")
    return frame(CLOSE, struct.pack("!H", code) + reason.encode())


def can_be_asked(code: object) -> bool:
    """Whether a connection may end with this code, 1005 and 1006 included."""
    if not isinstance(code, int):
        return False
    return 1000 <= code <= 1003 or 1005 <= code <= 1014 or 3000 <= code <= 4999


def payload_of(encoded: bytes) -> bytes:
    """What one frame made by `frame` carries."""
    header = {126: 4, 127: 10}.get(encoded[1], 2)
    return encoded[header:]
