"""Paying: by document number, from a bank account, with a method of its own list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.wire import Wire, lines, record

NOUNS = ["Receipt", "Invoice"]
each = pytest.mark.parametrize("noun", NOUNS)
LINE = {"Quantity": 1, "Rate": 100, "VatAmount": 20}


@pytest.fixture(params=NOUNS)
def noun(request: pytest.FixtureRequest) -> str:
    """`Receipt`, then `Invoice`."""
    return str(request.param)


@pytest.fixture
def number(wire: Wire, supplier: int, customer: int, noun: str) -> int:
    """The number of a document of 120.00."""
    party = supplier if noun == "Receipt" else customer
    return wire.ok(f"Insert{noun}", record("Inv", lines(LINE), CustomerID=party)).number


def payment(wire: Wire, noun: str, number: int, amount: Any, **fields: Any) -> str:
    """Return a payment's element with a method of the right list."""
    method = wire.ok(f"Get{noun[:3]}PayMethods").texts("MethodID")[0]
    values = {"PayInvoice": number, "PayMethod": method, "PayAmount": amount, **fields}
    return record(f"{noun}Payment", **values)


def test_a_payment_reads_back(wire: Wire, noun: str, number: int) -> None:
    bank = wire.ok("GetBankAccounts").texts("AccountID")[1]
    sent = payment(
        wire, noun, number, "120", PayDate="2026-03-01", PayAccount=bank, PayNote="by card"
    )
    identity = wire.ok(f"Insert{noun}Payment", sent).number
    answer = wire.ok(f"Get{noun}Payment", **{f"{noun}Number": number})
    assert answer.text("PayID") == str(identity)
    assert answer.text("PayInvoice") == str(number)
    assert answer.text("PayDate") == "2026-03-01T00:00:00"
    assert answer.text("PayAccount") == bank
    assert answer.text("PayNote") == "by card"
    assert answer.text("PayAmount") == "120.0000"


@pytest.mark.parametrize(
    ("amounts", "paid", "total"),
    [
        ([], "0", "0.0000"),
        (["119.99"], "0", "119.9900"),
        (["60", "60"], "1", "120.0000"),
        (["130"], "1", "130.0000"),
    ],
)
def test_paid_and_the_amount_follow_the_payments(
    wire: Wire, noun: str, number: int, amounts: list[str], paid: str, total: str
) -> None:
    for amount in amounts:
        wire.ok(f"Insert{noun}Payment", payment(wire, noun, number, amount))
    answer = wire.ok(f"Get{noun}", **{f"{noun}Number": number})
    assert (answer.text("Paid"), answer.text("AmountPaid")) == (paid, total)


def test_without_a_date_or_account_it_is_today_from_the_first(
    wire: Wire, noun: str, number: int
) -> None:
    wire.ok(f"Insert{noun}Payment", payment(wire, noun, number, 1))
    answer = wire.ok(f"Get{noun}Payment", **{f"{noun}Number": number})
    assert answer.text("PayDate") == f"{wire.sandbox.account.today()}T00:00:00"
    assert answer.text("PayAccount") == wire.ok("GetBankAccounts").texts("AccountID")[0]


@pytest.mark.parametrize("wrong", [{"PayInvoice": 404}, {"PayMethod": 0}, {"PayAccount": 1}])
def test_a_payment_of_nothing_by_nothing_or_from_nowhere_is_refused(
    wire: Wire, noun: str, number: int, wrong: dict[str, int]
) -> None:
    answer = wire.call(f"Insert{noun}Payment", payment(wire, noun, number, 1, **wrong))
    assert (answer.status, answer.number) == ("NO", 0)
    assert wire.sandbox.account.payments() == []


def test_the_other_lists_method_is_refused_unless_switched_off(
    wire: Wire, noun: str, number: int
) -> None:
    other = wire.ok(f"Get{'Inv' if noun == 'Receipt' else 'Rec'}PayMethods").texts("MethodID")[0]
    sent = payment(wire, noun, number, 1, PayMethod=other)
    wire.no(f"Insert{noun}Payment", sent)
    wire.sandbox.account.switch(strict_pay_methods=False)
    wire.ok(f"Insert{noun}Payment", sent)


def test_none_is_an_empty_list(wire: Wire, noun: str, number: int) -> None:
    answer = wire.ok(f"Get{noun}Payment", **{f"{noun}Number": number})
    assert answer.result is not None
    assert len(answer.result) == 0


