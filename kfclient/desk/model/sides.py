"""The two sides of the books, purchases and sales, as KashFlow's operations have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.api.records import Invoice

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.cancel import Cancel


SALE = "InsertInvoice"


def documents_of(
    kashflow: KashFlow, operation: str, party: int, cancel: Cancel | None = None
) -> list[Invoice]:
    """Return every document of the supplier, or for `InsertInvoice` of the customer."""
    if operation == SALE:
        return kashflow.get_invoices_for_customer(party, cancel=cancel)
    return kashflow.get_receipts_for_supplier(party, cancel=cancel)


def document_of(kashflow: KashFlow, operation: str, number: int) -> Invoice | None:
    """Return the purchase or the sale with this number, None if there is none."""
    return kashflow.get_invoice(number) if operation == SALE else kashflow.get_receipt(number)


def insert(kashflow: KashFlow, operation: str, invoice: Invoice) -> int:
    """Send the document, once, and return its number."""
    if operation == SALE:
        return kashflow.insert_invoice(invoice)
    return kashflow.insert_receipt(invoice)


def word_of(operation: str) -> str:
    """Return "invoice" or "purchase", as KashFlow's users call the documents."""
    return "invoice" if operation == SALE else "purchase"
