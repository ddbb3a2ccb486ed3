"""Bank accounts: opening one, what is in them, and the nominals that bank entries are coded to.

The books hold no bank transactions beside payments, so a balance is what payments made it.
"""

from __future__ import annotations

from decimal import Decimal

from kfclient.sandbox import chart
from kfclient.sandbox.account import Account, Refusal, Reply
from kfclient.sandbox.calls.lists import Answer, in_area
from kfclient.sandbox.ledger import INVOICES, RECEIPTS
from kfclient.sandbox.schema import NO_DATE, Record


def _balance(account: Account, bank: int, last_day: str) -> Decimal:
    total = Decimal(0)
    for ledger, sign in ((INVOICES, 1), (RECEIPTS, -1)):
        for payment in account.books.all(ledger.payments):
            if payment.get("PayAccount") == bank and payment["PayDate"][:10] <= last_day:
                total += sign * payment.get("PayAmount", Decimal(0))
    return total


def _bank_balance(account: Account, asks: Record) -> Reply:
    bank, day = asks["AccountID"], asks["BalanceDate"]
    if account.books.get("banks", bank) is None:
        raise Refusal(f"There is no bank account with the ID {bank}")
    last_day = account.today().isoformat() if day == NO_DATE else day[:10]
    return Reply(_balance(account, bank, last_day))


def _overview(account: Account, _asks: Record) -> Reply:
    today = account.today().isoformat()
    return Reply(
        [
            {
                "AccountID": row["AccountID"],
                "AccountName": row["AccountName"],
                "Balance": _balance(account, row["AccountID"], today),
            }
            for row in account.books.all("banks")
        ]
    )


def _transaction_types(account: Account, _asks: Record) -> Reply:
    rows = in_area(account, chart.BANK)
    return Reply([{"TypeID": r["id"], "TypeName": r["Name"], "TypeCode": r["Code"]} for r in rows])


def _create(account: Account, asks: Record) -> Reply:
    books, name, code = account.books, (asks["AccountName"] or "").strip(), asks["NominalCode"]
    if not name:
        raise Refusal("A bank account needs a name")
    if not books.find("nominals", "Code", code):
        raise Refusal(f"There is no nominal code {code}")
    rows = books.all("banks")
    if any(row["AccountCode"] == code for row in rows):
        raise Refusal(f"The nominal code {code} has a bank account already")
    number: int = max(row["AccountID"] for row in rows) + 1
    books.put("banks", {"AccountID": number, "AccountName": name, "AccountCode": code})
    return Reply(number)


ANSWERS: dict[str, Answer] = {
    "GetBankBalance": _bank_balance,
    "GetBankOverview": _overview,
    "GetBankTxTypes": _transaction_types,
    "CreateBankAccount": _create,
}
