"""Reading purchases and sales invoices back: one, all of a party, by date, by state, by page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from operator import itemgetter

from kfclient.sandbox.account import Account, Result, absent
from kfclient.sandbox.books import INVOICES, RECEIPTS, Books, Ledger, is_overdue, settled, view
from kfclient.sandbox.calls.account_lists import Answer
from kfclient.sandbox.contract import Record

PAGE = 100
NOTICE = (
    "This function has now been modified to return the last 100 receipts created. "
    "There\u2019s a total of {total} receipts contained in {pages} pages. "
    "If you want to get other receipts you need to use the GetReceiptsWithPaging service method "
    "and pass the appropriate parameters"
)


def _passes(books: Books, ledger: Ledger, name: str, document: Record, today: str) -> bool:
    """Whether the filter of that name, in lower case, lets the document through."""
    if name == "thismonth":
        return bool(document["InvoiceDate"][:7] == today[:7])
    if name not in ("unpaid", "overdue", "overpaid", "paid"):
        return True
    sums = settled(books, ledger, document)
    return {
        "unpaid": not sums.is_paid,
        "overdue": is_overdue(document, sums, today),
        "overpaid": sums.is_overpaid,
        "paid": sums.is_paid and not sums.is_overpaid,
    }[name]


def newest_first(documents: Iterable[Record]) -> list[Record]:
    """Order documents by number, highest first."""
    return sorted(documents, key=itemgetter("InvoiceNumber"), reverse=True)


def _views(ledger: Ledger, account: Account, documents: Iterable[Record]) -> list[Record]:
    return [view(account.books, ledger, document) for document in newest_first(documents)]


def _filtered(ledger: Ledger, account: Account, name: str) -> list[Record]:
    books, today = account.books, account.today().isoformat()
    documents = books.all(ledger.documents)
    return [d for d in documents if _passes(books, ledger, name, d, today)]


def _one(ledger: Ledger, account: Account, asks: Record) -> Result:
    """Answer with the document of a number."""
    number = asks[f"{ledger.noun}Number"]
    found = account.books.find(ledger.documents, "InvoiceNumber", number)
    if not found:
        return absent(account, f"There is no {ledger.noun.lower()} with that number", "zeroed")
    return Result(view(account.books, ledger, found[0]))


def _invoice_by_id(account: Account, asks: Record) -> Result:
    document = account.books.get(INVOICES.documents, asks["InvoiceID"])
    if document is None:
        return absent(account, "There is no invoice with that ID")
    return Result(view(account.books, INVOICES, document))


def _of_party(ledger: Ledger, asked: str, account: Account, asks: Record) -> Result:
    found = account.books.find(ledger.documents, "CustomerID", asks[asked])
    return Result(_views(ledger, account, found))


def _recent(ledger: Ledger, account: Account, asks: Record) -> Result:
    number = max(0, asks[f"NumberOf{ledger.noun}s"])
    documents = newest_first(account.books.all(ledger.documents))
    return Result(_views(ledger, account, documents[:number]))


def _by_date(account: Account, asks: Record) -> Result:
    first, last = asks["StartDate"][:10], asks["EndDate"][:10]
    documents = account.books.all("invoices")
    chosen = (d for d in documents if first <= d["InvoiceDate"][:10] <= last)
    return Result(_views(INVOICES, account, chosen))


def _in_state(state: str, account: Account, _asks: Record) -> Result:
    return Result(_views(INVOICES, account, _filtered(INVOICES, account, state)))


def _receipts(account: Account, _asks: Record) -> Result:
    """Answer with the latest hundred; note in StatusDetail that there are more."""
    documents = newest_first(account.books.all("receipts"))
    total = len(documents)
    tell = total > PAGE and account.switches.getreceipts_notice
    notice = NOTICE.format(total=total, pages=_pages(total, PAGE)) if tell else ""
    return Result(_views(RECEIPTS, account, documents[:PAGE]), notice)


def _receipts_page(account: Account, asks: Record) -> Result:
    documents = _filtered(RECEIPTS, account, (asks["FilterBy"] or "").strip().casefold())
    per_page = asks["PerPage"] if 0 < asks["PerPage"] <= PAGE else PAGE
    page = max(1, asks["Page"])
    chosen = newest_first(documents)[(page - 1) * per_page : page * per_page]
    totals = {
        "PageNumber": page,
        "TotalPages": _pages(len(documents), per_page),
        "TotalRecords": len(documents),
    }
    return Result(_views(RECEIPTS, account, chosen), more=totals)


def _pages(records: int, per_page: int) -> int:
    return -(-records // per_page)


_customer = partial(_of_party, INVOICES, "CustID")

ANSWERS: dict[str, Answer] = {
    "GetReceipt": partial(_one, RECEIPTS),
    "GetReceipt_TypeDefined": partial(_one, RECEIPTS),
    "GetReceipts": _receipts,
    "GetReceipts_Recent": partial(_recent, RECEIPTS),
    "GetReceiptsWithPaging": _receipts_page,
    "GetReceiptsForSupplier": partial(_of_party, RECEIPTS, "SupplierID"),
    "GetInvoice": partial(_one, INVOICES),
    "GetInvoice_TypeDefined": partial(_one, INVOICES),
    "GetInvoiceByID": _invoice_by_id,
    "GetInvoicesByDateRange": _by_date,
    "GetInvoicesForCustomer": _customer,
    "GetInvoicesForCustomer_typeDefined": _customer,
    "GetInvoices_Recent": partial(_recent, INVOICES),
    "GetInvoices_Recent_TypeDefined": partial(_recent, INVOICES),
    "GetInvoices_Unpaid": partial(_in_state, "unpaid"),
    "GetInvoices_Unpaid_TypeDefined": partial(_in_state, "unpaid"),
    "GetInvoices_Overdue": partial(_in_state, "overdue"),
    "GetInvoices_Overdue_TypeDefined": partial(_in_state, "overdue"),
}
