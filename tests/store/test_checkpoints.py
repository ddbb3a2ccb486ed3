"""Checkpoints: made beside the work, never in a key press, and seen by nobody."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from kfclient.store import database
from kfclient.store.database import Database
from kfclient.store.database_files import DatabaseFiles
from kfclient.store.errors import StateUnwritable
from kfclient.store.filelock import FileLock
from tests.store.by_hand import edit
from tests.store.processes import finished, script, started
from tests.waiting import HANG, until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def small_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of two thousand bytes is a large one, and nobody waits long."""
    monkeypatch.setattr(database, "LARGE_LOG", 2000)
    monkeypatch.setattr(database, "LARGEST_LOG", 2000)
    monkeypatch.setattr(database, "PATIENCE", 0.02)


@pytest.fixture
def writers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads that put a snapshot or a new log in place."""
    names: list[str] = []
    for name in ("write_ahead", "turn_over"):
        done = getattr(DatabaseFiles, name)

        def noted(self: DatabaseFiles, given: Any, done: Any = done) -> Any:
            names.append(threading.current_thread().name)
            return done(self, given)

        monkeypatch.setattr(DatabaseFiles, name, noted)
    return names


def test_a_small_write_makes_no_checkpoint(db: Database, path: Path) -> None:
    db.table("items").insert({"n": 1})

    assert not path.exists()


@pytest.mark.usefixtures("small_logs")
def test_a_write_leaves_the_checkpoint_of_a_long_log_to_a_thread_of_its_own(
    db: Database, path: Path, writers: list[str]
) -> None:
    for n in range(100):
        db.table("items").insert({"n": n, "text": "x" * 50})

    until(lambda: path.exists() and path.with_name("state.json.log").stat().st_size < 12_000)
    assert set(writers) == {"checkpoint"}
    assert db.revision == 100
    assert len(Database(path).table("items")) == 100


@pytest.mark.usefixtures("small_logs")
def test_opening_a_long_log_leaves_its_checkpoint_to_a_thread_of_its_own(
    path: Path, writers: list[str]
) -> None:
    Database(path).table("items").insert_multiple({"n": n} for n in range(200))

    reopened = Database(path)
    assert threading.current_thread().name not in writers

    until(lambda: path.exists() and len(writers) == 2)
    assert set(writers) == {"checkpoint"}
    assert len(json.loads(path.read_text())["items"]) == 200
    assert len(reopened.table("items")) == 200


@pytest.mark.usefixtures("small_logs")
def test_who_opens_a_long_log_for_a_moment_leaves_it_as_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 3600)
    Database(path).table("items").insert_multiple({"n": n} for n in range(200))

    before = set(threading.enumerate())
    reader = Database(path)
    assert len(reader.table("items")) == 200
    (waiting,) = set(threading.enumerate()) - before
    reader.close()

    assert waiting.name == "checkpoint"
    assert not waiting.is_alive(), "it does not wait its hour"
    assert not path.exists()


def test_others_write_while_a_snapshot_is_written(
    db: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = db.table("items")
    keys = table.insert_multiple({"n": n} for n in range(10))
    written, go_on, done = threading.Event(), threading.Event(), DatabaseFiles.write_ahead

    def slowly(self: DatabaseFiles, data: list[bytes]) -> None:
        done(self, data)
        written.set()
        assert go_on.wait(HANG)

    monkeypatch.setattr(DatabaseFiles, "write_ahead", slowly)
    thread = threading.Thread(target=db.checkpoint)
    thread.start()
    assert written.wait(HANG)
    other = Database(path)
    table.update({"late": True}, doc_ids=keys[:3])
    other.table("items").remove(doc_ids=keys[9:])
    go_on.set()
    thread.join()

    expected = [{"n": n, "late": True} if n < 3 else {"n": n} for n in range(9)]
    assert table.all() == other.table("items").all() == expected
    assert len(json.loads(path.read_text())["items"]) == 10, "it is of the moment it was begun"
    assert Database(path).table("items").all() == expected
    assert Database(path).revision == 3
    assert sorted(file.name for file in path.parent.iterdir() if ".tmp" in file.name) == []


def test_another_session_reads_nothing_again_after_a_checkpoint(
    db: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.table("items").insert({"n": 1})
    other, behind = Database(path), Database(path)
    assert other.table("items").by("n", 1) == [{"n": 1}]
    db.table("items").insert({"n": 2})
    assert other.revision == 2

    def load(self: DatabaseFiles) -> None:
        raise AssertionError("everything was read again")

    with monkeypatch.context() as watched:
        watched.setattr(DatabaseFiles, "_load", load)
        db.checkpoint()
        db.table("items").update({"n": 3}, doc_ids=[1])
        for each in (other, behind, db):
            assert each.table("items").all() == [{"n": 3}, {"n": 2}]
            assert each.table("items").by("n", 1) == []
            assert each.revision == 3
        other.table("items").insert({"n": 4})
        assert [document["n"] for document in db.table("items")] == [3, 2, 4]

    db.checkpoint()
    db.table("items").insert({"n": 5})
    db.checkpoint()
    assert [document["n"] for document in behind.table("items")] == [3, 2, 4, 5]


def test_a_snapshot_edited_by_hand_is_no_checkpoint(db: Database, path: Path) -> None:
    db.table("items").insert({"n": 1})
    other = Database(path)
    db.checkpoint()
    edit(path, '"n":1', '"n":9')

    assert other.table("items").all() == [{"n": 9}]


def test_a_checkpoint_steps_back_where_the_files_became_others_meanwhile(
    db: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.table("items").insert({"n": 1})
    done = DatabaseFiles.write_ahead

    def meanwhile(self: DatabaseFiles, data: list[bytes]) -> None:
        done(self, data)
        path.write_text('{"items": {"7": {"by": "hand"}}}')
        path.with_name("state.json.log").unlink()

    monkeypatch.setattr(DatabaseFiles, "write_ahead", meanwhile)
    db.checkpoint()

    assert db.table("items").all() == [{"by": "hand"}]
    assert not path.with_name("state.json.next.tmp").exists()


def test_a_checkpoint_that_cannot_be_made_disturbs_no_write(
    db: Database, path: Path, small_logs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def fails(self: DatabaseFiles, data: list[bytes]) -> None:
        tries.append(1)
        raise StateUnwritable("The disk is full.")

    monkeypatch.setattr(DatabaseFiles, "write_ahead", fails)
    for n in range(100):
        db.table("items").insert({"n": n, "text": "x" * 50})
        time.sleep(0.001)

    until(lambda: tries)
    assert len(db.table("items")) == 100
    assert len(tries) == 1, "it rests before it tries again"


def test_two_make_no_two_checkpoints_at_once(db: Database, path: Path) -> None:
    db.table("items").insert({"n": 1})
    taken = FileLock(path.with_name("state.json.next.lock"))
    assert taken.acquire(1)
    db.close()
    assert not path.exists()
    taken.release()

    db.close()
    assert path.exists()


BUSY = """
import sys, threading, time
from pathlib import Path
from kfclient.store import database
from kfclient.store.database import Database

