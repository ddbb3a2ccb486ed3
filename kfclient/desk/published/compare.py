"""What KashFlow has of a document beside what was sent, field by field, to the penny.

Also which of its payments, files and notes Kashdeck put there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.records import (
    Invoice,
    InvoiceLine,
    InvoiceNote,
    Payment,
    ReceiptAttachment,
    ReceiptNote,
)
from kfclient.dates import shown_date
from kfclient.desk.items.reference import folded
from kfclient.desk.model.settings import show_tax_code
from kfclient.desk.model.sides import Side
from kfclient.desk.publish.journal_records import SendRecord, SendState
from kfclient.desk.publish.kashflow_documents import (
    Found,
    id_of,
    likeness,
    listed,
    sorted_lines,
)
from kfclient.desk.publish.plan import Followup, PlannedFile, PlannedNote, PlannedPayment
from kfclient.money import figures, pennies, shown

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.desk.publish.journal_records import FollowUpRecord
    from kfclient.desk.published.find_document import IdNames

_RATE_PLACES = Decimal("0.0001")


GONE = "gone"
"""What is there of something that was taken off the document."""


class Difference(msgspec.Struct, frozen=True):
    """One thing that KashFlow has otherwise: what it is, what was sent, and what is there.

    `field` is in words ("due date", "VAT of line 2", "the payment of £120.00, Current account");
    `there` is `GONE` for a payment, a file or a note that is not there any more.
    """

    field: str
    sent: str
    there: str

    @property
    def sentence(self) -> str:
        """The difference in words."""
        if self.there == GONE:
            return f"{self.field} is not there any more"
        return f"{self.field}: {self.sent or 'none'} was sent, {self.there or 'none'} is there"


def compare(sent: Invoice, found: Invoice, names: IdNames, side: Side) -> tuple[Difference, ...]:
    """Return what KashFlow has otherwise than it was sent; () when it is equal to the penny.

    What was left to KashFlow, such as a due date or an exchange rate, is not compared, nor sums:
    those of a foreign document may be in home currency, and its lines tell.
    """
    return (*_head(sent, found, names, side), *_lines(sent, found, names))


def _head(sent: Invoice, found: Invoice, names: IdNames, side: Side) -> Iterator[Difference]:
    if found.customer_id != sent.customer_id:
        ours, theirs = (names.party(one.customer_id, side) for one in (sent, found))
        yield Difference(side.contact, ours, theirs)
    if folded(found.customer_reference) != folded(sent.customer_reference):
        yield Difference("reference", sent.customer_reference, found.customer_reference)
    yield from _dates("date", sent.invoice_date, found.invoice_date)
    yield from _dates("due date", sent.due_date, found.due_date)
    if sent.currency_code and found.currency_code not in ("", sent.currency_code):
        yield Difference("currency", sent.currency_code, found.currency_code)
    elif sent.currency_code not in ("", names.home_currency) and sent.exchange_rate:
        mine, other = (one.exchange_rate.quantize(_RATE_PLACES) for one in (sent, found))
        if mine != other:
            yield Difference("exchange rate", figures(mine), figures(other))


def _dates(field: str, sent: dt.date | None, there: dt.date | None) -> Iterator[Difference]:
    if sent is not None and there != sent:
        yield Difference(field, shown_date(sent), shown_date(there))


def _lines(sent: Invoice, found: Invoice, names: IdNames) -> Iterator[Difference]:
    mine, theirs = sorted_lines(sent), sorted_lines(found)
    currency = sent.currency_code or names.home_currency

    def told(line: InvoiceLine | None) -> str:
        if line is None:
            return ""
        gross = pennies(line.quantity * line.rate) + line.vat_amount
        return ", ".join(part for part in (line.description, shown(gross, currency)) if part)

    for number, (ours, other) in enumerate(zip_longest(mine, theirs), start=1):
        if ours is None or other is None:
            yield Difference(f"line {number}", told(ours), told(other))
            continue
        of_line = f" of line {number}" if max(len(mine), len(theirs)) > 1 else ""
        for field, read, show in _columns(names, currency):
            before, after = read(ours), read(other)
            if before != after:
                yield Difference(f"{field}{of_line}", show(before), show(after))


_Column = tuple[str, Callable[[InvoiceLine], object], Callable[..., str]]


def _columns(names: IdNames, currency: str) -> Iterable[_Column]:
    """Return what is compared of a line: what it is called, its value, and how that is shown."""

    def money(amount: Decimal) -> str:
        exact = amount == pennies(amount)
        return shown(amount, currency) if exact else f"{currency} {figures(amount)}"

    return (
        ("description", lambda line: " ".join(line.description.split()), str),
        ("quantity", lambda line: line.quantity, figures),
        ("price", lambda line: line.rate, money),
        ("VAT", lambda line: line.vat_amount, money),
        ("tax rate", lambda line: line.vat_rate, show_tax_code),
        ("category", lambda line: line.charge_type, names.category),
        ("project", lambda line: line.proj_id, names.project),
    )


def in_words(differences: Sequence[Difference]) -> str:
    """Return the differences in one clause."""
    return "; ".join(one.sentence for one in differences)


# What is at a document in KashFlow: payments, files, notes; which of it Kashdeck put there.

AttachedKind = type[PlannedPayment] | type[PlannedFile] | type[PlannedNote]
ALL_KINDS: tuple[AttachedKind, ...] = (PlannedPayment, PlannedFile, PlannedNote)


class Matched(msgspec.Struct, frozen=True):
    """What a document has of one kind: each step that is done with what it made, and the rest.

    A step's own is None where it is not there any more.
    """

    ours: tuple[tuple[FollowUpRecord, Found | None], ...]
    others: tuple[Found, ...]


def listed_at(
    kashflow: KashFlow, send: SendRecord, document: Invoice, kind: AttachedKind
) -> list[Found] | None:
    """Return what the send's document, as it is numbered now, has of a kind; see `listed`."""
    side = send.side
    return listed(kashflow, side, kind, document.invoice_number, document.invoice_dbid)


