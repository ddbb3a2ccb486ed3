"""The values of one row of a file: amounts, dates and words, or what is wrong with them."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from kfclient.dates import DateOrder, DateUnclear, orders_of, parse_date, shown_date
from kfclient.desk.importing.csvfile import BadRow, CsvFile, CsvRow
from kfclient.desk.items.check_lines import REFUSED, TAKEN
from kfclient.desk.model.fields import ITEM_FIELDS, FieldSpec
from kfclient.desk.model.item import Item
from kfclient.errors import Problem
from kfclient.money import (
    SIGNS,
    AmountUnclear,
    currencies_of,
    currencies_told,
    figures,
    in_currency,
    parse_amount,
)

# How a file writes dates and amounts: each column is read as a whole.

_SERIAL = re.compile(r"([0-9]{5})(?:\.[0-9]+)?")
_FIRST_DAY = dt.date(1899, 12, 30)  # day 0 of a spreadsheet, as its days after February 1900 count
_SERIALS = range(36_526, 54_789)  # 2000 to 2049
_NOTHING = re.compile(r"[£€$]?\s*[-\u2013\u2014]\s*[£€$]?")  # how a spreadsheet shows 0.00
_WHOLE = re.compile(r"[^.,]*")
_POINT = re.compile(r"-?(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)\.(?:[0-9]{1,2}|[0-9]{4,6})")

DATES = "dates"
AMOUNTS = "amounts"
DATES_CURE = "say which with --dates day-first or --dates month-first"
MARKS_CURE = "say which with --decimals point or --decimals comma"


class Spelling(msgspec.Struct, frozen=True):
    """What a person said of the file: its order of dates and its decimal mark, "" for neither."""

    dates: str = ""
    mark: str = ""


AS_ITS_COLUMNS_TELL = Spelling()


class _Cell(msgspec.Struct, frozen=True):
    """A cell whose way of writing matters: its place, and what it says in each way it can be."""

    row: int
    line: int
    text: str
    ways: Mapping[str, Any]


class _Column(msgspec.Struct):
    """A column: the first cell that proves each way, and the cells that have to be read in one."""

    name: str
    proofs: dict[str, _Cell] = {}
    cells: list[_Cell] = []


class _Rows(msgspec.Struct):
    """What was read of the cells by row and column: what they say, and what is unclear."""

    plain: dict[int, dict[str, str]] = {}
    doubts: dict[int, dict[str, str]] = {}
    unsure: set[str] = set()

    def say(self, row: int, column: str, value: str) -> None:
        self.plain.setdefault(row, {})[column] = value

    def doubt(self, row: int, column: str, reason: str) -> None:
        self.doubts.setdefault(row, {})[column] = reason


def spelled(file: CsvFile, dates: Iterable[str], amounts: Iterable[str], said: Spelling) -> CsvFile:
    """Return the file with its dates and amounts in one spelling, and with notes of how.

    `dates` and `amounts` are the columns that hold them. What may be several is in a row's
    `doubts`; what is neither date nor amount stays as it is, for its reader to refuse.
    """
    rows = _Rows({}, {}, set())
    notes = [
        *_spell_dates(file, dates, said.dates, rows),
        *_spell_amounts(file, amounts, said.mark, rows),
    ]
    if not rows.plain and not rows.doubts:
        return file
    read = [
        msgspec.structs.replace(row, plain=rows.plain.get(at, {}), doubts=rows.doubts.get(at, {}))
        if at in rows.plain or at in rows.doubts
        else row
        for at, row in enumerate(file.rows)
    ]
    return msgspec.structs.replace(
        file,
        rows=tuple(read),
        notes=(*file.notes, *notes),
        unsure=tuple(sorted(rows.unsure)),
    )


def _spell_dates(file: CsvFile, names: Iterable[str], said: str, rows: _Rows) -> list[str]:
    """Read the columns of dates; return what is to be said of it."""
    columns = _gather(file, names, _days, _serial, rows)
    notes: dict[str, str] = {}
    for column, order in zip(columns, _decided(columns, said), strict=True):
        for cell in column.cells:
            way = order
            if len(cell.ways) == 1:
                way = next(iter(cell.ways))
            elif not order and not column.proofs and _is_date(cell.text):
                way = DateOrder.DAY_FIRST
                rows.unsure.add(DATES)
                notes.setdefault(
                    way,
                    f"Dates such as {cell.text} were read with the day first; nothing in the file "
                    f"says otherwise. If the month comes first, {DATES_CURE}.",
                )
            if way:
                rows.say(cell.row, column.name, cell.ways[way].isoformat())
            else:
                either = " or ".join(shown_date(day) for day in cell.ways.values())
                reason = f"{cell.text} may be {either}{_both(column)}; {DATES_CURE}."
                rows.unsure.add(DATES)
                rows.doubt(cell.row, column.name, reason)
        if order == DateOrder.MONTH_FIRST and (proof := column.proofs.get(order)) and not said:
            notes.setdefault(
                order,
                f"Dates were read with the month first, since line {proof.line} has {proof.text}.",
            )
    return list(notes.values())


def _spell_amounts(file: CsvFile, names: Iterable[str], said: str, rows: _Rows) -> list[str]:
    """Read the columns of amounts; return what is to be said of it."""
    columns = _gather(file, names, _values, _nothing, rows)
    notes: list[str] = []
    for column, mark in zip(columns, _decided(columns, said), strict=True):
        open_cells = [cell for cell in column.cells if len(cell.ways) > 1]
        english = not said and file.separator == ","
        if english and not column.proofs and not mark:
            continue  # the readers take it for granted
        # Where commas separate the values, a comma in a few figures may be a slip.
        points = sum("," not in cell.text for cell in open_cells)
        if english and mark == "," and points > len(column.cells) - len(open_cells):
            mark = ""
        for cell in column.cells:
            if mark in cell.ways:
                rows.say(cell.row, column.name, figures(cell.ways[mark]))
            elif len(cell.ways) > 1:
                either = " or ".join(figures(value) for value in cell.ways.values())
                reason = f"{cell.text} may be {either}{_both(column)}; {MARKS_CURE}."
                rows.unsure.add(AMOUNTS)
                rows.doubt(cell.row, column.name, reason)
        if mark == "," and (proof := column.proofs.get(mark)) and not said and not notes:
            notes.append(
                f"Amounts were read with a decimal comma, since line {proof.line} has {proof.text}."
            )
    return notes


def _gather(
    file: CsvFile,
    names: Iterable[str],
    ways_of: Callable[[str], Mapping[str, Any]],
    settled: Callable[[str], str],
    rows: _Rows,
) -> list[_Column]:
    """Look through the columns once; what has one reading and a spreadsheet's spelling is said."""
    columns = []
    for name in names:
        if name not in file.columns:
            continue
        column = _Column(name, {}, [])
        for at, row in enumerate(file.rows):
            text = row[name]
            if not text:
                continue
            if value := settled(text):
                rows.say(at, name, value)
            elif ways := ways_of(text):
                cell = _Cell(at, row.line, text, ways)
                if len(ways) == 1:
                    column.proofs.setdefault(next(iter(ways)), cell)
                if ways is not _PROVES_POINT:
                    column.cells.append(cell)
        columns.append(column)
    return columns


