"""docs/commands.md: every command, every exit code, and every field that commands answer with."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.tui.kashdeck import COSTS, NAME, ROOT, Kashdeck
from tui.commands import COMMANDS, Command

DOCS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
TABLE = DOCS.partition("## Exit codes")[0].splitlines()
NAMED = set(re.findall(r"[`\"]([a-z_-]+)[`\"]", DOCS))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_in_the_table_with_its_options(
    kashdeck: Kashdeck, command: Command
) -> None:
    (row,) = [line for line in TABLE if re.match(f"\\| `{command.name}[ `]", line)]
    if command.name == "reconnect":
        return  # "the same" as connect
    usage = kashdeck.run(command.name, "--help").out.split("options:")[1].split("for example:")[0]
    for option in re.findall(r"^  (--[a-z-]+)", usage, re.MULTILINE):
        assert option in row or option == "--json", option


def test_every_field_is_named(connected: Kashdeck) -> None:
    connected.run("import", NAME, COSTS)
    answers = [
        connected.json("status"),
        connected.json("sync", NAME),
        connected.json("lists", NAME, "suppliers"),
        connected.json("import", NAME, COSTS),
        connected.json("items", NAME),
        connected.json("item", NAME, "9"),
        connected.json("check", NAME, code=1),
        connected.json("publish", NAME, "--ready", "--dry-run", code=1),
        connected.json("publish", NAME, "1"),
        connected.json("resolve", NAME),
        connected.json("verify", NAME),
        connected.json("attach", NAME, "1"),
        connected.json("undo", NAME, "--runs"),
        connected.json("undo", NAME, "1", "--dry-run"),
        connected.json("undo", NAME, "1"),
        connected.json("copy", NAME, "1"),
        connected.json("keyring", NAME),
        connected.json("lock"),
        connected.json("settings", NAME),
        connected.json("people", NAME),
        connected.json("share"),
        connected.json("doctor", "--network"),
        connected.json("audit", NAME),
        connected.json("audit", NAME, "verify"),
        connected.json("status", "Nobody", code=2),
        connected.json("disconnect", NAME),
    ]
    assert sorted(set(_keys(answers)) - NAMED) == []


_DATA = {"fields", "people", "before", "after"}


def _keys(answer: Any) -> list[str]:
    """Return every field's name; the keys inside some are data."""
    if isinstance(answer, list):
        return [key for one in answer for key in _keys(one)]
    if not isinstance(answer, dict):
        return []
    inside = [one for key, one in answer.items() if key not in _DATA]
    return [*answer, *_keys(inside)]
