"""Notes on documents and files on purchases."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sandbox.wire import Wire, record

CONTENT = b"%PDF-1.4 " + bytes(range(256)) * 8


@pytest.fixture
def receipt(wire: Wire, supplier: int) -> int:
    """The database id of purchase number 1."""
    wire.ok("InsertReceipt", record("Inv", CustomerID=supplier))
    number: int = wire.sandbox.account.receipts()[0]["InvoiceDBID"]
    return number


def file(**changes: Any) -> dict[str, Any]:
    """Return what AttachFileToReceipt asks for."""
    return {
        "ReceiptNo": 1,
        "Base64String": base64.b64encode(CONTENT).decode(),
        "ContentType": "application/pdf",
        "Filename": "bill.pdf",
        "FileExtension": "pdf",
        "FileSize": str(len(CONTENT)),
        **changes,
    }


def test_a_file_is_attached_by_number_and_listed_by_id(wire: Wire, receipt: int) -> None:
    identity = wire.ok("AttachFileToReceipt", **file()).number
    answer = wire.ok("GetReceiptAttachments", ReceiptID=receipt)
    assert answer.text("AttachmentID") == str(identity)
    assert answer.text("ReceiptID") == str(receipt)
    assert answer.text("ActualFilename") == "bill.pdf"
    assert answer.text("FileSize") == "2.01"
    assert answer.text("FileExtension") == "pdf"
    assert wire.ok("GetReceiptAttachments", ReceiptID=1).texts("AttachmentID") == []


def test_the_file_comes_back_from_its_address_and_runs_nowhere(wire: Wire, receipt: int) -> None:
    wire.ok("AttachFileToReceipt", **file())
    url = str(wire.ok("GetReceiptAttachments", ReceiptID=receipt).text("FileURL"))
    assert urlsplit(url).netloc == wire.host
    answer = wire.send(None, {}, urlsplit(url).path)
    assert answer.body == CONTENT
    assert answer.headers["content-disposition"] == "attachment"
    assert wire.send(None, {}, "/files/../books.json").http == 404
    assert wire.send(None, {}, "/files/nothing").http == 404


def test_a_file_is_deleted_by_both_ids(wire: Wire, receipt: int) -> None:
    identity = wire.ok("AttachFileToReceipt", **file()).number
    url = str(wire.ok("GetReceiptAttachments", ReceiptID=receipt).text("FileURL"))
    wire.no("DeleteReceiptAttachment", ReceiptID=1, AttachmentID=identity)
    wire.ok("DeleteReceiptAttachment", ReceiptID=receipt, AttachmentID=identity)
    assert wire.ok("GetReceiptAttachments", ReceiptID=receipt).texts("AttachmentID") == []
    assert wire.send(None, {}, urlsplit(url).path).http == 404


@pytest.mark.parametrize(
    "change",
    [
        {"ReceiptNo": 404},
        {"Base64String": "***"},
        {"Base64String": ""},
        {"Filename": ""},
        {"Filename": "old.XLS"},
        {"FileExtension": "xls"},
    ],
)
def test_a_file_that_makes_no_sense_is_refused(
    wire: Wire, receipt: int, change: dict[str, Any]
) -> None:
    answer = wire.call("AttachFileToReceipt", **file(**change))
    assert (answer.status, answer.number) == ("NO", 0)
    assert wire.ok("GetReceiptAttachments", ReceiptID=receipt).texts("AttachmentID") == []


def test_without_dropbox_no_file_is_taken(wire: Wire, receipt: int) -> None:
    wire.sandbox.account.switch(dropbox_connected=False)
    assert "Dropbox" in wire.no("AttachFileToReceipt", **file())


def test_base64_may_be_wrapped(wire: Wire, receipt: int) -> None:
    wire.ok("AttachFileToReceipt", **file(Base64String=base64.encodebytes(CONTENT).decode()))


@pytest.mark.parametrize(("noun", "party"), [("Receipt", "supplier"), ("Invoice", "customer")])
def test_a_note_goes_by_id(
    wire: Wire, noun: str, party: str, request: pytest.FixtureRequest
) -> None:
    number = request.getfixturevalue(party)
    wire.ok(f"Insert{noun}", record("Inv", CustomerID=number))
    identity = wire.ok(f"Get{noun}", **{f"{noun}Number": 1}).text("InvoiceDBID")
    asks = {f"{noun}Id": identity, "NoteDate": "2026-03-01T10:00:00", "Notes": "Paid late"}
    answer = wire.ok(f"Insert{noun}Note", **asks)
    assert answer.text(f"Insert{noun}NoteResult") == "true"
    found = wire.ok(f"Get{noun}Notes", **{f"{noun}Id": identity})
    assert found.text("Notes") == "Paid late"
    assert found.text("NoteDate") == "2026-03-01T00:00:00"


def test_a_note_without_a_date_is_todays(wire: Wire, receipt: int) -> None:
    wire.ok("InsertReceiptNote", ReceiptId=receipt, Notes="x")
    found = wire.ok("GetReceiptNotes", ReceiptId=receipt)
    assert found.text("NoteDate") == f"{wire.sandbox.account.today()}T00:00:00"


def test_a_note_on_nothing_is_false(wire: Wire) -> None:
    answer = wire.call("InsertReceiptNote", ReceiptId=1, Notes="x")
    assert answer.status == "NO"
    assert answer.text("InsertReceiptNoteResult") == "false"


def test_a_file_is_attached_to_a_sale_by_number(wire: Wire, receipt: int, customer: int) -> None:
    wire.ok("InsertInvoice", record("Inv", CustomerID=customer))
    asked = file()
    del asked["ReceiptNo"]
    number = wire.ok("AttachFileToInvoice", InvoiceNo=1, **asked).number
    assert number > 0
    (kept,) = wire.sandbox.account.books.all("invoice_attachments")
    assert wire.sandbox.account.shelf.get(kept["AmazonFilename"]) == CONTENT
    assert wire.ok("GetReceiptAttachments", ReceiptID=receipt).texts("AttachmentID") == []
    assert "no invoice" in wire.no("AttachFileToInvoice", InvoiceNo=2, **asked)
    wire.ok("DeleteInvoice", InvoiceNumber=1)
    assert wire.sandbox.account.shelf.get(kept["AmazonFilename"]) is None
