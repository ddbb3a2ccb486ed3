"""Dext's costs export, in its default CSV format, as items of the inbox.

Columns are found by name; the tax columns (Tax Name, Tax Code, Tax Percentage) come only from
accounts with a tax list. `Tax (GBP)` and `Total (GBP)` are in the account's base currency,
whichever that is.
"""

from __future__ import annotations

import re

import msgspec

from kfclient.desk.check.matching import plain
from kfclient.desk.importing.csvfile import BadRow, CsvFile, Row
from kfclient.desk.importing.dextclaims import put_together
from kfclient.desk.importing.dextrow import DextRow, read_row
from kfclient.desk.importing.rowvalues import Found, Reading, RowRefused
from kfclient.desk.inbox.item import Kind

TITLE = "Dext costs"
NEEDED = ("receipt id", "type", "date", "supplier", "category", "tax", "total", "currency")
_BASE = re.compile(r"total \(([a-z]{3})\)")
_CLAIMED = "claimed"


def columns(file: CsvFile) -> CsvFile:
    """Return the file with Dext's other name for its number, Item ID, made one with the usual."""
    if "item id" not in file.columns or "receipt id" in file.columns:
        return file
    renamed = {"item id": "receipt id"}
    rows = tuple(
        Row(row.line, {renamed.get(name, name): value for name, value in row.cells.items()})
        for row in file.rows
    )
    names = tuple(renamed.get(name, name) for name in file.columns)
    return msgspec.structs.replace(file, columns=names, rows=rows)


def read_dext(file: CsvFile, home: str) -> Reading:
    """Read every row: costs as they are, claims put together from their claimed receipts.

    `home` is the currency in which KashFlow counts; exchange rates are taken over only where the
    file counts in it as well.
    """
    bases = [match[1].upper() for name in file.columns if (match := _BASE.fullmatch(name))]
    base = bases[0] if bases else home
    notes = []
    if base != home:
        notes.append(
            f"The file counts in {base} and KashFlow in {home}, so exchange rates were not taken "
            "over."
        )
    rows, bad, again = _told_apart(file)
    found: list[Found] = []
    claims: list[DextRow] = []
    receipts: list[DextRow] = []
    for row in rows:
        try:
            read = read_row(row, base, home, file.folder)
        except RowRefused as problem:
            bad.append(BadRow(row.line, str(problem), row.text))
            continue
        if read.item.kind is Kind.CLAIM:
            claims.append(read)
        elif plain(row["status"]) == _CLAIMED:
            receipts.append(read)
        else:
            found.append(Found(row.line, read.item))
    together, apart = put_together(claims, receipts, base)
    return Reading(
        tuple(sorted((*found, *together), key=lambda one: one.line)),
        tuple(sorted((*bad, *apart), key=lambda one: one.line)),
        tuple(notes),
        again,
    )


def _told_apart(file: CsvFile) -> tuple[list[Row], list[BadRow], int]:
    """Return the rows whose number is theirs alone, the others, and how many came twice.

    Of rows that share a number and differ, none is imported: with the file put right, each would
    be taken for another one that is here already.
    """
    by_id: dict[str, list[Row]] = {}
    for row in file.rows:
        by_id.setdefault(row["receipt id"], []).append(row)
    apart: list[Row] = []
    bad: list[BadRow] = []
    for number, rows in by_id.items():
        if not number:
            reason = "It has no Receipt ID, so it could not be known when it is imported again."
            bad += [BadRow(row.line, reason, row.text) for row in rows]
        elif any(row.cells != rows[0].cells for row in rows):
            lines = " and ".join(str(row.line) for row in rows)
            reason = f"The Receipt ID {number} stands for different items, on lines {lines}."
            bad += [BadRow(row.line, reason, row.text) for row in rows]
        else:
            apart.append(rows[0])
    return apart, bad, len(file.rows) - len(bad) - len(apart)
