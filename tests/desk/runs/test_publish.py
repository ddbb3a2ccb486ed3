"""What is published is in KashFlow once, to the penny, and as it was shown."""

from __future__ import annotations

import threading
from decimal import Decimal

import msgspec
import pytest

from kfclient.api.records import Invoice, Supplier
from kfclient.cancel import Cancel
from kfclient.desk.errors import Busy, PlanChanged
from kfclient.desk.events import Event, ItemPublished, PublishEnded, PublishStarted
from kfclient.desk.model.business import ItemCounts
from kfclient.desk.model.connection_state import publish_lock
from kfclient.desk.model.item import Item, ItemState, Kind
from kfclient.desk.publish.kashflow_documents import differences
from kfclient.money import pennies
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import COST, Publisher
from tests.desk.seeded import SAMPLES


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


def assert_equal(item: Item, found: Invoice, *, tax: bool) -> None:
    """Compare an item with what KashFlow has, to the penny."""
    assert found.net_amount + found.vat_amount == item.gross
    assert found.vat_amount == (item.vat if tax else 0)
    assert found.customer_reference == item.reference
    assert found.invoice_date == item.date
    assert found.invoice_dbid == item.dbid
    assert found.currency_code == item.currency
    paid = item.bank_account != "" and item.payment_method == "Direct debit"
    in_home = pennies(item.gross / (item.exchange_rate or 1))
    assert (found.paid, found.amount_paid) == ((1, in_home) if paid else (0, 0))
    assert len(found.lines) == len(item.lines)
    for line, sent in zip(item.lines, found.lines, strict=True):
        net = pennies(sent.quantity * sent.rate)
        assert (net, sent.vat_amount) == ((line.net, line.vat) if tax else (line.gross, 0))


@pytest.mark.parametrize(
    ("tax", "names", "number"),
    [
        (True, ("dext-costs", "dext-costs-with-tax", "dext-costs-with-claims", "sales"), 138),
        (False, ("dext-costs-with-claims", "sales"), 28),
    ],
)
def test_the_samples_are_in_kashflow_to_the_penny_and_never_twice(
    desk: Publisher, *, tax: bool, names: tuple[str, ...], number: int
) -> None:
    for name in names:
        desk.desk.importing.import_file(desk.business, SAMPLES / f"{name}.csv")
    switch = "on" if tax else "off"
    desk.desk.businesses.change_settings(desk.business, {"publish_tax_data": switch})
    report = desk.publish()
    items = desk.desk.items.all(desk.business)
    assert [result.state for result in report.results] == [ItemState.PUBLISHED] * len(items)
    assert len(items) == number
    for item in items:
        assert item.problem is None
        assert_equal(item, desk.document(item), tax=tax)
    assert len({(item.kind is Kind.SALE, item.number) for item in items}) == number
    counts = desk.desk.businesses.summary(desk.business).items
    assert counts == ItemCounts(published=number)
    desk.forget_calls()
    assert desk.publish().results == ()
    assert desk.calls == {}


def test_the_same_plan_a_second_time_sends_nothing(desk: Publisher) -> None:
    desk.add("A", "B")
    plan = desk.desk.publishing.plan(desk.business)
    first = desk.desk.publishing.publish(desk.business, plan)
    desk.forget_calls()
    second = desk.desk.publishing.publish(desk.business, plan)
    assert desk.calls == {}
    assert [one.number for one in second.results] == [one.number for one in first.results]
    assert len(desk.purchases()) == 2


def test_an_item_costs_two_calls_and_its_supplier_one(desk: Publisher) -> None:
    desk.add("A", "B", "C")
    desk.publish()
    assert desk.calls == {"GetReceiptsForSupplier": 1, "InsertReceipt": 3, "GetReceipt": 3}


def test_the_caller_hears_what_happens(desk: Publisher) -> None:
    desk.add("A", contact="Somebody New")
    desk.publish()
    assert [type(event).__name__ for event in desk.events] == [
        "PublishStarted",
        "PublishBegun",
        "SupplierCreated",
        "ItemSending",
        "ItemPublished",
        "PublishEnded",
    ]
    started, ended = desk.events[0], desk.events[-1]
    assert isinstance(started, PublishStarted)
    assert started.items == ("1",)
    assert isinstance(ended, PublishEnded)
    assert (ended.published, ended.held, ended.unknown, ended.cancelled) == (1, 0, 0, False)


