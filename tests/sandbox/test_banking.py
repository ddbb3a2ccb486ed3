"""Bank accounts, and the nominals that count as products."""

from __future__ import annotations

from kfclient.sandbox import seed
from tests.sandbox.wire import Wire, lines, record

LINE = {"Quantity": 1, "Rate": "100", "VatAmount": "20"}


def pay(wire: Wire, noun: str, amount: str, day: str, bank: int = 0) -> None:
    """Pay document number 1 of a ledger."""
    methods = wire.sandbox.account.books.all(f"{noun.lower()}_methods")
    fields = {"PayInvoice": 1, "PayMethod": methods[0]["MethodID"], "PayAmount": amount}
    payment = record(f"{noun}Payment", PayDate=day, PayAccount=bank, **fields)
    wire.ok(f"Insert{noun}Payment", payment)


def balance(wire: Wire, bank: int, **fields: str) -> str:
    """Return what is in a bank account."""
    return str(wire.ok("GetBankBalance", AccountID=bank, **fields).text("GetBankBalanceResult"))


def test_a_balance_is_what_was_received_less_what_was_paid_by_that_day(
    wire: Wire, supplier: int, customer: int
) -> None:
    current, petty = (row["AccountID"] for row in wire.sandbox.account.books.all("banks"))
    wire.ok("InsertReceipt", record("Inv", lines(LINE), CustomerID=supplier))
    wire.ok("InsertInvoice", record("Inv", lines(LINE), CustomerID=customer))
    pay(wire, "Invoice", "120", "2026-03-01")
    pay(wire, "Receipt", "50.25", "2026-03-02")
    pay(wire, "Receipt", "9", "2026-03-02", petty)
    assert balance(wire, current, BalanceDate="2026-02-28") == "0.0000"
    assert balance(wire, current, BalanceDate="2026-03-01") == "120.0000"
    assert balance(wire, current, BalanceDate="2026-03-02") == "69.7500"
    overview = wire.ok("GetBankOverview")
    assert overview.texts("AccountID") == [str(current), str(petty)]
    assert overview.texts("Balance") == [balance(wire, current), balance(wire, petty)]
    assert balance(wire, petty) == "-9.0000"
    assert wire.no("GetBankBalance", AccountID=1) == "There is no bank account with the ID 1"


def test_a_bank_account_is_opened_on_a_nominal_that_has_none(wire: Wire) -> None:
    number = wire.ok("CreateBankAccount", AccountName="Savings", NominalCode=9998).number
    banks = wire.ok("GetBankAccounts")
    assert (banks.texts("AccountID")[-1], banks.texts("AccountCode")[-1]) == (str(number), "9998")
    assert "already" in wire.no("CreateBankAccount", AccountName="Again", NominalCode=9998)
    assert "no nominal" in wire.no("CreateBankAccount", AccountName="Other", NominalCode=1)
    assert "name" in wire.no("CreateBankAccount", NominalCode=1100)


def test_transaction_types_and_products_are_nominals_of_their_area(wire: Wire) -> None:
    nominals = wire.sandbox.account.books.all("nominals")
    for operation, element, area in (
        ("GetBankTxTypes", "TypeID", seed.BANK),
        ("GetProducts", "ProductID", seed.SALES),
        ("GetProductsWithSubProducts", "ProductID", seed.SALES),
    ):
        ids = {str(row["id"]) for row in nominals if row["ClassificationID"] == area}
        assert set(wire.ok(operation).texts(element)) == ids
