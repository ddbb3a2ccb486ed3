"""Suppliers and customers: one set of rules, and what each has of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

from kfclient.sandbox.account import Account, Refusal, Result, absent
from kfclient.sandbox.books import INVOICES, RECEIPTS, Ledger, settled
from kfclient.sandbox.calls.account_lists import Answer, currency, home_currency
from kfclient.sandbox.contract import TYPES, Record, Type
from kfclient.sandbox.seed import code_stem

_CODE = re.compile(r"[A-Za-z0-9]{2,}")


@dataclass(frozen=True, slots=True)
class ContactKind:
    """What differs between suppliers and customers."""

    noun: str
    key: str
    ledger: Ledger

    @property
    def table(self) -> str:
        """The table of the books."""
        return f"{self.noun}s"

    @property
    def type(self) -> Type:
        """The contract's type."""
        return TYPES[self.noun.capitalize()]


SUPPLIER = ContactKind("supplier", "SupplierID", RECEIPTS)
CUSTOMER = ContactKind("customer", "CustomerID", INVOICES)


def _all(kind: ContactKind, account: Account, _asks: Record) -> Result:
    return Result(sorted(account.books.all(kind.table), key=lambda row: row["Code"].casefold()))


def _with_code(kind: ContactKind, account: Account, code: str | None) -> Record:
    found = account.books.find(kind.table, "Code", code) if code else []
    if not found:
        raise Refusal(f"There is no {kind.noun} with that code")
    return found[0]


def _with_id(kind: ContactKind, account: Account, number: int) -> Record:
    found = account.books.get(kind.table, number)
    if found is None:
        raise Refusal(f"There is no {kind.noun} with that ID")
    return found


def _by_code(kind: ContactKind, asked: str, account: Account, asks: Record) -> Result:
    try:
        return Result(_with_code(kind, account, asks[asked]))
    except Refusal as refusal:
        return absent(account, str(refusal))


def _by_id(kind: ContactKind, asked: str, account: Account, asks: Record) -> Result:
    try:
        return Result(_with_id(kind, account, asks[asked]))
    except Refusal as refusal:
        return absent(account, str(refusal))


def _first(account: Account, field: str, wanted: str | None) -> Record | None:
    sought = (wanted or "").strip().casefold()
    if not sought:
        return None
    rows = account.books.all("customers")
    return next((row for row in rows if row.get(field, "").casefold() == sought), None)


def _by_email(account: Account, asks: Record) -> Result:
    found = _first(account, "Email", asks["CustomerEmail"])
    if found is None:
        raise Refusal("There is no customer with that email address")
    return Result(found)


def _by_postcode(account: Account, asks: Record) -> Result:
    wanted = (asks["Postcode"] or "").replace(" ", "").casefold()
    rows = account.books.all("customers")
    return Result([r for r in rows if r.get("Postcode", "").replace(" ", "").casefold() == wanted])


def _by_text(account: Account, asks: Record) -> Result:
    sought = (asks["SearchVal"] or "").casefold()
    texts = [field.name for field in CUSTOMER.type.fields if field.name.startswith("ExtraText")]
    for row in account.books.all("customers"):
        if sought and any(sought in row.get(name, "").casefold() for name in texts):
            return Result(row)
    return absent(account, "There is no customer with that text")


def _modified_since(account: Account, asks: Record) -> Result:
    since = asks["ModifiedSince"]
    everyone = _all(CUSTOMER, account, {}).result
    return Result([row for row in everyone if row["Updated"] >= since])


def _now(account: Account) -> str:
    clock = datetime.now().time()  # noqa: DTZ005 - naive on the wire, as the service is
    return datetime.combine(account.today(), clock).isoformat(timespec="seconds")


def _insert(kind: ContactKind, asked: str, account: Account, asks: Record) -> Result:
    record = kind.type.lean(asks[asked])
    _check_name(kind, record)
    record["Code"] = (record.get("Code") or "").strip() or _new_code(kind, account, record["Name"])
    _check_code(kind, account, record["Code"], 0)
    _check_currency(account, record)
    number = account.books.next_id(kind.table)
    now = _now(account)
    record |= {kind.key: number, "Created": now, "Updated": now}
    account.books.put(kind.table, record)
    return Result(number)


def _update(kind: ContactKind, asked: str, result: Any, account: Account, asks: Record) -> Result:
    record = kind.type.lean(asks[asked])
    number = record.get(kind.key, 0)
    before = _with_id(kind, account, number)
    _check_name(kind, record)
    record["Code"] = (record.get("Code") or "").strip() or before["Code"]
    _check_code(kind, account, record["Code"], number)
    _check_currency(account, record)
    record |= {"Created": before["Created"], "Updated": _now(account)}
    account.books.put(kind.table, record)
    return Result(result)


