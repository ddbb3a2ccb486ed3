"""Payments of purchases and sales: by document number, in home currency, overpaying allowed."""

from __future__ import annotations

import base64
import binascii
import secrets
from functools import partial
from operator import itemgetter

from kfclient.sandbox.account import Account, Refusal, Result
from kfclient.sandbox.books import INVOICES, RECEIPTS, Ledger, settled
from kfclient.sandbox.calls.account_lists import Answer
from kfclient.sandbox.calls.documents import check_lock, drop_file, with_id, with_number
from kfclient.sandbox.contract import NO_DATE, TYPES, Record

PAGE = 100


def _insert(ledger: Ledger, account: Account, asks: Record) -> Result:
    books, sent = account.books, asks[f"{ledger.noun}Payment"]
    document = with_number(ledger, account, sent["PayInvoice"])
    method, bank = sent["PayMethod"], sent["PayAccount"]
    if account.switches.strict_pay_methods and books.get(ledger.methods, method) is None:
        raise Refusal(f"There is no payment method with the ID {method}")
    if not bank:
        bank = books.all("banks")[0]["AccountID"]
    if books.get("banks", bank) is None:
        raise Refusal(f"There is no bank account with the ID {bank}")
    date = sent["PayDate"]
    date = account.today().isoformat() if date == NO_DATE else date[:10]
    check_lock(account, date)
    number = books.next_id("payments")
    changed = {
        "PayID": number,
        "PayInvoice": document["InvoiceNumber"],
        "PayDate": f"{date}T00:00:00",
        "PayAccount": bank,
    }
    books.put(ledger.payments, TYPES["Payment"].lean({**sent, **changed}))
    return Result(number)


def _payments(ledger: Ledger, account: Account, asks: Record) -> Result:
    number = asks[f"{ledger.noun}Number"]
    return Result(account.books.find(ledger.payments, "PayInvoice", number))


def _delete(ledger: Ledger, account: Account, asks: Record) -> Result:
    number = asks[f"{ledger.noun}PaymentNumber"]
    payment = account.books.get(ledger.payments, number)
    if payment is None:
        raise Refusal("There is no payment with that number")
    check_lock(account, payment["PayDate"])
    account.books.drop(ledger.payments, number)
    return Result(1)


def _apply_credit_note(account: Account, asks: Record) -> Result:
    """Settle an invoice with a credit note, as a payment on each that cancel each other out."""
    invoice = with_id(INVOICES, account, asks["InvoiceID"])
    credit = with_id(INVOICES, account, asks["CreditNoteID"])
    if invoice["CustomerID"] != credit["CustomerID"]:
        raise Refusal("The invoice and the credit note are for different customers")
    owed, held = (settled(account.books, INVOICES, each) for each in (invoice, credit))
    amount = min(owed.due - owed.paid, held.paid - held.due)
    if amount <= 0:
        raise Refusal("There is nothing to settle between this invoice and this credit note")
    today = account.today().isoformat()
    check_lock(account, today)
    for document, other, share in ((invoice, credit, amount), (credit, invoice, -amount)):
        payment = {
            "PayID": account.books.next_id("payments"),
            "PayInvoice": document["InvoiceNumber"],
            "PayDate": f"{today}T00:00:00",
            "PayNote": f"Credit note, with number {other['InvoiceNumber']}",
            "PayAmount": share,
        }
        account.books.put(INVOICES.payments, payment)
    return Result(result=True)


def _between(account: Account, asks: Record) -> list[Record]:
    first, last = asks["StartDate"][:10], asks["EndDate"][:10]
    rows = account.books.all("invoice_payments")
    chosen = (row for row in rows if first <= row["PayDate"][:10] <= last)
    return sorted(chosen, key=itemgetter("PayDate", "PayID"))


def _count_between(account: Account, asks: Record) -> Result:
    return Result(len(_between(account, asks)))


def _page_between(account: Account, asks: Record) -> Result:
    page = max(1, asks["PageNumber"])
    return Result(_between(account, asks)[(page - 1) * PAGE : page * PAGE])


def _both(ledger: Ledger) -> dict[str, Answer]:
    return {
        f"Insert{ledger.noun}Payment": partial(_insert, ledger),
        f"Get{ledger.noun}Payment": partial(_payments, ledger),
        f"Delete{ledger.noun}Payment": partial(_delete, ledger),
    }


