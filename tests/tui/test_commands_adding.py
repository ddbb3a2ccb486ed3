"""Typing items in by command, and taking them out of the inbox again."""

from __future__ import annotations

from pathlib import Path

from tests.tui.kashdeck import COSTS, NAME, Kashdeck


def test_a_cost_and_a_sale_are_typed_in_checked_and_published(connected: Kashdeck) -> None:
    cost = connected.json(
        *("add", NAME, "contact=Pennine Water", "reference=PW-77", "date=31/08/2026"),
        *("category=Water Rates", "unit_price=86.40", "tax_rate=20"),
    )["item"]
    assert (cost["id"], cost["kind"], cost["state"]) == ("1", "cost", "ready")
    assert [(line["net"], line["vat"]) for line in cost["lines"]] == [("86.40", "17.28")]
    sale = connected.json(
        *("add", NAME, "--kind", "sale", "contact=Dunmore School", "date=2026-08-31"),
        *("2.unit_price=9", "1.unit_price=100", "1.category=Sales", "2.category=Sales"),
    )["item"]
    assert (sale["kind"], sale["state"], sale["gross"]) == ("sale", "ready", "109.00")
    assert connected.json("publish", NAME, "--ready")["published"] == 2
    (document,) = connected.sandbox.account.receipts()
    assert document["CustomerReference"] == "PW-77"


def test_what_is_missing_makes_an_item_to_review_and_what_is_wrong_makes_none(
    connected: Kashdeck,
) -> None:
    claim = connected.json("add", NAME, "--kind", "claim", "note=from the van")["item"]
    assert (claim["document"], claim["state"]) == ("expense claim", "to-review")
    for word, code in (("date=soon", "wrong-value"), ("3.vat=1", "wrong-use"), ("x", "wrong-use")):
        assert connected.json("add", NAME, word, code=2)["error"]["code"] == code
    assert len(connected.json("items", NAME)["items"]) == 1


def test_items_are_removed_all_or_none_and_what_kashflow_has_stays(connected: Kashdeck) -> None:
    connected.run("import", NAME, COSTS)
    connected.run("publish", NAME, "2")
    settled = connected.json("remove", NAME, "1", "2", code=2)
    assert settled["error"]["code"] == "item-settled"
    claim = connected.json("claim", NAME, "Ann Lee", "3")["claim"]["id"]
    gathered = connected.json("remove", NAME, "1", claim, code=2)
    assert f"--undo {claim}" in gathered["error"]["cure"]
    assert connected.json("remove", NAME, "1", "99", code=2)["error"]["code"] == "item-unknown"
    assert connected.json("remove", NAME, "1", "4")["removed"] == ["1", "4"]
    left = [item["id"] for item in connected.json("items", NAME)["items"]]
    assert not {"1", "4"} & set(left)
    assert connected.json("import", NAME, COSTS)["added"], "a file brings back what was removed"


def test_a_file_is_imported_from_standard_input(connected: Kashdeck) -> None:
    text = Path(COSTS).read_text("utf-8")
    ran = connected.run("import", NAME, "-", stdin=text)
    assert ran.code == 0, ran
    assert ran.out.startswith("Dext costs: 10 items added, 0 here already.")
    assert connected.json("import", NAME, COSTS)["added"] == []
    ran = connected.run("import", NAME, "-")
    assert (ran.code, ran.err.startswith("Standard input is empty.")) == (2, True)
