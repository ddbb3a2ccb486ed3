"""Without a backup, what can still be read of damaged files is kept, and what is lost is said."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from kfclient.store.backup import salvage
from kfclient.store.errors import StateDamaged, StateUnwritable
from kfclient.store.home import Home

if TYPE_CHECKING:
    from pathlib import Path


def numbers(home: Home) -> list[int]:
    return [document["n"] for document in home.state().table("items")]


@pytest.fixture
def snapshot(home: Home) -> Path:
    """The state of a home: three documents in the snapshot, five more in the log."""
    for n in range(8):
        home.state().table("items").insert({"n": n})
        if n == 2:
            home.state().checkpoint()
    home.books("acme").table("items").insert({"n": 1})
    return home.root / "state.json"


def log_of(path: Path) -> Path:
    return path.with_name(path.name + ".log")


def test_a_damaged_line_of_the_log_costs_it_and_what_follows(home: Home, snapshot: Path) -> None:
    other = Home(home.root)
    assert len(numbers(other)) == 8
    revision = other.state().revision
    log = log_of(snapshot)
    bad = log.read_bytes().replace(b'"n":5', b'"n":6')
    log.write_bytes(bad)
    with pytest.raises(StateDamaged, match="line 4 of the log") as raised:
        Home(home.root).state()
    assert "kashdeck restore FILE" in raised.value.cure
    assert "kashdeck restore --sound" in raised.value.cure

    [found] = salvage(home.root)

    assert (found.name, found.kept, found.lost) == ("state.json", 5, 3)
    assert numbers(home) == numbers(other) == numbers(Home(home.root)) == [0, 1, 2, 3, 4]
    assert other.state().revision > revision
    assert bad in [copy.read_bytes() for copy in found.copies]
    assert other.state().table("items").insert({"n": 9}) == 6
    assert salvage(home.root) == []


@pytest.mark.parametrize("what", ["another's log", "no header", "a gap"])
def test_a_log_that_is_of_no_use_costs_what_was_in_it(
    home: Home, snapshot: Path, tmp_path: Path, what: str
) -> None:
    log = log_of(snapshot)
    if what == "another's log":
        home.books("acme").table("items").insert({"n": 2})
        shutil.copy(log_of(home.root / "businesses" / "acme" / "items.json"), log)
        words = "belongs to another file"
    elif what == "no header":
        log.write_bytes(log.read_bytes()[10:])
        words = "no proper first line"
    else:
        old = snapshot.read_bytes()
        home.state().checkpoint()
        snapshot.write_bytes(old)
        words = "begins after 8"

    with pytest.raises(StateDamaged, match=words):
        Home(home.root).state()
    [found] = salvage(home.root)

    assert (found.kept, found.lost) == (3, None)
    assert numbers(Home(home.root)) == [0, 1, 2]


def test_a_snapshot_of_nonsense_leaves_nothing_to_keep_and_nothing_is_changed(
    home: Home, snapshot: Path
) -> None:
    home.close()
    for content in ("nonsense", None):
        if content is None:
            snapshot.unlink()
        else:
            snapshot.write_text(content)
        log = log_of(snapshot).read_bytes()

        [found] = salvage(home.root)

        assert (found.name, found.kept) == ("state.json", None)
        assert log_of(snapshot).read_bytes() == log
        assert snapshot.exists() is (content is not None)
        with pytest.raises(StateDamaged):
            Home(home.root).state()


def test_a_damaged_log_without_a_snapshot_keeps_its_beginning(home: Home) -> None:
    for n in range(4):
        home.state().table("items").insert({"n": n})
    log = home.root / "state.json.log"
    log.write_bytes(log.read_bytes().replace(b'"n":2', b'"n":7'))

    [found] = salvage(home.root)

    assert (found.kept, found.lost) == (2, 2)
    assert numbers(Home(home.root)) == [0, 1]


def test_a_sound_home_and_none_at_all_are_left_alone(
    home: Home, snapshot: Path, tmp_path: Path
) -> None:
    before = {file: file.read_bytes() for file in home.root.rglob("*.json*")}

    assert salvage(home.root) == []
    assert salvage(tmp_path / "nothing") == []

    assert {file: file.read_bytes() for file in home.root.rglob("*.json*")} == before
    assert not (tmp_path / "nothing").exists()


def test_without_a_copy_nothing_is_changed(
    home: Home, snapshot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_of(snapshot)
    log.write_bytes(log.read_bytes().replace(b'"n":5', b'"n":6'))
    bad = log.read_bytes()
    monkeypatch.setattr("kfclient.store.backup.keep_copy", lambda path, data: None)

    with pytest.raises(StateUnwritable, match="left as it is"):
        salvage(home.root)

    assert log.read_bytes() == bad
