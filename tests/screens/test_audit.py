"""The audit trail in the app: what happened, all of an entry, and whether the trail is sound."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

import msgspec
import pytest
from textual.pilot import Pilot

from kfclient.desk import Desk
from kfclient.desk.audit.entry import Action, Entry
from kfclient.store import Home, Secrets
from screens.audit import AuditScreen, short_time, whole_entry
from screens.dialogs import TextViewerScreen
from screens.item_details import ItemDetailsScreen
from screens.items import ItemsScreen
from screens.manage import ManageScreen
from screens.widgets.ledger_table import LedgerTable
from tests.desk.seeded import NOW, Inbox
from tests.journeys.walk import Walk
from tests.screens.scenes import cost, on_screen
from tests.screens.stock import HARBOUR
from tui.app import KashdeckApp

Compare = Callable[..., bool]
ENTRY = Entry(
    number=41,
    at=dt.datetime(2026, 7, 12, 13, 5, 33, tzinfo=dt.UTC),
    who="anna",
    origin="10.0.0.7",
    action="item-changed",
    business="acme-ltd",
    connection="api at secure.kashflow.com",
    item="12",
    before={"category": "5000 Materials", "due_date": None},
    after={"category": "7502 Telephone", "due_date": "2026-09-01"},
    fingerprint="9f2c",
    answer="Invalid nominal code",
    id="e1",
)


def test_a_whole_entry_says_all_that_is_known() -> None:
    text = whole_entry(ENTRY)
    for line in (
        "Entry        41",
        "When         12 Jul 2026, 14:05:33  (2026-07-12 13:05:33 UTC)",
        "Who          anna",
        "From         10.0.0.7",
        "Action       item-changed",
        "Connection   api at secure.kashflow.com",
        "Item         12",
        "Fingerprint  9f2c",
        "KashFlow     Invalid nominal code",
        "  category: 5000 Materials",
        "  due_date: none",
        "  category: 7502 Telephone",
        "  due_date: 2026-09-01",
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (dt.datetime(2026, 11, 12, 14, 5, tzinfo=dt.UTC), "12 Nov 14:05"),
        (dt.datetime(2026, 7, 2, 23, 30, tzinfo=dt.UTC), "3 Jul 00:30"),  # summer time
        (dt.datetime(2025, 12, 31, 12, 0, tzinfo=dt.UTC), "31 Dec 2025"),
    ],
)
def test_times_are_local_and_short(moment: dt.datetime, said: str) -> None:
    assert short_time(moment, NOW) == said


async def test_from_manage_newest_first_with_a_filter_and_all_of_an_entry(stock: Desk) -> None:
    stock.businesses.change_settings(HARBOUR, {"publish_tax_data": "on"})
    async with on_screen(stock, ManageScreen(HARBOUR, "Harbour Lane")) as walk:
        await walk.until("Audit trail")
        await walk.press("h")
        await walk.until_on(AuditScreen)
        await walk.until("entries, the newest first")
        table = walk.screen.query_one(LedgerTable)
        assert table.rows[0].cells[1:] == (
            "anna",
            "changed the settings: publish tax data off -> on",
        )
        assert "added the business Harbour Lane" in table.rows[-1].cells[2]
        await walk.press("slash")
        await walk.write("BEN standard")
        await walk.until("made ben a Standard user")
        assert len(table.rows) == 1
        await walk.press("enter", "enter")
        await walk.until_on(TextViewerScreen)
        assert "Action       role-changed" in walk.text
        assert "ben: standard" in walk.text
        assert not walk.overflows()
        await walk.press("escape", "v")
        await walk.until("✓ The trail is as it was written")
        assert not walk.overflows()


async def test_one_items_own_from_the_inbox_and_from_its_details(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    for contact in ("Pennine Water", "Kestrel Car Hire"):
        inbox_desk.items.add(inbox.business, cost(contact))
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("2 ")
        await walk.press("down", "h")
        await walk.until_on(AuditScreen)
        await walk.until("1 entry, the newest first")
        assert "Acme Ltd > Items > Item 2 > Audit trail" in walk.text
        assert "added item 2" in walk.text
        await walk.app.push_screen(ItemDetailsScreen(inbox.business, "Acme Ltd", "1"))
        await walk.until("Pennine")
        await walk.press("h")
        await walk.until("added item 1")
        assert walk.footer.count("Help") == 1


async def test_another_sessions_deed_is_seen_at_once(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add(inbox.business, cost())
    root = inbox.home.root
    ben = Desk(Home(root), Secrets(root, memory=True), person="ben", clock=lambda: NOW)
    async with on_screen(inbox_desk, AuditScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("added item 1")
        table = walk.screen.query_one(LedgerTable)
        await walk.press("down")
        key = table.cursor_key
        await walk.until_shown_at_the_next_look(
            "added item 2", lambda: ben.items.add(inbox.business, cost("Kestrel Car Hire"))
        )
        assert table.cursor_key == key
    ben.close()


async def test_a_line_that_was_changed_shows_without_being_asked_for(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.items.add(inbox.business, cost())
    inbox_desk.audit.flush(inbox.business)
    path = inbox_desk.home.trail(inbox.business).path
    path.write_bytes(path.read_bytes().replace(b"Pennine Water", b"Pennine Vater"))
    async with on_screen(inbox_desk, AuditScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("✗ The trail is not as it was written: v tells more.")
        await walk.press("v")
        await walk.until_on(TextViewerScreen)
        text = " ".join(walk.text.replace("│", "").split())
        assert "✗ The trail is not as it was written: 1 trouble" in text
        assert "was changed" in text
        assert "Compare the trail with a backup" in text
        assert not walk.overflows()


async def test_a_long_trail_opens_and_moves_quickly(inbox: Inbox, inbox_desk: Desk) -> None:
    database = inbox_desk.home.books(inbox.business)
    with database.transaction():
        for at in range(5_000):
            inbox_desk.audit.note(
                database, inbox.business, Action.ITEM_ADDED, item=str(at), after={"kind": "cost"}
            )
    began = time.process_time()
    async with on_screen(inbox_desk, AuditScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("5,0")
        opened = time.process_time() - began
        began = time.process_time()
        await walk.press("end", "up", "home", "down")
        moved = time.process_time() - began
    assert opened < 6, opened
    assert moved < 2, moved


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
def test_it_looks_like_this(
    inbox: Inbox, inbox_desk: Desk, snap_compare: Compare, size: tuple[int, int]
) -> None:
    saved = inbox_desk.items.add(inbox.business, cost())
    inbox_desk.items.save(inbox.business, msgspec.structs.replace(saved, reference="PW-2"))
    inbox_desk.businesses.change_settings(inbox.business, {"settle_seconds": "60"})

    async def bring(pilot: Pilot[None]) -> None:
        walk = Walk(pilot)
        await walk.until("Connections")
        await walk.app.push_screen(AuditScreen(inbox.business, "Acme Ltd"))
        await walk.until("5 entries, the newest first")
        assert not walk.overflows()

    assert snap_compare(KashdeckApp(inbox_desk), terminal_size=size, run_before=bring)
