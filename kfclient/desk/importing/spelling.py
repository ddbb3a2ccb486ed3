"""How a file writes dates and amounts: read from each column as a whole, never cell by cell.

`03/04/2026` and `1,459` have two readings each. One cell of the column that has a single reading
decides for all; cells that decide against one another leave the others a question.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from kfclient.dates import DateOrder, DateUnclear, orders_of, parse_date, shown_date
from kfclient.desk.importing.csvfile import CsvFile
from kfclient.money import AmountUnclear, figures, parse_amount

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
