"""What KashFlow has already is seen before anything is sent, and answered by command."""

from __future__ import annotations

import shutil

from tests.tui.kashdeck import NAME, Kashdeck


def published_before(filled: Kashdeck) -> None:
    """Publish item 1, then put the home back to what it was before that."""
    before = filled.home.with_name("before")
    shutil.copytree(filled.home, before)
    assert filled.json("publish", NAME, "1")["published"] == 1
    shutil.rmtree(filled.home)
    before.rename(filled.home)


def test_a_plan_shows_what_kashflow_has_and_nothing_is_sent_until_it_is_answered(
    filled: Kashdeck,
) -> None:
    published_before(filled)
    offline = filled.json("publish", NAME, "1", "--dry-run")
    assert [one["id"] for one in offline["items"]] == ["1"]
    seen = filled.json("publish", NAME, "1", "--dry-run", "--look", code=1)
    assert "E-DUPLICATE-EXACT" in [one["code"] for one in seen["left_out"][0]["findings"]]
    ran = filled.run("publish", NAME, "1", "2")
    assert ran.code == 1
    assert "Item 1 is left out: It is still to review.\n  E-DUPLICATE-EXACT: Purchase" in ran.out
    assert "1 item published, 1 held back" in ran.out
    assert len(filled.sandbox.account.receipts()) == 2
    answered = filled.json("publish", NAME, "1", "--not-duplicate", "1")
    assert answered["published"] == 1
    assert len(filled.sandbox.account.receipts()) == 3


def test_an_answer_that_answers_nothing_is_said_and_one_for_no_item_refused(
    filled: Kashdeck,
) -> None:
    ran = filled.run("publish", NAME, "2", "--not-duplicate", "1", "--yes")
    assert (ran.code, ran.err) == (0, "Item 1 is not held back as a duplicate.\n")
    gone = filled.json("publish", NAME, "3", "--not-duplicate", "99", code=2)
    assert gone["error"]["code"] == "item-unknown"
    dry = filled.json("publish", NAME, "3", "--dry-run", "--not-duplicate", "3", code=2)
    assert dry["error"]["code"] == "wrong-use"


def test_a_look_that_fails_is_said_and_the_plan_comes_all_the_same(filled: Kashdeck) -> None:
    filled.sandbox.misbehave("GetReceiptsForSupplier", "truncate", times=9)
    ran = filled.run("publish", NAME, "1", "--dry-run", "--look")
    assert ran.code == 0
    assert ran.err.startswith("KashFlow could not be looked at for duplicates beforehand: ")
    assert "Item 1: Purchase from Quillon Print Works" in ran.out


def test_a_plan_names_what_follows_and_what_is_created(filled: Kashdeck) -> None:
    scan = filled.home.with_name("scan.pdf")
    scan.write_bytes(b"%PDF-1.4 a scan")
    filled.run("edit", NAME, "8", f"files+={scan}", "note=For\nthe van", "payment_method=Cash")
    (item,) = filled.json("publish", NAME, "8", "--dry-run")["items"]
    assert item["creates"] == {"kind": "supplier", "name": "Lantern Lane Café"}
    assert [one["kind"] for one in item["followups"]] == ["payment", "file", "note"]
    payment, file, note = item["followups"]
    assert (payment["amount"], payment["bank_account"]) == ("27.60", "Petty cash")
    assert (file["name"], file["bytes"]) == ("scan.pdf", 15)
    assert note["text"] == "For\nthe van"
    ran = filled.run("publish", NAME, "8", "--create-suppliers")
    assert "with scan.pdf (1 KB); with the note “For the van”" in ran.out
    assert "After the documents: 1 payment, 1 file, 1 note" in ran.out
    assert "W-TAX-OFF" not in ran.out, "said once, for all"
    assert "  ok      item 8, Lantern Lane Café: the file scan.pdf" in ran.out
