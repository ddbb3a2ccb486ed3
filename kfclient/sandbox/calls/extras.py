"""Notes on documents, and files attached to them.

A note goes by the document's database id. A file is attached by document number; those of
purchases are listed and deleted by database id: KashFlow's own asymmetry. Those of sales cannot be
listed: the contract has no operation for it.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from functools import partial

from kfclient.sandbox.account import Account, Refusal, Reply
from kfclient.sandbox.calls.documents import drop_file, with_id, with_number
from kfclient.sandbox.calls.lists import Answer
from kfclient.sandbox.ledger import INVOICES, RECEIPTS, Ledger
from kfclient.sandbox.schema import NO_DATE, Record

_REFUSED_EXTENSIONS = frozenset({"xls"})


def _insert_note(ledger: Ledger, account: Account, asks: Record) -> Reply:
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
    return Reply(result=True)


def _notes(ledger: Ledger, account: Account, asks: Record) -> Reply:
    number = asks[ledger.note_key]
    return Reply(account.books.find(ledger.notes, ledger.note_key, number))


def _attach(ledger: Ledger, account: Account, asks: Record) -> Reply:
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
    return Reply(number)


def _decoded(text: str) -> bytes:
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise Refusal("The file is not valid Base64") from None
    if not content:
        raise Refusal("The file is empty")
    return content


def _attachments(account: Account, asks: Record) -> Reply:
    rows = account.books.find(RECEIPTS.files, "ReceiptID", asks["ReceiptID"])
    return Reply([{**r, "FileURL": f"{account.file_url}{r['AmazonFilename']}"} for r in rows])


def _delete_attachment(account: Account, asks: Record) -> Reply:
    row = account.books.get(RECEIPTS.files, asks["AttachmentID"])
    if row is None or row["ReceiptID"] != asks["ReceiptID"]:
        raise Refusal("There is no such file")
    drop_file(RECEIPTS, account, row)
    return Reply(1)


def _both(ledger: Ledger) -> dict[str, Answer]:
    return {
        f"Insert{ledger.noun}Note": partial(_insert_note, ledger),
        f"Get{ledger.noun}Notes": partial(_notes, ledger),
    }


ANSWERS: dict[str, Answer] = {
    **_both(RECEIPTS),
    **_both(INVOICES),
    "AttachFileToReceipt": partial(_attach, RECEIPTS),
    "AttachFileToInvoice": partial(_attach, INVOICES),
    "GetReceiptAttachments": _attachments,
    "DeleteReceiptAttachment": _delete_attachment,
}
