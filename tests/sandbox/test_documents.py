"""Purchases and sales invoices: inserted, read back, changed and deleted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from kfclient.sandbox import Sandbox
from tests.sandbox.wire import Wire, lines, record

LINE: dict[str, Any] = {
    "Quantity": 2,
    "Description": "Leaflets",
    "Rate": "12.50",
    "ChargeType": 18685900,
    "VatRate": 20,
    "VatAmount": "5.00",
    "Sort": 1,
}
NOUNS = ["Receipt", "Invoice"]
each = pytest.mark.parametrize("noun", NOUNS)


@pytest.fixture
def parties(supplier: int, customer: int) -> dict[str, int]:
    """The id a document of each kind is for."""
    return {"Receipt": supplier, "Invoice": customer}


def insert(wire: Wire, noun: str, party: int, *each_line: dict[str, Any], **header: Any) -> int:
    """Insert a document and return its number."""
    inner = record("Inv", lines(*(each_line or (LINE,))), CustomerID=party, **header)
    return wire.ok(f"Insert{noun}", inner).number


@each
def test_insert_returns_the_number_and_the_id_is_another(
    wire: Wire, parties: dict[str, int], noun: str
) -> None:
    assert insert(wire, noun, parties[noun]) == 1
    assert insert(wire, noun, parties[noun]) == 2
    answer = wire.ok(f"Get{noun}", **{f"{noun}Number": 2})
    assert answer.text("InvoiceNumber") == "2"
    assert int(str(answer.text("InvoiceDBID"))) > 40_000_000


def test_purchases_and_sales_are_numbered_apart_but_share_their_ids(
    wire: Wire, supplier: int, customer: int
) -> None:
    assert insert(wire, "Receipt", supplier) == 1
    assert insert(wire, "Invoice", customer) == 1
    account = wire.sandbox.account
    assert account.receipts()[0]["InvoiceDBID"] != account.invoices()[0]["InvoiceDBID"]


@each
def test_a_document_reads_back_as_it_was_sent_with_its_sums(
    wire: Wire, parties: dict[str, int], noun: str
) -> None:
    insert(
        wire,
        noun,
        parties[noun],
        LINE,
        {"Quantity": 1, "Rate": "0.105", "VatRate": -1},
        InvoiceDate="2026-03-01",
        DueDate="2026-03-31",
        CustomerReference="INV-9",
    )
    answer = wire.ok(f"Get{noun}", **{f"{noun}Number": 1})
    assert answer.text("CustomerID") == str(parties[noun])
    assert answer.text("CustomerReference") == "INV-9"
    assert answer.text("InvoiceDate") == "2026-03-01T00:00:00"
    assert answer.text("DueDate") == "2026-03-31T00:00:00"
    assert (answer.text("CurrencyCode"), answer.text("ExchangeRate")) == ("GBP", "1.0000")
    assert answer.text("NetAmount") == "25.1100"
    assert answer.text("VATAmount") == "5.0000"
    assert answer.texts("VatRate") == ["20.0000", "-1.0000"]
    assert answer.texts("Quantity") == ["2.0000", "1.0000"]
    assert answer.texts("ChargeType") == ["18685900", "0"]
    assert (answer.text("Paid"), answer.text("AmountPaid")) == ("0", "0.0000")
    assert answer.text("CustomerName") == answer.text("Customer")
    assert answer.body.count(b'<anyType xsi:type="InvoiceLine">') == 2


def test_what_is_sent_as_paid_or_as_a_sum_is_ignored(wire: Wire, supplier: int) -> None:
    insert(wire, "Receipt", supplier, Paid=1, AmountPaid=30, NetAmount=999, VATAmount=999)
    answer = wire.ok("GetReceipt", ReceiptNumber=1)
    assert (answer.text("Paid"), answer.text("AmountPaid")) == ("0", "0.0000")
    assert answer.text("NetAmount") == "25.0000"


def test_vat_is_stored_as_sent_however_odd(wire: Wire, supplier: int) -> None:
    insert(wire, "Receipt", supplier, {**LINE, "VatRate": 13, "VatAmount": "999.99"})
    assert wire.ok("GetReceipt", ReceiptNumber=1).text("VatAmount") == "999.9900"


def test_the_same_purchase_twice_is_two_purchases(wire: Wire, supplier: int) -> None:
    for _ in range(2):
        insert(wire, "Receipt", supplier, CustomerReference="INV-9", InvoiceDate="2026-03-01")
    assert len(wire.sandbox.account.receipts()) == 2


def test_a_document_without_dates_is_of_today(wire: Wire, supplier: int) -> None:
    insert(wire, "Receipt", supplier)
    today = f"{wire.sandbox.account.today()}T00:00:00"
    answer = wire.ok("GetReceipt", ReceiptNumber=1)
    assert (answer.text("InvoiceDate"), answer.text("DueDate")) == (today, today)


def test_line_breaks_become_spaces(wire: Wire, supplier: int) -> None:
    insert(wire, "Receipt", supplier, {**LINE, "Description": "one\ntwo"})
    assert wire.ok("GetReceipt", ReceiptNumber=1).text("Description") == "one two"


@pytest.mark.parametrize(
    ("header", "line", "switch"),
    [
        ({"CustomerID": 1}, {}, "strict_parties"),
        ({}, {"ChargeType": 7500}, "strict_charge_types"),
        ({}, {"ProjID": 1}, "strict_projects"),
        ({"ProjectID": 1}, {}, "strict_projects"),
    ],
)
def test_what_does_not_exist_is_refused_unless_switched_off(
    wire: Wire, supplier: int, header: dict[str, int], line: dict[str, int], switch: str
) -> None:
    inner = record("Inv", lines({**LINE, **line}), **{"CustomerID": supplier, **header})
    answer = wire.call("InsertReceipt", inner)
    assert (answer.status, answer.number) == ("NO", 0)
    assert wire.sandbox.account.receipts() == []
    wire.sandbox.account.switch(**{switch: False})
    number = wire.ok("InsertReceipt", inner).number
    wire.ok("GetReceipt", ReceiptNumber=number)


def test_a_refused_insert_uses_up_no_number(wire: Wire, supplier: int) -> None:
    wire.no("InsertReceipt", record("Inv", CustomerID=1))
    assert insert(wire, "Receipt", supplier) == 1


def test_a_number_sent_is_taken_when_free_and_refused_when_not(wire: Wire, supplier: int) -> None:
    assert insert(wire, "Receipt", supplier, InvoiceNumber=70) == 70
    assert insert(wire, "Receipt", supplier) == 71
    again = record("Inv", CustomerID=supplier, InvoiceNumber=70)
    assert wire.no("InsertReceipt", again) == "Receipt number 70 is already in use"


def test_a_number_sent_can_overwrite_as_one_client_reports(wire: Wire, supplier: int) -> None:
    insert(wire, "Receipt", supplier, CustomerReference="old")
    wire.sandbox.account.switch(strict_numbers=False)
    insert(wire, "Receipt", supplier, InvoiceNumber=1, CustomerReference="new")
    (only,) = wire.sandbox.account.receipts()
    assert only["CustomerReference"] == "new"


def test_the_number_of_a_deleted_document_at_the_top_is_given_again_its_id_never(
    wire: Wire, supplier: int
) -> None:
    insert(wire, "Receipt", supplier)
    before = wire.sandbox.account.receipts()[0]["InvoiceDBID"]
    assert wire.ok("DeleteReceipt", ReceiptNumber=1).number == 1
    assert insert(wire, "Receipt", supplier) == 1
    assert wire.sandbox.account.receipts()[0]["InvoiceDBID"] > before


@each
def test_an_unknown_number_is_ok_and_all_at_its_default(wire: Wire, noun: str) -> None:
    for suffix in ("", "_TypeDefined"):
        answer = wire.ok(f"Get{noun}{suffix}", **{f"{noun}Number": 404})
        assert answer.text("InvoiceDBID") == "0"
        assert answer.text("InvoiceDate") == "0001-01-01T00:00:00"
        assert answer.texts("Lines") == []


def test_an_unknown_invoice_id_is_no(wire: Wire, customer: int) -> None:
    wire.no("GetInvoiceByID", InvoiceID=1)
    insert(wire, "Invoice", customer)
    number = wire.sandbox.account.invoices()[0]["InvoiceDBID"]
    assert wire.ok("GetInvoiceByID", InvoiceID=number).text("InvoiceNumber") == "1"


@each
def test_lines_are_added_and_taken_away_by_id_and_by_number(
    wire: Wire, parties: dict[str, int], noun: str
) -> None:
    inner = record("Inv", CustomerID=parties[noun])
    number = wire.ok(f"Insert{noun}", inner).number
    got = wire.ok(f"Get{noun}", **{f"{noun}Number": number})
    assert b"<Lines />" in got.body
    identity = got.text("InvoiceDBID")
    by_number = "FromNumber" if noun == "Receipt" else "WithInvoiceNumber"
    line = record("InvLine", **LINE)
    first = wire.ok(f"Insert{noun}Line", line, **{f"{noun}ID": identity}).number
    second = wire.ok(f"Insert{noun}Line{by_number}", line, **{f"{noun}Number": number}).number
    got = wire.ok(f"Get{noun}", **{f"{noun}Number": number})
    assert got.texts("LineID") == [str(first), str(second)]
    assert got.text("NetAmount") == "50.0000"
    wire.ok(f"Delete{noun}Line", LineID=first, **{f"{noun}Number": number})
    wire.no(f"Delete{noun}Line", LineID=first, **{f"{noun}Number": number})
    wire.ok(f"Delete{noun}LineWith{noun}ID", LineID=second, **{f"{noun}ID": identity})
    assert wire.ok(f"Get{noun}", **{f"{noun}Number": number}).text("NetAmount") == "0.0000"


@each
def test_number_and_id_are_not_taken_for_one_another(
    wire: Wire, parties: dict[str, int], noun: str
) -> None:
    number = insert(wire, noun, parties[noun])
    table = wire.sandbox.account.receipts if noun == "Receipt" else wire.sandbox.account.invoices
    identity = table()[0]["InvoiceDBID"]
    wire.no(f"Insert{noun}Line", record("InvLine", **LINE), **{f"{noun}ID": number})
    wire.no(f"Delete{noun}ByID", **{f"{noun}ID": number})
    wire.no(f"Delete{noun}", **{f"{noun}Number": identity})
    wire.no(f"Insert{noun}Note", **{f"{noun}Id": number, "NoteDate": "2026-01-01", "Notes": "x"})
    assert wire.ok(f"Delete{noun}ByID", **{f"{noun}ID": identity}).number == 1


def test_an_update_replaces_header_and_lines(wire: Wire, supplier: int) -> None:
    insert(wire, "Receipt", supplier, CustomerReference="old")
    kept = wire.ok("GetReceipt", ReceiptNumber=1).text("LineID")
    changed = lines({**LINE, "LineID": kept, "Rate": 1}, {**LINE, "Rate": 3})
    inner = record("Receipt", changed, InvoiceNumber=1, CustomerID=supplier)
    assert wire.ok("UpdateReceipt", inner).number == 1
    answer = wire.ok("GetReceipt", ReceiptNumber=1)
    assert answer.texts("CustomerReference") == []
    assert answer.text("NetAmount") == "8.0000"
    assert answer.texts("LineID")[0] == kept


def test_a_header_update_leaves_the_lines(wire: Wire, supplier: int) -> None:
    insert(wire, "Receipt", supplier)
    inner = record(
        "Receipt", lines(), InvoiceNumber=1, CustomerID=supplier, CustomerReference="new"
    )
    wire.ok("UpdateReceiptHeader", inner)
    answer = wire.ok("GetReceipt", ReceiptNumber=1)
    assert answer.text("CustomerReference") == "new"
    assert answer.text("NetAmount") == "25.0000"


@pytest.mark.parametrize(
    ("operation", "parameter"),
    [
        ("UpdateInvoice", "Inv"),
        ("UpdateInvoice_TypeDefined", "InvTD"),
        ("UpdateInvoiceHeader", "Inv"),
    ],
)
def test_updates_of_invoices_have_no_result(
    wire: Wire, customer: int, operation: str, parameter: str
) -> None:
    insert(wire, "Invoice", customer)
    identity = wire.sandbox.account.invoices()[0]["InvoiceDBID"]
    inner = record(
        parameter, InvoiceDBID=identity, CustomerID=customer, DueDate="2026-06-30T22:44:00"
    )
    assert wire.ok(operation, inner).names() == ["Status", "StatusDetail"]
    answer = wire.ok("GetInvoice", InvoiceNumber=1)
    assert answer.text("DueDate") == "2026-06-30T00:00:00"
    assert answer.text("NetAmount") == "25.0000"


def test_an_update_of_nothing_is_refused(wire: Wire, supplier: int) -> None:
    wire.no("UpdateReceipt", record("Receipt", InvoiceNumber=9, CustomerID=supplier))
    wire.no("UpdateReceipt_TypeDefined", record("Receipt_TD", InvoiceDBID=9, CustomerID=supplier))


def test_a_delivery_address_stays_with_a_sale_and_not_with_a_purchase(
    wire: Wire, supplier: int, customer: int
) -> None:
    address = record("DeliveryAddress", Name="Dock 3", PostCode="LS1 1AA")
    for noun, party in (("Invoice", customer), ("Receipt", supplier)):
        inner = record("Inv", address, CustomerID=party, UseCustomDeliveryAddress="true")
        wire.ok(f"Insert{noun}", inner)
    sale = wire.ok("GetInvoice", InvoiceNumber=1)
    assert (sale.text("PostCode"), sale.text("UseCustomDeliveryAddress")) == ("LS1 1AA", "true")
    assert wire.ok("GetReceipt", ReceiptNumber=1).texts("DeliveryAddress") == []


def test_home_amounts_in_a_foreign_document_are_multiplied_unless_said(
    wire: Wire, supplier: int
) -> None:
    home = {"Quantity": 1, "Rate": 100, "VatAmount": 20}
    foreign = {"Quantity": 1, "Rate": 100, "VatAmount": 20, "ValuesInCurrency": 1}
    insert(wire, "Receipt", supplier, home, foreign, CurrencyCode="USD", ExchangeRate="1.25")
    answer = wire.ok("GetReceipt", ReceiptNumber=1)
    assert answer.texts("Rate") == ["125.0000", "100.0000"]
    assert answer.texts("VatAmount") == ["25.0000", "20.0000"]
    assert (answer.text("CurrencyCode"), answer.text("ExchangeRate")) == ("USD", "1.2500")
    assert answer.texts("ValuesInCurrency") == []


def test_a_foreign_document_without_a_rate_has_the_currencys_own(wire: Wire, supplier: int) -> None:
    insert(wire, "Receipt", supplier, CurrencyCode="eur", ExchangeRate=0)
    assert wire.ok("GetReceipt", ReceiptNumber=1).text("ExchangeRate") == "1.1500"


def test_an_unknown_currency_is_refused(wire: Wire, supplier: int) -> None:
    detail = wire.no("InsertReceipt", record("Inv", CustomerID=supplier, CurrencyCode="XXX"))
    assert "XXX" in detail


@pytest.mark.parametrize(("date", "taken"), [("2026-03-31", False), ("2026-04-01", True)])
def test_nothing_is_entered_up_to_the_lock_date(
    wire: Wire, supplier: int, date: str, taken: bool
) -> None:
    wire.sandbox.account.switch(lock_date="2026-03-31")
    answer = wire.call("InsertReceipt", record("Inv", CustomerID=supplier, InvoiceDate=date))
    assert answer.status == ("OK" if taken else "NO")


def test_what_is_locked_cannot_be_changed_or_deleted(wire: Wire, supplier: int) -> None:
    insert(wire, "Receipt", supplier, InvoiceDate="2026-03-01")
    wire.sandbox.account.switch(lock_date="2026-03-31")
    moved = record("Receipt", InvoiceNumber=1, CustomerID=supplier, InvoiceDate="2026-05-01")
    assert "locked" in wire.no("UpdateReceipt", moved)
    assert "locked" in wire.no("DeleteReceipt", ReceiptNumber=1)


def test_deleting_a_document_takes_its_payments_and_notes_along(wire: Wire, supplier: int) -> None:
    insert(wire, "Receipt", supplier)
    method = wire.ok("GetRecPayMethods").texts("MethodID")[0]
    payment = record("ReceiptPayment", PayInvoice=1, PayMethod=method, PayAmount=5)
    wire.ok("InsertReceiptPayment", payment)
    wire.ok("DeleteReceipt", ReceiptNumber=1)
    insert(wire, "Receipt", supplier)
    assert wire.ok("GetReceipt", ReceiptNumber=1).text("AmountPaid") == "0.0000"


def test_a_company_that_is_not_vat_registered_may_send_vat(supplier: int) -> None:
    with Sandbox() as sandbox:
        account = sandbox.account
        account.switch(ip_restricted=False)
        with account.books.transaction():
            company = account.books.all("company")[0]
            account.books.put("company", {**company, "VatRegistered": "No"})
        wire = Wire(sandbox)
        insert(wire, "Receipt", supplier)
        assert wire.ok("isUserVATRegistered").text("isUserVATRegisteredResult") == "false"
        assert Decimal(str(wire.ok("GetReceipt", ReceiptNumber=1).text("VATAmount"))) == 5


def test_callers_at_the_same_time_each_get_a_number_of_their_own(wire: Wire, supplier: int) -> None:
    inner = record("Inv", lines(LINE), CustomerID=supplier)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: wire.ok("InsertReceipt", inner), range(80)))
    assert sorted(answer.number for answer in answers) == list(range(1, 81))
    assert len({row["InvoiceDBID"] for row in wire.sandbox.account.receipts()}) == 80


def test_a_foreign_document_read_changed_and_sent_back_keeps_its_amounts(
    wire: Wire, supplier: int
) -> None:
    foreign = {"CurrencyCode": "USD", "ExchangeRate": "1.25"}
    insert(wire, "Receipt", supplier, {"Quantity": 1, "Rate": 100}, **foreign)
    read = wire.ok("GetReceipt", ReceiptNumber=1)
    line = {"Quantity": 1, "Rate": read.text("Rate"), "LineID": read.text("LineID")}
    header = {"InvoiceNumber": 1, "CustomerID": supplier, **foreign}
    wire.ok("UpdateReceipt", record("Receipt", lines(line), **header))
    assert wire.ok("GetReceipt", ReceiptNumber=1).text("Rate") == read.text("Rate") == "125.0000"
