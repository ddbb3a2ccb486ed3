"""Backups of a whole home, but for its secrets: made while others work, restored as one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from kfclient.store import archive, syncedlist
from kfclient.store.archive import Archive, Backup
from kfclient.store.errors import BackupRefused, StateBusy, StateNewer, StateUnwritable
from kfclient.store.files import read_file
from kfclient.store.holding import Holding, carried, held, named_locks
from kfclient.store.journal import Damage, NewerFormat, begun
from kfclient.store.migrations import migrate
from kfclient.store.places import plan_path
from kfclient.store.restoring import Plan, carry_out, finish, restore_lock, stage, unstage
from kfclient.store.snapshot import Snapshot

if TYPE_CHECKING:
    from pathlib import Path

_LOOKS = 20

_FAR = 1 << 20

Files = list[tuple[str, Snapshot | bytes]]


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a restore: the backup that is in place now, and where the home of before is.

    `kept` is a backup of what was there, None where nothing was; `left_out` names the files of
    before that could not be read, each of which has a copy beside it.
    """

    backup: Backup
    kept: Path | None = None
    left_out: tuple[str, ...] = ()


def back_up(root: Path, path: Path, at: datetime) -> Backup:
    """Write everything in this home but the secrets to a new file, as it is at one moment.

    Others wait only while it is read into memory. Raises `BackupRefused` where there is nothing to
    back up or the file is there already; `StateBusy`, `StateDamaged`, `StateNewer`,
    `StateUnreadable`, `StateUnwritable`.
    """
    if os.path.lexists(path):
        raise BackupRefused(f"{path} is there already.", "Choose another name for the backup.")
    if not carried(root):
        raise BackupRefused(f"There is nothing in {root} to back up.", "Add a business first.")
    try:
        files, left_out = _held(root)
    except StateUnwritable:
        # A disk that has become read-only is a good reason for a backup.
        files, left_out = _unheld(root)
    return archive.write(path, _pieces(files), at, left_out)


def examine(path: Path) -> Backup:
    """Look through a backup to its last byte; raises what `restore` raises about it."""
    with contextlib.closing(Archive(path)) as found:
        _check(found)
        return found.backup


def restore(root: Path, path: Path, at: datetime) -> Restored:
    """Put a backup in the place of everything in this home but the secrets, all or nothing.

    What was there is kept as a backup beside the home. Other sessions see the restored state with
    their next look. Raises `BackupRefused` or `StateNewer` for the file, `StateBusy` while another
    session syncs, publishes or connects, `StateUnreadable`, `StateUnwritable`; nothing was changed
    then.
    """
    with contextlib.closing(Archive(path)) as found:
        _check(found)
        finish(root)
        with contextlib.ExitStack() as locks:
            locks.enter_context(restore_lock(root))
            named_locks(locks, root)
            unstage(root)
            holding = locks.enter_context(held(root, also=found.backup.files, forgiving=True))
            kept, left_out = _keep(holding, at)
            try:
                for name in found.backup.files:
                    _stage(holding, name, found.content(name))
                carry_out(root, _plan(holding, found.backup))
            except BaseException:
                unstage(root)
                raise
    return Restored(backup=found.backup, kept=kept, left_out=left_out)


def _files(holding: Holding) -> tuple[Files, tuple[str, ...]]:
    """Return all that is to be carried, as it is at this moment, and what cannot be read."""
    files: Files = []
    left_out = list(holding.damaged)
    for name in sorted(holding.names - holding.damaged.keys()):
        if name in holding.databases:
            files.append((name, holding.databases[name].contents.snapshot.moment()))
            continue
        data = read_file(holding.root / name) or b""
        if archive.LIST.fullmatch(name) and not _is_list(data):
            left_out.append(name)  # a sync fetches it anew
        else:
            # What follows the last line was never whole.
            whole = data if archive.LIST.fullmatch(name) else data[: data.rfind(b"\n") + 1]
            files.append((name, whole))
    return files, tuple(left_out)


def _held(root: Path) -> tuple[Files, tuple[str, ...]]:
    """Return all that is to be carried, as it is at one moment, with no restore half done."""
    while True:
        finish(root)
        with held(root) as holding:
            if not plan_path(root).exists():
                return _files(holding)


def _unheld(root: Path) -> tuple[Files, tuple[str, ...]]:
    """Return all that is to be carried where no lock can be had, once nobody wrote meanwhile."""
    with contextlib.closing(Holding(root)) as holding:
        for _ in range(_LOOKS):
            holding.look(forgiving=False)
            before = holding.revisions()
            found = _files(holding)
            holding.look(forgiving=False)
            if holding.revisions() == before:
                return found
    raise StateBusy(f"{root} is being written all the time. No backup was made.")


