"""What is kept up as items change is what working it out anew gives, and costs what changed."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.items.duplicate_finder import pair_of
from kfclient.desk.items.duplicates import Duplicates
from kfclient.desk.items.items import Items
from kfclient.desk.model.item import Item, ItemLine, ItemState
from kfclient.desk.model.sides import PURCHASES
from kfclient.store import Home
from tests.desk.seeded import NOW, Inbox
from tests.growth import growth

change = msgspec.structs.replace
DAY = dt.date(2026, 9, 1)


def cost(number: int, *, days: int = 300, amount: Decimal = Decimal(100), **values: object) -> Item:
    line = ItemLine(category="Telephone", unit_price=amount, vat=amount / 5, tax_rate=Decimal(20))
    item = Item(
        contact="Pennine Water",
        reference=f"INV-{number * 7919 % 99991}",
        date=DAY - dt.timedelta(days=number % days),
        lines=(line,),
    )
    return change(item, **values)


def all_told(items: Items, business: str) -> dict[str, object]:
    return {
        "findings": {
            key: [one.code for one in found] for key, found in items.check(business).items()
        },
        "states": items.states(business),
        "counts": items.refresh_counts(business),
        "order": [one.id for one in items.all(business)],
    }


def test_after_any_changes_all_is_as_who_looks_for_the_first_time_finds_it(
    home: Home, tmp_path: Path
) -> None:
    inbox = Inbox(home)
    inbox.connect()
    items, business = inbox.items, inbox.business
    paper = tmp_path / "bill.pdf"
    paper.write_bytes(b"%PDF")
    chance = random.Random(4711)
    account = items.reference_data.of(business).account

    def pick() -> Item:
        return chance.choice([one for one in items.all(business) if one.sent is None])

    def like() -> Item:
        return cost(
            chance.randrange(6),
            days=3,
            amount=Decimal(chance.choice([100, 100, 120])),
            reference=chance.choice(["", "INV-1", "INV-123", "INV-132"]),
            files=(str(paper),) if chance.random() < 0.2 else (),
        )

    def learn() -> None:
        there = [
            Invoice(
                invoice_dbid=dbid,
                customer_reference=chance.choice(["", "INV-123"]),
                invoice_date=DAY,
                net_amount=Decimal(100),
                vat_amount=Decimal(20),
            )
            for dbid in chance.sample(range(1, 9), 3)
        ]
        items.doubles.seen.learn(business, account, PURCHASES.name, 501, there)

    def answer() -> None:
        Duplicates(home, items, None, lambda: NOW).not_a_duplicate(business, pick().id)  # type: ignore[arg-type]

    def send() -> None:
        state = chance.choice([ItemState.PUBLISHED, ItemState.UNKNOWN, ItemState.PUBLISHING])
        items.put(business, change(pick(), sent=state, dbid=chance.randrange(1, 9)))

    def edit() -> None:
        one = pick()
        items.save(business, change(like(), id=one.id, version=one.version))

    def lose() -> None:
        paper.unlink(missing_ok=True)

    ways: list[Callable[[], object]] = [
        lambda: items.add(business, like()),
        lambda: items.add(business, like()),
        edit,
        lambda: items.remove(business, pick().id),
        learn,
        answer,
        send,
        lose,
        lambda: inbox.businesses.change_settings(business, {"publish_tax_data": "on"}),
    ]
    items.add_all(business, [like() for _ in range(25)])
    for _ in range(40):
        chance.choice(ways)()
        if not any(one.sent is None for one in items.all(business)):
            items.add(business, like())
        one, anew = pick(), Items(home, inbox.businesses, inbox.lists, lambda: NOW)
        alone = [found.code for found in anew.findings(business, anew.get(business, one.id))]
        assert alone == [found.code for found in items.findings(business, one)]
        assert all_told(items, business) == all_told(anew, business)


def test_a_change_of_one_costs_the_same_however_many_there_are(tmp_path: Path) -> None:
    inboxes = [Inbox(Home(tmp_path / str(size))) for size in (60, 700)]
    for inbox, size in zip(inboxes, (60, 700), strict=True):
        inbox.connect()
        inbox.items.add_all(inbox.business, [cost(n, amount=Decimal(n)) for n in range(1, size)])
        inbox.items.refresh_counts(inbox.business)

    def edited(inbox: Inbox) -> Callable[[], object]:
        def edit() -> None:
            for text in ("A-1", "A-2", "A-3"):
                item = inbox.items.get(inbox.business, "7")
                inbox.items.save(inbox.business, change(item, reference=text))

        return edit

    assert growth(edited(inboxes[0]), edited(inboxes[1])) < 2


def test_an_answer_that_is_taken_back_counts_no_more(home: Home) -> None:
    inbox = Inbox(home)
    inbox.connect()
    items, business = inbox.items, inbox.business
    items.add_all(business, [cost(1), cost(1)])
    assert items.states(business)["2"] is ItemState.TO_REVIEW
    duplicates = Duplicates(home, items, None, lambda: NOW)  # type: ignore[arg-type]
    duplicates.not_a_duplicate(business, "2")
    assert items.states(business)["2"] is ItemState.READY

    table = home.books(business).table("not-duplicates")
    table.remove(doc_ids=[one.doc_id for one in table.by("pair", pair_of("item:1", "item:2"))])

    assert items.states(business)["2"] is ItemState.TO_REVIEW
