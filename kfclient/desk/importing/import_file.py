"""Bringing a file's items into the inbox."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.dates import parse_date
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import FileRefused
from kfclient.desk.importing import dext, sales
from kfclient.desk.importing.csvfile import (
    BadRow,
    CsvFile,
    name_of,
    other_program,
    read_csv,
    without_totals,
)
from kfclient.desk.importing.values import (
    AS_ITS_COLUMNS_TELL,
    INTERVAL,
    FoundItem,
    ImportedFile,
    Spelling,
    spelled,
)
from kfclient.desk.importing.values import title as column_title
from kfclient.desk.items.check import RATE_READ, as_meant
from kfclient.desk.items.items import GATHERED, stored
from kfclient.desk.items.reference import folded
from kfclient.desk.model.fields import ITEM_FIELDS, LINE_FIELDS, changes_between, in_order
from kfclient.desk.model.item import Item, ItemLine, Kind
from kfclient.errors import Problem
from kfclient.money import parse_amount
from kfclient.store.paths import as_text

if TYPE_CHECKING:
    from kfclient.desk.items.items import Items
    from kfclient.desk.model.item import Item
    from kfclient.store import Home


# What a file says of items that are here already.

_APART = {"files": (), "image": "", "imported": "", "claimed": "", "problem": None}
"""What may differ from one export to the next without the document being another one."""


class Answer(StrEnum):
    """What is done with an item of a file that is here with other contents."""

    ASK = "ask"
    CORRECT = "correct"
    ADD = "add"
    KEEP = "keep"


class ChangedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that a file knows otherwise: its line there, its id here, and what became of it.

    `differences` has the field in words, what is here and what the file says. `outcome` is what
    was done: "held" for nothing, "corrected", "added" for another item or "kept"; `reason` is a
    sentence about it.
    """

    line: int
    item: str
    name: str
    differences: tuple[tuple[str, str, str], ...]
    outcome: str
    reason: str


class Met(msgspec.Struct):
    """What became of the items of a file: those to add, those known already, those that differ.

    `filed` are the ids of known ones that got the files that the file names.
    """

    new: list[Item] = []
    again: int = 0
    changed: list[ChangedItem] = []
    filed: list[str] = []