def _is_list(data: bytes) -> bool:
    try:
        syncedlist.documents(data)
    except (Damage, NewerFormat):
        return False
    return True


def _pieces(files: Files) -> Iterator[tuple[str, Iterable[bytes]]]:
    for name, content in files:
        yield name, content.pieces() if isinstance(content, Snapshot) else [content]


def _check(found: Archive) -> None:
    """Raise unless every file of the backup is whole and can be understood."""
    if "state.json" not in found.backup.files:
        raise found.refused("it lacks state.json")
    for name in found.backup.files:
        data = found.content(name)
        try:
            if archive.DATABASE.fullmatch(name):
                migrate(Snapshot.decode(data))
            elif archive.LIST.fullmatch(name):
                syncedlist.documents(data)
        except NewerFormat:
            raise StateNewer(
                f"{found.path} was made by a newer Kashdeck than this one. Nothing was changed."
            ) from None
        except Damage as damage:
            raise found.refused(f"{name} in it cannot be understood: {damage}") from None


def _keep(holding: Holding, at: datetime) -> tuple[Path | None, tuple[str, ...]]:
    """Make a backup of what is there, beside the home or, where that is closed, in it."""
    files, left_out = _files(holding)
    if not files:
        return None, left_out
    root = holding.root
    name = f"{root.name}-before-restore-{at:%Y%m%d-%H%M%S}"
    for folder in (root.parent, root):
        path, number = folder / f"{name}.zip", 1
        while os.path.lexists(path):
            number += 1
            path = folder / f"{name}-{number}.zip"
        try:
            archive.write(path, _pieces(files), at, left_out)
        except StateUnwritable:
            if folder == root:
                raise
        else:
            return path, left_out
    raise AssertionError


def _stage(holding: Holding, name: str, data: bytes) -> None:
    if not archive.DATABASE.fullmatch(name):
        stage(holding.root, name, data)
        return
    snapshot = Snapshot.decode(data)
    migrate(snapshot)
    if name in holding.damaged:
        snapshot.lsn += _FAR  # nobody knows any more how far it was
    if name in holding.databases:
        before = holding.databases[name].contents.snapshot
        _go_on_from(snapshot, before)
        # Who looks between this file and its log finds that they belong together.
        snapshot.database = before.database or snapshot.database
    snapshot.lsn += 1
    snapshot.database = snapshot.database or os.urandom(8).hex()
    stage(holding.root, name, snapshot.encode())
    stage(holding.root, f"{name}.log", begun(snapshot.lsn, snapshot.database))


def _go_on_from(snapshot: Snapshot, before: Snapshot) -> None:
    """Let what is restored be later than what was there, for whoever has seen that.

    Numbers of transactions and documents go on, and a document that comes back otherwise than it
    was has a `version` that it never had, so that no change made to the other one is put over it.
    """
    snapshot.lsn = max(snapshot.lsn, before.lsn)
    for table in snapshot.tables.keys() | before.next_ids.keys():
        highest = max(snapshot.tables.get(table, {0: {}}), default=0) + 1
        numbers = (snapshot.next_ids.get(table, 1), before.next_ids.get(table, 1), highest)
        snapshot.next_ids[table] = max(numbers)
    for name, documents in snapshot.tables.items():
        for key, document in documents.items():
            was = before.tables.get(name, {}).get(key, {})
            if type(document.get("version")) is int and document != was:
                known = was.get("version")
                highest = max(document["version"], known if type(known) is int else 0)
                document["version"] = highest + snapshot.lsn


def _plan(holding: Holding, backup: Backup) -> Plan:
    """Say what is put in place, and that all else of before goes."""
    files, gone = [], []
    for name in sorted(backup.files):
        files.append(name)
        if archive.DATABASE.fullmatch(name):
            files.append(f"{name}.log")
    for name in sorted(holding.names - backup.files.keys()):
        gone += [name, f"{name}.log"] if archive.DATABASE.fullmatch(name) else [name]
    stay = {f"businesses/{business}" for business in backup.businesses}
    for folder in sorted(holding.root.glob("businesses/*")):
        if f"businesses/{folder.name}" not in stay:
            locks = [*folder.glob("*.lock"), *folder.glob("lists/*.lock")]
            gone += [path.relative_to(holding.root).as_posix() for path in locks]
    return Plan(tuple(files), tuple(gone))
