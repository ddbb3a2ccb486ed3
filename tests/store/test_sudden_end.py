"""Whatever ends a write, what was acknowledged is there and what was not is whole or absent."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from kfclient.store.database import Database
from kfclient.store.errors import StateDamaged

if TYPE_CHECKING:
    from pathlib import Path

    from tinydb.table import Document


def a_log(path: Path, transactions: int) -> tuple[bytes, list[list[Document]]]:
    """Write transactions; return the log's bytes, and what the table held after each of them."""
    database = Database(path)
    table = database.table("items")
    states: list[list[Document]] = [[]]
    for n in range(transactions):
        with database.transaction():
            table.insert({"n": n, "text": "é" * n})
            table.update({"last": n})
            table.remove(doc_ids=[n - 2])
        states.append(table.all())
    return path.with_name("state.json.log").read_bytes(), states


def test_a_log_cut_anywhere_gives_the_transactions_before_the_cut(
    path: Path, tmp_path: Path
) -> None:
    data, states = a_log(path, 8)
    header = data.index(b"\n") + 1
    again = tmp_path / "again" / "state.json"
    again.parent.mkdir()
    log = again.with_name("state.json.log")

    for cut in range(header, len(data) + 1, 3):
        log.write_bytes(data[:cut])
        whole = data[:cut].count(b"\n") - 1

        database = Database(again)
        assert database.table("items").all() == states[whole]
        assert log.read_bytes() == data[:cut], "reading changes nothing"

        database.table("after").insert({"cut": cut})
        assert Database(again).table("items").all() == states[whole]
        assert Database(again).table("after").all() == [{"cut": cut}]


def test_a_changed_byte_never_makes_a_state_that_never_was(path: Path, tmp_path: Path) -> None:
    data, states = a_log(path, 8)
    again = tmp_path / "again" / "state.json"
    again.parent.mkdir()
    log = again.with_name("state.json.log")
    last_line = data[:-1].rindex(b"\n") + 1
    refused = 0

    for place in range(0, len(data), 31):
        for bit in (0x01, 0x80):
            changed = bytes([*data[:place], data[place] ^ bit, *data[place + 1 :]])
            log.write_bytes(changed)
            try:
                found = Database(again).table("items").all()
            except StateDamaged:
                refused += 1
            else:
                # In the last lines it looks like a write that was cut short.
                assert found in states
                assert place >= data[: last_line - 1].rindex(b"\n")
            assert log.read_bytes() == changed, "nothing is overwritten"
    assert refused > 15


def test_a_cut_that_is_more_than_an_unfinished_line_is_kept(path: Path) -> None:
    data, states = a_log(path, 3)
    log = path.with_name("state.json.log")
    log.write_bytes(data[:-5] + b"\0\0\0\0\n")

    Database(path).table("more").insert({"n": 1})

    assert Database(path).table("items").all() == states[2]
    [copy] = path.parent.glob("*.damaged-*")
    assert copy.read_bytes().endswith(b"\0\0\0\0\n")


def test_an_end_between_snapshot_and_new_log_counts_nothing_twice(path: Path) -> None:
    data, states = a_log(path, 5)
    database = Database(path)
    database.checkpoint()
    path.with_name("state.json.log").write_bytes(data)

    database = Database(path)
    assert database.table("items").all() == states[5]
    database.table("items").insert({"n": 99})

    assert Database(path).table("items").all() == [*states[5], {"n": 99}]
    assert Database(path).revision == 6


def test_a_log_that_ends_before_its_snapshot_is_begun_anew(path: Path) -> None:
    data, states = a_log(path, 5)
    Database(path).checkpoint()
    lines = data.splitlines(keepends=True)
    path.with_name("state.json.log").write_bytes(b"".join(lines[:3]))

    Database(path).table("items").insert({"n": 99})

    assert Database(path).table("items").all() == [*states[5], {"n": 99}]
    assert Database(path).revision == 6


def test_an_end_while_writing_a_snapshot_leaves_the_old_one(path: Path) -> None:
    database = Database(path)
    database.table("items").insert({"n": 1})
    database.checkpoint()
    path.with_name("state.json.next.tmp.tmp").write_text('{"_meta": {"1": {"for')

    database = Database(path)
    database.table("items").insert({"n": 2})
    database.close()

    assert json.loads(path.read_text())["items"] == {"1": {"n": 1}, "2": {"n": 2}}
    assert not path.with_name("state.json.next.tmp.tmp").exists()


def test_a_lost_log_leaves_the_snapshot(path: Path) -> None:
    _, states = a_log(path, 5)
    Database(path).checkpoint()
    path.with_name("state.json.log").unlink()

    database = Database(path)
    assert database.table("items").all() == states[5]
    database.table("items").insert({"n": 99})

    assert Database(path).table("items").all() == [*states[5], {"n": 99}]


def test_a_snapshot_older_than_its_log_is_refused(path: Path, tmp_path: Path) -> None:
    a_log(path, 2)
    Database(path).checkpoint()
    shutil.copy(path, tmp_path / "old.json")
    Database(path).table("items").insert({"n": 5})
    Database(path).checkpoint()
    shutil.copy(tmp_path / "old.json", path)

    with pytest.raises(StateDamaged, match="begins after 3"):
        Database(path)
