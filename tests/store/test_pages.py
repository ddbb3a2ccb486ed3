"""A long table is read page by page, and is then what a table that was read whole would be."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgspec
import pytest
import tinydb

from kfclient.store import Home
from kfclient.store.database import Database
from kfclient.store.tables import Snapshot, StoredTables, Tables

TEXT = 'a "quoted"\nline, } and {, £'


class Shape(msgspec.Struct):
    """What is read of a document."""

    n: int
    text: str = ""


def long(count: int) -> Snapshot:
    """Return a snapshot with a long table between short ones, written and opened."""
    tables: Tables = {
        "first": {3: {"n": 1}},
        "items": {key: {"n": key, "text": TEXT, "more": "x" * 40} for key in range(1, count + 1)},
        "empty": {},
        "next": {key: {"n": key, "text": TEXT} for key in range(7, 7 + 2 * count, 2)},
        "last": {9: {"text": "}}"}},
    }
    data = Snapshot(tables, {"items": count + 1}, 12, database="here").encode()
    assert json.loads(data)["items"]["1"]["text"] == TEXT
    opened = Snapshot.opened(data)
    assert (opened.pages("items") is not None) is (count > 100), "long ones alone"
    return opened


@pytest.mark.parametrize("count", [10, 3_000])
def test_any_document_and_all_of_them(count: int) -> None:
    snapshot = long(count)
    contents = StoredTables(snapshot)
    assert (snapshot.lsn, snapshot.database, contents.next_id("items")) == (12, "here", count + 1)
    assert contents.next_id("next") == 7 + 2 * count - 1
    for key in (1, count // 2, count):
        found = contents.document("items", key)
        assert found is not None
        assert found["n"] == key
    assert [contents.document("items", key) for key in (0, count + 1, -3)] == [None] * 3
    assert contents.document("next", 8) is None
    assert contents.document("last", 9) == {"text": "}}"}
    shapes = contents.read_as("items", Shape)
    assert list(shapes) == list(range(1, count + 1))
    assert shapes[count] == Shape(count, TEXT)
    assert contents.tables() == {"first", "items", "empty", "next", "last"}
    assert list(contents.documents("items")) == list(range(1, count + 1))
    assert contents.documents("empty") == {}


def test_changes_lie_over_what_is_not_read_yet() -> None:
    chance = random.Random(7)
    paged, whole = long(2_000), long(2_000)
    _ = whole.tables  # all is read
    one, other = StoredTables(paged), StoredTables(whole)
    for _ in range(300):
        key = chance.choice((*range(1, 2_100), 2_500))
        document = None if chance.random() < 0.3 else {"n": -key, "text": "new"}
        for contents in (one, other):
            contents.apply([("items", key, document)])
    assert paged.pages("items") is not None
    for key in range(2_600):
        assert one.document("items", key) == other.document("items", key)
    assert one.read_as("items", Shape) == other.read_as("items", Shape)
    assert one.next_id("items") == other.next_id("items")
    assert one.documents("items") == other.documents("items")
    assert (
        paged.encode()
        == Snapshot(whole.tables, paged.next_ids, paged.lsn, database="here").encode()
    )


def test_one_document_of_many_is_looked_at_without_reading_the_others(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.state().table("x").insert({"n": 0})
    path = tmp_path / "state.json"
    home.state().checkpoint()
    with home.state().transaction():
        for n in range(1, 4_000):
            home.state().table("x").insert({"n": n, "text": TEXT * 3})
    home.close()
    assert tinydb.TinyDB(path).table("x").get(doc_id=4_000)["n"] == 3_999  # type: ignore[index]
    with Database(path) as database:
        table = database.table("x")
        assert table.get(doc_id=2_000) == {"n": 1_999, "text": TEXT * 3}
        table.update({"n": -1}, doc_ids=[2_000])
        assert table.insert({"n": 5}) == 4_001
        assert table.highest == 4_001
        assert table.read_as(Shape)[2_000].n == -1
        assert len(table) == 4_001
