"""The values of one row of a file: amounts, dates and words, or what is wrong with them."""

from __future__ import annotations

import datetime as dt
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from kfclient.desk.importing.csvfile import BadRow, CsvRow
from kfclient.desk.items.check_lines import REFUSED, TAKEN
from kfclient.desk.model.fields import ITEM_FIELDS, FieldSpec
from kfclient.desk.model.item import Item
from kfclient.errors import Problem
from kfclient.money import (
    SIGNS,
    AmountUnclear,
    currencies_of,
    currencies_told,
    in_currency,
    parse_amount,
)

# What files write where VAT does not apply.
NO_TAX_WORDS = frozenset({"n/a", "na", "exempt", "no vat", "no tax", "none", "out of scope",
                          "outside the scope", "outside scope"})  # fmt: skip


INTERVAL = dt.timedelta(days=20)
"""Between sales of one reference and contact, at least; what is nearer is one with a slip in it."""


class RowRefused(ValueError):
    """A row cannot be imported; the text is the reason, a sentence."""


class FoundItem(msgspec.Struct, frozen=True):
    """An item that a file holds, the line where it begins, and the receipts a claim is made of."""

    line: int
    item: Item
    receipts: tuple[str, ...] = ()


class OpenClaim(msgspec.Struct, frozen=True):
    """A claim whose receipts a person has to choose, and what is said of it until then."""

    item: Item
    row: BadRow


class ImportedFile(msgspec.Struct, frozen=True):
    """What a file holds: items in its order, rows that were left out, and what else to know.

    `again` counts rows that the file itself holds twice, word for word. The receipts that
    `open_claims` may be made of are among those found. `unsure` is the file's.
    """

    found: tuple[FoundItem, ...]
    bad: tuple[BadRow, ...]
    notes: tuple[str, ...] = ()
    again: int = 0
    open_claims: tuple[OpenClaim, ...] = ()
    unsure: tuple[str, ...] = ()


def amount(row: CsvRow, column: str, *, places: int = 2) -> Decimal | None:
    """Return the amount in the column, None where it is empty; raises `RowRefused`."""
    text = _told(row, column)
    if not text:
        return None
    try:
        return parse_amount(text, places=places)
    except AmountUnclear as problem:
        raise RowRefused(f"{title(column)}: {problem.sentence}") from problem


def read_cell(row: CsvRow, column: str, spec: FieldSpec) -> Any:
    """Return what the column says of a field; raises `RowRefused`."""
    try:
        return spec.read(_told(row, column))
    except Problem as problem:
        raise RowRefused(f"{title(column)}: {problem.sentence}") from problem


def percentage(row: CsvRow, column: str) -> Decimal | None:
    """Return the tax rate in the column (`20`, `20%`), -1 for N/A, None where it is empty."""
    text = _told(row, column)
    if not text:
        return None
    if text.casefold() in NO_TAX_WORDS:
        return Decimal(-1)
    try:
        rate = parse_amount(text.removesuffix("%"), places=4)
    except AmountUnclear as problem:
        raise RowRefused(f"{title(column)}: {text} is not a tax rate.") from problem
    if not 0 <= rate <= 100 or currencies_of(text):
        raise RowRefused(f"{title(column)}: {text} is not a tax rate.")
    return rate


def currency(row: CsvRow, column: str, *amounts: str) -> str:
    """Return the currency code in the column, or that of the signs beside the amounts.

    `amounts` are the columns whose values may have a currency's sign or code. Raises `RowRefused`
    where one says another currency, or one of several while the column is empty.
    """
    meant = SIGNS.get(row[column].upper(), frozenset())
    one = len(meant) == 1
    code: str = next(iter(meant)) if one else read_cell(row, column, ITEM_FIELDS["currency"])
    for name in amounts:
        meant = currencies_of(row.cells.get(name, ""))
        if meant and not code:
            if len(meant) > 1:
                raise RowRefused(
                    f"{title(name)}: {row.cells[name]} may be in {currencies_told(meant)}."
                )
            code = next(iter(meant))
        _agrees(row, name, code)
    return code


def amount_in(row: CsvRow, column: str, code: str) -> Decimal | None:
    """Return the amount in a column that is in this currency; raises `RowRefused` for another's."""
    _agrees(row, column, code)
    return amount(row, column)


def _agrees(row: CsvRow, column: str, code: str) -> None:
    try:
        in_currency(row.cells.get(column, ""), code)
    except AmountUnclear as problem:
        raise RowRefused(f"{title(column)}: {problem.sentence}") from problem


def picture(row: CsvRow, column: str, folder: Path) -> tuple[str, tuple[str, ...]]:
    """Return the column's link, "" for none, and the file that it names, as a path or none.

    A link is kept as it is and never fetched. What ends like a file that KashFlow may take is one
    on this machine, in the `folder` of the CSV file unless its path begins at the root; whether it
    is there is for the checks to say.
    """
    text = row[column]
    if "://" in text or Path(text).suffix.casefold() not in TAKEN | REFUSED:
        return text, ()
    path = os.path.expanduser(text)  # noqa: PTH111 - it leaves what it cannot expand as it is
    return "", (os.path.abspath(folder / path),)  # noqa: PTH100 - symbolic links stay


def _told(row: CsvRow, column: str) -> str:
    """Return what the column says; raises `RowRefused` where it may be several things."""
    if doubt := row.doubts.get(column):
        raise RowRefused(f"{title(column)}: {doubt}")
    return row[column]


def title(column: str) -> str:
    """Return a plain column name as files write it: "Tax (GBP)", "Receipt ID"."""
    words = re.sub(
        r"\([a-z]{3}\)", lambda match: match[0].upper(), column.title(), flags=re.IGNORECASE
    )
    return re.sub(r"\b(?:id|vat)\b", lambda match: match[0].upper(), words, flags=re.IGNORECASE)
