"""The database as one program uses it: TinyDB's tables and queries, transactions, indexes."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

import pytest
from tinydb import TinyDB, where
from tinydb.operations import increment
from tinydb.table import Document

from kfclient.store.database import Database
from tests.growth import growth


class Abandoned(Exception):
    pass


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    SMALL = 1


def test_what_is_written_is_there_in_the_next_session(path: Path) -> None:
    first = Database(path)
    first.table("items").insert({"reference": "A1", "tags": ["x"], "net": "12.50", "paid": False})
    first.table("people").insert({"name": "Zoë"})
    first.close()

    second = Database(path)

    assert second.table("items").all() == [
        {"reference": "A1", "tags": ["x"], "net": "12.50", "paid": False}
    ]
    assert second.table("people").get(where("name") == "Zoë") == {"name": "Zoë"}
    assert second.tables() == {"items", "people"}


def test_a_document_is_put_whole_in_the_place_of_another(db: Database) -> None:
    table = db.table("items")
    number = table.insert({"n": 1, "old": True})

    assert table.put(number, {"n": 2})
    assert not table.put(number + 1, {"n": 3}), "there is none to take the place of"

    assert table.all() == [{"n": 2}]
    assert table.by("n", 2)[0].doc_id == number


def test_without_a_close_everything_is_there_too(path: Path) -> None:
    Database(path).table("items").insert({"n": 1})

    assert Database(path).table("items").all() == [{"n": 1}]


def test_stock_tinydb_and_json_read_the_snapshot(db: Database, path: Path) -> None:
    db.table("items").insert_multiple({"n": n} for n in range(3))
    db.table("items").remove(doc_ids=[2])
    db.insert({"in": "the default table"})
    db.close()

    raw = json.loads(path.read_text())
    stock = TinyDB(path)

    assert raw["items"] == {"1": {"n": 0}, "3": {"n": 2}}
    assert stock.table("items").search(where("n") > 0) == [{"n": 2}]
    assert stock.all() == [{"in": "the default table"}]


def test_a_file_that_stock_tinydb_wrote_is_taken_over(path: Path) -> None:
    stock = TinyDB(path)
    stock.table("items").insert({"n": 1})
    stock.close()

    database = Database(path)
    database.table("items").insert({"n": 2})
    database.close()

    assert TinyDB(path).table("items").all() == [{"n": 1}, {"n": 2}]


def test_tinydbs_way_of_reading_and_changing(db: Database) -> None:
    table = db.table("items")
    one, two, three = table.insert_multiple([{"n": 1}, {"n": 2}, {"n": 3}])

    assert table.update({"seen": True}, where("n") >= 2) == [two, three]
    assert table.update(increment("n"), doc_ids=[one, 99]) == [one]
    assert table.upsert({"n": 2, "late": True}, where("n") == 2) == [one, two]
    assert table.upsert(Document({"own": "id"}, doc_id=40)) == [40]
    assert table.update_multiple([({"a": 1}, where("n") == 3), ({"b": 2}, where("own").exists())])
    assert table.remove(where("n") == 3) == [three]
    assert table.remove(doc_ids=[99]) == []

    assert table.all() == [
        {"n": 2, "late": True},
        {"n": 2, "seen": True, "late": True},
        {"own": "id", "b": 2},
    ]
    found = table.get(doc_id=40)
    assert found is not None
    assert found.doc_id == 40
    assert [document.doc_id for document in table.get(doc_ids=[40, one, 7])] == [40, one]
    assert table.get(doc_id=three) is None
    assert table.contains(where("own") == "id")
    assert table.count(where("n") == 2) == 2
    assert len(table) == 3


def test_wrong_use_is_refused_as_tinydb_does(db: Database) -> None:
    table = db.table("items")
    table.insert(Document({"n": 1}, doc_id=5))

    with pytest.raises(ValueError, match="already exists"):
        table.insert(Document({"n": 2}, doc_id=5))
    with pytest.raises(ValueError, match="not a Mapping"):
        table.insert([1, 2])  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="truncate"):
        table.remove()
    with pytest.raises(ValueError, match="_meta"):
        db.table("_meta")
    assert table.all() == [{"n": 1}]


def test_an_id_is_never_used_again(path: Path) -> None:
    database = Database(path)
    database.table("items").insert_multiple([{"n": 1}, {"n": 2}])
    database.table("items").truncate()
    database.close()

    assert Database(path).table("items").insert({"n": 3}) == 3


def test_changing_a_result_changes_nothing(db: Database) -> None:
    table = db.table("items")
    mine: dict[str, Any] = {"lines": [{"net": "1.00"}]}
    key = table.insert(mine)
    mine["lines"][0]["net"] = "9.99"

    for result in (
        table.all()[0],
        table.search(where("lines").exists())[0],
        *table.get(doc_ids=[key]),
        next(iter(table)),
    ):
        result["lines"][0]["net"] = "6.66"
        result["new"] = 1

    assert table.all() == [{"lines": [{"net": "1.00"}]}]


@pytest.mark.parametrize(
    "value",
    [
        Decimal("1.00"),
        date(2026, 1, 2),
        b"bytes",
        {1, 2},
        (1, 2),
        object(),
        float("nan"),
        float("inf"),
        2**64,
        "\udcff",
        {1: "a"},
        [{"deep": Decimal(1)}],
    ],
)
def test_what_json_has_no_word_for_is_refused(db: Database, value: object) -> None:
    table = db.table("items")
    table.insert({"good": 1})

    with pytest.raises(TypeError):
        table.insert({"value": value})
    with pytest.raises(TypeError):
        table.update({"value": value})

    assert table.all() == [{"good": 1}]


def test_enum_members_are_kept_as_their_plain_values(db: Database) -> None:
    db.table("items").insert({"colour": Colour.RED, "size": Size.SMALL, Colour.RED: True})

    [stored] = db.table("items").all()

    assert stored == {"colour": "red", "size": 1, "red": True}
    assert [type(value) for value in stored.values()] == [str, int, bool]
    assert db.table("items").by("colour", "red") == [stored]


def test_a_transaction_is_one_line_of_the_log_over_several_tables(db: Database, path: Path) -> None:
    log = path.with_name("state.json.log")
    db.table("items").insert({"n": 0})
    lines, revision = log.read_bytes().count(b"\n"), db.revision

    with db.transaction():
        for n in range(10):
            db.table("items").insert({"n": n})
            db.table("attempts").insert({"item": n})

    assert log.read_bytes().count(b"\n") == lines + 1
    assert db.revision == revision + 1


def test_an_exception_discards_the_whole_transaction(db: Database, path: Path) -> None:
    db.table("items").insert({"n": 1})
    before = path.with_name("state.json.log").read_bytes()

    def half_done() -> None:
        with db.transaction():
            db.table("items").update({"n": 2})
            db.table("attempts").insert({"item": 1})
            db.table("items").remove(doc_ids=[1])
            raise Abandoned

    with pytest.raises(Abandoned):
        half_done()

    assert db.table("items").all() == [{"n": 1}]
    assert len(db.table("attempts")) == 0
    assert path.with_name("state.json.log").read_bytes() == before


def test_inside_a_transaction_its_own_changes_are_seen(db: Database) -> None:
    table = db.table("items")
    table.insert_multiple([{"state": "ready"}, {"state": "ready"}, {"state": "new"}])

    with db.transaction():
        table.update({"state": "sent"}, doc_ids=[1])
        table.remove(doc_ids=[3])
        key = table.insert({"state": "ready"})

        assert [document.doc_id for document in table.by("state", "ready")] == [2, key]
        assert table.by("state", "new") == []
        assert table.get(doc_id=1) == {"state": "sent"}
        assert len(table) == len(table.all()) == 3
        assert db.tables() == {"items"}


def test_a_transaction_finds_its_own_by_any_value_they_had(db: Database) -> None:
    table = db.table("items")
    table.insert_multiple([{"n": 1}, {"n": 1}, {"n": 2}])

    with db.transaction():
        assert len(table.by("n", 1)) == 2
        table.insert({"n": 1})
        table.update({"n": 3}, doc_ids=[1])

        def part() -> None:
            with db.transaction():
                table.insert({"n": 1})
                table.update({"n": 1}, doc_ids=[1, 3])
                table.remove(doc_ids=[2])
                assert [one.doc_id for one in table.by("n", 1)] == [1, 3, 4, 5]
                raise Abandoned

        with pytest.raises(Abandoned):
            part()

        assert [one.doc_id for one in table.by("n", 1)] == [2, 4]
        assert [one.doc_id for one in table.by("n", 2)] == [3]
        assert [one.doc_id for one in table.by("n", 3)] == [1]


def test_finding_in_a_transaction_costs_the_same_however_much_it_has_put(tmp_path: Path) -> None:
    few, many = (Database(tmp_path / f"{size}.json") for size in (100, 1000))

    with few.transaction(), many.transaction():
        few.table("items").insert_multiple({"source": f"R{n}"} for n in range(100))
        many.table("items").insert_multiple({"source": f"R{n}"} for n in range(1000))

        def looking(db: Database) -> Callable[[], object]:
            return lambda: [db.table("items").by("source", f"R{n}") for n in range(100)]

        assert growth(looking(few), looking(many)) < 3


def test_a_transaction_inside_another_is_part_of_it(db: Database) -> None:
    table = db.table("items")

    def whole(*, abandoned: bool) -> None:
        with db.transaction():
            with db.transaction():
                table.insert({"n": 1})
            if abandoned:
                raise Abandoned

    def part() -> None:
        with db.transaction():
            table.update({"n": 2})
            table.insert({"n": 3})
            raise Abandoned

    with pytest.raises(Abandoned):
        whole(abandoned=True)
    assert table.all() == []

    with db.transaction():
        whole(abandoned=False)
        with pytest.raises(Abandoned):
            part()
        assert table.all() == [{"n": 1}]
    assert table.all() == [{"n": 1}]


def test_a_call_that_fails_half_way_changes_nothing_of_its_own(db: Database) -> None:
    table = db.table("items")
    with db.transaction():
        table.insert({"n": 1})
        with pytest.raises(TypeError):
            table.insert_multiple([{"n": 2}, {"n": Decimal(3)}])
        with pytest.raises(ValueError, match="exists"):
            table.insert_multiple([{"n": 2}, Document({"n": 3}, doc_id=1)])

    assert table.all() == [{"n": 1}]


def test_the_revision_grows_with_what_is_stored_and_only_then(db: Database) -> None:
    revisions = [db.revision]
    db.table("items").insert({"n": 1})
    revisions.append(db.revision)
    with db.transaction():
        db.table("items").all()
    db.table("items").update({"n": 1})
    db.table("items").remove(doc_ids=[77])
    revisions.append(db.revision)
    db.table("items").update({"n": True})
    revisions.append(db.revision)
    db.checkpoint()
    revisions.append(db.revision)

    assert revisions == [0, 1, 1, 2, 2]
    assert db.table("items").all()[0]["n"] is True


def test_an_index_finds_what_a_search_finds(db: Database) -> None:
    table = db.table("items")
    for n in range(30):
        table.insert({"n": n % 3, "none": None} if n % 2 else {"n": n % 3, "list": [n]})
    assert len(table.by("n", 2)) == 10

    table.update({"n": 7}, where("n") == 2)
    table.remove(doc_ids=[3])

    assert table.by("n", 2) == []
    assert table.by("n", 7) == table.search(where("n") == 7)
    assert len(table.by("none", None)) == 15
    assert table.by("nothing of the kind", "x") == []
    table.by("n", 7)[0]["n"] = 8
    assert table.by("n", 8) == []


def test_dropping_tables(db: Database) -> None:
    db.table("one").insert({"n": 1})
    db.table("two").insert({"n": 2})

    db.drop_table("one")
    assert db.tables() == {"two"}
    db.drop_tables()
    assert db.tables() == set()


def test_who_only_reads_writes_nothing(path: Path) -> None:
    Database(path).table("items").insert({"n": 1})
    before = {file: file.stat().st_mtime_ns for file in path.parent.iterdir()}

    reader = Database(path)
    assert reader.table("items").all() == [{"n": 1}]
    reader.close()

    assert {file: file.stat().st_mtime_ns for file in path.parent.iterdir()} == before


def test_a_database_that_is_dropped_leaves_no_file_open(path: Path) -> None:
    Database(path).table("items").insert({"n": 1})
    gc.collect()
    before = len(list(Path("/dev/fd").iterdir()))
    for _ in range(20):
        Database(path).table("items").insert({"n": 1})
    gc.collect()
    assert len(list(Path("/dev/fd").iterdir())) <= before
