"""Several processes and threads on one file: nothing is lost, nothing half-done is seen."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from tinydb import where

from kfclient.store.database import LOCK_SECONDS, Database
from kfclient.store.errors import StateBusy
from kfclient.store.filelock import FileLock
from tests.store.processes import finished, started
from tests.waiting import HANG

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, time
from pathlib import Path
from kfclient.store.database import Database
db = Database(Path(sys.argv[1]))
with db.transaction():
    db.table("items").insert({"held": True})
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_two_processes_lose_nothing(path: Path) -> None:
    writers = [started("-m", "tests.store.writer", path, tag, 500, 100) for tag in "ab"]
    for writer in writers:
        finished(writer)

    database = Database(path)

    for table in ("one", "two"):
        for tag in "ab":
            numbers = [document["n"] for document in database.table(table).by("tag", tag)]
            assert numbers == list(range(500))
    assert database.revision == 1000


def test_who_reads_during_checkpoints_never_sees_less_or_half(path: Path) -> None:
    follower, counts, written = Database(path), [0], 0

    while len(set(counts)) <= 10 and written < 6_000:  # a slow reader needs a longer writer
        writer = started("-m", "tests.store.writer", path, "x", 600, 1)
        written += 600
        while writer.poll() is None:
            for reader in (follower, Database(path)):
                numbers = [document["n"] for document in reader.table("one")]
                assert numbers == list(range(len(numbers)))
                counts.append(len(numbers))
                assert len(reader.table("two")) >= len(numbers)
        finished(writer)

    assert counts == sorted(counts)
    assert len(set(counts)) > 10
    assert len(follower.table("one")) == written


def test_four_threads_lose_nothing(db: Database) -> None:
    def write(tag: int) -> None:
        for n in range(100):
            db.table("items").insert({"tag": tag, "n": n})
            db.table("items").update({"seen": True}, (where("tag") == tag) & (where("n") == n))
            assert len(db.table("items").by("tag", tag)) == n + 1

    threads = [threading.Thread(target=write, args=(tag,)) for tag in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(db.table("items")) == 400
    assert all(document["seen"] for document in db.table("items"))


def test_counting_in_transactions_misses_no_step(db: Database, path: Path) -> None:
    db.table("count").insert({"n": 0})
    other = Database(path)

    def count(database: Database) -> None:
        for _ in range(100):
            with database.transaction():
                [document] = database.table("count").all()
                database.table("count").update({"n": document["n"] + 1})

    threads = [threading.Thread(target=count, args=(each,)) for each in (db, db, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert db.table("count").all() == [{"n": 300}]


def test_a_reader_sees_what_another_process_stored(db: Database, path: Path) -> None:
    assert db.table("one").by("tag", "x") == []
    revision = db.revision

    finished(started("-m", "tests.store.writer", path, "x", 3))

    assert len(db.table("one").by("tag", "x")) == 3
    assert db.revision == revision + 3


def test_others_see_nothing_of_an_open_transaction_and_do_not_wait(
    db: Database, path: Path
) -> None:
    db.table("items").insert({"n": 1})
    other, seen = Database(path), []

    def look() -> None:
        seen.extend([db.table("items").all(), db.table("items").by("n", 2)])
        seen.append(other.table("items").all())

    with db.transaction():
        db.table("items").update({"n": 2})
        thread = threading.Thread(target=look)
        thread.start()
        thread.join(HANG)
        assert not thread.is_alive()

    assert seen == [[{"n": 1}], [], [{"n": 1}]]
    assert other.table("items").all() == [{"n": 2}]


def test_who_waits_too_long_is_told_for_whom(path: Path) -> None:
    holder = started("-c", HOLD, path)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    database = Database(path, lock_seconds=0.2)

    begun = time.monotonic()
    with pytest.raises(StateBusy, match=str(holder.pid)):
        database.table("items").insert({"n": 1})
    waited = time.monotonic() - begun
    finished(holder)

    assert 0.2 <= waited < LOCK_SECONDS
    database.table("items").insert({"n": 1})
    assert database.table("items").all() == [{"held": True}, {"n": 1}]


def test_a_thread_that_waits_too_long_is_told_too(path: Path) -> None:
    database = Database(path, lock_seconds=0.1)
    problems: list[StateBusy] = []

    def write() -> None:
        try:
            database.table("items").insert({"n": 1})
        except StateBusy as problem:
            problems.append(problem)

    with database.transaction():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    assert [problem.code for problem in problems] == ["state-busy"]
    assert len(database.table("items")) == 0


def test_the_lock_comes_free_when_its_holder_is_killed(path: Path) -> None:
    holder = started("-c", HOLD, path)
    assert holder.stdout is not None
    holder.stdout.readline()
    holder.kill()
    holder.communicate()

    database = Database(path, lock_seconds=0.2)
    database.table("items").insert({"n": 1})

    assert database.table("items").all() == [{"n": 1}]


def test_a_lock_whose_file_is_removed_is_still_held_by_one(tmp_path: Path) -> None:
    path, inside, most = tmp_path / "x.lock", [], [0]

    def hold() -> None:
        lock = FileLock(path)
        for _ in range(150):
            assert lock.acquire(HANG)
            inside.append(1)
            time.sleep(0.0001)
            most.append(len(inside))
            inside.pop()
            path.unlink()  # the last thing done inside: from here on the lock is another file
            lock.release()

    threads = [threading.Thread(target=hold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(most) == 601
    assert max(most) == 1
