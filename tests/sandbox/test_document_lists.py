"""Reading documents back: the hundred, pages, filters, by party, date and state."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.sandbox.wire import Answer, Wire, lines, record

TODAY = date(2026, 6, 15)


def insert(wire: Wire, party: int, noun: str = "Receipt", rate: int = 10, **header: Any) -> int:
    """Insert a document of one line and return its number."""
    inner = record("Inv", lines({"Quantity": 1, "Rate": rate}), CustomerID=party, **header)
    return wire.ok(f"Insert{noun}", inner).number


def pay(wire: Wire, number: int, amount: int, noun: str = "Receipt") -> None:
    """Pay a document."""
    method = wire.ok(f"Get{noun[:3]}PayMethods").texts("MethodID")[0]
    inner = record(f"{noun}Payment", PayInvoice=number, PayMethod=method, PayAmount=amount)
    wire.ok(f"Insert{noun}Payment", inner)


def numbers(answer: Answer) -> list[int]:
    """Return the numbers of the documents in a reply, in its order."""
    return [int(str(text)) for text in answer.texts("InvoiceNumber")]


@pytest.fixture
def states(wire: Wire, supplier: int) -> dict[str, int]:
    """One purchase in each state, on a fixed day; the account's clock stands still."""
    wire.sandbox.account.today = lambda: TODAY
    made = {
        "unpaid": insert(wire, supplier, InvoiceDate="2026-06-01", DueDate="2026-06-30"),
        "due today": insert(wire, supplier, InvoiceDate="2026-06-01", DueDate="2026-06-15"),
        "overdue": insert(wire, supplier, InvoiceDate="2026-05-01", DueDate="2026-06-14"),
        "part paid": insert(wire, supplier, InvoiceDate="2026-05-01", DueDate="2026-07-01"),
        "paid": insert(wire, supplier, InvoiceDate="2026-05-01", DueDate="2026-05-31"),
        "overpaid": insert(wire, supplier, InvoiceDate="2026-05-01", DueDate="2026-05-31"),
    }
    pay(wire, made["part paid"], 5)
    pay(wire, made["paid"], 10)
    pay(wire, made["overpaid"], 11)
    return made


