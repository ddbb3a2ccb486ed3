"""What is done with items afterwards: verify, undo, files, copies, claims by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from kfclient.desk import Desk
from kfclient.desk.model.item import ItemState, Kind
from kfclient.sandbox import Sandbox
from screens.files import ItemFilesScreen
from screens.item_details import ItemDetailsScreen
from screens.items import ItemsScreen
from tests.desk.seeded import Inbox
from tests.screens.scenes import cost, on_screen, toasted


def publish(desk: Desk, business: str, *references: str) -> None:
    """Publish a cost for each reference."""
    for at, reference in enumerate(references):
        desk.items.add(business, cost(price=str(10 + at), reference=reference))
    report = desk.publishing.publish(business, desk.publishing.plan(business))
    assert report.published == len(references)


async def test_what_was_changed_there_is_told_and_undone_only_when_that_is_agreed_to(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    publish(synced_desk, business, "C-1")
    books = sandbox.account.books
    dbid = synced_desk.items.get(business, "1").dbid or 0
    with books.transaction():
        books.put("receipts", {**(books.get("receipts", dbid) or {}), "CustomerReference": "C-9"})
    screen = ItemDetailsScreen(business, "Harbour Lane", "1")
    async with on_screen(synced_desk, screen) as walk:
        await walk.until("■ published")
        await walk.press("v")
        await walk.until("0 as sent, 1 not.")
        await walk.until("≠ reference: C-1 was sent, C-9 is there")
        await walk.press("escape")
        await walk.until("In KashFlow purchase 1 is otherwise")
        await walk.press("U")
        await walk.until("y deletes nothing")
        assert "Undo" not in walk.footer.split()
        await walk.press("c")
        await walk.until("reference: C-1 was sent, C-9 is there")
        await walk.press("y", "enter")
        await walk.until("y deletes 1 item in KashFlow")
        await walk.press("y", "y", "enter")
        await walk.until("Done: 1 item undone.")
    assert synced_desk.items.get(business, "1").sent is None


async def test_what_was_published_is_verified_and_undone(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    publish(synced_desk, business, "V-1", "V-2")
    async with on_screen(synced_desk, ItemsScreen(business, "Harbour Lane")) as walk:
        await walk.until("2 published")
        await walk.press("v")
        await walk.until("2 items compared: 2 as sent, 0 not.")
        assert "= as it was sent" in walk.text
        assert not walk.overflows()
        await walk.press("escape")
        await walk.until_on(ItemsScreen)
        await walk.press("home", "U")
        await walk.until("y deletes 1 item in KashFlow; nothing has been deleted yet.")
        assert not walk.overflows()
        await walk.press("y")
        await walk.until("Delete 1 document in KashFlow?")
        await walk.press("enter")
        await walk.until("nothing has been deleted yet")
        assert synced_desk.items.get(business, "1").sent is ItemState.PUBLISHED, "not by Enter"
        await walk.press("y", "y", "enter")
        await walk.until("Done: 1 item undone.")
        await walk.press("escape")
        await walk.until("1 ready, 0 to review, 1 published")
        await walk.press("R")
        await walk.until("Undo which run?")
        assert "2 documents by anna, 1 still there" in walk.text
        await walk.press("enter")
        await walk.until("y deletes 1 item")
        await walk.press("y", "y", "enter")
        await walk.until("Done: 1 item undone.")
    assert [one.sent for one in synced_desk.items.all(business)] == [None, None]


async def test_files_are_attached_later_and_taken_off(
    synced_desk: Desk, business: str, tmp_path: Path
) -> None:
    publish(synced_desk, business, "F-1")
    (tmp_path / "bill.pdf").write_bytes(b"%PDF bill")
    screen = ItemDetailsScreen(business, "Harbour Lane", "1")
    async with on_screen(synced_desk, screen) as walk:
        await walk.until("■ published")
        await walk.press("f")
        await walk.until("No files yet.")
        await walk.write(f"{tmp_path}/bill.pdf")
        await walk.press("enter")
        await walk.until("✓ Attached.")
        assert "■ in KashFlow   bill.pdf" in walk.text
        await walk.write(f"{tmp_path}/nothing.pdf")
        await walk.press("enter")
        await walk.until("✗ The file")
        assert not walk.overflows()
        await walk.press("f8")
        await walk.until("Take bill.pdf off the item?")
        await walk.press("y", "enter")
        await walk.until_on(ItemFilesScreen)
        await walk.until("✓ Taken off.")
    assert synced_desk.attaching.files(business, "1") == []


async def test_a_copy_is_an_item_of_its_own(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add(inbox.business, cost())
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("1 ready")
        await walk.press("y", "enter", "escape")
        assert len(inbox_desk.items.all(inbox.business)) == 1, "y never copies"
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("1 ready")
        await walk.press("N")
        await walk.until("Add a copy of item 1?")
        await walk.press("y", "enter")
        await walk.until("1 ready, 1 to review")  # the copy is held back as a duplicate
        told = "✓ Item 2 is a copy of item 1: change what differs. z takes it back."
        assert toasted(walk) == [told]
        await walk.press("z")
        await walk.until("1 ready, 0 to review")
    assert [one.id for one in inbox_desk.items.all(inbox.business)] == ["1"]


async def test_costs_are_gathered_into_a_claim_and_taken_apart(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.items.add_all(inbox.business, [cost(), cost("Kestrel Car Hire", "50")])
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("2 ready")
        await walk.press("a", "o")
        await walk.until("2 costs: 180.00 GBP")
        assert not walk.overflows()
        await walk.press("ctrl+s")
        await walk.until("The claim has no person.")
        await walk.write("Ann Lee")
        await walk.press("enter")
        await walk.write("August")
        await walk.press("ctrl+s")
        await walk.until("Expense claim 3: expense claim August, Ann Lee")
        assert toasted(walk) == ["✓ Item 3 is the claim of Ann Lee, made of 2 costs."]
        (claim,) = inbox_desk.items.all(inbox.business)
        assert (claim.kind, claim.gross, claim.reference) == (Kind.CLAIM, Decimal(180), "August")
        await walk.press("t")
        await walk.until("Take claim 3 apart?")
        await walk.press("y", "enter")
        await walk.until("2 ready")
    assert [one.id for one in inbox_desk.items.all(inbox.business)] == ["1", "2"]


async def test_what_is_for_one_item_is_for_the_one_under_the_cursor(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.items.add_all(inbox.business, [cost(reference=f"R-{at}") for at in range(3)])
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, "Acme Ltd")) as walk:
        await walk.until("3 ready")
        await walk.press("space", "end", "N")
        await walk.until("Add a copy of item 3?")
        told = "i One item is copied, the one under the cursor: 3. The marks stay."
        assert toasted(walk) == [told]
        await walk.press("n", "home", "e")
        assert toasted(walk) == [told], "the one that is marked is the one that is meant"
