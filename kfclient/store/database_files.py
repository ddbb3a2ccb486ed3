"""A snapshot and its log on disk: followed, written as one, fitted together, or only looked at.

Readers need no lock: they look whether the files changed and read what was appended. They open the
log before the snapshot, and a checkpoint replaces the snapshot before the log, so what a reader
finds always fits together.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from kfclient.store import wal as logs
from kfclient.store.durable_files import (
    keep_copy,
    need_closed,
    read_file,
    replace_file,
    sync_folder,
    unreadable,
    unwritable,
)
from kfclient.store.errors import StateDamaged, StateNewer
from kfclient.store.filelock import FileLock
from kfclient.store.paths import default_root, expanded, lock_path, state_path
from kfclient.store.tables import Snapshot, StoredTables
from kfclient.store.wal import Damage, NewerFormat, WriteAheadLog

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Sequence

    from kfclient.store.tables import Body
    from kfclient.store.wal import Operation

    _Mark = tuple[int, int, int] | None


# A snapshot and the log beside it: whether they belong together, and what they hold together.


def fitted(snapshot: Snapshot | None, journal: WriteAheadLog | None) -> tuple[StoredTables, bool]:
    """Return what both hold, in the present format, and whether the snapshot is of an older one.

    The log is read to its end. Raises `Damage` where the one cannot be the other's.
    """
    if snapshot is None:
        if journal is not None and journal.base:
            raise Damage(f"it is not there, and its log begins after transaction {journal.base}")
        snapshot = Snapshot(format=None if journal is None else journal.format)
    older = snapshot.format < logs.FORMAT
    if journal is not None:
        _need_one_database(snapshot, journal)
    if journal is not None and snapshot.format < journal.format:
        _migrated(snapshot, journal.format)
    contents = StoredTables(snapshot)
    if journal is not None:
        _replay(journal, contents)
    if snapshot.format < logs.FORMAT:
        _migrated(snapshot, logs.FORMAT)
    return contents, older


def _need_one_database(snapshot: Snapshot, journal: WriteAheadLog) -> None:
    if snapshot.database and journal.database and snapshot.database != journal.database:
        raise Damage("the log beside it belongs to another file")
    snapshot.database = snapshot.database or journal.database


def _replay(journal: WriteAheadLog, contents: StoredTables) -> None:
    """Apply what the log holds beyond the snapshot."""
    snapshot = contents.snapshot
    if journal.base > snapshot.lsn:
        raise Damage(
            f"it holds transactions up to {snapshot.lsn}, and its log begins after {journal.base}"
        )
    transactions, _ = journal.read_new()
    for operations in transactions[snapshot.lsn - journal.base :]:
        if journal.format < snapshot.format:
            raise Damage("its log is of an older format than it is")
        contents.apply(operations)


def _migrated(snapshot: Snapshot, to: int) -> None:
    from kfclient.store.tables import migrate  # seldom needed

    migrate(snapshot, to)


# What is being written at this moment can look damaged to who reads without a lock.
_SECOND_LOOKS = (0.002, 0.02)


class Moment:
    """What the files held at one moment: all of it, and where in the log it ends."""

    def __init__(self, snapshot: Snapshot, journal: WriteAheadLog) -> None:
        self.snapshot = snapshot
        self.journal = journal
        self.offset = journal.size


class DatabaseFiles:
    """One database's files. Not thread-safe; what writes, says that the lock must be held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log_path = path.with_name(path.name + ".log")
        self.contents = StoredTables(Snapshot())
        self.snapshot_size = 0
        self.older = False
        self._journal: WriteAheadLog | None = None
        self._seen: tuple[_Mark, _Mark] | None = None

    @property
    def log_size(self) -> int:
        """Bytes in the log that the snapshot does not hold yet."""
        journal = self._journal
        return 0 if journal is None or journal.last == journal.base else journal.size

    def refresh(self) -> None:
        """Catch up with what is on disk; cheap where nothing changed.

        Raises `StateDamaged`, `StateNewer`, `StateUnreadable`; what was known before is kept then.
        """
        try:
            seen = self._look()
            if seen == self._seen or self._lacks_one(*seen):
                return
            if not self._read_appended(*seen) and not self._read_continued(*seen):
                self._load()
        except OSError as error:
            raise unreadable(Path(error.filename or self.path), error) from error
        self._seen = seen

    def make_whole(self) -> None:
        """Remove what a sudden end left in the log, put back what was deleted; the lock is held."""
        if self._journal is None:
            return
        try:
            if self._lacks_one(*self._look()):
                self._put_back(self._journal)
            else:
                self._journal.cut_torn_end()
        except OSError as error:
            raise unwritable(self.log_path, error) from error

    def commit(self, operations: list[Operation]) -> None:
        """Have the disk keep a transaction, then take it in; the lock is held, all is read.

        Raises `StateUnwritable`, and then nothing was changed.
        """
        if self.older:
            self.upgrade()
        try:
            if self._journal is None or self._journal.last != self.contents.snapshot.lsn:
                self._begin_log()
            if self._journal is not None:
                self._journal.append(operations)
        except OSError as error:
            raise unwritable(self.log_path, error) from error
        self.contents.apply(operations)
        with contextlib.suppress(OSError):  # then the next look tells
            self._seen = self._look()

    def upgrade(self) -> None:
        """Write an older format's files anew, after a copy of them; the lock is held, all is read.

        A sudden end anywhere in it leaves the older files or the new ones. Raises
        `StateUnwritable`, and then they are the older ones.
        """
        from kfclient.store.tables import keep_older

        now = self.contents.snapshot
        fresh = Snapshot(now.tables, now.next_ids, now.lsn + 1, database=now.database)
        for path in (self.path, self.log_path):
            keep_older(path)
        try:
            replace_file(self.path, fresh.encode())
        except OSError as error:
            raise unwritable(self.path, error) from error
        # The log of before ends before this snapshot, so it counts no more and is begun anew.
        self.close()
        self.refresh()

    def moment(self) -> Moment | None:
        """Return what is committed now, None where the snapshot holds it; all is read."""
        if self._journal is None or not self.log_size:
            return None
        return Moment(self.contents.snapshot.moment(), self._journal)

    def write_ahead(self, data: Sequence[bytes]) -> None:
        """Put a moment, encoded, beside the snapshot; others may go on writing meanwhile."""
        try:
            replace_file(self._next, data)
        except OSError as error:
            raise unwritable(self.path, error) from error

    def drop_ahead(self) -> None:
        """Remove what was written ahead and not put in place."""
        with contextlib.suppress(OSError):
            self._next.unlink()

    def turn_over(self, moment: Moment) -> bool:
        """Put what was written ahead in the snapshot's place, and begin a log of what came since.

        The lock is held, all is read. False where the files are others by now: nothing is done.
        """
        if self._journal is not moment.journal:
            return False
        try:
            self._next.replace(self.path)
            sync_folder(self.path.parent)
            snapshot = _mark(self.path) or (0, 0, 0)
            journal = WriteAheadLog.create(
                self.log_path,
                moment.snapshot.lsn,
                moment.snapshot.database,
                later=self._journal.lines_after(moment.offset),
                continues=[self._journal.inode, *snapshot],
            )
        except OSError as error:
            raise unwritable(self.path, error) from error
        journal.read_new()  # all of it is in our contents
        self._follow(journal)
        self.snapshot_size = snapshot[2]
        self._seen = self._look()
        return True

    def close(self) -> None:
        """Close the log; the next `refresh` reads everything again."""
        self._follow(None)
        self._seen = None

    @property
    def _next(self) -> Path:
        """Where a checkpoint writes the snapshot to come."""
        return self.path.with_name(self.path.name + ".next.tmp")

    def _begin_log(self) -> None:
        """Begin an empty log; there is none, or one that ends before what the snapshot holds."""
        snapshot = self.contents.snapshot
        if self._journal is None and snapshot.lsn:
            # Who ends suddenly leaves no snapshot without a log: somebody has removed it.
            import logging

            said = "%s was missing: what was stored after the last snapshot is lost"
            logging.getLogger(__name__).error(said, self.log_path)
        if not snapshot.database:
            snapshot.database = os.urandom(8).hex()
        self._follow(WriteAheadLog.create(self.log_path, snapshot.lsn, snapshot.database))
        self._seen = self._look()

    def _look(self) -> tuple[_Mark, _Mark]:
        """Return what distinguishes one state of the files from another."""
        return _mark(self.path), _mark(self.log_path)

    def _lacks_one(self, snapshot: _Mark, log: _Mark) -> bool:
        """Whether one of the two files was deleted, while all that it held is known here.

        Where both are gone, whoever moved them away wants to begin without.
        """
        if self._journal is None or self._seen is None:
            return False
        known_snapshot, known_log = self._seen
        if snapshot is None:
            return known_snapshot is not None and log == known_log
        return log is None and known_log is not None and snapshot == known_snapshot

    def _put_back(self, journal: WriteAheadLog) -> None:
        import logging

        gone = self.path if _mark(self.path) is None else self.log_path
        if gone == self.path:
            replace_file(gone, self.contents.snapshot.encode())
        else:
            replace_file(gone, journal.lines_after(0))
        logging.getLogger(__name__).error("%s was missing, and was put back", gone)
        self.close()
        self.refresh()

    def _read_appended(self, snapshot: _Mark, log: _Mark) -> bool:
        """Take in what was appended to the log we follow; False where that is not all."""
        journal = self._journal
        if journal is None or log is None or self._seen is None or self._seen[0] != snapshot:
            return False
        if journal.inode != log[0] or log[2] < journal.size:
            return False
        return self._take_in(journal)

    def _read_continued(self, snapshot: _Mark, log: _Mark) -> bool:
        """Go on with the log that a checkpoint has begun; False where there is no such thing."""
        before = self._journal
        if before is None or log is None or snapshot is None or before.inode == log[0]:
            return False
        try:
            journal = WriteAheadLog.open(self.log_path)
        except (Damage, NewerFormat):
            return False
        if journal is None:
            return False
        # The log of before was whole when this one was begun, and lies here open.
        fits = journal.continues == [before.inode, *snapshot] and self._take_in(before)
        if not fits or not journal.base <= before.last:
            journal.close()
            return False
        self._follow(journal)
        self.snapshot_size = snapshot[2]
        return self._take_in(journal, known=before.last)

    def _take_in(self, journal: WriteAheadLog, known: int = -1) -> bool:
        """Apply what the log has beyond what is known; False where that is not all."""
        first = journal.last + 1
        if self.older:
            return False
        try:
            transactions, bad_line = journal.read_new()
        except Damage:
            return False
        for operations in transactions[max(known + 1 - first, 0) :]:
            self.contents.apply(operations)
        return not bad_line

    def _load(self) -> None:
        """Read everything from the start."""
        for pause in (*_SECOND_LOOKS, None):
            try:
                self._load_once()
            except NewerFormat:
                raise StateNewer(
                    f"{self.path} was written by a newer Kashdeck than this one. "
                    "It was not touched."
                ) from None
            except Damage as damage:
                if pause is None:
                    raise self._damaged(damage) from None
                time.sleep(pause)
            else:
                return

    def _load_once(self) -> None:
        journal = WriteAheadLog.open(self.log_path)
        try:
            data = read_file(self.path) or b""
            contents, older = fitted(Snapshot.opened(data) if data else None, journal)
        except BaseException:
            if journal is not None:
                journal.close()
            raise
        self.contents, self.older = contents, older
        self.snapshot_size = len(data)
        self._follow(journal)

    def _follow(self, journal: WriteAheadLog | None) -> None:
        if self._journal is not None:
            self._journal.close()
        self._journal = journal

    def _damaged(self, damage: Damage) -> StateDamaged:
        copies = [
            str(copy)
            for path in (self.path, self.log_path)
            if (data := read_file(path)) and (copy := keep_copy(path, data))
        ]
        kept = f" It was left as it is, and copied to {' and '.join(copies)}." if copies else ""
        return StateDamaged(
            f"{self.path} cannot be understood: {damage}.{kept}",
            "Restore a backup: kashdeck restore FILE. Without one, kashdeck restore --sound keeps "
            "what can still be read, and says what that is.",
        )


def _mark(path: Path) -> _Mark:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


# The state as it is now, to look at and nothing else.


class StateReading:
    """What `Home(root).state()` holds, read once; it opens in a fraction of a `Home`'s time.

    Writes nothing and waits for no lock. Raises any `StoreError` that reading can.
    """

    def __init__(self, root: Path | None = None) -> None:
        self._root = default_root() if root is None else expanded(root)
        need_closed(self._root)
        file = DatabaseFiles(state_path(self._root))
        try:
            file.refresh()
            self._contents = file.contents
        finally:
            file.close()

    def documents(self, table: str) -> list[Body]:
        """Return the table's documents, in the order of their ids; they are not to be changed."""
        return list(self._contents.documents(table).values())

    @property
    def root(self) -> Path:
        """The home's folder."""
        return self._root

    def is_locked(self, name: str) -> bool:
        """Whether any thread or process holds the home's lock of that name now."""
        return FileLock(lock_path(self._root, name)).is_held()

    def holder(self, name: str) -> int | None:
        """Return the process that holds the lock of that name now; None where nobody does."""
        lock = FileLock(lock_path(self._root, name))
        return lock.holder() if lock.is_held() else None
