"""What a database holds in memory, its snapshot on disk, and the steps from older formats.

In memory there are documents, hash indexes, and changes not yet committed. Documents are never
changed in place: a new one takes the old one's place, so a list of them taken once stays what it
was.
"""

from __future__ import annotations

import contextlib
import zlib
from bisect import bisect_right
from collections.abc import Callable
from enum import Enum
from itertools import islice
from math import isfinite

from kfclient.store import wal
from kfclient.store.durable_files import read_file, replace_file, unwritable
from kfclient.store.wal import Damage, NewerFormat, decoded, encoded

Tables = dict[str, dict[int, dict[str, "Any"]]]
"""Table name -> document id -> document."""

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any, Protocol, TypeVar

    from kfclient.store.wal import Operation

    Body = dict[str, Any]
    T = TypeVar("T")

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

        def next_id(self, table: str) -> int:
            """Return the lowest id that no document of the table has ever had."""


class Pages:
    """A table of a long snapshot, of which each page is read when it is first asked for.

    A page is the JSON of documents without the braces around, in the order of their ids.
    """

    def __init__(self, data: bytes, places: list[tuple[int, int]]) -> None:
        self._data = data
        self._places = places
        self._firsts = [_first_of(data, begin) for begin, _ in places]
        self._read: dict[int, dict[int, Body]] = {}
        self._changed: dict[int, Body | None] = {}

    def get(self, key: int) -> Body | None:
        """Return one document, None where there is none."""
        if key in self._changed:
            return self._changed[key]
        at = bisect_right(self._firsts, key) - 1
        return None if at < 0 else self._page(at).get(key)

    def put(self, key: int, document: Body | None) -> None:
        """Have the document be this from now on; None removes it."""
        self._changed[key] = document

    def highest(self) -> int:
        """Return the highest id that a document had here, 0 for none."""
        there = max(self._page(len(self._places) - 1), default=0) if self._places else 0
        return max(there, *self._changed, 0)

    def whole(self) -> dict[int, Body]:
        """Return all documents, by id."""
        every: dict[int, Body | None] = {}
        for page in self._bytes():
            every.update((int(key), one) for key, one in decoded(page).items())
        every = _ordered(every, self._changed)
        return {key: one for key, one in every.items() if one is not None}

    def as_stored(self, kind: type[T]) -> dict[int, T]:
        """Return the documents as `kind`, by id, as they stand in the snapshot."""
        import msgspec

        read = msgspec.json.Decoder(dict[int, kind]).decode  # type: ignore[valid-type]
        every: dict[int, T] = {}
        for page in self._bytes():
            every.update(read(page))
        return every

    def read_as(self, kind: type[T]) -> dict[int, T]:
        """Return all documents as `kind`, by id; what it has no field for is passed over."""
        import msgspec

        every: dict[int, T | None] = {**self.as_stored(kind)}
        over = {
            key: None if one is None else msgspec.convert(one, kind)
            for key, one in self._changed.items()
        }
        return {key: one for key, one in _ordered(every, over).items() if one is not None}

    def _bytes(self) -> Iterator[bytes]:
        """Give each page as JSON."""
        return (b"{%b}" % self._data[begin:end] for begin, end in self._places)

    def _page(self, at: int) -> dict[int, Body]:
        if at not in self._read:
            begin, end = self._places[at]
            found = decoded(b"{%b}" % self._data[begin:end])
            self._read[at] = {int(key): document for key, document in found.items()}
        return self._read[at]


def _ordered(every: dict[int, T], changed: Mapping[int, T]) -> dict[int, T]:
    """Return all with what was changed in their places, by id."""
    last = next(reversed(every), 0)
    every.update(changed)
    return dict(sorted(every.items())) if any(key < last for key in changed) else every


class Base:
    """What a snapshot holds of a long table; whatever came since is not in it.

    `stamp` is its own: what was made of the snapshot once holds for as long as that is the same.
    `revision` is the last transaction that it has.
    """

    __slots__ = ("pages", "revision", "stamp")

    def __init__(self, stamp: str, revision: int, pages: Pages) -> None:
        self.stamp = stamp
        self.revision = revision
        self.pages = pages