@pytest.mark.parametrize(
    ("filter_by", "states_in"),
    [
        ("All", ["unpaid", "due today", "overdue", "part paid", "paid", "overpaid"]),
        ("", ["unpaid", "due today", "overdue", "part paid", "paid", "overpaid"]),
        ("Nonsense", ["unpaid", "due today", "overdue", "part paid", "paid", "overpaid"]),
        ("Unpaid", ["unpaid", "due today", "overdue", "part paid"]),
        ("overdue", ["overdue"]),
        ("Paid", ["paid"]),
        ("Overpaid", ["overpaid"]),
        ("ThisMonth", ["unpaid", "due today"]),
    ],
)
def test_a_page_obeys_its_filter_and_so_do_the_totals(
    wire: Wire, states: dict[str, int], filter_by: str, states_in: list[str]
) -> None:
    answer = wire.ok("GetReceiptsWithPaging", Page=1, PerPage=2, FilterBy=filter_by)
    wanted = sorted((states[name] for name in states_in), reverse=True)
    assert numbers(answer) == wanted[:2]
    assert answer.text("TotalRecords") == str(len(wanted))
    assert answer.text("TotalPages") == str(-(-len(wanted) // 2))


def test_totals_follow_the_status_in_the_reply(wire: Wire) -> None:
    answer = wire.ok("GetReceiptsWithPaging", Page=1, PerPage=10, FilterBy="All")
    assert answer.names() == [
        "GetReceiptsWithPagingResult",
        "Status",
        "StatusDetail",
        "PageNumber",
        "TotalPages",
        "TotalRecords",
    ]
    assert (answer.text("TotalPages"), answer.text("TotalRecords")) == ("0", "0")


@pytest.fixture
def many(wire: Wire, supplier: int) -> Wire:
    """103 purchases."""
    account = wire.sandbox.account
    insert(wire, supplier)
    with account.books.transaction():
        first = account.receipts()[0]
        for number in range(2, 104):
            identity = first["InvoiceDBID"] + number
            document = {**first, "InvoiceNumber": number, "InvoiceDBID": identity}
            account.books.put("receipts", document)
    return wire


def test_getreceipts_gives_the_latest_hundred_and_says_so(many: Wire) -> None:
    answer = many.ok("GetReceipts")
    assert numbers(answer) == list(range(103, 3, -1))
    assert answer.detail == (
        "This function has now been modified to return the last 100 receipts created. "
        "There’s a total of 103 receipts contained in 2 pages. If you want to get other receipts "  # noqa: RUF001
        "you need to use the GetReceiptsWithPaging service method and pass the appropriate "
        "parameters"
    )


def test_the_notice_can_be_off(many: Wire) -> None:
    many.sandbox.account.switch(getreceipts_notice=False)
    assert many.ok("GetReceipts").detail == ""


def test_there_is_no_notice_for_a_hundred(many: Wire) -> None:
    for number in (101, 102, 103):
        many.ok("DeleteReceipt", ReceiptNumber=number)
    answer = many.ok("GetReceipts")
    assert answer.detail == ""
    assert len(numbers(answer)) == 100


@pytest.mark.parametrize(
    ("page", "per_page", "first", "length", "told"),
    [
        (1, 100, 103, 100, 1),
        (2, 100, 3, 3, 2),
        (3, 100, 0, 0, 3),
        (1, 500, 103, 100, 1),
        (1, 0, 103, 100, 1),
        (1, -5, 103, 100, 1),
        (0, 10, 103, 10, 1),
        (-1, 10, 103, 10, 1),
        (11, 10, 3, 3, 11),
    ],
)
def test_pages(many: Wire, page: int, per_page: int, first: int, length: int, told: int) -> None:
    answer = many.ok("GetReceiptsWithPaging", Page=page, PerPage=per_page, FilterBy="All")
    found = numbers(answer)
    assert len(found) == length
    assert found[:1] == ([first] if length else [])
    assert answer.text("PageNumber") == str(told)
    assert answer.text("TotalRecords") == "103"


@pytest.mark.parametrize(("asked", "given"), [(3, [103, 102, 101]), (0, []), (-1, [])])
def test_recent_receipts_are_the_newest(many: Wire, asked: int, given: list[int]) -> None:
    assert numbers(many.ok("GetReceipts_Recent", NumberOfReceipts=asked)) == given


def test_all_of_one_supplier_come_unpaged_with_their_lines(many: Wire, supplier: int) -> None:
    answer = many.ok("GetReceiptsForSupplier", SupplierID=supplier)
    assert len(numbers(answer)) == 103
    assert len(answer.texts("LineID")) == 103
    other = many.sandbox.account.suppliers()[1]["SupplierID"]
    assert numbers(many.ok("GetReceiptsForSupplier", SupplierID=other)) == []


@pytest.mark.parametrize("suffix", ["", "_TypeDefined"])
def test_invoices_unpaid_overdue_and_recent(wire: Wire, customer: int, suffix: str) -> None:
    wire.sandbox.account.today = lambda: TODAY
    late = insert(wire, customer, "Invoice", InvoiceDate="2026-05-01", DueDate="2026-05-31")
    open_ = insert(wire, customer, "Invoice", InvoiceDate="2026-06-01", DueDate="2026-06-30")
    paid = insert(wire, customer, "Invoice", InvoiceDate="2026-06-01")
    pay(wire, paid, 10, "Invoice")
    assert numbers(wire.ok(f"GetInvoices_Unpaid{suffix}")) == [open_, late]
    assert numbers(wire.ok(f"GetInvoices_Overdue{suffix}")) == [late]
    recent = wire.ok(f"GetInvoices_Recent{suffix}", NumberOfInvoices=2)
    assert numbers(recent) == [paid, open_]


@pytest.mark.parametrize("suffix", ["", "_typeDefined"])
def test_invoices_of_one_customer(wire: Wire, customer: int, suffix: str) -> None:
    other = wire.sandbox.account.customers()[1]["CustomerID"]
    mine = insert(wire, customer, "Invoice")
    insert(wire, other, "Invoice")
    assert numbers(wire.ok(f"GetInvoicesForCustomer{suffix}", CustID=customer)) == [mine]


def test_invoices_by_date_include_both_ends(wire: Wire, customer: int) -> None:
    for day in ("2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01"):
        insert(wire, customer, "Invoice", InvoiceDate=day)
    found = wire.ok("GetInvoicesByDateRange", StartDate="2026-02-01", EndDate="2026-02-28")
    assert numbers(found) == [3, 2]
