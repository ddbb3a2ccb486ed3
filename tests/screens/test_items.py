"""The inbox's screen: views, filter, reasons, news from other sessions, and five thousand items."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from kfclient.desk import Desk
from kfclient.desk.model.item import Item, ItemLine, ItemState, Kind, SentAs, SentLine
from screens.item_words import details
from screens.items import ItemsScreen
from screens.publish_review import PublishReviewScreen
from screens.widgets.ledger_table import LedgerTable
from tests.desk.seeded import Inbox
from tests.journeys.walk import Walk
from tests.screens.scenes import SIZES, cost, on_screen, showing, varied
from tui.app import KashdeckApp

Compare = Callable[..., bool]


def screen_of(inbox: Inbox) -> ItemsScreen:
    return ItemsScreen(inbox.business, "Acme Ltd")


def shown(walk: Walk) -> list[str]:
    """Return the keys of the rows in the table."""
    return [row.key for row in walk.screen.query_one(LedgerTable).rows]


@pytest.mark.parametrize("size", SIZES)
def test_it_looks_like_this(
    inbox: Inbox, inbox_desk: Desk, snap_compare: Compare, size: tuple[int, int]
) -> None:
    inbox_desk.items.add_all(inbox.business, varied())
    bring = showing(screen_of(inbox), "6 ready, 2 to review", "space", "down", "down")
    assert snap_compare(KashdeckApp(inbox_desk), terminal_size=size, run_before=bring)


async def test_views_and_kinds_show_a_part(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(inbox.business, varied())
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("6 ready, 2 to review")
        for key, rows in (
            ("2", ["3", "5"]),
            ("3", ["1", "2", "4", "6", "7", "8"]),
            ("4", []),
            ("5", []),
            ("1", ["1", "2", "3", "4", "5", "6", "7", "8"]),
            ("s", ["6"]),
            ("x", ["7"]),
            ("c", ["1", "2", "3", "4", "5", "8"]),
            ("c", ["1", "2", "3", "4", "5", "6", "7", "8"]),
        ):
            await walk.press(key)
            assert shown(walk) == rows, key
        await walk.press("4")
        assert "No item in this view. Press 1 for all of them." in walk.text


async def test_typing_filters_by_every_word(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(inbox.business, varied())
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("8 ")
        await walk.press("slash")
        await walk.write("kes 57.84")
        assert shown(walk) == ["2"]
        await walk.press("down", "escape")
        assert len(shown(walk)) == 8, "escape takes the filter off before it goes back"
        assert isinstance(walk.screen, ItemsScreen)
        await walk.press("slash", *"zzz", "escape")
        assert len(shown(walk)) == 8
        assert walk.app.focused is walk.screen.query_one(LedgerTable)


async def test_the_reasons_say_what_to_do(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(inbox.business, [cost("Twin Traders")])
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("0 ready, 1 to review")
        text = " ".join(walk.text.split())
        assert "? KashFlow has 2 suppliers called Twin Traders. Choose one of them" in text
        assert not walk.overflows()


async def test_what_another_session_does_is_seen(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(inbox.business, [cost()])
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("1 ready")
        await walk.until_shown_at_the_next_look(
            "2 ready",
            lambda: inbox.items.add(inbox.business, cost("Kestrel Car Hire", reference="K-1")),
        )
        await walk.until_shown_at_the_next_look(
            "0 ready, 2 to review",
            lambda: inbox_desk.businesses.save_connection(inbox.business, None),
        )
        assert "This business is not connected to KashFlow." in walk.text


async def test_it_is_still_while_nothing_happens(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(inbox.business, varied())
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("6 ready")
        painted: list[object] = []
        paint = walk.app._display

        def note(screen: object, renderable: object) -> None:
            painted.append(renderable)
            paint(screen, renderable)  # type: ignore[arg-type]

        walk.app._display = note  # type: ignore[method-assign]
        await asyncio.sleep(2.3)
        assert painted == []
        await walk.press("down")
        assert painted, "the watch does see what is painted"


async def test_five_thousand_items_are_quick(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(
        inbox.business, [cost(price=str(at + 1), reference=f"PW-{at}") for at in range(5_000)]
    )
    began = time.process_time()
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("5,000 ready")
        opened = time.process_time() - began
        began = time.process_time()
        await walk.press("end", "up", "home", "2", "1")
        moved = time.process_time() - began
        assert walk.screen.query_one(LedgerTable).cursor_key == "1"
    assert opened < 6, opened
    assert moved < 2, moved


async def test_a_long_business_name_leaves_the_counts_in_sight(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    inbox_desk.items.add(inbox.business, cost())
    name = "The Worshipful and Rather Long-Winded Company of Harbour Lane Ropemakers Ltd"
    async with on_screen(inbox_desk, ItemsScreen(inbox.business, name)) as walk:
        await walk.until("1 ready, 0 to review")
        assert len(walk.text.splitlines()[0]) <= 80


async def test_it_changes_its_columns_with_the_terminal(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(inbox.business, varied())
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("6 ready")
        await walk.press("end")
        assert "Kind" not in walk.text
        await walk.pilot.resize_terminal(160, 50)
        await walk.until("Kind")
        assert walk.screen.query_one(LedgerTable).cursor_key == "8"
        assert not walk.overflows()
        await walk.pilot.resize_terminal(80, 24)
        await walk.until(lambda: "Kind" not in walk.text)
        assert not walk.overflows()


async def test_a_new_item_is_of_the_kind_that_is_shown(inbox: Inbox, inbox_desk: Desk) -> None:
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("0 ready")
        for key, kind, whose in (
            ("s", Kind.SALE, "Customer"),
            ("x", Kind.CLAIM, "Person"),
            ("c", Kind.COST, "Supplier"),
        ):
            await walk.press(key, "n")
            await walk.until(f"< {kind.value} >")
            assert whose in walk.text
            await walk.press("escape")


def test_a_published_item_shows_what_was_sent_and_that_it_is_not_recorded_as_paid() -> None:
    line = ItemLine(unit_price=Decimal("167.93"), tax_rate=Decimal(20), vat=Decimal("33.59"))
    sent = SentAs(
        lines=(SentLine(unit_price=Decimal("201.52"), tax_rate=Decimal(-1)),),
        unpaid="it names no payment method",
    )
    item = Item(id="1", lines=(line,), sent=ItemState.PUBLISHED, number=7, sent_as=sent)
    told = details(item, ItemState.PUBLISHED, ())
    assert "Net 201.52  VAT 0.00  Gross 201.52" in told
    assert "? NOT recorded as paid: it names no payment method." in told


def reviewed(walk: Walk) -> list[str]:
    """Return the items that the review is about."""
    assert isinstance(walk.screen, PublishReviewScreen)
    plan = walk.screen.plan
    return [*(one.item_id for one in plan.items), *(one.item_id for one in plan.left_out)]


async def test_publishing_is_about_what_is_shown_or_marked(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(inbox.business, varied())
    async with on_screen(inbox_desk, screen_of(inbox)) as walk:
        await walk.until("6 ready, 2 to review")
        await walk.press("slash", *"pennine", "enter", "p")
        await walk.until_on(PublishReviewScreen)
        assert sorted(reviewed(walk)) == ["1", "8"]
        await walk.press("escape", "s", "p")
        await walk.until_on(PublishReviewScreen)
        assert reviewed(walk) == [], "no sale has that name"
        await walk.press("escape")
        await walk.press("escape", "s", "4", "p")
        await walk.until_on(PublishReviewScreen)
        assert reviewed(walk) == [], "nothing is published yet"
        await walk.press("escape", "1", "p")
        await walk.until_on(PublishReviewScreen)
        assert len(reviewed(walk)) == 8


async def test_marks_outlive_views_and_are_counted(inbox: Inbox, inbox_desk: Desk) -> None:
    inbox_desk.items.add_all(inbox.business, varied())
    async with on_screen(inbox_desk, screen_of(inbox), size=(120, 40)) as walk:
        await walk.until("6 ready, 2 to review")
        await walk.press("space", "2", "a")
        assert "● 3 marked £146.39, 1 not shown; 6 ready" in walk.text
        await walk.press("d")
        await walk.until("Delete 3 items from the inbox?")
        assert "1 of them marked, and not shown just now." in " ".join(walk.text.split())
        await walk.press("escape", "a")
        assert "● 1 marked £120.00, 1 not shown" in walk.text, "those shown are not marked any more"
        await walk.press("p")
        await walk.until_on(PublishReviewScreen)
        assert reviewed(walk) == ["1"]
