"""A snapshot and its log on disk, followed and written as one.

Readers need no lock: they look whether the files changed and read what was appended. They open the
log before the snapshot, and a checkpoint replaces the snapshot before the log, so what a reader
finds always fits together.
"""

from __future__ import annotations

import time
from pathlib import Path

from kfclient.store.contents import Contents
from kfclient.store.errors import StateDamaged, StateNewer
from kfclient.store.files import keep_copy, read_file, replace_file, unreadable, unwritable
from kfclient.store.journal import Damage, Journal, NewerFormat
from kfclient.store.snapshot import Snapshot

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from kfclient.store.journal import Operation

    _Mark = tuple[int, int, int] | None

# What is being written at this moment can look damaged to who reads without a lock.
_SECOND_LOOKS = (0.002, 0.02)


class LoggedFile:
    """One database's files. Not thread-safe; what writes, says that the lock must be held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.log_path = path.with_name(path.name + ".log")
        self.contents = Contents(Snapshot())
        self.snapshot_size = 0
        self._journal: Journal | None = None
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
            if seen == self._seen:
                return
            if not self._read_appended(*seen):
                self._load()
        except OSError as error:
            raise unreadable(Path(error.filename or self.path), error) from error
        self._seen = seen

    def cut_torn_end(self) -> None:
        """Remove what a sudden end left behind in the log; the lock is held."""
        if self._journal is None:
            return
        try:
            self._journal.cut_torn_end()
        except OSError as error:
            raise unwritable(self.log_path, error) from error

    def commit(self, operations: list[Operation]) -> None:
        """Have the disk keep a transaction, then take it in; the lock is held, all is read.

        Raises `StateUnwritable`, and then nothing was changed.
        """
        try:
            if self._journal is None or self._journal.last != self.contents.snapshot.lsn:
                # No log yet, or one that ends before what the snapshot holds.
                self._begin_log()
            if self._journal is not None:
                self._journal.append(operations)
        except OSError as error:
            raise unwritable(self.log_path, error) from error
        # It comes back through the log, like anyone's.
        self.refresh()

    def write_snapshot(self, data: bytes) -> None:
        """Put `data` (all that is committed, encoded) in the snapshot's place; the lock is held."""
        try:
            replace_file(self.path, data)
        except OSError as error:
            raise unwritable(self.path, error) from error
        self.snapshot_size = len(data)

    def begin_log(self) -> None:
        """Begin an empty log beside a snapshot that holds everything; the lock is held."""
        try:
            self._begin_log()
        except OSError as error:
            raise unwritable(self.log_path, error) from error

    def close(self) -> None:
        """Close the log; the next `refresh` reads everything again."""
        self._follow(None)
        self._seen = None

    def _begin_log(self) -> None:
        self._follow(Journal.create(self.log_path, self.contents.snapshot.lsn))
        self._seen = self._look()

    def _look(self) -> tuple[_Mark, _Mark]:
        """Return what tells one state of the files from another."""
        return _mark(self.path), _mark(self.log_path)

    def _read_appended(self, snapshot: _Mark, log: _Mark) -> bool:
        """Take in what was appended to the log we follow; False where that is not all."""
        journal = self._journal
        if journal is None or log is None or self._seen is None or self._seen[0] != snapshot:
            return False
        if not journal.is_file(log[0]) or log[2] < journal.size:
            return False
        try:
            transactions, bad_line = journal.read_new()
        except Damage:
            return False
        for operations in transactions:
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
        journal = Journal.open(self.log_path)
        try:
            data = read_file(self.path) or b""
            contents = Contents(Snapshot.decode(data))
            if journal is not None:
                _replay(journal, contents)
        except BaseException:
            if journal is not None:
                journal.close()
            raise
        self.contents = contents
        self.snapshot_size = len(data)
        self._follow(journal)

    def _follow(self, journal: Journal | None) -> None:
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
            f"Restore a backup of {self.path.name} and {self.log_path.name}, or move both away "
            "to begin without what they hold.",
        )


def _mark(path: Path) -> _Mark:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _replay(journal: Journal, contents: Contents) -> None:
    """Apply what the log holds beyond the snapshot."""
    lsn = contents.snapshot.lsn
    if journal.base > lsn:
        raise Damage(f"it holds transactions up to {lsn}, and its log begins after {journal.base}")
    transactions, _ = journal.read_new()
    for operations in transactions[lsn - journal.base :]:
        contents.apply(operations)
