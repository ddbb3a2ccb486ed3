"""The two sides of the books, purchases and sales: KashFlow's operations, the bookkeeper's words.

Costs and expense claims become purchases, which KashFlow's API calls receipts; sales become sales
invoices. Whatever differs between the two is asked of a `Side`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.model.item import Kind
from kfclient.desk.model.list_names import ListName

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from decimal import Decimal

    from kfclient.api import KashFlow
    from kfclient.api.records import (
        Customer,
        Invoice,
        InvoiceNote,
        Payment,
        ReceiptAttachment,
        ReceiptNote,
        Supplier,
    )
    from kfclient.cancel import Cancel
    from kfclient.desk.model.business import Settings


class Side:
    """One side of the books.

    `name` is the word by which what was seen in KashFlow is stored, `operation` the insert by which
    what was sent is. `noun` is in the names of KashFlow's operations, `document` is what a
    bookkeeper calls one, `ledger` what they are filed under. `contact` is whom it is with,
    `contacts` their list. `has_get_by_id`: whether KashFlow finds a document by its id, whatever
    its number is. `lists_files`: whether it lists a document's files, and deletes them.

    Each method is one call to KashFlow, and raises `KashFlowError`.
    """

    name: str
    operation: str
    noun: str
    document: str
    ledger: str
    contact: str
    contacts: ListName
    has_get_by_id: bool
    lists_files: bool

    def documents_of(
        self, kashflow: KashFlow, party: int, cancel: Cancel | None = None
    ) -> list[Invoice]:
        """Return every document of the supplier or customer."""
        raise NotImplementedError

    def document_of(self, kashflow: KashFlow, number: int) -> Invoice | None:
        """Return the document with this number, None if there is none."""
        raise NotImplementedError

    def insert(self, kashflow: KashFlow, invoice: Invoice) -> int:
        """Send the document, once, and return its number."""
        raise NotImplementedError

    def delete(self, kashflow: KashFlow, dbid: int) -> None:
        """Delete the document with this id."""
        raise NotImplementedError

    def payments(self, kashflow: KashFlow, number: int) -> list[Payment]:
        """Return the payments of the document with this number."""
        raise NotImplementedError

    def pay(self, kashflow: KashFlow, payment: Payment) -> int:
        """Send the payment, once, and return its id."""
        raise NotImplementedError

    def delete_payment(self, kashflow: KashFlow, payment: int) -> None:
        """Delete the payment with this id."""
        raise NotImplementedError

    def files(self, kashflow: KashFlow, dbid: int) -> list[ReceiptAttachment] | None:
        """Return the files of the document with this id; None where KashFlow lists none."""
        raise NotImplementedError

    def attach(self, kashflow: KashFlow, number: int, filename: str, content: bytes) -> None:
        """Send a file of the document with this number, once."""
        raise NotImplementedError

    def notes(self, kashflow: KashFlow, dbid: int) -> Sequence[ReceiptNote | InvoiceNote]:
        """Return the notes of the document with this id."""
        raise NotImplementedError

    def note(self, kashflow: KashFlow, dbid: int, text: str, day: dt.date) -> None:
        """Send a note of the document with this id, once."""
        raise NotImplementedError

    def all_contacts(self, kashflow: KashFlow) -> Sequence[Supplier | Customer]:
        """Return the whole list of suppliers or customers."""
        raise NotImplementedError

    def contact_called(self, kashflow: KashFlow, code: str) -> Supplier | Customer | None:
        """Return the supplier or customer with this code, None if there is none."""
        raise NotImplementedError

    def create_contact(self, kashflow: KashFlow, code: str, name: str) -> Supplier | Customer:
        """Create a supplier or customer, once, and return it with its id."""
        raise NotImplementedError

    def default_rate(self, settings: Settings) -> Decimal | None:
        """Return the default tax code of this side, a percentage; None where there is none."""
        raise NotImplementedError


class _Purchases(Side):
    name = "purchase"
    operation = "InsertReceipt"
    noun = "Receipt"
    document = "purchase"
    ledger = "purchases"
    contact = "supplier"
    contacts = ListName.SUPPLIERS
    has_get_by_id = False
    lists_files = True

    def documents_of(
        self, kashflow: KashFlow, party: int, cancel: Cancel | None = None
    ) -> list[Invoice]:
        return kashflow.get_receipts_for_supplier(party, cancel=cancel)

    def document_of(self, kashflow: KashFlow, number: int) -> Invoice | None:
        return kashflow.get_receipt(number)

    def insert(self, kashflow: KashFlow, invoice: Invoice) -> int:
        return kashflow.insert_receipt(invoice)

    def delete(self, kashflow: KashFlow, dbid: int) -> None:
        kashflow.delete_receipt_by_id(dbid)

    def payments(self, kashflow: KashFlow, number: int) -> list[Payment]:
        return kashflow.get_receipt_payment(number)

    def pay(self, kashflow: KashFlow, payment: Payment) -> int:
        return kashflow.insert_receipt_payment(payment)

    def delete_payment(self, kashflow: KashFlow, payment: int) -> None:
        kashflow.delete_receipt_payment(payment)

    def files(self, kashflow: KashFlow, dbid: int) -> list[ReceiptAttachment] | None:
        return kashflow.get_receipt_attachments(dbid)

    def attach(self, kashflow: KashFlow, number: int, filename: str, content: bytes) -> None:
        kashflow.attach_file_to_receipt(number, filename, content)

    def notes(self, kashflow: KashFlow, dbid: int) -> Sequence[ReceiptNote | InvoiceNote]:
        return kashflow.get_receipt_notes(dbid)

    def note(self, kashflow: KashFlow, dbid: int, text: str, day: dt.date) -> None:
        kashflow.insert_receipt_note(dbid, text, day)

    def all_contacts(self, kashflow: KashFlow) -> Sequence[Supplier | Customer]:
        return kashflow.get_suppliers()

    def contact_called(self, kashflow: KashFlow, code: str) -> Supplier | Customer | None:
        return kashflow.get_supplier(code)

    def create_contact(self, kashflow: KashFlow, code: str, name: str) -> Supplier | Customer:
        from kfclient.api.records import Supplier

        number = kashflow.insert_supplier(Supplier(code=code, name=name))
        return Supplier(supplier_id=number, code=code, name=name)

    def default_rate(self, settings: Settings) -> Decimal | None:
        return settings.default_tax_code_costs


class _Sales(Side):
    name = "sale"
    operation = "InsertInvoice"
    noun = "Invoice"
    document = "invoice"
    ledger = "sales"
    contact = "customer"
    contacts = ListName.CUSTOMERS
    has_get_by_id = True
    lists_files = False

    def documents_of(
        self, kashflow: KashFlow, party: int, cancel: Cancel | None = None
    ) -> list[Invoice]:
        return kashflow.get_invoices_for_customer(party, cancel=cancel)

    def document_of(self, kashflow: KashFlow, number: int) -> Invoice | None:
        return kashflow.get_invoice(number)

    def insert(self, kashflow: KashFlow, invoice: Invoice) -> int:
        return kashflow.insert_invoice(invoice)

    def delete(self, kashflow: KashFlow, dbid: int) -> None:
        kashflow.delete_invoice_by_id(dbid)

    def payments(self, kashflow: KashFlow, number: int) -> list[Payment]:
        return kashflow.get_invoice_payment(number)

    def pay(self, kashflow: KashFlow, payment: Payment) -> int:
        return kashflow.insert_invoice_payment(payment)

    def delete_payment(self, kashflow: KashFlow, payment: int) -> None:
        kashflow.delete_invoice_payment(payment)

    def files(self, kashflow: KashFlow, dbid: int) -> list[ReceiptAttachment] | None:
        del kashflow, dbid
        return None

    def attach(self, kashflow: KashFlow, number: int, filename: str, content: bytes) -> None:
        kashflow.attach_file_to_invoice(number, filename, content)

    def notes(self, kashflow: KashFlow, dbid: int) -> Sequence[ReceiptNote | InvoiceNote]:
        return kashflow.get_invoice_notes(dbid)

    def note(self, kashflow: KashFlow, dbid: int, text: str, day: dt.date) -> None:
        kashflow.insert_invoice_note(dbid, text, day)

    def all_contacts(self, kashflow: KashFlow) -> Sequence[Supplier | Customer]:
        return kashflow.get_customers()

    def contact_called(self, kashflow: KashFlow, code: str) -> Supplier | Customer | None:
        return kashflow.get_customer(code)

    def create_contact(self, kashflow: KashFlow, code: str, name: str) -> Supplier | Customer:
        from kfclient.api.records import Customer

        number = kashflow.insert_customer(Customer(code=code, name=name))
        return Customer(customer_id=number, code=code, name=name)

    def default_rate(self, settings: Settings) -> Decimal | None:
        return settings.default_tax_code_sales


PURCHASES, SALES = _Purchases(), _Sales()
SIDES: tuple[Side, Side] = (PURCHASES, SALES)

_BY_WORD = {word: side for side in SIDES for word in (side.name, side.operation, side.contact)}


def side_of(kind: Kind) -> Side:
    """Return the side on which an item's document is."""
    return SALES if kind is Kind.SALE else PURCHASES


def side_by(word: str) -> Side:
    """Return the side that a stored word means: its name, its operation, or its contact's word."""
    return _BY_WORD[word]
