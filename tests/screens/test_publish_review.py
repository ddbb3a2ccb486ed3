"""The review: what it says before anything is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec
import pytest

from kfclient.api.records import Invoice, PaymentMethod
from kfclient.desk import Desk
from kfclient.desk.model.item import Item, ItemState, Kind, LeftStep
from kfclient.desk.publish.plan import Agreed, PlannedNote, plan_left
from kfclient.desk.sync.readers import COST_METHODS
from screens.publish_review import Approved, PublishReviewScreen, made, totals
from tests.desk.seeded import Inbox
from tests.journeys.walk import walking
from tests.screens.scenes import DAY, SIZES, cost, on_screen, showing, toasted, varied
from tui.app import KashdeckApp

Compare = Callable[..., bool]


def review(inbox: Inbox, desk: Desk, items: list[Item]) -> PublishReviewScreen:
    """Return the review of these items' plan."""
    desk.items.add_all(inbox.business, items)
    return PublishReviewScreen("Acme Ltd", desk.publishing.plan(inbox.business))


@pytest.mark.parametrize("size", SIZES)
def test_it_looks_like_this(
    inbox: Inbox, inbox_desk: Desk, snap_compare: Compare, size: tuple[int, int]
) -> None:
    screen = review(inbox, inbox_desk, varied())
    bring = showing(screen, "y sends, with Enter", "down", seen="looks before it sends")
    assert snap_compare(KashdeckApp(inbox_desk), terminal_size=size, run_before=bring)


