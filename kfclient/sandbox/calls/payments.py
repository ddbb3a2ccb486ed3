"""Payments of purchases and sales: by document number, in home currency, overpaying allowed."""

from __future__ import annotations

from functools import partial
from operator import itemgetter

from kfclient.sandbox.account import Account, Refusal, Reply
from kfclient.sandbox.calls.documents import check_lock, with_id, with_number
from kfclient.sandbox.calls.lists import Answer
from kfclient.sandbox.contract import TYPES
from kfclient.sandbox.ledger import INVOICES, RECEIPTS, Ledger, settled
from kfclient.sandbox.schema import NO_DATE, Record

PAGE = 100


def _insert(ledger: Ledger, account: Account, asks: Record) -> Reply:
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
    return Reply(number)


def _payments(ledger: Ledger, account: Account, asks: Record) -> Reply:
    number = asks[f"{ledger.noun}Number"]
    return Reply(account.books.find(ledger.payments, "PayInvoice", number))


def _delete(ledger: Ledger, account: Account, asks: Record) -> Reply:
    number = asks[f"{ledger.noun}PaymentNumber"]
    payment = account.books.get(ledger.payments, number)
    if payment is None:
        raise Refusal("There is no payment with that number")
    check_lock(account, payment["PayDate"])
    account.books.drop(ledger.payments, number)
    return Reply(1)


def _apply_credit_note(account: Account, asks: Record) -> Reply:
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
    return Reply(result=True)


def _between(account: Account, asks: Record) -> list[Record]:
    first, last = asks["StartDate"][:10], asks["EndDate"][:10]
    rows = account.books.all("invoice_payments")
    chosen = (row for row in rows if first <= row["PayDate"][:10] <= last)
    return sorted(chosen, key=itemgetter("PayDate", "PayID"))


def _count_between(account: Account, asks: Record) -> Reply:
    return Reply(len(_between(account, asks)))


def _page_between(account: Account, asks: Record) -> Reply:
    page = max(1, asks["PageNumber"])
    return Reply(_between(account, asks)[(page - 1) * PAGE : page * PAGE])


def _both(ledger: Ledger) -> dict[str, Answer]:
    return {
        f"Insert{ledger.noun}Payment": partial(_insert, ledger),
        f"Get{ledger.noun}Payment": partial(_payments, ledger),
        f"Delete{ledger.noun}Payment": partial(_delete, ledger),
    }


ANSWERS: dict[str, Answer] = {
    **_both(RECEIPTS),
    **_both(INVOICES),
    "applyCreditNoteToInvoice": _apply_credit_note,
    "GetInvoicePaymentsCountforDateRange": _count_between,
    "GetInvoicePaymentsByDateRange": _page_between,
}
