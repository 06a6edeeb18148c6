"""The library does not print: only the command line and the sandbox's own speak to a terminal."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "binance"
SPEAKERS = ("cli/", "sandbox/__main__.py")

SILENT = [path for path in sorted(ROOT.rglob("*.py")) if not path.relative_to(ROOT).as_posix().startswith(SPEAKERS)]


@pytest.mark.parametrize("path", SILENT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_print(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "breakpoint", "pprint"), f"{path}:{node.lineno}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sys":
            assert node.attr not in ("stdout", "stderr"), f"{path}:{node.lineno} writes to a terminal"


@pytest.mark.parametrize("path", SILENT, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_logs_go_where_users_look_for_them_and_no_handler_is_added(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        assert node.func.attr not in ("addHandler", "basicConfig"), f"{path}:{node.lineno}"
        if node.func.attr == "getLogger":
            name = ast.unparse(node.args[0]) if node.args else ""
            assert name.strip("'\"").startswith("binance.") or name == "__name__", f"{path}:{node.lineno}: {name}"
