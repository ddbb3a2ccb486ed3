"""A trail tells whatever was done to it, and outlasts whatever ends its writing."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfclient.store.audit_file import (
    AuditFile,
    AuditTrouble,
    Head,
    first_hash,
    parse,
    render,
    troubles,
)
from kfclient.store.errors import StateUnwritable

BUSINESS = "acme"


def body(number: int) -> dict[str, Any]:
    """An entry as it is owed."""
    return {
        "id": f"id{number:03}",
        "action": "item-changed",
        "who": "anna",
        "item": str(number),
        "after": {"contact": f"Café “{number}”\u2028\n", "category": "5000"},
    }


def a_trail(folder: Path, *batches: int) -> tuple[AuditFile, Head]:
    """A trail written in batches of so many entries, and how it ends."""
    trail = AuditFile(folder / "audit.jsonl", BUSINESS)
    head = Head()
    for size in batches:
        head = trail.append(head, [body(head.count + n + 1) for n in range(size)])
    return trail, head


def found(trail: AuditFile, head: Head, *owed: dict[str, Any]) -> list[str]:
    """The codes of what is wrong."""
    return [one.code for one in wrong(trail, head, *owed)]


def wrong(trail: AuditFile, head: Head, *owed: dict[str, Any]) -> tuple[AuditTrouble, ...]:
    return troubles(trail, head, {one["id"]: one for one in owed})[1]


@pytest.fixture(scope="module")
def written() -> tuple[bytes, Head]:
    """The bytes of a trail of nine entries in three batches, and how it ends."""
    with tempfile.TemporaryDirectory() as folder:
        trail, head = a_trail(Path(folder), 4, 3, 2)
        assert found(trail, head) == []
        return trail.read(), head


class Bent:
    """The trail of `written`, with other bytes in its file."""

    def __init__(self, data: bytes | None) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.trail = AuditFile(Path(self._folder.name) / "audit.jsonl", BUSINESS)
        if data is not None:
            self.trail.path.write_bytes(data)

    def __enter__(self) -> AuditFile:
        return self.trail

    def __exit__(self, *error: object) -> None:
        self._folder.cleanup()


def is_found(data: bytes | None, head: Head, *, mended: bytes = b"") -> None:
    """What was done shows at once, and still when more was written after it.

    `mended` is what writing more may make of it again.
    """
    with Bent(data) as trail:
        assert found(trail, head)
        after = trail.append(head, [body(100), body(101)])
        begun = trail.read()[: len(mended)] if mended else None
        assert found(trail, after) or begun == mended
        assert trail.read().startswith(data or b""), "what is there stays for whoever looks"


@settings(max_examples=300)
@given(place=st.integers(0), value=st.integers(0, 255))
def test_any_byte_that_was_changed_is_found(
    written: tuple[bytes, Head], place: int, value: int
) -> None:
    data, head = written
    place %= len(data)
    if data[place] != value:
        is_found(data[:place] + bytes([value]) + data[place + 1 :], head)


@settings(max_examples=150)
@given(cut=st.integers(0))
def test_any_end_that_was_cut_off_is_found(written: tuple[bytes, Head], cut: int) -> None:
    data, head = written
    # With its newline alone nothing was lost; it is put back with the next entry.
    is_found(data[: cut % len(data)], head, mended=data)


@settings(max_examples=150)
@given(place=st.integers(0), more=st.binary(min_size=1, max_size=40))
def test_anything_put_in_is_found(written: tuple[bytes, Head], place: int, more: bytes) -> None:
    data, head = written
    place %= len(data) + 1
    is_found(data[:place] + more + data[place:], head)


@settings(max_examples=150)
@given(first=st.integers(0, 8), second=st.integers(0, 8), what=st.sampled_from("rdsm"))
def test_lines_removed_doubled_swapped_or_moved_are_found(
    written: tuple[bytes, Head], first: int, second: int, what: str
) -> None:
    data, head = written
    lines = data.splitlines(keepends=True)
    if what == "r":
        del lines[min(first, second) : max(first, second) + 1]
    elif what == "d":
        lines.insert(second, lines[first])
    elif what == "s":
        lines[first], lines[second] = lines[second], lines[first]
    else:
        lines.insert(second, lines.pop(first))
    if b"".join(lines) != data:
        is_found(b"".join(lines), head)


def test_the_place_and_the_kind_are_told(written: tuple[bytes, Head]) -> None:
    data, head = written
    lines = data.splitlines(keepends=True)
    swapped = [*lines[:3], lines[4], lines[3], *lines[5:]]
    cases: list[tuple[bytes, list[tuple[str, int]]]] = [
        (data.replace(b'"item":"5"', b'"item":"6"'), [("changed", 5)]),
        (b"".join([*lines[:3], *lines[5:]]), [("missing", 4)]),
        (b"".join([*lines[:3], lines[2], *lines[3:]]), [("out-of-place", 4)]),
        (b"".join(swapped), [("missing", 4), ("out-of-place", 5)]),
        (b"".join(lines[:7]), [("missing-end", 7)]),
        (data[:-9], [("not-whole", 9)]),
        (data + b"{}\n", [("changed", 10)]),
    ]
    for bent, expected in cases:
        with Bent(bent) as trail:
            assert [(one.code, one.line) for one in wrong(trail, head)] == expected
    with Bent(b"".join(lines[:7])) as trail:
        assert [one.sentence for one in wrong(trail, head)] == [
            "The end is missing: entries 8 to 9 were cut off."
        ]
    with Bent(None) as trail:
        assert found(trail, head) == ["file-missing"]


def test_a_line_forged_with_all_its_hashes_is_found_by_how_the_trail_ends(
    written: tuple[bytes, Head],
) -> None:
    data, head = written
    forged, _ = render({**body(10), "number": 10}, head.hash)
    with Bent(data + forged + b"\n") as trail:
        assert found(trail, head) == ["added"]

    last = parse(data.splitlines()[-1])
    assert last is not None
    rewritten, _ = render({**last.entry, "item": "77"}, last.prev)
    with Bent(b"".join([*data.splitlines(keepends=True)[:-1], rewritten, b"\n"])) as trail:
        assert found(trail, head) == ["other-end"]


def test_another_business_trail_in_its_place_is_found(tmp_path: Path) -> None:
    trail, head = a_trail(tmp_path, 2)
    other = AuditFile(trail.path, "other")
    assert found(other, head) == ["not-following"]


@pytest.mark.parametrize(
    "change",
    [
        {"count": 8},
        {"count": 10},
        {"count": 0},
        {"hash": "0" * 64},
        {"hash": ""},
        {"size": 7},
        {"size": 10**6},
        {"batch": 1},
        {"batch": 10**6},
        {"count": 0, "hash": "", "size": 0, "batch": 0},
    ],
)
def test_what_the_state_remembers_of_it_cannot_be_changed_either(
    written: tuple[bytes, Head], change: dict[str, Any]
) -> None:
    data, head = written
    with Bent(data) as trail:
        assert found(trail, msgspec.structs.replace(head, **change))
    with Bent(b"") as trail:
        assert found(trail, Head()) == []
        assert found(trail, Head(hash=first_hash(BUSINESS)))


def test_a_writing_that_ended_anywhere_is_no_trouble_and_goes_on_where_it_stopped(
    tmp_path: Path,
) -> None:
    trail, head = a_trail(tmp_path, 3)
    before = trail.read()
    owed = [body(10), body(11)]
    whole = trail.append(head, owed)
    data = trail.read()
    assert whole.batch == head.size

    for cut in range(len(before), len(data) + 1):
        trail.path.write_bytes(data[:cut])
        assert found(trail, head, *owed) == []

        assert trail.append(head, owed) == whole
        assert trail.read() == data
        # A sudden end before what is owed was struck off: it is in there already.
        assert trail.append(whole, owed) == whole
        assert trail.read() == data


def test_one_more_that_is_owed_when_it_goes_on_comes_once(tmp_path: Path) -> None:
    trail, head = a_trail(tmp_path, 2)
    before = trail.read()
    trail.append(head, [body(10), body(11)])
    data = trail.read()

    for cut in range(len(before), len(data) + 1):
        trail.path.write_bytes(data[:cut])
        # Its time came before the others': a clock was put back.
        after = trail.append(head, [body(9), body(10), body(11)])
        assert found(trail, after) == []
        lines = [parse(raw) for raw in trail.read().splitlines()]
        ids = [line.entry["id"] for line in lines if line]
        assert sorted(ids) == ["id001", "id002", "id009", "id010", "id011"]


def test_it_is_on_the_disk_before_anyone_is_told_how_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail, head = a_trail(tmp_path, 1)
    kept: list[int] = []

    def keep(descriptor: int) -> None:
        assert os.fstat(descriptor).st_ino == trail.path.stat().st_ino
        kept.append(os.fstat(descriptor).st_size)

    monkeypatch.setattr(os, "fdatasync", keep)
    assert trail.append(head, [body(2)]).size == kept[-1]
    assert len(kept) == 1


def test_a_full_disk_leaves_it_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trail, head = a_trail(tmp_path, 2)
    before = trail.read()
    really = os.write

    def full(descriptor: int, data: bytes) -> int:
        really(descriptor, bytes(data[:10]))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StateUnwritable, match="the disk is full"):
        trail.append(head, [body(3)])
    monkeypatch.undo()

    assert trail.read() == before
    assert found(trail, trail.append(head, [body(3)])) == []
