"""TinyDB's storage as a snapshot and a log: a durable write costs the same at any size.

state.json              the snapshot, plain TinyDB JSON
state.json.log          the transactions since, one line each
state.json.lock         held while a transaction is open
state.json.next.lock    held while a snapshot is made: by a thread of its own, beside transactions
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from tinydb.storages import Storage

from kfclient.store.contents import Changes, copied
from kfclient.store.errors import StateBusy, StoreError
from kfclient.store.filelock import FileLock
from kfclient.store.loggedfile import LoggedFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kfclient.store.contents import View
    from kfclient.store.loggedfile import Moment

LOCK_SECONDS = 10.0
"""How long a write waits for another one."""

LARGE_LOG = 1 << 20
"""Bytes of log that are worth a checkpoint after the database was opened."""

LARGEST_LOG = 8 << 20
"""Bytes of log (or the snapshot's size, if that is more) that are worth one after a write."""

PATIENCE = 0.5
"""Seconds before a checkpoint begins: whoever opened or wrote has something to show first."""

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
        self._file = LoggedFile(path)
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
        with self._memory:
            if self._mine() is None:
                self._catch_up()
            return self._file.contents.snapshot.lsn

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
                self._checkpoint(0)
            except StoreError as problem:
                _log.warning("No snapshot was made: %s", problem.sentence)
        with self._memory:
            self._file.close()

    def _mine(self) -> Changes | None:
        """Return the transaction that this thread has open."""
        return self._changes if self._writer == threading.get_ident() else None

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
            elif moment is not None and (data := self._encoded(moment)):
                self._file.write_ahead(data)
                with self._alone(seconds), self._memory:
                    self._catch_up()
                    self._file.make_whole()
                    self._file.turn_over(moment)
        finally:
            self._file.drop_ahead()
            self._next_lock.release()
        return True

    def _encoded(self, moment: Moment) -> bytes:
        """Return the snapshot's bytes; b"" when a worker has to leave, as nobody waits for it."""
        pieces = []
        for piece in moment.snapshot.pieces():
            if self._leaving.is_set():
                return b""
            pieces.append(piece)
        return b"".join(pieces)

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
