"""Sales invoices and their payments."""

from __future__ import annotations

from typing import Unpack

from kfclient.api.caller import Caller, Following
from kfclient.api.records import Invoice, Payment


class Sales(Caller):
    """Operations on sales invoices. A number is an invoice's own; an id is KashFlow's, for ever."""

    def insert_invoice(self, invoice: Invoice) -> int:
        """Create a sales invoice; return its number. KashFlow does not notice a duplicate."""
        return self._insert("InsertInvoice", Inv=invoice)

    def get_invoice(self, number: int) -> Invoice | None:
        """Return the sales invoice with that number and its lines, None if there is none."""
        return self._one("GetInvoice", Invoice, {"InvoiceNumber": number}, "invoice_dbid")

    def get_invoices_for_customer(
        self, customer_id: int, **following: Unpack[Following]
    ) -> list[Invoice]:
        """Return every sales invoice to that customer, with its lines."""
        fields = {"CustID": customer_id}
        return self._rows("GetInvoicesForCustomer", Invoice, "Invoice", fields, **following)

    def get_invoices_recent(self, count: int, **following: Unpack[Following]) -> list[Invoice]:
        """Return the newest `count` sales invoices."""
        fields = {"NumberOfInvoices": count}
        return self._rows("GetInvoices_Recent", Invoice, "Invoice", fields, **following)

    def delete_invoice(self, number: int) -> None:
        """Delete the sales invoice with that number; the number becomes free."""
        self._write("DeleteInvoice", InvoiceNumber=number)

    def insert_invoice_payment(self, payment: Payment) -> int:
        """Record a payment of a sale, in the home currency; return the payment's number."""
        return self._insert("InsertInvoicePayment", InvoicePayment=payment)

    def get_invoice_payment(self, number: int, **following: Unpack[Following]) -> list[Payment]:
        """Return the payments of the sales invoice with that number."""
        fields = {"InvoiceNumber": number}
        return self._rows("GetInvoicePayment", Payment, "Payment", fields, **following)

    def delete_invoice_payment(self, payment_number: int) -> None:
        """Delete a payment of a sale by the payment's own number (`Payment.pay_id`)."""
        self._write("DeleteInvoicePayment", InvoicePaymentNumber=payment_number)
