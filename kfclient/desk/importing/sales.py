"""Kashdeck's own CSV format for sales: a row a line, rows of one reference and contact one sale.

Columns: Kind, Reference, Date, Due Date, Contact, Description, Category, Quantity, Unit Price, Tax
Rate, Currency, Project, and where wanted Exchange Rate (foreign per home unit), Note, Bank Account
(that it was paid into), Payment Method, Paid On and Image (a link, or a file's path). Quantity and
Unit Price are net. VAT and Total, where the file states them, are what was issued: of the line, or
of the whole sale. Where it states no VAT, that is worked out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from kfclient.dates import DateUnclear, parse_date
from kfclient.desk.importing.csvfile import BadRow, CsvFile, CsvRow
from kfclient.desk.importing.values import (
    INTERVAL,
    FoundItem,
    ImportedFile,
    RowRefused,
    amount,
    currency,
    percentage,
    picture,
    read_cell,
    title,
)
from kfclient.desk.items.check import TOTALS_DIFFER
from kfclient.desk.items.reference import folded, vat_of
from kfclient.desk.model.business import ProblemNote
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
from kfclient.money import PENNY, ZERO, AmountUnclear, decimal_text, parse_amount

TITLE = "Sales"
NEEDED = ("reference", "date", "contact", "category", "quantity", "unit price")
IDENTITY = ("reference", "date", "contact", "category")
DATES = tuple(spec.column for spec in FIELD_SPECS if spec.kind is DATE and spec.column)
_AMOUNTS = tuple(
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

STATED_VAT = (
    "vat", "vat amount", "tax", "tax amount", "line vat", "total vat", "vat total", "total tax",
)  # fmt: skip
STATED_TOTAL = (
    "total", "gross", "gross amount", "gross total", "total gross", "total amount", "line gross",
    "invoice total", "document total", "grand total", "total inc vat", "total inc. vat",
    "total incl vat", "total incl. vat", "total including vat", "total (inc vat)", "total due",
    "amount due",
)  # fmt: skip
STATED_NET = (
    "net", "net amount", "net total", "total net", "line net", "subtotal", "sub total",
    "total ex vat", "total exc vat", "total excl vat", "total excl. vat", "total excluding vat",
)  # fmt: skip
STATED_EITHER = ("amount", "line amount", "line total")
"""What a file may state of a line or of its sale, the first column that there is of each."""

_STATED_COLUMNS = (STATED_VAT, STATED_TOTAL, STATED_NET, STATED_EITHER)
_STATED = (*STATED_VAT, *STATED_TOTAL, *STATED_NET, *STATED_EITHER)

_BY_HAND = {"currency", "exchange_rate", "image", "tax_rate"}
"""Columns whose text is held against another's, or that name a file as well."""


def amounts_of(file: CsvFile) -> list[str]:
    """Return the columns that hold amounts, quantities and rates."""
    return [name for name in file.columns if name in _AMOUNTS or name in _STATED]


def columns_read(file: CsvFile) -> set[str]:
    """Return the columns that are read."""
    stated = _stated_columns(file)
    declared = {spec.column for spec in FIELD_SPECS if spec.column}
    return {"kind", *declared, *(name for name in stated if name)}


def read_sales(file: CsvFile) -> ImportedFile:
    """Read every sale; one with an odd line is left out whole, never published in part."""
    unread, stated = file.unread(columns_read(file)), _stated_columns(file)
    found: list[FoundItem] = []
    bad: list[BadRow] = []
    for key, rows in _sales(file).items():
        try:
            found.append(
                FoundItem(
                    rows[0].line, _as_issued(_sale(key, rows, file.folder), rows, stated, unread)
                )
            )
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
    if any(later - day < INTERVAL for day, later in pairwise(days)):
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
        currency=currency(row, "currency", "unit price", *_STATED),
        exchange_rate=exchange,
        lines=(msgspec.structs.replace(line, tax_rate=rate, vat=vat),),
        files=files,
        image=link,
        source=key,
    )


# What was issued: VAT and totals that the file states, held against the lines.


class _Stated(msgspec.Struct, frozen=True):
    """What the rows of a sale state in one column, None where a row states nothing."""

    column: str
    values: tuple[Decimal | None, ...]

    @property
    def told(self) -> list[Decimal]:
        return [value for value in self.values if value is not None]

    def is_of_all(self, lines: Sequence[Decimal], slack: Decimal) -> Decimal | None:
        """Return the value where it is the whole sale's: once, or the same on every row."""
        told = self.told
        once = len(told) == 1 or (len(told) == len(lines) and len(set(told)) == 1)
        if len(lines) < 2 or not once or abs(told[0] - sum(lines)) > slack:
            return None
        return told[0]


