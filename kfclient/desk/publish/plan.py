"""What would be sent to KashFlow for an item: worked out beforehand, shown, and then sent as shown.

Pure: items and what is known of the books go in. Costs and expense claims become purchases
(`InsertReceipt`), sales become invoices (`InsertInvoice`). A document's gross equals its item's to
the penny, whatever the settings. What follows a document (payment, files, note) is planned with it;
for an item whose document is in KashFlow already, what is left of that is planned alone. A plan's
sentences for a person are here as well.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

from kfclient.api.records import Invoice, InvoiceLine, Payment
from kfclient.dates import shown_date
from kfclient.desk.items.check_lines import LARGEST
from kfclient.desk.items.exchange_rates import booked, booked_words
from kfclient.desk.items.reference import Contact, ReferenceData, contact_number
from kfclient.desk.model.item import Finding, Item, ItemLine, Kind, SentAs, SentLine
from kfclient.desk.model.settings import NOT_APPLICABLE, show_tax_code
from kfclient.desk.model.sides import PURCHASES, SALES, SIDES, Side, side_by, side_of
from kfclient.money import ZERO, figures, pennies, shown
from kfclient.store.durable_files import read_named
from kfclient.store.paths import expanded

# An item's lines as KashFlow takes them, to the penny what the item says.

_LINE_ENDS = re.compile(r"\s+")
_MOST_DECIMALS = 2


def one_line(text: str) -> str:
    """Return the text without line ends, which KashFlow does not keep."""
    return _LINE_ENDS.sub(" ", text).strip()


def line_of(item: Item, line: ItemLine, number: int, reference_data: ReferenceData) -> InvoiceLine:
    """Return a line as KashFlow takes it: rates have two decimals, VAT is for the whole line.

    With tax data off it goes as one gross amount, VAT n/a.
    """
    on = reference_data.settings.publish_tax_data
    rate = reference_data.tax_rate(line, item.kind) if on else NOT_APPLICABLE
    vat = line.vat if on else ZERO
    amount = line.net if on else line.gross
    whole = amount == line.net and _is_short(line.unit_price) and _is_short(line.quantity)
    description = line.description
    if not whole and line.quantity != 1:
        each = f"{figures(line.quantity)} at {figures(line.unit_price)}"
        description = f"{each}: {description}" if description else each
    categories = reference_data.categories(line.category, item.kind)
    projects = reference_data.projects(line.project) if line.project else ()
    return InvoiceLine(
        quantity=line.quantity if whole else Decimal(1),
        description=one_line(description),
        rate=line.unit_price if whole else amount,
        charge_type=categories[0].id if categories else 0,
        vat_rate=NOT_APPLICABLE if rate is None else rate,
        vat_amount=vat,
        sort=number,
        proj_id=projects[0].id if projects else 0,
        values_in_currency=1 if reference_data.is_foreign(item) else 0,
    )


def _is_short(value: Decimal) -> bool:
    """Tell whether the value has no more decimals than KashFlow keeps."""
    return value == round(value, _MOST_DECIMALS)


# What follows an item's document to KashFlow: its payment, its files, its note.
#
# Worked out beforehand like the document, shown, and then sent as shown. An item is paid when it
# names a bank account; the payment needs a method as well, and is in home currency whatever the
# document's (`InsertReceiptPayment`, `InsertInvoicePayment`). Files go by `AttachFileToReceipt` and
# `AttachFileToInvoice`, the item's note by `InsertReceiptNote` and `InsertInvoiceNote`.

_KB = 1024


class PlannedPayment(msgspec.Struct, frozen=True, kw_only=True, tag="payment", omit_defaults=True):
    """A payment of the whole document; `payment.pay_invoice` is 0 until its number is known.

    `account` and `method` are what KashFlow calls them, `currency` is the books' own.
    """

    payment: Payment
    account: str
    method: str
    currency: str = "GBP"

    @property
    def what(self) -> str:
        """What it is, in words."""
        return f"the payment of {shown(self.payment.pay_amount, self.currency)}, {self.account}"

    @property
    def sentence(self) -> str:
        """What the plan says of it."""
        amount = shown(self.payment.pay_amount, self.currency)
        day = shown_date(self.payment.pay_date)
        return f"paid {amount} on {day}, {self.account}, by {self.method}"


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True, tag="file", omit_defaults=True):
    """A file on this machine, as it was when it was shown: size in bytes, sha256.

    `digest` is "" where it could not be read.
    """

    path: str
    name: str
    size: int = 0
    digest: str = ""

    @property
    def what(self) -> str:
        """What it is, in words."""
        return f"the file {self.name}"

    @property
    def sentence(self) -> str:
        """What the plan says of it."""
        return f"with {self.name} ({max(1, round(self.size / _KB)):,} KB)"


class PlannedNote(msgspec.Struct, frozen=True, kw_only=True, tag="note", omit_defaults=True):
    """A note, dated like the document."""

    text: str
    day: dt.date

    @property
    def what(self) -> str:
        """What it is, in words."""
        return "the note"

    @property
    def sentence(self) -> str:
        """What the plan says of it."""
        text = " ".join(self.text.split())
        return f"with the note “{text}”" if len(text) <= 40 else "with its note"


Followup = PlannedPayment | PlannedFile | PlannedNote


def followups_of(item: Item, reference_data: ReferenceData) -> tuple[Followup, ...]:
    """Return what follows the item's document, in the order in which it goes."""
    payment = payment_of(item, reference_data)
    return (*([payment] if payment else []), *_files(item), *_note(item))