def _decided(columns: list[_Column], said: str) -> list[str]:
    """Return each column's way: what was said, else what it proves, else what the others prove."""
    everywhere = {way for column in columns for way in column.proofs}
    decided = []
    for column in columns:
        ways = set(column.proofs) or everywhere
        decided.append(said or (next(iter(ways)) if len(ways) == 1 else ""))
    return decided


def _both(column: _Column) -> str:
    """Return where the column decides against itself, as part of a sentence."""
    if len(column.proofs) < 2:
        return ""
    seen = " and ".join(f"{cell.text} on line {cell.line}" for cell in column.proofs.values())
    return f", and the column has both, {seen}"


@lru_cache(maxsize=4096)  # dates come again and again
def _days(text: str) -> Mapping[str, dt.date]:
    """Return the days that a date in figures can be, by the order; nothing where none matters."""
    try:
        days = orders_of(text) or {}
    except DateUnclear:
        return {}
    if len(days) > 1 and len(set(days.values())) == 1 and _is_date(text):  # 05/05/2026
        return {}
    return {str(order): day for order, day in days.items()}


def _is_date(text: str) -> bool:
    """Tell whether the text is a date without its order being known."""
    try:
        parse_date(text)
    except DateUnclear:
        return False
    return True


def _serial(text: str) -> str:
    """Return the day that a spreadsheet's number of days stands for, or ""."""
    match = _SERIAL.fullmatch(text)
    if match is None or int(match[1]) not in _SERIALS:
        return ""
    return (_FIRST_DAY + dt.timedelta(days=int(match[1]))).isoformat()


_PROVES_POINT: Mapping[str, Decimal] = {".": Decimal(0)}


def _values(text: str) -> Mapping[str, Decimal]:
    """Return what an amount is by its decimal mark; nothing where none matters."""
    if _WHOLE.fullmatch(text):
        return {}
    if _POINT.fullmatch(text):  # what most cells are
        return _PROVES_POINT
    bare = text.removesuffix("%").rstrip()
    values = {}
    for mark in ".,":
        try:
            values[mark] = parse_amount(bare, places=10, mark=mark)
        except AmountUnclear:
            continue
    if len(values) == 2 and values["."] == values[","]:
        return {}
    return _PROVES_POINT if list(values) == ["."] else values


def _nothing(text: str) -> str:
    return "0.00" if _NOTHING.fullmatch(text) else ""


# What files write where VAT does not apply.
# The values of one row.

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