def done(steps: Sequence[FollowUpRecord], kind: AttachedKind) -> list[FollowUpRecord]:
    """Return the steps of a kind that Kashdeck did."""
    return [
        one for one in steps if one.outcome is SendState.DONE and isinstance(one.followup, kind)
    ]


def matched(steps: Sequence[FollowUpRecord], kind: AttachedKind, there: Sequence[Found]) -> Matched:
    """Return which of what is there was made by which step: by its id, else by its likeness."""
    free = list(there)
    ours: list[tuple[FollowUpRecord, Found | None]] = []
    for step in sorted(done(steps, kind), key=lambda one: one.made is None):
        if step.made is not None:
            own = [one for one in free if id_of(one) == step.made]
        else:
            sure, doubtful = likeness(step.followup, free)
            own = sure or doubtful
        ours.append((step, own[0] if own else None))
        free = [one for one in free if not own or one is not own[0]]
    return Matched(tuple(ours), tuple(free))


def difference(step: FollowUpRecord, there: Found | None, names: IdNames) -> Difference | None:
    """Return how what a step did is otherwise now; None where it is as it was."""
    if there is not None and likeness(step.followup, [there])[0]:
        return None
    now = GONE if there is None else words_of(there, names)
    return Difference(step.followup.what, _sent(step.followup, names), now)


def _sent(followup: Followup, names: IdNames) -> str:
    match followup:
        case PlannedPayment():
            return words_of(followup.payment, names)
        case PlannedFile():
            return followup.name
        case PlannedNote():
            return f"“{followup.text}”"


def words_of(found: Found, names: IdNames) -> str:
    """Return what something at a document is, in words."""
    match found:
        case Payment():
            amount = shown(found.pay_amount, names.home_currency)
            day, account = shown_date(found.pay_date), names.account(found.pay_account)
            return ", ".join(
                part for part in (amount, day, account, names.method(found.pay_method)) if part
            )
        case ReceiptAttachment():
            return found.actual_filename or f"file no. {found.attachment_id}"
        case ReceiptNote() | InvoiceNote():
            return f"“{found.notes}”"
