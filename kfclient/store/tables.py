"""What a database holds in memory: documents, hash indexes, and changes not yet committed.

Documents in here are never changed in place: a new one takes the old one's place, so a list of
them taken once stays what it was.
"""

from __future__ import annotations

import contextlib
from enum import Enum
from math import isfinite

from kfclient.store.encoding import encoded

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Protocol

    from kfclient.store.journal import Operation
    from kfclient.store.snapshot import Snapshot

    Body = dict[str, Any]
    Index = dict[Any, set[int]]

    class View(Protocol):
        """What a reader sees: the committed documents, or those of its own open transaction."""

        def tables(self) -> set[str]:
            """Return the names of the tables that may have documents."""

        def documents(self, table: str) -> Mapping[int, Body]:
            """Return the table's documents by id."""

        def document(self, table: str, key: int) -> Body | None:
            """Return one document, None where there is none."""

        def matching(self, table: str, field: str, value: object) -> list[tuple[int, Body]]:
            """Return the documents whose `field` equals `value`, by id."""


class Contents:
    """The committed documents of one database, with an index per field that was looked up."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._indexes: dict[tuple[str, str], Index] = {}
        self._numbered: set[str] = set()

    def tables(self) -> set[str]:
        """Return the names of the tables that may have documents."""
        return set(self.snapshot.tables)

    def documents(self, table: str) -> Mapping[int, Body]:
        """Return the table's documents by id."""
        return self.snapshot.tables.get(table, {})

    def document(self, table: str, key: int) -> Body | None:
        """Return one document, None where there is none."""
        return self.documents(table).get(key)

    def matching(self, table: str, field: str, value: object) -> list[tuple[int, Body]]:
        """Return the documents whose `field` equals `value`, by id; the first call indexes it."""
        documents = self.documents(table)
        keys = self._index(table, field).get(value, ())
        return [(key, documents[key]) for key in sorted(keys)]

    def next_id(self, table: str) -> int:
        """Return the lowest id that no document of the table has ever had."""
        if table not in self._numbered:
            # A document may have been put into the file by hand.
            taken = max(self.documents(table), default=0)
            known = self.snapshot.next_ids.get(table, 1)
            self.snapshot.next_ids[table] = max(known, taken + 1)
            self._numbered.add(table)
        return self.snapshot.next_ids[table]

    def apply(self, operations: list[Operation]) -> None:
        """Take in one committed transaction."""
        for table, key, document in operations:
            self.snapshot.next_ids[table] = max(self.next_id(table), key + 1)
            documents = self.snapshot.tables.setdefault(table, {})
            before = documents.pop(key, None) if document is None else documents.get(key)
            if document is not None:
                documents[key] = document
            for (name, field), index in self._indexes.items():
                if name == table:
                    _reindex(index, field, key, before, document)
        self.snapshot.lsn += 1

    def _index(self, table: str, field: str) -> Index:
        index = self._indexes.get((table, field))
        if index is None:
            index = self._indexes[table, field] = {}
            for key, document in self.documents(table).items():
                _reindex(index, field, key, None, document)
        return index


class Changes:
    """One open transaction: what it has put and removed, over what is committed."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._tables: dict[str, dict[int, Body | None]] = {}
        self._next_ids: dict[str, int] = {}
        # What each change took the place of, None meaning the committed document.
        self._undo: list[tuple[str, int, tuple[Body | None] | None]] = []

    def tables(self) -> set[str]:
        """Return the names of the tables that may have documents."""
        return self._contents.tables() | self._tables.keys()

    def documents(self, table: str) -> Mapping[int, Body]:
        """Return the table's documents by id, as this transaction leaves them so far."""
        committed, changed = self._contents.documents(table), self._tables.get(table)
        if not changed:
            return committed
        merged = {**committed, **changed}
        return {key: document for key, document in merged.items() if document is not None}

    def document(self, table: str, key: int) -> Body | None:
        """Return one document, None where there is none."""
        changed = self._tables.get(table, {})
        return changed[key] if key in changed else self._contents.document(table, key)

    def matching(self, table: str, field: str, value: object) -> list[tuple[int, Body]]:
        """Return the documents whose `field` equals `value`, by id."""
        changed = self._tables.get(table, {})
        found = {
            key: document
            for key, document in self._contents.matching(table, field, value)
            if key not in changed
        }
        found |= {
            key: document
            for key, document in changed.items()
            if document is not None and field in document and document[field] == value
        }
        return sorted(found.items())

    def next_id(self, table: str) -> int:
        """Return the lowest id that no document of the table has ever had."""
        return max(self._next_ids.get(table, 1), self._contents.next_id(table))

    def put(self, table: str, key: int, document: Body | None) -> None:
        """Have the document be this from now on; None removes it."""
        self._next_ids[table] = max(self.next_id(table), key + 1)
        changed = self._tables.setdefault(table, {})
        self._undo.append((table, key, (changed[key],) if key in changed else None))
        changed[key] = document

    def operations(self) -> list[Operation]:
        """Return what differs from what is committed."""
        return [
            (table, key, document)
            for table, changed in self._tables.items()
            for key, document in changed.items()
            if not _same(document, self._contents.document(table, key))
        ]

    @contextlib.contextmanager
    def part(self) -> Iterator[None]:
        """Undo what was changed inside when an exception leaves it."""
        start = len(self._undo)
        try:
            yield
        except BaseException:
            while len(self._undo) > start:
                table, key, before = self._undo.pop()
                if before is None:
                    del self._tables[table][key]
                else:
                    self._tables[table][key] = before[0]
            raise


_AS_IS = frozenset({str, int, bool, type(None)})
"""What cannot change, so that it needs no copy."""


def copied(value: Any) -> Any:
    """Return a deep copy of a stored value; raises TypeError for what JSON has no word for.

    Decimal and dates are refused: who stores them says how, as strings. Enum members and other
    subclasses of the plain types become the plain value, as a reader of the file would get it.
    """
    kind = type(value)
    if kind in _AS_IS:
        return value
    if kind is float:
        if not isfinite(value):
            raise TypeError(f"{value} cannot be stored: it is not a number")
        return value
    if isinstance(value, dict):
        return {
            key if type(key) is str else _key(key): item if type(item) in _AS_IS else copied(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [item if type(item) in _AS_IS else copied(item) for item in value]
    if isinstance(value, Enum) and isinstance(value, (str, int, float)):
        return copied(value.value)
    for plain in (str, int, float):
        if isinstance(value, plain):
            return copied(plain(value))
    raise TypeError(f"a {kind.__name__} cannot be stored: turn it into a string first")


def _key(key: object) -> str:
    if type(key) is str:
        return key
    if isinstance(key, str):
        return str(copied(key))
    raise TypeError(f"the field {key!r} cannot be stored: a field's name is a string")


def _same(one: Body | None, other: Body | None) -> bool:
    """Whether both are stored alike (1, 1.0 and True are equal, and not the same)."""
    if one is None or other is None:
        return one is other
    return encoded(one) == encoded(other)


def _reindex(index: Index, field: str, key: int, old: Body | None, new: Body | None) -> None:
    if old is not None and _indexable(old, field):
        keys = index[old[field]]
        keys.discard(key)
        if not keys:
            del index[old[field]]
    if new is not None and _indexable(new, field):
        index.setdefault(new[field], set()).add(key)


def _indexable(document: Body, field: str) -> bool:
    return field in document and not isinstance(document[field], (list, dict))
