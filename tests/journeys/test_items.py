"""The inbox, by keyboard alone: files imported, items added, completed, edited and deleted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from kfclient.desk import Desk
from kfclient.desk.model.item import Item, ItemState, Kind
from screens.dialogs import ConfirmScreen
from screens.edit_conflict import EditConflictScreen
from screens.import_file import ImportScreen
from screens.item_form import ItemFormScreen
from screens.items import ItemsScreen
from tests.journeys.inbox import SAMPLES, import_sample, pick, save, to_items, to_new_item
from tests.journeys.walk import walking


async def test_a_file_is_imported_once(synced_desk: Desk, business: str) -> None:
    async with walking(synced_desk) as walk:
        await to_items(walk)
        assert "Press i to import a file, n to add an item" in walk.text
        await import_sample(walk, "dext-costs-with-tax.csv", "60 items added")
        await walk.until("60 ready, 0 to review")
        await import_sample(walk, "dext-costs-with-tax.csv", "60 items there already")
        await walk.until("60 ready, 0 to review")
        assert not walk.overflows()
    assert len(synced_desk.items.all(business)) == 60


async def test_a_path_is_completed(synced_desk: Desk) -> None:
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.press("i")
        await walk.paste(str(SAMPLES / "dext-costs-with"))
        await walk.press("tab")
        await walk.until("dext-costs-with-claims.csv  dext-costs-with-tax.csv")
        await walk.write("c")
        await walk.press("tab", "enter")
        await walk.until("items added")


async def test_a_troubled_file_says_what_is_wrong_with_which_line(
    synced_desk: Desk, business: str
) -> None:
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.press("i")
        await walk.paste(str(SAMPLES / "dext-costs-troubled.csv"))
        await walk.press("enter")
        await walk.until("left out")
        assert "Line 2: Date: 2026-13-45 is not a day of the calendar." in walk.text
        assert not walk.overflows()
        await walk.press("down")
        await walk.until(lambda: "Line 2: Date" not in walk.text)
        await walk.press("escape")
        await walk.until_on(ItemsScreen)
    assert synced_desk.items.all(business), "the good rows came"


async def test_a_file_that_cannot_be_imported_says_why(synced_desk: Desk, business: str) -> None:
    wrong = {
        "empty.csv": "empty.csv is empty.",
        "not-a-csv.csv": "not-a-csv.csv is not a CSV file",
        "dext-costs-missing-columns.csv": "lacks the columns",
        "header-only.csv": "The file has column names and no rows.",
        "no-such-file.csv": "There is no file",
        ".": "is a folder",
    }
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.press("i", "enter")
        await walk.until("Type the path of a file first.")
        for name, said in wrong.items():
            await walk.press("ctrl+u")
            await walk.paste(str(SAMPLES / name))
            await walk.press("enter")
            await walk.until(said)
            assert isinstance(walk.screen, ImportScreen)
            assert not walk.overflows()
    assert synced_desk.items.all(business) == []


async def test_a_cost_is_added_by_hand(synced_desk: Desk, business: str) -> None:
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await to_new_item(walk)
        await pick(walk, "quill", "Quillon Print Works")
        await walk.paste("QPW-7")
        await walk.press("enter")
        await walk.paste("1/9/2026")
        await walk.press("enter")
        await walk.paste("30 Sep 2026")
        await walk.press("enter", "enter")
        await pick(walk, "7500", "Printing")
        await walk.paste("Leaflets")
        await walk.press("enter", "2", "enter", *"60", "enter")
        await pick(walk, "20", "20%")
        await walk.until("VAT 24.00")
        await walk.until("Ready to publish once it is saved")
        assert not walk.overflows()
        await save(walk)
        await walk.until("1 ready, 0 to review")
    (item,) = synced_desk.items.all(business)
    line = item.lines[0]
    assert (item.kind, item.contact, item.reference) == (
        Kind.COST,
        "Quillon Print Works",
        "QPW-7",
    )
    assert item.contact_code, "the code settles which supplier is meant"
    assert (item.date, item.due_date) == (dt.date(2026, 9, 1), dt.date(2026, 9, 30))
    assert line.category == "7500 Printing"
    assert (str(line.quantity), str(line.unit_price)) == ("2", "60")
    assert (str(line.tax_rate), str(line.vat), str(item.gross)) == ("20", "24.00", "144.00")


async def test_a_sale_in_euros_is_added_by_hand(synced_desk: Desk, business: str) -> None:
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.press("s")
        await to_new_item(walk)
        await pick(walk, "dunm", "Dunmore School")
        await walk.paste("INV-1")
        await walk.press("enter")
        await walk.paste("2026-10-01")
        await walk.press("enter", "enter")
        await pick(walk, "eur", "1 EUR = 0.869565 GBP")
        assert "1 EUR =" in walk.text
        await walk.press("ctrl+u")
        await walk.paste("0.86")
        await walk.press("enter")
        await pick(walk, "4000", "Sales")
        await walk.paste("Benches")
        await walk.press("enter", "enter")
        await walk.write("100")
        await walk.press("enter", "0", "enter")
        await walk.until("Ready to publish once it is saved")
        await save(walk)
        await walk.until("1 ready")
    (item,) = synced_desk.items.all(business)
    assert (item.kind, item.currency) == (Kind.SALE, "EUR")
    assert item.exchange_rate == Decimal("1.162791"), "KashFlow counts foreign units per pound"
    assert item.gross == 100


async def test_a_claim_of_two_lines_is_added_by_hand(synced_desk: Desk, business: str) -> None:
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.press("x")
        await to_new_item(walk)
        assert "expense claim" in walk.text
        assert not walk.overflows()
        await walk.paste("Priya Raman")
        await walk.press("enter", "enter")
        await walk.paste("3 Oct 2026")
        await walk.press("enter", "enter", "enter")
        await pick(walk, "7400", "Travel")
        await walk.paste("Train")
        await walk.press("enter", "enter")
        await walk.paste("61.20")
        await walk.press("f7")
        await walk.press("f6")
        await walk.paste("Taxi")
        await walk.press("enter", "enter")
        await walk.write("12")
        await walk.until("Gross 73.20")
        await save(walk)
        await walk.until("1 ready")
    (item,) = synced_desk.items.all(business)
    assert (item.kind, item.document, item.contact) == (
        Kind.CLAIM,
        "expense claim",
        "Priya Raman",
    )
    assert [(line.category, line.net) for line in item.lines] == [
        ("7400 Travel", Decimal("61.20")),
        ("7400 Travel", Decimal("12.00")),
    ]


async def test_an_item_to_review_is_completed(synced_desk: Desk, business: str) -> None:
    synced_desk.items.add(business, Item(contact="Pennine Water", date=dt.date(2026, 9, 1)))
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.until("? to review")
        assert "It has no lines yet. Fill in the amount." in walk.text
        await walk.press("enter")
        await walk.until_on(ItemFormScreen)
        await walk.press(*["enter"] * 5)
        await pick(walk, "water", "Water Rates")
        await walk.press("enter", "enter")
        await walk.paste("86.40")
        await save(walk)
        await walk.until("1 ready, 0 to review")
    (item,) = synced_desk.items.all(business)
    assert synced_desk.items.state(business, item) is ItemState.READY


async def test_leaving_the_form_asks_when_something_would_be_lost(
    synced_desk: Desk, business: str
) -> None:
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await to_new_item(walk)
        await walk.press("escape")
        await walk.until_on(ItemsScreen)
        await to_new_item(walk)
        await walk.paste("Pennine")
        await walk.press("escape")
        await walk.until_on(ConfirmScreen)
        await walk.press("n")
        await walk.until_on(ItemFormScreen)
        assert "Pennine" in walk.text
        await walk.press("escape")
        await walk.until_on(ConfirmScreen)
        await walk.press("y", "enter")
        await walk.until_on(ItemsScreen)
    assert synced_desk.items.all(business) == []


async def test_deleting_asks_and_keeps_what_was_not_meant(synced_desk: Desk, business: str) -> None:
    for name in ("Pennine Water", "Tern Telecom", "Lark Rail"):
        synced_desk.items.add(business, Item(contact=name))
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.until("Lark Rail")
        await walk.press("space", "space", "d")
        await walk.until("Delete 2 items from the inbox?")
        await walk.press("enter")
        await walk.until_on(ItemsScreen)
        assert len(synced_desk.items.all(business)) == 3, "Enter alone does nothing"
        await walk.press("d")
        await walk.until_on(ConfirmScreen)
        await walk.press("y", "enter")
        await walk.until("0 ready, 1 to review")
    assert [item.contact for item in synced_desk.items.all(business)] == ["Lark Rail"]


async def test_another_session_changes_the_item_that_is_being_edited(
    synced_desk: Desk, business: str
) -> None:
    added = synced_desk.items.add(business, Item(contact="Pennine Water"))
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.press("e")
        await walk.until_on(ItemFormScreen)
        await walk.press("end")
        await walk.paste(" Ltd")
        synced_desk.items.save(business, Item(id=added.id, version=1, contact="Tern Telecom"))
        await walk.press("ctrl+s")
        await walk.until_on(EditConflictScreen)
        await walk.until("anna saved this item while you changed it.")
        assert "Pennine Water Ltd" in walk.text
        await walk.press("t", "ctrl+s")
        await walk.until_on(ItemsScreen)
        await walk.until("Tern Telecom")
        await walk.press("e")
        await walk.until_on(ItemFormScreen)
        await walk.press("end")
        await walk.paste(" plc")
        await save(walk)
    assert synced_desk.items.get(business, added.id).contact == "Tern Telecom plc"
