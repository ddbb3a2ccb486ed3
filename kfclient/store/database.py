"""TinyDB, made safe to share: between threads, between processes, and with a sudden end.

`LoggedStorage` keeps a snapshot and a log of transactions, `Table` copies documents out and looks
fields up by index, `Database` puts both together.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast, overload

import orjson  # noqa: F401 - loaded before the first read, so that all is read alike
import tinydb.table
from tinydb import TinyDB
from tinydb.storages import Storage
from tinydb.table import Document

from kfclient.store.database_files import DatabaseFiles
from kfclient.store.errors import StateBusy, StoreError
from kfclient.store.filelock import FileLock
from kfclient.store.tables import META, Changes, copied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping
    from pathlib import Path

    from tinydb.queries import QueryLike

    from kfclient.store.database_files import Moment
    from kfclient.store.tables import Base, Body, StoredTables, View

    Fields = Mapping[str, Any] | Callable[[MutableMapping[str, Any]], None]


T = TypeVar("T")

# TinyDB's storage as a snapshot and a log: a durable write costs the same at any size.
#
# state.json              the snapshot, plain TinyDB JSON
# state.json.log          the transactions since, one line each
# state.json.lock         held while a transaction is open
# state.json.next.lock    held while a snapshot is made, by a thread beside transactions

LOCK_SECONDS = 10.0
"""How long a write waits for another one."""

LARGE_LOG = 1 << 20
"""Bytes of log that are worth a checkpoint after the database was opened."""

LARGEST_LOG = 8 << 20
"""Bytes of log (or the snapshot's size, if that is more) that are worth one after a write."""

PATIENCE = 0.5
"""Seconds before a checkpoint begins: whoever opened or wrote has something to show first."""

_WORTH_IT = 64
"""A log of a smaller part of the snapshot than this is left as it is when the files are closed."""

_WORKER_SECONDS = 2.0  # that a checkpoint of its own accord waits for a lock, and a close for it

_REST = 60.0  # seconds before a checkpoint that failed is tried again

_log = logging.getLogger(__name__)


class LoggedStorage(Storage):
    """The documents of one database, shared between threads and processes.

    Opening and reading write nothing, also where there is no folder yet; but a large log is put
    into the snapshot soon after, by a thread of its own. `look_first` is called before the files
    are looked at, each time. Raises any `StoreError`.
    """

    def __init__(
        self,
        path: Path,
        *,
        lock_seconds: float = LOCK_SECONDS,
        look_first: Callable[[], object] | None = None,
    ) -> None:
        self._path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._next_lock = FileLock(path.with_name(path.name + ".next.lock"))
        self._lock_seconds = lock_seconds
        self._look_first = look_first
        # Two locks: the one above is a transaction's, this one is held for moments, by readers too.
        self._memory = threading.RLock()
        self._file = DatabaseFiles(path)
        self._changes: Changes | None = None
        self._writer: int | None = None
        self._wrote = False
        self._tidier: threading.Thread | None = None
        self._leaving = threading.Event()
        self._rest_until = 0.0
        self.revision()
        if self._file.log_size > LARGE_LOG:
            self._tidy_soon()

    def revision(self) -> int:
        """Return the number of the last committed transaction; grows with each, anyone's."""
        with self._now() as contents:
            return contents.snapshot.lsn

    def news(self, table: str, since: int) -> tuple[int, dict[int, Body | None] | None]:
        """Return the last committed transaction's number, and what came after `since` (see `News`).

        Only what is committed, also inside a transaction.
        """
        with self._now() as contents:
            return contents.snapshot.lsn, contents.news(table, since)

    def committed(self, table: str) -> tuple[int, dict[int, Body]]:
        """Return the last committed transaction's number, and all of a table as of then."""
        with self._now() as contents:
            return contents.snapshot.lsn, dict(contents.documents(table))

    def committed_ones(self, table: str, keys: Iterable[int]) -> list[tuple[int, Body]]:
        """Return these documents of a table, as far as they are there, by id."""
        with self._now() as contents:
            found = ((key, contents.document(table, key)) for key in keys)
            return [(key, document) for key, document in found if document is not None]

    def read_as(self, table: str, kind: type[T]) -> tuple[int, dict[int, T]]:
        """Return the last committed transaction's number, and a table as of then, as `kind`."""
        with self._now() as contents:
            return contents.snapshot.lsn, contents.read_as(table, kind)

    def base(self, table: str) -> Base | None:
        """Return the snapshot's part in a long table that is read page by page, None otherwise."""
        with self._now() as contents:
            return contents.base(table)

    @contextlib.contextmanager
    def view(self) -> Iterator[View]:
        """Give what this thread sees now; others of this process wait meanwhile, so be brief."""
        with self._memory:
            changes = self._mine()
            if changes is None:
                self._catch_up()
            yield changes or self._file.contents

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Changes]:
        """Open a transaction, or give the one this thread has open.

        Nobody else writes meanwhile, and what others wrote before is seen. All changes are
        committed together at the end, durably, or not at all when an exception leaves the block.
        """
        changes = self._mine()
        if changes is not None:
            yield changes
            return
        with self._alone(self._lock_seconds):
            changes = self._begin()
            try:
                yield changes
                operations = changes.operations()
            finally:
                self._writer = self._changes = None
            if operations:
                self._commit(operations)

    def checkpoint(self) -> None:
        """Put what is in the log into the snapshot, and begin a new log."""
        if not self._checkpoint(self._lock_seconds):
            raise StateBusy(f"{self._path.name} is being put into a snapshot by another Kashdeck.")

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return everything, as TinyDB's own storages do."""
        with self.view() as view:
            tables = {name: dict(view.documents(name)) for name in sorted(view.tables())}
        return {
            name: {str(key): copied(document) for key, document in documents.items()}
            for name, documents in tables.items()
            if documents
        } or None

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Have the database hold exactly this, in one transaction."""
        with self.transaction() as changes:
            for name, documents in (self.read() or {}).items():
                for key in documents.keys() - data.get(name, {}).keys():
                    changes.put(name, int(key), None)
            for name, documents in data.items():
                for key, document in documents.items():
                    changes.put(name, int(key), copied(document))

    def close(self) -> None:
        """Close the files; leave a snapshot of what was written here, if that can be done now."""
        tidier = self._tidier
        if tidier is not None:
            self._leaving.set()
            tidier.join()
            self._leaving.clear()
        if self._wrote:
            try:
                with self._memory:
                    self._catch_up()
                    large = self._file.log_size > self._file.snapshot_size / _WORTH_IT
                if large or self._file.older:
                    self._checkpoint(0)
            except StoreError as problem:
                _log.warning("No snapshot was made: %s", problem.sentence)
        with self._memory:
            self._file.close()

    def _mine(self) -> Changes | None:
        """Return the transaction that this thread has open."""
        return self._changes if self._writer == threading.get_ident() else None

    @contextlib.contextmanager
    def _now(self) -> Iterator[StoredTables]:
        """Give what is committed; inside a transaction, what was when it began."""
        with self._memory:
            if self._mine() is None:
                self._catch_up()
            yield self._file.contents

    def _catch_up(self) -> None:
        if self._look_first is not None:
            self._look_first()
        self._file.refresh()

    @contextlib.contextmanager
    def _alone(self, seconds: float) -> Iterator[None]:
        if not self._lock.acquire(seconds):
            holder = self._lock.holder()
            who = f"the Kashdeck with process id {holder}" if holder else "another Kashdeck"
            raise StateBusy(
                f"{self._path.name} has been in use by {who} for {seconds:g} seconds. "
                "Nothing was changed."
            )
        try:
            yield
        finally:
            self._lock.release()

    def _begin(self) -> Changes:
        with self._memory:
            self._catch_up()
            self._file.make_whole()
            self._changes = Changes(self._file.contents)
            self._writer = threading.get_ident()
            return self._changes

    def _commit(self, operations: list[Any]) -> None:
        # Readers of this process wait for the disk too: they see nothing that may yet fail.
        with self._memory:
            self._file.commit(operations)
            self._wrote = True
        if self._file.log_size > max(LARGEST_LOG, self._file.snapshot_size):
            self._tidy_soon()

    def _checkpoint(self, seconds: float) -> bool:
        """Make a checkpoint, waiting so long for each lock; False where another makes one.

        Transactions wait only while the new files take the old ones' places, not while the
        snapshot is written.
        """
        with self._memory:
            self._catch_up()
            if not self._file.log_size and not self._file.older:
                return True
        if not self._next_lock.acquire(seconds):
            return False
        try:
            with self._memory:
                self._catch_up()
                moment = self._file.moment()
            if self._file.older:
                self._upgrade(seconds)
            elif moment is not None and (data := self._pieces(moment)):
                self._file.write_ahead(data)
                with self._alone(seconds), self._memory:
                    self._catch_up()
                    self._file.make_whole()
                    self._file.turn_over(moment)
        finally:
            self._file.drop_ahead()
            self._next_lock.release()
        return True

    def _pieces(self, moment: Moment) -> list[bytes]:
        """Return the snapshot in pieces; [] when a worker has to leave, as nobody waits for it."""
        pieces = []
        for piece in moment.snapshot.pieces():
            if self._leaving.is_set():
                return []
            pieces.append(piece)
        return pieces

    def _upgrade(self, seconds: float) -> None:
        with self._alone(seconds), self._memory:
            self._catch_up()
            if self._file.older:
                self._file.upgrade()

    def _tidy_soon(self) -> None:
        """Have a thread make a checkpoint; whoever asked does not wait for it."""
        if self._tidier is not None and self._tidier.is_alive():
            return
        if time.monotonic() < self._rest_until:
            return
        self._tidier = threading.Thread(target=self._tidy, name="checkpoint", daemon=True)
        with contextlib.suppress(RuntimeError):  # the process is ending
            self._tidier.start()

    def _tidy(self) -> None:
        if self._leaving.wait(PATIENCE):
            return
        try:
            self._checkpoint(min(_WORKER_SECONDS, self._lock_seconds))
        except StoreError as problem:
            self._rest_until = time.monotonic() + _REST
            _log.warning("No snapshot was made: %s", problem.sentence)


# TinyDB's table over a logged storage: documents are copied out, fields looked up by index.


class News(NamedTuple, Generic[T]):
    """What changed in a table: up to which revision, and the documents by id, None for a removed.

    `whole`: these are all there are, as what changed is not known. The documents are the
    database's own, to be read and not changed.
    """

    revision: int
    whole: bool
    documents: Mapping[int, T | None]


class Table(tinydb.table.Table):
    """One table of a `Database`.

    Each call is a transaction of its own, or part of the one that the thread has open. What is
    returned is the caller's to change: it never changes the database. Document ids are never used
    again. Documents hold what JSON knows (str, int, float, bool, None, list, dict with str keys);
    anything else is a TypeError, and nothing is stored. Any call may raise a `StoreError`.
    """

    def __init__(
        self, storage: Storage, name: str, cache_size: int = 0, persist_empty: bool = False
    ) -> None:
        del cache_size, persist_empty  # a query cache would hand the same documents out twice
        super().__init__(storage, name, cache_size=0)
        self._logged = cast("LoggedStorage", storage)

    def by(self, field: str, value: object) -> list[Document]:
        """Return the documents whose `field` equals `value`, by id, found through an index.

        `value` is a str, int, float, bool or None; documents without the field do not match None.
        """
        with self._logged.view() as view:
            found = view.matching(self.name, field, value)
        return [_out(document, key) for key, document in found]

    def read_as(self, kind: type[T]) -> dict[int, T]:
        """Return all documents that are committed as `kind`, by id.

        Cheaper than to read each and convert it. Raises msgspec's ValidationError.
        """
        return self._logged.read_as(self.name, kind)[1]

    def news(self, since: int = -1) -> News[Body]:
        """Return what was committed to the table since that revision; cheap where it is little."""
        revision, fresh = self._logged.news(self.name, since)
        if fresh is not None:
            return News(revision, False, fresh)
        revision, every = self._logged.committed(self.name)
        return News(revision, True, every)

    def news_as(self, kind: type[T], since: int = -1) -> News[T]:
        """Return the same with the documents as `kind`; raises msgspec's ValidationError."""
        import msgspec

        revision, fresh = self._logged.news(self.name, since)
        if fresh is None:
            revision, every = self._logged.read_as(self.name, kind)
            return News(revision, True, every)
        documents = {
            key: None if one is None else msgspec.convert(one, kind) for key, one in fresh.items()
        }
        return News(revision, False, documents)

    def base(self) -> Base | None:
        """Return what of the table the snapshot holds, where that is long and not read yet.

        What came since are the `news` since its `revision`.
        """
        return self._logged.base(self.name)

    def committed(self) -> list[tuple[int, Body]]:
        """Return all documents that are committed, by id; uncopied, so not to be changed."""
        _, every = self._logged.committed(self.name)
        return list(every.items())

    def committed_ones(self, doc_ids: Iterable[int]) -> list[tuple[int, Body]]:
        """Return these of them, as far as they are there."""
        return self._logged.committed_ones(self.name, doc_ids)

    def search(self, cond: QueryLike) -> list[Document]:
        """Return the documents that match the query."""
        return [_out(document, key) for key, document in self._documents() if cond(document)]

    # TinyDB's own overloads, in fewer: ids are given by name.
    @overload  # type: ignore[override]
    def get(self, cond: QueryLike) -> Document | None: ...

    @overload
    def get(self, cond: QueryLike | None = ..., *, doc_id: int) -> Document | None: ...

    @overload
    def get(self, cond: QueryLike | None = ..., *, doc_ids: list[int]) -> list[Document]: ...

    def get(
        self,
        cond: QueryLike | None = None,
        doc_id: int | None = None,
        doc_ids: list[int] | None = None,
    ) -> Document | list[Document] | None:
        """Return one document by id or query, None where there is none; or several by their ids."""
        if doc_id is not None:
            with self._logged.view() as view:
                document = view.document(self.name, doc_id)
            return None if document is None else _out(document, doc_id)
        if doc_ids is not None:
            return [found for key in doc_ids if (found := self.get(doc_id=key)) is not None]
        if cond is not None:
            return next(
                (_out(document, key) for key, document in self._documents() if cond(document)), None
            )
        raise RuntimeError("You have to pass either cond or doc_id or doc_ids")

    def insert(self, document: Mapping[str, Any]) -> int:
        """Add a document and return its id; a `Document` brings its own.

        Raises ValueError where that id is taken, or for what is no mapping.
        """
        return self.insert_multiple([document])[0]

    def insert_multiple(self, documents: Iterable[Mapping[str, Any]]) -> list[int]:
        """Add documents, all or none, and return their ids."""
        with self._logged.transaction() as changes, changes.part():
            keys = []
            for document in documents:
                if not isinstance(document, Mapping):
                    raise ValueError("Document is not a Mapping")  # noqa: TRY004 - as TinyDB has it
                key = (
                    document.doc_id
                    if isinstance(document, Document)
                    else changes.next_id(self.name)
                )
                if changes.document(self.name, key) is not None:
                    raise ValueError(f"Document with ID {key} already exists")
                changes.put(self.name, key, copied(dict(document)))
                keys.append(key)
            return keys

    def put(self, doc_id: int, document: Mapping[str, Any]) -> bool:
        """Put a document in the place of the one with this id; False where there is none."""
        with self._logged.transaction() as changes, changes.part():
            there = changes.document(self.name, doc_id) is not None
            if there:
                changes.put(self.name, doc_id, copied(dict(document)))
            return there

    def update(
        self,
        fields: Fields,
        cond: QueryLike | None = None,
        doc_ids: Iterable[int] | None = None,
    ) -> list[int]:
        """Set fields of the documents named, matched, or of all; return the ids of those found.

        `fields` may be a function that changes the document it is given.
        """
        with self._logged.transaction() as changes, changes.part():
            keys = self._found(cond, doc_ids)
            for key in keys:
                changes.put(self.name, key, _changed(changes.document(self.name, key), fields))
            return keys

    def update_multiple(self, updates: Iterable[tuple[Fields, QueryLike]]) -> list[int]:
        """Make several updates, each with its query, all or none; return the ids, in turn."""
        with self._logged.transaction() as changes, changes.part():
            return [key for fields, cond in updates for key in self.update(fields, cond)]

    def upsert(self, document: Mapping[str, Any], cond: QueryLike | None = None) -> list[int]:
        """Update what matches the query (or has the `Document`'s id), or insert; return the ids."""
        with self._logged.transaction():
            return super().upsert(document, cond)

    def remove(
        self, cond: QueryLike | None = None, doc_ids: Iterable[int] | None = None
    ) -> list[int]:
        """Remove the documents named or matched, and return the ids of those found."""
        if cond is None and doc_ids is None:
            raise RuntimeError("Use truncate() to remove all documents")
        with self._logged.transaction() as changes:
            keys = self._found(cond, doc_ids)
            for key in keys:
                changes.put(self.name, key, None)
            return keys

    def truncate(self) -> None:
        """Remove all documents; their ids are not used again."""
        with self._logged.transaction() as changes:
            for key in self._found(None, None):
                changes.put(self.name, key, None)

    def __len__(self) -> int:
        with self._logged.view() as view:
            return len(view.documents(self.name))

    @property
    def highest(self) -> int:
        """The highest id that a document ever had, 0 for none: there are no more of them."""
        with self._logged.view() as view:
            return view.next_id(self.name) - 1

    def __iter__(self) -> Iterator[Document]:
        return (_out(document, key) for key, document in self._documents())

    def _documents(self) -> list[tuple[int, Body]]:
        """Return the table as it is now, not to be handed out uncopied."""
        with self._logged.view() as view:
            return list(view.documents(self.name).items())

    def _found(self, cond: QueryLike | None, doc_ids: Iterable[int] | None) -> list[int]:
        if doc_ids is not None:
            with self._logged.view() as view:
                return [
                    key
                    for key in dict.fromkeys(doc_ids)
                    if view.document(self.name, key) is not None
                ]
        return [key for key, document in self._documents() if cond is None or cond(document)]


