"""TinyDB's storage as a snapshot and a log: a durable write costs the same at any size.

state.json        the snapshot, plain TinyDB JSON
state.json.log    the transactions since, one line each
state.json.lock   held while a transaction is open
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Any

from tinydb.storages import Storage

from kfclient.store.contents import Changes, copied
from kfclient.store.errors import StateBusy, StoreError
from kfclient.store.filelock import FileLock
from kfclient.store.loggedfile import LoggedFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kfclient.store.contents import View

LOCK_SECONDS = 10.0
"""How long a write waits for another one."""

LARGE_LOG = 1 << 20
"""Bytes of log that are worth a checkpoint when the database is opened."""

LARGEST_LOG = 8 << 20
"""Bytes of log (or the snapshot's size, if that is more) that cost a write a checkpoint."""

_log = logging.getLogger(__name__)


class LoggedStorage(Storage):
    """The documents of one database, shared between threads and processes.

    Opening and reading write nothing, also where there is no folder yet; but a large log is put
    into the snapshot while opening. Raises any `StoreError`.
    """

    def __init__(self, path: Path, *, lock_seconds: float = LOCK_SECONDS) -> None:
        self._path = path
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._lock_seconds = lock_seconds
        # Two locks: the one above is a transaction's, this one is held for moments, by readers too.
        self._memory = threading.RLock()
        self._file = LoggedFile(path)
        self._changes: Changes | None = None
        self._writer: int | None = None
        self._wrote = False
        self.revision()
        self._tidy(worth=LARGE_LOG)

    def revision(self) -> int:
        """Return the number of the last committed transaction; grows with each, anyone's."""
        with self._memory:
            if self._mine() is None:
                self._file.refresh()
            return self._file.contents.snapshot.lsn

    @contextlib.contextmanager
    def view(self) -> Iterator[View]:
        """Give what this thread sees now; others of this process wait meanwhile, so be brief."""
        with self._memory:
            changes = self._mine()
            if changes is None:
                self._file.refresh()
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
        with self._alone():
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
        with self._alone():
            self.revision()
            if self._file.log_size:
                self._checkpoint()

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
        if self._wrote:
            with contextlib.suppress(StoreError):
                self.revision()
            self._tidy(worth=0)
        with self._memory:
            self._file.close()

    def _mine(self) -> Changes | None:
        """Return the transaction that this thread has open."""
        return self._changes if self._writer == threading.get_ident() else None

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._lock.acquire(self._lock_seconds):
            holder = self._lock.holder()
            who = f"the Kashdeck with process id {holder}" if holder else "another Kashdeck"
            raise StateBusy(
                f"{self._path.name} has been in use by {who} for {self._lock_seconds:g} seconds. "
                "Nothing was changed."
            )
        try:
            yield
        finally:
            self._lock.release()

    def _begin(self) -> Changes:
        with self._memory:
            self._file.refresh()
            self._file.cut_torn_end()
            self._changes = Changes(self._file.contents)
            self._writer = threading.get_ident()
            return self._changes

    def _commit(self, operations: list[Any]) -> None:
        # Readers of this process wait for the disk too: they see nothing that may yet fail.
        with self._memory:
            self._file.commit(operations)
            self._wrote = True
        if self._file.log_size > max(LARGEST_LOG, self._file.snapshot_size):
            # The transaction is stored whatever comes of this.
            with contextlib.suppress(StoreError):
                self._checkpoint()

    def _checkpoint(self) -> None:
        """Write the snapshot, then begin a new log; the lock is held, all is read."""
        with self._memory:
            data = self._file.contents.snapshot.encode()
        self._file.write_snapshot(data)
        with self._memory:
            self._file.begin_log()

    def _tidy(self, *, worth: int) -> None:
        """Make a checkpoint if the log is larger than that and nobody is writing."""
        if self._file.log_size <= worth:
            return
        try:
            if self._lock.acquire(0):
                try:
                    self.revision()
                    if self._file.log_size > worth:
                        self._checkpoint()
                finally:
                    self._lock.release()
        except StoreError as problem:
            _log.warning("No snapshot was made: %s", problem.sentence)
