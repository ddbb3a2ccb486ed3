"""The whole client against a whole KashFlow-compatible server: what goes in is what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kfclient.api import Credentials, KashFlow, Limits
from kfclient.api.errors import (
    AddressNotListed,
    AutoAuthRefused,
    CodeNotUnique,
    KashFlowError,
    NotFound,
    Outcome,
    WrongCredentials,
)
from kfclient.api.probe import answers, reach, secure
from kfclient.api.records import Customer, Invoice, InvoiceLine, Payment, Project, Supplier
from kfclient.sandbox import Sandbox
from kfclient.sandbox.faults import KINDS

PENNY = Decimal("0.01")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as server:
        yield server


@pytest.fixture(scope="module")
def api(sandbox: Sandbox) -> Iterator[KashFlow]:
    client = KashFlow(sandbox.endpoint, Credentials(sandbox.username, sandbox.password))
    client.auto_auth_ip("Kashdeck", sandbox.autoauth_key)
    yield client
    client.close()


def test_a_business_connects_step_by_step() -> None:
    with Sandbox() as server:
        assert reach(server.endpoint)
        assert secure(server.endpoint)
        assert answers(server.endpoint)
        stranger = KashFlow(server.endpoint, Credentials(server.username, "wrong"))
        with pytest.raises(WrongCredentials):
            stranger.auto_auth_ip("Kashdeck", server.autoauth_key)
        api = KashFlow(server.endpoint, Credentials(server.username, server.password))
        with pytest.raises(AddressNotListed, match=r"127\.0\.0\.1"):
            api.get_company_details()
        with pytest.raises(AutoAuthRefused):
            api.auto_auth_ip("Kashdeck", "00000000-0000")
        api.auto_auth_ip("Kashdeck", server.autoauth_key)
        api.auto_auth_ip("Kashdeck", server.autoauth_key)
        assert api.get_company_details().company_name


def test_every_list_comes(api: KashFlow) -> None:
    told: list[int] = []
    lists = (
        api.get_nominal_codes_extended(on_rows=told.append),
        api.get_nominal_codes(),
        api.get_suppliers(),
        api.get_customers(),
        api.get_vat_rates(),
        api.get_projects_full(),
        api.get_bank_accounts(),
        api.get_currencies(),
        api.get_rec_pay_methods(),
        api.get_inv_pay_methods(),
    )
    assert all(lists)
    assert told[-1] == len(lists[0])
    assert api.is_user_vat_registered() is True


def test_a_supplier_and_a_customer_are_created_and_found(api: KashFlow) -> None:
    supplier_id = api.insert_supplier(Supplier(name="Śliwa & Söhne <b>", notes="one\ntwo"))
    supplier = api.get_supplier_by_id(supplier_id)
    assert supplier is not None
    assert (supplier.name, supplier.notes) == ("Śliwa & Söhne <b>", "one\ntwo")
    assert api.get_supplier(supplier.code) == supplier
    with pytest.raises(CodeNotUnique) as caught:
        api.insert_supplier(Supplier(name="Another", code=supplier.code))
    assert caught.value.outcome is Outcome.REFUSED
    customer_id = api.insert_customer(Customer(name="Ada Ltd", email="ada@example.com"))
    customer = api.get_customer_by_id(customer_id)
    assert customer is not None
    assert api.get_customer(customer.code) == customer


def test_what_is_not_there_is_none(api: KashFlow) -> None:
    assert api.get_supplier("NOBODY9") is None
    assert api.get_supplier_by_id(9) is None
    assert api.get_customer("NOBODY9") is None
    assert api.get_customer_by_id(9) is None
    assert api.get_receipt(999999) is None
    assert api.get_invoice(999999) is None
    assert api.get_invoice_by_id(999999) is None
    with pytest.raises(NotFound):
        api.delete_receipt(999999)


def test_a_purchase_is_made_paid_unpaid_and_deleted(api: KashFlow) -> None:
    supplier = api.get_suppliers()[0]
    made = Invoice(
        invoice_date=date(2026, 5, 4),
        customer_id=supplier.supplier_id,
        customer_reference="A-1",
        lines=(InvoiceLine(quantity=Decimal(2), rate=Decimal("9.99"), vat_amount=Decimal(4)),),
    )
    number = api.insert_receipt(made)
    found = api.get_receipt(number)
    assert found is not None
    assert found.net_amount + found.vat_amount == Decimal("23.98")
    assert found in api.get_receipts_for_supplier(supplier.supplier_id)
    assert found in api.get_receipts_recent(5)
    page = api.get_receipts_with_paging(1, 1)
    assert (page.receipts, page.page_number) == ([found], 1)
    payment = Payment(
        pay_invoice=number,
        pay_date=date(2026, 5, 5),
        pay_method=api.get_rec_pay_methods()[0].method_id,
        pay_account=api.get_bank_accounts()[0].account_id,
        pay_amount=Decimal("23.98"),
    )
    payment_number = api.insert_receipt_payment(payment)
    assert [one.pay_id for one in api.get_receipt_payment(number)] == [payment_number]
    paid = api.get_receipt(number)
    assert paid is not None
    assert paid.paid == 1
    api.delete_receipt_payment(payment_number)
    assert api.get_receipt_payment(number) == []
    api.delete_receipt(number)
    assert api.get_receipt(number) is None


def test_a_sale_is_made_paid_unpaid_and_deleted(api: KashFlow) -> None:
    customer = api.get_customers()[0]
    number = api.insert_invoice(
        Invoice(
            invoice_date=date(2026, 5, 4),
            customer_id=customer.customer_id,
            lines=(InvoiceLine(quantity=Decimal(1), rate=Decimal(-5)),),
        )
    )
    found = api.get_invoice(number)
    assert found is not None
    assert found.net_amount == Decimal(-5)
    assert found in api.get_invoices_for_customer(customer.customer_id)
    assert found in api.get_invoices_recent(5)
    assert api.get_invoice_by_id(found.invoice_dbid) == found
    method = api.get_inv_pay_methods()[0].method_id
    payment_number = api.insert_invoice_payment(
        Payment(
            pay_invoice=number,
            pay_date=date(2026, 5, 5),
            pay_method=method,
            pay_amount=Decimal(-5),
        )
    )
    assert [one.pay_amount for one in api.get_invoice_payment(number)] == [Decimal(-5)]
    api.delete_invoice_payment(payment_number)
    api.delete_invoice(number)
    assert api.get_invoice(number) is None


def bought(supplier_id: int, reference: str = "") -> Invoice:
    """Return a purchase of 10.00 net and 2.00 VAT."""
    line = InvoiceLine(quantity=Decimal(1), rate=Decimal(10), vat_amount=Decimal(2))
    return Invoice(
        invoice_date=date(2026, 5, 4),
        customer_id=supplier_id,
        customer_reference=reference,
        lines=(line,),
    )


def test_a_supplier_is_changed_and_keeps_what_was_not_changed(api: KashFlow) -> None:
    made = Supplier(name="Lane & Co", contact_first_name="Ada", notes="by hand", payment_terms=14)
    before = api.get_supplier_by_id(api.insert_supplier(made))
    assert before is not None
    changed = msgspec.structs.replace(before, email="new@example.com")
    api.update_supplier(changed)
    assert api.get_supplier_by_id(before.supplier_id) == changed


def test_customers_are_found_by_email_and_by_when_they_changed(api: KashFlow) -> None:
    customer_id = api.insert_customer(Customer(name="Grace", email="grace@example.com"))
    found = api.get_customer_by_email("grace@example.com")
    assert found is not None
    assert found.customer_id == customer_id
    assert api.get_customer_by_email("nobody@example.com") is None
    assert found in api.get_customers_modified_since(date(2020, 1, 1))
    assert api.get_customers_modified_since(date(2090, 1, 1)) == []


def test_a_project_is_made_and_changed(api: KashFlow) -> None:
    project_id = api.insert_or_update_project(
        Project(number=712, name="Roof", date1=date(2026, 3, 1), status=1)
    )
    [made] = [one for one in api.get_projects_full() if one.id == project_id]
    assert (made.number, made.date1, made.date2, made.status) == (712, date(2026, 3, 1), None, 1)
    api.insert_or_update_project(msgspec.structs.replace(made, status=2))
    [after] = [one for one in api.get_projects_full(2) if one.id == project_id]
    assert after == msgspec.structs.replace(made, status=2)
    assert Project(id=project_id, number=712, name="Roof") in api.get_projects()


def test_the_accounts_defaults_hold_its_currencies(api: KashFlow) -> None:
    defaults = api.get_user_account_defaults_type_defined()
    assert defaults.is_vat_registered is True
    assert list(defaults.currencies) == api.get_currencies()


def test_notes_and_files_stay_with_their_purchase(api: KashFlow) -> None:
    number = api.insert_receipt_type_defined(bought(api.get_suppliers()[0].supplier_id))
    found = api.get_receipt_type_defined(number)
    assert found is not None
    assert found == api.get_receipt(number)
    assert len(found.lines) == 1
    receipt_id = found.invoice_dbid
    assert api.insert_receipt_note(receipt_id, "Paid late", date(2026, 5, 6)) is True
    [note] = api.get_receipt_notes(receipt_id)
    assert (note.receipt_id, note.note_date, note.notes) == (
        receipt_id,
        date(2026, 5, 6),
        "Paid late",
    )
    assert api.attach_file_to_receipt(number, "bill.pdf", b"%PDF-1.7 " * 400) > 0
    [file] = api.get_receipt_attachments(receipt_id)
    assert (file.actual_filename, file.file_extension, file.content_type) == (
        "bill.pdf",
        "pdf",
        "application/pdf",
    )
    api.delete_receipt_attachment(receipt_id, file.attachment_id)
    assert api.get_receipt_attachments(receipt_id) == []
    api.delete_receipt_by_id(receipt_id)
    assert api.get_receipt(number) is None


def test_a_sale_has_notes_and_is_found_by_its_date(api: KashFlow) -> None:
    number = api.insert_invoice_type_defined(bought(api.get_customers()[0].customer_id))
    found = api.get_invoice(number)
    assert found is not None
    assert found in api.get_invoices_by_date_range(date(2026, 5, 4), date(2026, 5, 4))
    assert found not in api.get_invoices_by_date_range(date(2026, 5, 5), date(2026, 5, 31))
    api.insert_invoice_note(found.invoice_dbid, "Called", date(2026, 5, 6))
    [note] = api.get_invoice_notes(found.invoice_dbid)
    assert (note.invoice_id, note.notes) == (found.invoice_dbid, "Called")
    api.delete_invoice_by_id(found.invoice_dbid)
    assert api.get_invoice(number) is None


def test_pages_come_one_after_the_other_to_the_last(api: KashFlow) -> None:
    supplier_id = api.insert_supplier(Supplier(name="Paged"))
    made = [api.insert_receipt(bought(supplier_id, f"P{n}")) for n in range(7)]
    pages = list(api.iter_receipts_pages(3))
    assert [page.page_number for page in pages] == list(range(1, len(pages) + 1))
    assert all(len(page.receipts) == 3 for page in pages[:-1])
    numbers = [receipt.invoice_number for page in pages for receipt in page.receipts]
    assert len(numbers) == len(set(numbers)) == pages[0].total_records
    assert set(made) <= set(numbers)
    assert [page.receipts for page in api.iter_receipts_pages(3, "Overpaid")] == [[]]
    for number in made:
        api.delete_receipt(number)


pennies = st.decimals(-999_999, 999_999, places=2)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=40)
lines = st.builds(
    InvoiceLine,
    quantity=st.decimals(-999, 999, places=4),
    description=texts,
    rate=pennies,
    vat_rate=st.sampled_from([Decimal(rate) for rate in ("-1", "0", "5", "17.5", "20")]),
    vat_amount=pennies,
)
documents = st.builds(
    Invoice,
    invoice_date=st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    due_date=st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    customer_reference=texts,
    lines=st.lists(lines, max_size=4).map(tuple),
)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(documents)
def test_any_document_comes_back_to_the_penny_and_to_the_day(
    api: KashFlow, document: Invoice
) -> None:
    supplier_id = api.get_suppliers()[0].supplier_id
    sent = msgspec.structs.replace(document, customer_id=supplier_id)
    number = api.insert_receipt(sent)
    found = api.get_receipt(number)
    assert found is not None
    assert found.invoice_number == number
    assert found.customer_id == supplier_id
    assert found.invoice_date == document.invoice_date
    assert found.due_date == (document.due_date or document.invoice_date)
    assert found.customer_reference == document.customer_reference.strip()
    assert [(one.quantity, one.rate, one.vat_rate, one.vat_amount) for one in found.lines] == [
        (one.quantity, one.rate, one.vat_rate, one.vat_amount) for one in document.lines
    ]
    assert [one.description for one in found.lines] == [
        " ".join(one.description.split()) for one in document.lines
    ]
    net = sum(
        ((one.quantity * one.rate).quantize(PENNY, ROUND_HALF_UP) for one in document.lines),
        Decimal(0),
    )
    assert found.net_amount == net
    assert found.vat_amount == sum((one.vat_amount for one in document.lines), Decimal(0))
    api.delete_receipt(number)


@pytest.mark.parametrize("kind", KINDS)
def test_a_misbehaving_server_leaves_an_insert_in_doubt_unless_it_says_no(
    sandbox: Sandbox, api: KashFlow, kind: str
) -> None:
    assert api.get_vat_rates()
    waits = kind in ("slow", "trickle", "hang")  # until the client gives up, and longer
    hasty = KashFlow(
        sandbox.endpoint,
        Credentials(sandbox.username, sandbox.password),
        limits=Limits(writing=0.4) if waits else Limits(),
    )
    sandbox.misbehave("InsertSupplier", kind, seconds=3600 if waits else None)
    try:
        with pytest.raises(KashFlowError) as caught:
            hasty.insert_supplier(Supplier(name="Doubtful"))
    finally:
        sandbox.behave()
    assert caught.value.outcome is (Outcome.REFUSED if kind == "refuse" else Outcome.UNKNOWN)


@pytest.mark.parametrize("kind", ["drop-before", "truncate", "html-503", "fault-500"])
def test_a_list_comes_although_the_server_stumbles_once(
    sandbox: Sandbox, api: KashFlow, kind: str
) -> None:
    sandbox.misbehave("GetSuppliers", kind)
    try:
        assert api.get_suppliers()
    finally:
        sandbox.behave()


def test_a_leap_day_is_a_day(api: KashFlow) -> None:
    supplier_id = api.get_suppliers()[0].supplier_id
    day = date(2028, 2, 29)
    number = api.insert_receipt(
        Invoice(invoice_date=day, due_date=day + timedelta(days=1), customer_id=supplier_id)
    )
    found = api.get_receipt(number)
    assert found is not None
    assert (found.invoice_date, found.due_date) == (day, date(2028, 3, 1))
