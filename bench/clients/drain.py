"""No client at all: bytes read from the socket and thrown away. It shows that the sender is fast enough."""

import json
import socket
import ssl
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from bench.contender import Meter

LIBRARIES = ()


def wire_size(url: str, messages: int) -> int:
    """Bytes that `messages` messages take on the wire, frame heads included."""
    with urllib.request.urlopen(f"{url}/size?messages={messages}") as answer:
        return int(json.load(answer)["bytes"])


async def receive(url: str, meter: Meter) -> None:
    """Read as many bytes as the flood has."""
    left = wire_size(url, meter.count)
    address = urlsplit(url)
    plain = socket.create_connection((address.hostname, address.port))
    connection: Any = plain
    if address.scheme == "https":
        connection = ssl.create_default_context().wrap_socket(plain, server_hostname=address.hostname)
    connection.sendall(b"GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    connection.recv(4096)
    meter.ready()
    buffer = bytearray(1 << 20)
    left -= connection.recv_into(buffer)
    meter.start()
    while left > 0:
        left -= connection.recv_into(buffer)
    meter.stop()
