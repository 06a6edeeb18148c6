"""What the package imports of others is what setup.py asks for, and what the README explains."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: Where a distribution is not called like what is imported from it.
DISTRIBUTIONS = {"dateutil": "python-dateutil", "python_socks": "python-socks"}


def imported() -> set[str]:
    """Every distribution that some module of the package imports."""
    names: set[str] = set()
    for path in (ROOT / "binance").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(str(node.module).partition(".")[0])
    return {DISTRIBUTIONS.get(name, name) for name in names - sys.stdlib_module_names - {"binance"}}


def required() -> set[str]:
    """The distributions that are installed together with the package."""
    tree = ast.parse((ROOT / "setup.py").read_text())
    found = next(node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "install_requires")
    return {re.split(r"[^\w-]", line)[0] for line in ast.literal_eval(found.value)}


def test_what_is_imported_is_required_and_nothing_else() -> None:
    assert imported() == required()


def test_each_requirement_has_its_reason() -> None:
    table = (ROOT / "README.md").read_text().partition("\n## Dependencies\n")[2].partition("\n## ")[0]
    assert {row.strip() for row in re.findall(r"^\| ([\w-]+) \|", table, re.MULTILINE)} - {"package"} == required()
