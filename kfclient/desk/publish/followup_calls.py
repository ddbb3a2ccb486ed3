"""The calls for what follows a document: sending it, and finding it there."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.records import InvoiceNote, Payment, ReceiptAttachment, ReceiptNote
from kfclient.desk.check.matching import plain
from kfclient.desk.errors import FileChanged
from kfclient.desk.publish.documents import SALE
from kfclient.desk.publish.followups import (
    Followup,
    PlannedFile,
    PlannedNote,
    PlannedPayment,
    content_of,
    digest_of,
)

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.desk.publish.attempt_step import Step

Found = Payment | ReceiptAttachment | ReceiptNote | InvoiceNote
"""Something at a document, as KashFlow lists it."""

_A_KB = (1000, 1024)


def ready_to_send(followup: Followup) -> bytes:
    """Return a file's content, b"" for anything else; raises `FileChanged`.

    What is sent is what was shown: a file that is another one by now is not sent.
    """
    if not isinstance(followup, PlannedFile):
        return b""
    try:
        content = content_of(followup.path)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no such file"
        raise FileChanged(
            f"The file {followup.path} cannot be read: {why}.", "Put it back there, then try again."
        ) from None
    if digest_of(content) != followup.digest:
        raise FileChanged(
            f"The file {followup.path} is not the one that was shown: it was changed since.",
            "Attach the file as it is now, or put the old one back.",
        )
    return content


def send(kashflow: KashFlow, step: Step, content: bytes) -> int | None:
    """Send it, once; return the id that KashFlow gave, None where its answer says none.

    What KashFlow answers to a file and to a note is documented nowhere (facts U14, U15), so their
    ids are read from its lists afterwards.
    """
    followup, sale = step.followup, step.operation == SALE
    if isinstance(followup, PlannedPayment):
        payment = msgspec.structs.replace(followup.payment, pay_invoice=step.number)
        pay = kashflow.insert_invoice_payment if sale else kashflow.insert_receipt_payment
        return pay(payment)
    if isinstance(followup, PlannedFile):
        attach = kashflow.attach_file_to_invoice if sale else kashflow.attach_file_to_receipt
        attach(step.number, followup.name, content)
        return None
    put = kashflow.insert_invoice_note if sale else kashflow.insert_receipt_note
    put(step.dbid, followup.text, followup.day)
    return None


def listed(kashflow: KashFlow, step: Step) -> list[Found] | None:
    """Return what the document has of this kind; None where KashFlow lists no such thing.

    Its contract has no list of a sale's files.
    """
    sale = step.operation == SALE
    if isinstance(step.followup, PlannedPayment):
        payments = kashflow.get_invoice_payment if sale else kashflow.get_receipt_payment
        return [*payments(step.number)]
    if isinstance(step.followup, PlannedFile):
        return None if sale else [*kashflow.get_receipt_attachments(step.dbid)]
    return [*(kashflow.get_invoice_notes if sale else kashflow.get_receipt_notes)(step.dbid)]


def id_of(found: Found) -> int:
    """Return the id that KashFlow gave it."""
    if isinstance(found, Payment):
        return found.pay_id
    return found.attachment_id if isinstance(found, ReceiptAttachment) else found.note_id


def likeness(followup: Followup, there: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """Return those that are what was sent, to all we know, and those that may be.

    A payment is one of the same amount, day, account and method, and may be one of the same amount;
    a file has the same name and size, and may be one of the same name or size; a note has the same
    text, and may have been cut short.
    """
    sure, doubtful = [], []
    for one in there:
        alike = _alike(followup, one)
        if all(alike):
            sure.append(one)
        elif any(alike):
            doubtful.append(one)
    return sure, doubtful


def _alike(followup: Followup, found: Found) -> tuple[bool, ...]:
    """Return what is the same about the two: all of it for one and the same, none for others."""
    match followup, found:
        case PlannedPayment(), Payment():
            sent = followup.payment
            return (
                found.pay_amount == sent.pay_amount,
                found.pay_amount == sent.pay_amount and _how(found) == _how(sent),
            )
        case PlannedFile(), ReceiptAttachment():
            same_name = plain(found.actual_filename) == plain(followup.name)
            return (same_name, _same_size(followup.size, found.file_size))
        case PlannedNote(), ReceiptNote() | InvoiceNote():
            text, sent_text = plain(found.notes), plain(followup.text)
            return (text == sent_text, text != "" and sent_text.startswith(text))
    return (False,)


def _how(payment: Payment) -> tuple[object, ...]:
    return (payment.pay_date, payment.pay_account, payment.pay_method)


def _same_size(size: int, told: str) -> bool:
    """Tell whether a size in bytes is what KashFlow tells in KB, rounded nobody knows how."""
    try:
        kilobytes = Decimal(told.strip())
    except InvalidOperation:
        return True
    return any(abs(kilobytes - Decimal(size) / one) < 1 for one in _A_KB)