class StoredTables:
    """The committed documents of one database, with an index per field that was looked up."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._indexes: dict[tuple[str, str], Index] = {}
        self._numbered: set[str] = set()
        # What came since the snapshot: by which transaction each document of a table was last
        # changed, the latest last.
        self._floor = snapshot.lsn
        self._changed: dict[str, dict[int, int]] = {}

    def tables(self) -> set[str]:
        """Return the names of the tables that may have documents."""
        return set(self.snapshot.names())

    def documents(self, table: str) -> Mapping[int, Body]:
        """Return the table's documents by id."""
        return self.snapshot.documents(table)

    def document(self, table: str, key: int) -> Body | None:
        """Return one document, None where there is none."""
        pages = self.snapshot.pages(table)
        return self.documents(table).get(key) if pages is None else pages.get(key)

    def read_as(self, table: str, kind: type[T]) -> dict[int, T]:
        """Return the table's documents as `kind`, by id; raises msgspec's ValidationError."""
        import msgspec

        if (pages := self.snapshot.pages(table)) is not None:
            return pages.read_as(kind)
        documents = self.documents(table)
        return {key: msgspec.convert(document, kind) for key, document in documents.items()}

    def base(self, table: str) -> Base | None:
        """Return the snapshot's part in a long table that is read page by page, None otherwise."""
        pages = self.snapshot.pages(table)
        return None if pages is None else Base(self.snapshot.stamp, self._floor, pages)

    def matching(self, table: str, field: str, value: object) -> list[tuple[int, Body]]:
        """Return the documents whose `field` equals `value`, by id; the first call indexes it."""
        documents = self.documents(table)
        keys = self._index(table, field).get(value, ())
        return [(key, documents[key]) for key in sorted(keys)]

    def news(self, table: str, since: int) -> dict[int, Body | None] | None:
        """Return what came after that transaction, None for a document that was removed.

        None where that is not known: then all of the table may be new.
        """
        if not self._floor <= since <= self.snapshot.lsn:
            return None
        changed = self._changed.get(table, {})
        fresh: dict[int, Body | None] = {}
        for key in reversed(changed):
            if changed[key] <= since:
                break
            fresh[key] = self.document(table, key)
        return fresh

    def next_id(self, table: str) -> int:
        """Return the lowest id that no document of the table has ever had."""
        if table not in self._numbered:
            # A document may have been put into the file by hand.
            pages = self.snapshot.pages(table)
            taken = max(self.documents(table), default=0) if pages is None else pages.highest()
            known = self.snapshot.next_ids.get(table, 1)
            self.snapshot.next_ids[table] = max(known, taken + 1)
            self._numbered.add(table)
        return self.snapshot.next_ids[table]

    def apply(self, operations: list[Operation]) -> None:
        """Take in one committed transaction."""
        for table, key, document in operations:
            self.snapshot.next_ids[table] = max(self.next_id(table), key + 1)
            before = self.snapshot.put(table, key, document)
            for (name, field), index in self._indexes.items():
                if name == table:
                    _reindex(index, field, key, before, document)
            changed = self._changed.setdefault(table, {})
            changed.pop(key, None)
            changed[key] = self.snapshot.lsn + 1
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

    def __init__(self, contents: StoredTables) -> None:
        self._contents = contents
        self._tables: dict[str, dict[int, Body | None]] = {}
        self._indexes: dict[tuple[str, str], Index] = {}
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
        changed = self._tables.get(table)
        committed = self._contents.matching(table, field, value)
        if not changed:
            return committed
        found = {key: document for key, document in committed if key not in changed}
        for key in self._index(table, field).get(value, ()):
            document = changed[key]
            if document is not None:
                found[key] = document
        return sorted(found.items())

    def next_id(self, table: str) -> int:
        """Return the lowest id that no document of the table has ever had."""
        return max(self._next_ids.get(table, 1), self._contents.next_id(table))

    def put(self, table: str, key: int, document: Body | None) -> None:
        """Have the document be this from now on; None removes it."""
        self._next_ids[table] = max(self.next_id(table), key + 1)
        changed = self._tables.setdefault(table, {})
        before = changed.get(key)
        self._undo.append((table, key, (before,) if key in changed else None))
        changed[key] = document
        self._reindexed(table, key, before, document)

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
                now = self._tables[table].pop(key)
                if before is not None:
                    self._tables[table][key] = before[0]
                self._reindexed(table, key, now, None if before is None else before[0])
            raise

    def _index(self, table: str, field: str) -> Index:
        """Return the index of what this transaction has put, made when it is first asked for."""
        index = self._indexes.get((table, field))
        if index is None:
            index = self._indexes[table, field] = {}
            for key, document in self._tables.get(table, {}).items():
                _reindex(index, field, key, None, document)
        return index

    def _reindexed(self, table: str, key: int, old: Body | None, new: Body | None) -> None:
        for (name, field), index in self._indexes.items():
            if name == table:
                _reindex(index, field, key, old, new)


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


