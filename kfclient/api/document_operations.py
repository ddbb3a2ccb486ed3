"""Purchases, which KashFlow's API calls receipts, and sales invoices.

Each with its payments, notes and files.
"""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterator
from datetime import date
from itertools import count
from pathlib import PurePath
from typing import Any, Literal, Unpack, get_args

import msgspec

from kfclient.api.caller import Caller, Following, judged
from kfclient.api.errors import BadRequest, ReplyBroken
from kfclient.api.records import Invoice, InvoiceNote, Payment, ReceiptAttachment, ReceiptNote

# A file on its way to a document, as KashFlow wants it.

_UNKNOWN = "application/octet-stream"


def attachment(filename: str, content: bytes, content_type: str = "") -> dict[str, Any]:
    """Return the fields that describe a file, by KashFlow's names.

    Its size goes as a text, in bytes, its extension without a dot; folders before the name are
    left out. `content_type` is told by the extension unless it is given. Raises `BadRequest` for a
    file without name or content.
    """
    name = PurePath(filename.replace("\\", "/")).name
    if not name or not content:
        what = "has no name" if content else "is empty"
        raise BadRequest(f"The file to attach {what}; nothing was sent.", "Choose another file.")
    return {
        "Base64String": base64.b64encode(content).decode("ascii"),
        "ContentType": content_type or mimetypes.guess_type(name)[0] or _UNKNOWN,
        "Filename": name,
        "FileExtension": PurePath(name).suffix.removeprefix("."),
        "FileSize": str(len(content)),
    }


Filter = Literal["All", "Unpaid", "Overdue", "Overpaid", "Paid", "ThisMonth"]

MOST_PER_PAGE = 100
"""What KashFlow gives at most, however many are asked for."""


class ReceiptsPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of purchases, and how many pages and purchases the filter lets through."""

    receipts: list[Invoice]
    page_number: int
    total_pages: int
    total_records: int


class Purchases(Caller):
    """Operations on purchases.

    A `number` is a purchase's own (`Invoice.invoice_number`), free for another once it is deleted;
    a `receipt_id` is KashFlow's, for ever (`Invoice.invoice_dbid`). Inserting gives the number:
    `get_receipt` knows the id.
    """

    def insert_receipt(self, invoice: Invoice) -> int:
        """Create a purchase; return its number. KashFlow does not notice a duplicate."""
        return self._insert("InsertReceipt", Inv=invoice)

    def insert_receipt_type_defined(self, invoice: Invoice) -> int:
        """Create a purchase as `insert_receipt` does, its lines written another way."""
        return self._insert("InsertReceipt_TypeDefined", Inv_TD=invoice)

    def get_receipt(self, number: int) -> Invoice | None:
        """Return the purchase with that number and its lines, None if there is none."""
        return self._one("GetReceipt", Invoice, {"ReceiptNumber": number}, "invoice_dbid")

    def get_receipt_type_defined(self, number: int) -> Invoice | None:
        """Return a purchase as `get_receipt` does, its lines written another way."""
        fields = {"ReceiptNumber": number}
        return self._one("GetReceipt_TypeDefined", Invoice, fields, "invoice_dbid")

    def get_receipts_for_supplier(
        self, supplier_id: int, **following: Unpack[Following]
    ) -> list[Invoice]:
        """Return every purchase from the supplier with that id, with its lines."""
        fields = {"SupplierID": supplier_id}
        return self._rows("GetReceiptsForSupplier", Invoice, "Invoice", fields, **following)

    def get_receipts_recent(self, count: int, **following: Unpack[Following]) -> list[Invoice]:
        """Return the newest `count` purchases."""
        fields = {"NumberOfReceipts": count}
        return self._rows("GetReceipts_Recent", Invoice, "Invoice", fields, **following)

    def get_receipts_with_paging(
        self,
        page: int = 1,
        per_page: int = MOST_PER_PAGE,
        filter_by: Filter = "All",
        **following: Unpack[Following],
    ) -> ReceiptsPage:
        """Return a page of purchases, the first being 1, of at most 100 (KashFlow's own limit).

        A page beyond the last is empty. Raises `BadRequest` for what KashFlow would silently take
        for something else: a page below 1, more than 100 on one, another filter.
        """
        if page < 1 or not 1 <= per_page <= MOST_PER_PAGE or filter_by not in get_args(Filter):
            raise BadRequest(
                f"KashFlow has no page {page} of {per_page} purchases ({filter_by}); "
                "nothing was sent.",
                f"Pages begin with 1 and hold 1 to {MOST_PER_PAGE} purchases; the filters are "
                f"{', '.join(get_args(Filter))}.",
            )
        fields = {"Page": page, "PerPage": per_page, "FilterBy": filter_by}
        answer = self._list("GetReceiptsWithPaging", Invoice, "Invoice", fields, **following)
        number, pages, records = map(answer.number, ("PageNumber", "TotalPages", "TotalRecords"))
        if number is None or pages is None or records is None:
            raise judged(ReplyBroken("KashFlow's answer does not say which page."), write=False)
        return ReceiptsPage(
            receipts=answer.rows, page_number=number, total_pages=pages, total_records=records
        )

    def iter_receipts_pages(
        self,
        per_page: int = MOST_PER_PAGE,
        filter_by: Filter = "All",
        **following: Unpack[Following],
    ) -> Iterator[ReceiptsPage]:
        """Yield the pages of purchases one after the other, a call each, to the last.

        What is entered meanwhile pushes others to the next page: a purchase may come twice, and
        one may be missed where another is deleted.
        """
        before: list[Invoice] = []
        for page in count(1):
            got = self.get_receipts_with_paging(page, per_page, filter_by, **following)
            if got.receipts and got.receipts == before:
                told = "KashFlow gives the same page of purchases again and again."
                raise judged(ReplyBroken(told), write=False)
            yield got
            if page >= got.total_pages or not got.receipts:
                return
            before = got.receipts

    def delete_receipt(self, number: int) -> None:
        """Delete the purchase with that number; the number becomes free."""
        self._write("DeleteReceipt", ReceiptNumber=number)

    def delete_receipt_by_id(self, receipt_id: int) -> None:
        """Delete the purchase with that id (`Invoice.invoice_dbid`), whatever its number."""
        self._write("DeleteReceiptByID", ReceiptID=receipt_id)

    def insert_receipt_payment(self, payment: Payment) -> int:
        """Record a payment of a purchase, in the home currency; return the payment's number.

        `payment.pay_invoice` is the purchase's number.
        """
        return self._insert("InsertReceiptPayment", ReceiptPayment=payment)

    def get_receipt_payment(self, number: int, **following: Unpack[Following]) -> list[Payment]:
        """Return the payments of the purchase with that number."""
        fields = {"ReceiptNumber": number}
        return self._whole_rows("GetReceiptPayment", Payment, "Payment", fields, **following)

    def delete_receipt_payment(self, payment_number: int) -> None:
        """Delete a payment of a purchase by the payment's own number (`Payment.pay_id`)."""
        self._write("DeleteReceiptPayment", ReceiptPaymentNumber=payment_number)

    def insert_receipt_note(self, receipt_id: int, notes: str, day: date) -> bool:
        """Put a note to the purchase with that id (`Invoice.invoice_dbid`), dated `day`.

        Returns what KashFlow answers beside its OK, which is documented nowhere.
        """
        return self._truth("InsertReceiptNote", ReceiptId=receipt_id, NoteDate=day, Notes=notes)

    def get_receipt_notes(
        self, receipt_id: int, **following: Unpack[Following]
    ) -> list[ReceiptNote]:
        """Return the notes of the purchase with that id (`Invoice.invoice_dbid`)."""
        fields = {"ReceiptId": receipt_id}
        return self._whole_rows("GetReceiptNotes", ReceiptNote, "ReceiptNotes", fields, **following)

    def attach_file_to_receipt(
        self, number: int, filename: str, content: bytes, content_type: str = ""
    ) -> int:
        """Attach a file to the purchase with that *number*; return what KashFlow answers.

        What that number means is documented nowhere; `get_receipt_attachments`, which takes the
        id, tells whether the file is there. KashFlow may need Dropbox connected for it to be seen.
        The type is told by the name's extension unless it is given. Raises `BadRequest` for a file
        without name or content.
        """
        fields = attachment(filename, content, content_type)
        answer = self._write("AttachFileToReceipt", ReceiptNo=number, **fields)
        return answer.number("AttachFileToReceiptResult") or 0

    def get_receipt_attachments(
        self, receipt_id: int, **following: Unpack[Following]
    ) -> list[ReceiptAttachment]:
        """Return the files of the purchase with that id (`Invoice.invoice_dbid`)."""
        fields = {"ReceiptID": receipt_id}
        return self._whole_rows(
            "GetReceiptAttachments", ReceiptAttachment, "ReceiptAttachment", fields, **following
        )

    def delete_receipt_attachment(self, receipt_id: int, attachment_id: int) -> None:
        """Delete a file of the purchase with that id (`Invoice.invoice_dbid`)."""
        self._write("DeleteReceiptAttachment", ReceiptID=receipt_id, AttachmentID=attachment_id)


# Sales invoices, with their payments, notes and files.


class Sales(Caller):
    """Operations on sales invoices.

    A `number` is an invoice's own (`Invoice.invoice_number`), free for another once it is deleted;
    an `invoice_id` is KashFlow's, for ever (`Invoice.invoice_dbid`). Inserting gives the number:
    `get_invoice` knows the id.
    """

    def insert_invoice(self, invoice: Invoice) -> int:
        """Create a sales invoice; return its number. KashFlow does not notice a duplicate."""
        return self._insert("InsertInvoice", Inv=invoice)

    def insert_invoice_type_defined(self, invoice: Invoice) -> int:
        """Create a sales invoice as `insert_invoice` does, its lines written another way."""
        return self._insert("InsertInvoice_TypeDefined", Inv_TD=invoice)

    def get_invoice(self, number: int) -> Invoice | None:
        """Return the sales invoice with that number and its lines, None if there is none."""
        return self._one("GetInvoice", Invoice, {"InvoiceNumber": number}, "invoice_dbid")

    def get_invoice_by_id(self, invoice_id: int) -> Invoice | None:
        """Return the sales invoice with that id (`Invoice.invoice_dbid`), None if there is none."""
        return self._one("GetInvoiceByID", Invoice, {"InvoiceID": invoice_id}, "invoice_dbid")

    def get_invoices_for_customer(
        self, customer_id: int, **following: Unpack[Following]
    ) -> list[Invoice]:
        """Return every sales invoice to the customer with that id, with its lines."""
        fields = {"CustID": customer_id}
        return self._rows("GetInvoicesForCustomer", Invoice, "Invoice", fields, **following)

    def get_invoices_by_date_range(
        self, first: date, last: date, **following: Unpack[Following]
    ) -> list[Invoice]:
        """Return the sales invoices dated `first` to `last`, presumably both days included."""
        fields = {"StartDate": first, "EndDate": last}
        return self._rows("GetInvoicesByDateRange", Invoice, "Invoice", fields, **following)

    def get_invoices_recent(self, count: int, **following: Unpack[Following]) -> list[Invoice]:
        """Return the newest `count` sales invoices."""
        fields = {"NumberOfInvoices": count}
        return self._rows("GetInvoices_Recent", Invoice, "Invoice", fields, **following)

    def delete_invoice(self, number: int) -> None:
        """Delete the sales invoice with that number; the number becomes free."""
        self._write("DeleteInvoice", InvoiceNumber=number)

    def delete_invoice_by_id(self, invoice_id: int) -> None:
        """Delete the sales invoice with that id (`Invoice.invoice_dbid`), whatever its number."""
        self._write("DeleteInvoiceByID", InvoiceID=invoice_id)

    def insert_invoice_payment(self, payment: Payment) -> int:
        """Record a payment of a sale, in the home currency; return the payment's number.

        `payment.pay_invoice` is the invoice's number.
        """
        return self._insert("InsertInvoicePayment", InvoicePayment=payment)

    def get_invoice_payment(self, number: int, **following: Unpack[Following]) -> list[Payment]:
        """Return the payments of the sales invoice with that number."""
        fields = {"InvoiceNumber": number}
        return self._whole_rows("GetInvoicePayment", Payment, "Payment", fields, **following)

    def delete_invoice_payment(self, payment_number: int) -> None:
        """Delete a payment of a sale by the payment's own number (`Payment.pay_id`)."""
        self._write("DeleteInvoicePayment", InvoicePaymentNumber=payment_number)

    def insert_invoice_note(self, invoice_id: int, notes: str, day: date) -> bool:
        """Put a note to the sales invoice with that id (`Invoice.invoice_dbid`), dated `day`.

        Returns what KashFlow answers beside its OK, which is documented nowhere.
        """
        return self._truth("InsertInvoiceNote", InvoiceId=invoice_id, NoteDate=day, Notes=notes)

    def get_invoice_notes(
        self, invoice_id: int, **following: Unpack[Following]
    ) -> list[InvoiceNote]:
        """Return the notes of the sales invoice with that id (`Invoice.invoice_dbid`)."""
        fields = {"InvoiceId": invoice_id}
        return self._whole_rows("GetInvoiceNotes", InvoiceNote, "InvoiceNotes", fields, **following)

    def attach_file_to_invoice(
        self, number: int, filename: str, content: bytes, content_type: str = ""
    ) -> int:
        """Attach a file to the sales invoice with that *number*; return what KashFlow answers.

        KashFlow has this since its contract of 2026 alone: a server that does not know it raises
        `RequestFault`. The type is told by the name's extension unless it is given. Raises
        `BadRequest` for a file without name or content.
        """
        fields = attachment(filename, content, content_type)
        answer = self._write("AttachFileToInvoice", InvoiceNo=number, **fields)
        return answer.number("AttachFileToInvoiceResult") or 0