database.LARGEST_LOG = 1 << 14
database.PATIENCE = 0
database = Database(Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    database.table("items").insert({"who": sys.argv[3], "n": n, "text": "x" * 300})
if sys.argv[4] == "close":
    database.close()
"""


@pytest.mark.parametrize("how", ["close", "leave"])
def test_processes_that_make_checkpoints_while_they_write_lose_nothing(
    path: Path, how: str
) -> None:
    for process in [started("-c", BUSY, path, 300, who, how) for who in "ab"]:
        finished(process)

    database = Database(path)

    assert path.exists()
    assert database.revision == 600
    for who in "ab":
        assert [document["n"] for document in database.table("items").by("who", who)] == list(
            range(300)
        )


STATUS = """
import os, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from tui.cli import main
code = main(["status"])
home = os.environ["KASHDECK_HOME"]
print("|".join(sorted(path[len(home) + 1:] for path in opened if path.startswith(home))))
sys.exit(code)
"""


def test_status_reads_only_the_small_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kfclient.desk.business.businesses import Businesses
    from kfclient.store.home import Home

    home = Home(tmp_path / "home")
    Businesses(home, person="anna").add("Harbour Lane")
    home.books("harbour-lane").table("items").insert({"n": 1})
    home.write_list("harbour-lane", "suppliers", [{"Name": "Staples"}])
    home.close()
    monkeypatch.setitem(os.environ, "KASHDECK_HOME", str(home.root))

    said = script(STATUS).splitlines()

    assert "Harbour Lane" in "".join(said[:-1])
    opened = set(said[-1].split("|"))
    assert "state.json" in opened
    assert not {name for name in opened if "businesses" in name}