# The snapshot: a whole database as plain TinyDB JSON, which stock TinyDB and jq read too.
#
# {"_meta":{"1":{"format":1,"lsn":41,"database":"9f0c...","next":{"items":8},"checksum":"5d41..."}},
# "items":{"7":{...}}}
#
# `lsn` is the number of the last transaction it holds, `database` the word that its log has too,
# `next` the lowest document id a table has never used. `checksum` is the crc32 of the file, with
# zeros where it stands itself: a flipped bit makes another name or figure of sound JSON. Who writes
# the file otherwise than we do, as stock TinyDB and jq, has a file that nothing vouches for, which
# is read all the same. A file without `_meta`, as stock TinyDB writes it, is of format 0.

META = "_meta"

_BEGINNING = b'{"_meta":{"1":{"format":'
_CHECKSUM = b'"checksum":"%b"}}'
_NO_CHECKSUM = b"0" * 8

_UNKNOWN = {"1": {"format": 0, "lsn": 0, "next": {}}}

# Documents encoded at once: others of the process wait meanwhile, for a moment. In a longer
# table they are a line of the file, the page that is read at once.
_AT_ONCE = 100

_LONG = 1 << 18
"""Bytes of a snapshot that is read page by page: a shorter one is read whole in a millisecond."""


class Snapshot:
    """All documents as of one transaction, and the lowest id that a table has never used.

    `format` is the one it was read in; it is written in the present one. `rewritten` says that it
    was read from a file that another program has laid out, so that its checksum says nothing.
    `stamp` tells the file that it was opened from, page by page, from any other.
    """

    def __init__(
        self,
        tables: Tables | None = None,
        next_ids: dict[str, int] | None = None,
        lsn: int = 0,
        *,
        database: str = "",
        format: int | None = None,  # noqa: A002 - what the file calls it
        unread: dict[str, Pages] | None = None,
    ) -> None:
        self._read: Tables = {} if tables is None else tables
        self._unread: dict[str, Pages] = {} if unread is None else unread
        self.next_ids: dict[str, int] = {} if next_ids is None else next_ids
        self.lsn = lsn
        self.database = database
        self.format = wal.FORMAT if format is None else format
        self.rewritten = False
        self.stamp = ""

    @classmethod
    def opened(cls, data: bytes) -> Snapshot:
        """Read a snapshot's bytes as `decode` does, but each page of a long table when asked for.

        Only where its checksum says that it is as it was written: nothing else can be wrong then.
        """
        meta = data.find(b"}}") + 2
        if len(data) < _LONG or b'"checksum":"' not in data[:meta] or not is_unchanged(data):
            return cls.decode(data)
        try:
            head = cls.decode(data[:meta] + b"}", vouch=False)
            tables, unread = _laid_out(data)
        except ValueError:
            return cls.decode(data)
        if head.format != wal.FORMAT:
            return cls.decode(data)
        found = cls(tables, head.next_ids, head.lsn, database=head.database, unread=unread)
        checksum = data[meta - 11 : meta - 3].decode()
        found.stamp = f"{head.database}-{head.lsn}-{checksum}-{len(data)}"
        return found

    @classmethod
    def decode(cls, data: bytes, *, vouch: bool = True) -> Snapshot:
        """Read a snapshot's bytes, in the format they are in. Raises `Damage` or `NewerFormat`.

        Without `vouch` it is read as well where its checksum says that it was changed.
        """
        if not data:
            return cls()
        if vouch and not is_unchanged(data):
            raise Damage("its checksum says that it is not as it was written")
        try:
            raw = decoded(data)
            if META not in raw and any(map(_is_meta, raw.values())):
                raise Damage("it is not as Kashdeck writes it")
            meta = raw.pop(META, _UNKNOWN)["1"]
            if meta["format"] > wal.FORMAT:
                raise NewerFormat
            tables = {
                name: {_number_of(key): _document(value) for key, value in table.items()}
                for name, table in raw.items()
            }
            found = cls(
                tables,
                {name: wal.number(highest) for name, highest in meta["next"].items()},
                wal.number(int(meta["lsn"])),
                database=str(meta.get("database", "")),
                format=int(meta["format"]),
            )
            found.rewritten = "checksum" in meta and not data.startswith(_BEGINNING)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Damage("it is not as Kashdeck writes it") from error
        return found

    @property
    def tables(self) -> Tables:
        """All tables; every document is read by now."""
        for name in tuple(self._unread):
            self.documents(name)
        return self._read

    @tables.setter
    def tables(self, tables: Tables) -> None:
        self._read, self._unread = tables, {}

    def pages(self, table: str) -> Pages | None:
        """Return a long table of which nobody has asked for all documents yet, else None."""
        return self._unread.get(table)

    def names(self) -> list[str]:
        """Return the names of the tables."""
        return [*self._read, *self._unread]

    def documents(self, table: str) -> dict[int, Body]:
        """Return a table's documents by id; all of them are read by now."""
        if table in self._unread:
            self._read[table] = self._unread.pop(table).whole()
        return self._read.get(table, {})

    def put(self, table: str, key: int, document: Body | None) -> Body | None:
        """Have the document be this, None removes it; return the one before, if it was read."""
        if table in self._unread:
            self._unread[table].put(key, document)
            return None
        documents = self._read.setdefault(table, {})
        before = documents.pop(key, None) if document is None else documents.get(key)
        if document is not None:
            documents[key] = document
        return before

    def moment(self) -> Snapshot:
        """Return what stays as this is now; documents are shared, as they are never changed."""
        tables = {name: dict(self.documents(name)) for name in self.names()}
        return Snapshot(tables, dict(self.next_ids), self.lsn, database=self.database)

    def encode(self) -> bytes:
        """Return the bytes of the snapshot."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Give the bytes of the snapshot, a millisecond's work at a time (some pieces are b"")."""
        meta = {
            "format": wal.FORMAT,
            "lsn": self.lsn,
            "database": self.database,
            "next": self.next_ids,
            "checksum": _NO_CHECKSUM.decode(),
        }
        head = b'{"%b":%b' % (META.encode(), encoded({"1": meta}))
        checksum, pieces = zlib.crc32(head), []
        for piece in self._documents():
            checksum = zlib.crc32(piece, checksum)
            pieces.append(piece)
            yield b""
        end = len(_CHECKSUM % _NO_CHECKSUM)
        yield head[:-end] + _CHECKSUM % (b"%08x" % checksum)
        yield from pieces

    def _documents(self) -> Iterator[bytes]:
        for name in self.names():
            table = self.documents(name)
            line = b"\n" if len(table) > _AT_ONCE else b""
            yield b",%b:{" % encoded(name)
            documents, comma = iter(sorted(table.items()) if line else table.items()), b""
            while some := {str(key): value for key, value in islice(documents, _AT_ONCE)}:
                yield comma + line + encoded(some)[1:-1]
                comma = b","
            yield line + b"}"
        yield b"}"


