"""Bringing a file's items into the inbox."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kfclient.dates import parse_date
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import FileRefused
from kfclient.desk.importing import dext, sales
from kfclient.desk.importing.csvfile import BadRow, CsvFile, read_csv, without_totals
from kfclient.desk.importing.foreign import other_program
from kfclient.desk.importing.known import Answer, ChangedItem, Known
from kfclient.desk.importing.spelling import AS_ITS_COLUMNS_TELL, Spelling, spelled
from kfclient.desk.importing.values import FoundItem, ImportedFile
from kfclient.desk.importing.values import title as column_title
from kfclient.desk.items.check import RATE_READ
from kfclient.errors import Problem
from kfclient.money import parse_amount

if TYPE_CHECKING:
    from kfclient.desk.items.items import Items
    from kfclient.desk.model.item import Item
    from kfclient.store import Home

_MOST_NAMED = 5

__all__ = ["Answer", "BadRow", "ChangedItem", "ImportReport", "Importing"]


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file: ids of the items added, how many were here already, what was left out.

    `format` is "Dext costs" or "Sales"; `notes` tells what was done to read the file; `changed` is
    what the file knows otherwise than it is here; `unsure` names how a person may say that it
    writes, "dates" or "amounts"; `at` is when (UTC).
    """

    file: str
    format: str
    at: datetime
    added: tuple[str, ...] = ()
    already: int = 0
    bad: tuple[BadRow, ...] = ()
    notes: tuple[str, ...] = ()
    changed: tuple[ChangedItem, ...] = ()
    unsure: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether items wait for a person to say what is done with what the file says of them."""
        return any(one.outcome == "held" for one in self.changed)


class Importing:
    """Imports CSV files: Dext's costs export and Kashdeck's own format for sales."""

    def __init__(self, home: Home, items: Items, clock: Callable[[], datetime]) -> None:
        self._home = home
        self._items = items
        self._clock = clock

    def import_file(
        self,
        business: str,
        path: Path,
        said: Spelling = AS_ITS_COLUMNS_TELL,
        answer: Answer = Answer.ASK,
    ) -> ImportReport:
        """Add the file's items that are not here yet, all in one transaction.

        What an item lacks makes it one to review; a row that cannot be read, or contradicts
        itself, is left out and reported, and never stops the others. An item is known again by
        its number in the file (Dext's Receipt ID, a sale's reference and contact): one that is
        here already stays as it is; where the file says something else of it than it did, `answer`
        is what is done. `said` is how the file writes dates and amounts, where a person knows
        better than its columns tell. Raises `FileRefused`, `BusinessUnknown`.
        """
        currency = self._items.reference_data.of(business).home_currency
        file = read_csv(path, (dext.NEEDED, sales.NEEDED))
        title, reading = _read(path.name, file, currency, said)
        database = self._home.books(business)
        with database.transaction():
            known = Known(self._home, self._items, business)
            found, twice = _not_twice(known, reading.found)
            met = known.meet(found, answer)
            added, already = self._items.add_all(business, met.new, file=path.name)
            open_claims = [one.row for one in reading.open_claims if not known.has(one.item)]
            already += met.again + reading.again + len(reading.open_claims) - len(open_claims)
            bad = [*file.bad, *reading.bad, *twice, *open_claims]
            bad.sort(key=lambda row: row.line)
            after = {
                "file": path.name,
                "rows": len(file.rows) + len(file.bad),
                "added": len(added),
                "already": already,
                "bad": len(bad),
            }
            if met.changed:
                after["changed"] = len(met.changed)
            self._items.audit.note(database, business, Action.IMPORTED, after=after)
        self._items.refresh_counts(business)
        self._items.audit.flush(business)
        notes = [*reading.notes, *_rates_read(added)]
        if not file.rows and not file.bad:
            notes.append("The file has column names and no rows.")
        return ImportReport(
            file=path.name,
            format=title,
            at=self._clock(),
            added=tuple(item.id for item in added),
            already=already,
            bad=tuple(bad),
            notes=tuple(notes),
            changed=tuple(met.changed),
            unsure=reading.unsure,
        )


def _rates_read(added: Sequence[Item]) -> Iterator[str]:
    """Yield which of the items have a tax rate that was read as another than was written."""
    rates = [item for item in added if item.problem and item.problem.code == RATE_READ]
    if rates:
        numbers = ", ".join(item.id for item in rates[:_MOST_NAMED])
        more = f" and {len(rates) - _MOST_NAMED} more" if len(rates) > _MOST_NAMED else ""
        yield (
            "Tax rates written as fractions were read as percentages, as 0.2 for 20%: "
            f"look whether their VAT is right (item {numbers}{more})."
        )


def _is_value(name: str) -> bool:
    """Tell whether a column name is none, but the date or the amount of a row."""
    for read in (parse_date, parse_amount):
        with contextlib.suppress(Problem):
            read(name)
            return True
    return False


def _not_twice(known: Known, found: tuple[FoundItem, ...]) -> tuple[list[FoundItem], list[BadRow]]:
    """Leave out claims of which a receipt is in the inbox as a cost of its own."""
    apart: list[FoundItem] = []
    bad: list[BadRow] = []
    for one in found:
        doubled = [item for key in one.receipts if (item := known.item_of(key))]
        if not doubled or known.item_of(one.item.source):
            apart.append(one)
            continue
        numbers = ", ".join(dict.fromkeys(doubled))
        reason = (
            f"Receipts of this claim are in the inbox already (item {numbers}); with "
            "the claim they would be booked twice. Remove them first where they are not "
            "published, then import the file again."
        )
        bad.append(BadRow(one.line, reason, f"{one.item.contact}, {one.item.gross}"))
    return apart, bad


def _read(name: str, file: CsvFile, currency: str, said: Spelling) -> tuple[str, ImportedFile]:
    """Read the file as the format whose columns it has most of; raises `FileRefused`."""
    file = dext.columns(file)
    formats = {dext.TITLE: dext.NEEDED, sales.TITLE: sales.NEEDED}
    lacking = {
        title: [column for column in needed if column not in file.columns]
        for title, needed in formats.items()
    }
    title = min(formats, key=lambda one: len(lacking[one]) / len(formats[one]))
    least = lacking[title]
    other = other_program(file.columns) if least else None
    # Half of the names are had by any table of documents: a broken export has nearly all.
    known = "receipt id" in file.columns if title == dext.TITLE else "contact" in file.columns
    if least and (other or len(least) * 2 > len(formats[title]) or len(least) > 2 + known):
        if other:
            kind, cure = other
            raise FileRefused(f"{name} is {kind}, by its column names.", cure)
        if any(map(_is_value, file.columns)):
            raise FileRefused(
                f"{name} has no column names: its first line is {', '.join(file.columns)[:80]}.",
                "Export it again with the column names in its first line.",
            )
        raise FileRefused(
            f"{name} is neither a Dext costs export nor a sales file, by its column names.",
            "A Dext export has Receipt ID, Type, Date, Supplier, Category, Tax, Total and Currency "
            "among its columns; a sales file has Reference, Date, Contact, Category, Quantity and "
            "Unit Price.",
        )
    if least:
        columns = " and ".join(column_title(column) for column in least)
        raise FileRefused(
            f"{name} lacks the column{'s' if len(least) > 1 else ''} {columns}.",
            "Export it again with all columns; nothing was imported.",
        )
    file = without_totals(file, dext.IDENTITY if title == dext.TITLE else sales.IDENTITY)
    if title == dext.TITLE:
        file = spelled(file, dext.DATES, dext.amounts_of(file), said)
        reading, read = dext.read_dext(file, currency), dext.columns_read(file)
    else:
        file = spelled(file, sales.DATES, sales.amounts_of(file), said)
        reading, read = sales.read_sales(file), sales.columns_read(file)
    notes = [*file.notes, *reading.notes]
    if unread := file.unread(read):
        names = ", ".join(column_title(name) for name in unread)
        notes.append(f"Not read: the column{'s' if len(unread) > 1 else ''} {names}.")
    return title, msgspec.structs.replace(reading, notes=tuple(notes), unsure=file.unsure)
