"""Kashdeck's own CSV format for sales: a row a line, rows of one reference and contact one sale.

Columns: Kind, Reference, Date, Due Date, Contact, Description, Category, Quantity, Unit Price, Tax
Rate, Currency, Project, and where wanted Exchange Rate (foreign per home unit), Note, Bank Account
(that it was paid into), Payment Method, Paid On and Image (a link, or a file's path). Quantity and
Unit Price are net; the tax is worked out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from kfclient.dates import DateUnclear, parse_date
from kfclient.desk.importing.csvfile import BadRow, CsvFile, CsvRow
from kfclient.desk.importing.values import (
    FoundItem,
    ImportedFile,
    RowRefused,
    amount,
    currency,
    percentage,
    picture,
    read_cell,
)
from kfclient.desk.items.reference import folded, vat_of
from kfclient.desk.model.fields import (
    DATE,
    EXCHANGE_RATE,
    FIELD_SPECS,
    ITEM_FIELDS,
    LINE_FIELDS,
    PRICE,
    QUANTITY,
    TAX_RATE,
    FieldSpec,
)
from kfclient.desk.model.item import Item, ItemLine, Kind
from kfclient.money import ZERO

TITLE = "Sales"
NEEDED = ("reference", "date", "contact", "category", "quantity", "unit price")
DATES = tuple(spec.column for spec in FIELD_SPECS if spec.kind is DATE and spec.column)
AMOUNTS = tuple(
    spec.column
    for spec in FIELD_SPECS
    if spec.kind in (QUANTITY, PRICE, TAX_RATE, EXCHANGE_RATE) and spec.column
)
_ONCE = sorted(
    (
        spec
        for spec in ITEM_FIELDS.values()
        if spec.column and spec.name not in {"reference", "contact"}
    ),
    key=lambda spec: spec.form or len(ITEM_FIELDS),
)
"""What every row of a sale says alike; reference and contact, however written, make it one sale."""

_INTERVAL = dt.timedelta(days=20)
"""Between sales of one reference and contact, at least: a fortnight's rota is given new numbers."""

_BY_HAND = {"currency", "exchange_rate", "image", "tax_rate"}
"""Columns whose text is held against another's, or that name a file as well."""


def read_sales(file: CsvFile) -> ImportedFile:
    """Read every sale; one with an odd line is left out whole, never published in part."""
    found: list[FoundItem] = []
    bad: list[BadRow] = []
    for key, rows in _sales(file).items():
        try:
            found.append(FoundItem(rows[0].line, _sale(key, rows, file.folder)))
        except _LineRefused as problem:
            bad += _refused(rows, problem)
    return ImportedFile(tuple(found), tuple(sorted(bad, key=lambda one: one.line)))


class _LineRefused(ValueError):
    """One row of a sale is odd, and so the whole sale."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def _sales(file: CsvFile) -> dict[str, list[CsvRow]]:
    """Return the rows by the sale that they belong to; without a reference each is its own."""
    sales: dict[str, list[CsvRow]] = {}
    for row in file.rows:
        if reference := folded(row["reference"]):
            key = f"sale:{reference}|{folded(row['contact'])}"
        else:
            digest = hashlib.sha256("\0".join(row.cells.values()).encode()).hexdigest()[:16]
            key = f"sale:~{digest}"
            while key in sales:  # the same sale twice on one day is two sales
                key += "+"
        sales.setdefault(key, []).append(row)
    return {key: rows for one in sales.items() for key, rows in _by_day(*one).items()}


def _by_day(key: str, rows: list[CsvRow]) -> dict[str, list[CsvRow]]:
    """Return the rows by day where a reference comes again at intervals, as a retainer's does.

    Days that are near to one another are one sale with a slip in it.
    """
    if len(rows) == 1:
        return {key: rows}
    by_day: dict[dt.date, list[CsvRow]] = {}
    for row in rows:
        try:
            by_day.setdefault(parse_date(row["date"]), []).append(row)
        except DateUnclear:
            return {key: rows}
    days = sorted(by_day)
    if any(later - day < _INTERVAL for day, later in pairwise(days)):
        return {key: rows}
    return {f"{key}|{day}" if at else key: same for at, (day, same) in enumerate(by_day.items())}


def _sale(key: str, rows: list[CsvRow], folder: Path) -> Item:
    """Return one sale; raises `_LineRefused`."""
    items: list[Item] = []
    for row in rows:
        try:
            items.append(_one(key, row, folder))
        except RowRefused as problem:
            raise _LineRefused(row.line, str(problem)) from problem
    first = items[0]
    for row, item in zip(rows, items, strict=True):
        for spec in _ONCE:
            if getattr(item, spec.name) != getattr(first, spec.name):
                reason = f"Its {spec.column} is not that of line {rows[0].line}, of the same sale."
                raise _LineRefused(row.line, reason)
    return msgspec.structs.replace(
        first,
        lines=tuple(item.lines[0] for item in items),
        files=tuple(dict.fromkeys(path for item in items for path in item.files)),
    )


def _one(key: str, row: CsvRow, folder: Path) -> Item:
    """Return a row as a sale of one line; raises `RowRefused`."""
    if folded(row["kind"]) not in {"", "sale"}:
        raise RowRefused(f"Its kind is {row['kind']}; a sales file holds sales.")
    line = ItemLine(**_values(row, LINE_FIELDS))
    rate = percentage(row, "tax rate")
    vat = ZERO if rate is None else vat_of(line.net, rate)
    exchange = amount(row, "exchange rate", places=6)
    if exchange is not None and exchange <= 0:
        raise RowRefused("Its exchange rate is not above zero.")
    link, files = picture(row, "image", folder)
    return Item(
        **_values(row, ITEM_FIELDS),
        kind=Kind.SALE,
        currency=currency(row, "currency", "unit price"),
        exchange_rate=exchange,
        lines=(msgspec.structs.replace(line, tax_rate=rate, vat=vat),),
        files=files,
        image=link,
        source=key,
    )


def _values(row: CsvRow, fields: Mapping[str, FieldSpec]) -> dict[str, Any]:
    return {
        name: read_cell(row, spec.column, spec)
        for name, spec in fields.items()
        if spec.column and name not in _BY_HAND
    }


def _refused(rows: list[CsvRow], problem: _LineRefused) -> list[BadRow]:
    """Return a bad row for the odd line, and one for each other line of the sale."""
    other = f"Line {problem.line}, of the same sale, cannot be imported."
    return [
        BadRow(row.line, str(problem) if row.line == problem.line else other, row.text)
        for row in rows
    ]
