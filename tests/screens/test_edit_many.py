"""Many items in one form: what is typed becomes of all, what is left stays as it is in each."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import msgspec
import pytest
from textual.widgets import Input

from kfclient.desk import Desk
from kfclient.desk.errors import WrongValue
from kfclient.desk.model.item import Item, ItemState, Kind
from screens.dialogs import ConfirmScreen
from screens.edit_many import EditManyScreen, SharedField
from screens.item_form import ItemFormScreen
from screens.items import ItemsScreen
from screens.picker import PickerScreen
from tests.desk.seeded import Inbox
from tests.journeys.walk import Walk
from tests.screens.scenes import cost, on_screen

change = msgspec.structs.replace
DAY = dt.date(2026, 8, 1)
"""Before the date of a cost."""


def screen_of(inbox: Inbox) -> ItemsScreen:
    return ItemsScreen(inbox.business, "Acme Ltd")


def uncoded(number: int) -> Item:
    item = cost(price=str(100 + number), reference=f"PW-{number}")
    return change(item, lines=tuple(change(line, category="") for line in item.lines))


def categories(inbox: Inbox) -> list[str]:
    return [line.category for item in inbox.items.all(inbox.business) for line in item.lines]


def field(walk: Walk, name: str) -> SharedField:
    return walk.screen.query_one(f".field-{name}", SharedField)


async def test_twenty_items_get_a_category_in_six_keys(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(inbox.business, [uncoded(n) for n in range(20)])
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("0 ready, 20 to review")
        keys = ("a", "e", "w", "a", "ctrl+s", "ctrl+s")
        await walk.press(*keys[:2])
        await walk.until_on(EditManyScreen)
        await walk.until(lambda: bool(field(walk, "category").offered))
        await walk.press(*keys[2:4])
        assert "→ 7102 Water Rates" in walk.text
        await walk.press(keys[4])
        await walk.until("Ctrl+S changes 20 of 20 items: category.")
        assert categories(inbox) == [""] * 20, "nothing is changed that was not seen"
        await walk.press(keys[5])
        await walk.until("20 ready")
    assert categories(inbox) == ["7102 Water Rates"] * 20
    last = inbox_desk.audit.entries(inbox.business)[-1]
    assert (last.action, len(last.after)) == ("items-changed", 20)


async def test_what_differs_stays_unless_it_is_typed(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(
        inbox.business, [cost(note="one"), cost("Kestrel Car Hire", reference="K-1")]
    )
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("2 ready")
        await walk.press("a", "e")
        await walk.until_on(EditManyScreen)
        assert "Items 1, 2." in walk.text
        assert field(walk, "note").placeholder == field(walk, "contact").placeholder == "various"
        assert field(walk, "category").value == "7102 Water Rates"
        field(walk, "tax_rate").focus()
        await walk.press("backspace", "backspace", "backspace", "0")
        await walk.until("Ctrl+S changes 2 of 2 items: tax rate.")
        await walk.press("ctrl+s")
        await walk.until_on(ItemsScreen)
    one, two = inbox.items.all(inbox.business)
    assert (one.note, two.note, one.contact, two.contact) == (
        "one",
        "",
        "Pennine Water",
        "Kestrel Car Hire",
    )
    assert [line.tax_rate for item in (one, two) for line in item.lines] == [Decimal(0)] * 2
    assert [line.vat for item in (one, two) for line in item.lines] == [Decimal(0)] * 2


async def test_a_field_is_emptied_in_all_and_picked_from_the_list(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.items.add_all(inbox.business, [cost(note="a"), cost(reference="PW-2", note="b")])
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("2 ready, 0 to review")
        await walk.press("a", "e")
        await walk.until_on(EditManyScreen)
        field(walk, "note").focus()
        await walk.press("f8")
        await walk.until("Ctrl+S changes 2 of 2 items: note.")
        field(walk, "contact").focus()
        await walk.press("f4")
        await walk.until_on(PickerScreen)
        await walk.write("kest")
        await walk.press("enter")
        await walk.until_on(EditManyScreen)
        await walk.press("ctrl+s")
        await walk.until_on(ItemsScreen)
    for item in inbox.items.all(inbox.business):
        assert (item.note, item.contact, item.contact_code) == ("", "Kestrel Car Hire", "KEST01")


@pytest.mark.parametrize(("name", "text"), [("date", "31/02/2026"), ("tax_rate", "lots")])
async def test_what_cannot_be_read_is_said_and_changes_nothing(
    inbox: Inbox, inbox_desk: Desk, name: str, text: str
) -> None:
    inbox_desk.items.add_all(inbox.business, [uncoded(1), uncoded(2)])
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("2 to review")
        await walk.press("a", "e")
        await walk.until_on(EditManyScreen)
        field(walk, name).value = text
        await walk.until("✗ ")
        await walk.press("ctrl+s", "ctrl+s")
        assert isinstance(walk.screen, EditManyScreen)
        await walk.press("escape")
        await walk.until_on(ConfirmScreen)
    assert {item.version for item in inbox.items.all(inbox.business)} == {1}


async def test_where_somebody_else_was_quicker_nothing_is_changed_and_then_all_as_it_is_now(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.items.add_all(inbox.business, [uncoded(n) for n in range(3)])
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("3 to review")
        await walk.press("a", "e")
        await walk.until_on(EditManyScreen)
        field(walk, "category").value = "7102"
        two = inbox.items.get(inbox.business, "2")
        inbox.items.save(inbox.business, change(two, note="theirs"))
        inbox.items.put(
            inbox.business,
            change(inbox.items.get(inbox.business, "3"), sent=ItemState.PUBLISHED, number=9),
        )
        await walk.press("ctrl+s")
        await walk.until("Nothing was changed. Ctrl+S changes 2 items")
        assert categories(inbox) == [""] * 3
        await walk.press("ctrl+s")
        await walk.until_on(ItemsScreen)
    assert categories(inbox) == ["7102 Water Rates", "7102 Water Rates", ""]
    assert inbox.items.get(inbox.business, "2").note == "theirs"


async def test_marks_of_what_is_in_kashflow_are_left_out_and_enter_edits_one(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.items.add_all(inbox.business, [uncoded(n) for n in range(3)])
    there = inbox.items.get(inbox.business, "1")
    inbox.items.put(inbox.business, change(there, sent=ItemState.PUBLISHED, number=9))
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("2 to review")
        await walk.press("a", "e")
        await walk.until_on(EditManyScreen)
        assert "Items 2, 3." in walk.text
        await walk.press("escape")
        await walk.until_on(ItemsScreen)
        await walk.press("down", "enter")
        await walk.until_on(ItemFormScreen)


async def test_purchases_and_sales_together_have_no_contact(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(inbox.business, [uncoded(1), change(uncoded(2), kind=Kind.SALE)])
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("2 to review")
        await walk.press("a", "e")
        await walk.until_on(EditManyScreen)
        assert not walk.screen.query(".field-contact")


def odd(number: int, category: str) -> Item:
    item = uncoded(number)
    return change(item, lines=tuple(change(line, category=category) for line in item.lines))


async def test_what_is_chosen_for_one_finding_holds_for_all_that_are_shown(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    items = [odd(1, "Fuel"), odd(2, "Fuel"), odd(3, "Petrol"), odd(4, "Fuel")]
    inbox_desk.items.add_all(inbox.business, items)
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("4 to review")
        await walk.press("slash")
        await walk.write("-item=4")
        await walk.press("enter", "m")
        await walk.until("… in all 2")  # what is not shown is not meant
        await walk.press("down", "enter")
        await walk.until("Choose a category")
        await walk.press(*["backspace"] * 4)
        await walk.write("trav")
        await walk.press("enter")
        await walk.until("2 ready, 2 to review")
    assert categories(inbox) == ["7400 Travel", "7400 Travel", "Petrol", "Fuel"]
    assert inbox_desk.audit.entries(inbox.business)[-1].action == "items-changed"


async def test_an_act_is_done_in_all_that_are_marked_and_the_rest_stays(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    due = [change(cost(reference=f"D-{n}", price=str(50 + n)), due_date=DAY) for n in range(3)]
    inbox_desk.items.add_all(inbox.business, due)
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("3 ready")
        await walk.press("space", "space", "up", "m")
        await walk.until("… in all 2")
        await walk.press("down", "enter")
        await walk.until(lambda: inbox.items.get(inbox.business, "2").due_date is None)
    assert [item.due_date for item in inbox.items.all(inbox.business)] == [None, None, DAY]


def test_where_one_is_no_longer_as_it_was_found_none_is_mended(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    due = [change(cost(reference=f"D-{n}", price=str(50 + n)), due_date=DAY) for n in range(2)]
    inbox_desk.items.add_all(inbox.business, due)
    found = {
        key: [one for one in findings if one.key == "clear-due-date"]
        for key, findings in inbox_desk.items.check(inbox.business).items()
    }
    two = inbox.items.get(inbox.business, "2")
    inbox.items.save(inbox.business, change(two, due_date=None))
    with pytest.raises(WrongValue, match="Item 2 is no longer"):
        inbox_desk.quick_fixes.apply_all(inbox.business, found)
    assert inbox.items.get(inbox.business, "1").due_date == DAY


async def test_one_key_takes_back_what_was_done_to_many_and_one_does_it_again(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.items.add_all(inbox.business, [uncoded(n) for n in range(3)])
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("3 to review")
        await walk.press("a", "e")
        await walk.until_on(EditManyScreen)
        await walk.until(lambda: bool(field(walk, "category").offered))
        await walk.write("7102")
        await walk.press("ctrl+s")
        await walk.until("3 ready")
        await walk.press("u")
        await walk.until("3 to review")
        assert categories(inbox) == [""] * 3
        await walk.press("ctrl+r")
        await walk.until("3 ready")
        await walk.press("d")
        await walk.until_on(ConfirmScreen)
        await walk.press("y", "enter")
        await walk.until(lambda: not inbox.items.all(inbox.business))
        await walk.press("u")
        await walk.until("3 ready")
        await walk.press("u", "u", "u")
        await walk.until("There is nothing of yours")
    assert inbox.items.all(inbox.business) == []


async def test_a_full_stop_repeats_the_last_edit_on_another_item(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.items.add_all(inbox.business, [uncoded(n) for n in range(4)])
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("4 to review")
        await walk.press("full_stop")
        assert categories(inbox) == [""] * 4, "nothing was edited yet"
        await walk.press("enter")
        await walk.until_on(ItemFormScreen)
        category = walk.screen.query_one("LineFields .field-category", Input)
        category.value = "7400"
        await walk.press("ctrl+s")
        await walk.until_on(ItemsScreen)
        await walk.until("1 ready")
        await walk.press("down", "full_stop")
        await walk.until("2 ready")
        await walk.press("down", "space", "space", "full_stop")
        await walk.until("4 ready")
    assert categories(inbox) == ["7400"] * 4
    assert inbox_desk.items.undo_edit(inbox.business).words == "the edit of 2 items (3, 4)"
