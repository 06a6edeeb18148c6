"""The sending side of the benchmark: a process that floods or paces every client connected to it.

All frames of the flood are built before the first client connects, as one block of memory, so that flooding is nothing
but `sendall`. Ids run on from first to last message; every connection gets the flood from its beginning. The process
takes orders as lines on stdin and answers each with one line of JSON on stdout:

    flood N         the first N messages to every connection, as fast as they take them
    pace RATE N     N trades, evenly spaced, each with its send time (`time.perf_counter_ns`) as "T"
    fan N           the first N messages to every connection, ten at a time in turn

It also answers the few REST calls that clients make when they start, and SUBSCRIBE messages.
"""

import argparse
import base64
import hashlib
import json
import os
import selectors
import socket
import ssl
import struct
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from bench.messages import Market

Connection = socket.socket
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_CHUNK = 1 << 20
_RUN = 10


def frame(payload: bytes, opcode: int = _TEXT) -> bytes:
    """One unmasked frame, as servers send them (RFC 6455 section 5.2)."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, size) + payload
    return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload


class Flood:
    """The prebuilt frames of the flood, end to end, and where each message ends."""

    def __init__(self, messages: int) -> None:
        self._ends = [0]
        block = bytearray()
        for text in islice(Market().combined(), messages):
            block += frame(text.encode())
            self._ends.append(len(block))
        self._block = memoryview(bytes(block))

    def size(self, messages: int) -> int:
        """Bytes on the wire of the first `messages` messages."""
        return self._ends[messages]

    def part(self, first: int, last: int) -> memoryview:
        """The frames of messages `first` to `last`, the last one not included."""
        return self._block[self._ends[first] : self._ends[last]]


class Request(NamedTuple):
    """The head of an HTTP request."""

    target: str
    headers: dict[str, str]


def read_request(connection: Connection) -> Request | None:
    """The next request of a connection, or None at its end; heads only, no client here sends a body."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        data = connection.recv(65_536)
        if not data:
            return None
        head += data
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Request(first.split(" ")[1], headers)


def read_frame(connection: Connection) -> tuple[int, bytes] | None:
    """The next frame of a client, unmasked, or None at the end; the short frames that clients of streams send."""

    def exactly(size: int) -> bytes:
        data = b""
        while len(data) < size and (more := connection.recv(size - len(data))):
            data += more
        return data

    head = exactly(2)
    if len(head) < 2:
        return None
    size = head[1] & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", exactly(2))
    mask = exactly(4)
    return head[0] & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(exactly(size)))


