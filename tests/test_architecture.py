"""The house rules that a machine can check: sizes, names, circles, and what loads what.

The arrows between the storeys, and between the floors of the desk, are import-linter's: see
pyproject.toml and `make lint`.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("kfclient", "screens", "tui")
SOURCES = {
    path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
    for name in PACKAGES
    for path in sorted((ROOT / name).rglob("*.py"))
}
FILES = [path for path in SOURCES if path.name not in {"__init__.py", "__main__.py"}]

LONGEST_FILE, LONGEST_FUNCTION, SHORTEST_ALONE = 750, 60, 60
"""In lines. A file shorter than the last that one other file alone imports is a part of that."""


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


def test_a_file_is_one_feature_and_a_function_one_thought() -> None:
    long = {str(path): lines_of(path) for path in FILES if lines_of(path) > LONGEST_FILE}
    assert long == {}
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno
                assert lines < LONGEST_FUNCTION, f"{path}: {node.name} is too long"


def test_a_short_file_has_a_reason_of_its_own() -> None:
    importers = defaultdict(set)
    for path, targets in arrows().items():
        for target in targets:
            importers[target].add(path)
    alone = [
        str(path) for path in FILES if lines_of(path) < SHORTEST_ALONE and len(importers[path]) == 1
    ]
    assert len(alone) <= 3, alone


def test_a_name_is_one_feature() -> None:
    """A feature has one file in the engine; its screen and its command have the same name."""
    for banned in ("utils", "helpers", "common", "manager", "misc"):
        assert [str(path) for path in FILES if path.stem == banned] == []
    floors = defaultdict(list)
    for path in FILES:
        if path.stem != "errors":
            floors[path.parts[0], path.stem].append(str(path))
    assert {name: where for name, where in floors.items() if len(where) > 1} == {}


def test_a_class_name_is_one_thing() -> None:
    classes = defaultdict(list)
    for path, tree in SOURCES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                classes[node.name].append(str(path))
    assert {name: where for name, where in classes.items() if len(where) > 1} == {}


def test_nothing_goes_in_circles() -> None:
    """Imports for typing and those inside functions count as well, but in the sandbox's server."""
    reached = arrows()
    for path in FILES:
        if path.parts[:2] == ("kfclient", "sandbox"):
            continue
        seen, waiting = set(), list(reached[path])
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                waiting += reached[one]
        assert path not in seen, f"{path} imports what imports it"


def test_colours_come_from_the_themes_alone() -> None:
    for path in (*(ROOT / "screens").rglob("*.tcss"), *(ROOT / "tui").rglob("*.tcss")):
        for line in path.read_text(encoding="utf-8").splitlines():
            value = line.partition(":")[2]
            assert "#" not in value, f"{path.name}: {line.strip()}"


def lines_of(path: Path) -> int:
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def arrows() -> dict[Path, set[Path]]:
    """Return which files of ours each file imports, wherever in it."""
    modules = {
        ".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in SOURCES
    }
    found: dict[Path, set[Path]] = {}
    for path, tree in SOURCES.items():
        names = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    names.add(whole if whole in modules else node.module)
        found[path] = {modules[name] for name in names & modules.keys()} - {path}
    return found
