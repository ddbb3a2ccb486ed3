"""Values that KashFlow could not keep as they are never leave, and the error names the field."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from kfclient.api import KashFlowError, Outcome
from kfclient.api.errors import BadRequest
from kfclient.api.records import Invoice, InvoiceLine, Payment, Supplier
from kfclient.api.request import message, text
from tests.api.byte_server import ByteServer, ok
from tests.api.clients import client

DAY = date(2026, 1, 2)


def line(**values: Any) -> Invoice:
    return Invoice(invoice_date=DAY, lines=(InvoiceLine(**values),))


@pytest.mark.parametrize(
    ("record", "named"),
    [
        (line(rate=Decimal("0.005")), r"Invoice\.Lines\[1\]\.Rate has more than 2 decimal places"),
        (line(vat_rate=Decimal("17.555")), "VatRate"),
        (line(quantity=Decimal("0.33333")), "Quantity"),
        (line(rate=Decimal("NaN")), "Rate"),
        (line(rate=Decimal("Infinity")), "Rate"),
        (line(vat_amount=Decimal("1e20")), "VatAmount"),
        (line(rate=Decimal("1e400")), "Rate"),
        (line(rate=1.5), "Rate is a float"),
        (line(quantity="2"), "Quantity is a str"),
        (line(charge_type=2**31), "ChargeType"),
        (line(charge_type=-(2**31) - 1), "ChargeType"),
        (Invoice(), "InvoiceDate"),
        (Invoice(invoice_date=date(1, 1, 1)), "InvoiceDate"),
        (Payment(pay_invoice=1), "PayDate"),
        (Payment(pay_date=DAY, pay_amount=Decimal("1.001")), "PayAmount"),
        (Supplier(name=b"x"), "Name is a bytes"),  # type: ignore[arg-type]
        (Supplier(payment_terms=1.0), "PaymentTerms is a float"),  # type: ignore[arg-type]
        (Supplier(payment_terms="30"), "PaymentTerms is a str"),  # type: ignore[arg-type]
        (Supplier(name=7), "Name is a int"),  # type: ignore[arg-type]
        (Supplier(payment_terms=True), "PaymentTerms is a bool"),
    ],
)
def test_a_value_that_cannot_be_kept_is_refused_by_name(record: Any, named: str) -> None:
    with pytest.raises(BadRequest, match=named) as caught:
        message(record)
    assert caught.value.outcome is Outcome.NOT_SENT


def test_such_a_value_never_reaches_the_network() -> None:
    with ByteServer(ok("InsertReceipt", "1")) as server:
        with pytest.raises(KashFlowError):
            client(server.endpoint).insert_receipt(line(rate=Decimal("0.005")))
        with pytest.raises(KashFlowError):
            client(server.endpoint).get_receipt(2**31)
        assert server.connections == 0


def test_vat_is_rounded_half_up_and_trailing_noughts_are_no_precision() -> None:
    [sent] = message(
        line(
            vat_amount=Decimal("1.405"),
            rate=Decimal("2.5000"),
            quantity=Decimal("20.0000"),
            vat_rate=Decimal("-1"),
        )
    )["Lines"]
    assert {name: str(sent[name]) for name in ("VatAmount", "Rate", "Quantity", "VatRate")} == {
        "VatAmount": "1.41",
        "Rate": "2.50",
        "Quantity": "20",
        "VatRate": "-1.00",
    }


def test_no_amount_is_minus_nought() -> None:
    [sent] = message(line(vat_amount=Decimal("-0.001"), rate=Decimal("-0")))["Lines"]
    assert (str(sent["VatAmount"]), str(sent["Rate"])) == ("0.00", "0.00")


def test_a_document_is_due_on_its_date_unless_said_otherwise() -> None:
    assert (
        message(Invoice(invoice_date=DAY))["DueDate"]
        == message(Invoice(invoice_date=DAY))["InvoiceDate"]
    )
    sent = message(Invoice(invoice_date=DAY, due_date=date(2026, 2, 1)))
    assert sent["DueDate"].isoformat() == "2026-02-01T00:00:00"


def test_lines_are_numbered_by_their_place_unless_they_have_one() -> None:
    lines = (InvoiceLine(), InvoiceLine(sort=7), InvoiceLine())
    sent = message(Invoice(invoice_date=DAY, lines=lines))["Lines"]
    assert [one["Sort"] for one in sent] == [1, 7, 3]


def test_line_breaks_in_a_description_become_spaces_and_stay_in_notes() -> None:
    [sent] = message(line(description=" a\r\nb\n\n c\td "))["Lines"]
    assert sent["Description"] == "a b c d"
    assert message(Supplier(name="x", notes="a\r\nb"))["Notes"] == "a\nb"


def test_empty_texts_are_left_out() -> None:
    assert "Code" not in message(Supplier(name="x"))


@given(st.text())
def test_any_text_can_be_carried_after_losing_only_what_xml_cannot_carry(value: str) -> None:
    carried = text(value)
    element = etree.Element("x")
    element.text = carried
    assert (etree.fromstring(etree.tostring(element)).text or "") == carried
    if value.isprintable():
        assert carried == value.strip()
