"""The same bill is noticed before it is sent twice, here and in KashFlow, and asked about once."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kfclient.api.records import Customer, Invoice, InvoiceLine, Supplier
from kfclient.cancel import Cancel
from kfclient.desk.errors import ItemUnknown
from kfclient.desk.items.duplicate_finder import EXACT, LATER, POSSIBLE
from kfclient.desk.model.item import Finding, Item, ItemState
from kfclient.desk.model.sides import PURCHASES
from kfclient.errors import Cancelled
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import COST, SALE, Publisher
from tests.desk.seeded import SAMPLES, Inbox

change = msgspec.structs.replace


@pytest.fixture
def desk(home: Home) -> Iterator[Publisher]:
    with Sandbox() as sandbox:
        yield Publisher(home, sandbox)


def doubles(desk: Publisher, item_id: str) -> list[Finding]:
    found = desk.desk.items.findings(desk.business, desk.item(item_id))
    return [one for one in found if "DUPLICATE" in one.code]


def codes(desk: Publisher, item_id: str) -> list[str]:
    return [one.code for one in doubles(desk, item_id)]


def test_of_two_equal_items_the_later_is_held_back_and_the_earlier_told(desk: Publisher) -> None:
    desk.add("PEN-0102", "pen 102")
    assert [desk.state(key) for key in "12"] == [ItemState.READY, ItemState.TO_REVIEW]
    (stop,) = doubles(desk, "2")
    assert stop.code == EXACT
    assert stop.sentence == (
        "Item 1 (1 Sep 2026, £120.00, Pennine Water, PEN-0102) is the same. The same reference and "
        "amount."
    )
    assert (stop.key, stop.value) == ("not-a-duplicate", "item:1")
    assert codes(desk, "1") == [LATER]


def test_a_duplicate_that_is_mended_or_taken_out_is_gone_at_once(desk: Publisher) -> None:
    desk.add("PEN-1", "PEN-1", "PEN-1")
    desk.desk.items.save(desk.business, change(desk.item("2"), reference="PEN-7"))
    desk.desk.items.remove(desk.business, "3")
    assert [desk.state(key) for key in "12"] == [ItemState.READY] * 2


def test_an_answer_holds_whatever_else_changes_and_is_in_the_trail(desk: Publisher) -> None:
    desk.add("PEN-1", "")
    assert codes(desk, "2") == [EXACT]
    (answered,) = desk.desk.duplicates.not_a_duplicate(desk.business, "2")
    assert answered.other.key == "item:1"
    assert desk.state("2") is ItemState.READY
    assert codes(desk, "1") == []
    line = change(desk.item("2").lines[0], category="Printing")
    desk.desk.items.save(desk.business, change(desk.item("2"), lines=(line,), note="Seen."))
    assert desk.state("2") is ItemState.READY
    entries = desk.desk.audit.entries(desk.business, item="2")
    assert [one.answer[:6] for one in entries if one.action == "not-a-duplicate"] == ["Item 1"]
    assert desk.desk.duplicates.not_a_duplicate(desk.business, "2") == ()
    with pytest.raises(ItemUnknown):
        desk.desk.duplicates.not_a_duplicate(desk.business, "99")


def test_an_answer_to_a_likeness_does_not_hold_for_two_that_became_equal(desk: Publisher) -> None:
    first, second = desk.add("PEN-1", "PEN-1")
    second = desk.desk.items.save(
        desk.business, change(second, lines=(change(COST.lines[0], unit_price=Decimal(90)),))
    )
    assert codes(desk, "2") == [POSSIBLE]
    desk.desk.duplicates.not_a_duplicate(desk.business, "2", "item:1")
    assert desk.state("2") is ItemState.READY
    desk.desk.items.save(desk.business, change(second, lines=first.lines))
    assert codes(desk, "2") == [EXACT]


def test_an_answer_is_there_for_another_session_and_for_one_of_the_two_published(
    desk: Publisher,
) -> None:
    desk.add("PEN-1", "PEN-1")
    desk.desk.duplicates.not_a_duplicate(desk.business, "2")
    assert desk.publish("1").published == 1
    assert desk.desk.duplicates.refresh(desk.business, again=True) == 1
    again = Publisher.__new__(Publisher)
    again.__dict__.update(desk.__dict__)
    assert again.state("2") is ItemState.READY


def test_what_was_keyed_in_kashflow_by_hand_is_found_there(desk: Publisher) -> None:
    desk.add("PEN-1")
    number = desk.keyed_by_hand(desk.item("1"))
    assert desk.state("1") is ItemState.READY
    assert desk.desk.duplicates.refresh(desk.business) == 1
    (stop,) = doubles(desk, "1")
    assert stop.code == EXACT
    assert stop.sentence.startswith(f"Purchase {number} in KashFlow (1 Sep 2026, £120.00, ")
    assert desk.desk.duplicates.stops(desk.business, desk.item("1")) == (stop,)


@pytest.mark.parametrize("reference", ["PEN-1", ""])
@pytest.mark.parametrize("like", [COST, SALE])
def test_after_a_backup_is_restored_what_was_published_since_is_found(
    desk: Publisher, like: Item, reference: str
) -> None:
    (item,) = desk.add(reference, like=like)
    assert desk.publish().published == 1
    back = change(desk.item("1"), sent=None, number=None, dbid=None, published_at=None)
    desk.desk.items.put(desk.business, back)
    desk.desk.duplicates.refresh(desk.business)
    assert codes(desk, item.id) == [EXACT]


def test_kashflow_is_read_once_a_session_for_each_party_and_again_when_asked(
    desk: Publisher,
) -> None:
    desk.add("A", "B")
    desk.add("C", like=SALE)
    desk.add("D", contact="Nobody Known")
    desk.forget_calls()
    assert desk.desk.duplicates.refresh(desk.business) == 2
    assert desk.desk.duplicates.refresh(desk.business) == 0
    assert desk.calls == {"GetReceiptsForSupplier": 1, "GetInvoicesForCustomer": 1}
    assert desk.desk.duplicates.refresh(desk.business, again=True) == 2
    stopped = Cancel()
    stopped.cancel()
    with pytest.raises(Cancelled):
        desk.desk.duplicates.refresh(desk.business, stopped, again=True)


def test_checking_asks_kashflow_nothing_and_remembers_into_the_next_session(
    desk: Publisher, home: Home
) -> None:
    desk.add("PEN-1")
    desk.keyed_by_hand(desk.item("1"))
    desk.desk.duplicates.refresh(desk.business)
    desk.forget_calls()
    next_session = Inbox.__new__(Inbox)
    next_session.__dict__.update(
        items=type(desk.desk.items)(
            Home(home.root), desk.desk.businesses, desk.desk.lists, lambda: desk.now
        )
    )
    item = next_session.items.get(desk.business, "1")
    assert EXACT in [one.code for one in next_session.items.findings(desk.business, item)]
    assert desk.calls == {}


def test_a_document_deleted_in_kashflow_holds_nothing_back(desk: Publisher) -> None:
    desk.add("PEN-1")
    desk.keyed_by_hand(desk.item("1"))
    desk.desk.duplicates.refresh(desk.business)
    (there,) = desk.purchases()
    with desk.sandbox.account.books.transaction():
        desk.sandbox.account.books.drop("receipts", there.invoice_dbid)
    desk.desk.duplicates.refresh(desk.business, again=True)
    assert desk.state("1") is ItemState.READY


def test_a_twin_supplier_is_no_hiding_place(desk: Publisher) -> None:
    kashflow = desk.desk.sessions.open(desk.business)
    twin = kashflow.insert_supplier(Supplier(name="The Pennine Water Co. Ltd"))
    desk.desk.syncing.sync(desk.business)
    (item,) = desk.add("PEN-1")
    planned = desk.desk.publishing.plan(desk.business, [item.id]).items[0]
    kashflow.insert_receipt(change(planned.invoice, customer_id=twin))
    desk.desk.duplicates.refresh(desk.business)
    (stop,) = doubles(desk, item.id)
    assert stop.code == POSSIBLE
    assert "twin" in stop.sentence


def test_a_bill_entered_net_and_gross_is_noticed(desk: Publisher) -> None:
    desk.add("PEN-1")
    desk.add(
        "PEN-1", lines=(change(COST.lines[0], unit_price=Decimal("83.33"), vat=Decimal("16.67")),)
    )
    (stop,) = doubles(desk, "2")
    assert (stop.code, "net" in stop.sentence) == (POSSIBLE, True)


def test_a_foreign_document_is_known_by_its_own_amounts(desk: Publisher) -> None:
    (item,) = desk.add("EU-1", currency="EUR", exchange_rate=Decimal("1.25"))
    line = InvoiceLine(quantity=Decimal(1), rate=Decimal(100), vat_amount=Decimal(20))
    there = Invoice(
        invoice_dbid=7, invoice_number=3, customer_reference="EU 1", invoice_date=item.date,
        currency_code="EUR", exchange_rate=Decimal("1.25"), lines=(line,),
        net_amount=Decimal(80), vat_amount=Decimal(16),
    )  # fmt: skip
    (supplier,) = [
        one for one in desk.desk.lists.suppliers(desk.business) if one.name == item.contact
    ]
    desk.desk.duplicates.learn(desk.business, PURCHASES, supplier.supplier_id, [there])
    assert codes(desk, item.id) == [EXACT]


def test_an_account_elsewhere_is_another_set_of_books(desk: Publisher) -> None:
    desk.add("PEN-1")
    desk.keyed_by_hand(desk.item("1"))
    desk.desk.duplicates.refresh(desk.business)
    connection = desk.desk.businesses.get(desk.business).connection
    assert connection is not None
    desk.desk.businesses.save_connection(desk.business, change(connection, username="other"))
    assert desk.state("1") is ItemState.READY


def test_suppliers_with_one_vat_number_are_twins_and_customers_are_not_suppliers(
    home: Home,
) -> None:
    inbox = Inbox(home)
    inbox.connect()
    inbox.write("suppliers", (
        Supplier(supplier_id=1, code="A", name="Blue Shop", vat_number="GB 123 4567 89"),
        Supplier(supplier_id=2, code="B", name="Blau GmbH", vat_number="GB123456789"),
    ))  # fmt: skip
    inbox.write("customers", (Customer(customer_id=1, code="A", name="Blue Shop"),))
    inbox.items.add(inbox.business, change(COST, contact="Blue Shop"))
    inbox.items.add(inbox.business, change(COST, contact="Blau GmbH"))
    inbox.items.add(inbox.business, change(SALE, contact="Blue Shop", reference="PEN-1"))
    found = inbox.items.check(inbox.business)
    assert POSSIBLE in [one.code for one in found["2"]]
    assert not [one for one in found["3"] if "DUPLICATE" in one.code]


FILES = ("dext-costs.csv", "dext-costs-with-tax.csv", "dext-costs-with-claims.csv", "sales.csv")


def test_the_sample_files_hardly_raise_a_false_alarm(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = Inbox(home)
    inbox.connect()
    for name in FILES:
        inbox.importing.import_file(inbox.business, Path(SAMPLES / name))
    found = inbox.items.check(inbox.business)
    stops = {
        key: [one.sentence for one in findings if one.code in {EXACT, POSSIBLE}]
        for key, findings in found.items()
    }
    alarms = {key: said for key, said in stops.items() if said}
    with capsys.disabled():
        share = len(alarms) / len(found)
        told = f"{len(found)} sample items, {len(alarms)} held as duplicates ({share:.1%})"
        sys.stdout.write(f"\n{told}\n")
    assert len(found) > 100
    assert len(alarms) == 0, alarms


def test_every_sample_item_is_found_when_it_comes_a_second_time(home: Home) -> None:
    inbox = Inbox(home)
    inbox.connect()
    inbox.importing.import_file(inbox.business, Path(SAMPLES / "dext-costs.csv"))
    once = inbox.items.all(inbox.business)
    inbox.items.add_all(inbox.business, [change(one, source="") for one in once])
    found = inbox.items.check(inbox.business)
    copies = [one for one in found if int(one) > len(once)]
    assert len(copies) == len(once)
    assert all(EXACT in [one.code for one in found[key]] for key in copies)
    assert dt.date(2026, 1, 1) < (once[0].date or dt.date.min)
