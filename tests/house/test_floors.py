"""The floors of the house: every import points down, the sandbox knows only plain words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "binance"
PACKAGE = ROOT.name

WORDS = ["enums", "exceptions", "helpers", "hosts", "_json", "version", "client_constants"]
VENUES = ["rest", "ws", "candles", "o2", "theone"]
FACES = ["base_client", "client", "async_client", "websockets", "streams", "depthcache", "__init__"]
TOOLS = ["cli", "testing", "__main__"]
ANNEXES = ["sandbox", "record", "relay"]

FLOOR_OF = {
    **dict.fromkeys(WORDS, 0),
    "net": 1,
    "pipeline": 2,
    **dict.fromkeys(VENUES, 3),
    **dict.fromkeys(FACES, 4),
    **dict.fromkeys(TOOLS, 5),
    **dict.fromkeys(ANNEXES, 0),
}

#: Upward steps that are allowed, each with its reason.
ALLOWED: set[tuple[str, str]] = {
    # For type checkers only: `binance.sandbox` is loaded when somebody asks for it.
    ("binance.__init__", "binance.sandbox"),
}


def modules() -> dict[str, Path]:
    """Find every module by its dotted name."""
    found = {}
    for path in sorted([*ROOT.rglob("*.py"), *ROOT.rglob("*.pyi")]):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts) + (".pyi" if path.suffix == ".pyi" else "")] = path
    return found


MODULES = modules()


def part_of(name: str) -> str:
    """Tell the first word below the package: the folder or the file of floor 0 or 4."""
    words = name.split(".")
    return words[1] if len(words) > 1 and words[1] != "pyi" else "__init__"


def imported(name: str, path: Path) -> Iterator[str]:
    """List what a module imports of this package, by absolute name, wherever in the file the import stands."""
    package = name.removesuffix(".pyi").split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == PACKAGE:
                yield from (f"{module}.{alias.name}" for alias in node.names)
            elif module.split(".")[0] == PACKAGE:
                yield module
        elif isinstance(node, ast.Call) and is_import_module(node) and isinstance(node.args[0], ast.Constant):
            target = str(node.args[0].value)
            if target.split(".")[0] == PACKAGE:
                yield target


def is_import_module(node: ast.Call) -> bool:
    called = node.func
    name = called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
    return name == "import_module" and bool(node.args)


def may_import(part: str, other: str) -> bool:
    if part == other or other in WORDS:
        return True
    if part in TOOLS:
        return True
    if part in ANNEXES:
        return part != "sandbox" and other == "net"
    if other in ANNEXES or other in TOOLS:
        return False
    if part in VENUES and other in VENUES:
        return False
    # Faces are one floor: a client is a kind of base client.
    return FLOOR_OF[other] < FLOOR_OF[part] or (part in FACES and other in FACES)


def test_the_package_is_found() -> None:
    assert len(MODULES) > 40
    assert sum(len(list(imported(name, path))) for name, path in MODULES.items()) > 100


def test_every_module_has_a_floor() -> None:
    homeless = {part_of(name) for name in MODULES} - set(FLOOR_OF)
    assert not homeless, f"say in FLOOR_OF where {homeless} live"


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_down(name: str) -> None:
    part = part_of(name)
    up = [
        target
        for target in imported(name, MODULES[name])
        if not may_import(part, part_of(target)) and (name, target) not in ALLOWED
    ]
    assert not up, f"{name} may not import {up}"


def test_no_floor_below_the_tools_reaches_for_the_whole_package() -> None:
    """`from binance import X` would load faces, whatever X is."""
    for name, path in MODULES.items():
        if part_of(name) not in TOOLS:
            assert PACKAGE not in set(imported(name, path)), f"{name} imports the package itself"


#: What would betray the exchange's words or addresses. Its name may stand: it is the package's.
WORDS_OF_A_VENUE = ("binance.com", "serverShutdown", "X-MBX", "listenKey", "aggTrade")


def docstrings(tree: ast.Module) -> set[str | None]:
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, kinds)}


@pytest.mark.parametrize("folder", ["net", "pipeline"])
def test_the_lower_floors_know_no_venue(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        tree = ast.parse(path.read_text())
        texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        for value in texts - docstrings(tree):
            for word in WORDS_OF_A_VENUE:
                assert word not in value, f"{path.name} knows of {word}: {value!r}"
