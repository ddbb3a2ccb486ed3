"""A home into which somebody else can put what they like: nothing of it leads out, or hangs."""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kfclient.store import backup
from kfclient.store.audit_file import Head
from kfclient.store.database_files import StateReading
from kfclient.store.errors import (
    HomeOpen,
    StateDamaged,
    StateDisplaced,
    StateUnreadable,
    StateUnwritable,
    StoreError,
)
from kfclient.store.events_file import EventsFile, Follower
from kfclient.store.home import Home
from kfclient.store.log import start_logging, stop_logging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MADE_AT = datetime(2026, 11, 5, 9, 30, tzinfo=UTC)
NEEDS_ROOT = "NOT PROVED: only root can give a file to another user"


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A person's own file, outside the home."""
    path = tmp_path / "own" / "books.ods"
    path.parent.mkdir(mode=0o700)
    path.write_text("precious")
    path.chmod(0o600)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A shared home with a business in it."""
    root = tmp_path / "home"
    root.mkdir()
    root.chmod(0o2770)
    with_home(root)
    yield root
    stop_logging()


def with_home(root: Path) -> None:
    home = Home(root)
    home.state().table("businesses").insert({"id": "acme"})
    home.books("acme").table("items").insert({"reference": "A"})
    home.write_list("acme", "suppliers", [{"Code": "BRIGHT"}])
    with home.try_lock("sync-acme"):
        pass
    home.close()


@pytest.mark.parametrize(
    "names",
    [
        {"removed": ["../own/books.ods"]},
        {"removed": ["businesses/../../own/books.ods"]},
        {"removed": ["secrets.json"]},
        {"files": ["../own/books.ods"]},
        {"files": ["kashdeck.log"]},
        {"files": ["businesses/acme/items.json", "state.json\n"]},
        {"removed": ["locks/sync-acme.lock"]},
        {"removed": [""]},
    ],
)
def test_a_plan_that_names_what_no_restore_touches_is_not_carried_out(
    root: Path, precious: Path, names: dict[str, list[str]]
) -> None:
    plan = {"files": [], "removed": [], "format": 1, **names}
    precious.with_name("books.ods.restored").write_text("put in its place")
    (root / "restoring.json").write_text(json.dumps(plan))
    for _ in range(2):
        with pytest.raises(StateDamaged, match="names files that no restore touches"):
            Home(root).state()
    assert precious.read_text() == "precious"
    assert (root / "restoring.json").exists()


def test_a_plan_names_an_absolute_place_in_vain(root: Path, precious: Path) -> None:
    plan = {"files": [], "removed": [str(precious)], "format": 1}
    (root / "restoring.json").write_text(json.dumps(plan))
    with pytest.raises(StateDamaged):
        Home(root).books("acme")
    assert precious.read_text() == "precious"


PLACES = (
    "state.json",
    "state.json.log",
    "state.json.lock",
    "restoring.json",
    "businesses/acme/items.json",
    "businesses/acme/items.json.log",
    "businesses/acme/items.json.lock",
    "businesses/acme/audit.jsonl",
    "businesses/acme/audit.jsonl.lock",
    "businesses/acme/lists/suppliers.json",
    "businesses/acme/lists/lists.lock",
    "locks/sync-acme.lock",
)


def use(root: Path) -> list[str]:
    """Do all that touches a file of the home; return what was refused, and why."""
    home, refused = Home(root), []

    def add(database: str) -> None:
        found = home.state() if database == "state" else home.books(database)
        found.table("things").insert({"n": 1})

    def trail() -> None:
        file = home.trail("acme")
        with file.held():
            file.append(Head(), [{"id": "1", "action": "x"}])

    def lock() -> None:
        with home.try_lock("sync-acme"):
            pass

    acts: dict[str, Callable[[], object]] = {
        "state": lambda: add("state"),
        "items": lambda: add("acme"),
        "trail": trail,
        "list": lambda: home.read_list("acme", "suppliers"),
        "write list": lambda: home.write_list("acme", "suppliers", [{"Code": "B"}]),
        "lock": lock,
        "status": lambda: StateReading(root),
        "backup": lambda: backup.back_up(root, root.parent / f"{os.urandom(4).hex()}.zip", MADE_AT),
    }
    for name, doing in acts.items():
        try:
            doing()
        except StoreError as problem:
            refused.append(f"{name}: {problem.sentence} {problem.cure}")
    home.close()
    return refused


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "socket"])
def test_what_stands_in_a_files_place_is_named_and_leads_nowhere(
    root: Path, precious: Path, kind: str
) -> None:
    for name in PLACES:
        place, aside = root / name, root.parent / "aside"
        if place.exists():
            place.rename(aside)
        put(place, kind, precious)
        refused = use(root)
        assert all("not a file" in said and "move it away" in said for said in refused), refused
        # A list is written whole, over whatever stands there, but not over a folder.
        assert refused or (name.endswith("suppliers.json") and kind != "folder"), name
        assert precious.read_text() == "precious"
        assert [path.name for path in precious.parent.iterdir()] == ["books.ods"]
        place.rmdir() if place.is_dir() else place.unlink()
        if aside.exists():
            aside.rename(place)
    assert use(root) == []


def put(place: Path, kind: str, target: Path) -> None:
    if kind == "link":
        place.symlink_to(target)
    elif kind == "pipe":
        os.mkfifo(place, 0o660)
    elif kind == "folder":
        place.mkdir()
    else:
        here = Path.cwd()
        os.chdir(place.parent)  # the name of a socket is short
        try:
            socket.socket(socket.AF_UNIX).bind(place.name)
        finally:
            os.chdir(here)


@pytest.mark.parametrize("name", ["businesses/acme", "businesses/acme/lists", "locks"])
def test_a_folder_that_another_turned_into_a_link_is_not_entered(
    root: Path, precious: Path, name: str
) -> None:
    if os.getuid() != 0:
        pytest.skip(NEEDS_ROOT)
    shutil.rmtree(root / name)
    (root / name).symlink_to(precious.parent, target_is_directory=True)
    os.lchown(root / name, 40_077, 40_077)
    (root / "restoring.json").write_text(
        json.dumps({"files": [], "removed": [f"{name}/items.json"], "format": 1})
        if name == "businesses/acme"
        else "{}"
    )
    precious.with_name("items.json").write_text("precious too")
    with pytest.raises(StoreError):
        Home(root).state()
    (root / "restoring.json").unlink()
    home = Home(root)
    with pytest.raises((StateUnreadable, StateUnwritable), match="link of somebody else's"):
        use_folder(home, name)
    home.close()
    assert sorted(path.name for path in precious.parent.iterdir()) == ["books.ods", "items.json"]
    assert precious.with_name("items.json").read_text() == "precious too"


def use_folder(home: Home, name: str) -> None:
    if name == "locks":
        with home.try_lock("sync-acme"):
            pass
    else:
        home.write_list("acme", "suppliers", [{"Code": "B"}])


def test_a_link_in_the_logs_place_is_not_written_through(root: Path, precious: Path) -> None:
    for name in ("kashdeck.log", "kashdeck.log.lock"):
        (root / name).symlink_to(precious)
    start_logging(Home(root))
    logging.getLogger("kfclient.any").warning("something happened")
    stop_logging()
    assert precious.read_text() == "precious"


def test_a_link_in_the_place_of_a_runs_events_is_not_written_through(
    root: Path, precious: Path
) -> None:
    path = root / "businesses" / "acme" / "publishing.log"
    path.symlink_to(precious)
    events = EventsFile(path)
    events.begin(b'{"event":"PublishBegun"}', afresh=False)
    events.tell(b"{}")
    events.close()
    assert precious.read_text() == "precious"
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert Follower(path).lines() == []


def test_a_second_name_of_a_persons_own_file_is_not_cut_down(root: Path, precious: Path) -> None:
    (root / "state.json.lock").unlink()
    os.link(precious, root / "state.json.lock")
    with pytest.raises(StateUnwritable, match="second name"):
        Home(root).state().table("things").insert({})
    assert precious.read_text() == "precious"


@pytest.mark.parametrize("mode", [0o777, 0o2777, 0o1777, 0o707, 0o2772])
def test_a_home_that_others_may_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    root = tmp_path / "the home"
    with_home(root)
    root.chmod(mode)
    for look in (
        lambda: Home(root).state(),
        lambda: Home(root).books("acme"),
        lambda: Home(root).read_list("acme", "suppliers"),
        lambda: StateReading(root),
        lambda: backup.back_up(root, tmp_path / "a.zip", MADE_AT),
        lambda: backup.restore(root, tmp_path / "a.zip", MADE_AT),
        lambda: backup.salvage(root),
    ):
        with pytest.raises(HomeOpen) as raised:
            look()
        assert f"chmod 700 '{root}'" in raised.value.cure
    root.chmod(0o700)
    assert Home(root).state().table("businesses").all() == [{"id": "acme"}]


def test_a_group_of_ones_own_is_nobody_else(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip(NEEDS_ROOT)
    root = tmp_path / "home"
    with_home(root)
    root.chmod(0o775)
    os.chown(root, 0, 40_078)  # a group without members
    assert Home(root).state().table("businesses").all() == [{"id": "acme"}]


def test_a_folder_in_a_files_place_is_set_aside_by_a_restore(root: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.zip"
    backup.back_up(root, made, MADE_AT)
    for name in ("state.json", "businesses/acme/items.json.log", "businesses/acme/audit.jsonl"):
        (root / name).unlink(missing_ok=True)
        (root / name).mkdir()
        (root / name / "kept").write_text("kept")
    with pytest.raises(StateDisplaced):
        Home(root).state()
    restored = backup.restore(root, made, MADE_AT)
    assert "state.json" in restored.left_out
    home = Home(root)
    assert home.state().table("businesses").all() == [{"id": "acme"}]
    assert home.books("acme").table("items").all() == [{"reference": "A"}]
    home.close()
    assert len(list(root.rglob("kept"))) == 3


def test_a_file_of_twenty_gigabytes_is_not_read(root: Path) -> None:
    names = ("state.json.log", "state.json", "businesses/acme/audit.jsonl")
    for name in names:
        with (root / name).open("ab") as file:
            file.truncate(20 << 30)
        refused = use_large(root)
        assert "it is too large" in refused
        (root / name).unlink()
    events = root / "businesses" / "acme" / "publishing.log"
    with events.open("wb") as file:
        file.truncate(20 << 30)
    assert Follower(events).lines() == []


def use_large(root: Path) -> str:
    home = Home(root)
    try:
        home.state().table("things").insert({"n": 1})
        with home.trail("acme").held() as trail:
            trail.append(Head(), [{"id": "1", "action": "x"}])
    except StoreError as problem:
        return problem.sentence
    finally:
        home.close()
    return ""
