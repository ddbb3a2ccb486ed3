"""Every request is one that KashFlow's own schema accepts, with its action and our secrets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from kfclient.api import KashFlow
from kfclient.api.errors import BadRequest
from kfclient.api.records import Customer, Invoice, InvoiceLine, Payment, Project, Supplier
from tests.api.byte_server import ByteServer, envelope, http
from tests.api.clients import AUTOAUTH_KEY, PASSWORD, USERNAME, client
from tests.api.test_wsdl import OURS, SINCE_2026
from tests.contract import validate_request

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
KF = "{KashFlow}"
SECRETS = {f"{KF}UserName", f"{KF}Password"}
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

DOCUMENT = Invoice(
    invoice_dbid=99,
    invoice_number=12,
    invoice_date=date(2026, 2, 28),
    due_date=date(2026, 3, 30),
    customer_id=5310077,
    customer_reference="INV 7 <&> café",
    project_id=61204,
    currency_code="USD",
    exchange_rate=Decimal("1.23"),
    net_amount=Decimal(5),
    paid=1,
    lines=(
        InvoiceLine(
            quantity=Decimal("1.5"),
            description="Two\nlines",
            rate=Decimal("-3.5"),
            charge_type=18685896,
            vat_rate=Decimal("17.5"),
            vat_amount=Decimal("-0.92"),
            proj_id=61204,
            line_id=4,
            values_in_currency=1,
        ),
        InvoiceLine(quantity=Decimal(1), vat_rate=Decimal(-1)),
    ),
)
PAYMENT = Payment(
    pay_invoice=12, pay_date=date(2026, 3, 1), pay_method=1, pay_account=2, pay_amount=Decimal(-9)
)

PROJECT = Project(id=6, number=2, name="Roof", date1=date(2026, 3, 1), status=1)
DAY = date(2026, 2, 28)
FILE = ("scans/bill 7.PDF", b"%PDF-1.7")

CALLS: dict[str, Callable[[KashFlow], object]] = {
    "AttachFileToInvoice": lambda api: api.attach_file_to_invoice(12, *FILE),
    "AttachFileToReceipt": lambda api: api.attach_file_to_receipt(12, *FILE),
    "DeleteInvoiceByID": lambda api: api.delete_invoice_by_id(1),
    "DeleteReceiptAttachment": lambda api: api.delete_receipt_attachment(41, 3),
    "DeleteReceiptByID": lambda api: api.delete_receipt_by_id(1),
    "GetCustomerByEmail": lambda api: api.get_customer_by_email("ada@example.com"),
    "GetCustomersModifiedSince": lambda api: api.get_customers_modified_since(DAY),
    "GetInvoiceNotes": lambda api: api.get_invoice_notes(41),
    "GetInvoicesByDateRange": lambda api: api.get_invoices_by_date_range(DAY, DAY),
    "GetProjects": lambda api: api.get_projects(),
    "GetReceiptAttachments": lambda api: api.get_receipt_attachments(41),
    "GetReceiptNotes": lambda api: api.get_receipt_notes(41),
    "GetReceipt_TypeDefined": lambda api: api.get_receipt_type_defined(1),
    "GetUserAccountDefaults_TypeDefined": (
        lambda api: api.get_user_account_defaults_type_defined()
    ),
    "InsertInvoiceNote": lambda api: api.insert_invoice_note(41, "Paid\r\nlate", DAY),
    "InsertInvoice_TypeDefined": lambda api: api.insert_invoice_type_defined(DOCUMENT),
    "InsertOrUpdateProject": lambda api: api.insert_or_update_project(PROJECT),
    "InsertReceiptNote": lambda api: api.insert_receipt_note(41, "Paid\r\nlate", DAY),
    "InsertReceipt_TypeDefined": lambda api: api.insert_receipt_type_defined(DOCUMENT),
    "UpdateSupplier": lambda api: api.update_supplier(Supplier(supplier_id=4, name="Acme")),
    "AutoAuthIP": lambda api: api.auto_auth_ip("Kashdeck", AUTOAUTH_KEY),
    "DeleteInvoice": lambda api: api.delete_invoice(1),
    "DeleteInvoicePayment": lambda api: api.delete_invoice_payment(1),
    "DeleteReceipt": lambda api: api.delete_receipt(1),
    "DeleteReceiptPayment": lambda api: api.delete_receipt_payment(1),
    "GetBankAccounts": lambda api: api.get_bank_accounts(),
    "GetCompanyDetails": lambda api: api.get_company_details(),
    "GetCurrencies": lambda api: api.get_currencies(),
    "GetCustomer": lambda api: api.get_customer("ACME01"),
    "GetCustomerByID": lambda api: api.get_customer_by_id(1),
    "GetCustomers": lambda api: api.get_customers(),
    "GetInvPayMethods": lambda api: api.get_inv_pay_methods(),
    "GetInvoice": lambda api: api.get_invoice(1),
    "GetInvoiceByID": lambda api: api.get_invoice_by_id(1),
    "GetInvoicePayment": lambda api: api.get_invoice_payment(1),
    "GetInvoicesForCustomer": lambda api: api.get_invoices_for_customer(1),
    "GetInvoices_Recent": lambda api: api.get_invoices_recent(5),
    "GetNominalCodes": lambda api: api.get_nominal_codes(),
    "GetNominalCodesExtended": lambda api: api.get_nominal_codes_extended(),
    "GetProjects_Full": lambda api: api.get_projects_full(),
    "GetReceipt": lambda api: api.get_receipt(1),
    "GetReceiptPayment": lambda api: api.get_receipt_payment(1),
    "GetReceiptsForSupplier": lambda api: api.get_receipts_for_supplier(1),
    "GetReceiptsWithPaging": lambda api: api.get_receipts_with_paging(1),
    "GetReceipts_Recent": lambda api: api.get_receipts_recent(5),
    "GetRecPayMethods": lambda api: api.get_rec_pay_methods(),
    "GetSupplier": lambda api: api.get_supplier("ACME01"),
    "GetSupplierByID": lambda api: api.get_supplier_by_id(1),
    "GetSuppliers": lambda api: api.get_suppliers(),
    "GetVATRates": lambda api: api.get_vat_rates(),
    "InsertCustomer": lambda api: api.insert_customer(Customer(customer_id=4, name="Acme")),
    "InsertInvoice": lambda api: api.insert_invoice(DOCUMENT),
    "InsertInvoicePayment": lambda api: api.insert_invoice_payment(PAYMENT),
    "InsertReceipt": lambda api: api.insert_receipt(DOCUMENT),
    "InsertReceiptPayment": lambda api: api.insert_receipt_payment(PAYMENT),
    "InsertSupplier": lambda api: api.insert_supplier(Supplier(supplier_id=4, name="Acme")),
    "isUserVATRegistered": lambda api: api.is_user_vat_registered(),
}
CHANGES = ("Insert", "Delete", "Update", "Attach")

PAGES = "<PageNumber>1</PageNumber><TotalPages>1</TotalPages><TotalRecords>0</TotalRecords>"


def sent(operation: str) -> tuple[list[str], etree._Element]:
    """Make the call; return the head of the request it sent, and its body's one element."""
    results = {"isUserVATRegistered": "true", "GetCompanyDetails": "<CompanyName>x</CompanyName>"}
    number = "1" if operation.startswith((*CHANGES, "AutoAuth")) else ""
    result = results.get(operation, number)
    reply = envelope(
        f'<{operation}Response xmlns="KashFlow"><{operation}Result>{result}</{operation}Result>'
        f"<Status>OK</Status>{PAGES}</{operation}Response>"
    )
    with ByteServer(http(reply)) as server:
        CALLS[operation](client(server.endpoint))
        [request] = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    element = etree.fromstring(body).find(f"{SOAP}Body")
    assert element is not None
    [call] = element
    return head.decode().split("\r\n"), call


