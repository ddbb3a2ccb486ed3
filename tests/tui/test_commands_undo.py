"""After publishing, by command: compare, take out again, attach files, copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.kashdeck import NAME, Kashdeck


@pytest.fixture
def three(filled: Kashdeck) -> Kashdeck:
    """Return the command with items 1 to 3 published."""
    assert filled.json("publish", NAME, "1", "2", "3")["published"] == 3
    return filled


def references(kashdeck: Kashdeck) -> list[str]:
    return [row["CustomerReference"] for row in kashdeck.sandbox.account.receipts()]


def edit_there(kashdeck: Kashdeck) -> None:
    """Change the first purchase in KashFlow, as a person would."""
    books = kashdeck.sandbox.account.books
    with books.transaction():
        books.put("receipts", {**books.all("receipts")[0], "CustomerReference": "CHANGED"})


def _first(kashdeck: Kashdeck) -> str:
    """Return the item that was published first."""
    items = kashdeck.json("items", NAME)["items"]
    return str(next(one["id"] for one in items if one["number"] == 1))


def test_publish_verify_undo_and_an_empty_ledger(three: Kashdeck) -> None:
    assert three.json("verify", NAME)["same"] == 3
    edit_there(three)
    ran = three.run("verify", NAME)
    assert ran.code == 1
    assert "CHANGED is there" in ran.out
    assert "3 items compared: 2 as published, 1 not." in ran.out

    shown = three.json("undo", NAME, "--last", "--dry-run", code=1)
    assert sorted(one["id"] for one in shown["items"]) == ["1", "2", "3"]
    assert [one["id"] for one in shown["items"] if one["changed"]] == [_first(three)]
    assert len(references(three)) == 3
    answer = three.json("undo", NAME, "--last", code=1)
    assert (answer["undone"], answer["held"]) == (2, 1)
    assert references(three) == ["CHANGED"]
    ran = three.run("undo", NAME, _first(three), "--even-if-changed")
    assert (ran.code, references(three)) == (0, [])
    assert "Changed in KashFlow: reference:" in ran.out
    assert ": number 1 is out again" in ran.out
    assert "1 item in the inbox again, 0 not." in ran.out
    states = {one["id"]: one["state"] for one in three.json("items", NAME)["items"]}
    assert [states[one] for one in "123"] == ["ready"] * 3
    assert three.json("undo", NAME, "--runs")["runs"][0]["there"] == 0
    assert "1 publishing session." in three.run("undo", NAME, "--runs").out


def test_a_delete_without_an_answer_is_settled_by_resolve(three: Kashdeck) -> None:
    three.sandbox.misbehave("DeleteReceiptByID", "drop-before")
    answer = three.json("undo", NAME, "2", code=1)
    assert (answer["items"][0]["state"], answer["items"][0]["undone"]) == ("unknown", False)
    assert three.json("resolve", NAME, code=1)["unknown"] == 1
    left = three.json("undo", NAME, "2", code=1)["left_out"]
    assert "may be at work on deleting it" in left[0]["reason"]
    three.run("settings", NAME, "settle_seconds=0")
    assert three.json("undo", NAME, "2")["undone"] == 1
    assert len(references(three)) == 2


def test_what_is_published_says_how_to_change_it_and_a_copy_is_held_back(three: Kashdeck) -> None:
    ran = three.run("edit", NAME, "1", "reference=NEW")
    assert ran.code == 2
    assert "kashdeck undo NAME 1" in ran.err
    copy = three.json("copy", NAME, "1")["item"]
    assert (copy["state"], copy["number"]) == ("to-review", None)
    assert "E-DUPLICATE-EXACT" in [one["code"] for one in copy["findings"]]
    three.json("check", NAME, copy["id"], "--not-duplicate")
    assert three.json("publish", NAME, copy["id"], code=0)["published"] == 1
    assert len(references(three)) == 4


def test_files_are_attached_replaced_and_taken_off(three: Kashdeck, tmp_path: Path) -> None:
    old, new = tmp_path / "scan.pdf", tmp_path / "better.pdf"
    old.write_bytes(b"%PDF-1.4 scan")
    new.write_bytes(b"%PDF-1.4 a better scan")
    answer = three.json("attach", NAME, "1", str(old))
    assert [(one["name"], one["attached"]) for one in answer["files"]] == [("scan.pdf", True)]
    ran = three.run("attach", NAME, "1", str(new), "--replace", "scan.pdf")
    assert (ran.code, ran.out) == (0, "better.pdf (attached)\n")
    books = three.sandbox.account.books
    assert [row["ActualFilename"] for row in books.all("attachments")] == ["better.pdf"]
    assert three.run("attach", NAME, "1", "--remove", "better.pdf").out == "It has no files.\n"
    assert books.all("attachments") == []


@pytest.mark.parametrize(
    "words",
    [
        ("undo", NAME),
        ("undo", NAME, "1", "--last"),
        ("undo", NAME, "--run", "x"),
        ("undo", NAME, "--run", "99"),
        ("undo", NAME, "99"),
        ("verify", NAME, "99"),
        ("copy", NAME, "99"),
        ("attach", NAME, "99", "/dev/null"),
        ("attach", NAME, "1", "--replace", "x"),
        ("attach", NAME, "1", "/nowhere.pdf"),
    ],
)
def test_wrong_use_is_told_with_a_way_out(filled: Kashdeck, words: tuple[str, ...]) -> None:
    answer = filled.json(*words, code=2)
    assert answer["error"]["sentence"]
    assert answer["error"]["cure"]
