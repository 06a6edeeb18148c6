"""What a user's type checker says of the public names: mypy, strict, over small programs of users."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parents[2]

EVENTS = """\
import binance
from binance import AsyncClient, BinanceSocketManager, Environment, KLINE_INTERVAL_1MINUTE, ReconnectingWebsocket
from binance.net.events import AnyEvent


def tell(socket: ReconnectingWebsocket, event: AnyEvent) -> None:
    if event.type == "reconnecting":
        print(event.attempt + 1, event.delay, event.cause)
    elif event.type == "disconnected":
        print(event.code + 1, event.reason.upper())
    else:
        print(event.time)


async def main() -> None:
    async with AsyncClient(environment=Environment.testnet) as client:
        bm = BinanceSocketManager(client, on_event=tell, max_reconnects=None)
        socket = bm.kline_socket("BNBBTC", interval=KLINE_INTERVAL_1MINUTE)
        try:
            async for event in socket.events():
                match event.type:
                    case "reconnected":
                        print(event.downtime + 1.0)
                    case "dropped":
                        print(event.count + 1, event.overflow.upper())
                    case "closed":
                        print(event.error)
        except binance.exceptions.BinanceAPIException as error:
            print(error.code + 1)
"""

STAR = """\
from binance import *

print(SIDE_BUY, ReadLoopClosed, AsyncClient)
"""

#: A program and what is wrong with it.
WRONG = {
    "from binance.net.events import AnyEvent\ndef f(e: AnyEvent) -> int:\n    return e.attempt\n": "union-attr",
    "import binance\nbinance.exceptions.NoSuchException\n": "attr-defined",
}


def checked(program: str, where: Path) -> tuple[str, int]:
    """What mypy prints, and its exit status. The package's own defects are told elsewhere."""
    path = where / "program.py"
    path.write_text(program)
    options = ("--strict", "--follow-imports=silent", "--no-error-summary", "--config-file=")
    said, complaints, status = api.run([*options, f"--cache-dir={where}", str(path)])
    return said + complaints, status


def program_of(page: str, heading: str) -> str:
    """The first block of code below a heading, its functions annotated as a strict user would."""
    text = (ROOT / page).read_text().partition(f"\n## {heading}\n")[2]
    found = re.search(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1].replace("main():", "main() -> None:")


PROGRAMS = {
    "events": EVENTS,
    "star": STAR,
    "readme": program_of("README.md", "Receive trades"),
    "sandbox": program_of("README.md", "A local exchange for your tests"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_strict_user_is_content(
    name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    assert checked(PROGRAMS[name], tmp_path_factory.getbasetemp()) == ("", 0)


@pytest.mark.parametrize(("program", "complaint"), WRONG.items(), ids=WRONG.values())
def test_mistakes_are_found(
    program: str, complaint: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYPYPATH", str(ROOT))
    said, status = checked(program, tmp_path_factory.getbasetemp())
    assert status == 1
    assert f"[{complaint}]" in said
