"""Purchases, which KashFlow's API calls receipts, and their payments."""

from __future__ import annotations

from typing import Literal, Unpack

import msgspec

from kfclient.api.caller import Caller, Following, judged
from kfclient.api.errors import ReplyBroken
from kfclient.api.records import Invoice, Payment

Filter = Literal["All", "Unpaid", "Overdue", "Overpaid", "Paid", "ThisMonth"]


class ReceiptsPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of purchases, and how many pages and purchases the filter lets through."""

    receipts: list[Invoice]
    page_number: int
    total_pages: int
    total_records: int


class Purchases(Caller):
    """Operations on purchases. A number is a purchase's own; an id is KashFlow's, for ever."""

    def insert_receipt(self, invoice: Invoice) -> int:
        """Create a purchase; return its number. KashFlow does not notice a duplicate."""
        return self._insert("InsertReceipt", Inv=invoice)

    def get_receipt(self, number: int) -> Invoice | None:
        """Return the purchase with that number and its lines, None if there is none."""
        return self._one("GetReceipt", Invoice, {"ReceiptNumber": number}, "invoice_dbid")

    def get_receipts_for_supplier(
        self, supplier_id: int, **following: Unpack[Following]
    ) -> list[Invoice]:
        """Return every purchase from that supplier, with its lines."""
        fields = {"SupplierID": supplier_id}
        return self._rows("GetReceiptsForSupplier", Invoice, "Invoice", fields, **following)

    def get_receipts_recent(self, count: int, **following: Unpack[Following]) -> list[Invoice]:
        """Return the newest `count` purchases."""
        fields = {"NumberOfReceipts": count}
        return self._rows("GetReceipts_Recent", Invoice, "Invoice", fields, **following)

    def get_receipts_with_paging(
        self,
        page: int = 1,
        per_page: int = 100,
        filter_by: Filter = "All",
        **following: Unpack[Following],
    ) -> ReceiptsPage:
        """Return a page of purchases, the first being 1, of at most 100 (KashFlow's own limit)."""
        fields = {"Page": page, "PerPage": per_page, "FilterBy": filter_by}
        answer = self._list("GetReceiptsWithPaging", Invoice, "Invoice", fields, **following)
        number, pages, records = map(answer.number, ("PageNumber", "TotalPages", "TotalRecords"))
        if number is None or pages is None or records is None:
            raise judged(ReplyBroken("KashFlow's answer does not say which page."), write=False)
        return ReceiptsPage(
            receipts=answer.rows, page_number=number, total_pages=pages, total_records=records
        )

    def delete_receipt(self, number: int) -> None:
        """Delete the purchase with that number; the number becomes free."""
        self._write("DeleteReceipt", ReceiptNumber=number)

    def insert_receipt_payment(self, payment: Payment) -> int:
        """Record a payment of a purchase, in the home currency; return the payment's number."""
        return self._insert("InsertReceiptPayment", ReceiptPayment=payment)

    def get_receipt_payment(self, number: int, **following: Unpack[Following]) -> list[Payment]:
        """Return the payments of the purchase with that number."""
        fields = {"ReceiptNumber": number}
        return self._rows("GetReceiptPayment", Payment, "Payment", fields, **following)

    def delete_receipt_payment(self, payment_number: int) -> None:
        """Delete a payment of a purchase by the payment's own number (`Payment.pay_id`)."""
        self._write("DeleteReceiptPayment", ReceiptPaymentNumber=payment_number)