def payment_of(item: Item, reference_data: ReferenceData) -> PlannedPayment | None:
    """Return the item's payment; None where it names no account, or KashFlow cannot take it.

    What comes to nothing has nothing to pay.
    """
    day = item.paid_on or item.date
    if (
        not item.bank_account
        or not item.gross
        or day is None
        or unpaid_because(item, reference_data)
    ):
        return None
    (account,) = reference_data.bank_accounts(item.bank_account)
    (method,) = reference_data.payment_methods(item.payment_method, item.kind)
    rate = item.exchange_rate if reference_data.is_foreign(item) else Decimal(1)
    return PlannedPayment(
        payment=Payment(
            pay_date=day,
            pay_method=method.method_id,
            pay_account=account.account_id,
            pay_amount=pennies(item.gross / rate) if rate else ZERO,
        ),
        account=account.account_name,
        method=method.method_name,
        currency=reference_data.home_currency,
    )


def unpaid_because(item: Item, reference_data: ReferenceData) -> str:
    """Return why an item that was paid is not recorded as paid; "" where nothing is amiss."""
    if not item.gross:
        return ""
    if not item.bank_account:
        return "" if item.paid_on is None else "it names no bank account"
    accounts = reference_data.bank_accounts(item.bank_account)
    if len(accounts) != 1:
        many = "several bank accounts" if accounts else "no bank account"
        return f"KashFlow has {many} called {item.bank_account}"
    if not item.payment_method:
        return "it names no payment method"
    methods = reference_data.payment_methods(item.payment_method, item.kind)
    if len(methods) != 1:
        many = "several payment methods" if methods else "no payment method"
        return f"KashFlow has {many} called {item.payment_method}"
    return ""


def content_of(path: str) -> bytes:
    """Return the file's content; raises OSError, also for what is no file or too large to go."""
    return read_named(expanded(path), LARGEST)


def digest_of(content: bytes) -> str:
    """Return the sha256 by which a file is known again."""
    return hashlib.sha256(content).hexdigest()


def planned_file(path: str) -> PlannedFile:
    """Return the file as it is now."""
    place, size = expanded(path), 0
    try:
        status = place.stat()
        size = status.st_size
        digest = _digest(str(place), status.st_mtime_ns, status.st_size, status.st_ino)
    except (OSError, ValueError):
        return PlannedFile(path=path, name=place.name, size=size)
    return PlannedFile(path=path, name=place.name, size=size, digest=digest)


def _files(item: Item) -> Iterator[PlannedFile]:
    """Yield the files, each content once."""
    seen = set()
    for path in dict.fromkeys(item.files):
        planned = planned_file(path)
        if not planned.digest or planned.digest not in seen:
            seen.add(planned.digest)
            yield planned


