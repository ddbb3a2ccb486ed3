"""What is at a document in KashFlow: payments, files, notes; which of it Kashdeck put there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.records import InvoiceNote, Payment, ReceiptAttachment, ReceiptNote
from kfclient.dates import shown_date
from kfclient.desk.after.comparing import GONE, Difference
from kfclient.desk.publish.documents import SALE
from kfclient.desk.publish.followup_calls import Found, id_of, likeness
from kfclient.desk.publish.followups import Followup, PlannedFile, PlannedNote, PlannedPayment
from kfclient.desk.publish.outcomes import Outcome
from kfclient.money import shown

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.api.records import Invoice
    from kfclient.desk.publish.attempt_step import Step
    from kfclient.desk.publish.id_names import IdNames

Kind = type[PlannedPayment] | type[PlannedFile] | type[PlannedNote]
ALL: tuple[Kind, ...] = (PlannedPayment, PlannedFile, PlannedNote)


class Matched(msgspec.Struct, frozen=True):
    """What a document has of one kind: each step that is done with what it made, and the rest.

    A step's own is None where it is not there any more.
    """

    ours: tuple[tuple[Step, Found | None], ...]
    others: tuple[Found, ...]


def belongings(
    kashflow: KashFlow, operation: str, document: Invoice, kind: Kind
) -> list[Found] | None:
    """Return what the document has of a kind, a call; None where KashFlow lists no such thing.

    Its contract has no list of a sale's files.
    """
    sale = operation == SALE
    if kind is PlannedPayment:
        payments = kashflow.get_invoice_payment if sale else kashflow.get_receipt_payment
        return [*payments(document.invoice_number)]
    if kind is PlannedFile:
        return None if sale else [*kashflow.get_receipt_attachments(document.invoice_dbid)]
    notes = kashflow.get_invoice_notes if sale else kashflow.get_receipt_notes
    return [*notes(document.invoice_dbid)]


def done(steps: Sequence[Step], kind: Kind) -> list[Step]:
    """Return the steps of a kind that Kashdeck did."""
    return [one for one in steps if one.outcome is Outcome.DONE and isinstance(one.followup, kind)]


def matched(steps: Sequence[Step], kind: Kind, there: Sequence[Found]) -> Matched:
    """Return which of what is there was made by which step: by its id, else by its likeness."""
    free = list(there)
    ours: list[tuple[Step, Found | None]] = []
    for step in sorted(done(steps, kind), key=lambda one: one.made is None):
        if step.made is not None:
            own = [one for one in free if id_of(one) == step.made]
        else:
            sure, doubtful = likeness(step.followup, free)
            own = sure or doubtful
        ours.append((step, own[0] if own else None))
        free = [one for one in free if not own or one is not own[0]]
    return Matched(tuple(ours), tuple(free))


def difference(step: Step, there: Found | None, names: IdNames) -> Difference | None:
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