def _laid_out(data: bytes) -> tuple[Tables, dict[str, Pages]]:
    """Return the short tables of a snapshot and the long ones; ValueError if not so laid out.

    A page is a line; what stands between the pages of one table and those of the next is another,
    with the short tables in it.
    """
    tables: Tables = {}
    unread: dict[str, Pages] = {}
    pages: list[tuple[int, int]] = []
    begin = 0
    while begin <= len(data):
        end = data.find(b"\n", begin)
        last = end < 0
        end = len(data) if last else end
        if data[begin : begin + 1] not in (b"{", b"}"):
            pages.append((begin, end - data.endswith(b",", begin, end)))
        else:
            line = data[begin:end]
            if begin:
                name, _ = tables.popitem()
                unread[name], pages = Pages(data, pages), []
                line = b"{" + line[1:].removeprefix(b",")
            for name, table in decoded(line if last else line + b"}}").items():
                tables[name] = {_number_of(key): _document(one) for key, one in table.items()}
        begin = end + 1
    tables.pop(META)
    return tables, unread


def _first_of(data: bytes, begin: int) -> int:
    """Return the number of the document that a page begins with."""
    return _number_of(data[begin + 1 : data.index(b'"', begin + 1)].decode())


def is_unchanged(data: bytes) -> bool:
    """Whether a snapshot's checksum is that of its content; True where nothing vouches for it."""
    if not data.startswith(_BEGINNING):
        return True
    end = data.find(b"}}") + 2
    begin = end - len(_CHECKSUM % _NO_CHECKSUM)
    stated = data[end - 11 : end - 3]
    if begin < 0 or data[begin:end] != _CHECKSUM % stated:
        return True  # an older version's
    seen = memoryview(data)
    checksum = zlib.crc32(_NO_CHECKSUM, zlib.crc32(seen[: end - 11]))
    return b"%08x" % zlib.crc32(seen[end - 3 :], checksum) == stated


