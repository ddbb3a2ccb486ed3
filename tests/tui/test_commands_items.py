"""Importing, looking, completing and checking items by command."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from kfclient.desk.business.businesses import Businesses
from kfclient.desk.model.connection_state import publish_lock
from kfclient.desk.model.item import Item, ItemLine
from kfclient.errors import Problem, tell
from kfclient.store import Home
from tests.tui.kashdeck import COSTS, NAME, ROOT, SALES, Kashdeck
from tui.commands.edit import changed, read, said

FILES = ROOT / "tests" / "desk" / "samples"


def test_importing_tells_what_came_and_twice_adds_nothing(connected: Kashdeck) -> None:
    first = connected.json("import", NAME, COSTS)
    assert first == {
        "file": "costs.csv",
        "format": "Dext costs",
        "added": [str(number) for number in range(1, 11)],
        "already": 0,
        "bad": [],
        "notes": first["notes"],
        "changed": [],
        "outside": [],
    }
    again = connected.json("import", NAME, COSTS)
    assert (again["added"], again["already"]) == ([], 10)
    assert connected.json("import", NAME, SALES)["format"] == "Sales"


def test_a_bad_row_is_named_with_its_line_and_ends_with_1(connected: Kashdeck) -> None:
    path = str(FILES / "dext-costs-troubled.csv")
    ran = connected.run("import", NAME, path)
    assert ran.code == 1
    assert "could not be read:" in ran.err
    assert "  line 2: " in ran.err
    assert "added" in ran.out


def test_an_item_that_a_file_knows_otherwise_is_shown_and_ends_with_1(
    connected: Kashdeck, tmp_path: Path
) -> None:
    connected.run("import", NAME, SALES)
    rows = Path(SALES).read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path / "again.csv"
    path.write_text(rows[0] + rows[1].replace(",20,", ",0,"), encoding="utf-8")
    ran = connected.run("import", NAME, str(path))
    assert ran.code == 1
    assert "is here with other contents." in ran.err
    assert "  Line 1, tax rate: 20% -> 0%\n" in ran.err
    assert "--changed correct" in ran.err
    answer = connected.json("import", NAME, str(path), "--changed", "correct")
    assert [one["outcome"] for one in answer["changed"]] == ["corrected"]


@pytest.mark.parametrize(
    "name", ["empty.csv", "not-a-csv.csv", "dext-costs-missing-columns.csv", "nowhere.csv"]
)
def test_a_file_that_cannot_be_imported_is_refused_in_a_sentence(
    connected: Kashdeck, name: str
) -> None:
    answer = connected.json("import", NAME, str(FILES / name), code=2)
    assert answer["error"]["code"] == "file-refused"
    assert connected.json("items", NAME) == {"items": []}


def test_items_give_every_field_amounts_as_text_and_null_for_what_is_missing(
    filled: Kashdeck,
) -> None:
    items = filled.json("items", NAME)["items"]
    assert len(items) == 15
    first = items[0]
    assert {key: first[key] for key in first if key != "findings"} == {
        "id": "1",
        "kind": "cost",
        "state": "ready",
        "reference": "QPW-1182",
        "contact": "Quillon Print Works",
        "date": "2026-10-01",
        "due_date": "2026-10-31",
        "currency": "GBP",
        "net": "120.00",
        "vat": "24.00",
        "gross": "144.00",
        "number": None,
        "problem": None,
        "left": [],
        "unpaid": None,
    }
    assert items[4]["reference"] is None
    assert items[5]["gross"] == "-36.00"
    assert [item["id"] for item in filled.json("items", NAME, "--kind", "claim")["items"]] == ["10"]
    review = filled.json("items", NAME, "--state", "to-review")["items"]
    assert [item["contact"] for item in review] == ["Tidewater Marine Paints"]
    assert "E-CATEGORY-MISSING" in [finding["code"] for finding in review[0]["findings"]]


def test_the_table_for_people_lines_amounts_up(filled: Kashdeck) -> None:
    lines = filled.run("items", NAME).out.splitlines()
    points = {line.index(".", line.index("£")) for line in lines if "£" in line}
    assert len(points) == 1
    assert lines[-1] == "15 items."


def test_an_item_in_full_has_its_lines(filled: Kashdeck) -> None:
    item = filled.json("item", NAME, "10")["item"]
    assert (item["kind"], item["contact"]) == ("claim", "Ivor Penhale")
    assert [line["gross"] for line in item["lines"]] == ["61.20", "34.80"]
    out = filled.run("item", NAME, "10").out
    assert "Return to York" in out
    assert filled.json("item", NAME, "99", code=2)["error"]["code"] == "item-unknown"


def test_editing_completes_an_item(filled: Kashdeck) -> None:
    assert filled.run("check", NAME, "9").code == 1
    item = filled.json("edit", NAME, "9", "category=Premises Expenses", "due_date=30/10/2026")
    assert (item["item"]["state"], item["item"]["due_date"]) == ("ready", "2026-10-30")
    assert filled.run("check", NAME, "9").code == 0


def test_a_lines_vat_follows_from_its_price_and_rate(filled: Kashdeck) -> None:
    words = ("1.unit_price=100", "1.tax_rate=5%", "2.description=Delivery", "2.unit_price=9.99")
    lines = filled.json("edit", NAME, "1", *words, "2.category=Carriage")["item"]["lines"]
    assert [(line["net"], line["vat"]) for line in lines] == [("100.00", "5.00"), ("9.99", "0.00")]
    line = filled.json("edit", NAME, "1", "1.vat=4.99")["item"]["lines"][0]
    assert (line["tax_rate"], line["vat"]) == ("5", "4.99")
    line = filled.json("edit", NAME, "1", "1.tax_rate=n/a")["item"]["lines"][0]
    assert (line["tax_rate"], line["vat"]) == ("-1", "0.00")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("date=31/02/2026", "date: 31/02/2026 is not a day"),
        ("colour=red", "no field “colour”"),
        ("3.category=Travel", "There is no line 3"),
        ("1.colour=red", "no field"),
        ("0.category=Travel", "no line “0”"),
        ("1.vat=lots", "1.vat: lots is not an amount"),
        ("currency=pounds", "currency: “pounds” is not a currency"),
        ("exchange_rate=1.18", "exchange_rate: An item in GBP has no exchange rate"),
        ("paid_on=soon", "paid_on: soon is not a date"),
        ("document=letter", "Say invoice, receipt, credit note"),
        ("1.tax_rate=200", "1.tax_rate: "),
    ],
)
def test_a_change_that_cannot_be_names_its_field(change: str, said: str) -> None:
    key, _, value = change.partition("=")
    item = Item(id="1", lines=(ItemLine(description="x", unit_price=Decimal(10)),))
    with pytest.raises(Problem) as caught:
        changed(item, {"note": "changed", key: value})
    assert said in tell(caught.value)


@pytest.mark.parametrize(
    "words", ["1.18 EUR per GBP", "0.847458 GBP per EUR", "1 EUR = £0.847458", "1.18"]
)
def test_an_exchange_rate_is_said_either_way_round(words: str) -> None:
    item = changed(Item(id="1"), {"exchange_rate": words, "currency": "eur"})
    assert item.exchange_rate is not None
    assert round(item.exchange_rate, 5) == Decimal("1.18")
    assert changed(item, {"currency": "GBP"}).exchange_rate is None


def test_files_are_added_taken_away_and_replaced_by_their_absolute_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        (tmp_path / name).write_bytes(b"x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    both = said(Item(), read(["files+=a.pdf", "files+=~/b.pdf", "files+=a.pdf", "note=x"]), "GBP")
    assert both.files == (str(tmp_path / "a.pdf"), str(tmp_path / "b.pdf"))
    assert both.note == "x"
    assert said(both, read(["files-=b.pdf", "files+=c.pdf"]), "GBP").files == (
        str(tmp_path / "a.pdf"),
        str(tmp_path / "c.pdf"),
    )
    assert said(both, read(["files=c.pdf"]), "GBP").files == (str(tmp_path / "c.pdf"),)
    assert said(both, read(["files="]), "GBP").files == ()
    for word, why in (
        ("files+=nowhere.pdf", "There is no file nowhere.pdf"),
        ("files+=", "There is no file"),
        (f"files+={tmp_path}", "is no file"),
        ("files-=c.pdf", "no file called “c.pdf”"),
    ):
        with pytest.raises(Problem, match=re.escape(why)):
            said(both, read([word]), "GBP")


def test_a_foreign_paid_item_says_what_kashflow_books(filled: Kashdeck, tmp_path: Path) -> None:
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(b"x")
    words = [
        "currency=EUR",
        "exchange_rate=0.85 GBP per EUR",
        f"files+={scan}",
        "paid_on=6/10/2026",
    ]
    item = filled.json("edit", NAME, "1", *words, "bank_account=1200", "payment_method=Cash")[
        "item"
    ]
    assert item["exchange_rate"] == "1.176471"
    assert item["booked"] == {"currency": "GBP", "net": "122.40", "vat": "0.00", "gross": "122.40"}
    assert (item["files"], item["paid_on"]) == ([str(scan)], "2026-10-06")
    filled.run("settings", NAME, "publish_tax_data=on")
    out = filled.run("item", NAME, "1").out
    assert "Exchange rate  1.176471 EUR to 1 GBP (1 EUR is 0.85 GBP)" in out
    assert "Booked as      £122.40, of which VAT £20.40" in out
    assert f"File           {scan}" in out
    assert filled.run("edit", NAME, "1", "files+=/nowhere.pdf").code == 2


def test_an_amount_in_another_currency_than_the_item_s_is_refused(filled: Kashdeck) -> None:
    ran = filled.run("edit", NAME, "1", "unit_price=$612.00")
    assert ran.code == 2
    assert "unit_price: $612.00 is in dollars or pesos, but the currency is GBP." in ran.err
    words = ("unit_price=$612.00", "currency=USD", "exchange_rate=1.3")
    assert filled.json("edit", NAME, "1", *words)["item"]["currency"] == "USD"


def test_of_several_changes_all_are_made_or_none(filled: Kashdeck) -> None:
    before = filled.json("item", NAME, "1")
    ran = filled.run("edit", NAME, "1", "note=changed", "date=31/02/2026")
    assert ran.code == 2
    assert "date: 31/02/2026 is not a day" in ran.err
    assert filled.json("item", NAME, "1") == before


def test_checking_says_why_and_how_to_mend_it(filled: Kashdeck) -> None:
    ran = filled.run("check", NAME)
    assert ran.code == 1
    assert "Item 9 (Tidewater Marine Paints, TMP-9094): to-review" in ran.out
    assert "E-CATEGORY-MISSING" in ran.out
    answer = filled.json("check", NAME, code=1)
    assert (answer["ready"], answer["to_review"]) == (14, 1)
    assert filled.json("check", NAME, "1", "2")["to_review"] == 0


def test_status_counts_items(filled: Kashdeck) -> None:
    (connection,) = filled.json("status")["connections"]
    counts = connection["items"]
    assert (counts.pop("ready"), counts.pop("to_review")) == (14, 1)
    assert set(counts.values()) == {0}


def test_names_cannot_steer_the_terminal(connected: Kashdeck, tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text(
        "Kind,Reference,Date,Due Date,Contact,Description,Category,Quantity,Unit Price,Tax Rate,"
        "Currency,Project\n"
        "sale,A1,2026-10-01,2026-10-15,Evil\x1b]0;owned\x07 Ltd,x,Sales,1,1.00,20,GBP,\n",
        encoding="utf-8",
    )
    connected.run("import", NAME, str(path))
    for words in (("items", NAME), ("check", NAME)):
        ran = connected.run(*words)
        assert "\x1b" not in ran.out + ran.err


def test_what_kashflow_refused_is_not_ready_and_is_listed_with_the_refusal(
    filled: Kashdeck,
) -> None:
    filled.sandbox.misbehave("InsertReceipt", "refuse", text="No such luck.")
    filled.json("publish", NAME, "1", code=1)
    for words in (["items", NAME], ["items", NAME, "--state", "needs-you"], ["check", NAME, "1"]):
        ran = filled.run(*words)
        assert "refused" in ran.out
        assert "No such luck." in ran.out
    waiting = filled.json("items", NAME, "--state", "needs-you")["items"]
    assert [(one["id"], one["state"]) for one in waiting] == [("1", "ready")]
    assert filled.run("check", NAME, "1").code == 1
    assert "Item 1: cost, invoice, refused" in filled.run("item", NAME, "1").out
    told = filled.run("status", NAME).out
    assert "1 refused" in told
    assert "0 of unknown outcome" in told
    for name in ([], [NAME]):
        assert "1 item for you to look at: kashdeck items" in filled.run("status", *name).out
    counts = filled.json("status", NAME)["connections"][0]["items"]
    assert (counts["refused"], counts["unknown"], counts["needs_you"]) == (1, 0, 1)


def test_status_counts_anew_while_items_are_sent_and_after_a_sudden_end(filled: Kashdeck) -> None:
    filled.json("publish", NAME, "1", code=0)
    home = Home(filled.home)
    business = Businesses(home).find(NAME).id
    books = home.books(business)

    def sent(state: str) -> tuple[int, int, int]:
        with books.transaction():
            books.table("items").update({"sent": state}, doc_ids=[2])
        counts = filled.json("status", NAME)["connections"][0]["items"]
        return counts["ready"], counts["published"], counts["unknown"]

    ready, published, unknown = sent("ready")
    with home.try_lock(publish_lock(business)):
        assert sent("published") == (ready - 1, published + 1, unknown)
        Businesses(home).counts_change(business)
        sent("publishing")
    # Nobody has the lock any more, and nobody counted.
    assert sent("publishing") == (ready - 1, published, unknown + 1)
    home.close()


def test_many_items_are_changed_together_as_one_line_of_the_trail(filled: Kashdeck) -> None:
    words = ("category=Premises Expenses", "due_date=30/10/2026")
    shown = filled.run("edit", NAME, "1", "2", *words, "--dry-run")
    assert (shown.code, shown.out.count("category"), shown.out.count("30 Oct 2026")) == (0, 2, 2)
    assert filled.json("item", NAME, "1")["item"]["due_date"] != "2026-10-30"

    told = filled.json("edit", NAME, "1", "2", *words)
    assert (told["found"], told["changed"], told["stopped"]) == (2, 2, [])
    assert [one["item"] for one in told["changes"]] == ["1", "2"]
    for number in ("1", "2"):
        item = filled.json("item", NAME, number)["item"]
        assert {line["category"] for line in item["lines"]} == {"Premises Expenses"}
        assert item["due_date"] == "2026-10-30"
        last = filled.json("audit", NAME, "--item", number)["entries"][-1]
        assert last["action"] == "items-changed"
        assert "changed 2 items (1, 2): category -> Premises Expenses" in last["sentence"]
    assert filled.json("audit", NAME, "--item", "3")["entries"][-1]["action"] == "item-added"

    again = filled.run("edit", NAME, "1", "2", *words)
    assert (again.code, again.out) == (0, "2 items are so already.\n")


def test_where_one_of_many_cannot_be_changed_none_is(filled: Kashdeck) -> None:
    ran = filled.run("edit", NAME, "1", "999", "note=changed")
    assert ran.code == 2
    assert "There is no item 999" in ran.err
    assert not filled.json("item", NAME, "1")["item"]["note"]
    ran = filled.run("edit", NAME, "1", "2", "date=31/02/2026")
    assert ran.code == 2
    assert filled.json("audit", NAME, "--item", "1")["entries"][-1]["action"] == "item-added"


def test_a_filter_chooses_what_is_changed_and_what_is_listed(filled: Kashdeck) -> None:
    every = filled.json("items", NAME)["items"]
    contact = every[0]["contact"]
    mine = [one["id"] for one in every if one["contact"] == contact]
    listed = filled.json("items", NAME, "--where", f'supplier="{contact}" gross>0')["items"]
    assert [one["id"] for one in listed] == mine

    told = filled.json("edit", NAME, "--where", f'supplier="{contact}"', "note=seen")
    assert [one["item"] for one in told["changes"]] == mine
    noted = filled.json("items", NAME, "--where", "note=seen")["items"]
    assert [one["id"] for one in noted] == mine

    ready = [one["id"] for one in every if one["state"] == "ready"]
    told = filled.json("edit", NAME, "--ready", "category=Nowhere", "--dry-run")
    assert (told["found"], told["changed"]) == (len(ready), 0)
    told = filled.json("edit", NAME, "--ready", "category=Nowhere", code=1)
    assert (told["changed"], told["stopped"]) == (len(ready), ready)


def test_a_filter_that_cannot_be_read_changes_nothing(filled: Kashdeck) -> None:
    for text, word in (("suplier:x", "suplier"), ("gross>", "gross>"), ("is:green", "green")):
        for command in (("items", NAME), ("edit", NAME, "note=changed")):
            ran = filled.run(*command, "--where", text)
            assert ran.code == 2
            assert word in ran.err
    assert filled.json("items", NAME, "--where", "note=changed")["items"] == []


def test_edits_and_deletions_are_taken_back_and_done_again(filled: Kashdeck) -> None:
    contact = filled.json("item", NAME, "1")["item"]["contact"]
    filled.json("edit", NAME, "1", "2", "contact=Nobody Known")
    assert filled.run("remove", NAME, "3", "--yes").out == (
        "1 item removed from the inbox; undo-edit brings them back.\n"
    )
    assert filled.run("undo-edit", NAME).out == "Taken back: the deletion of item 3.\n"
    assert filled.json("item", NAME, "3")["item"]["id"] == "3"
    step = filled.json("undo-edit", NAME)["step"]
    assert (step["what"], step["items"], step["undone"]) == ("edit", 2, True)
    assert filled.json("item", NAME, "1")["item"]["contact"] == contact
    assert (
        filled.run("undo-edit", NAME, "--redo").out == "Done again: the edit of 2 items (1, 2).\n"
    )
    assert filled.json("item", NAME, "2")["item"]["contact"] == "Nobody Known"
    steps = filled.json("undo-edit", NAME, "--list")["steps"]
    assert [one["what"] for one in steps[:2]] == ["delete", "edit"]
    assert "(taken back)" in filled.run("undo-edit", NAME, "--list").out

    filled.run("undo-edit", NAME)
    every = len(filled.json("items", NAME)["items"])
    step = filled.json("undo-edit", NAME)["step"]
    assert step["what"] == "import"
    assert len(filled.json("items", NAME)["items"]) == every - step["items"], "it goes as a whole"
    assert filled.json("undo-edit", NAME, "--redo")["step"]["what"] == "import"
    assert len(filled.json("items", NAME)["items"]) == every
    assert filled.run("undo-edit", NAME, "--redo", "--list").code == 2