def _delete(kind: ContactKind, account: Account, asks: Record) -> Result:
    number = asks[kind.key]
    _with_id(kind, account, number)
    if account.books.find(kind.ledger.documents, "CustomerID", number):
        raise Refusal(f"This {kind.noun} has documents and cannot be deleted")
    account.books.drop(kind.table, number)
    return Result(1)


def _check_name(kind: ContactKind, record: Record) -> None:
    name = (record.get("Name") or "").strip()
    if len(name) < 2:
        raise Refusal(f"A {kind.noun} needs a name of at least two characters")
    record["Name"] = name


def _check_code(kind: ContactKind, account: Account, code: str, own: int) -> None:
    if not _CODE.fullmatch(code):
        raise Refusal(
            f"The {kind.noun} code specified is invalid, "
            "please re-enter without any special characters."
        )
    if any(row[kind.key] != own for row in account.books.find(kind.table, "Code", code)):
        raise Refusal(f"{kind.noun.capitalize()} Code is not unique")


def _check_currency(account: Account, record: Record) -> None:
    number: int = record.get("CurrencyID") or home_currency(account)["CurrencyId"]
    record["CurrencyID"] = number
    if account.books.get("currencies", number) is None:
        raise Refusal("There is no such currency")


def _new_code(kind: ContactKind, account: Account, name: str) -> str:
    stem = code_stem(name)
    codes = (f"{stem}{number:02d}" for number in count(1))
    return next(code for code in codes if not account.books.find(kind.table, "Code", code))


def _get_vat_number(kind: ContactKind, asked: str, account: Account, asks: Record) -> Result:
    return Result(_with_code(kind, account, asks[asked]).get("VATNumber"))


def _set_vat_number(
    kind: ContactKind, asked: str, value: str, account: Account, asks: Record
) -> Result:
    row = _with_code(kind, account, asks[asked])
    changed = {**row, "VATNumber": asks[value] or "", "Updated": _now(account)}
    account.books.put(kind.table, changed)
    return Result(1)


def _get_currency(kind: ContactKind, asked: str, account: Account, asks: Record) -> Result:
    row = _with_code(kind, account, asks[asked])
    held = account.books.get("currencies", row["CurrencyID"]) or home_currency(account)
    return Result(held["CurrencyCode"])


def _set_currency(kind: ContactKind, asked: str, account: Account, asks: Record) -> Result:
    row = _with_code(kind, account, asks[asked])
    number = currency(account, asks["CurrencyCode"])["CurrencyId"]
    account.books.put(kind.table, {**row, "CurrencyID": number, "Updated": _now(account)})
    return Result(1)


def _balance(account: Account, asks: Record) -> Result:
    row = _with_code(CUSTOMER, account, asks["CustomerCode"])
    value = balance = Decimal(0)
    for document in account.books.find("invoices", "CustomerID", row["CustomerID"]):
        sums = settled(account.books, INVOICES, document)
        value += sums.due
        balance += sums.due - sums.paid
    return Result(
        {
            "CustomerId": row["CustomerID"],
            "CustomerCode": row["Code"],
            "Value": value,
            "Balance": balance,
        }
    )


def _both(kind: ContactKind) -> dict[str, Answer]:
    noun, code = kind.noun.capitalize(), f"{kind.noun.capitalize()}Code"
    vat = "SupVATNumber" if kind is SUPPLIER else "CustVATNumber"
    return {
        f"Get{noun}s": partial(_all, kind),
        f"Get{noun}": partial(_by_code, kind, code),
        f"Get{noun}ByID": partial(_by_id, kind, kind.key),
        f"Delete{noun}": partial(_delete, kind),
        f"Get{noun}VATNumber": partial(_get_vat_number, kind, code),
        f"Set{noun}VATNumber": partial(_set_vat_number, kind, code, vat),
        f"Get{noun}Currency": partial(_get_currency, kind, code),
        f"Set{noun}Currency": partial(_set_currency, kind, code),
    }


ANSWERS: dict[str, Answer] = {
    **_both(SUPPLIER),
    **_both(CUSTOMER),
    "InsertSupplier": partial(_insert, SUPPLIER, "supl"),
    "UpdateSupplier": partial(_update, SUPPLIER, "sup", None),
    "InsertCustomer": partial(_insert, CUSTOMER, "custr"),
    # Its result is a string in the contract; nobody has published what it says.
    "UpdateCustomer": partial(_update, CUSTOMER, "custr", "1"),
    "GetCustomerByEmail": _by_email,
    "GetCustomersByPostcode": _by_postcode,
    "SearchCustomerByCustText": _by_text,
    "GetCustomersModifiedSince": _modified_since,
    "GetCustomerBalance": _balance,
}
