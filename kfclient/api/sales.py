"""Sales invoices, with their payments, notes and files."""

from __future__ import annotations

from datetime import date
from typing import Unpack

from kfclient.api.attachment import attachment
from kfclient.api.caller import Caller, Following
from kfclient.api.records import Invoice, InvoiceNote, Payment


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
        return self._rows("GetInvoicePayment", Payment, "Payment", fields, **following)

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
        return self._rows("GetInvoiceNotes", InvoiceNote, "InvoiceNotes", fields, **following)

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
