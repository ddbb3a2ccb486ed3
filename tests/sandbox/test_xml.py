"""What .NET's deserialiser lets pass, and what it makes of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.sandbox.xml import decimal_text, to_decimal, to_int, to_moment
from tests.sandbox.wire import Wire, lines, record


def test_values_left_out_get_their_types_default(wire: Wire, supplier: int) -> None:
    number = wire.ok("InsertReceipt", record("Inv", lines({}), CustomerID=supplier)).number
    answer = wire.ok("GetReceipt", ReceiptNumber=number)
    assert answer.text("SuppressTotal") == "0"
    assert answer.text("Quantity") == "0.0000"
    assert answer.text("ChargeType") == "0"
    assert answer.text("UseCustomDeliveryAddress") == "false"


def test_order_does_not_matter(wire: Wire, supplier: int) -> None:
    inner = (
        f"<Inv><CustomerReference>R1</CustomerReference><CustomerID>{supplier}</CustomerID></Inv>"
    )
    content = (
        f'<InsertReceipt xmlns="KashFlow">{inner}<Password>{wire.sandbox.password}</Password>'
        f"<UserName>{wire.sandbox.username}</UserName></InsertReceipt>"
    )
    assert wire.post("InsertReceipt", content).status == "OK"
    assert wire.sandbox.account.receipts()[0]["CustomerReference"] == "R1"


def test_what_is_unknown_or_in_the_wrong_case_is_passed_over(wire: Wire, supplier: int) -> None:
    inner = record("Inv", CustomerID=supplier, customerreference="no", Nonsense="no")
    wire.ok("InsertReceipt", inner, Nonsense="no")
    assert "CustomerReference" not in wire.sandbox.account.receipts()[0]


def test_credentials_in_no_namespace_are_wrong_credentials_and_no_fault(wire: Wire) -> None:
    sandbox = wire.sandbox
    content = (
        f'<k:GetVATRates xmlns:k="KashFlow"><UserName>{sandbox.username}</UserName>'
        f"<Password>{sandbox.password}</Password></k:GetVATRates>"
    )
    answer = wire.post("GetVATRates", content)
    assert (answer.http, answer.status) == (200, "NO")
    assert answer.detail == "Incorrect username or password"


def test_any_prefix_will_do_for_the_namespace(wire: Wire) -> None:
    sandbox = wire.sandbox
    content = (
        f'<k:GetVATRates xmlns:k="KashFlow"><k:UserName>{sandbox.username}</k:UserName>'
        f"<k:Password>{sandbox.password}</k:Password></k:GetVATRates>"
    )
    assert wire.post("GetVATRates", content).status == "OK"


@pytest.mark.parametrize("content", ["", "<GetVATRates/>", '<Other xmlns="KashFlow"/>'])
def test_a_body_without_the_operation_is_a_call_without_arguments(wire: Wire, content: str) -> None:
    assert wire.post("GetVATRates", content).detail == "Incorrect username or password"


def test_the_first_of_two_elements_counts(wire: Wire) -> None:
    answer = wire.call("GetReceipt", "<ReceiptNumber>x</ReceiptNumber>", ReceiptNumber=1)
    assert answer.status == "OK"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-06-30", "2026-06-30T00:00:00"),
        ("2026-06-30T22:44:00", "2026-06-30T00:00:00"),
        ("2026-06-30T22:44:00.123", "2026-06-30T00:00:00"),
        ("2026-06-30T23:00:00Z", "2026-07-01T00:00:00"),
        ("2026-06-30T22:59:00Z", "2026-06-30T00:00:00"),
        ("2026-12-31T23:59:00Z", "2026-12-31T00:00:00"),
        ("2026-01-01T00:30:00+02:00", "2025-12-31T00:00:00"),
        ("  2026-06-30 ", "2026-06-30T00:00:00"),
    ],
)
def test_dates_lose_their_time_in_the_uk(wire: Wire, supplier: int, sent: str, kept: str) -> None:
    inner = record("Inv", CustomerID=supplier, InvoiceDate=sent, DueDate=sent)
    number = wire.ok("InsertReceipt", inner).number
    answer = wire.ok("GetReceipt", ReceiptNumber=number)
    assert (answer.text("InvoiceDate"), answer.text("DueDate")) == (kept, kept)


def test_whole_numbers_and_booleans_may_have_space_around_them(wire: Wire, supplier: int) -> None:
    inner = f"<Inv><CustomerID> {supplier}\n</CustomerID><Paid>+1</Paid></Inv>"
    wire.ok("InsertReceipt", inner)


def test_a_comment_in_a_value_is_passed_over(wire: Wire, supplier: int) -> None:
    inner = f"<Inv><CustomerID>{str(supplier)[:3]}<!-- x -->{str(supplier)[3:]}</CustomerID></Inv>"
    wire.ok("InsertReceipt", inner)


def test_typed_lines_need_no_type(wire: Wire, supplier: int) -> None:
    line = "<Lines><InvoiceLine><Rate>5</Rate><Quantity>2</Quantity></InvoiceLine></Lines>"
    wire.ok("InsertReceipt_TypeDefined", record("Inv_TD", line, CustomerID=supplier))
    assert wire.ok("GetReceipt_TypeDefined", ReceiptNumber=1).text("NetAmount") == "10.0000"


def test_typed_lines_in_the_untyped_call_are_lost_without_a_word(wire: Wire, supplier: int) -> None:
    line = "<Lines><InvoiceLine><Rate>5</Rate></InvoiceLine></Lines>"
    wire.ok("InsertReceipt", record("Inv", line, CustomerID=supplier))
    assert wire.sandbox.account.receipts()[0]["Lines"] == []


def test_a_line_may_name_its_type_with_a_prefix(wire: Wire, supplier: int) -> None:
    item = '<anyType xmlns:k="KashFlow" xsi:type="k:InvoiceLine"><Rate>5</Rate></anyType>'
    line = f"<Lines>{item}</Lines>"
    wire.ok("InsertReceipt", record("Inv", line, CustomerID=supplier))
    assert wire.sandbox.account.receipts()[0]["Lines"][0]["Rate"] == Decimal(5)


def test_an_empty_string_stays_one_and_a_null_goes(wire: Wire) -> None:
    inner = '<supl><Name>Ink &amp; Co</Name><Mobile></Mobile><Fax xsi:nil="true" /></supl>'
    number = wire.ok("InsertSupplier", inner).number
    answer = wire.ok("GetSupplierByID", SupplierID=number)
    assert answer.texts("Mobile") == [None]
    assert answer.texts("Fax") == []
    assert answer.text("Name") == "Ink & Co"


def test_text_comes_back_as_it_went(wire: Wire) -> None:
    notes = "1 < 2 & 3 > 2\ttab\nnew line €✓"
    number = wire.ok("InsertSupplier", record("supl", Name="Ink", Notes=notes)).number
    assert wire.ok("GetSupplierByID", SupplierID=number).text("Notes") == notes


@given(st.integers(-(2**31), 2**31 - 1))
def test_every_32_bit_number_is_read(number: int) -> None:
    assert to_int(str(number)) == number


@given(st.text(max_size=12))
def test_a_number_is_read_or_refused_and_nothing_else(text: str) -> None:
    for read in (to_int, to_decimal, to_moment):
        try:
            read(text)
        except ValueError as error:
            assert str(error)  # noqa: PT017 - the sentence goes into the fault


@given(st.decimals(-(10**9), 10**9, places=4))
def test_a_decimal_is_written_as_it_is_read_with_four_places(number: Decimal) -> None:
    text = decimal_text(number)
    assert to_decimal(text) == number
    assert text[-5] == "."


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_every_date_is_read(day: date) -> None:
    assert to_moment(day.isoformat()) == f"{day.isoformat()}T00:00:00"


@pytest.mark.parametrize(
    ("utc", "uk"),
    [
        ("2026-03-29T00:59:59Z", "2026-03-29T00:59:59"),
        ("2026-03-29T01:00:00Z", "2026-03-29T02:00:00"),
        ("2026-10-25T00:59:59Z", "2026-10-25T01:59:59"),
        ("2026-10-25T01:00:00Z", "2026-10-25T01:00:00"),
    ],
)
def test_british_summer_time_starts_and_ends_on_its_sundays(utc: str, uk: str) -> None:
    assert to_moment(utc) == uk


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:00:00-14:00", "2026-01-01+15:00"]
)
def test_dates_beyond_the_calendar_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a valid AllXsd value"):
        to_moment(text)