def _as_issued(
    sale: Item, rows: Sequence[CsvRow], columns: Sequence[str], unread: Sequence[str]
) -> Item:
    """Return the sale with the VAT that the file states, and what is odd about its totals.

    Raises `_LineRefused` for what is no amount.
    """
    vat, total, net, either = (_stated(rows, column) for column in columns)
    if total and not vat and _against(total, _each(sale, "gross")):
        meant = _at_hundredfold(sale)
        sale = sale if _against(total, _each(meant, "gross")) else meant
    if vat:
        sale = _with_vat(sale, vat)
    if total and not vat:
        sale = _with_total(sale, total)
    nets, grosses = _each(sale, "net"), _each(sale, "gross")
    doubts = [_against(total, grosses), _against(net, nets)]
    if either and _against(either, grosses) and _against(either, nets):
        doubts.append(_against(either, grosses))
    doubt = next((one for one in doubts if one), "")
    stated = total.told if total else []
    odd = [name for name in unread if _moves_money(name) and any(_says(row[name]) for row in rows)]
    if stated:
        of_all = total.is_of_all(grosses, ZERO) if total else None
        whole = of_all if of_all is not None else sum(stated, ZERO)
        sale = msgspec.structs.replace(sale, total=whole)
    if not doubt and odd and not (total or net or either):
        doubt = "The file states no total to hold the lines against."
    if not doubt:
        return sale
    more = f" {title(odd[0])} was not read." if odd else ""
    problem = ProblemNote(
        TOTALS_DIFFER,
        f"{doubt}{more}",
        "Look at the document, put the amount right where needed, and save.",
    )
    return msgspec.structs.replace(sale, problem=problem)


def _each(sale: Item, name: str) -> list[Decimal]:
    return [getattr(line, name) for line in sale.lines]


def _stated_columns(file: CsvFile) -> list[str]:
    """Return the first column of each kind that is there and has amounts, no rates; "" for none."""
    return [
        next((name for name in names if name in file.columns and not _has_rates(file, name)), "")
        for names in _STATED_COLUMNS
    ]


def _has_rates(file: CsvFile, column: str) -> bool:
    return any("%" in row[column] for row in file.rows)


def _stated(rows: Sequence[CsvRow], column: str) -> _Stated | None:
    """Return what the rows state in the column; None for nothing, and for no column."""
    values = []
    for row in rows:
        try:
            values.append(amount(row, column) if column else None)
        except RowRefused as problem:
            raise _LineRefused(row.line, str(problem)) from problem
    return _Stated(column, tuple(values)) if any(value is not None for value in values) else None


def _at_hundredfold(sale: Item) -> Item:
    """Return the sale with the VAT that its rates make where 0.2 was written for 20 %."""
    lines = [
        msgspec.structs.replace(line, vat=vat_of(line.net, line.tax_rate * 100))
        if line.tax_rate and 0 < line.tax_rate < 1
        else line
        for line in sale.lines
    ]
    return msgspec.structs.replace(sale, lines=tuple(lines))


def _with_vat(sale: Item, vat: _Stated) -> Item:
    """Return the sale with the VAT that was issued, of each line or of all of them."""
    worked_out = _each(sale, "vat")
    of_all = vat.is_of_all(worked_out, PENNY * len(worked_out))
    alike = len(set(worked_out)) == 1 and len(vat.told) == len(worked_out)
    if of_all is not None and not (alike and of_all == worked_out[0]):
        return _rounded_to(sale, of_all)
    lines = [
        line if value is None else msgspec.structs.replace(line, vat=value)
        for line, value in zip(sale.lines, vat.values, strict=True)
    ]
    return msgspec.structs.replace(sale, lines=tuple(lines))


def _with_total(sale: Item, total: _Stated) -> Item:
    """Return the sale with the VAT that makes the stated total, where only rounding differs."""
    grosses = _each(sale, "gross")
    whole = total.is_of_all(grosses, PENNY * len(grosses))
    if whole is None and None not in total.values:
        whole = sum(total.told, ZERO)
    if whole is None or abs(whole - sale.gross) > PENNY * len(grosses):
        return sale
    return _rounded_to(sale, whole - sale.net)


def _rounded_to(sale: Item, vat: Decimal) -> Item:
    """Return the sale with this VAT, a penny more or less on as many of its largest lines."""
    left = vat - sale.vat
    step = PENNY if left > 0 else -PENNY
    lines = list(sale.lines)
    for at in sorted(range(len(lines)), key=lambda at: -abs(lines[at].net)):
        if left and lines[at].vat:
            lines[at] = msgspec.structs.replace(lines[at], vat=lines[at].vat + step)
            left -= step
    return sale if left else msgspec.structs.replace(sale, lines=tuple(lines))


def _against(stated: _Stated | None, lines: Sequence[Decimal]) -> str:
    """Return a sentence where what is stated is neither each line's nor the whole sale's."""
    if stated is None or stated.is_of_all(lines, ZERO) is not None:
        return ""
    pairs = zip(stated.values, lines, strict=True)
    if all(value is None or value == line for value, line in pairs):
        return ""
    if None not in stated.values and sum(stated.told) == sum(lines):
        return ""
    once = len(set(stated.told)) == 1
    said = stated.told[0] if once and len(lines) > 1 else sum(stated.told, ZERO)
    return (
        f"The file says {title(stated.column)} {decimal_text(said)}, and the lines come to "
        f"{decimal_text(sum(lines, ZERO))}."
    )


_MONEY = re.compile(
    r"discount|rebate|deduct|allowance|freight|handling|adjust|shipping|postage|delivery|carriage|surcharge|deposit|prepaid"
    r"|rounding|levy|retention|\b(?:disc|fees?|tips?|cis|p&p)\b"
)
_NO_MONEY = re.compile(
    r"\b(?:date|days?|no|number|ref|reference|address|name|code|id|method|note)\b"
)


def _moves_money(column: str) -> bool:
    """Tell whether a column that was not read may change what is owed, by its name."""
    return bool(_MONEY.search(column)) and not _NO_MONEY.search(column)


def _says(text: str) -> bool:
    """Tell whether a value is an amount or a percentage, other than nothing."""
    try:
        return bool(text) and parse_amount(text.removesuffix("%"), places=6) != 0
    except AmountUnclear:
        return False


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