class Known:
    """The items that are here, by their keys; used inside the transaction of an import."""

    def __init__(self, home: Home, items: Items, business: str) -> None:
        self._items = items
        self._business = business
        self._database = home.books(business)
        self._reference_data = items.reference_data.of(business)
        # What was here and was stored anew: as it was, and its version now.
        self.before: dict[int, tuple[dict[str, Any], int]] = {}
        self._here = {item.source: item for item in items.all(business) if item.source}
        self._put_away = {
            one["source"]: one for one in self._database.table(GATHERED).all() if one.get("source")
        }

    def item_of(self, source: str) -> str:
        """Return the id of the item with this key, or of the claim that it is on; "" for none."""
        if source in self._here:
            return self._here[source].id
        return str(self._put_away[source]["claim"]) if source in self._put_away else ""

    def has(self, claim: Item) -> bool:
        """Tell whether the claim is here, imported or gathered by hand of costs of that sum."""
        if claim.source in self._here:
            return True
        gathered = {str(one["claim"]) for one in self._put_away.values()}
        here = self._items.by_id(self._business)
        return any(
            folded(item.contact) == folded(claim.contact) and item.gross == claim.gross
            for item in (here[key] for key in gathered if key in here)
        )

    def meet(self, found: Iterable[FoundItem], answer: Answer, outside: Container[str] = ()) -> Met:
        """Compare the items of a file with what is here, and do what the answer says.

        One that says the same gets the files `outside` the file's folder that it was left without.
        """
        met = Met([], 0, [], [])
        for one in found:
            self._meet(one.line, one.item, answer, outside, met)
        return met

    def _meet(
        self, line: int, item: Item, answer: Answer, outside: Container[str], met: Met
    ) -> None:
        item = msgspec.structs.replace(item, imported=_print_of(item))
        item = as_meant(item, self._reference_data)
        item, other = self._of_its_day(item)
        before = self._before(item.source)
        if before is None:
            met.new.append(item)
            if other is not None:
                reason = "It is of another day, and so another sale; what is here stays."
                met.changed.append(_changed(line, other, item, other.id, "added", reason))
            return
        if _says_the_same(before, item):
            met.again += 1
            lacked = [one for one in item.files if one in outside and one not in before.files]
            if lacked and item.source in self._here and before.sent is None:
                self._put(before, msgspec.structs.replace(before, files=(*before.files, *lacked)))
                met.filed.append(before.id)
            return
        another = msgspec.structs.replace(item, source=f"{item.source}+{item.imported}")
        if self._before(another.source) is not None:
            met.again += 1
            return
        reason = "Nothing was done: say whether the file corrects it."
        told = _changed(line, before, item, self.item_of(item.source), "held", reason)
        if answer is Answer.ADD:
            met.new.append(another)
            told = msgspec.structs.replace(told, outcome="added", reason="It is another item now.")
        elif answer is Answer.KEEP:
            self._keep(before, item)
            told = msgspec.structs.replace(
                told, outcome="kept", reason="It stays as it is, and the file is not asked again."
            )
        elif answer is Answer.CORRECT:
            told = self._correct(before, item, told)
        elif before.sent is not None:
            told = msgspec.structs.replace(told, reason=_SENT)
        met.changed.append(told)

    def _of_its_day(self, item: Item) -> tuple[Item, Item | None]:
        """Return a sale under the key that it has, or gets; and the one of another day, if any.

        A reference may come again each month: a sale of another day is another sale.
        """
        if item.kind is not Kind.SALE or item.date is None:
            return item, None
        first = item.source.removesuffix(f"|{item.date}")
        dated = f"{first}|{item.date}"
        other = self._before(first)
        if self._before(dated) is not None:
            return msgspec.structs.replace(item, source=dated), None
        if other is None:
            return item, None
        if _is_one(other, item):
            return msgspec.structs.replace(item, source=first), None
        return msgspec.structs.replace(item, source=dated), other

    def _before(self, source: str) -> Item | None:
        if source in self._here:
            return self._here[source]
        if source in self._put_away:
            return msgspec.convert(self._put_away[source], Item)
        return None

    def _correct(self, before: Item, item: Item, told: ChangedItem) -> ChangedItem:
        """Give the item what the file says, where nothing of it can be in KashFlow."""
        if item.source not in self._here:
            reason = f"It is on the claim that is item {told.item}; take that apart first."
            return msgspec.structs.replace(told, reason=reason)
        if before.sent is not None:
            return msgspec.structs.replace(told, reason=_SENT)
        after = msgspec.structs.replace(
            item,
            id=before.id,
            version=before.version,
            files=item.files or before.files,
            image=item.image or before.image,
            claimed=item.claimed or before.claimed,
            contact_code=before.contact_code if item.contact == before.contact else "",
        )
        self._put(before, after)
        return msgspec.structs.replace(
            told, outcome="corrected", reason="It is now what the file says."
        )

    def _put(self, before: Item, after: Item) -> None:
        """Store what became of an item that is here, and note it in the trail."""
        was, now = changes_between(before, after)
        self._store(before, after)
        self._items.audit.note(
            self._database,
            self._business,
            Action.ITEM_CHANGED,
            item=before.id,
            before=was,
            after=now,
        )

    def _store(self, before: Item, after: Item) -> None:
        """Store what became of an item that is here, and keep what it was for the history."""
        now = self._here[after.source] = self._items.put(self._business, after)
        was = self.before.get(int(before.id), (stored(before), 0))[0]
        self.before[int(before.id)] = was, now.version

    def _keep(self, before: Item, item: Item) -> None:
        """Remember what the file said, so that it is not asked about again."""
        if item.source in self._here:
            self._store(before, msgspec.structs.replace(before, imported=item.imported))
            return
        document = self._put_away[item.source]
        kept = {**document, "imported": item.imported}
        self._database.table(GATHERED).put(document.doc_id, kept)


_SENT = (
    "It is in KashFlow, or may be, so nothing was done: undo it first, or change it there as well."
)


def _is_one(other: Item, item: Item) -> bool:
    """Tell whether a sale of this reference and contact is the one that is here, perhaps mended.

    It is where the days are near to one another, or day and month changed places.
    """
    if other.imported == item.imported or other.date is None or item.date is None:
        return True
    turned = (other.date.day, other.date.month) == (item.date.month, item.date.day)
    near = abs(other.date - item.date) < INTERVAL
    return near or (turned and other.gross == item.gross)


def _changed(
    line: int, before: Item, item: Item, here: str, outcome: str, reason: str
) -> ChangedItem:
    return ChangedItem(
        line=line,
        item=here,
        name=" ".join(part for part in (before.reference, before.contact) if part),
        differences=differences(before, item),
        outcome=outcome,
        reason=reason,
    )


