"""What would be sent: to the penny what the item says, in the shape that KashFlow wants."""

from __future__ import annotations

import datetime as dt
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.api.records import Invoice
from kfclient.desk.errors import FileChanged
from kfclient.desk.items.check import check
from kfclient.desk.items.items import state_of
from kfclient.desk.items.reference import ReferenceData
from kfclient.desk.model.business import Settings
from kfclient.desk.model.item import Item, ItemLine, ItemState, Kind
from kfclient.desk.publish.kashflow_documents import ready_to_send
from kfclient.desk.publish.plan import (
    PlannedFile,
    PlannedItem,
    content_of,
    fingerprint_of,
    make_plan,
    plan_item,
    planned_file,
)
from kfclient.money import pennies
from tests.desk.seeded import CURRENCIES, CUSTOMERS, NOMINALS, NOW, PROJECTS, RATES, SUPPLIERS


def reference_data(**settings: Any) -> ReferenceData:
    return ReferenceData(
        nominals=NOMINALS,
        suppliers=SUPPLIERS,
        customers=CUSTOMERS,
        tax_rates=RATES,
        projects=PROJECTS,
        currencies=CURRENCIES,
        settings=Settings(**settings),
        today=NOW.date(),
    )


OFF, ON = reference_data(), reference_data(publish_tax_data=True)
LINE = ItemLine(
    description="monthly\ncharge",
    category="Telephone",
    unit_price=Decimal("100.00"),
    tax_rate=Decimal(20),
    vat=Decimal("20.00"),
    project="Website 2026",
)
COST = Item(
    id="3",
    kind=Kind.COST,
    reference="PEN-80618",
    contact="Pennine Water",
    date=dt.date(2026, 9, 1),
    due_date=dt.date(2026, 10, 1),
    lines=(LINE,),
    version=1,
)


def plan(item: Item, known: ReferenceData = ON) -> PlannedItem:
    findings = check(item, known)
    assert state_of(findings) is ItemState.READY, findings
    return plan_item(item, findings, known)


def change(item: Item, **values: Any) -> Item:
    return msgspec.structs.replace(item, **values)


def line(**values: Any) -> tuple[ItemLine, ...]:
    return (msgspec.structs.replace(LINE, **values),)


def amounts(*values: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in values)


def gross_of(invoice: Invoice) -> Decimal:
    """Return what KashFlow makes of the lines."""
    return sum(
        (pennies(one.quantity * one.rate) + one.vat_amount for one in invoice.lines), Decimal(0)
    )


def test_a_cost_becomes_a_purchase_of_its_supplier_on_nominal_ids() -> None:
    planned = plan(COST)
    assert planned.operation == "InsertReceipt"
    invoice = planned.invoice
    assert (invoice.customer_id, invoice.customer_reference) == (501, "PEN-80618")
    assert (invoice.invoice_number, invoice.invoice_dbid, invoice.paid) == (0, 0, 0)
    assert (invoice.invoice_date, invoice.due_date) == (COST.date, COST.due_date)
    assert (invoice.currency_code, invoice.exchange_rate) == ("GBP", Decimal(1))
    (sent,) = invoice.lines
    assert (sent.charge_type, sent.proj_id, sent.sort) == (18692502, 7001, 1)
    assert (sent.quantity, sent.rate, sent.vat_rate, sent.vat_amount) == amounts(1, 100, 20, 20)
    assert sent.description == "monthly charge"
    assert sent.values_in_currency == 0


def test_with_tax_data_off_it_goes_as_one_gross_amount_with_vat_na() -> None:
    planned = plan(COST, OFF)
    (sent,) = planned.invoice.lines
    assert (sent.quantity, sent.rate, sent.vat_rate, sent.vat_amount) == amounts(1, 120, -1, 0)
    assert (planned.net, planned.vat, planned.gross) == amounts(120, 0, 120)
    note = make_plan("acme", [planned], [], OFF).tax_note
    assert note.startswith("TAX DATA IS OFF")
    assert "VAT return" in note
    assert make_plan("acme", [plan(COST)], [], ON).tax_note == ""


def test_a_sale_becomes_an_invoice_of_its_customer() -> None:
    sale = change(
        COST, kind=Kind.SALE, contact="dunmore school", lines=line(category="Carriage", project="")
    )
    planned = plan(sale)
    assert (planned.operation, planned.invoice.customer_id) == ("InsertInvoice", 901)
    assert planned.contact == "Dunmore School"
    assert planned.invoice.lines[0].charge_type == 18689905


