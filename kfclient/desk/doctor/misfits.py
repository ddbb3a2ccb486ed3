"""Records that do not fit: what a database holds, held against the types that are read from it.

A file can be sound, byte for byte, and a record in it none that anything here has written: edited
by hand, or by another program. It is found before a backup takes the home's place, told by the
doctor, and set aside by `kashdeck restore --sound`, so that it stops nothing else.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.audit.audit import OWED
from kfclient.desk.audit.entry import Entry
from kfclient.desk.business.backup_rights import SetAside
from kfclient.desk.items import duplicate_finder, edit_history, items
from kfclient.desk.model.business import Business, ItemCounts
from kfclient.desk.model.item import Item
from kfclient.desk.publish.journal_records import FollowUpRecord, RemovalRecord, SendRecord
from kfclient.desk.runs import runs
from kfclient.store.backup_file import carried
from kfclient.store.durable_files import keep_copy
from kfclient.store.errors import StateUnwritable
from kfclient.store.paths import SLUG
from kfclient.store.wal import encoded

if TYPE_CHECKING:
    from kfclient.store.database import Database
    from kfclient.store.home import Home
    from kfclient.store.tables import Tables

Document = Mapping[str, Any]


class Misfit(msgspec.Struct, frozen=True):
    """A record that does not fit: its table, its number there, and what is wrong with it."""

    table: str
    record: int
    why: str


class _Counted(ItemCounts, frozen=True, kw_only=True):
    business: str


class _Leftover(msgspec.Struct, frozen=True):
    business: str
    place: str


class _Answer(msgspec.Struct, frozen=True):
    pair: str
    grade: int


def _numbered(kind: type) -> Callable[[int, Document], object]:
    return lambda number, document: msgspec.convert({**document, "id": number}, kind)


def _plain(kind: type) -> Callable[[int, Document], object]:
    return lambda _, document: msgspec.convert(document, kind)


def _business(_: int, document: Document) -> None:
    business = msgspec.convert(document, Business)
    if re.fullmatch(SLUG, business.id) is None:
        raise ValueError("its id is no name of a folder")


def _item(number: int, document: Document) -> None:
    msgspec.convert({**document, "id": str(number)}, Item)


def _gathered(_: int, document: Document) -> None:
    msgspec.convert({**document, "id": document["item"]}, Item)


_STATE: Mapping[str, Callable[[int, Document], object]] = {
    "businesses": _business,
    "counts": _plain(_Counted),
    "leftovers": _plain(_Leftover),
    OWED: _plain(Entry),
}
_BOOKS: Mapping[str, Callable[[int, Document], object]] = {
    items.TABLE: _item,
    items.GATHERED: _gathered,
    "attempts": _numbered(SendRecord),
    "steps": _numbered(FollowUpRecord),
    "removals": _numbered(RemovalRecord),
    runs.TABLE: _numbered(runs.Run),
    duplicate_finder.ANSWERS: _plain(_Answer),
    edit_history.STEPS: _plain(edit_history.EditStep),
    edit_history.ROWS: _plain(edit_history.EditRow),
    OWED: _plain(Entry),
}
_SEEN = {duplicate_finder.TABLE: _plain(duplicate_finder.Party)}
_BY_FILE = {"state.json": _STATE, "items.json": _BOOKS, "seen.json": _SEEN}


def misfits(name: str, tables: Tables) -> Iterator[Misfit]:
    """Give the records of a database, named as in the home, that do not fit."""
    for table, fits in _BY_FILE.get(name.rpartition("/")[2], {}).items():
        for number, document in tables.get(table, {}).items():
            try:
                fits(number, document)
            except msgspec.ValidationError as error:
                # Where, and not what: it may be a name or an amount.
                yield Misfit(table, number, str(error).partition(" - at ")[2] or "a field")
            except (LookupError, ValueError, TypeError):
                yield Misfit(table, number, "a field")


class StoredRecords:
    """Holds records against their types, for backups and restores."""

    def misfit(self, name: str, tables: Tables) -> str:
        """Say which record of a database does not fit, "" where all do."""
        for found in misfits(name, tables):
            return f"record {found.record} of {found.table} is none of Kashdeck's ({found.why})"
        return ""

    def set_aside(self, home: Home) -> list[SetAside]:
        """Keep a copy of each record that does not fit beside its file, then take it out.

        A business stays, without the fields that do not fit, where those can be done without.
        Raises any `StoreError`.
        """
        done = []
        for name in sorted(carried(home.root)):
            database = _database(home, name)
            if database is None:
                continue
            with database.transaction(), database.storage.view() as view:
                tables = {table: dict(view.documents(table)) for table in view.tables()}
                found = list(misfits(name, tables))
                if not found:
                    continue
                lost: dict[str, dict[str, Document]] = {}
                for one in found:
                    document = tables[one.table][one.record]
                    lost.setdefault(one.table, {})[str(one.record)] = document
                path = home.root / name
                copy = keep_copy(path, encoded(lost))
                if copy is None:
                    raise StateUnwritable(f"No copy of what is in {path} could be made.")
                for one in found:
                    _take_out(database, one, tables[one.table][one.record])
            done += [SetAside(name, one.table, one.record, copy) for one in found]
        return done


def _database(home: Home, name: str) -> Database | None:
    if name == "state.json":
        return home.state()
    _, business, file = (*name.split("/"), "", "")[:3]
    opened = {"items.json": home.books, "seen.json": home.seen}.get(file)
    return None if opened is None else opened(business)


def _take_out(database: Database, misfit: Misfit, document: Document) -> None:
    mended = _mended(misfit.record, document) if misfit.table == "businesses" else None
    table = database.table(misfit.table)
    if mended is None:
        table.remove(doc_ids=[misfit.record])
    else:
        table.put(misfit.record, mended)


def _mended(number: int, document: Document) -> dict[str, Any] | None:
    """Return the business without the fields that do not fit; None where it needs them."""
    kept = dict(document)
    for field in ("people", "ticks", "connection", "settings"):
        probe = {"id": "a", "name": "a", "created_at": "2000-01-01T00:00:00Z"}
        try:
            if field in kept:
                _business(number, {**probe, field: kept[field]})
        except (msgspec.ValidationError, ValueError, TypeError):
            del kept[field]
    with contextlib.suppress(msgspec.ValidationError, LookupError, ValueError, TypeError):
        _business(number, kept)
        return kept
    return None
