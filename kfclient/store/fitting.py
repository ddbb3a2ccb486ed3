"""A snapshot and the log beside it: whether they belong together, and what they say together."""

from __future__ import annotations

from kfclient.store import journal as logs
from kfclient.store.contents import Contents
from kfclient.store.journal import Damage
from kfclient.store.snapshot import Snapshot

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from kfclient.store.journal import Journal


def fitted(snapshot: Snapshot | None, journal: Journal | None) -> tuple[Contents, bool]:
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
    contents = Contents(snapshot)
    if journal is not None:
        _replay(journal, contents)
    if snapshot.format < logs.FORMAT:
        _migrated(snapshot, logs.FORMAT)
    return contents, older


def _need_one_database(snapshot: Snapshot, journal: Journal) -> None:
    if snapshot.database and journal.database and snapshot.database != journal.database:
        raise Damage("the log beside it belongs to another file")
    snapshot.database = snapshot.database or journal.database


def _replay(journal: Journal, contents: Contents) -> None:
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
    from kfclient.store.migrations import migrate  # seldom needed

    migrate(snapshot, to)
