"""Costs paid out of somebody's pocket become one expense claim, and costs again when undone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kfclient.desk.errors import ItemSettled, ItemUnknown, NotGathered, WrongValue
from kfclient.desk.items.claims import Claims
from kfclient.desk.model.item import Item, ItemState, Kind
from kfclient.desk.publish.plan import plan_item
from kfclient.store import Home
from tests.desk.publisher import COST, SALE
from tests.desk.seeded import NOW, SAMPLES, Inbox

change = msgspec.structs.replace


@pytest.fixture
def inbox(home: Home) -> Inbox:
    inbox = Inbox(home)
    inbox.connect()
    return inbox


@pytest.fixture
def claims(inbox: Inbox) -> Claims:
    return Claims(inbox.home, inbox.items, lambda: NOW)


def add(inbox: Inbox, *costs: Item) -> list[str]:
    return [inbox.items.add(inbox.business, cost).id for cost in costs]


TRAIN = change(COST, contact="Northern Rail", reference="", document="receipt")
LUNCH = change(
    COST,
    contact="Corner Cafe",
    reference="C-9",
    lines=(
        change(
            COST.lines[0], category="Refreshments", description="Lunch", project="Mill Lane refit"
        ),
        change(COST.lines[0], unit_price=Decimal("7.50"), tax_rate=Decimal(0), vat=Decimal(0)),
    ),
)


def test_the_claim_has_every_line_as_it_was_and_says_where_it_was_spent(
    inbox: Inbox, claims: Claims
) -> None:
    ids = add(inbox, TRAIN, LUNCH)
    claim = claims.gather(inbox.business, " Ann  Lee ", ids, "August")
    assert (claim.kind, claim.contact, claim.reference) == (Kind.CLAIM, "Ann Lee", "August")
    assert claim.date == NOW.date()
    assert claim.gross == TRAIN.gross + LUNCH.gross
    assert [line.vat for line in claim.lines] == [
        line.vat for cost in (TRAIN, LUNCH) for line in cost.lines
    ]
    assert [line.description for line in claim.lines] == [
        "Northern Rail, 1 Sep 2026",
        "Corner Cafe C-9, 1 Sep 2026: Lunch",
        "Corner Cafe C-9, 1 Sep 2026",
    ]
    assert claim.lines[1].project == "Mill Lane refit"
    assert [item.id for item in inbox.items.all(inbox.business)] == [claim.id]
    assert [cost.id for cost in claims.costs(inbox.business, claim.id)] == ids
    reference_data = inbox.items.reference_data.of(inbox.business)
    assert plan_item(claim, (), reference_data).operation == "InsertReceipt"


def test_taken_apart_the_costs_are_back_as_they_were_under_their_numbers(
    inbox: Inbox, claims: Claims
) -> None:
    ids = add(inbox, TRAIN, LUNCH)
    before = inbox.items.all(inbox.business)
    claim = claims.gather(inbox.business, "Ann Lee", ids)
    claims.ungather(inbox.business, claim.id)
    after = inbox.items.all(inbox.business)
    assert [change(item, version=0) for item in after] == [
        change(item, version=0) for item in before
    ]
    again = claims.gather(inbox.business, "Ann Lee", ids)
    assert again.id != claim.id


def test_a_foreign_cost_counts_with_what_it_comes_to_at_home(inbox: Inbox, claims: Claims) -> None:
    hotel = change(COST, currency="EUR", exchange_rate=Decimal("1.17"), contact="Hotel Mar")
    (cost,) = add(inbox, hotel)
    claim = claims.gather(inbox.business, "Ann Lee", [cost])
    assert (claim.currency, claim.gross, claim.vat) == ("GBP", Decimal("102.56"), Decimal("17.09"))
    assert "EUR 120.00" in claim.lines[0].description


def test_it_is_unpaid_or_paid_from_the_persons_own_account(inbox: Inbox, claims: Claims) -> None:
    first, second = add(inbox, TRAIN, LUNCH)
    assert claims.gather(inbox.business, "Ann Lee", [first]).bank_account == ""
    paid = claims.gather(
        inbox.business,
        "Ann Lee",
        [second],
        bank_account="Ann Lee's expenses",
        payment_method="Cash",
    )
    assert (paid.bank_account, paid.payment_method) == ("Ann Lee's expenses", "Cash")


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (SALE, "no cost"),
        (change(COST, kind=Kind.CLAIM), "no cost"),
        (change(COST, lines=()), "nothing"),
        (change(COST, currency="EUR"), "exchange rate"),
    ],
)
def test_what_cannot_be_on_a_claim_leaves_everything_as_it_was(
    inbox: Inbox, claims: Claims, bad: Item, match: str
) -> None:
    ids = add(inbox, TRAIN, bad)
    with pytest.raises(WrongValue, match=match):
        claims.gather(inbox.business, "Ann Lee", ids)
    assert [item.id for item in inbox.items.all(inbox.business)] == ids


def test_wrong_use_is_refused(inbox: Inbox, claims: Claims) -> None:
    first, second = add(inbox, TRAIN, LUNCH)
    for person, ids in ((" ", [first]), ("Ann Lee", [])):
        with pytest.raises(WrongValue):
            claims.gather(inbox.business, person, ids)
    with pytest.raises(ItemUnknown):
        claims.gather(inbox.business, "Ann Lee", [first, "99"])
    with pytest.raises(NotGathered):
        claims.ungather(inbox.business, first)
    inbox.items.put(
        inbox.business,
        change(inbox.items.get(inbox.business, second), sent=ItemState.PUBLISHED, number=5),
    )
    with pytest.raises(ItemSettled, match="put on a claim"):
        claims.gather(inbox.business, "Ann Lee", [second])


def test_a_claim_in_kashflow_is_not_taken_apart_and_none_is_removed_with_its_costs(
    inbox: Inbox, claims: Claims
) -> None:
    claim = claims.gather(inbox.business, "Ann Lee", add(inbox, TRAIN))
    with pytest.raises(ItemSettled, match="gathered from costs"):
        inbox.items.remove(inbox.business, claim.id)
    inbox.items.put(inbox.business, change(claim, sent=ItemState.PUBLISHED, number=5))
    with pytest.raises(ItemSettled, match="taken apart"):
        claims.ungather(inbox.business, claim.id)


def test_a_cost_on_a_claim_does_not_come_in_again_with_its_file(
    inbox: Inbox, claims: Claims
) -> None:
    file = Path(SAMPLES / "dext-costs.csv")
    report = inbox.importing.import_file(inbox.business, file)
    claims.gather(inbox.business, "Ann Lee", report.added[:3])
    again = inbox.importing.import_file(inbox.business, file)
    assert (again.added, again.already) == ((), len(report.added))


def test_the_trail_tells_where_the_costs_went(inbox: Inbox, claims: Claims) -> None:
    (cost,) = add(inbox, TRAIN)
    claim = claims.gather(inbox.business, "Ann Lee", [cost])
    claims.ungather(inbox.business, claim.id)
    told = [one.action for one in inbox.items.audit.entries(inbox.business)][-4:]
    assert told == ["item-added", "item-removed", "item-removed", "item-added"]
