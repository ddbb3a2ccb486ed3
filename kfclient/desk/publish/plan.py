"""What would be sent to KashFlow for an item: worked out beforehand, shown, and then sent as shown.

Pure: items and what is known of the books go in. Costs and expense claims become purchases
(`InsertReceipt`), sales become invoices (`InsertInvoice`). A document's gross equals its item's to
the penny, whatever the settings. What follows a document (payment, files, note) is planned with it;
for an item whose document is in KashFlow already, what is left of that is planned alone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.check.bookkeeping import Books, Contact
from kfclient.desk.inbox.item import Finding, Item, Kind
from kfclient.desk.publish.document_lines import line_of, one_line
from kfclient.desk.publish.followups import Followup, followups_of
from kfclient.desk.publish.plan_words import left_sentence_of, sentence_of, tax_note_of
from kfclient.money import ZERO, pennies


class NewContact(msgspec.Struct, frozen=True):
    """A supplier or customer that KashFlow does not have: `kind` is "supplier" or "customer"."""

    kind: str
    name: str


class PlannedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item and the document that it becomes; `invoice.customer_id` is 0 until one is created.

    `sentence` says it in a bookkeeper's words; `version` is the item's when this was worked out.
    `followups` go after the document. Where the document is in KashFlow already, `number` is its
    number there, and the followups are all that goes.
    """

    item_id: str
    version: int
    kind: Kind
    contact: str
    sentence: str
    operation: str
    invoice: Invoice
    creates: NewContact | None
    findings: tuple[Finding, ...]
    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    followups: tuple[Followup, ...] = ()
    number: int | None = None


class LeftOut(msgspec.Struct, frozen=True):
    """An item that is not in the plan, and why."""

    item_id: str
    reason: str
    findings: tuple[Finding, ...] = ()


