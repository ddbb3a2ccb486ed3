"""Checking, mending and claiming by command."""

from __future__ import annotations

from tests.tui.kashdeck import COSTS, NAME, Kashdeck


def copied(kashdeck: Kashdeck) -> str:
    """Import the demo's costs, and the first of them again under another number; return its id."""
    kashdeck.run("import", NAME, COSTS)
    first = kashdeck.json("item", NAME, "1")["item"]
    head = "Receipt ID,Type,Date,Invoice Number,Supplier,Category,Tax,Tax Percentage,Total,Currency"
    row = (
        f"77,Invoice,{first['date']},{first['reference']},{first['contact']},"
        f"{first['lines'][0]['category']},{first['vat']},20,{first['gross']},GBP"
    )
    path = kashdeck.home.parent / "again.csv"
    path.write_text(f"{head}\n{row}\n", encoding="utf-8")
    (added,) = kashdeck.json("import", NAME, str(path))["added"]
    return str(added)


def test_a_duplicate_is_held_back_named_and_answered_once(connected: Kashdeck) -> None:
    copy = copied(connected)
    (item,) = connected.json("check", NAME, copy, code=1)["items"]
    (stop,) = [one for one in item["findings"] if one["severity"] == "stop"]
    assert (stop["code"], stop["key"], stop["value"]) == (
        "E-DUPLICATE-EXACT",
        "not-a-duplicate",
        "item:1",
    )
    told = connected.run("check", NAME, copy)
    assert told.code == 1
    assert "Act: not-a-duplicate item:1" in told.out
    held = connected.json("publish", NAME, copy, "--dry-run", code=1)
    assert [one["id"] for one in held["left_out"]] == [copy]
    assert connected.json("check", NAME, copy, "--not-duplicate")["ready"] == 1
    assert connected.json("check", NAME, copy)["ready"] == 1
    assert "no duplicate: Item 1 (" in connected.run("audit", NAME).out


def test_looking_in_kashflow_finds_what_was_published_before(connected: Kashdeck) -> None:
    copy = copied(connected)
    connected.run("check", NAME, copy, "--not-duplicate")
    assert connected.json("publish", NAME, "1", "--create-suppliers")["published"] == 1
    assert connected.json("check", NAME, copy, "--look")["ready"] == 1


def test_an_act_is_applied_to_the_items_named(connected: Kashdeck) -> None:
    connected.run("import", NAME, COSTS)
    connected.run("edit", NAME, "1", "due_date=2020-01-01")
    ran = connected.run("check", NAME, "1", "2", "--apply", "clear-due-date")
    assert "Item 2 has nothing to be mended by clear-due-date." in ran.err
    assert connected.json("item", NAME, "1")["item"]["due_date"] is None


def test_what_cannot_be_applied_is_said(connected: Kashdeck) -> None:
    for words in (
        ["--apply", "split"],
        ["1", "--apply", "choose-category"],
        ["1", "--apply", "split", "--not-duplicate"],
    ):
        answer = connected.json("check", NAME, *words, code=2)
        assert answer["error"]["code"] == "wrong-use"


def test_costs_are_gathered_into_a_claim_and_brought_back(connected: Kashdeck) -> None:
    connected.run("import", NAME, COSTS)
    claim = connected.json("claim", NAME, "Ann Lee", "1", "2", "--reference", "August")["claim"]
    assert (claim["kind"], claim["contact"], claim["reference"]) == ("claim", "Ann Lee", "August")
    left = [one["id"] for one in connected.json("items", NAME)["items"]]
    assert "1" not in left
    assert claim["id"] in left
    back = connected.json("claim", NAME, "--undo", claim["id"])["costs"]
    assert [one["id"] for one in back] == ["1", "2"]
    assert connected.run("claim", NAME, "Ann Lee", "1", "--date", "31/08/2026").code == 0
    wrong = connected.json("claim", NAME, "--undo", "3", code=2)
    assert wrong["error"]["code"] == "not-gathered"
    for words in (["Ann Lee"], [], ["Ann Lee", "3", "--undo", "4"]):
        assert connected.json("claim", NAME, *words, code=2)["error"]["code"] == "wrong-use"


def test_a_document_of_nothing_is_published_when_a_person_says_so(connected: Kashdeck) -> None:
    words = ["contact=Dunmore School", "date=31/08/2026", "reference=Z-2", "category=Sales"]
    lines = ["1.unit_price=0", "bank_account=1200", "payment_method=BACS"]
    added = connected.json("add", NAME, "--kind", "sale", *words, *lines, code=1)["item"]
    held = connected.json("publish", NAME, added["id"], "--dry-run", code=1)
    assert [one["id"] for one in held["left_out"]] == [added["id"]]
    assert connected.json("check", NAME, added["id"], "--apply", "agree")["ready"] == 1
    told = connected.json("item", NAME, added["id"])["item"]
    assert told["agreed"] == ["E-AMOUNT-ZERO"]
    assert "W-AMOUNT-ZERO" in [one["code"] for one in told["findings"]]
    assert connected.json("publish", NAME, added["id"], "--create-customers")["published"] == 1
    assert connected.json("verify", NAME)["differ"] == 0
    assert "agreed" in connected.run("audit", NAME).out


def test_what_was_said_and_stops_the_item_ends_with_1(connected: Kashdeck) -> None:
    words = ["contact=Pennine Water", "date=31/08/2026", "reference=PW-9", "unit_price=10"]
    added = connected.json("add", NAME, *words)["item"]
    assert "E-CATEGORY-MISSING" in [one["code"] for one in added["findings"]]
    for _ in range(2):
        wrong = connected.json("edit", NAME, added["id"], "category=Nosuch", code=1)["item"]
        assert "E-CATEGORY-UNKNOWN" in [one["code"] for one in wrong["findings"]]
    connected.json("edit", NAME, added["id"], "note=Only a note")
    connected.json("edit", NAME, added["id"], "1.category=Nosuch too", code=1)
    connected.json("edit", NAME, added["id"], "category=7102")
    connected.json("edit", NAME, added["id"], "currency=EUR", code=1)
    connected.json("add", NAME, *words[1:], "contact=X", code=1)