def _note(item: Item) -> Iterator[PlannedNote]:
    if item.note.strip() and item.date is not None:
        yield PlannedNote(text=item.note.strip(), day=item.date)


@functools.lru_cache(maxsize=4096)
def _digest(path: str, _changed: int, _size: int, _file: int) -> str:
    """Return the content's sha256, read once for every time that the file was written."""
    return digest_of(content_of(path))


# A plan in a bookkeeper's words.

_LINES_TOLD = 3


def sentence_of(planned: PlannedItem, item: Item, reference_data: ReferenceData) -> str:
    """Return what the document is, from whom, when, how much, and where it goes."""
    head = [_kind(planned, item)]
    if planned.invoice.customer_reference:
        head.append(f"ref {planned.invoice.customer_reference}")
    head.append(shown_date(planned.invoice.invoice_date))
    if planned.invoice.due_date != planned.invoice.invoice_date:
        head.append(f"due {shown_date(planned.invoice.due_date)}")
    lines = planned.invoice.lines
    told = [
        _line(line, sent, item, reference_data)
        for line, sent in zip(item.lines[:_LINES_TOLD], lines, strict=False)
    ]
    if len(lines) > _LINES_TOLD:
        rest = len(lines) - _LINES_TOLD
        told.append(f"and {rest} more {'line' if rest == 1 else 'lines'}")
    if len(lines) > 1:
        told.append(f"{shown(planned.gross, item.currency)} in all")
    told = [f"{'; '.join(told)}{_in_home(planned, item, reference_data)}"]
    told += [one.sentence for one in planned.followups]
    if planned.unpaid:
        told.append(f"NOT recorded as paid: {planned.unpaid}")
    return f"{', '.join(head)}: {'; '.join(told)}"


def left_sentence_of(planned: PlannedItem) -> str:
    """Return what is left to do for a document that is in KashFlow already."""
    word = side_of(planned.kind).document
    told = "; ".join(one.sentence for one in planned.followups)
    return f"For {word} {planned.number} with {planned.contact}, already in KashFlow: {told}"


def tax_note_of(planned: Sequence[PlannedItem]) -> str:
    """Return what it means for these documents that tax data is off."""
    one = len(planned) == 1
    which = "this item goes" if one else f"these {len(planned)} items go"
    return (
        f"TAX DATA IS OFF: {which} to KashFlow gross, with VAT n/a. The VAT on "
        f"{'it' if one else 'them'} will not be in "
        "KashFlow, nor in its VAT return. An Admin can switch on Publish tax data in Settings."
    )


def _kind(planned: PlannedItem, item: Item) -> str:
    new = f" (new {planned.creates.kind})" if planned.creates is not None else ""
    negative = item.gross < 0
    if item.kind is Kind.CLAIM:
        return f"Expense claim of {planned.contact}{new}"
    if item.kind is Kind.SALE:
        return f"{'Credit note to' if negative else 'Sale to'} {planned.contact}{new}"
    return f"{'Credit note from' if negative else 'Purchase from'} {planned.contact}{new}"


def _line(line: ItemLine, sent: InvoiceLine, item: Item, reference_data: ReferenceData) -> str:
    """Return one line: the amount, where it goes, its VAT, its project."""
    category = reference_data.categories(line.category, item.kind)
    where = f"{category[0].code} {category[0].name}" if category else "no category"
    net = pennies(sent.quantity * sent.rate)
    words = f"{shown(net, item.currency)} to {where}, {_vat(sent, item)}"
    projects = reference_data.projects(line.project) if line.project else ()
    return f"{words}, project {projects[0].name}" if projects else words


def _vat(sent: InvoiceLine, item: Item) -> str:
    if sent.vat_rate == NOT_APPLICABLE:
        return "VAT n/a"
    rate = show_tax_code(sent.vat_rate)
    if not sent.vat_amount:
        return f"no VAT ({rate})"
    return f"VAT {shown(sent.vat_amount, item.currency)} ({rate})"


def _in_home(planned: PlannedItem, item: Item, reference_data: ReferenceData) -> str:
    """Return the rate of a foreign document, and what KashFlow books in the books' currency."""
    rate = item.exchange_rate
    if not reference_data.is_foreign(item) or not rate:
        return ""
    home = reference_data.home_currency
    amounts = booked_words(booked(planned.net, planned.vat, rate), home)
    return f" (at {figures(rate)} {item.currency} to 1 {home}, booked as {amounts})"


