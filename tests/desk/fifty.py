"""Items of every kind, all different, and what KashFlow has to have of them in the end."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from kfclient.desk.model.item import Item, ItemLine, Kind
from kfclient.money import pennies
from kfclient.sandbox import Sandbox

_SUPPLIERS = (
    "Quillon Print Works", "Pennine Water", "Northgate Energy", "Tern Telecom",
    "Kestrel Car Hire", "Somebody New", "Brightwell Stationers",
)  # fmt: skip
_CUSTOMERS = ("Ashby Theatre Trust", "Dunmore School", "A New Customer")
_RATES = (Decimal(20), Decimal(5), Decimal(0))


def items(count: int, folder: Path) -> list[Item]:
    """Return so many items; the files of some are written to the folder.

    Every fourth is a sale, one is an expense claim and one a credit note; some are paid, some have
    a file, a note or a second line, and two of the suppliers and customers are new to KashFlow.
    """
    return [_item(number, folder) for number in range(count)]


def _item(number: int, folder: Path) -> Item:
    sale = number % 4 == 3
    lines = [_line(number, sale=sale)] * (2 if number % 5 == 0 else 1)
    kind = Kind.SALE if sale else Kind.CLAIM if number == 4 else Kind.COST
    if kind is Kind.CLAIM:
        lines = [msgspec.structs.replace(line, vat=Decimal(0), tax_rate=None) for line in lines]
    if number == 6:  # a credit note
        lines = [
            msgspec.structs.replace(line, unit_price=-line.unit_price, vat=-line.vat)
            for line in lines
        ]
    contacts = _CUSTOMERS if sale else _SUPPLIERS
    more: dict[str, Any] = {}
    if number % 3 == 0:
        more |= {"bank_account": "Current account", "payment_method": "BACS"}
    if number % 10 == 1 and not sale:  # KashFlow has no list of the files of sales
        path = folder / f"bill-{number}.pdf"
        path.write_bytes(b"%PDF-1.4" + b" " * number)
        more["files"] = (str(path),)
    if number % 10 == 2:
        more["note"] = f"OK to pay {number}"
    date = dt.date(2026, 1, 5) + dt.timedelta(days=number * 5)
    return Item(
        kind=kind,
        document="credit note" if number == 6 else "invoice",
        contact=contacts[number // 4 % len(contacts) if sale else number % len(contacts)],
        reference=f"REF-{number * 7919 % 10007}",
        date=date,
        due_date=date + dt.timedelta(days=30),
        lines=tuple(lines),
        **more,
    )


def _line(number: int, *, sale: bool) -> ItemLine:
    rate = _RATES[number % 3]
    price = Decimal(1000 + number * 1337) / 100
    return ItemLine(
        description=f"Number {number}",
        category="Sales" if sale else ("Telephone", "Materials Purchased")[number % 2],
        unit_price=price,
        tax_rate=rate,
        vat=pennies(price * rate / 100),
    )


class Reckoning(msgspec.Struct):
    """How many things are not there that should be, and how many are there too often.

    `wrong` are those that are there once and are not what was sent, in words.
    """

    lost: int = 0
    doubled: int = 0
    wrong: list[str] = []

    def count(self, expected: int, there: int) -> None:
        """Take one thing into account."""
        self.lost += max(0, expected - there)
        self.doubled += max(0, there - expected)

    def __bool__(self) -> bool:
        """Whether anything is amiss."""
        return bool(self.lost or self.doubled or self.wrong)


def reckon(sandbox: Sandbox, sent: Sequence[Item], known: dict[str, tuple[int, int]]) -> Reckoning:
    """Compare KashFlow's books with the items, and with the numbers and ids known here.

    `known` are those by item id. The references of the items are all different.
    """
    told, books = Reckoning(), sandbox.account.books
    receipts, invoices = books.all("receipts"), books.all("invoices")
    told.count(len(sent), len(receipts) + len(invoices))
    by_reference: dict[str, list[Any]] = {}
    for row in (*receipts, *invoices):
        by_reference.setdefault(row["CustomerReference"], []).append(row)
    for item in sent:
        rows = by_reference.get(item.reference, [])
        told.count(1, len(rows))
        if len(rows) == 1:
            _compare(told, item, rows[0], known.get(item.id), sandbox)
    for table, names in (("suppliers", _SUPPLIERS), ("customers", _CUSTOMERS)):
        wanted = {one.contact for one in sent} & set(names)
        there = Counter(row["Name"] for row in books.all(table))
        for name in wanted:
            told.count(1, there[name])
    return told


def _compare(
    told: Reckoning, item: Item, row: Any, known: tuple[int, int] | None, sandbox: Sandbox
) -> None:
    books, sale = sandbox.account.books, item.kind is Kind.SALE
    number, dbid = row["InvoiceNumber"], row["InvoiceDBID"]
    if known != (number, dbid):
        told.wrong.append(f"item {item.id} is known as {known} and is {(number, dbid)}")
    lines = [
        (pennies(one.get("Quantity", Decimal(1)) * one["Rate"]), one.get("VatAmount", Decimal(0)))
        for one in row["Lines"]
    ]
    if lines != [(line.net, line.vat) for line in item.lines]:
        told.wrong.append(f"item {item.id} has the lines {lines}")
    party = books.get("customers" if sale else "suppliers", row["CustomerID"]) or {}
    if (party.get("Name"), row["InvoiceDate"][:10]) != (item.contact, str(item.date)):
        told.wrong.append(f"item {item.id} is with {party.get('Name')} on {row['InvoiceDate']}")
    side = "invoice" if sale else "receipt"
    payments = books.find(f"{side}_payments", "PayInvoice", number)
    told.count(int(bool(item.bank_account)), len(payments))
    if len(payments) == 1 and payments[0]["PayAmount"] != item.gross:
        told.wrong.append(f"item {item.id} is paid {payments[0]['PayAmount']}")
    files = books.find("invoice_attachments" if sale else "attachments", "ReceiptID", dbid)
    told.count(len(item.files), len(files))
    notes = books.find(f"{side}_notes", "InvoiceId" if sale else "ReceiptId", dbid)
    told.count(int(bool(item.note)), len(notes))
