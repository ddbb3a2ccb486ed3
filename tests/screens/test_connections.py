"""The home screen: hundreds of businesses, and what other sessions change meanwhile."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from textual.strip import Strip

from kfclient.desk import Desk
from kfclient.desk.model.business import ItemCounts
from kfclient.desk.model.connection_state import publish_lock
from kfclient.desk.model.item import ItemState
from kfclient.store import Home, Secrets
from screens.format import ago
from screens.manage import ManageScreen
from screens.widgets.ledger_table import LedgerTable
from tests.desk.seeded import Inbox
from tests.journeys.walk import walking
from tests.screens.scenes import cost
from tests.screens.stock import HARBOUR, NOW


async def test_five_hundred_businesses_are_filtered_as_one_types(desk: Desk) -> None:
    for number in range(500):
        desk.businesses.add(f"Client {number:03}")
    async with walking(desk) as walk:
        await walk.until("Client 000")
        await walk.press("end")
        assert "Client 499" in walk.text
        await walk.press("slash")
        began = time.process_time()
        await walk.write("client 31")
        await walk.until(lambda: len(walk.screen.query_one(LedgerTable).rows) == 15)
        assert time.process_time() - began < 2
        await walk.press("enter", "j", "enter")
        await walk.until_on(ManageScreen)
        assert "Client 131" in walk.text
        await walk.press("escape", "slash", "escape")
        await walk.until("Client 130")  # everything again, the cursor where it was


async def test_a_filter_that_finds_nothing_says_how_to_see_all(stock: Desk) -> None:
    async with walking(stock) as walk:
        await walk.until("Harbour Lane")
        await walk.press("slash")
        await walk.write("needs reconnecting")
        await walk.until(lambda: "Harbour Lane" not in walk.text)
        assert "Bell Rock Boats" in walk.text
        await walk.write(" zzz")
        await walk.until("Esc in the filter shows all")


async def test_what_another_session_changes_is_shown_by_itself(stock: Desk) -> None:
    other = Desk(Home(stock.home.root), Secrets(stock.home.root, memory=True), person="anna")
    async with walking(stock) as walk:
        await walk.until("Harbour Lane")
        await walk.until_shown_at_the_next_look(
            "977", lambda: other.businesses.note_counts(HARBOUR, ItemCounts(ready=977))
        )
        await walk.until_shown_at_the_next_look(
            "Elm Grove", lambda: other.businesses.add("Elm Grove")
        )


async def test_nothing_is_drawn_while_nothing_changes(stock: Desk) -> None:
    async with walking(stock) as walk:
        await walk.until("3 minutes ago")
        table = walk.screen.query_one(LedgerTable)
        drawn: list[int] = []
        draw = table.render_line

        def drawing(y: int) -> Strip:
            drawn.append(y)
            return draw(y)

        table.render_line = drawing  # type: ignore[method-assign]
        await walk.pilot.pause(1.3)  # longer than a look at the state takes to come round
        assert drawn == []
        await walk.press("down")
        assert drawn


async def test_counts_are_of_now_while_another_session_publishes(
    inbox: Inbox, inbox_desk: Desk
) -> None:
    other = Desk(Home(inbox.home.root), inbox_desk.secrets, person="ben", clock=lambda: NOW)
    items = other.items.add_all(inbox.business, [cost(reference=f"R-{n}") for n in range(3)])[0]
    with other.home.try_lock(publish_lock(inbox.business)):
        other.businesses.counts_change(inbox.business)
        async with walking(inbox_desk) as walk:
            await walk.until("Items: 3 ready")
            sent = msgspec.structs.replace(items[0], sent=ItemState.PUBLISHED, number=7, dbid=7)
            await walk.until_shown_at_the_next_look(
                "Items: 2 ready, 1 published", lambda: other.items.put(inbox.business, sent)
            )
    assert {one.items.ready for one in other.businesses.all()} == {0}, "what is so for now alone"


async def test_words_age_with_the_next_key(tmp_path: Path, stock: Desk) -> None:
    times = [NOW]
    root = stock.home.root
    desk = Desk(Home(root), stock.secrets, person="anna", clock=lambda: times[-1])
    async with walking(desk) as walk:
        await walk.until("3 minutes ago")
        times.append(NOW + timedelta(minutes=20))
        await walk.press("down")
        await walk.until("23 minutes ago")


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(seconds=20), "just now, 14:04"),
        (timedelta(minutes=1), "1 minute ago, 14:04"),
        (timedelta(minutes=59), "59 minutes ago, 13:06"),
        (timedelta(hours=11), "11 hours ago, 03:05"),
        (timedelta(hours=13), "13 hours ago, 01:05"),
        (timedelta(hours=20), "yesterday, 18:05"),
        (timedelta(days=3), "9 Nov, 14:05"),
        (timedelta(days=40), "3 Oct, 15:05"),  # summer time
        (timedelta(days=400), "8 Oct 2025, 15:05"),
        (timedelta(hours=-3), "12 Nov 2026, 17:05"),
    ],
)
def test_times_in_words(age: timedelta, said: str) -> None:
    assert ago(NOW - age, NOW) == said
    assert len(said) <= 21


def test_a_list_that_never_came_was_never_synced() -> None:
    assert ago(None, datetime(2026, 1, 1, tzinfo=UTC)) == "never"