class NewContact(msgspec.Struct, frozen=True):
    """A supplier or customer that KashFlow does not have: `kind` is "supplier" or "customer"."""

    kind: str
    name: str


class PlannedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item and the document that it becomes; `invoice.customer_id` is 0 until one is created.

    `sentence` says it in a bookkeeper's words; `version` is the item's when this was worked out.
    `followups` go after the document; `unpaid` says why its payment is not among them. Where the
    document is in KashFlow already, `number` is its number there, and the followups are all that
    goes.
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
    unpaid: str = ""
    number: int | None = None

    @property
    def side(self) -> Side:
        """The side of the books that it is on."""
        return side_by(self.operation)


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
    business: str,
    items: Iterable[PlannedItem],
    left_out: Iterable[LeftOut],
    reference_data: ReferenceData,
) -> Plan:
    """Put a plan together from its items."""
    planned = tuple(items)
    documents = [one for one in planned if one.number is None]
    fresh = [one.creates for one in planned if one.creates is not None]
    names = {
        kind: tuple(dict.fromkeys(new.name for new in fresh if new.kind == kind))
        for kind in (side.contact for side in SIDES)
    }
    off = not reference_data.settings.publish_tax_data
    return Plan(
        business=business,
        items=planned,
        left_out=tuple(left_out),
        new_suppliers=names[PURCHASES.contact],
        new_customers=names[SALES.contact],
        tax_note=tax_note_of(documents) if off and documents else "",
        totals=_totals(documents),
        fingerprint=fingerprint_of(planned),
    )


def plan_item(
    item: Item, findings: tuple[Finding, ...], reference_data: ReferenceData
) -> PlannedItem:
    """Return the document that the item becomes; only for items without stops."""
    found = reference_data.contacts(item)
    contact = found[0] if found else None
    side = side_of(item.kind)
    name = contact.name if contact is not None else item.contact
    invoice = Invoice(
        invoice_date=item.date,
        due_date=_due_date(item, contact),
        customer_id=0 if contact is None else contact_number(contact),
        customer_reference=one_line(item.reference),
        currency_code=item.currency,
        exchange_rate=(item.exchange_rate or ZERO)
        if reference_data.is_foreign(item)
        else Decimal(1),
        lines=tuple(
            line_of(item, line, number, reference_data)
            for number, line in enumerate(item.lines, start=1)
        ),
    )
    creates = None
    if contact is None:
        creates = NewContact(side.contact, one_line(item.contact))
    net = net_of(invoice)
    planned = PlannedItem(
        item_id=item.id,
        version=item.version,
        kind=item.kind,
        contact=name,
        sentence="",
        operation=side.operation,
        invoice=invoice,
        creates=creates,
        findings=findings,
        currency=item.currency,
        net=net,
        vat=item.gross - net,
        gross=item.gross,
        followups=followups_of(item, reference_data),
        unpaid=unpaid_because(item, reference_data),
    )
    return msgspec.structs.replace(planned, sentence=sentence_of(planned, item, reference_data))


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
        operation=side_of(item.kind).operation,
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


def sent_as(planned: PlannedItem) -> SentAs:
    """Return what an item remembers of how it went."""
    lines = tuple(
        SentLine(
            quantity=line.quantity,
            unit_price=line.rate,
            tax_rate=line.vat_rate,
            vat=line.vat_amount,
        )
        for line in planned.invoice.lines
    )
    return SentAs(lines=lines, unpaid=planned.unpaid)


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


class Agreed(msgspec.Struct, frozen=True):
    """What the person has agreed to create."""

    suppliers: bool = False
    customers: bool = False

    def to(self, new: NewContact) -> bool:
        """Whether this one may be created."""
        return self.customers if side_by(new.kind) is SALES else self.suppliers


class Task(msgspec.Struct, frozen=True):
    """An item to publish, as planned now, and the fingerprint of what was shown for it."""

    planned: PlannedItem
    fingerprint: str
