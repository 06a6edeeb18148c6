"""The documentation is true: its code runs, its links lead somewhere, and it leaves no public name out.

A block marked ``python`` that calls `asyncio.run` is a script and runs as one; any other is a fragment and runs inside
a coroutine that has a client, a manager and a local exchange. Scripts talk to production, as users write them: the
addresses of the classes, which anyone may change, lead to a local exchange meanwhile, unless a script starts its own.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

import pytest

import binance
from binance import AsyncClient, BinanceSocketManager, Environment, ReconnectingWebsocket, exceptions
from binance.base_client import BaseClient
from binance.sandbox import Sandbox
from binance.sandbox.admin import KINDS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(set(DOCS.rglob("*.md")) - set(DOCS.glob("_build/**/*")))]

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """Code of a page, and the line where it begins."""

    page: Path
    line: int
    source: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def kind(self) -> str:
        if "asyncio.run(" not in self.source:
            return "fragment"
        return "self-contained" if "Sandbox(" in self.source else "script"

    def compiled(self, flags: int = 0) -> CodeType:
        """The code, with the page's own line numbers."""
        text = "\n" * (self.line - 1) + self.source
        code: CodeType = compile(text, str(self.page), "exec", flags=flags, dont_inherit=True)
        return code


def _blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in _BLOCK.finditer(text):
            yield Block(page, text.count("\n", 0, found.start(1)) + 1, found[1])


BLOCKS = list(_blocks())


def each(kind: str) -> pytest.MarkDecorator:
    """One test for each block of this kind."""
    return pytest.mark.parametrize("block", [block for block in BLOCKS if block.kind == kind], ids=str)


@pytest.fixture(scope="module")
def exchange_url() -> Iterator[str]:
    """A local exchange in a process of its own: scripts bring their own event loops."""
    command = [sys.executable, "-m", "binance.sandbox"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.fixture
def redirected(exchange_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Production, testnet and demo are the local exchange; what a script changes on a class is put back."""
    streams = exchange_url.replace("http", "ws", 1) + "/"
    for name in ("API_URL", "API_TESTNET_URL", "API_DEMO_URL"):
        monkeypatch.setattr(BaseClient, name, f"{exchange_url}/api")
    for name in ("STREAM_URL", "STREAM_TESTNET_URL", "STREAM_DEMO_URL"):
        monkeypatch.setattr(BinanceSocketManager, name, streams)
    for name in (
        *("MAX_RECONNECTS", "MAX_RECONNECT_SECONDS", "MIN_RECONNECT_WAIT"),
        *("TIMEOUT", "NO_MESSAGE_RECONNECT_TIMEOUT"),
    ):
        monkeypatch.setattr(ReconnectingWebsocket, name, getattr(ReconnectingWebsocket, name))


def run_script(block: Block) -> None:
    """Run the block like a file, and then the tests that it defines."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(block.compiled(), names)
    for name, value in list(names.items()):
        if name.startswith("test_"):
            value()


async def run_fragment(block: Block) -> None:
    """Run the block where `client`, `bm` and `exchange` are, as the first page of the documentation says."""
    async with (
        Sandbox() as exchange,
        AsyncClient(environment=Environment.local(exchange.url)) as client,
        BinanceSocketManager(client) as bm,
    ):
        names = {name: getattr(binance, name) for name in dir(binance) if not name.startswith("_")}
        names |= {"asyncio": asyncio, "exchange": exchange, "client": client, "bm": bm}
        outcome = eval(block.compiled(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
        if outcome is not None:
            await outcome


@each("script")
@pytest.mark.usefixtures("redirected")
def test_scripts_run(block: Block) -> None:
    run_script(block)


@each("self-contained")
def test_scripts_with_their_own_exchange_run(block: Block) -> None:
    run_script(block)


@each("fragment")
async def test_fragments_run(block: Block) -> None:
    await run_fragment(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        where = (page.parent / path).resolve() if path else page
        assert where.exists(), f"{target}: there is no {where}"
        assert not anchor or anchor in _anchors(where), f"{target}: {where.name} has no such heading"


@pytest.mark.parametrize("option", list(inspect.signature(BinanceSocketManager).parameters)[1:])
def test_every_option_of_the_manager_is_explained(option: str) -> None:
    assert f"`{option}`" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("topics/sockets.md", [name for name in dir(BinanceSocketManager) if name.endswith("_socket")]),
        ("topics/errors.md", exceptions.__all__),
        ("howto/local-exchange.md", [*KINDS, "clear"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_public_name_is_left_out(page: str, names: list[str]) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert [name for name in names if not re.search(rf"`{name}\b", text)] == []


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and Sphinx make them."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