def test_a_payment_is_deleted_by_its_own_number(wire: Wire, noun: str, number: int) -> None:
    identity = wire.ok(f"Insert{noun}Payment", payment(wire, noun, number, 120)).number
    answer = wire.ok(f"Delete{noun}Payment", **{f"{noun}PaymentNumber": identity})
    assert (answer.result is None) == (noun == "Invoice")
    wire.no(f"Delete{noun}Payment", **{f"{noun}PaymentNumber": identity})
    assert wire.ok(f"Get{noun}", **{f"{noun}Number": number}).text("Paid") == "0"


def test_a_payment_up_to_the_lock_date_is_refused(wire: Wire, noun: str, number: int) -> None:
    wire.sandbox.account.switch(lock_date="2026-03-31")
    sent = payment(wire, noun, number, 1, PayDate="2026-03-31")
    assert "locked" in wire.no(f"Insert{noun}Payment", sent)


def test_a_foreign_document_is_paid_in_home_currency(wire: Wire, supplier: int) -> None:
    line = {"Quantity": 1, "Rate": 125, "ValuesInCurrency": 1}
    inner = record("Inv", lines(line), CustomerID=supplier, CurrencyCode="USD", ExchangeRate="1.25")
    number = wire.ok("InsertReceipt", inner).number
    for amount, paid in (("99.99", "0"), ("0.01", "1")):
        wire.ok("InsertReceiptPayment", payment(wire, "Receipt", number, amount))
        assert wire.ok("GetReceipt", ReceiptNumber=number).text("Paid") == paid


def test_a_credit_note_is_paid_by_a_refund(wire: Wire, customer: int) -> None:
    line = {"Quantity": 1, "Rate": -50, "VatAmount": -10}
    number = wire.ok("InsertInvoice", record("Inv", lines(line), CustomerID=customer)).number
    assert wire.ok("GetInvoice", InvoiceNumber=number).text("Paid") == "0"
    wire.ok("InsertInvoicePayment", payment(wire, "Invoice", number, -60))
    answer = wire.ok("GetInvoice", InvoiceNumber=number)
    assert (answer.text("Paid"), answer.text("NetAmount")) == ("1", "-50.0000")


def test_payments_of_sales_by_date_are_counted_and_paged(wire: Wire, customer: int) -> None:
    number = wire.ok("InsertInvoice", record("Inv", CustomerID=customer)).number
    for day in range(1, 4):
        sent = payment(wire, "Invoice", number, day, PayDate=f"2026-03-0{day}")
        wire.ok("InsertInvoicePayment", sent)
    span = {"StartDate": "2026-03-02", "EndDate": "2026-03-03"}
    assert wire.ok("GetInvoicePaymentsCountforDateRange", **span).number == 2
    page = wire.ok("GetInvoicePaymentsByDateRange", **span, PageNumber=1)
    assert page.texts("PayAmount") == ["2.0000", "3.0000"]
    beyond = wire.ok("GetInvoicePaymentsByDateRange", **span, PageNumber=2)
    assert beyond.texts("PayAmount") == []


def credit(wire: Wire, customer: int, rate: str) -> int:
    """Insert a sale of one line and return its database id."""
    line = {"Quantity": 1, "Rate": rate}
    number = wire.ok("InsertInvoice", record("Inv", lines(line), CustomerID=customer)).number
    found = wire.ok("GetInvoice", InvoiceNumber=number)
    return int(str(found.text("InvoiceDBID")))


def test_a_credit_note_settles_what_it_can_of_an_invoice(wire: Wire, customer: int) -> None:
    invoice, note = credit(wire, customer, "100"), credit(wire, customer, "-30")
    asked = {"InvoiceID": invoice, "CreditNoteID": note}
    answer = wire.ok("applyCreditNoteToInvoice", **asked)
    assert answer.text("applyCreditNoteToInvoiceResult") == "true"
    settled = [wire.ok("GetInvoiceByID", InvoiceID=each) for each in (invoice, note)]
    assert [each.text("AmountPaid") for each in settled] == ["30.0000", "-30.0000"]
    assert [each.text("Paid") for each in settled] == ["0", "1"]
    assert "nothing to settle" in wire.no("applyCreditNoteToInvoice", **asked)
    other = wire.sandbox.account.customers()[1]["CustomerID"]
    stranger = credit(wire, other, "-30")
    refused = wire.no("applyCreditNoteToInvoice", InvoiceID=invoice, CreditNoteID=stranger)
    assert "different customers" in refused
