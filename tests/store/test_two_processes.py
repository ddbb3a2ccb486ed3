"""Two processes that write at once lose nothing; with stock TinyDB they do."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tinydb import TinyDB

from kfclient.store.database import Database
from tests.store.processes import finished, started

if TYPE_CHECKING:
    from pathlib import Path


def written(kind: str, path: Path, count: int) -> list[dict[str, object]]:
    """Have two processes write at once; return what each was told."""
    rivals = [started("-m", "tests.store.rival", kind, path, tag, count) for tag in "ab"]
    told: list[str] = [""] * len(rivals)
    writing = dict(enumerate(rivals))
    while writing:
        for number, rival in writing.items():
            assert rival.stdout is not None
            told[number] = rival.stdout.readline()
        writing = {n: rival for n, rival in writing.items() if told[n] == "ready\n"}
        for rival in writing.values():
            assert rival.stdin is not None
            rival.stdin.write("go\n")
            rival.stdin.flush()
    for rival in rivals:
        finished(rival)
    return [json.loads(one) for one in told]


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.full)])
def test_two_processes_lose_nothing_and_tear_nothing(count: int, path: Path) -> None:
    told = written("ours", path, count)

    assert told == [{"stored": count, "ended": ""}] * 2
    database = Database(path)
    rows = database.table("one").all()
    for tag in "ab":
        assert [row["n"] for row in rows if row["tag"] == tag] == list(range(count))
    assert all(row["text"] == f"{row['tag']}{row['n']} " * 40 for row in rows)
    pairs = [(row["tag"], row["n"]) for row in rows]
    assert [(row["tag"], row["n"]) for row in database.table("two")] == pairs, "never half"
    turns = sum(one != other for (one, _), (other, _) in pairwise(pairs))
    sys.stdout.write(f"\nours: all {2 * count} are there and whole, written in {turns} turns\n")
    assert turns > count / 4, "they hardly wrote at once"


@pytest.mark.parametrize("count", [100, pytest.param(1_000, marks=pytest.mark.full)])
def test_stock_tinydb_loses_what_two_processes_write(count: int, tmp_path: Path) -> None:
    path = tmp_path / "stock.json"
    told = written("stock", path, count)

    stored = sum(int(str(one["stored"])) for one in told)
    ended = " and ".join(str(one["ended"]) for one in told if one["ended"]) or "neither failed"
    try:
        there = len(TinyDB(path).table("one"))
        state = f"{there} of {stored} acknowledged are there"
    except ValueError:
        there, state = 0, "unreadable"
    sys.stdout.write(f"\nstock TinyDB: {state}; {ended}\n")
    assert there < stored or any(one["ended"] for one in told)
