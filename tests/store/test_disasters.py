"""What befalls files from outside: deleted, swapped, edited, on any disk, under any clock."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from kfclient.store.database import Database
from kfclient.store.errors import StateDamaged, StateUnwritable
from kfclient.store.filelock import FileLock
from kfclient.store.home import Home
from tests.store.by_hand import edit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def numbers(database: Database) -> list[int]:
    return [document["n"] for document in database.table("items")]


@pytest.fixture
def moved_on(db: Database) -> Database:
    """A database with two documents in its snapshot, and two in its log."""
    for n in range(4):
        db.table("items").insert({"n": n})
        if n == 1:
            db.checkpoint()
    return db


def log_of(path: Path) -> Path:
    return path.with_name(path.name + ".log")


def test_a_log_deleted_under_a_session_is_put_back_by_it(
    moved_on: Database, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log_of(path).unlink()

    assert numbers(moved_on) == [0, 1, 2, 3]
    moved_on.table("items").insert({"n": 4})

    assert numbers(moved_on) == numbers(Database(path)) == [0, 1, 2, 3, 4]
    assert "was missing" in caplog.text


def test_a_log_deleted_under_a_session_is_whole_in_the_snapshot_it_leaves(
    moved_on: Database, path: Path
) -> None:
    log_of(path).unlink()
    moved_on.close()

    assert numbers(Database(path)) == [0, 1, 2, 3]


def test_a_log_deleted_between_sessions_leaves_the_snapshot_and_a_line_in_the_log(
    moved_on: Database, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.with_name("copy.json").write_bytes(path.read_bytes())

    later = Database(path.with_name("copy.json"))
    assert numbers(later) == [0, 1]
    later.table("items").insert({"n": 9})

    assert numbers(later) == [0, 1, 9]
    assert "what was stored after the last snapshot is lost" in caplog.text


def test_a_snapshot_deleted_under_a_session_is_put_back_by_it(
    moved_on: Database, path: Path
) -> None:
    path.unlink()

    assert numbers(moved_on) == [0, 1, 2, 3]
    with pytest.raises(StateDamaged, match="it is not there"):
        Database(path)
    moved_on.table("items").insert({"n": 4})

    assert numbers(moved_on) == numbers(Database(path)) == [0, 1, 2, 3, 4]


def test_both_files_moved_away_begin_anew_as_whoever_moved_them_wants(
    moved_on: Database, path: Path
) -> None:
    path.unlink()
    log_of(path).unlink()

    assert numbers(moved_on) == []
    moved_on.table("items").insert({"n": 7})

    assert numbers(Database(path)) == [7]


def test_the_log_of_another_database_is_not_taken_for_its_own(
    moved_on: Database, path: Path, tmp_path: Path
) -> None:
    other = Database(tmp_path / "other.json")
    other.table("items").insert({"n": 99})
    other.checkpoint()
    other.table("items").insert({"n": 98})
    bytes_of_both = path.read_bytes(), log_of(other.storage._path).read_bytes()
    shutil.copy(log_of(other.storage._path), tmp_path / "swapped")
    (tmp_path / "swapped").rename(log_of(path))

    for use in (lambda: Database(path), lambda: numbers(moved_on)):
        with pytest.raises(StateDamaged, match="belongs to another file") as raised:
            use()
    with pytest.raises(StateDamaged):
        moved_on.table("items").insert({"n": 5})

    assert "kashdeck restore" in raised.value.cure
    assert (path.read_bytes(), log_of(path).read_bytes()) == bytes_of_both


def test_a_document_added_by_hand_keeps_its_number(moved_on: Database, path: Path) -> None:
    moved_on.close()
    edit(path, '"items":{"', '"items":{"5":{"n":50},"9":{"n":90},"')

    database = Database(path)
    assert [database.table("items").insert({"n": n}) for n in (5, 6)] == [10, 11]

    assert sorted(numbers(Database(path))) == [0, 1, 2, 3, 5, 6, 50, 90]


@pytest.mark.parametrize("next_ids", ['{"items":"x"}', '{"items":null}', "[1]", '"items"'])
def test_numbers_edited_into_nonsense_are_said_when_it_is_opened(
    moved_on: Database, path: Path, next_ids: str
) -> None:
    moved_on.close()
    edit(path, '"next":{"items":5}', f'"next":{next_ids}')

    with pytest.raises(StateDamaged, match="not as Kashdeck writes it"):
        Database(path)


def test_a_lock_file_of_nonsense_locks_as_well(path: Path, db: Database) -> None:
    lock = path.with_name("state.json.lock")
    lock.write_bytes(b"\0\xff nonsense" * 100)

    db.table("items").insert({"n": 1})
    assert FileLock(lock).holder() == os.getpid()
    lock.unlink()
    lock.mkdir()
    with pytest.raises(StateUnwritable, match=r"state\.json\.lock"):
        db.table("items").insert({"n": 2})
    lock.rmdir()

    db.table("items").insert({"n": 3})
    assert numbers(Database(path)) == [1, 3]


@pytest.mark.parametrize("moment", [0, 4_000_000_000])
def test_a_clock_that_jumps_hides_nothing_from_other_sessions(
    moved_on: Database, path: Path, moment: int
) -> None:
    """Files get times long gone or far ahead, each time the same one."""
    other = Database(path)
    for n in range(4, 10):
        moved_on.table("items").insert({"n": n})
        if n % 2:
            moved_on.checkpoint()
        for file in (path, log_of(path)):
            os.utime(file, (moment, moment))
        assert numbers(other) == list(range(n + 1))
        assert other.revision == moved_on.revision == n + 1
    other.table("items").insert({"n": 10})

    assert numbers(moved_on) == numbers(Database(path)) == list(range(11))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    if os.getuid() != 0:
        pytest.skip("root alone can mount a disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_home_on_another_disk_works_and_a_full_one_loses_nothing(
    disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(disk)
    home = Home(tmp_path / "link")
    table = home.books("acme").table("items")
    home.write_list("acme", "suppliers", [{"Name": "Staples"}])

    def fill() -> None:
        while True:
            table.insert({"n": len(table), "text": os.urandom(2000).hex()})

    with pytest.raises(StateUnwritable, match="the disk is full") as raised:
        fill()
    stored = len(table)

    assert stored > 10
    assert "What was stored is untouched" in raised.value.sentence
    assert numbers(home.books("acme")) == list(range(stored))
    with pytest.raises(StateUnwritable, match="the disk is full"):
        home.books("acme").checkpoint()
    with pytest.raises(StateUnwritable, match="the disk is full"):
        home.write_list("acme", "suppliers", [{"Name": "x" * 300_000}])
    assert numbers(Home(disk).books("acme")) == list(range(stored))
    assert Home(disk).read_list("acme", "suppliers") == [{"Name": "Staples"}]
    assert not list(disk.rglob("*.tmp"))

    table.remove(doc_ids=list(range(1, stored + 1)))
    home.close()
    assert numbers(Home(disk).books("acme")) == []