def _print_of(item: Item) -> str:
    """Return a print of what a file says of an item, which is what a document is made of."""
    bare = msgspec.structs.replace(item, source="", **_APART)
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()[:16]


def _says_the_same(before: Item, item: Item) -> bool:
    """Tell whether the file says what it said before, or what is here."""
    if before.imported == item.imported:
        return True
    if not before.imported and before.version > 1:
        return True  # imported before prints were kept, and changed since: nobody can tell
    return not differences(before, item)


def differences(before: Item, after: Item) -> tuple[tuple[str, str, str], ...]:
    """Return the fields in words in which a file differs, as they are here and as it says."""
    told = []
    for spec in in_order(Item):
        if spec.name in _OF_THE_FILE:
            was, now = getattr(before, spec.name), getattr(after, spec.name)
            if was != now:
                told.append((spec.label_of(after.kind), spec.show(was), spec.show(now)))
    reordered = Counter(before.lines) == Counter(after.lines)
    for at in range(0 if reordered else max(len(before.lines), len(after.lines))):
        told += _line_differences(at, before.lines[at : at + 1], after.lines[at : at + 1])
    if told and before.gross != after.gross:
        total = ITEM_FIELDS["total"]
        told.append((total.label, f"{before.gross:.2f}", f"{after.gross:.2f}"))
    return tuple(told)


_OF_THE_FILE = frozenset({
    "document", "reference", "contact", "date", "due_date", "currency", "exchange_rate", "note",
    "owner", "paid_on", "bank_account", "payment_method", "tax_name", "stated_vat",
})  # fmt: skip


def _line_differences(
    at: int, before: tuple[ItemLine, ...], after: tuple[ItemLine, ...]
) -> list[tuple[str, str, str]]:
    name = f"Line {at + 1}"
    if not before or not after:
        return [(name, "".join(map(_line_text, before)), "".join(map(_line_text, after)))]
    was, now = before[0], after[0]
    return [
        (
            f"{name}, {spec.inside}",
            spec.show(getattr(was, spec.name)),
            spec.show(getattr(now, spec.name)),
        )
        for spec in LINE_FIELDS.values()
        if getattr(was, spec.name) != getattr(now, spec.name)
    ]


def _line_text(line: ItemLine) -> str:
    """Return a line in words: "Workshop, Sales, net 400.00, VAT 80.00"."""
    parts = (line.description, line.category, f"net {line.net:.2f}", f"VAT {line.vat:.2f}")
    return ", ".join(" ".join(part.split()) for part in parts if part)


# A file, taken in.

_MOST_NAMED = 5

__all__ = ["Answer", "BadRow", "ChangedItem", "ImportReport", "Importing"]


