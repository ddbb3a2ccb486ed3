"""Bringing a file's items into the inbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import FileRefused
from kfclient.desk.importing import dext, sales
from kfclient.desk.importing.csvfile import BadRow, CsvFile, read_csv
from kfclient.desk.importing.values import FoundItem, ImportedFile
from kfclient.desk.items.items import GATHERED
from kfclient.desk.model.item import Item
from kfclient.store.paths import as_text

if TYPE_CHECKING:
    from kfclient.desk.items.items import Items
    from kfclient.store import Home

__all__ = ["BadRow", "ImportReport", "Importing"]


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file: ids of the items added, how many were here already, what was left out.

    `format` is "Dext costs" or "Sales"; `notes` tells what was done to read the file; `at` is when
    (UTC).
    """

    file: str
    format: str
    at: datetime
    added: tuple[str, ...] = ()
    already: int = 0
    bad: tuple[BadRow, ...] = ()
    notes: tuple[str, ...] = ()


class Importing:
    """Imports CSV files: Dext's costs export and Kashdeck's own format for sales."""

    def __init__(self, home: Home, items: Items, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._items = items
        self._clock = clock

    def import_file(self, business: str, path: Path) -> ImportReport:
        """Add the file's items that are not here yet, all in one transaction.

        What an item lacks makes it one to review; a row that cannot be read, or contradicts
        itself, is left out and reported, and never stops the others. An item is known again by
        its number in the file (Dext's Receipt ID, a sale's reference and contact): one that is
        here already stays as it is. Raises `FileRefused`, `BusinessUnknown`.
        """
        report = self._taken_in(business, path)
        # First what is owed, then the counts: neither needs what the other has in memory.
        self._items.audit.flush(business)
        self._items.refresh_counts(business)
        return report

    def _taken_in(self, business: str, path: Path) -> ImportReport:
        currency = self._items.reference_data.of(business).home_currency
        file, name = read_csv(path), as_text(path.name)
        title, reading = _read(name, file, currency)
        rows, odd, notes = len(file.rows) + len(file.bad), file.bad, [*file.notes, *reading.notes]
        del file  # of a long one it is as much as its items are
        database = self._home.books(business)
        with database.transaction():
            new, twice = self._not_twice(business, reading.found)
            added, already = self._items.add_all(business, new, file=name)
            bad = sorted((*odd, *reading.bad, *twice), key=lambda row: row.line)
            self._items.audit.note(
                database,
                business,
                Action.IMPORTED,
                after={
                    "file": name,
                    "rows": rows,
                    "added": len(added),
                    "already": already + reading.again,
                    "bad": len(bad),
                },
            )
        if not rows:
            notes.append("The file has column names and no rows.")
        return ImportReport(
            file=name,
            format=title,
            at=self._clock(),
            added=tuple(item.id for item in added),
            already=already + reading.again,
            bad=tuple(bad),
            notes=tuple(notes),
        )

    def _not_twice(
        self, business: str, found: tuple[FoundItem, ...]
    ) -> tuple[list[Item], list[BadRow]]:
        """Leave out claims of which a receipt is in the inbox as a cost of its own."""
        here = {item.source: item.id for item in self._items.all(business) if item.source}
        put_away = self._home.books(business).table(GATHERED).all()
        here |= {one["source"]: one["claim"] for one in put_away if one.get("source")}
        items: list[Item] = []
        bad: list[BadRow] = []
        for one in found:
            doubled = [here[key] for key in one.receipts if key in here]
            if not doubled or one.item.source in here:
                items.append(one.item)
                continue
            numbers = ", ".join(dict.fromkeys(doubled))
            reason = (
                f"Receipts of this claim are in the inbox already (item {numbers}); with "
                "the claim they would be booked twice. Remove them first where they are not "
                "published, then import the file again."
            )
            bad.append(BadRow(one.line, reason, f"{one.item.contact}, {one.item.gross}"))
        return items, bad


def _read(name: str, file: CsvFile, currency: str) -> tuple[str, ImportedFile]:
    """Read the file as the format whose columns it has most of; raises `FileRefused`."""
    file = dext.columns(file)
    formats = {dext.TITLE: dext.NEEDED, sales.TITLE: sales.NEEDED}
    lacking = {
        title: [column for column in needed if column not in file.columns]
        for title, needed in formats.items()
    }
    title = min(formats, key=lambda one: len(lacking[one]) / len(formats[one]))
    if len(lacking[title]) * 2 > len(formats[title]):
        raise FileRefused(
            f"{name} is neither a Dext costs export nor a sales file, by its column names.",
            "A Dext export has Receipt ID, Type, Date, Supplier, Category, Tax, Total and Currency "
            "among its columns; a sales file has Reference, Date, Contact, Category, Quantity and "
            "Unit Price.",
        )
    if lacking[title]:
        columns = " and ".join(column.title().replace(" Id", " ID") for column in lacking[title])
        raise FileRefused(
            f"{name} lacks the column{'s' if len(lacking[title]) > 1 else ''} {columns}.",
            "Export it again with all columns; nothing was imported.",
        )
    reading = dext.read_dext(file, currency) if title == dext.TITLE else sales.read_sales(file)
    return title, reading
