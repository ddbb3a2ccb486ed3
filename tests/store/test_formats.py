"""Older formats are brought to the present one, with a copy first; newer ones are left alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tinydb import TinyDB

from kfclient.store import tables, wal
from kfclient.store.backup import salvage
from kfclient.store.database import Database
from kfclient.store.database_files import StateReading
from kfclient.store.errors import StateDamaged, StateNewer, StateUnwritable
from kfclient.store.home import Home
from kfclient.store.tables import Snapshot
from kfclient.store.wal import Damage, NewerFormat
from tests.store.by_hand import edit
from tests.store.ended import came_through

if TYPE_CHECKING:
    from pathlib import Path

    from kfclient.store.tables import Tables


def in_capitals(tables: Tables) -> Tables:
    """An invented step: items have their names in capitals from now on."""
    for item in tables.get("items", {}).values():
        item["name"] = item["name"].upper()
    return tables


@pytest.fixture
def format_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on it is a later Kashdeck."""
    monkeypatch.setattr(wal, "FORMAT", 2)
    monkeypatch.setitem(tables.MIGRATIONS, 1, in_capitals)


def names(database: Database) -> list[str]:
    return [document["name"] for document in database.table("items")]


def older(path: Path) -> dict[str, bytes]:
    """Write a database of the present format; return its files as they are."""
    database = Database(path)
    database.table("items").insert({"name": "anna"})
    database.checkpoint()
    database.table("items").insert({"name": "ben"})
    return {file.name: file.read_bytes() for file in path.parent.glob("*.json*")}


def test_every_format_before_the_present_one_has_its_step() -> None:
    assert sorted(tables.MIGRATIONS) == list(range(wal.FORMAT))


def test_what_stock_tinydb_wrote_is_kept_beside_before_it_is_written_anew(path: Path) -> None:
    stock = TinyDB(path)
    stock.table("items").insert({"name": "anna"})
    stock.close()
    before = path.read_bytes()

    database = Database(path)
    assert names(database) == ["anna"]
    assert path.read_bytes() == before
    database.table("items").insert({"name": "ben"})

    assert names(database) == names(Database(path)) == ["anna", "ben"]
    assert path.with_name("state.json.before-format-1").read_bytes() == before
    assert json.loads(path.read_text())["_meta"]["1"]["format"] == 1


def test_a_deleted_snapshot_is_noticed_also_where_it_was_stock_tinydbs(path: Path) -> None:
    TinyDB(path).table("items").insert({"name": "anna"})
    Database(path).table("items").insert({"name": "ben"})
    path.unlink()

    with pytest.raises(StateDamaged, match="begins after transaction 1"):
        Database(path)


