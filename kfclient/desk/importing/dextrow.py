"""One row of Dext's costs export as an item, or what is wrong with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec

from kfclient.desk.business.business import ProblemNote
from kfclient.desk.business.settings import NOT_APPLICABLE
from kfclient.desk.check.checking import TOTAL_MISSING
from kfclient.desk.check.matching import plain, split_rate
from kfclient.desk.check.taxes import fits
from kfclient.desk.importing.csvfile import Row
from kfclient.desk.importing.rowvalues import (
    NO_TAX_WORDS,
    RowRefused,
    amount,
    currency,
    date,
    one_line,
    percentage,
    picture,
)
from kfclient.desk.inbox.item import Item, ItemLine, Kind
from kfclient.money import ZERO
from kfclient.money import plain as plain_amount

_DOCUMENTS = {
    "": "invoice", "invoice": "invoice", "receipt": "receipt", "other": "receipt",
    "mileage": "receipt", "credit note": "credit note", "refund": "credit note",
    "credit note/refund": "credit note", "credit note / refund": "credit note",
}  # fmt: skip
_CLAIM = "expense claim"
_GONE = frozenset({"deleted", "merged", "rejected", "processing", "duplicate", "published",
                   "confirmed duplicate"})  # fmt: skip


class Amounts(msgspec.Struct, frozen=True):
    """A row's amounts; None where the file leaves them out. `base_...` in the base currency."""

    total: Decimal | None
    tax: Decimal | None
    base_total: Decimal | None
    base_tax: Decimal | None
    currency: str


class DextRow(msgspec.Struct, frozen=True):
    """A row with its amounts and the item that it makes by itself."""

    row: Row
    item: Item
    amounts: Amounts


def read_row(row: Row, base: str, home: str, folder: Path) -> DextRow:
    """Read a row by itself; raises `RowRefused`.

    `base` is the currency in which the file counts, `home` the one in which KashFlow does;
    `folder` is where the file is.
    """
    kind = plain(row["type"])
    if kind not in _DOCUMENTS and kind != _CLAIM:
        raise RowRefused(f"Its type is {row['type']}, which is nothing to publish.")
    if plain(row["status"]) in _GONE:
        raise RowRefused(f"Its status in Dext is {row['status']}.")
    amounts = _amounts(row, base)
    total, tax = amounts.total or ZERO, amounts.tax or ZERO
    document = "expense claim" if kind == _CLAIM else _DOCUMENTS[kind]
    if kind == _CLAIM and amounts.total is None:
        raise RowRefused("The claim has no total, so its receipts cannot be told.")
    if document == "credit note" and total > 0:
        raise RowRefused("It is a credit note, but its total is above zero.")
    if document != "expense claim" and total < 0:
        document = "credit note"
    person = one_line(row["owner"])
    supplier = one_line(row["supplier"])
    category, bracket = split_rate(one_line(row["category"]))
    line = ItemLine(
        description=row["description"],
        category=category,
        unit_price=total - tax if amounts.total is not None else ZERO,
        tax_rate=_rate(row, bracket, total - tax, tax),
        vat=tax if amounts.total is not None else ZERO,
        project=one_line(row["project"]),
    )
    link, files = picture(row, "image", folder)
    item = Item(
        kind=Kind.CLAIM if kind == _CLAIM else Kind.COST,
        document=document,
        reference=one_line(row["invoice number"]),
        contact=(person or supplier) if kind == _CLAIM else supplier,
        date=date(row, "date"),
        due_date=date(row, "due date"),
        currency=amounts.currency,
        exchange_rate=_exchange_rate(amounts, base, home),
        lines=(line,),
        note=_note(row),
        owner=person,
        payment_method=one_line(row["payment method"]),
        bank_account=one_line(row["bank account"]),
        files=files,
        total=amounts.total,
        image=link,
        source=f"dext:{row['receipt id']}",
        problem=_doubt(amounts, base),
    )
    return DextRow(row, item, amounts)


def _amounts(row: Row, base: str) -> Amounts:
    """Return the row's amounts; raises `RowRefused` where they contradict one another."""
    columns = [f"{name} ({base.casefold()})" for name in ("total", "tax")]
    amounts = Amounts(
        amount(row, "total"),
        amount(row, "tax"),
        amount(row, columns[0]),
        amount(row, columns[1]),
        currency(row, "currency", "total", "tax"),
    )
    pairs = (
        ("tax", amounts.tax, "total", amounts.total),
        (f"tax ({base})", amounts.base_tax, f"total ({base})", amounts.base_total),
    )
    for tax_name, tax, total_name, total in pairs:
        if tax and total is not None and (abs(tax) > abs(total) or tax * total < 0):
            raise RowRefused(
                f"Its {tax_name} of {plain_amount(tax)} cannot be part of its {total_name} of "
                f"{plain_amount(total)}."
            )
    if amounts.total and amounts.base_total and amounts.total * amounts.base_total < 0:
        raise RowRefused(f"Its total and its total ({base}) have different signs.")
    return amounts


def _exchange_rate(amounts: Amounts, base: str, home: str) -> Decimal | None:
    """Return foreign units per home unit, to six places, as the file's two totals say."""
    if amounts.currency in {"", base} or base != home:
        return None
    if not amounts.total or not amounts.base_total:
        return None
    return (amounts.total / amounts.base_total).quantize(Decimal("0.000001"))


def _doubt(amounts: Amounts, base: str) -> ProblemNote | None:
    """Return what a person must settle before the item may go."""
    base_total = amounts.base_total
    if amounts.total is None:
        rest = [
            f"{name} {plain_amount(value)}"
            for name, value in (("tax", amounts.tax), (f"total ({base})", base_total))
            if value is not None
        ]
        said = f" It has {' and '.join(rest)}." if rest else ""
        return ProblemNote(
            TOTAL_MISSING, f"The file has no total for it.{said}", "Fill in the amount."
        )
    if amounts.currency == base and base_total is not None and base_total != amounts.total:
        return ProblemNote(
            "E-TOTALS-DIFFER",
            f"The file has a total of {plain_amount(amounts.total)} and a total ({base}) "
            f"of {plain_amount(base_total)}, in the same currency.",
            "Look at the document, put the amount right where needed, and save.",
        )
    return None


def _rate(row: Row, bracket: str, net: Decimal, vat: Decimal) -> Decimal | None:
    """Return the tax rate that the row says, or its category's bracket where the amounts agree."""
    said = percentage(row, "tax percentage")
    if said is not None:
        return said
    if plain(row["tax name"]) in NO_TAX_WORDS:
        return NOT_APPLICABLE
    if bracket and fits(net, vat, Decimal(bracket)):
        return Decimal(bracket)
    return None


def _note(row: Row) -> str:
    """Return the note, and what else the row says that KashFlow has no place for."""
    extra = [
        f"{title}: {one_line(row[column])}"
        for column, title in (("customer", "Customer"), ("project 2", "Project 2"))
        if row[column]
    ]
    return "\n".join(part for part in (row["note"], *extra) if part)
