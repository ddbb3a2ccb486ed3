"""A restore puts all of a backup in the place of all that was there, whatever ends it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from kfclient.store import backup, filelock
from kfclient.store.backup_file import Archive, NewBackup
from kfclient.store.errors import StateBusy, StateDamaged, StateNewer, StateUnwritable
from kfclient.store.home import Home
from tests.store.ended import came_through
from tests.store.processes import finished, started
from tests.store.test_backup import AT, CARRIED, contents, filled
from tests.waiting import HANG, until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(home: Home, tmp_path: Path) -> Path:
    """A backup of a filled home, which has moved on since."""
    made = tmp_path / "books.zip"
    backup.back_up(filled(home).root, made, AT)
    move_on(home)
    return made


def move_on(home: Home) -> None:
    home.state().table("businesses").update({"name": "Acme & Co"})
    items = home.books("acme").table("items")
    items.update({"n": 11, "version": 2}, doc_ids=[1])
    items.remove(doc_ids=[2])
    items.insert({"n": 3, "version": 1})
    home.write_list("acme", "suppliers", [{"Name": "Tesco"}])
    home.write_list("acme", "customers", [{"Name": "Anna"}])
    home.books("later").table("items").insert({"n": 7})
    home.write_list("later", "suppliers", [])
    with (home.root / "businesses" / "acme" / "audit.jsonl").open("a") as trail:
        trail.write('{"number":3}\n')


def seen(home: Home) -> dict[str, object]:
    """What a session sees of the home, without the versions, which a restore moves on."""
    return {
        "businesses": [one["name"] for one in home.state().table("businesses")],
        "acme": [one["n"] for one in home.books("acme").table("items")],
        "mill": [one["n"] for one in home.books("mill").table("items")],
        "later": [one["n"] for one in home.books("later").table("items")],
        "suppliers": home.read_list("acme", "suppliers"),
        "customers": home.read_list("acme", "customers"),
        "trail": (home.root / "businesses" / "acme" / "audit.jsonl").read_text().count("\n"),
    }


BEFORE: dict[str, object] = {
    "businesses": ["Acme"],
    "acme": [1, 2],
    "mill": [9],
    "later": [],
    "suppliers": [{"Name": "Staples"}],
    "customers": [],
    "trail": 2,
}
AFTER: dict[str, object] = {
    "businesses": ["Acme & Co"],
    "acme": [11, 3],
    "mill": [9],
    "later": [7],
    "suppliers": [{"Name": "Tesco"}],
    "customers": [{"Name": "Anna"}],
    "trail": 3,
}


def test_everything_is_as_it_was_and_what_was_there_is_kept_beside(home: Home, path: Path) -> None:
    assert seen(home) == AFTER

    restored = backup.restore(home.root, path, AT)

    assert seen(home) == seen(Home(home.root)) == BEFORE
    assert restored.backup.files.keys() == CARRIED
    assert restored.kept == home.root.parent / "home-before-restore-20261105-093000.zip"
    assert (home.root / "secrets.json").read_text() == "a secret"
    assert not (home.root / "businesses" / "later").exists()
    assert not list(home.root.rglob("*.restored*"))

    again = backup.restore(home.root, restored.kept, AT)
    assert seen(home) == AFTER
    assert again.kept is not None
    assert again.kept.name.endswith("-093000-2.zip"), "nothing is overwritten"


def test_a_backup_is_restored_where_there_is_nothing_yet(path: Path, tmp_path: Path) -> None:
    elsewhere = Home(tmp_path / "new" / "home")

    restored = backup.restore(elsewhere.root, path, AT)

    assert restored.kept is None
    assert seen(elsewhere) == BEFORE
    modes = {file.stat().st_mode & 0o777 for file in elsewhere.root.rglob("*") if file.is_file()}
    assert modes == {0o600}


def test_other_sessions_see_it_at_once_and_their_revisions_grow(home: Home, path: Path) -> None:
    other = Home(home.root)
    items = other.books("acme")
    assert [one["n"] for one in items.table("items").by("n", 11)] == [11]
    revisions = items.revision, other.state().revision, home.books("acme").revision

    backup.restore(home.root, path, AT)

    assert seen(other) == BEFORE
    assert items.table("items").by("n", 11) == []
    assert items.revision > revisions[0]
    assert other.state().revision > revisions[1]
    assert home.books("acme").revision > revisions[2]
    items.table("items").insert({"n": 5})
    assert [one["n"] for one in home.books("acme").table("items")] == [1, 2, 5]


def test_a_document_that_comes_back_has_a_version_it_never_had(home: Home, path: Path) -> None:
    items = home.books("acme").table("items")
    versions = {one.doc_id: one["version"] for one in items}
    assert versions == {1: 2, 3: 1}

    backup.restore(home.root, path, AT)

    back = {one.doc_id: one["version"] for one in items}
    assert back[1] > 2
    assert back[2] > 2
    assert items.insert({"n": 4}) == 4, "the number of the item that went is not used again"


def test_a_restore_while_others_write_gets_in_the_way_of_none(home: Home, path: Path) -> None:
    """What others write lands before the restore, and then is in the file of before, or after."""
    done = threading.Event()
    told: list[int] = []

    def write() -> None:
        session = Home(home.root)
        while not done.is_set():
            told.append(session.books("acme").table("new").insert({"n": len(told)}))

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    until(lambda: told, "the first that they write")
    restored = backup.restore(home.root, path, AT)
    late = len(told) + len(writers) + 1  # each may have written one before, and not told it yet
    until(lambda: len(told) >= late, "what they write after it")
    done.set()
    for writer in writers:
        writer.join()

    after = {one.doc_id for one in home.books("acme").table("new")}
    assert restored.kept is not None
    backup.restore(home.root, restored.kept, AT)
    before = {one.doc_id for one in home.books("acme").table("new")}
    assert before
    assert after
    assert len(told) == len(set(told))
    assert before | after == set(told)
    assert not before & after


def test_a_restore_waits_for_nobody_who_is_at_work_in_kashflow(home: Home, path: Path) -> None:
    with (
        Home(home.root).try_lock("publish-acme"),
        pytest.raises(StateBusy, match=r"publish-acme.*Nothing was changed") as raised,
    ):
        backup.restore(home.root, path, AT)

    assert "Let it finish" in raised.value.cure
    assert seen(home) == AFTER


def test_what_is_damaged_is_replaced_and_said(home: Home, path: Path) -> None:
    home.close()
    (home.root / "state.json").write_text("nonsense")
    (home.root / "businesses" / "acme" / "lists" / "suppliers.json").write_text("nonsense too")
    with pytest.raises(StateDamaged):
        Home(home.root).state()

    restored = backup.restore(home.root, path, AT)

    assert seen(Home(home.root)) == BEFORE
    assert restored.left_out == ("state.json", "businesses/acme/lists/suppliers.json")
    copies = {file.read_text() for file in home.root.glob("state.json.damaged-*")}
    assert "nonsense" in copies
    assert restored.kept is not None
    with contextlib.closing(Archive(restored.kept)) as kept:
        assert "state.json" not in kept.backup.files
        assert "businesses/acme/items.json" in kept.backup.files


def test_a_session_that_knew_more_than_the_damaged_file_sees_the_restored_one(
    home: Home, path: Path
) -> None:
    books = home.books("acme")
    revision = books.revision
    (home.root / "businesses" / "acme" / "items.json.log").write_text("nonsense")

    backup.restore(home.root, path, AT)

    assert books.revision > revision
    assert [one["n"] for one in books.table("items")] == [1, 2]


def test_a_newer_home_is_not_replaced(home: Home, path: Path) -> None:
    home.close()
    newer = home.root / "state.json"
    newer.write_text('{"_meta": {"1": {"format": 99}}}')

    with pytest.raises(StateNewer):
        backup.restore(home.root, path, AT)

    assert newer.read_text() == '{"_meta": {"1": {"format": 99}}}'


def test_a_home_that_is_a_link_to_another_disk_is_restored(path: Path, tmp_path: Path) -> None:
    """Each file is replaced in its own folder, and the folders may be anywhere."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "mode=700", "tmpfs", str(disk)]
    mounted = os.getuid() == 0 and subprocess.run(mount, check=False).returncode == 0
    try:
        (tmp_path / "linked").symlink_to(disk)
        elsewhere = Home(tmp_path / "linked")
        filled(elsewhere)
        (tmp_path / "mill").mkdir()
        mill = elsewhere.root / "businesses" / "mill"
        for file in mill.iterdir():
            (tmp_path / "mill" / file.name).write_bytes(file.read_bytes())
            file.unlink()
        mill.rmdir()
        mill.symlink_to(tmp_path / "mill")
        move_on(elsewhere)
        assert seen(elsewhere) == AFTER

        restored = backup.restore(elsewhere.root, path, AT)

        assert seen(elsewhere) == BEFORE
        assert mill.is_symlink()
        assert restored.kept is not None
        assert restored.kept.parent == tmp_path
        elsewhere.close()
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_where_nothing_may_be_made_beside_the_home_it_is_kept_in_it(
    home: Home, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path) -> NewBackup:
        if path.parent == home.root.parent:
            raise StateUnwritable(f"{path} could not be written.")
        return NewBackup(path)

    monkeypatch.setattr(backup, "NewBackup", closed)

    restored = backup.restore(home.root, path, AT)

    assert restored.kept is not None
    assert restored.kept.parent == home.root
    assert seen(home) == BEFORE


