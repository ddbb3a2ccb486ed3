"""Purchases and sales as KashFlow derives them: sums, what is paid, what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from kfclient.sandbox.books import Books
from kfclient.sandbox.schema import Record

ZERO = Decimal(0)
PENNY = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Ledger:
    """What tells purchases from sales: their noun and their tables."""

    noun: str
    parties: str
    files: str

    @property
    def documents(self) -> str:
        """The table of documents."""
        return f"{self.noun.lower()}s"

    @property
    def payments(self) -> str:
        """The table of payments."""
        return f"{self.noun.lower()}_payments"

    @property
    def notes(self) -> str:
        """The table of notes."""
        return f"{self.noun.lower()}_notes"

    @property
    def methods(self) -> str:
        """The table of payment methods."""
        return f"{self.noun.lower()}_methods"

    @property
    def note_key(self) -> str:
        """The field of a note, and of its calls, that holds the document's database id."""
        return f"{self.noun}Id"

    @property
    def party(self) -> str:
        """`supplier` or `customer`."""
        return self.parties.removesuffix("s")


RECEIPTS = Ledger("Receipt", "suppliers", "attachments")
INVOICES = Ledger("Invoice", "customers", "invoice_attachments")


@dataclass(frozen=True, slots=True)
class Settled:
    """A document's sums: net and VAT in its own currency, due and paid in the home currency."""

    net: Decimal
    vat: Decimal
    due: Decimal
    paid: Decimal

    @property
    def is_paid(self) -> bool:
        """Whether payments reach what is due; a credit note is paid by a refund."""
        return self.paid <= self.due if self.due < 0 else self.paid >= self.due

    @property
    def is_overpaid(self) -> bool:
        """Whether payments go beyond what is due."""
        return abs(self.paid) > abs(self.due) and self.is_paid


def money(amount: Decimal) -> Decimal:
    """Round to the penny, halves away from zero."""
    return amount.quantize(PENNY, ROUND_HALF_UP)


def settled(books: Books, ledger: Ledger, document: Record) -> Settled:
    """Sum a document's lines, each rounded to the penny, and its payments."""
    lines = document["Lines"]
    net = sum((money(_of(line, "Quantity") * _of(line, "Rate")) for line in lines), ZERO)
    vat = sum((_of(line, "VatAmount") for line in lines), ZERO)
    payments = books.find(ledger.payments, "PayInvoice", document["InvoiceNumber"])
    paid = sum((_of(payment, "PayAmount") for payment in payments), ZERO)
    return Settled(net, vat, money((net + vat) / document["ExchangeRate"]), paid)


def view(books: Books, ledger: Ledger, document: Record) -> Record:
    """Return the document as KashFlow sends it: with sums, and the other party's name."""
    sums = settled(books, ledger, document)
    party = books.get(ledger.parties, document["CustomerID"]) or {}
    lines = [
        {name: value for name, value in line.items() if name != "ValuesInCurrency"}
        for line in document["Lines"]
    ]
    return {
        **document,
        "Lines": lines,
        "NetAmount": sums.net,
        "VATAmount": sums.vat,
        "AmountPaid": sums.paid,
        "Paid": int(sums.is_paid),
        "Customer": party.get("Name"),
        "CustomerName": party.get("Name"),
    }


def is_overdue(document: Record, sums: Settled, today: str) -> bool:
    """Whether the document is unpaid and its due date has passed."""
    return not sums.is_paid and document["DueDate"][:10] < today


def _of(record: Record, name: str) -> Decimal:
    value: Decimal = record.get(name, ZERO)
    return value