def test_the_soap_body_is_shown_without_credentials(desk: Publisher) -> None:
    desk.add("A&B", contact="Somebody <New>")
    (planned,) = desk.desk.publishing.plan(desk.business).items
    body = desk.desk.publishing.envelope(desk.business, planned)
    assert "<ns0:CustomerReference>A&amp;B</ns0:CustomerReference>" in body
    assert "Somebody &lt;New&gt;" in body
    assert "InsertSupplier" in body
    assert body.index("InsertSupplier") < body.index("InsertReceipt")
    assert desk.sandbox.password not in body
    assert desk.sandbox.username not in body
    assert desk.calls == {}


def test_an_item_that_is_not_ready_is_left_out_with_the_reason(desk: Publisher) -> None:
    desk.add("A")
    desk.add("B", contact="")
    plan = desk.desk.publishing.plan(desk.business, ["2", "1", "2"])
    assert [one.item_id for one in plan.items] == ["1"]
    (left,) = plan.left_out
    assert (left.item_id, left.reason) == ("2", "It is still to review.")
    assert [one.code for one in left.findings] == ["E-CONTACT-MISSING"]


# What was shown is what is sent


def test_an_item_changed_since_it_was_shown_stops_everything(desk: Publisher) -> None:
    first, _ = desk.add("A", "B")
    plan = desk.desk.publishing.plan(desk.business)
    desk.desk.items.save(desk.business, msgspec.structs.replace(first, reference="C"))
    with pytest.raises(PlanChanged):
        desk.desk.publishing.publish(desk.business, plan)
    assert desk.calls == {}


def test_an_item_changed_while_the_others_are_sent_stays_here(desk: Publisher) -> None:
    _, second = desk.add("A", "B")

    def listener(event: Event) -> None:
        if isinstance(event, ItemPublished):
            changed = msgspec.structs.replace(second, reference="C")
            desk.desk.items.save(desk.business, changed)

    plan = desk.desk.publishing.plan(desk.business)
    report = desk.desk.publishing.publish(desk.business, plan, listener=listener)
    assert [one.state for one in report.results] == [ItemState.PUBLISHED, ItemState.READY]
    assert report.results[1].problem is not None
    assert report.results[1].problem.code == "item-changed"
    assert len(desk.purchases()) == 1


def test_a_setting_changed_since_it_was_shown_stops_everything(desk: Publisher) -> None:
    desk.add("A")
    plan = desk.desk.publishing.plan(desk.business)
    desk.desk.businesses.change_settings(desk.business, {"publish_tax_data": "off"})
    with pytest.raises(PlanChanged):
        desk.desk.publishing.publish(desk.business, plan)
    assert desk.calls == {}


@pytest.mark.parametrize("spoil", ["removed", "to review", "forged", "elsewhere"])
def test_a_plan_that_no_longer_stands_is_not_carried_out(desk: Publisher, spoil: str) -> None:
    (item,) = desk.add("A")
    plan = desk.desk.publishing.plan(desk.business)
    business = desk.business
    if spoil == "removed":
        desk.desk.items.remove(desk.business, "1")
    elif spoil == "to review":
        desk.desk.items.save(desk.business, msgspec.structs.replace(item, contact=""))
    elif spoil == "forged":
        invoice = msgspec.structs.replace(plan.items[0].invoice, customer_reference="Z")
        forged = msgspec.structs.replace(plan.items[0], invoice=invoice)
        plan = msgspec.structs.replace(plan, items=(forged,))
    else:
        business = desk.desk.businesses.add("Another").id
    with pytest.raises(PlanChanged):
        desk.desk.publishing.publish(business, plan)
    assert desk.calls == {}


def test_a_save_without_a_change_or_a_supplier_created_since_stops_nothing(
    desk: Publisher,
) -> None:
    (item,) = desk.add("A", contact="Somebody New")
    plan = desk.desk.publishing.plan(desk.business)
    desk.desk.items.save(desk.business, item)
    desk.desk.sessions.open(desk.business).insert_supplier(Supplier(name="Somebody New"))
    desk.desk.syncing.sync(desk.business)
    assert desk.desk.publishing.publish(desk.business, plan).published == 1


# Duplicates, other sessions, stopping