def _is_meta(table: object) -> bool:
    """Whether what goes by another name is what `_meta` holds."""
    one = table.get("1") if isinstance(table, dict) and len(table) == 1 else None
    return isinstance(one, dict) and {"format", "lsn", "next"} <= one.keys()


def _document(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _number_of(key: str) -> int:
    """Return a document's number; there is one way to write each."""
    found = wal.number(int(key))
    if str(found) != key:
        raise ValueError
    return found


# What each older format of the files has to become, one step a format.
#
# Whoever changes what the documents look like raises `kfclient.store.wal.FORMAT` and says here
# how the tables of before become those of now. Opening an older file gives it as it would be now;
# the file itself is changed by the first write, after a copy of it was put beside it.


def _as_it_is(tables: Tables) -> Tables:
    """Keep what stock TinyDB wrote: it has the same tables, and only no numbers of its own."""
    return tables


MIGRATIONS: dict[int, Callable[[Tables], Tables]] = {0: _as_it_is}
"""Format -> what makes its tables those of the format after it. It may change what it is given.

A table is told by its name, whichever database it is in; tables that are not there must do.
"""


def migrate(snapshot: Snapshot, to: int | None = None) -> None:
    """Bring an older snapshot to the present format, or to `to`, in memory.

    Raises `Damage` where its documents are not as that format has them.
    """
    wanted = wal.FORMAT if to is None else to
    for step in range(snapshot.format, wanted):
        try:
            snapshot.tables = MIGRATIONS[step](snapshot.tables)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise Damage(f"it cannot be brought from format {step} to {step + 1}") from error
        snapshot.format = step + 1


def keep_older(path: Path) -> Path | None:
    """Keep a copy of an older format's file beside it; None where there is no such file.

    It is `state.json.before-format-2`; a later, different one has a number as well. Raises
    `StateUnwritable`.
    """
    data = read_file(path)
    if data is None:
        return None
    copy = path.with_name(f"{path.name}.before-format-{wal.FORMAT}")
    number = 1
    while (there := read_file(copy)) is not None and there != data:
        number += 1
        copy = path.with_name(f"{path.name}.before-format-{wal.FORMAT}-{number}")
    if there is None:
        try:
            replace_file(copy, data)
        except OSError as error:
            raise unwritable(copy, error) from error
    return copy