async def test_sums_are_of_what_would_go(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.businesses.change_settings(inbox.business, {"publish_tax_data": "on"})
    items = [cost(), cost("Somebody New", "50"), cost(price="10", currency="EUR",
             exchange_rate=cost().lines[0].unit_price, reference="EU-7")]  # fmt: skip
    async with on_screen(inbox_desk, review(inbox, inbox_desk, items)) as walk:
        await walk.until("2 purchases to publish")
        assert "TAX DATA IS OFF" not in walk.text
        assert "Total GBP (1): net 100.00, VAT 20.00, gross 120.00" in walk.text
        assert "Total EUR (1): net 10.00, VAT 2.00, gross 12.00" in walk.text
        await walk.press("s")
        await walk.until("Total GBP (2): net 150.00, VAT 30.00, gross 180.00")
        await walk.press("s")
        await walk.until("Total GBP (1)")


async def test_what_is_left_out_says_why(inbox: Inbox, inbox_desk: Desk) -> None:
    items = [cost("Twin Traders", reference="T-1"), cost()]
    async with on_screen(inbox_desk, review(inbox, inbox_desk, items)) as walk:
        await walk.until("1 purchase to publish")
        assert "1 left out" in walk.text
        await walk.press("end")
        await walk.until("Item 1 is left out: It is still to review.")
        assert "KashFlow has 2 suppliers called Twin Traders." in walk.text


async def test_nothing_ready_cannot_be_published(inbox: Inbox, inbox_desk: Desk) -> None:
    async with on_screen(inbox_desk, review(inbox, inbox_desk, [cost("Twin Traders")])) as walk:
        await walk.until("Nothing to publish yet. 1 left out.")
        assert "Publish" not in walk.footer
        await walk.press("y", "enter", "b", "s", "c")
        assert isinstance(walk.screen, PublishReviewScreen)


async def test_what_was_agreed_to_is_the_answer(inbox: Inbox, inbox_desk: Desk) -> None:
    answers: list[Approved | None] = []
    lines = (msgspec.structs.replace(cost().lines[0], category="Sales"),)
    items = [cost("New Supplier"), Item(kind=Kind.SALE, contact="New Customer", date=cost().date,
             lines=lines)]  # fmt: skip
    screen = review(inbox, inbox_desk, items)
    async with walking(inbox_desk) as walk:
        await walk.app.push_screen(screen, answers.append)
        await walk.until("Nothing to publish yet. 2 left out.")
        await walk.press("c")
        await walk.until("1 invoice to publish")
        await walk.press("y", "enter")
        await walk.until(lambda: bool(answers))
    assert answers == [Approved(screen.plan, Agreed(suppliers=False, customers=True))]


async def test_what_would_be_made_is_counted(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox.write(COST_METHODS, (PaymentMethod(method_id=3, method_name="Card"),))
    paid = cost(bank_account="Current account", payment_method="Card", note="Rang them")
    left = LeftStep(step=1, what="the note")
    there = cost(reference="R-2", sent=ItemState.PUBLISHED, number=12, left=(left,))
    async with on_screen(inbox_desk, review(inbox, inbox_desk, [paid])) as walk:
        await walk.until("1 purchase to publish, with 1 payment and 1 note")
        assert "paid £120.00 on 1 Sep 2026, Current account, by Card" in " ".join(walk.text.split())
    planned = plan_left(there, "Pennine Water", Invoice(), (PlannedNote(text="Hi", day=DAY),))
    assert made([planned]) == "what is left of 1 published item"
    assert totals([planned]) == "", "nothing of it is sent again"


async def test_one_key_mends_and_the_plan_is_made_anew(inbox: Inbox, inbox_desk: Desk) -> None:
    items = [cost(due_date=dt.date(2026, 8, 1)), cost("Twin Traders", "9", reference="T-1")]
    inbox_desk.businesses.change_settings(inbox.business, {"publish_tax_data": "on"})
    async with on_screen(inbox_desk, review(inbox, inbox_desk, items)) as walk:
        await walk.until("due 1 Aug 2026")
        await walk.press("m")
        await walk.until(lambda: "Take the due date out" in "".join(toasted(walk)))
        await walk.press("end", "m")
        await walk.until("Choose a supplier")
        await walk.press("enter")
        await walk.until("2 purchases to publish")
    assert inbox_desk.items.get(inbox.business, "1").due_date is None
    assert inbox_desk.items.get(inbox.business, "2").contact_code == "TWIN01"


async def test_what_rests_on_the_document_is_asked_before(inbox: Inbox, inbox_desk: Desk) -> None:
    items = [cost(), cost(price="0", reference="Z-2")]
    async with on_screen(inbox_desk, review(inbox, inbox_desk, items)) as walk:
        await walk.until("1 purchase to publish")
        await walk.press("end", "m")
        await walk.until("Publish it as it is?")
        assert not inbox_desk.items.get(inbox.business, "2").agreed
        await walk.press("y", "enter")
        await walk.until("2 purchases to publish")
    assert inbox_desk.items.get(inbox.business, "2").agreed == ("E-AMOUNT-ZERO",)


async def test_a_duplicate_is_shown_beside_the_other_and_answered(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.businesses.change_settings(inbox.business, {"publish_tax_data": "on"})
    items = [cost(), cost(reference="pw 1")]
    async with on_screen(inbox_desk, review(inbox, inbox_desk, items)) as walk:
        await walk.until("1 purchase to publish")
        await walk.press("end", "m")
        await walk.until("= same")
        assert "≠ differs" in walk.text
        assert "pw 1" in walk.text
        assert not walk.overflows()
        await walk.press("n")
        await walk.until("2 purchases to publish")
    assert not inbox_desk.duplicates.likenesses(
        inbox.business, inbox_desk.items.get("acme-ltd", "2")
    )


async def test_the_body_is_shown_without_secrets(inbox: Inbox, inbox_desk: Desk) -> None:
    async with on_screen(inbox_desk, review(inbox, inbox_desk, [cost()])) as walk:
        await walk.until("1 purchase to publish")
        await walk.press("b")
        await walk.until("<ns0:Password>•••")
        await walk.press("b")
        await walk.until("Purchase from Pennine Water")


async def test_names_without_end_fit(inbox: Inbox, inbox_desk: Desk) -> None:
    items = [cost(f"{'Very Long Name ' * 12}{at}", "5") for at in range(40)]
    async with on_screen(inbox_desk, review(inbox, inbox_desk, items)) as walk:
        await walk.until("Create 40 suppliers")
        assert not walk.overflows()
        await walk.press("s")
        await walk.until("40 purchases to publish")
        assert not walk.overflows()