def test_a_claim_is_one_unpaid_purchase_with_a_line_an_item() -> None:
    claim = change(COST, kind=Kind.CLAIM, contact="Ann Lee", lines=(LINE, *line(project="")))
    planned = plan(claim)
    assert planned.operation == "InsertReceipt"
    assert planned.creates is not None
    assert (planned.creates.kind, planned.creates.name) == ("supplier", "Ann Lee")
    assert planned.invoice.customer_id == 0
    assert [one.sort for one in planned.invoice.lines] == [1, 2]
    assert planned.sentence.startswith("Expense claim of Ann Lee (new supplier)")


def test_a_credit_note_has_negative_rates() -> None:
    credit = change(COST, lines=line(unit_price=Decimal("-100.00"), vat=Decimal("-20.00")))
    planned = plan(credit)
    (sent,) = planned.invoice.lines
    assert (sent.rate, sent.vat_amount, planned.gross) == amounts(-100, -20, -120)
    assert planned.sentence.startswith("Credit note from Pennine Water")


def test_a_foreign_item_says_its_amounts_are_in_its_own_currency() -> None:
    planned = plan(change(COST, currency="EUR", exchange_rate=Decimal("1.162784")))
    assert planned.invoice.currency_code == "EUR"
    assert planned.invoice.exchange_rate == Decimal("1.162784")
    assert planned.invoice.lines[0].values_in_currency == 1
    assert "EUR 100.00" in planned.sentence
    assert "1.162784 EUR to 1 GBP, booked as £103.20, of which VAT £17.20" in planned.sentence


@pytest.mark.parametrize(
    ("contact", "due"),
    [("Pennine Water", dt.date(2026, 10, 1)), ("Kestrel Car Hire", dt.date(2026, 9, 1)),
     ("Somebody New", dt.date(2026, 9, 1))],
)  # fmt: skip
def test_without_a_due_date_the_suppliers_terms_count_or_its_own_date(
    contact: str, due: dt.date
) -> None:
    assert plan(change(COST, due_date=None, contact=contact)).invoice.due_date == due


@pytest.mark.parametrize(
    ("quantity", "price", "sent", "description"),
    [
        ("3", "33.33", ("3", "33.33"), "monthly charge"),
        ("3", "1.333", ("1", "4.00"), "3 at 1.333: monthly charge"),
        ("1", "1.335", ("1", "1.34"), "monthly charge"),
        ("2.5", "4.20", ("2.5", "4.20"), "monthly charge"),
        ("0.333", "9", ("1", "3.00"), "0.333 at 9: monthly charge"),
    ],
)
def test_a_unit_price_of_more_decimals_is_folded_into_one(
    quantity: str, price: str, sent: tuple[str, str], description: str
) -> None:
    planned = plan(
        change(
            COST,
            lines=line(
                quantity=Decimal(quantity),
                unit_price=Decimal(price),
                tax_rate=Decimal(-1),
                vat=Decimal(0),
            ),
        )
    )
    (one,) = planned.invoice.lines
    assert (one.quantity, one.rate) == (Decimal(sent[0]), Decimal(sent[1]))
    assert one.description == description
    assert planned.net == planned.gross == pennies(Decimal(quantity) * Decimal(price))


@pytest.mark.parametrize(
    ("settings", "values", "rate"),
    [
        ({}, {"tax_rate": None}, "20"),
        ({"default_tax_code_costs": Decimal(20)}, {"tax_rate": None}, "20"),
        ({"default_tax_code_costs": Decimal(5)}, {"tax_rate": None}, "20"),
        ({"default_tax_code_costs": Decimal(0)}, {"tax_rate": None, "vat": Decimal(0)}, "0"),
        ({"default_tax_code_costs": Decimal(20)}, {"tax_rate": None, "vat": Decimal(0)}, "-1"),
        ({}, {"tax_rate": None, "vat": Decimal(0)}, "-1"),
        ({"default_tax_code_costs": Decimal(0)}, {"tax_rate": Decimal(20)}, "20"),
    ],
)
def test_where_no_rate_is_said_the_default_counts_if_it_agrees_with_the_vat(
    settings: dict[str, Any], values: dict[str, Any], rate: str
) -> None:
    planned = plan(
        change(COST, lines=line(**values)), reference_data(publish_tax_data=True, **settings)
    )
    assert planned.invoice.lines[0].vat_rate == Decimal(rate)


WATER = change(
    COST,
    lines=line(
        category="Water Rates",
        unit_price=Decimal("1024.36"),
        tax_rate=Decimal(0),
        vat=Decimal(0),
        project="",
    ),
)
HEAD = "Purchase from Pennine Water, ref PEN-80618, 1 Sep 2026, due 1 Oct 2026: "