def _out(document: Body, key: int) -> Document:
    return Document(copied(document), key)


def _changed(document: Body | None, fields: Fields) -> Body:
    fresh: Body = copied(document or {})
    if callable(fields):
        fields(fresh)
    else:
        fresh.update(fields)
    checked: Body = copied(fresh)
    return checked


class Database(TinyDB):
    """One JSON file and its log, read and written through TinyDB's tables and queries.

    A write has reached the disk when it returns. Reading sees what anyone committed before. One
    `Database` may be used from any thread. `lock_seconds` is how long a write waits for another
    one before it raises `StateBusy`. `look_first` is called before the files are looked at, each
    time. Any call may raise a `StoreError`.
    """

    table_class = Table

    def __init__(
        self,
        path: Path,
        *,
        lock_seconds: float = LOCK_SECONDS,
        look_first: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(
            path, storage=LoggedStorage, lock_seconds=lock_seconds, look_first=look_first
        )

    @property
    def storage(self) -> LoggedStorage:
        """The storage underneath."""
        return cast("LoggedStorage", self._storage)

    @property
    def revision(self) -> int:
        """How many transactions were ever committed; it costs little to ask whether it grew."""
        return self.storage.revision()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do several things as one: all stored together, durably, or none.

        Nobody else writes meanwhile, so what is read inside stays true until the end. Inside
        another transaction of this thread it is a part of that one, stored when that one is.
        Keep it short: no network, no questions to people.
        """
        with self.storage.transaction() as changes, changes.part():
            yield

    def table(self, name: str, **kwargs: Any) -> Table:
        """Return the table of that name; it comes into being with its first document."""
        if name == META:
            raise ValueError(f"{META} is not a table")
        return cast("Table", super().table(name, **kwargs))

    def drop_table(self, name: str) -> None:
        """Remove all documents of the table."""
        self.table(name).truncate()

    def checkpoint(self) -> None:
        """Bring the snapshot up to date, so that other programs read everything from it."""
        self.storage.checkpoint()