class OutsideFile(msgspec.Struct, frozen=True):
    """A file that a line names by its Image, outside the folder of the file that is imported."""

    line: int
    path: str

    @property
    def reason(self) -> str:
        """Why it does not go with its item."""
        return (
            f"The Image {self.path} is outside the folder of this file, so it does not go "
            "with the item."
        )


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file: ids of the items added, how many were here already, what was left out.

    `format` is "Dext costs" or "Sales"; `notes` tells what was done to read the file; `changed` is
    what the file knows otherwise than it is here; `outside` are the files that it names outside its
    folder and that were not taken; `unsure` names how a person may say that it writes, "dates" or
    "amounts"; `at` is when (UTC).
    """

    file: str
    format: str
    at: datetime
    added: tuple[str, ...] = ()
    already: int = 0
    bad: tuple[BadRow, ...] = ()
    notes: tuple[str, ...] = ()
    changed: tuple[ChangedItem, ...] = ()
    outside: tuple[OutsideFile, ...] = ()
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
        *,
        files_outside: bool = False,
    ) -> ImportReport:
        """Add the file's items that are not here yet, all in one transaction.

        What an item lacks makes it one to review; a row that cannot be read, or contradicts
        itself, is left out and reported, and never stops the others. An item is known again by
        its number in the file (Dext's Receipt ID, a sale's reference and contact): one that is
        here already stays as it is; where the file says something else of it than it did, `answer`
        is what is done. `said` is how the file writes dates and amounts, where a person knows
        better than its columns tell. A file that is named outside the folder of this one goes with
        its item only with `files_outside`, also where the item is here already: whoever wrote the
        list has not been asked what else lies on this machine. Raises `FileRefused`,
        `BusinessUnknown`.
        """
        report = self._taken_in(business, path, said, answer, files_outside=files_outside)
        # First what is owed, then the counts: neither needs what the other has in memory.
        self._items.audit.flush(business)
        self._items.recount(business, len(report.added))
        return report

    def _added(self, business: str, new: list[Item], file: str) -> tuple[list[str], list[str]]:
        """Add the items, of which none is left; return their ids, and those with a rate read."""
        added, rates = [], []
        for item in self._items.add_each(business, _handed_over(new), file=file):
            added.append(item.id)
            if item.problem and item.problem.code == RATE_READ:
                rates.append(item.id)
        return added, rates

    def _taken_in(
        self, business: str, path: Path, said: Spelling, answer: Answer, *, files_outside: bool
    ) -> ImportReport:
        currency = self._items.reference_data.of(business).home_currency
        file, name = read_csv(path, (dext.NEEDED, sales.NEEDED)), name_of(path)
        title, reading = _read(name, file, currency, said)
        rows, odd, folder = len(file.rows) + len(file.bad), file.bad, file.folder
        del file  # of a long one it is as much as its items are
        out = _outside(reading.found, folder)
        items = reading.found if files_outside else _without(reading.found, out)
        database = self._home.books(business)
        with database.transaction():
            known = Known(self._home, self._items, business)
            found, twice = _not_twice(known, items)
            met = known.meet(found, answer, out if files_outside else ())
            outside = () if files_outside else tuple(_named_outside(reading.found, out))
            reading, number = msgspec.structs.replace(reading, found=()), len(met.new)
            del items, found  # each item goes when it is stored, which is as much again
            added, rates = self._added(business, met.new, name)
            open_claims = [one.row for one in reading.open_claims if not known.has(one.item)]
            already = number - len(added) + met.again + reading.again
            already += len(reading.open_claims) - len(open_claims)
            bad = sorted((*odd, *reading.bad, *twice, *open_claims), key=lambda row: row.line)
            after = {
                "file": name,
                "rows": rows,
                "added": len(added),
                "already": already,
                "bad": len(bad),
            }
            if met.changed:
                after["changed"] = len(met.changed)
            self._items.audit.note(database, business, Action.IMPORTED, after=after)
            self._items.history.note(
                database,
                "import",
                [(item, was, version) for item, (was, version) in known.before.items()],
                added=[int(one) for one in added],
                file=name,
            )
        notes = [*reading.notes, *_rates_read(rates)]
        if met.filed:
            notes.append(f"Files were put to items that are here: {_named(met.filed)}.")
        if not rows:
            notes.append("The file has column names and no rows.")
        return ImportReport(
            file=name,
            format=title,
            at=self._clock(),
            added=tuple(added),
            already=already,
            bad=tuple(bad),
            notes=tuple(notes),
            changed=tuple(met.changed),
            outside=outside,
            unsure=reading.unsure,
        )


def _handed_over(items: list[Item]) -> Iterator[Item]:
    """Give each item, and keep none."""
    items.reverse()
    while items:
        yield items.pop()


def _rates_read(rates: Sequence[str]) -> Iterator[str]:
    """Yield which items have a tax rate that was read as another than was written."""
    if rates:
        yield (
            "Tax rates written as fractions were read as percentages, as 0.2 for 20%: "
            f"look whether their VAT is right ({_named(rates)})."
        )


def _named(ids: Sequence[str]) -> str:
    """Return `item 3, 4 and 12 more`."""
    more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
    return f"item {', '.join(ids[:_MOST_NAMED])}{more}"


def _outside(found: Iterable[FoundItem], folder: Path) -> set[str]:
    """Return the files of items that are not in the folder of the file, wherever links lead."""
    real = os.path.realpath(folder)
    return {file for one in found for file in one.item.files if not _is_below(real, file)}


def _without(found: Iterable[FoundItem], files: Container[str]) -> tuple[FoundItem, ...]:
    """Return the items without these files."""
    return tuple(
        msgspec.structs.replace(
            one,
            item=msgspec.structs.replace(
                one.item, files=tuple(file for file in one.item.files if file not in files)
            ),
        )
        if one.item.files
        else one
        for one in found
    )


def _named_outside(found: Iterable[FoundItem], files: Container[str]) -> Iterator[OutsideFile]:
    """Yield which lines name these files."""
    for one in found:
        for file in one.item.files:
            if file in files:
                yield OutsideFile(one.line, as_text(file))


def _is_below(folder: str, file: str) -> bool:
    try:
        return os.path.commonpath((folder, os.path.realpath(file))) == folder
    except ValueError:  # no path at all
        return False


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
