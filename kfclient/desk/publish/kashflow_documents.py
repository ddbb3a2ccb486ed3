"""What KashFlow has from a supplier or for a customer, and which of it is what was sent.

Also the calls for what follows a document: sending it, and finding it there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import RecordBroken
from kfclient.api.records import (
    Invoice,
    InvoiceLine,
    InvoiceNote,
    Payment,
    ReceiptAttachment,
    ReceiptNote,
)
from kfclient.desk.errors import FileChanged
from kfclient.desk.items.reference import folded
from kfclient.desk.model.sides import Side
from kfclient.desk.publish.journal_records import SendRecord
from kfclient.desk.publish.plan import (
    Followup,
    PlannedFile,
    PlannedNote,
    PlannedPayment,
    content_of,
    digest_of,
    net_of,
    vat_in,
)
from kfclient.money import figures, pennies, shown

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.desk.publish.journal_records import FollowUpRecord


def highest_id(documents: Iterable[Invoice]) -> int:
    """Return the high-water mark: whatever is created from now on has a higher id."""
    return max((one.invoice_dbid for one in documents), default=0)


def candidates(
    send: SendRecord, documents: Iterable[Invoice]
) -> tuple[list[Invoice], list[Invoice]]:
    """Return the documents that are what the send sent, to all we know, and the doubtful ones.

    Both came after its mark. Doubtful are all with its gross, whatever their reference is, for a
    server may rewrite a text; those with its reference and another gross (it may have come out
    differently there); those that do not say their id or their amounts; and broken ones.
    """
    wanted = folded(send.reference)
    sure, doubtful = [], []
    for one in documents:
        if one.invoice_dbid and one.invoice_dbid <= send.mark:
            continue
        grosses = _grosses(one)
        same_gross, same_text = send.gross in grosses, folded(one.customer_reference) == wanted
        if same_gross and same_text and _is_readable(one):
            sure.append(one)
        elif same_gross or not any(grosses) or (same_text and wanted) or one.broken:
            doubtful.append(one)
    return sure, doubtful


def _is_readable(document: Invoice) -> bool:
    return bool(document.invoice_dbid) and not document.broken


def with_id(documents: Iterable[Invoice], dbid: int) -> Invoice | None:
    """Return the document of that id, None where there is none for certain.

    Raises `RecordBroken` where it is broken, or one of them may be it, whose id cannot be read.
    """
    nameless = None
    for one in documents:
        if one.invoice_dbid == dbid and not one.broken:
            return one
        if one.invoice_dbid == dbid or "InvoiceDBID" in one.broken:
            nameless = one
    if nameless is None:
        return None
    raise RecordBroken(f"{described_broken(nameless)}; it may be this one.")


def refuse_broken(invoice: Invoice, documents: Iterable[Invoice]) -> None:
    """Raise `RecordBroken` where one that cannot be read whole may be what is about to be sent."""
    wanted, gross = folded(invoice.customer_reference), gross_of(invoice)
    for one in documents:
        if not one.broken:
            continue
        grosses, same_text = _grosses(one), folded(one.customer_reference) == wanted
        if gross in grosses or (same_text and (wanted or not any(grosses))):
            raise RecordBroken(f"{described_broken(one)}; it may be this one already.")


def described_broken(document: Invoice) -> str:
    """Return what is known of a document that cannot be read whole, in words."""
    number = f" {document.invoice_number}" if document.invoice_number else ""
    return (
        f"KashFlow has a document{number} with a value in {' and '.join(document.broken)} that "
        "cannot be read"
    )


def is_same(send: SendRecord, found: Invoice) -> bool:
    """Tell whether a document is with the party, and over the amount, that was sent."""
    return found.customer_id == send.party and send.gross in _grosses(found)


def differences(sent: Invoice, found: Invoice) -> list[str]:
    """Return what KashFlow has otherwise than it was sent, in words; [] when equal to the penny.

    The header's sums may be in home currency for a foreign document, so its lines are compared.
    """
    net, vat = net_of(sent), vat_in(sent)
    told = []
    if found.customer_id != sent.customer_id:
        told.append("another supplier or customer")
    if folded(found.customer_reference) != folded(sent.customer_reference):
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
    pairs = zip(sent.lines, sorted_lines(found), strict=True)
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


def _coding(line: InvoiceLine) -> tuple[int, Decimal, int]:
    return line.charge_type, line.vat_rate, line.proj_id


def _grosses(document: Invoice) -> set[Decimal]:
    """Return the document's gross as its header and as its lines have it.

    For a foreign document the header may be in home currency.
    """
    header = pennies(document.net_amount + document.vat_amount)
    lines = {pennies(net_of(document) + vat_in(document))} if document.lines else set()
    return {header} | lines


# The calls for what follows a document: sending it, and finding it there.

Found = Payment | ReceiptAttachment | ReceiptNote | InvoiceNote
"""Something at a document, as KashFlow lists it."""

_A_KB = (1000, 1024)
_A_SIZE = re.compile(r"[0-9]{1,15}(?:\.[0-9]{0,6})?", re.ASCII)


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


def send_step(kashflow: KashFlow, step: FollowUpRecord, content: bytes) -> int | None:
    """Send it, once; return the id that KashFlow gave, None where its answer says none.

    What KashFlow answers to a file and to a note is documented nowhere (facts U14, U15), so their
    ids are read from its lists afterwards.
    """
    followup, side = step.followup, step.side
    if isinstance(followup, PlannedPayment):
        payment = msgspec.structs.replace(followup.payment, pay_invoice=step.number)
        return side.pay(kashflow, payment)
    if isinstance(followup, PlannedFile):
        side.attach(kashflow, step.number, followup.name, content)
        return None
    side.note(kashflow, step.dbid, followup.text, followup.day)
    return None


def listed(
    kashflow: KashFlow, side: Side, kind: type[Followup], number: int, dbid: int
) -> list[Found] | None:
    """Return what a document has of a kind; None where KashFlow lists no such thing.

    KashFlow asks for payments by the document's number, for files and notes by its id.
    """
    if issubclass(kind, PlannedPayment):
        return [*side.payments(kashflow, number)]
    if issubclass(kind, PlannedFile):
        files = side.files(kashflow, dbid)
        return None if files is None else [*files]
    return [*side.notes(kashflow, dbid)]


def listed_beside(kashflow: KashFlow, step: FollowUpRecord) -> list[Found] | None:
    """Return what the step's document has of the step's kind; see `listed`."""
    return listed(kashflow, step.side, type(step.followup), step.number, step.dbid)


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
            same_name = folded(found.actual_filename) == folded(followup.name)
            return (same_name, _same_size(followup.size, found.file_size))
        case PlannedNote(), ReceiptNote() | InvoiceNote():
            text, sent_text = folded(found.notes), folded(followup.text)
            return (text == sent_text, text != "" and sent_text.startswith(text))
    return (False,)


def _how(payment: Payment) -> tuple[object, ...]:
    return (payment.pay_date, payment.pay_account, payment.pay_method)


def _same_size(size: int, told: str) -> bool:
    """Tell whether a size in bytes is what KashFlow shows in KB, rounded nobody knows how."""
    if _A_SIZE.fullmatch(told.strip()) is None:
        return True
    kilobytes = Decimal(told.strip())
    return any(abs(kilobytes - Decimal(size) / one) < 1 for one in _A_KB)


def fingerprint_of_document(document: Invoice) -> str:
    """Return the sha256 of what a person could change about a document; sums follow from it."""
    facts = (
        document.invoice_dbid,
        document.invoice_number,
        document.invoice_date,
        document.due_date,
        document.customer_id,
        document.customer_reference,
        document.project_id,
        document.currency_code,
        figures(document.exchange_rate),
        [_facts(line) for line in sorted_lines(document)],
    )
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()


def sorted_lines(document: Invoice) -> list[InvoiceLine]:
    """Return the lines in their order."""
    return sorted(document.lines, key=lambda line: line.sort)


def _facts(line: InvoiceLine) -> tuple[object, ...]:
    amounts = (line.quantity, line.rate, line.vat_rate, line.vat_amount)
    return (*map(figures, amounts), line.description, line.charge_type, line.proj_id)
