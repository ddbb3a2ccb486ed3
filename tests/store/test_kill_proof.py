"""Killed at any moment, what was acknowledged is there; what was not is whole or absent."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.store.processes import finished, started

if TYPE_CHECKING:
    from pathlib import Path


def proved(module: str, *words: object) -> Any:
    """Run a proof in a process of its own, print what it counted, and return it."""
    counted = json.loads(finished(started("-m", module, *words), seconds=900))
    sys.stdout.write(f"\n{module.rpartition('.')[2]}: {json.dumps(counted)}\n")
    return counted


@pytest.mark.parametrize("kills", [60, pytest.param(3_000, marks=pytest.mark.full)])
def test_a_kill_at_a_random_moment_loses_nothing(kills: int, tmp_path: Path) -> None:
    counted = proved("tests.store.killing", tmp_path, kills, kills)

    assert counted.pop("kills") == kills
    assert counted.pop("stored") > kills, "the children were killed before they did anything"
    assert not any(counted.values())


def test_an_end_at_each_call_leaves_all_or_nothing_and_so_does_a_power_cut(tmp_path: Path) -> None:
    counted = proved("tests.store.stepping", tmp_path)

    assert [wrong for deed in counted.values() for wrong in deed["wrong"]] == []
    assert all(deed["ended"] > 20 for deed in counted.values())