# A sudden end

LOOKERS = ["a session that was open", "a new session", "the next restore"]
"""Who looks first after it; at full size each takes every third step, together they take all."""


@pytest.mark.parametrize("stride", [25, pytest.param(3, marks=pytest.mark.full)])
@pytest.mark.parametrize("way", ["before", "power"])
@pytest.mark.parametrize("last", LOOKERS)
def test_an_end_at_any_step_leaves_all_of_before_or_all_of_after(
    home: Home, path: Path, tmp_path: Path, last: str, way: str, stride: int
) -> None:
    assert seen(home) == AFTER
    home.close()
    files = contents(home.root)
    found, steps, through = [], LOOKERS.index(last), False
    copies: list[tuple[bool, int]] = []
    while not through:
        steps += stride
        root = tmp_path / f"home-{steps}"
        for name, data in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        session = Home(root)
        assert seen(session) == AFTER
        through = came_through(steps, way, partial(backup.restore, root, path, AT))

        if last == "the next restore":
            backup.restore(root, path, AT)
            assert seen(session) == BEFORE
        else:
            session = session if last == "a session that was open" else Home(root)
            sight = seen(session)
            assert sight in (AFTER, BEFORE)
            found.append(sight == BEFORE)
            assert found == sorted(found), "the plan is the one moment that decides"
            beside = [
                one.name
                for one in tmp_path.iterdir()
                if one.name.startswith((".", f"{root.name}-"))
            ]
            # It has no name until the step before the plan.
            assert len(beside) <= 1
            copies.append((sight == BEFORE, len(beside)))
            session.books("acme").table("items").insert({"n": 99})
        assert not (root / "restoring.json").exists()
        assert seen(Home(root)) == seen(session)
        session.close()
    assert sum(kept for done, kept in copies if not done) <= 3
    assert all(kept for done, kept in copies if done)
    assert steps > 100


