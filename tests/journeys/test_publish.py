"""Publishing, by keyboard alone: what is shown is sent, once, and what went wrong is settled."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from kfclient.desk import Desk
from kfclient.desk.model.item import Item, ItemLine, ItemState, Kind
from kfclient.sandbox import Sandbox
from screens.dialogs import ConfirmScreen
from screens.item_details import ItemDetailsScreen
from screens.items import ItemsScreen
from screens.publish_progress import PublishProgressScreen
from screens.publish_review import PublishReviewScreen
from tests.journeys.inbox import import_sample, to_items
from tests.journeys.walk import Walk, walking
from tests.slow import slow_replies


def add(desk: Desk, business: str, contact: str, price: str, kind: Kind = Kind.COST) -> Item:
    """Put an item that lacks nothing into the inbox."""
    line = ItemLine(
        category="4000" if kind is Kind.SALE else "7500",
        unit_price=Decimal(price),
        tax_rate=Decimal(20),
        vat=Decimal(price) / 5,
    )
    item = Item(
        kind=kind, contact=contact, reference=f"R{price}", date=dt.date(2026, 9, 1), lines=(line,)
    )
    return desk.items.add(business, item)


async def to_review(walk: Walk) -> None:
    """Go from the home screen to the plan of all that is ready."""
    await to_items(walk)
    await walk.press("p")
    await walk.until_on(PublishReviewScreen)
    await walk.until("Nothing is sent yet")


async def test_samples_are_imported_and_published_to_the_penny(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    synced_desk.businesses.change_settings(business, {"publish_tax_data": "on"})
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await import_sample(walk, "dext-costs-with-tax.csv", "60 items added")
        await import_sample(walk, "sales.csv", "items added")
        await walk.until("75 ready, 0 to review")
        await walk.press("p")
        await walk.until_on(PublishReviewScreen)
        await walk.press("s")
        await walk.until("60 purchases and 15 invoices to publish")
        assert not walk.overflows()
        await walk.press("y", "enter")
        await walk.until_on(PublishProgressScreen)
        await walk.until("75 of 75, done")
        assert "Nothing already published is published again." in walk.text
        assert not walk.overflows()
        await walk.press("escape")
        await walk.until("75 published")
        await walk.press("p")
        await walk.until("Nothing to publish yet")
    items = synced_desk.items.all(business)
    numbers = [item.number for item in items if item.kind is Kind.COST]
    assert sorted(number for number in numbers if number) == list(range(1, 61))

    def in_kashflow(item: Item) -> Decimal:
        def read(kashflow: object) -> Decimal:
            get = "get_invoice" if item.kind is Kind.SALE else "get_receipt"
            document = getattr(kashflow, get)(item.number)
            gross: Decimal = document.net_amount + document.vat_amount
            return gross

        return synced_desk.sessions.call(business, read)

    assert all(in_kashflow(item) == item.gross for item in items)


async def test_the_soap_body_is_shown_without_secrets(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    add(synced_desk, business, "Pennine Water", "50")
    async with walking(synced_desk, size=(80, 40)) as walk:
        await to_review(walk)
        assert "TAX DATA IS OFF" in walk.text
        assert "Purchase from Pennine Water, ref R50" in walk.text
        await walk.press("b")
        await walk.until("InsertReceipt")
        assert sandbox.password not in walk.text
        assert not walk.holding(sandbox.password)
        await walk.press("tab", "end")
        await walk.until("</soap-env:Envelope>")
        await walk.press("b")
        await walk.until("Purchase from Pennine Water, ref R50")


async def test_enter_alone_sends_nothing(synced_desk: Desk, business: str) -> None:
    add(synced_desk, business, "Pennine Water", "50")
    async with walking(synced_desk) as walk:
        await to_review(walk)
        await walk.press("enter", "space", "enter")
        assert isinstance(walk.screen, PublishReviewScreen)
        await walk.press("escape")
        await walk.until_on(ItemsScreen)
    assert synced_desk.items.all(business)[0].sent is None


async def test_nothing_is_created_unless_it_was_agreed_to(synced_desk: Desk, business: str) -> None:
    add(synced_desk, business, "Pennine Water", "50")
    add(synced_desk, business, "Brand New Supplies", "70")
    add(synced_desk, business, "Brand New Customer", "90", Kind.SALE)
    async with walking(synced_desk) as walk:
        await to_review(walk)
        assert "s [ ] Create 1 supplier that is not in KashFlow: Brand New Supplies" in walk.text
        assert "c [ ] Create 1 customer that is not in KashFlow: Brand New Customer" in walk.text
        assert "2 left out" in walk.text
        await walk.press("down")
        await walk.until("Left out until you agree")
        await walk.press("c")
        await walk.until("1 purchase and 1 invoice to publish")
        await walk.press("y", "enter")
        await walk.until("3 of 3, done")
        assert "2 published, 1 held" in walk.text
        assert "Created in KashFlow: Brand New Customer." in walk.text
        await walk.press("escape")
        await walk.until("1 ready, 0 to review, 2 published")
    held = synced_desk.items.all(business)[1]
    assert synced_desk.items.state(business, held) is ItemState.READY


async def test_marked_items_alone_are_published(synced_desk: Desk, business: str) -> None:
    for price in ("50", "60", "70"):
        add(synced_desk, business, "Pennine Water", price)
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.until("3 ready")
        await walk.press("down", "space", "p")
        await walk.until("1 purchase to publish")
        await walk.press("y", "enter")
        await walk.until("1 of 1, done")
        assert "No. 1" in walk.text
        await walk.press("escape")
        await walk.until("2 ready, 0 to review, 1 published")
    states = [item.sent for item in synced_desk.items.all(business)]
    assert states == [None, ItemState.PUBLISHED, None]


async def test_a_lost_reply_is_settled_by_looking_in_kashflow(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    add(synced_desk, business, "Pennine Water", "50")
    sandbox.misbehave("InsertReceipt", "drop-after")
    async with walking(synced_desk) as walk:
        await to_review(walk)
        await walk.press("y", "enter")
        await walk.until("s, then it goes on")
        await walk.press("x", "y", "enter")
        await walk.until("1 of 1, stopped")
        await walk.press("r")
        await walk.until("■ published")
    (item,) = synced_desk.items.all(business)
    assert (item.sent, item.number) == (ItemState.PUBLISHED, 1)


async def test_a_request_that_never_arrived_is_decided_by_a_person_who_looked(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    add(synced_desk, business, "Pennine Water", "50")
    sandbox.misbehave("InsertReceipt", "drop-before")
    async with walking(synced_desk) as walk:
        await to_review(walk)
        await walk.press("y", "enter")
        await walk.until("s, then it goes on")
        await walk.press("x", "y", "enter")
        await walk.until("1 of 1, stopped")
        assert "1 of unknown outcome" in walk.text
        assert not walk.overflows()
        await walk.press("escape")
        await walk.until("1 unknown")
        await walk.press("d")
        assert isinstance(walk.screen, ItemsScreen), "what may be in KashFlow is not deleted"
        await walk.press("enter")
        await walk.until_on(ItemDetailsScreen)
        await walk.press("w")
        await walk.until("KashFlow has nothing that may be it.")
        assert "KashFlow may still be at work on it for 1" in walk.text
        assert "None of these" not in walk.footer
        synced_desk.businesses.change_settings(business, {"settle_seconds": "0"})
        await walk.press("r")
        await walk.until(lambda: "None of these" in walk.footer)
        assert not walk.overflows()
        await walk.press("n")
        await walk.until("twice")
        await walk.press("y", "enter")
        await walk.until("✓ ready")
        await walk.press("escape")
        await walk.until("1 ready, 0 to review")
        await walk.press("p")
        await walk.until_on(PublishReviewScreen)
        await walk.press("y", "enter")
        await walk.until("1 published")
    assert synced_desk.items.all(business)[0].number == 1


async def test_a_refusal_is_shown_in_kashflows_words(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    add(synced_desk, business, "Pennine Water", "50")
    sandbox.misbehave("InsertReceipt", "refuse", text="The period is locked")
    async with walking(synced_desk) as walk:
        await to_review(walk)
        await walk.press("y", "enter")
        await walk.until("1 held")
        assert "The period is locked" in walk.text
        await walk.press("escape")
        await walk.until_on(ItemsScreen)
        await walk.until("The period is locked")


async def test_publishing_goes_on_when_it_is_left_and_stops_when_asked(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    for price in range(10, 50):
        add(synced_desk, business, "Pennine Water", str(price))
    sandbox.misbehave("InsertReceipt", "slow", times=None)
    with slow_replies(sandbox) as slow:
        async with walking(synced_desk) as walk:
            await to_review(walk)
            slow.let_go()
            await walk.press("y", "enter")
            await walk.until("■ published")
            await walk.press("escape")
            await walk.until("publishing, p shows it")
            await walk.press("p")
            await walk.until_on(PublishProgressScreen)
            await walk.press("x")
            await walk.until_on(ConfirmScreen)
            await walk.press("y", "enter")
            await walk.until("stopping after what is being sent")
            slow.let_all_go()
            await walk.until("stopped")
            await walk.press("end")
            await walk.until("· not sent")
    published = [item for item in synced_desk.items.all(business) if item.sent]
    assert 0 < len(published) < 40
    assert all(item.sent is ItemState.PUBLISHED for item in published)


async def test_a_published_item_is_shown_and_not_edited(synced_desk: Desk, business: str) -> None:
    add(synced_desk, business, "Pennine Water", "50")
    synced_desk.publishing.publish(business, synced_desk.publishing.plan(business))
    async with walking(synced_desk) as walk:
        await to_items(walk)
        await walk.until("1 published")
        await walk.press("e")
        await walk.until_on(ItemDetailsScreen)
        await walk.until("in KashFlow as No. 1 on")
        assert "Look in KashFlow" not in walk.footer
        assert not walk.overflows()


async def test_leaving_waits_for_what_is_on_its_way(
    synced_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    for price in ("50", "60", "70", "80", "90", "95", "97", "98", "99", "20"):
        add(synced_desk, business, "Pennine Water", price)
    sandbox.misbehave("InsertReceipt", "slow", times=None)
    with slow_replies(sandbox) as replies:
        async with walking(synced_desk) as walk:
            await to_review(walk)
            await walk.press("y", "enter")
            await walk.until(lambda: replies.held == 1)
            await walk.press("ctrl+z")
            await walk.until("Something is on its way")
            await walk.press("escape", "ctrl+q")
            await walk.until("Leaving as soon as")
            await walk.press("ctrl+q", "y", "enter", "p")
            assert walk.app.is_running
            replies.let_all_go()
            await walk.until(lambda: not walk.app.is_running)
    published = [item for item in synced_desk.items.all(business) if item.sent]
    assert [item.sent for item in published] == [ItemState.PUBLISHED] * len(published)
    assert 0 < len(published) < 10, "what was begun, and nothing more"
