"""TinyDB's storage as a snapshot and a log: a durable write costs the same at any size.

    state.json        the snapshot, plain TinyDB JSON
    state.json.log    the transactions since, one line each
    state.json.lock   held while a transaction is open

Readers never wait: they look whether the files changed and read what was appended. They open the
log before the snapshot; a checkpoint replaces the snapshot before the log; so what a reader finds
always fits together.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from tinydb.storages import Storage

from kfclient.store.contents import Changes, Contents, View, copied
from kfclient.store.errors import StateBusy, StateDamaged, StateNewer, StoreError
from kfclient.store.filelock import FileLock
from kfclient.store.files import keep_copy, read_file, replace_file, unreadable, unwritable
from kfclient.store.journal import Damage, Journal, NewerFormat
from kfclient.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kfclient.store.journal import Operation

LOCK_SECONDS = 10.0
"""How long a write waits for another one."""

LARGE_LOG = 1 << 20
"""Bytes of log that are worth a checkpoint when the database is opened."""

LARGEST_LOG = 8 << 20
"""Bytes of log (or the snapshot's size, if that is more) that cost a write a checkpoint."""

_Seen = tuple[tuple[int, int, int] | None, tuple[int, int, int] | None]

_log = logging.getLogger(__name__)


class LoggedStorage(Storage):
    """The documents of one database, shared between threads and processes.

    Opening and reading write nothing, also where there is no folder yet; but a large log is put
    into the snapshot while opening. Raises any `StoreError`.
    """

    def __init__(self, path: Path, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self._path = path
        self._log_path = path.with_name(path.name + ".log")
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._lock_seconds = lock_seconds
        self._memory = threading.RLock()
        self._contents = Contents(Snapshot())
        self._journal: Journal | None = None
        self._seen: _Seen | None = None
        self._snapshot_size = 0
        self._changes: Changes | None = None
        self._writer = 0
        self._wrote = False
        self.revision()
        if self._log_size() > LARGE_LOG:
            self._checkpoint_if_free()

    def revision(self) -> int:
        """Return the number of the last committed transaction; grows with each, anyone's."""
        with self._memory:
            if not self._in_transaction():
                self._refresh()
            return self._contents.snapshot.lsn

    @contextlib.contextmanager
    def view(self) -> Iterator[View]:
        """Give what this thread sees now; others of this process wait meanwhile, so be brief."""
        with self._memory:
            if self._changes is not None and self._in_transaction():
                yield self._changes
            else:
                self._refresh()
                yield self._contents

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Changes]:
        """Open a transaction, or join the one this thread has open.

        Nobody else writes meanwhile, and what others wrote before is seen. All changes are
        committed together at the end, durably, or not at all when an exception leaves the block.
        """
        if self._changes is not None and self._in_transaction():
            with self._changes.part():
                yield self._changes
            return
        with self._alone():
            self._begin()
            try:
                yield self._open_changes()
                operations = self._open_changes().operations()
                if operations:
                    self._commit(operations)
            finally:
                self._writer = 0
                self._changes = None
            if self._log_size() > max(LARGEST_LOG, self._snapshot_size):
                # The transaction is stored whatever comes of this.
                with contextlib.suppress(StoreError):
                    self._checkpoint()

    def checkpoint(self) -> None:
        """Put what is in the log into the snapshot, and begin a new log."""
        with self._alone():
            self._refresh()
            if self._log_size():
                self._checkpoint()

    def read(self) -> dict[str, dict[str, Any]] | None:
        """Return everything, as TinyDB's own storages do."""
        with self.view() as view:
            names = self._contents.snapshot.tables.keys() | self._changed_tables()
            tables = {name: dict(view.documents(name)) for name in sorted(names)}
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
        """Leave a snapshot that holds everything, if that can be done at once; close the files."""
        with self._memory:
            if self._wrote:
                self._checkpoint_if_free()
            if self._journal is not None:
                self._journal.close()
                self._journal = None
            self._seen = None

    # -- writing: the lock is held -------------------------------------------------------------

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._lock.acquire(self._lock_seconds):
            holder = self._lock.holder()
            who = f"the Kashdeck with process id {holder}" if holder else "another Kashdeck"
            raise StateBusy(
                f"{self._path.name} has been in use by {who} for {self._lock_seconds:.0f} seconds. "
                "Nothing was changed."
            )
        try:
            yield
        finally:
            self._lock.release()

    def _begin(self) -> None:
        with self._memory:
            self._refresh()
            if self._journal is not None:
                try:
                    self._journal.cut_torn_end()
                except OSError as error:
                    raise unwritable(self._log_path, error) from error
            self._changes = Changes(self._contents)
            self._writer = threading.get_ident()

    def _open_changes(self) -> Changes:
        if self._changes is None:
            raise RuntimeError("no transaction is open")
        return self._changes

    def _commit(self, operations: list[Operation]) -> None:
        # Readers of this process wait for the disk too, so they see nothing that may yet fail.
        with self._memory:
            try:
                journal = self._journal
                if journal is None or journal.last != self._contents.snapshot.lsn:
                    # No log yet, or one that ends before what the snapshot holds.
                    journal = self._new_journal()
                journal.append(operations)
            except OSError as error:
                raise unwritable(self._log_path, error) from error
            self._wrote = True
            # The transaction comes back through the log, like anyone's.
            self._refresh()

    def _checkpoint(self) -> None:
        with self._memory:
            data = self._contents.snapshot.encode()
        try:
            replace_file(self._path, data)
            self._new_journal()
        except OSError as error:
            raise unwritable(self._path, error) from error

    def _checkpoint_if_free(self) -> None:
        if not self._lock.acquire(0):
            return
        try:
            self._refresh()
            if self._log_size():
                self._checkpoint()
        except StoreError as problem:
            _log.warning("No snapshot was made: %s", problem.sentence)
        finally:
            self._lock.release()

    def _new_journal(self) -> Journal:
        with self._memory:
            journal = Journal.create(self._log_path, self._contents.snapshot.lsn)
            self._follow(journal)
            self._seen = self._look()
            return journal

    # -- reading: no lock is needed ------------------------------------------------------------

    def _in_transaction(self) -> bool:
        return self._writer == threading.get_ident()

    def _changed_tables(self) -> set[str]:
        if self._changes is not None and self._in_transaction():
            return self._changes.tables()
        return set()

    def _log_size(self) -> int:
        with self._memory:
            journal = self._journal
            return 0 if journal is None or journal.last == journal.base else journal.size

    def _look(self) -> _Seen:
        """Return what tells one state of the files from another."""
        return _mark(self._path), _mark(self._log_path)

    def _refresh(self) -> None:
        """Catch up with what is on disk; cheap where nothing changed."""
        try:
            seen = self._look()
            if seen == self._seen:
                return
            if not self._read_appended(seen):
                self._load()
        except OSError as error:
            raise unreadable(self._path, error) from error
        self._seen = seen

    def _read_appended(self, seen: _Seen) -> bool:
        """Take in what was appended to the log we follow; False where that is not all."""
        journal, (snapshot, log) = self._journal, seen
        if journal is None or self._seen is None or self._seen[0] != snapshot or log is None:
            return False
        if not journal.is_file(log[0]) or log[2] < journal.size:
            return False
        try:
            transactions, bad_line = journal.read_new()
        except Damage:
            return False
        for operations in transactions:
            self._contents.apply(operations)
        return not bad_line

    def _load(self) -> None:
        """Read the snapshot and the log from the start."""
        for pause in (0.002, 0.02, 0.0):
            try:
                self._load_once()
            except NewerFormat:
                raise StateNewer(
                    f"{self._path} was written by a newer Kashdeck than this one. "
                    "It was not touched."
                ) from None
            except Damage as damage:
                # What is just being written may look like it for a moment.
                if not pause:
                    raise self._damaged(damage) from None
                time.sleep(pause)
            else:
                return

    def _load_once(self) -> None:
        journal = Journal.open(self._log_path)
        try:
            data = read_file(self._path) or b""
            contents = Contents(Snapshot.decode(data))
            if journal is not None:
                _replay(journal, contents)
        except BaseException:
            if journal is not None:
                journal.close()
            raise
        self._contents = contents
        self._snapshot_size = len(data)
        self._follow(journal)

    def _follow(self, journal: Journal | None) -> None:
        if self._journal is not None:
            self._journal.close()
        self._journal = journal

    def _damaged(self, damage: Damage) -> StateDamaged:
        copies = [
            str(copy)
            for path in (self._path, self._log_path)
            if (data := read_file(path)) and (copy := keep_copy(path, data))
        ]
        kept = f" It was left as it is, and copied to {' and '.join(copies)}." if copies else ""
        return StateDamaged(
            f"{self._path} cannot be understood: {damage}.{kept}",
            f"Restore a backup of {self._path.name} and {self._log_path.name}, or move both away "
            "to begin without what they hold.",
        )


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _replay(journal: Journal, contents: Contents) -> None:
    """Apply what the log holds beyond the snapshot."""
    snapshot = contents.snapshot
    if journal.base > snapshot.lsn:
        raise Damage(
            f"it holds transactions up to {snapshot.lsn}, and its log begins after {journal.base}"
        )
    transactions, _ = journal.read_new()
    for operations in transactions[snapshot.lsn - journal.base :]:
        contents.apply(operations)
