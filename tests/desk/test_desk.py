"""The desk as a whole: its parts hear of one another."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal

import msgspec

from kfclient.desk import Desk
from kfclient.desk.model.item import Item, ItemLine, ItemState
from kfclient.store import Home, Secrets


def test_what_items_lack_is_counted_anew_after_a_sync_and_after_a_change_of_settings(
    connected_desk: Desk, business: str
) -> None:
    def counts() -> tuple[int, int]:
        known = connected_desk.businesses.summary(business).items
        return known.ready, known.to_review

    line = ItemLine(category="Printing", unit_price=Decimal("10.00"))
    connected_desk.items.add(
        business,
        Item(contact="Pennine Water", reference="A-1", date=dt.date(2026, 9, 1), lines=(line,)),
    )
    assert counts() == (0, 1)
    connected_desk.syncing.sync(business)
    assert counts() == (1, 0)
    connected_desk.connecting.disconnect(business)
    assert counts() == (0, 1)


def test_the_counts_of_a_business_are_mended_where_nobody_came_to_count(
    connected_desk: Desk, business: str
) -> None:
    connected_desk.syncing.sync(business)
    item = connected_desk.items.add(business, Item(contact="Pennine Water", reference="A-1"))
    connected_desk.businesses.counts_change(business)
    connected_desk.items.put(business, msgspec.structs.replace(item, sent=ItemState.PUBLISHING))
    (summary,) = connected_desk.summaries()
    assert (summary.items.to_review, summary.items.unknown) == (0, 1)
    assert connected_desk.businesses.summary(business) == summary


def test_parts_are_made_once_whoever_asks_first(home: Home) -> None:
    desk = Desk(home, Secrets(home.root, memory=True), person="anna")
    assert "publishing" not in vars(desk)
    found: list[object] = []
    threads = [
        threading.Thread(target=lambda: found.append((desk.publishing, desk.items)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(desk.publishing, desk.items)] * 8
    assert Desk.publishing.__doc__ == "Return what sends items to KashFlow, each once."