_PAYMENTS: dict[str, Answer] = {
    **_both(RECEIPTS),
    **_both(INVOICES),
    "applyCreditNoteToInvoice": _apply_credit_note,
    "GetInvoicePaymentsCountforDateRange": _count_between,
    "GetInvoicePaymentsByDateRange": _page_between,
}


# Notes on documents, and files attached to them.
#
# A note goes by the document's database id. A file is attached by document number; those of
# purchases are listed and deleted by database id: KashFlow's own asymmetry. Those of sales cannot
# be listed: the contract has no operation for it.

_REFUSED_EXTENSIONS = frozenset({"xls"})


def _insert_note(ledger: Ledger, account: Account, asks: Record) -> Result:
    document = with_id(ledger, account, asks[ledger.note_key])
    date = asks["NoteDate"]
    date = account.today().isoformat() if date == NO_DATE else date[:10]
    note = {
        ledger.note_key: document["InvoiceDBID"],
        "NoteId": account.books.next_id("notes"),
        "NoteDate": f"{date}T00:00:00",
        "Notes": asks["Notes"] or "",
    }
    account.books.put(ledger.notes, note)
    return Result(result=True)


def _notes(ledger: Ledger, account: Account, asks: Record) -> Result:
    number = asks[ledger.note_key]
    return Result(account.books.find(ledger.notes, ledger.note_key, number))


def _attach(ledger: Ledger, account: Account, asks: Record) -> Result:
    document = with_number(ledger, account, asks[f"{ledger.noun}No"])
    if not account.switches.dropbox_connected:
        raise Refusal("Dropbox is not connected to this account")
    filename = (asks["Filename"] or "").strip()
    extension = (asks["FileExtension"] or "").strip().lstrip(".")
    if not filename:
        raise Refusal("The file has no name")
    last = filename.rpartition(".")[2].casefold()
    if {extension.casefold(), last} & _REFUSED_EXTENSIONS:
        raise Refusal("Files of this type are not accepted")
    content = _decoded(asks["Base64String"] or "")
    stored = secrets.token_hex(12)
    number = account.books.next_id("attachments")
    account.shelf.put(stored, content)
    account.books.put(
        ledger.files,
        {
            "AttachmentID": number,
            "ReceiptID": document["InvoiceDBID"],
            "ActualFilename": filename,
            "AmazonFilename": stored,
            "UploadDate": f"{account.today()}T00:00:00",
            "ContentType": asks["ContentType"] or "",
            "FileSize": f"{len(content) / 1024:.2f}",
            "FileExtension": extension,
        },
    )
    return Result(number)


def _decoded(text: str) -> bytes:
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise Refusal("The file is not valid Base64") from None
    if not content:
        raise Refusal("The file is empty")
    return content


def _attachments(account: Account, asks: Record) -> Result:
    rows = account.books.find(RECEIPTS.files, "ReceiptID", asks["ReceiptID"])
    return Result([{**r, "FileURL": f"{account.file_url}{r['AmazonFilename']}"} for r in rows])


def _delete_attachment(account: Account, asks: Record) -> Result:
    row = account.books.get(RECEIPTS.files, asks["AttachmentID"])
    if row is None or row["ReceiptID"] != asks["ReceiptID"]:
        raise Refusal("There is no such file")
    drop_file(RECEIPTS, account, row)
    return Result(1)


def _both_kinds(ledger: Ledger) -> dict[str, Answer]:
    return {
        f"Insert{ledger.noun}Note": partial(_insert_note, ledger),
        f"Get{ledger.noun}Notes": partial(_notes, ledger),
    }


_EXTRAS: dict[str, Answer] = {
    **_both_kinds(RECEIPTS),
    **_both_kinds(INVOICES),
    "AttachFileToReceipt": partial(_attach, RECEIPTS),
    "AttachFileToInvoice": partial(_attach, INVOICES),
    "GetReceiptAttachments": _attachments,
    "DeleteReceiptAttachment": _delete_attachment,
}


ANSWERS: dict[str, Answer] = {**_PAYMENTS, **_EXTRAS}
