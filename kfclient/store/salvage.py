"""What can still be read of a damaged database, put in its place; for whoever has no backup."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from kfclient.store import archive
from kfclient.store.contents import Contents
from kfclient.store.errors import StateBusy, StateDamaged, StateUnwritable
from kfclient.store.filelock import FileLock
from kfclient.store.files import keep_copy, read_file, replace_file, unwritable
from kfclient.store.holding import SECONDS, carried
from kfclient.store.journal import Damage, Journal, begun
from kfclient.store.loggedfile import LoggedFile
from kfclient.store.migrations import migrate
from kfclient.store.restoring import finish
from kfclient.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Sessions that are open may have seen more than can be read now: what is kept comes after it.
_FAR = 1 << 20


class Salvaged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one damaged database, named as in the home.

    `kept` documents are there again, `lost` changes after them are not (None: nobody knows how
    many). Where `kept` is None nothing could be read, and nothing was changed. `copies` are the
    damaged files, as they were.
    """

    name: str
    kept: int | None
    lost: int | None
    copies: tuple[Path, ...]


def salvage(root: Path) -> list[Salvaged]:
    """Keep what is sound of every damaged database, beside copies of the damaged files.

    That is all up to the first line of the log that is not as it was written, or the snapshot alone
    where its log is another's. Synced lists are left: a sync replaces them. Raises `StateBusy`,
    `StateNewer`, `StateUnreadable`, `StateUnwritable`.
    """
    if not root.exists():
        return []
    finish(root)
    found = []
    for name in sorted(filter(archive.DATABASE.fullmatch, carried(root))):
        with contextlib.closing(LoggedFile(root / name)) as file:
            if not _is_damaged(file):
                continue  # seen without keeping anyone waiting
            with _alone(root / name):
                if _is_damaged(file):
                    found.append(_salvage(name, file))
    return found


def _is_damaged(file: LoggedFile) -> bool:
    try:
        file.refresh()
    except StateDamaged:
        return True
    return False


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    lock = FileLock(path.with_name(path.name + ".lock"))
    if not lock.acquire(SECONDS):
        raise StateBusy(f"{path} has been in use by process {lock.holder()} for a while.")
    try:
        yield
    finally:
        lock.release()


def _salvage(name: str, file: LoggedFile) -> Salvaged:
    copies = tuple(_copies(file))
    try:
        contents, lost = _sound(file)
    except Damage:
        return Salvaged(name=name, kept=None, lost=None, copies=copies)
    snapshot = contents.snapshot
    snapshot.lsn += _FAR
    try:
        replace_file(file.path, snapshot.encode())
        replace_file(file.log_path, begun(snapshot.lsn, snapshot.database))
    except OSError as error:
        raise unwritable(file.path, error) from error
    kept = sum(len(documents) for documents in snapshot.tables.values())
    return Salvaged(name=name, kept=kept, lost=lost, copies=copies)


def _copies(file: LoggedFile) -> Iterator[Path]:
    for path in (file.path, file.log_path):
        data = read_file(path)
        if not data:
            continue
        copy = keep_copy(path, data)
        if copy is None:
            raise StateUnwritable(f"No copy of {path} could be made, so it was left as it is.")
        yield copy


def _sound(file: LoggedFile) -> tuple[Contents, int | None]:
    """Return what can be read, and how many changes cannot; raises `Damage` where nothing can."""
    data = read_file(file.path)
    snapshot = None if data is None else Snapshot.decode(data)
    try:
        journal = Journal.open(file.log_path)
    except Damage:
        journal = None
    if snapshot is None and (journal is None or journal.base):
        raise Damage("the snapshot is gone")
    contents, lost = Contents(snapshot or Snapshot()), None
    if journal is not None:
        with contextlib.closing(journal):
            lost = _replay(contents, journal)
    migrate(contents.snapshot)
    return contents, lost


def _replay(contents: Contents, journal: Journal) -> int | None:
    """Apply what is sound of the log; return how many changes are not, None where it is no help."""
    snapshot = contents.snapshot
    foreign = snapshot.database and journal.database and snapshot.database != journal.database
    if foreign or journal.base > snapshot.lsn or journal.format != snapshot.format:
        return None
    transactions, lost = journal.read_sound()
    for operations in transactions[snapshot.lsn - journal.base :]:
        contents.apply(operations)
    snapshot.database = snapshot.database or journal.database
    return lost
