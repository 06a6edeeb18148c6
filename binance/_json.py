"""The one JSON codec.

msgspec was chosen over orjson after measuring both (docs/decisions.md): as fast or faster on market messages, it
refuses JSON scalars in the decoder itself when told what a message is, and it keeps integers of any size exact.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["DECODE_ERRORS", "Json", "decode", "decode_message", "encode"]

#: Any JSON value; a message of an exchange is a dict or a list.
Json = Any

#: What a payload that is not JSON raises; RecursionError is what 100,000 opening brackets lead to.
DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

#: A message: an object or an array. Scalars raise `msgspec.ValidationError`, a `DecodeError`.
decode_message = msgspec.json.Decoder(dict[str, Any] | list[Any]).decode

#: Any JSON document.
decode = msgspec.json.Decoder().decode

#: The compact text of a value, as bytes.
encode = msgspec.json.Encoder().encode