def content(tree: etree._Element) -> list[object]:
    """Return every element of a request with its text and attributes, but for the secrets."""
    return [
        (one.tag, None if one.tag in SECRETS else one.text, dict(one.items()))
        for one in tree.iter()
    ]


def test_every_operation_of_our_wsdl_is_tried_here() -> None:
    assert sorted(CALLS) == sorted(OURS.actions)


@pytest.mark.parametrize("operation", CALLS)
def test_a_request_is_valid_by_kashflows_own_schema(operation: str) -> None:
    _, call = sent(operation)
    whole = etree.tostring(call.getroottree().getroot())
    if operation == SINCE_2026:  # valid as its sibling is
        operation = "AttachFileToReceipt"
        whole = whole.replace(SINCE_2026.encode(), operation.encode())
        whole = whole.replace(b"InvoiceNo>", b"ReceiptNo>")
    assert validate_request(whole) == operation


@pytest.mark.parametrize("operation", CALLS)
def test_a_request_carries_the_action_and_the_credentials(operation: str) -> None:
    head, call = sent(operation)
    assert head[0] == "POST /api/service.asmx HTTP/1.1"
    assert f'SOAPAction: "KashFlow/{operation}"' in head
    assert "Content-Type: text/xml; charset=utf-8" in head
    assert ("Connection: close" in head) is operation.startswith(CHANGES)
    assert call.findtext(f"{KF}UserName") == USERNAME
    assert call.findtext(f"{KF}Password") == PASSWORD
    assert call.findtext(f"{KF}AutoAuthKey") in (None, AUTOAUTH_KEY)


@pytest.mark.parametrize("operation", ["InsertReceipt", "InsertInvoice"])
def test_a_document_goes_out_without_a_number_and_with_typed_lines(operation: str) -> None:
    _, call = sent(operation)
    document = call.find(f"{KF}Inv")
    assert document is not None
    got = {str(child.tag).removeprefix(KF): child.text for child in document}
    assert got["InvoiceDBID"] == got["InvoiceNumber"] == got["Paid"] == got["NetAmount"] == "0"
    assert got["InvoiceDate"] == "2026-02-28T00:00:00"
    assert got["CustomerReference"] == "INV 7 <&> café"
    lines = document.findall(f"{KF}Lines/{KF}anyType")
    assert [line.get(XSI_TYPE, "").partition(":")[2] for line in lines] == ["InvoiceLine"] * 2
    first = {str(child.tag).removeprefix(KF): child.text for child in lines[0]}
    assert first == {
        "Quantity": "1.5",
        "Description": "Two lines",
        "Rate": "-3.50",
        "ChargeType": "18685896",
        "VatRate": "17.50",
        "VatAmount": "-0.92",
        "ProductID": "0",
        "Sort": "1",
        "ProjID": "61204",
        "LineID": "0",
        "ValuesInCurrency": "1",
    }