class Sender:
    """One thread, one selector: accepts, answers, and sends when it is told to."""

    def __init__(self, flood: Flood, tls: ssl.SSLContext | None) -> None:
        self._flood = flood
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._selector = selectors.DefaultSelector()
        self._streams: list[Connection] = []
        self._orders: dict[str, Callable[..., dict[str, float]]] = {
            "flood": self._send_flood,
            "pace": self._send_paced,
            "fan": self._send_in_turn,
        }

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def serve(self) -> None:
        """Serve until stdin ends."""
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(sys.stdin, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fd == sys.stdin.fileno():
                    if not self._obey(sys.stdin.readline()):
                        return
                    break  # the order may have ended connections that were ready before it
                try:
                    key.data(key.fileobj)
                except OSError:  # reset, or no TLS after all: a client that failed says why itself
                    if key.fileobj is not self._listener:
                        self._forget(key.fileobj)  # type: ignore[arg-type]

    def _obey(self, line: str) -> bool:
        if not line:
            return False
        order, *numbers = line.split()
        print(json.dumps(self._orders[order](*map(int, numbers))), flush=True)
        return True

    def _accept(self, listener: Connection) -> None:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True)
        self._selector.register(connection, selectors.EVENT_READ, self._answer)

    def _forget(self, connection: Connection) -> None:
        self._selector.unregister(connection)
        if connection in self._streams:
            self._streams.remove(connection)
        connection.close()

    def _answer(self, connection: Connection) -> None:
        """Answer one HTTP request: an upgrade makes the connection a stream."""
        request = read_request(connection)
        if request is None:
            self._forget(connection)
            return
        key = request.headers.get("sec-websocket-key")
        if key is None:
            body = json.dumps(self._rest(request.target)).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            return
        accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()
        connection.sendall(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )
        self._selector.modify(connection, selectors.EVENT_READ, self._hear)
        self._streams.append(connection)

    def _rest(self, target: str) -> dict[str, object]:
        """The body of a REST answer; `/size?messages=N` tells what N messages of the flood take on the wire."""
        url = urlsplit(target)
        now = time.time_ns() // 1_000_000
        answers: dict[str, Callable[[], dict[str, object]]] = {
            "/size": lambda: {"bytes": self._flood.size(int(parse_qs(url.query)["messages"][0]))},
            "/api/v3/time": lambda: {"serverTime": now},
            "/api/v3/exchangeInfo": lambda: {"timezone": "UTC", "serverTime": now, "rateLimits": [], "symbols": []},
        }
        return answers.get(url.path, dict)()

    def _hear(self, connection: Connection) -> None:
        """Answer what a client says on a stream."""
        while True:
            received = read_frame(connection)
            if received is None or received[0] == _CLOSE:
                return self._forget(connection)
            opcode, payload = received
            if opcode == _PING:
                connection.sendall(frame(payload, _PONG))
            if opcode == _TEXT:
                answer = {"result": None, "id": json.loads(payload)["id"]}
                connection.sendall(frame(json.dumps(answer).encode()))
            if not (isinstance(connection, ssl.SSLSocket) and connection.pending()):
                return None  # what TLS has already decrypted, the selector does not see

    def _send_flood(self, messages: int) -> dict[str, float]:
        block = self._flood.part(0, messages)
        started = time.perf_counter()
        for connection in list(self._streams):
            self._send(connection, block)
        return {"bytes": len(block), "seconds": time.perf_counter() - started}

    def _send(self, connection: Connection, block: bytes | memoryview) -> None:
        try:
            for at in range(0, len(block), _CHUNK):
                connection.sendall(block[at : at + _CHUNK])
        except OSError:  # a client that failed says why itself
            self._forget(connection)

    def _send_in_turn(self, messages: int) -> dict[str, float]:
        streams = list(self._streams)
        started = time.perf_counter()
        for first in range(0, messages, _RUN):
            run = self._flood.part(first, min(first + _RUN, messages))
            for connection in streams:
                self._send(connection, run)
        return {"bytes": self._flood.size(messages) * len(streams), "seconds": time.perf_counter() - started}

    def _send_paced(self, rate: int, messages: int) -> dict[str, float]:
        """Spin between messages: this process has a core to itself, and a sleep ends later than what is measured."""
        late = 0
        step = 1_000_000_000 // rate
        due = started = time.perf_counter_ns()
        for before, after in self._trades(messages):
            due += step
            while (now := time.perf_counter_ns()) < due:
                pass
            late += now - due > step
            for connection in list(self._streams):
                self._send(connection, frame(b"%b%d%b" % (before, now, after)))
        return {"late": late, "seconds": (time.perf_counter_ns() - started) / 1e9}

    @staticmethod
    def _trades(messages: int) -> Iterator[tuple[bytes, bytes]]:
        """Trades cut in two where the send time belongs."""
        market = Market()
        for _ in range(messages):
            text = f'{{"stream":"btcusdt@trade","data":{market.trade()}}}'
            before, after = text.split('"T":')
            yield f'{before}"T":'.encode(), after[after.index(",") :].encode()


def main() -> None:
    """Build the flood, say where it listens, serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, required=True, help="longest flood that can be asked for")
    parser.add_argument("--core", type=int, help="core to stay on")
    parser.add_argument("--certificate", help="PEM file with certificate and key: serve TLS")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    tls = None
    if options.certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.certificate)
    sender = Sender(Flood(options.messages), tls)
    print(json.dumps({"port": sender.port}), flush=True)
    sender.serve()


if __name__ == "__main__":
    main()