@pytest.mark.parametrize(
    ("item", "known", "sentence"),
    [
        (WATER, ON, f"{HEAD}£1,024.36 to 7102 Water Rates, no VAT (0%)"),
        (COST, ON, f"{HEAD}£100.00 to 7502 Telephone, VAT £20.00 (20%), project Website 2026"),
        (COST, OFF, f"{HEAD}£120.00 to 7502 Telephone, VAT n/a, project Website 2026"),
        (
            change(WATER, reference="", due_date=COST.date),
            OFF,
            "Purchase from Pennine Water, 1 Sep 2026: £1,024.36 to 7102 Water Rates, VAT n/a",
        ),
        (
            change(COST, lines=line(project="") * 5),
            ON,
            HEAD
            + "£100.00 to 7502 Telephone, VAT £20.00 (20%); " * 3
            + "and 2 more lines; £600.00 in all",
        ),
    ],
)
def test_a_plan_reads_as_a_bookkeeper_would_say_it(
    item: Item, known: ReferenceData, sentence: str
) -> None:
    assert plan(item, known).sentence == sentence


def test_totals_are_for_each_currency() -> None:
    euros = change(COST, currency="EUR", exchange_rate=Decimal("1.16"))
    totals = make_plan("acme", [plan(COST), plan(COST), plan(euros)], [], ON).totals
    assert [(one.currency, one.count) for one in totals] == [("GBP", 2), ("EUR", 1)]
    assert [(one.net, one.vat, one.gross) for one in totals] == [
        amounts(200, 40, 240),
        amounts(100, 20, 120),
    ]


def test_new_contacts_are_named_once() -> None:
    new = change(COST, contact="Somebody New")
    customer = change(
        COST, kind=Kind.SALE, contact="New Customer", lines=line(category="Sales", project="")
    )
    made = make_plan("acme", [plan(new), plan(new), plan(customer)], [], ON)
    assert (made.new_suppliers, made.new_customers) == (("Somebody New",), ("New Customer",))


@pytest.mark.parametrize(
    "values",
    [
        {"reference": "PEN-80619"},
        {"date": dt.date(2026, 9, 2)},
        {"due_date": dt.date(2026, 10, 2)},
        {"contact": "Kestrel Car Hire"},
        {"lines": line(category="Rent")},
        {"lines": line(unit_price=Decimal("100.01"))},
        {"lines": line(description="other")},
        {"lines": line(project="")},
    ],
)
def test_the_fingerprint_changes_with_anything_that_is_sent(values: dict[str, Any]) -> None:
    assert fingerprint_of([plan(change(COST, **values))]) != fingerprint_of([plan(COST)])


def test_the_fingerprint_does_not_change_with_what_is_not_sent() -> None:
    other = change(COST, owner="Ann", image="a scan", version=9)
    assert fingerprint_of([plan(other)]) == fingerprint_of([plan(COST)])


MONEY = st.decimals(min_value=-(10**6), max_value=10**6, places=2)
LINES = st.builds(
    lambda quantity, price, rate: ItemLine(
        category="Telephone",
        quantity=quantity,
        unit_price=price,
        tax_rate=rate,
        vat=pennies(pennies(quantity * price) * max(rate, Decimal(0)) / 100),
    ),
    st.decimals(min_value=-100, max_value=100, places=3),
    st.decimals(min_value=-(10**4), max_value=10**4, places=4),
    st.sampled_from([Decimal(rate) for rate in (-1, 0, 5, 20)]),
)


@given(st.lists(LINES, min_size=1, max_size=6), st.sampled_from([ON, OFF]))
def test_what_kashflow_adds_up_is_what_the_item_says_to_the_penny(
    lines: list[ItemLine], known: ReferenceData
) -> None:
    item = change(COST, lines=tuple(lines))
    if not item.gross:
        return
    planned = plan(item, known)
    assert gross_of(planned.invoice) == planned.gross == item.gross
    assert planned.net + planned.vat == planned.gross
    assert planned.vat == (item.vat if known is ON else 0)
    for one in planned.invoice.lines:
        assert one.rate == round(one.rate, 2)


def test_a_file_that_became_none_is_not_waited_for_nor_read_whole(tmp_path: Path) -> None:
    bill = tmp_path / "bill.pdf"
    os.mkfifo(bill)
    assert planned_file(str(bill)).digest == ""
    with pytest.raises(OSError, match="it is a pipe, not a file"):
        content_of(str(bill))
    bill.unlink()
    with bill.open("wb") as file:
        file.truncate(20 << 30)
    planned = planned_file(str(bill))
    assert (planned.size, planned.digest) == (20 << 30, "")
    with pytest.raises(FileChanged, match="it is too large"):
        ready_to_send(PlannedFile(path=str(bill), name="bill.pdf", digest="1"))
