"""Two people at one item: each sees what the other changed, and nothing is lost unasked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from kfclient.desk import Desk
from kfclient.desk.model.item import Item, ItemLine
from kfclient.store import Home, Secrets
from screens.dialogs import ConfirmScreen
from screens.edit_conflict import EditConflictScreen, differences, merged
from screens.item_details import ItemDetailsScreen
from screens.item_form import ItemFormScreen
from screens.items import ItemsScreen
from screens.widgets.ledger_table import LedgerTable
from tests.desk.seeded import NOW, Inbox
from tests.journeys.walk import Walk
from tests.screens.scenes import cost, on_screen
from tui.app import KashdeckApp

Compare = Callable[..., bool]


@pytest.fixture
def ben(inbox: Inbox) -> Iterator[Desk]:
    """Return Ben's desk on the same home, as another program has it."""
    root = inbox.home.root
    desk = Desk(Home(root), Secrets(root, memory=True), person="ben", clock=lambda: NOW)
    yield desk
    desk.close()


def numbered(at: int) -> Item:
    """Return a cost that is like no other."""
    return cost(price=str(at), reference=f"PW-{at}")


def change(desk: Desk, inbox: Inbox, **fields: Any) -> Item:
    """Have the desk's person change item 1."""
    item = desk.items.get(inbox.business, "1")
    return desk.items.save(inbox.business, msgspec.structs.replace(item, **fields))


def form_of(inbox: Inbox, item: Item) -> ItemFormScreen:
    return ItemFormScreen(inbox.business, "Acme Ltd", item)


def contact(walk: Walk) -> str:
    """Return what stands in the contact's field."""
    assert isinstance(walk.screen, ItemFormScreen)
    return walk.screen.editor.field_of("contact").value


def shown(walk: Walk) -> list[tuple[str, ...]]:
    """Return the lines of the comparison."""
    return [row.cells for row in walk.screen.query_one(LedgerTable).rows]


def test_what_differs_is_told_by_field() -> None:
    before = cost()
    mine = msgspec.structs.replace(before, contact="Kestrel", date=dt.date(2026, 9, 2))
    theirs = msgspec.structs.replace(before, reference="PW-2", date=dt.date(2026, 9, 3), version=2)
    found = {one.label: (one.before, one.mine, one.theirs) for one in
             differences(before, mine, theirs)}  # fmt: skip
    assert found == {
        "Reference": ("PW-1", "PW-1", "PW-2"),
        "Supplier": ("Pennine Water", "Kestrel", "Pennine Water"),
        "Date": ("1 Sep 2026", "2 Sep 2026", "3 Sep 2026"),
    }


def test_lines_are_compared_one_by_one_where_there_are_as_many() -> None:
    line = cost().lines[0]
    before = cost(lines=(line, line))
    mine = msgspec.structs.replace(
        before, lines=(line, msgspec.structs.replace(line, description="Ours"))
    )
    price = msgspec.structs.replace(line, unit_price=Decimal("12.5"))
    theirs = msgspec.structs.replace(before, lines=(line, price))
    found = differences(before, mine, theirs)
    assert [(one.label, one.mine, one.theirs) for one in found] == [
        ("2. Description", "Ours", "Quarter to September"),
        ("2. Net price", "100.00", "12.50"),
    ]
    both = merged(mine, theirs, found, {"lines.2.description"})
    assert both.lines[1] == msgspec.structs.replace(price, description="Ours")
    longer = msgspec.structs.replace(before, lines=(line, line, ItemLine()))
    [one] = differences(before, longer, theirs)
    assert (one.label, one.mine) == ("Lines", "3 lines, net 200.00, VAT 40.00")
    assert merged(longer, theirs, [one], {"lines"}).lines == longer.lines
    assert merged(longer, theirs, [one], set()) == theirs


def test_a_contact_keeps_its_code() -> None:
    before = cost("Twin Traders", contact_code="TWIN01")
    theirs = msgspec.structs.replace(before, contact_code="TWIN02", version=3)
    found = differences(before, before, theirs)
    assert [(one.field, one.mine, one.theirs) for one in found] == [
        ("contact", "Twin Traders TWIN01", "Twin Traders TWIN02")
    ]
    assert merged(before, theirs, found, {"contact"}).contact_code == "TWIN01"


def test_what_publishing_remembers_is_no_difference() -> None:
    before = cost(version=1)
    refused = msgspec.structs.replace(before, version=4, number=12)
    assert differences(before, before, refused) == []


async def test_the_second_to_save_sees_both_and_keeps_what_is_wanted(
    inbox: Inbox, inbox_desk: Desk, ben: Desk
) -> None:
    item = inbox_desk.items.add(inbox.business, cost())
    async with on_screen(inbox_desk, form_of(inbox, item)) as walk:
        await walk.press("end")
        await walk.paste(" Ltd")
        await walk.until_shown_at_the_next_look(
            "! ben changed it meanwhile: Reference, Supplier. Ctrl+S shows both.",
            lambda: change(ben, inbox, reference="PW-77", contact="Pennine Water plc"),
        )
        assert contact(walk) == "Pennine Water Ltd", "what is being typed stays"
        await walk.press("ctrl+s")
        await walk.until_on(EditConflictScreen)
        assert shown(walk) == [
            ("Reference", "theirs", "PW-1", "PW-77"),
            ("Supplier", "yours", "Pennine Water Ltd", "Pennine Water plc"),
        ]
        assert not walk.overflows()
        assert inbox_desk.items.get(inbox.business, "1").contact == "Pennine Water plc"
        await walk.press("ctrl+s")
        await walk.until(lambda: not isinstance(walk.screen, EditConflictScreen | ItemFormScreen))
    saved = inbox_desk.items.get(inbox.business, "1")
    assert (saved.contact, saved.reference) == ("Pennine Water Ltd", "PW-77")