class Totals(msgspec.Struct, frozen=True):
    """What the documents of one currency come to, as they will be in KashFlow."""

    currency: str
    count: int
    net: Decimal
    vat: Decimal
    gross: Decimal


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that publishing would do, in its order.

    `tax_note` says loudly what is lost while tax data is off, and is "" while it is on. With
    `everything` all that is ready was asked for, and what is not was not.
    """

    business: str
    items: tuple[PlannedItem, ...]
    left_out: tuple[LeftOut, ...] = ()
    new_suppliers: tuple[str, ...] = ()
    new_customers: tuple[str, ...] = ()
    tax_note: str = ""
    totals: tuple[Totals, ...] = ()
    fingerprint: str = ""
    everything: bool = False

    @property
    def behind(self) -> tuple[LeftOut, ...]:
        """What was asked for and left out; of everything, only what was sent before."""
        return tuple(one for one in self.left_out if not (self.everything and one.findings))


def make_plan(
    business: str, items: Iterable[PlannedItem], left_out: Iterable[LeftOut], books: Books
) -> Plan:
    """Put a plan together from its items."""
    planned = tuple(items)
    documents = [one for one in planned if one.number is None]
    fresh = [one.creates for one in planned if one.creates is not None]
    names = {
        kind: tuple(dict.fromkeys(new.name for new in fresh if new.kind == kind))
        for kind in ("supplier", "customer")
    }
    off = not books.settings.publish_tax_data
    return Plan(
        business=business,
        items=planned,
        left_out=tuple(left_out),
        new_suppliers=names["supplier"],
        new_customers=names["customer"],
        tax_note=tax_note_of(documents) if off and documents else "",
        totals=_totals(documents),
        fingerprint=fingerprint_of(planned),
    )


def plan_item(item: Item, findings: tuple[Finding, ...], books: Books) -> PlannedItem:
    """Return the document that the item becomes; only for items without stops."""
    found = books.contacts(item)
    contact = found[0] if found else None
    sale = item.kind is Kind.SALE
    name = contact.name if contact is not None else item.contact
    invoice = Invoice(
        invoice_date=item.date,
        due_date=_due_date(item, contact),
        customer_id=contact_id(contact),
        customer_reference=one_line(item.reference),
        currency_code=item.currency,
        exchange_rate=(item.exchange_rate or ZERO) if books.is_foreign(item) else Decimal(1),
        lines=tuple(
            line_of(item, line, number, books) for number, line in enumerate(item.lines, start=1)
        ),
    )
    creates = None
    if contact is None:
        creates = NewContact("customer" if sale else "supplier", one_line(item.contact))
    net = net_of(invoice)
    planned = PlannedItem(
        item_id=item.id,
        version=item.version,
        kind=item.kind,
        contact=name,
        sentence="",
        operation="InsertInvoice" if sale else "InsertReceipt",
        invoice=invoice,
        creates=creates,
        findings=findings,
        currency=item.currency,
        net=net,
        vat=item.gross - net,
        gross=item.gross,
        followups=followups_of(item, books),
    )
    return msgspec.structs.replace(planned, sentence=sentence_of(planned, item, books))


def plan_left(
    item: Item, contact: str, sent: Invoice, followups: Sequence[Followup]
) -> PlannedItem:
    """Return what is left to do for a published item; `sent` is its document as it went.

    The followups are as they were shown with the document.
    """
    net = net_of(sent)
    planned = PlannedItem(
        item_id=item.id,
        version=item.version,
        kind=item.kind,
        contact=contact,
        sentence="",
        operation="InsertInvoice" if item.kind is Kind.SALE else "InsertReceipt",
        invoice=sent,
        creates=None,
        findings=(),
        currency=item.currency,
        net=net,
        vat=item.gross - net,
        gross=item.gross,
        followups=tuple(followups),
        number=item.number,
    )
    return msgspec.structs.replace(planned, sentence=left_sentence_of(planned))


def fingerprint_of(planned: Sequence[PlannedItem]) -> str:
    """Return the sha256 of what will be sent; a contact yet to be created counts by its name."""
    parts = [
        (one.item_id, one.operation, one.number, one.followups)
        if one.number is not None
        else (
            one.item_id,
            one.operation,
            "" if one.creates is None else one.creates.name,
            msgspec.structs.replace(one.invoice, customer_id=0)
            if one.creates is not None
            else one.invoice,
            one.followups,
        )
        for one in planned
    ]
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()


def net_of(invoice: Invoice) -> Decimal:
    """Return the sum of the lines' net amounts, each rounded to the penny."""
    return sum((pennies(line.quantity * line.rate) for line in invoice.lines), ZERO)


def vat_in(invoice: Invoice) -> Decimal:
    """Return the sum of the lines' VAT."""
    return sum((line.vat_amount for line in invoice.lines), ZERO)


def contact_id(contact: Contact | None) -> int:
    """Return KashFlow's id of the supplier or customer, 0 for one that it does not have."""
    if contact is None:
        return 0
    number: int = getattr(contact, "supplier_id", 0) or getattr(contact, "customer_id", 0)
    return number


def _due_date(item: Item, contact: Contact | None) -> dt.date | None:
    """Return when it is due: as it says, else by the contact's terms, else on its date."""
    if item.due_date is not None or item.date is None:
        return item.due_date
    days = contact.payment_terms if contact is not None else 0
    return item.date + dt.timedelta(days=max(days, 0))


def _totals(planned: Sequence[PlannedItem]) -> tuple[Totals, ...]:
    """Sum the documents up, a line for each currency."""
    currencies = dict.fromkeys(one.currency for one in planned)
    groups = [[one for one in planned if one.currency == currency] for currency in currencies]
    return tuple(
        Totals(
            group[0].currency,
            len(group),
            sum((one.net for one in group), ZERO),
            sum((one.vat for one in group), ZERO),
            sum((one.gross for one in group), ZERO),
        )
        for group in groups
    )
