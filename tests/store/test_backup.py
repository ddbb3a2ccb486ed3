"""A backup holds everything but the secrets, at one moment, and is checked to the last byte."""

from __future__ import annotations

import json
import os
import threading
import zipfile
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from kfclient.store import backup, backup_file
from kfclient.store.backup_file import write
from kfclient.store.errors import (
    BackupRefused,
    StateBusy,
    StateDamaged,
    StateNewer,
    StateUnwritable,
    StoreError,
)
from kfclient.store.filelock import FileLock
from kfclient.store.home import Home
from tests.store.ended import came_through
from tests.store.processes import script
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = datetime(2026, 11, 5, 9, 30, tzinfo=UTC)


def filled(home: Home) -> Home:
    """Put something of every kind in a home."""
    home.state().table("businesses").insert({"id": "acme", "name": "Acme"})
    home.books("acme").table("items").insert({"n": 1, "version": 1})
    home.books("acme").table("items").insert({"n": 2, "version": 1})
    home.books("mill").table("items").insert({"n": 9})
    home.write_list("acme", "suppliers", [{"Name": "Staples"}])
    (home.root / "businesses" / "acme" / "audit.jsonl").write_text('{"number":1}\n{"number":2}\n')
    (home.root / "secrets.json").write_text("a secret")
    (home.root / "kashdeck.log").write_text("a log")
    (home.root / "state.json.damaged-00000000").write_text("an old story")
    with home.try_lock("sync-acme"):
        pass
    return home


CARRIED = {
    "state.json",
    "businesses/acme/items.json",
    "businesses/acme/audit.jsonl",
    "businesses/acme/lists/suppliers.json",
    "businesses/mill/items.json",
}