def test_a_document_that_kashflow_has_already_is_not_sent_again(desk: Publisher) -> None:
    desk.add("PEN-7", "PEN-8")
    number = desk.keyed_by_hand(desk.item("1"))
    report = desk.publish()
    assert [one.state for one in report.results] == [ItemState.TO_REVIEW, ItemState.PUBLISHED]
    problem = report.results[0].problem
    assert problem is not None
    assert problem.code == "duplicate"
    assert f"Purchase {number} in KashFlow" in problem.sentence
    desk.desk.duplicates.not_a_duplicate(desk.business, "1")
    assert desk.publish().published == 1


def test_the_same_invoice_twice_in_the_inbox_goes_once(desk: Publisher) -> None:
    desk.add("PEN-7", "pen-7")
    assert desk.publish().published == 1
    assert len(desk.purchases()) == 1


def test_two_equal_items_go_once_a_person_has_said_that_they_are_two(desk: Publisher) -> None:
    desk.add("", "")
    assert desk.state("2") is ItemState.TO_REVIEW
    desk.desk.duplicates.not_a_duplicate(desk.business, "2")
    assert desk.publish().published == 2
    assert len(desk.purchases()) == 2


def test_two_sessions_do_not_publish_at_once(desk: Publisher) -> None:
    desk.add("A")
    plan = desk.desk.publishing.plan(desk.business)
    with Home(desk.home.root).try_lock(publish_lock(desk.business)) as held:
        assert held
        with pytest.raises(Busy, match="Harbour Lane is being published"):
            desk.desk.publishing.publish(desk.business, plan)
        with pytest.raises(Busy):
            desk.desk.resolving.resolve(desk.business)
    assert desk.calls == {}


def test_two_threads_with_one_plan_publish_each_item_once(desk: Publisher) -> None:
    desk.add("A", "B", "C", "D")
    plan = desk.desk.publishing.plan(desk.business)
    busy: list[Busy] = []

    def go() -> None:
        try:
            desk.desk.publishing.publish(desk.business, plan)
        except Busy as problem:
            busy.append(problem)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.customer_reference for one in desk.purchases()] == ["A", "B", "C", "D"]


def test_a_cancel_lets_the_document_on_its_way_arrive_and_sends_no_more(desk: Publisher) -> None:
    desk.add("A", "B", "C")
    cancel = Cancel()

    def listener(event: Event) -> None:
        if isinstance(event, ItemPublished):
            cancel.cancel()

    plan = desk.desk.publishing.plan(desk.business)
    report = desk.desk.publishing.publish(desk.business, plan, listener=listener, cancel=cancel)
    assert report.cancelled
    assert [one.state for one in report.results] == [ItemState.PUBLISHED]
    assert [desk.state(key) for key in "123"] == [
        ItemState.PUBLISHED,
        ItemState.READY,
        ItemState.READY,
    ]
    assert desk.publish().published == 2
    assert len(desk.purchases()) == 3


# Reading back


def test_what_cannot_be_read_back_is_published_and_says_so(desk: Publisher) -> None:
    desk.add("A")
    desk.sandbox.misbehave("GetReceipt", "html-503")
    desk.publish()
    item = desk.item("1")
    assert (item.sent, item.dbid) == (ItemState.PUBLISHED, None)
    assert item.problem is not None
    assert "could not be read back" in item.problem.sentence
    assert desk.publish().results == ()


def test_every_difference_is_told_in_words(desk: Publisher) -> None:
    desk.add("A")
    planned = desk.desk.publishing.plan(desk.business).items[0].invoice
    line = planned.lines[0]
    assert differences(planned, planned) == []
    other = msgspec.structs.replace(
        planned,
        customer_id=1,
        customer_reference="B",
        invoice_date=None,
        lines=(msgspec.structs.replace(line, rate=Decimal(99), vat_amount=Decimal(19), proj_id=7),),
    )
    assert differences(planned, other) == [
        "another supplier or customer",
        "the reference B",
        "another date",
        "net £99.00 instead of £100.00",
        "VAT £19.00 instead of £20.00",
        "another category, tax rate or project on line 1",
    ]
    assert differences(planned, msgspec.structs.replace(planned, lines=())) == [
        "0 lines instead of 1"
    ]


def test_a_published_item_knows_its_number_its_id_and_when(desk: Publisher) -> None:
    (item,) = desk.add("A", like=COST)
    desk.publish()
    published = desk.item(item.id)
    (document,) = desk.purchases()
    assert published.number == document.invoice_number
    assert published.dbid == document.invoice_dbid
    assert published.published_at == desk.now