def test_all_projects_are_asked_for() -> None:
    _, call = sent("GetProjects_Full")
    assert call.findtext(f"{KF}ProjStatus") == "-1"


def test_the_envelope_to_look_at_is_the_one_sent_but_for_the_secrets() -> None:
    _, call = sent("InsertReceipt")
    shown = client("http://127.0.0.1/").envelope("InsertReceipt", Inv=DOCUMENT)
    assert PASSWORD.encode() not in shown
    assert USERNAME.encode() not in shown
    assert shown.count("•••".encode()) == 2
    assert shown.count(b"\n") > 30
    tree = etree.fromstring(shown, etree.XMLParser(remove_blank_text=True))
    assert content(tree) == content(call.getroottree().getroot())


@pytest.mark.parametrize("operation", ["InsertReceipt", "InsertInvoice"])
def test_typed_lines_say_the_same_as_lines_that_carry_their_type(operation: str) -> None:
    def lines(tree: etree._Element) -> list[list[tuple[object, str | None]]]:
        found = [*tree.iter(f"{KF}anyType"), *tree.iter(f"{KF}InvoiceLine")]
        return [[(one.tag, one.text) for one in line] for line in found]

    _, plain = sent(operation)
    _, typed = sent(f"{operation}_TypeDefined")
    assert len(lines(typed)) == 2
    assert lines(typed) == lines(plain)
    assert typed.find(f"{KF}Inv_TD/{KF}PermaLink") is None


def test_an_update_names_what_it_updates_and_an_insert_does_not() -> None:
    _, updated = sent("UpdateSupplier")
    _, inserted = sent("InsertSupplier")
    assert updated.findtext(f"{KF}sup/{KF}SupplierID") == "4"
    assert inserted.findtext(f"{KF}supl/{KF}SupplierID") == "0"


def test_a_supplier_without_an_id_is_not_updated() -> None:
    with ByteServer(b"") as server:
        with pytest.raises(BadRequest, match="without an id"):
            client(server.endpoint).update_supplier(Supplier(name="Acme"))
        assert server.connections == 0


def test_a_project_that_has_no_date_is_not_given_one() -> None:
    _, call = sent("InsertOrUpdateProject")
    project = call.find(f"{KF}Project")
    assert project is not None
    got = {str(child.tag).removeprefix(KF): child.text for child in project}
    assert got["ID"] == "6"
    assert got["Status"] == "1"
    assert got["Date1"] == "2026-03-01T00:00:00"
    assert got["Date2"] == "0001-01-01T00:00:00"


@pytest.mark.parametrize("operation", ["AttachFileToReceipt", "AttachFileToInvoice"])
def test_a_file_is_described_as_kashflow_wants_it(operation: str) -> None:
    _, call = sent(operation)
    got = {str(child.tag).removeprefix(KF): child.text for child in call}
    assert got[operation.removeprefix("AttachFileTo") + "No"] == "12"
    assert got["Base64String"] == "JVBERi0xLjc="
    assert got["ContentType"] == "application/pdf"
    assert (got["Filename"], got["FileExtension"], got["FileSize"]) == ("bill 7.PDF", "PDF", "8")


@pytest.mark.parametrize(("name", "content"), [("", b"x"), ("x.pdf", b""), ("folder/", b"")])
def test_a_file_without_name_or_content_is_not_sent(name: str, content: bytes) -> None:
    with ByteServer(b"") as server:
        with pytest.raises(BadRequest, match="The file to attach"):
            client(server.endpoint).attach_file_to_receipt(12, name, content)
        assert server.connections == 0


def test_a_note_is_dated_at_midnight_and_keeps_its_lines() -> None:
    _, call = sent("InsertReceiptNote")
    assert call.findtext(f"{KF}ReceiptId") == "41"
    assert call.findtext(f"{KF}NoteDate") == "2026-02-28T00:00:00"
    assert call.findtext(f"{KF}Notes") == "Paid\nlate"


@pytest.mark.parametrize(
    "ask",
    [
        lambda api: api.get_receipts_with_paging(0),
        lambda api: api.get_receipts_with_paging(1, 101),
        lambda api: api.get_receipts_with_paging(1, 0),
        lambda api: api.get_receipts_with_paging(1, 10, "Everything"),
        lambda api: list(api.iter_receipts_pages(500)),
    ],
)
def test_a_page_that_kashflow_would_take_for_another_is_not_asked_for(
    ask: Callable[[KashFlow], object],
) -> None:
    with ByteServer(b"") as server:
        with pytest.raises(BadRequest, match="KashFlow has no page"):
            ask(client(server.endpoint))
        assert server.connections == 0