def test_a_backup_is_a_zip_of_plain_files_without_secrets_for_its_owner_alone(
    home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "books.zip"

    made = backup.back_up(filled(home).root, path, AT)

    with zipfile.ZipFile(path) as archive:
        assert set(archive.namelist()) == {*CARRIED, "manifest.json"}
        assert archive.testzip() is None
        items = json.loads(archive.read("businesses/acme/items.json"))["items"]
        assert items == {"1": {"n": 1, "version": 1}, "2": {"n": 2, "version": 1}}
        manifest = json.loads(archive.read("manifest.json"))
    assert (manifest["kashdeck"], manifest["made_at"]) == ("backup", "2026-11-05T09:30:00Z")
    assert made.files.keys() == CARRIED
    assert made.businesses == ("acme", "mill")
    assert backup.examine(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert not [file for file in tmp_path.iterdir() if file.name.endswith(".tmp")]


def test_nothing_is_overwritten_and_nothing_is_made_of_nothing(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "books.zip"
    with pytest.raises(BackupRefused, match="nothing in"):
        backup.back_up(home.root, path, AT)
    assert not home.root.exists()
    path.write_text("somebody's")

    with pytest.raises(BackupRefused, match="there already"):
        backup.back_up(filled(home).root, path, AT)

    assert path.read_text() == "somebody's"


@pytest.mark.parametrize("year", [1970, 2107, 2200])
def test_any_clock_will_do(home: Home, tmp_path: Path, year: int) -> None:
    path = tmp_path / "books.zip"

    backup.back_up(filled(home).root, path, AT.replace(year=year))
    restored = backup.restore(home.root, path, AT.replace(year=1969))

    assert restored.backup.made_at.year == year
    assert restored.kept is not None


def test_a_backup_is_of_one_moment_also_while_others_write(home: Home, tmp_path: Path) -> None:
    """The writer moves a token from one database to the next: there is always one."""
    state, books = home.state().table("tokens"), home.books("acme").table("tokens")
    state.insert({"turn": 0})
    books.insert({"turn": 0})
    stop, written = threading.Event(), [0]

    def write() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            with home.state().transaction(), home.books("acme").transaction():
                state.update({"turn": turn})
                books.update({"turn": turn})
            written.append(turn)
            stop.wait(0.001)  # lets others have the locks

    writer = threading.Thread(target=write)
    writer.start()
    turns = []
    for number in range(8):
        path, before = tmp_path / f"{number}.zip", written[-1]
        until(lambda before=before: written[-1] > before, "another turn")  # type: ignore[misc]
        backup.back_up(home.root, path, AT)
        with zipfile.ZipFile(path) as archive:
            found = [
                json.loads(archive.read(name))["tokens"]["1"]["turn"]
                for name in ("state.json", "businesses/acme/items.json")
            ]
        assert found[0] == found[1]
        turns.append(found[0])
    stop.set()
    writer.join()
    assert len(set(turns)) > 1


def test_who_works_too_long_is_named(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(home)
    monkeypatch.setattr("kfclient.store.backup_file.SECONDS", 0.1)
    lock = FileLock(home.root / "businesses" / "acme" / "items.json.lock")
    assert lock.acquire(1)

    with pytest.raises(StateBusy, match=str(os.getpid())):
        backup.back_up(home.root, tmp_path / "books.zip", AT)
    lock.release()

    assert not (tmp_path / "books.zip").exists()


def test_a_damaged_database_is_no_backup_and_a_damaged_list_is_left_out(
    home: Home, tmp_path: Path
) -> None:
    filled(home).close()
    (home.root / "businesses" / "acme" / "lists" / "suppliers.json").write_text("nonsense")
    made = backup.back_up(home.root, tmp_path / "one.zip", AT)
    assert made.left_out == ("businesses/acme/lists/suppliers.json",)
    assert made.files.keys() == CARRIED - set(made.left_out)
    (home.root / "businesses" / "mill" / "items.json").write_text("nonsense")

    with pytest.raises(StateDamaged, match="mill"):
        backup.back_up(home.root, tmp_path / "two.zip", AT)

    assert not (tmp_path / "two.zip").exists()


READ_ONLY = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
import kfclient.store.backup as backup
import json, orjson, kfclient.store.users
os.setuid(65534)
made = backup.back_up(Path(sys.argv[1]), Path(sys.argv[2]), datetime.now(UTC))
print(len(made.files))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="root alone can become another user")
def test_a_home_that_has_become_read_only_can_still_be_backed_up(
    home: Home, tmp_path: Path
) -> None:
    filled(home).close()
    for file in (home.root, *home.root.rglob("*")):
        file.chmod(0o555 if file.is_dir() else 0o444)
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    for parent in (tmp_path, *tmp_path.parents[:-1]):
        parent.chmod(parent.stat().st_mode | 0o055)

    assert script(READ_ONLY, home.root, outside / "books.zip") == f"{len(CARRIED)}\n"


def test_a_backup_that_cannot_be_written_leaves_nothing(home: Home, tmp_path: Path) -> None:
    filled(home)

    with pytest.raises(StateUnwritable):
        backup.back_up(home.root, tmp_path / "no folder" / "books.zip", AT)

    assert not (tmp_path / "no folder").exists()


FULL = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from kfclient.store import backup, backup_file
from kfclient.store.errors import StateUnwritable
resource.setrlimit(resource.RLIMIT_FSIZE, (400, resource.RLIM_INFINITY))
try:
    backup.%s(Path(sys.argv[1]), Path(sys.argv[2]), datetime.now(UTC))
except StateUnwritable as problem:
    print(problem.sentence)
"""


@pytest.mark.parametrize("doing", ["back_up", "restore"])
def test_a_full_disk_is_said_and_changes_nothing(home: Home, tmp_path: Path, doing: str) -> None:
    path = tmp_path / "books.zip"
    filled(home)
    if doing == "restore":
        backup.back_up(home.root, path, AT)
        home.books("acme").table("items").insert({"n": 3})
    home.close()
    before = contents(home.root)
    listing = sorted(tmp_path.iterdir())

    said = script(FULL % doing, home.root, path)

    assert "may not grow any further" in said
    assert contents(home.root) == before
    assert sorted(tmp_path.iterdir()) == listing


def contents(root: Path) -> dict[str, bytes]:
    """Return every file of a home but the locks."""
    return {
        str(file.relative_to(root)): file.read_bytes()
        for file in root.rglob("*")
        if file.is_file() and file.suffix != ".lock"
    }


# What no backup is


def rewritten(path: Path, change: Callable[[dict[str, bytes]], Any]) -> None:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def manifest_says(**fields: Any) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        files["manifest.json"] = json.dumps(
            {**json.loads(files["manifest.json"]), **fields}
        ).encode()

    return change


def with_file(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    """Put in a file with a proper note of it."""

    def change(files: dict[str, bytes]) -> None:
        from hashlib import sha256

        files[name] = data
        notes = json.loads(files["manifest.json"])["files"]
        notes[name] = {"size": len(data), "sha256": sha256(data).hexdigest()}
        manifest_says(files=notes)(files)

    return change


WRONG: dict[str, tuple[Callable[[dict[str, bytes]], Any], type[StoreError], str]] = {
    "foreign": (lambda files: files.pop("manifest.json"), BackupRefused, "no Kashdeck backup"),
    "foreign manifest": (manifest_says(kashdeck="song"), BackupRefused, "no Kashdeck backup"),
    "manifest of nonsense": (manifest_says(files=[1]), BackupRefused, "manifest is not"),
    "newer": (manifest_says(format=2), StateNewer, "newer Kashdeck"),
    "a file gone": (
        lambda files: files.pop("businesses/mill/items.json"),
        BackupRefused,
        "does not hold what",
    ),
    "a file more": (lambda files: files.update({"x": b""}), BackupRefused, "does not hold what"),
    "a file changed": (
        lambda files: files.update({"state.json": files["state.json"] + b" "}),
        BackupRefused,
        "state.json is not as it was written",
    ),
    "no state": (
        lambda files: (
            files.pop("state.json"),
            manifest_says(
                files={
                    name: note
                    for name, note in json.loads(files["manifest.json"])["files"].items()
                    if name != "state.json"
                }
            )(files),
        ),
        BackupRefused,
        "lacks state.json",
    ),
    "a way out": (with_file("../../evil.json", b"{}"), BackupRefused, "no file of a backup"),
    "a way to the root": (with_file("/etc/evil.json", b"{}"), BackupRefused, "no file of a backup"),
    "a way round": (
        with_file("businesses/../secrets.json", b"{}"),
        BackupRefused,
        "no file of a backup",
    ),
    "secrets": (with_file("secrets.json", b"{}"), BackupRefused, "no file of a backup"),
    "a newer database": (
        with_file("businesses/acme/items.json", b'{"_meta": {"1": {"format": 99}}}'),
        StateNewer,
        "newer Kashdeck",
    ),
    "a database of nonsense": (
        with_file("businesses/acme/items.json", b'{"items": []}'),
        BackupRefused,
        "cannot be understood",
    ),
    "a document twice": (
        with_file("state.json", b'{"businesses":{"1":{"id":"a"},"1":{"id":"b"}}}'),
        BackupRefused,
        "a key is there twice",
    ),
    "a document twice, written otherwise": (
        with_file("state.json", b'{"businesses":{"1":{"id":"a"},"01":{"id":"b"}}}'),
        BackupRefused,
        "cannot be understood",
    ),
    "a number beyond all numbers": (
        with_file("state.json", b'{"businesses":{"%b":{"id":"a"}}}' % (b"9" * 4000)),
        BackupRefused,
        "cannot be understood",
    ),
    "a manifest with a file twice": (
        lambda files: files.update(
            {"manifest.json": files["manifest.json"].replace(b"{", b'{"kashdeck": "backup",', 1)}
        ),
        BackupRefused,
        "manifest is not",
    ),
    "nested without end": (
        with_file("state.json", b'{"businesses":' + b"[" * 100_000),
        BackupRefused,
        "cannot be understood",
    ),
    "a list of nonsense": (
        with_file("businesses/acme/lists/suppliers.json", b"[]"),
        BackupRefused,
        "cannot be understood",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_sound_backup_is_refused_and_nothing_is_touched(
    home: Home, tmp_path: Path, what: str
) -> None:
    change, problem, words = WRONG[what]
    path = tmp_path / "books.zip"
    backup.back_up(filled(home).root, path, AT)
    rewritten(path, change)
    before, listing = contents(home.root), sorted(tmp_path.iterdir())

    for doing in (lambda: backup.examine(path), lambda: backup.restore(home.root, path, AT)):
        with pytest.raises(problem, match=words) as raised:
            doing()
        assert "Nothing was changed" in raised.value.sentence

    assert contents(home.root) == before
    assert sorted(tmp_path.iterdir()) == listing


@pytest.mark.parametrize("name", ["manifest.json", "state.json"])
def test_what_swells_without_end_is_not_taken_in(
    home: Home, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_file, "_SURELY_FITS", 1 << 16)
    path = tmp_path / "books.zip"
    backup.back_up(filled(home).root, path, AT)
    with zipfile.ZipFile(path) as archive:
        files = {one: archive.read(one) for one in archive.namelist()}
    files[name] = b" " * (4 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, data in files.items():
            archive.writestr(one, data)
    with pytest.raises(BackupRefused, match=f"{name} is too large"):
        backup.examine(path)


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_is_no_backup(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "books.zip"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(BackupRefused, match=f"it is a {kind}, not a file"):
        backup.examine(path)


def test_a_backup_cut_anywhere_or_with_a_bit_changed_is_refused(home: Home, tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.zip", tmp_path / "broken.zip"
    backup.back_up(filled(home).root, whole, AT)
    data = whole.read_bytes()
    before = contents(home.root)
    refused = 0

    for place in range(0, len(data), 11):
        for broken in (data[:place], data[:place] + bytes([data[place] ^ 128]) + data[place + 1 :]):
            path.write_bytes(broken)
            try:
                backup.examine(path)
            except BackupRefused:
                refused += 1
            else:
                # A zip has bytes that mean nothing, such as a file's mode.
                assert len(broken) == len(data)
    assert refused > len(data) / 11 * 1.3
    assert contents(home.root) == before


def test_a_file_that_is_not_there_or_not_ours_is_said(home: Home, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("milk")

    with pytest.raises(BackupRefused, match="There is no file"):
        backup.restore(home.root, tmp_path / "nothing.zip", AT)
    with pytest.raises(BackupRefused, match="not a whole backup"):
        backup.restore(home.root, tmp_path / "list.txt", AT)
    with pytest.raises(StoreError, match="it is a folder, not a file"):
        backup.restore(home.root, tmp_path, AT)

    assert not home.root.exists()


def test_two_backups_of_one_name_leave_the_first(tmp_path: Path) -> None:
    path = tmp_path / "books.zip"

    def meanwhile() -> list[bytes]:
        path.write_text("somebody was faster")
        return [b"{}"]

    files = ((name, meanwhile()) for name in ["state.json"])
    with pytest.raises(BackupRefused, match="there already"):
        write(path, files, AT)

    assert path.read_text() == "somebody was faster"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("way", ["before", "power"])
def test_an_end_while_it_is_made_leaves_a_whole_one_or_none(
    home: Home, tmp_path: Path, way: str
) -> None:
    filled(home).close()
    before = contents(home.root)
    steps, through = 0, False
    while not through:
        steps += 1
        path = tmp_path / f"{steps}.zip"
        through = came_through(steps, way, partial(backup.back_up, home.root, path, AT))
        if path.exists():
            assert backup.examine(path).files.keys() == CARRIED
        assert list(tmp_path.glob(".*.tmp")) == []
        assert contents(home.root) == before
    assert path.exists()
    assert steps > 5