HALF = """
import os, sys, time
from datetime import UTC, datetime
from pathlib import Path
from kfclient.store import backup
from kfclient.store.backup_file import NewBackup
carry_out = backup._carry_out
def half(root, plan):
    some = backup.RestorePlan(plan.files[:3], ())
    for name in some.files:
        (root / (name + ".restored")).replace(root / name)
    print("half", flush=True)
    sys.stdin.readline()
    carry_out(root, plan)
backup._carry_out = half
backup.restore(Path(sys.argv[1]), Path(sys.argv[2]), datetime.now(UTC))
"""


def test_who_looks_in_the_middle_of_it_waits_for_its_end(
    home: Home, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seen(home) == AFTER
    restorer = started("-c", HALF, home.root, path)
    assert restorer.stdout is not None
    assert restorer.stdin is not None
    assert restorer.stdout.readline() == "half\n"
    sights: list[dict[str, object]] = []
    waits, pause = threading.Event(), filelock._pause

    def waiting() -> None:
        waits.set()
        pause()

    monkeypatch.setattr(filelock, "_pause", waiting)
    looker = threading.Thread(target=lambda: sights.append(seen(home)))
    looker.start()
    assert waits.wait(HANG)
    assert sights == []

    finished(restorer)
    looker.join()

    assert sights == [BEFORE]


def test_a_plan_that_cannot_be_understood_is_said(home: Home, path: Path) -> None:
    (home.root / "restoring.json").write_text("nonsense")

    with pytest.raises(StateDamaged, match=r"restoring\.json"):
        home.state().table("businesses").all()
    (home.root / "restoring.json").write_text('{"files": [], "removed": [], "format": 9}')
    with pytest.raises(StateNewer):
        home.read_list("acme", "suppliers")
    (home.root / "restoring.json").unlink()

    assert seen(home) == AFTER
