"""What a person is told when the disk or the files fail them, and what stays as it was."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import orjson
import pytest

from kfclient.errors import tell
from kfclient.store.database import Database
from kfclient.store.errors import StateDamaged, StateNewer, StateUnreadable, StateUnwritable
from kfclient.store.home import Home
from kfclient.store.wal import WriteAheadLog
from tests.store.by_hand import edit
from tests.store.processes import script

if TYPE_CHECKING:
    from pathlib import Path

FULL_DISK = """
import resource, sys
from pathlib import Path
from kfclient.store.database import Database
from kfclient.store.errors import StateUnwritable

path = Path(sys.argv[1])
database = Database(path)
table = database.table("items")
log = path.with_name("state.json.log")
table.insert({"n": 1})
kept, revision = log.read_bytes(), database.revision
resource.setrlimit(resource.RLIMIT_FSIZE, (len(kept) + 500, resource.RLIM_INFINITY))

for change in (
    lambda: table.insert({"text": "x" * 2000}),
    lambda: table.update({"text": "x" * 2000}),
):
    try:
        change()
    except StateUnwritable as problem:
        print(problem.sentence)
    else:
        raise SystemExit("it was not noticed")
    assert log.read_bytes() == kept
    assert table.all() == [{"n": 1}]
    assert database.revision == revision

table.insert({"small": "fits"})
assert table.all() == [{"n": 1}, {"small": "fits"}]
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
table.insert({"text": "x" * 2000})
"""

READ_ONLY = """
import os, sys
from pathlib import Path
import tinydb.storages, keyring.backend
from kfclient.store.errors import StateUnwritable, StateUnreadable
from kfclient.store.home import Home
if os.getuid() == 0:
    os.setuid(65534)
home = Home(Path(sys.argv[1]))
print(home.state().table("items").all(), home.read_list("acme", "suppliers"))
for change in (
    lambda: home.state().table("items").insert({"n": 2}),
    lambda: home.books("acme").table("items").insert({"n": 2}),
    lambda: home.write_list("acme", "suppliers", []),
    lambda: home.remove_business("acme"),
    lambda: home.try_lock("sync-acme").__enter__(),
):
    try:
        change()
    except StateUnwritable as problem:
        print(problem.sentence)
    else:
        raise SystemExit("it was not noticed")
print(home.state().table("items").all())
os.chdir("/")
try:
    Home(Path(sys.argv[2])).state()
except StateUnreadable as problem:
    print(problem.sentence)
