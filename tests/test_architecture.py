"""The house rules that a machine can check: sizes, names, and what loads what.

The arrows between the storeys are import-linter's: see pyproject.toml and `make lint`.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("kfclient", "screens", "tui")
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))


@pytest.mark.parametrize(
    ("start", "never"),
    [
        ("kfclient", ("zeep", "lxml", "requests", "keyring", "cryptography", "tinydb", "msgspec")),
        ("kfclient.api", ("zeep", "lxml", "requests", "keyring")),
        ("kfclient.desk", ("zeep", "lxml", "requests", "keyring", "cryptography")),
        ("kfclient.store", ("zeep", "lxml", "keyring", "cryptography")),
        ("kfclient.sandbox", ("zeep", "textual", "keyring")),
        ("tui.cli", ("textual", "zeep", "lxml", "requests", "keyring", "cryptography", "rich")),
        ("tui.app", ("zeep", "lxml", "requests", "keyring", "cryptography", "kfclient.sandbox")),
    ],
)
def test_importing_loads_nothing_heavy(start: str, never: tuple[str, ...]) -> None:
    code = f"import sys, {start}; print(*[name for name in {never!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_room(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400, "split it"
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is too long"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_say_what_a_file_holds(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "manager", "misc"}


def test_colours_come_from_the_themes_alone() -> None:
    for path in (*(ROOT / "screens").rglob("*.tcss"), *(ROOT / "tui").rglob("*.tcss")):
        for line in path.read_text(encoding="utf-8").splitlines():
            value = line.partition(":")[2]
            assert "#" not in value, f"{path.name}: {line.strip()}"