def test_an_older_format_is_read_as_it_would_be_now_and_left_until_something_is_written(
    path: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    files = older(path)
    request.getfixturevalue("format_2")

    reader = Database(path)
    assert names(reader) == ["ANNA", "BEN"]
    assert [item["name"] for item in StateReading(tmp_path).documents("items")] == ["ANNA", "BEN"]
    reader.close()

    assert {name: (path.parent / name).read_bytes() for name in files} == files


@pytest.mark.parametrize("how", ["write", "checkpoint"])
def test_an_older_format_is_written_anew_after_copies_of_both_its_files(
    path: Path, request: pytest.FixtureRequest, how: str
) -> None:
    files = older(path)
    request.getfixturevalue("format_2")
    database, other = Database(path), Database(path)

    if how == "checkpoint":
        database.checkpoint()
    database.table("items").insert({"name": "CARA"})
    other.table("items").insert({"name": "DORA"})

    assert names(database) == names(other) == names(Database(path))
    assert names(database) == ["ANNA", "BEN", "CARA", "DORA"]
    for name in ("state.json", "state.json.log"):
        assert (path.parent / f"{name}.before-format-2").read_bytes() == files[name]
    assert json.loads(path.read_text())["_meta"]["1"]["format"] == 2
    assert len(list(path.parent.glob("*.before-format-*"))) == 2


def test_a_different_copy_of_an_earlier_time_is_not_overwritten(
    path: Path, request: pytest.FixtureRequest
) -> None:
    files = older(path)
    kept = path.with_name("state.json.before-format-2")
    kept.write_text("of an earlier time")
    request.getfixturevalue("format_2")

    Database(path).table("items").insert({"name": "CARA"})

    assert kept.read_text() == "of an earlier time"
    assert kept.with_name(f"{kept.name}-2").read_bytes() == files["state.json"]


def test_no_copy_no_migration(path: Path, request: pytest.FixtureRequest) -> None:
    files = older(path)
    (path.parent / "state.json.before-format-2.tmp").mkdir()  # no copy can be made
    request.getfixturevalue("format_2")

    database = Database(path)
    with pytest.raises(StateUnwritable):
        database.table("items").insert({"name": "CARA"})

    assert names(database) == ["ANNA", "BEN"]
    assert {name: (path.parent / name).read_bytes() for name in files} == files


def test_documents_that_are_not_as_their_format_has_them_are_said_and_kept(
    path: Path, request: pytest.FixtureRequest
) -> None:
    Database(path).table("items").insert({"no": "name"})
    request.getfixturevalue("format_2")

    with pytest.raises(StateDamaged, match="from format 1 to 2"):
        Database(path)


def test_a_log_of_an_older_format_never_goes_on_from_a_newer_snapshot(
    path: Path, request: pytest.FixtureRequest
) -> None:
    files = older(path)
    request.getfixturevalue("format_2")
    path.write_bytes(files["state.json"])
    edit(path, '"format":1', '"format":2')

    with pytest.raises(StateDamaged, match="older format"):
        Database(path)


@pytest.mark.parametrize(("way", "stride"), [("before", 3), ("half", 2), ("power", 1)])
def test_an_end_at_any_step_of_a_migration_leaves_the_older_files_or_the_new_ones(
    path: Path, request: pytest.FixtureRequest, way: str, stride: int
) -> None:
    files = older(path)
    request.getfixturevalue("format_2")
    steps, through = 0, False
    while not through:
        steps += stride
        for file in path.parent.iterdir():
            file.unlink()
        for name, data in files.items():
            (path.parent / name).write_bytes(data)
        through = came_through(
            steps, way, lambda: Database(path).table("items").insert({"name": "CARA"})
        )

        if json.loads(path.read_text())["_meta"]["1"]["format"] == 2:
            for name in ("state.json", "state.json.log"):
                assert (path.parent / f"{name}.before-format-2").read_bytes() == files[name]
        database = Database(path)
        database.table("items").insert({"name": "DORA"})
        assert names(Database(path)) in (
            ["ANNA", "BEN", "DORA"],
            ["ANNA", "BEN", "CARA", "DORA"],
        )
    assert steps > 15


def test_a_list_of_an_older_format_is_read_as_it_would_be_now_and_kept_when_replaced(
    home: Home, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write_list("acme", "suppliers", [{"Name": "Staples"}])
    path = home.root / "businesses" / "acme" / "lists" / "suppliers.json"
    before = path.read_bytes()
    request.getfixturevalue("format_2")

    def renamed(tables: Tables) -> Tables:
        return {
            table: {key: {"Title": one["Name"]} for key, one in documents.items()}
            for table, documents in tables.items()
        }

    monkeypatch.setitem(tables.MIGRATIONS, 1, renamed)

    assert home.read_list("acme", "suppliers") == [{"Title": "Staples"}]
    assert path.read_bytes() == before
    home.write_list("acme", "suppliers", [{"Title": "New"}])
    home.write_list("acme", "suppliers", [{"Title": "Newer"}])

    assert home.read_list("acme", "suppliers") == [{"Title": "Newer"}]
    assert [file.name for file in path.parent.glob("*.before-*")] == [
        "suppliers.json.before-format-2"
    ]
    assert path.with_name("suppliers.json.before-format-2").read_bytes() == before


def test_a_list_of_a_newer_format_is_not_overwritten(home: Home) -> None:
    home.write_list("acme", "suppliers", [])
    path = home.root / "businesses" / "acme" / "lists" / "suppliers.json"
    path.write_text('{"_meta": {"1": {"format": 7}}}')

    for use in (
        lambda: home.read_list("acme", "suppliers"),
        lambda: home.write_list("acme", "suppliers", [{"Name": "Staples"}]),
    ):
        with pytest.raises(StateNewer, match="newer Kashdeck"):
            use()

    assert path.read_text() == '{"_meta": {"1": {"format": 7}}}'
    assert {file.name for file in path.parent.iterdir()} == {"suppliers.json", "lists.lock"}


def test_a_flipped_bit_in_a_snapshot_is_noticed_wherever_it_is(path: Path) -> None:
    with_table(path, [{"name": "Quillon", "net": "84.00"}, {"name": "Tern", "net": "19.50"}])
    whole = path.read_bytes()
    unnoticed = []
    for place in range(len(whole)):
        for bit in range(8):
            changed = bytearray(whole)
            changed[place] ^= 1 << bit
            try:
                found = Snapshot.decode(bytes(changed))
            except (Damage, NewerFormat):
                continue
            # Of its own checksum's name nothing is lost.
            assert found.tables == Snapshot.decode(whole).tables
            unnoticed.append(place)
    assert len(unnoticed) <= 8 * len('"checksum":""')


def with_table(path: Path, documents: list[dict[str, str]]) -> None:
    database = Database(path)
    database.table("items").insert_multiple(documents)
    database.checkpoint()
    database.close()


def test_a_changed_snapshot_is_refused_and_its_sound_part_is_not_vouched_for(
    path: Path,
) -> None:
    with_table(path, [{"name": "Quillon", "net": "84.00"}])
    path.write_bytes(path.read_bytes().replace(b"84.00", b"94.00"))
    with pytest.raises(StateDamaged, match="not as it was written"):
        Database(path)
    (salvaged,) = salvage(path.parent)
    assert (salvaged.kept, salvaged.lost, salvaged.changed) == (1, 0, True)
    assert Database(path).table("items").all() == [{"name": "Quillon", "net": "94.00"}]
    assert salvage(path.parent) == []


def test_stock_tinydb_reads_past_the_checksum_and_what_it_writes_is_read(path: Path) -> None:
    with_table(path, [{"name": "Quillon"}])
    path.with_name("state.json.log").unlink()
    with TinyDB(path) as stock:
        assert stock.table("items").all() == [{"name": "Quillon"}]
        stock.table("items").update({"name": "Quillon & Sons"})
    assert Database(path).table("items").all() == [{"name": "Quillon & Sons"}]
