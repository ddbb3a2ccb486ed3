"""`kashdeck resolve`: what a person found in KashFlow settles what is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.kashdeck import COSTS, NAME, Kashdeck


@pytest.fixture
def lost(connected: Kashdeck, tmp_path: Path) -> Kashdeck:
    """Return a business whose item 1 was sent, and has come out there with another reference."""
    connected.json("import", NAME, COSTS)
    connected.run("settings", NAME, "settle_seconds=0")
    connected.sandbox.misbehave("InsertReceipt", "drop-after")
    connected.json("publish", NAME, "1", code=1)
    (row,) = connected.sandbox.account.receipts()
    with connected.sandbox.account.books.transaction():
        cut = {**row, "CustomerReference": row["CustomerReference"][:3]}
        connected.sandbox.account.books.put("receipts", cut)
    return connected


def test_both_are_shown_side_by_side_and_the_one_named_is_taken(lost: Kashdeck) -> None:
    assert lost.json("resolve", NAME, code=1)["unknown"] == 1
    shown = lost.json("resolve", NAME, "1", "--show")
    (found,) = shown["found"]
    assert shown["sent"]["gross"] == found["gross"]
    assert not found["equal"]
    text = lost.run("resolve", NAME, "1", "--show").out
    assert shown["sent"]["reference"] in text
    assert f"No. {found['number']}" in text
    answer = lost.json("resolve", NAME, "1", "--is", str(found["number"]))
    (item,) = answer["items"]
    assert (item["state"], item["number"], answer["unknown"]) == ("published", found["number"], 0)
    assert lost.run("resolve", NAME, "1", "--show").code == 2


def test_none_of_them_is_it(lost: Kashdeck) -> None:
    lost.run("resolve", NAME)
    answer = lost.json("resolve", NAME, "1", "--none")
    assert answer["items"][0]["state"] == "ready"
    assert lost.json("publish", NAME, "1")["published"] == 1
    assert len(lost.sandbox.account.receipts()) == 2


def test_a_step_is_said_to_be_there(connected: Kashdeck) -> None:
    connected.json("import", NAME, COSTS)
    account = "Current account"
    connected.run("edit", NAME, "1", f"bank_account={account}", "payment_method=BACS")
    connected.sandbox.misbehave("InsertReceiptPayment", "refuse", text="Period is locked")
    connected.run("publish", NAME, "1")
    said = connected.run("resolve", NAME, "1")
    assert "Period is locked" in said.out
    (item,) = connected.json("resolve", NAME, "1")["items"]
    (left,) = item["left"]
    assert account in left["what"]
    answer = connected.json("resolve", NAME, "1", "--step", str(left["step"]), "--there")
    assert answer["items"][0]["left"] == []


@pytest.mark.parametrize(
    "words",
    [
        ("--is", "3"),
        ("1", "2", "--none"),
        ("1", "--is", "three"),
        ("1", "--is", "3", "--none"),
        ("1", "--there"),
        ("1", "--step", "2"),
    ],
)
def test_wrong_words_say_what_is_missing(connected: Kashdeck, words: tuple[str, ...]) -> None:
    ran = connected.run("resolve", NAME, *words)
    assert ran.code == 2
    assert "kashdeck resolve --help" in ran.err
