"""What KashFlow has from a supplier or for a customer, and which of it is what was sent."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from kfclient.api.records import Invoice, InvoiceLine
from kfclient.desk.check.matching import plain
from kfclient.desk.publish.attempt import Attempt
from kfclient.desk.publish.planning import net_of, vat_in
from kfclient.money import pennies, shown

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


def highest_id(documents: Iterable[Invoice]) -> int:
    """Return the high-water mark: whatever is created from now on has a higher id."""
    return max((one.invoice_dbid for one in documents), default=0)


def lookalikes(documents: Iterable[Invoice], reference: str, gross: Decimal) -> list[Invoice]:
    """Return the documents with this reference, however capitals are used, and this gross."""
    wanted = plain(reference)
    return [
        one
        for one in documents
        if plain(one.customer_reference) == wanted and gross in _grosses(one)
    ]


def candidates(
    attempt: Attempt, documents: Iterable[Invoice]
) -> tuple[list[Invoice], list[Invoice]]:
    """Return the documents that are what the attempt sent, to all we know, and the doubtful ones.

    Both came after its mark. Doubtful are those with its reference and another gross (it may have
    come out differently there), with its gross and a reference cut short, and those that do not
    say their id or their amounts.
    """
    wanted = plain(attempt.reference)
    new = [one for one in documents if one.invoice_dbid > attempt.mark or not one.invoice_dbid]
    sure = [one for one in lookalikes(new, wanted, attempt.gross) if one.invoice_dbid]
    doubtful = []
    for one in new:
        reference, grosses = plain(one.customer_reference), _grosses(one)
        alike = attempt.gross in grosses or not any(grosses)
        same = reference == wanted and (alike or wanted != "")
        cut = reference != "" and wanted.startswith(reference) and alike
        if (same or cut) and one not in sure:
            doubtful.append(one)
    return sure, doubtful


def is_same(attempt: Attempt, found: Invoice) -> bool:
    """Tell whether a document is with the party, and over the amount, that was sent."""
    return found.customer_id == attempt.party and attempt.gross in _grosses(found)


def differences(sent: Invoice, found: Invoice) -> list[str]:
    """Return what KashFlow has otherwise than it was sent, in words; [] when equal to the penny.

    The header's sums may be in home currency for a foreign document, so its lines are compared.
    """
    net, vat = net_of(sent), vat_in(sent)
    told = []
    if found.customer_id != sent.customer_id:
        told.append("another supplier or customer")
    if plain(found.customer_reference) != plain(sent.customer_reference):
        told.append(f"the reference {found.customer_reference or '(none)'}")
    if found.invoice_date != sent.invoice_date:
        told.append("another date")
    if len(found.lines) != len(sent.lines):
        told.append(f"{len(found.lines)} lines instead of {len(sent.lines)}")
        return told
    for name, mine, theirs in (
        ("net", net, net_of(found)),
        ("VAT", vat, vat_in(found)),
    ):
        if mine != theirs:
            currency = sent.currency_code or "GBP"
            told.append(f"{name} {shown(theirs, currency)} instead of {shown(mine, currency)}")
    pairs = zip(sent.lines, _sorted(found), strict=True)
    told += [
        f"another category, tax rate or project on line {number}"
        for number, (mine_line, their_line) in enumerate(pairs, start=1)
        if _coding(mine_line) != _coding(their_line)
    ]
    return told


def gross_of(document: Invoice) -> Decimal:
    """Return what a document comes to, in its own currency."""
    if document.lines:
        return pennies(net_of(document) + vat_in(document))
    return pennies(document.net_amount + document.vat_amount)


def _sorted(document: Invoice) -> list[InvoiceLine]:
    return sorted(document.lines, key=lambda line: line.sort)


def _coding(line: InvoiceLine) -> tuple[int, Decimal, int]:
    return line.charge_type, line.vat_rate, line.proj_id


def _grosses(document: Invoice) -> set[Decimal]:
    """Return the document's gross as its header and as its lines have it.

    For a foreign document the header may be in home currency.
    """
    header = pennies(document.net_amount + document.vat_amount)
    lines = {pennies(net_of(document) + vat_in(document))} if document.lines else set()
    return {header} | lines