async def test_mine_or_theirs_in_every_field_or_back_to_the_form(
    inbox: Inbox, inbox_desk: Desk, ben: Desk
) -> None:
    item = inbox_desk.items.add(inbox.business, cost())
    async with on_screen(inbox_desk, form_of(inbox, item)) as walk:
        await walk.press("end")
        await walk.paste(" Ltd")
        change(ben, inbox, reference="PW-77", due_date=dt.date(2026, 9, 30))
        await walk.press("ctrl+s")
        await walk.until_on(EditConflictScreen)
        await walk.press("m")
        assert [cells[1] for cells in shown(walk)] == ["yours"] * 3
        await walk.press("t", "down", "space")
        assert [cells[1] for cells in shown(walk)] == ["theirs", "yours", "theirs"]
        await walk.press("l")
        await walk.until_on(ItemDetailsScreen)
        await walk.until("PW-77")
        await walk.press("escape", "escape")
        await walk.until("i Nothing is saved yet.")
        assert contact(walk) == "Pennine Water Ltd"
        change(ben, inbox, reference="PW-78")  # and once more
        await walk.press("ctrl+s")
        await walk.until_on(EditConflictScreen)
        change(ben, inbox, reference="PW-79")  # while the two are compared
        await walk.press("m", "ctrl+s")
        await walk.until("PW-79")
        await walk.press("m", "ctrl+s")
        await walk.until(lambda: not isinstance(walk.screen, EditConflictScreen | ItemFormScreen))
    saved = inbox_desk.items.get(inbox.business, "1")
    assert (saved.contact, saved.reference, saved.due_date) == ("Pennine Water Ltd", "PW-1", None)


async def test_a_form_nobody_typed_into_shows_their_version_in_the_same_field(
    inbox: Inbox, inbox_desk: Desk, ben: Desk
) -> None:
    item = inbox_desk.items.add(inbox.business, cost())
    async with on_screen(inbox_desk, form_of(inbox, item)) as walk:
        await walk.press("tab", "tab")
        focused = walk.app.focused
        await walk.until_shown_at_the_next_look(
            "i ben changed it just now: Supplier.",
            lambda: change(ben, inbox, contact="Kestrel Car Hire"),
        )
        assert contact(walk) == "Kestrel Car Hire"
        assert focused is not None
        assert walk.app.focused is not None
        assert walk.app.focused.classes == focused.classes
        await walk.press("ctrl+s")
        await walk.until(lambda: not isinstance(walk.screen, ItemFormScreen))
    assert inbox_desk.items.get(inbox.business, "1").contact == "Kestrel Car Hire"


async def test_the_same_change_twice_is_no_question(
    inbox: Inbox, inbox_desk: Desk, ben: Desk
) -> None:
    item = inbox_desk.items.add(inbox.business, cost())
    async with on_screen(inbox_desk, form_of(inbox, item)) as walk:
        await walk.press("end")
        await walk.paste(" Ltd")
        change(ben, inbox, contact="Pennine Water Ltd")
        await walk.press("ctrl+s")
        await walk.until(lambda: not isinstance(walk.screen, ItemFormScreen))
        assert not isinstance(walk.screen, EditConflictScreen)


async def test_the_inbox_keeps_its_cursor_and_filter_while_another_session_works(
    inbox: Inbox, inbox_desk: Desk, ben: Desk
) -> None:
    inbox_desk.items.add_all(inbox.business, [numbered(at) for at in range(1, 30)])
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("29 ready")
        await walk.press("slash")
        await walk.write("penn")
        await walk.press("enter", *["down"] * 5)
        ben.items.remove(inbox.business, "2")
        ben.items.add(inbox.business, numbered(99))
        table = walk.screen.query_one(LedgerTable)
        await walk.until(lambda: table.rows[-1].key == "30")
        assert table.rows[1].key == "3"
        assert (table.cursor_key, table.cursor) == ("6", 4)


async def test_what_the_other_changed_is_not_deleted(
    inbox: Inbox, inbox_desk: Desk, ben: Desk
) -> None:
    inbox_desk.items.add(inbox.business, cost())
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("1 ready")
        await walk.press("d")
        await walk.until_on(ConfirmScreen)
        change(ben, inbox, reference="PW-77")
        await walk.press("y", "enter")
        await walk.until("Item 1 was changed meanwhile, and is still here.")
    assert inbox_desk.items.get(inbox.business, "1").reference == "PW-77"


def test_it_looks_like_this(
    inbox: Inbox, inbox_desk: Desk, ben: Desk, snap_compare: Compare
) -> None:
    item = inbox_desk.items.add(inbox.business, cost())
    form = form_of(inbox, item)

    async def bring(pilot: Any) -> None:
        walk = Walk(pilot)
        await walk.until("Connections")
        await walk.app.push_screen(form)
        await walk.until("Ready to publish")
        await walk.press("end")
        await walk.paste(" (Yorkshire) Ltd, Retail Billing Office")
        change(ben, inbox, reference="PW-77", contact="Pennine Water plc")
        await walk.press("ctrl+s")
        await walk.until_on(EditConflictScreen)
        await walk.press("down")
        assert not walk.overflows()

    assert snap_compare(KashdeckApp(inbox_desk), terminal_size=(80, 24), run_before=bring)