"""


def test_a_full_disk_is_said_and_changes_nothing(path: Path) -> None:
    said = script(FULL_DISK, path)

    assert said.count("What was stored is untouched.") == 2
    assert Database(path).table("items").all()[:2] == [{"n": 1}, {"small": "fits"}]


def test_a_disk_that_fails_to_keep_a_write_is_said(
    db: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.table("items").insert({"n": 1})
    log = path.with_name("state.json.log")
    before, revision = log.read_bytes(), db.revision

    def fails(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as broken:
        broken.setattr(os, "fdatasync", fails)
        with pytest.raises(StateUnwritable, match="Input/output error"), db.transaction():
            db.table("items").update({"n": 2})

    assert log.read_bytes() == before
    assert db.table("items").all() == [{"n": 1}]
    assert db.revision == revision
    db.table("items").update({"n": 3})
    assert Database(path).table("items").all() == [{"n": 3}]


def test_each_transaction_is_on_the_disk_before_anyone_is_told(
    db: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db.table("items").insert({"n": 1})
    log, sizes, sync = path.with_name("state.json.log"), [], os.fdatasync

    def noted(descriptor: int) -> None:
        sizes.append(os.fstat(descriptor).st_size)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", noted)
    told = []
    for n in range(3):
        with db.transaction():
            db.table("items").insert({"n": n})
            db.table("attempts").insert({"n": n})
        told.append(log.stat().st_size)

    assert sizes == told


def test_a_checkpoint_that_fails_loses_nothing(db: Database, path: Path) -> None:
    db.table("items").insert({"n": 1})
    path.mkdir()  # nothing can be put in its place

    with pytest.raises((StateUnwritable, StateUnreadable)):
        db.checkpoint()
    path.rmdir()

    assert Database(path).table("items").all() == [{"n": 1}]


def test_a_read_only_folder_can_be_read_and_says_so_when_written(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.state().table("items").insert({"n": 1})
    home.books("acme").table("items").insert({"n": 1})
    home.write_list("acme", "suppliers", [{"name": "Staples"}])
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "state.json").write_text("{}")
    for file in [home.root, *home.root.rglob("*")]:
        file.chmod(0o555 if file.is_dir() else 0o444)
    for parent in (tmp_path, *tmp_path.parents[:-1]):
        parent.chmod(parent.stat().st_mode | 0o055)
    closed.chmod(0o000)

    said = script(READ_ONLY, home.root, closed).splitlines()

    for file in (closed, home.root, *home.root.rglob("*")):
        file.chmod(0o700)
    assert said[0] == "[{'n': 1}] [{'name': 'Staples'}]"
    assert [line.endswith("What was stored is untouched.") for line in said[1:6]] == [True] * 5
    assert all("you may not write there" in line for line in said[1:6])
    assert said[6] == "[{'n': 1}]"
    assert "could not be read: Permission denied" in said[7]


def test_a_home_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")

    with pytest.raises(StateUnreadable, match="Not a directory"):
        Home(tmp_path / "home").state()
    with (
        pytest.raises(StateUnwritable, match="not a folder"),
        Home(tmp_path / "home").try_lock("x"),
    ):
        pass


@pytest.mark.parametrize(
    "content",
    [
        b"This is my shopping list",
        b'{"items": {"1": {"n": 1',
        b"[]",
        b'{"items": []}',
        b'{"items": {"one": {}}}',
        b'{"items": {"1": "text"}}',
        b'{"_meta": {}, "items": {}}',
        b'{"_meta": {"1": {"format": "x", "lsn": 0, "next": {}}}}',
        b"\0" * 100,
    ],
)
def test_a_file_edited_into_nonsense_is_left_with_a_copy_beside_it(
    path: Path, content: bytes
) -> None:
    path.write_bytes(content)

    problems = []
    for _ in range(2):
        with pytest.raises(StateDamaged) as raised:
            Database(path).table("items").insert({"n": 1})
        problems.append(raised.value)

    [copy] = path.parent.glob("*.damaged-*")
    assert copy.read_bytes() == path.read_bytes() == content
    assert copy.stat().st_mode & 0o777 == 0o600
    assert all(str(copy) in tell(problem) for problem in problems)
    assert "Restore a backup" in problems[0].cure


def test_nonsense_while_running_is_said_and_mending_it_is_enough(db: Database, path: Path) -> None:
    db.table("items").insert({"n": 1})
    db.checkpoint()
    good = path.read_bytes()

    path.write_bytes(good[:-10])
    with pytest.raises(StateDamaged):
        db.table("items").all()
    with pytest.raises(StateDamaged):
        db.table("items").insert({"n": 2})
    path.write_bytes(good)

    db.table("items").insert({"n": 2})
    assert db.table("items").all() == [{"n": 1}, {"n": 2}]


def test_a_sound_edit_by_hand_is_taken_over(db: Database, path: Path) -> None:
    db.table("items").insert({"n": 1})
    db.checkpoint()
    db.table("items").insert({"n": 2})

    edit(path, '{"n":1}', '{"n":10, "by": "hand"}')

    assert db.table("items").by("by", "hand") == [{"n": 10, "by": "hand"}]
    db.close()
    assert Database(path).table("items").all() == [{"n": 10, "by": "hand"}, {"n": 2}]


def test_a_newer_snapshot_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(orjson.dumps({"_meta": {"1": {"format": 2, "anything": "else"}}}))
    before = path.read_bytes()

    with pytest.raises(StateNewer, match="newer Kashdeck") as raised:
        Database(path)

    assert "Install the newest Kashdeck" in raised.value.cure
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_newer_log_is_refused_and_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = path.with_name("state.json.log")
    with monkeypatch.context() as later:
        later.setattr("kfclient.store.wal.FORMAT", 2)
        WriteAheadLog.create(log, 0).close()
    before = log.read_bytes()

    with pytest.raises(StateNewer):
        Database(path)

    assert log.read_bytes() == before
