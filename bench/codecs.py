"""Which C decoder: msgspec and orjson on messages of every kind, time and memory. Run `python -m bench.codecs`.

Time is the best of several passes over a thousand different messages: the fastest pass is the one least disturbed.
Memory is what a process grows by per decoded message it keeps, each decoder in a process of its own.
"""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import orjson

from bench.messages import Market

Decode = Callable[[bytes], Any]

DECODERS: dict[str, Decode] = {
    "json": json.loads,
    "orjson.loads": orjson.loads,
    "msgspec Decoder()": msgspec.json.Decoder().decode,
    "msgspec Decoder(dict | list)": msgspec.json.Decoder(dict | list).decode,
    "msgspec Decoder(dict)": msgspec.json.Decoder(dict).decode,
}
MESSAGES = 1_000
PASSES = 25
KEPT = 100_000


def samples() -> dict[str, list[bytes]]:
    """A thousand messages of each kind, and of the mix of a combined connection."""
    market = Market()
    makers = {
        "trade": market.trade,
        "bookTicker": market.book_ticker,
        "depth": market.depth,
        "kline": market.kline,
    }
    made = {kind: [make().encode() for _ in range(MESSAGES)] for kind, make in makers.items()}
    made["combined mix"] = [text.encode() for text in islice(market.combined(), MESSAGES)]
    return made


def microseconds(decode: Decode, messages: list[bytes]) -> float:
    """Best time per message of `PASSES` passes, µs."""
    best = float("inf")
    for _ in range(PASSES):
        started = time.perf_counter()
        for message in messages:
            decode(message)
        best = min(best, time.perf_counter() - started)
    return best / len(messages) * 1e6


def resident() -> int:
    """Resident memory of this process now, bytes (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def bytes_kept(decoder: str) -> float:
    """Resident bytes per decoded message of the combined mix, while `KEPT` of them are kept."""
    decode = DECODERS[decoder]
    messages = samples()["combined mix"]
    decode(messages[0])
    gc.collect()
    before = resident()
    kept = [decode(message) for _ in range(KEPT // MESSAGES) for message in messages]
    return (resident() - before) / len(kept)


def main() -> None:
    """Print the table."""
    if len(sys.argv) > 1:
        print(bytes_kept(sys.argv[1]))
        return
    made = samples()
    print(f"Python {sys.version.split()[0]}, msgspec {version('msgspec')}, orjson {version('orjson')}")
    print("µs per message (best of passes); memory per message kept, bytes, combined mix\n")
    print(f"{'decoder':30}" + "".join(f"{kind:>14}" for kind in made) + f"{'memory':>10}")
    mean = {kind: sum(map(len, messages)) / len(messages) for kind, messages in made.items()}
    print(f"{'(mean size, bytes)':30}" + "".join(f"{size:14.0f}" for size in mean.values()))
    for name, decode in DECODERS.items():
        times = "".join(f"{microseconds(decode, messages):14.3f}" for messages in made.values())
        child = subprocess.run(  # a process of its own: memory is returned late and shared
            [sys.executable, "-m", "bench.codecs", name], capture_output=True, text=True, check=True
        )
        print(f"{name:30}{times}{float(child.stdout):10.0f}")


if __name__ == "__main__":
    main()
