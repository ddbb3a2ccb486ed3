"""Backups of a whole home, but for its secrets: made while others work, restored as one.

Also here: putting many files in place as if they were one, and salvaging what can still be read of
a damaged database.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from kfclient.store import backup_file, list_files
from kfclient.store.backup_file import (
    RESTORE,
    SECONDS,
    Archive,
    Backup,
    HomeLock,
    NewBackup,
    carried,
    held,
    named_locks,
)
from kfclient.store.database_files import DatabaseFiles
from kfclient.store.durable_files import (
    keep_copy,
    need_closed,
    need_own_folders,
    read_file,
    replace_file,
    sync_folder,
    unwritable,
)
from kfclient.store.errors import (
    BackupRefused,
    StateBusy,
    StateDamaged,
    StateDisplaced,
    StateNewer,
    StateUnwritable,
)
from kfclient.store.filelock import FileLock
from kfclient.store.paths import SLUG, lock_path, plan_path
from kfclient.store.tables import Snapshot, StoredTables, Tables, is_unchanged, migrate
from kfclient.store.wal import Damage, NewerFormat, WriteAheadLog, begun, need_single_keys

if TYPE_CHECKING:
    from pathlib import Path


# Putting many files in place as if they were one: planned first, then carried out to the end.
#
# What is to be is written beside each file, as `<name>.restored`; the plan, `restoring.json`, comes
# last. Without a plan nothing has happened yet, and what lies beside is rubbish. With one, whoever
# looks next carries it out to the end, so a sudden end leaves all of before or all of after. No
# file leaves its folder, so the folders may be on different disks.

FORMAT = 1
SUFFIX = ".restored"

_LOCK = re.compile(rf"businesses/{SLUG}/(lists/)?{SLUG}\.lock")


class RestorePlan(msgspec.Struct, frozen=True):
    """What is put in place, and what goes: names within the home, in this order."""

    files: tuple[str, ...]
    removed: tuple[str, ...]
    format: int = FORMAT


def stage(root: Path, name: str, data: bytes) -> None:
    """Write beside a file what it is to become; raises `StateUnwritable`."""
    path = root / (name + SUFFIX)
    try:
        replace_file(path, data)
    except OSError as error:
        raise unwritable(path, error) from error


def unstage(root: Path) -> None:
    """Remove what was written beside and never planned; the restore lock is held."""
    if plan_path(root).exists():
        return
    for pattern in ("*", "businesses/*/*", "businesses/*/lists/*"):
        for path in root.glob(f"{pattern}{SUFFIX}*"):
            with contextlib.suppress(OSError):
                path.unlink()


def carry_out(root: Path, plan: RestorePlan, *, before: Callable[[], object] | None = None) -> None:
    """Put what was staged in place, and remove what goes; every lock is held.

    `before` is called just before the plan counts. From the moment the plan is written it will be
    whole, whatever happens here. Raises `StateUnwritable`: from `plan_path` nothing has happened,
    else the next who looks goes on.
    """
    path = plan_path(root)
    try:
        replace_file(path, msgspec.json.encode(plan), before=before)
    except OSError as error:
        raise unwritable(path, error) from error
    _carry_out(root, plan)


def finish(root: Path) -> None:
    """Wait for a restore that is going on, and carry out one that was cut short.

    Raises `StateBusy`, `StateUnwritable`, and `StateDamaged` or `StateNewer` for a plan that is not
    as this Kashdeck writes it.
    """
    with restore_lock(root):
        path = plan_path(root)
        data = read_file(path)
        if data is None:
            return
        try:
            plan = msgspec.json.decode(data, type=RestorePlan)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise StateDamaged(
                f"A restore was cut short, and its plan {path} cannot be understood.",
                f"Move {path.name} away, then restore the backup again.",
            ) from None
        if plan.format > FORMAT:
            raise StateNewer(f"A newer Kashdeck is restoring {root}. It was not touched.")
        if not all(map(_may_be_put, plan.files)) or not all(map(_may_go, plan.removed)):
            raise StateDamaged(
                f"{path} names files that no restore touches: no Kashdeck wrote it.",
                f"See who put it there (ls -l), then move {path.name} away. Nothing was changed.",
            )
        _carry_out(root, plan)


@contextlib.contextmanager
def restore_lock(root: Path) -> Iterator[None]:
    """Be the only one who restores, or makes a backup; raises `StateBusy`."""
    lock = FileLock(lock_path(root, RESTORE))
    if not lock.acquire(SECONDS):
        raise StateBusy(
            f"A backup is being made or restored by the Kashdeck with process id {lock.holder()}."
        )
    try:
        yield
    finally:
        lock.release()


def _may_be_put(name: str) -> bool:
    """Whether a plan may put a file of this name in place: what a backup carries, and its log."""
    is_log = name.endswith(".log") and backup_file.DATABASE.fullmatch(name.removesuffix(".log"))
    return bool(is_log) or backup_file.is_carried(name)


def _may_go(name: str) -> bool:
    """Whether a plan may remove a file of this name: what it may put, and a business's locks."""
    return _may_be_put(name) or _LOCK.fullmatch(name) is not None


def _carry_out(root: Path, plan: RestorePlan) -> None:
    path = root
    try:
        for name in (*plan.files, *plan.removed):
            need_own_folders(path := root / name)
        for name in plan.files:
            path = root / name
            staged = path.with_name(path.name + SUFFIX)
            if os.path.lexists(staged):  # else it is in place already
                _set_folder_aside(path)
                staged.replace(path)
        for name in plan.removed:
            path = root / name
            _set_folder_aside(path)
            path.unlink(missing_ok=True)
        folders = {(root / name).parent for name in (*plan.files, *plan.removed)}
        for folder in sorted(folders, reverse=True):  # a folder comes after what is in it
            path = folder
            with contextlib.suppress(FileNotFoundError):
                sync_folder(folder)
                with contextlib.suppress(OSError):  # something else is in there
                    folder.rmdir()
        path = plan_path(root)
        path.unlink()
        sync_folder(root)
    except OSError as error:
        raise unwritable(path, error) from error


def _set_folder_aside(path: Path) -> None:
    """Keep a folder that stands where a file should, under another name."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(path.lstat().st_mode):
            path.rename(path.with_name(f"{path.name}.damaged-{os.urandom(4).hex()}"))


_LOOKS = 20

_FAR = 1 << 20

Files = list[tuple[str, Snapshot | bytes]]

Look = Callable[[str, Tables], str]

Change = Callable[[Tables, Tables], None]


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
    need_closed(root)
    if os.path.lexists(path):
        raise BackupRefused(f"{path} is there already.", "Choose another name for the backup.")
    if not carried(root):
        raise BackupRefused(f"There is nothing in {root} to back up.", "Add a business first.")
    try:
        files, left_out = _held(root)
    except StateUnwritable:
        # A disk that has become read-only is a good reason for a backup.
        files, left_out = _unheld(root)
    return backup_file.write(path, _pieces(files), at, left_out)


def examine(path: Path, look: Look | None = None) -> Backup:
    """Look through a backup to its last byte; raises what `restore` raises about it."""
    with contextlib.closing(Archive(path)) as found:
        _check(found, look)
        return found.backup


def content(path: Path, name: str) -> Tables:
    """Return the tables of a database in a backup that was examined; raises as `examine` does."""
    with contextlib.closing(Archive(path)) as found:
        snapshot = Snapshot.decode(found.content(name))
        migrate(snapshot)
        return snapshot.tables


def restore(
    root: Path,
    path: Path,
    at: datetime,
    *,
    change: Change | None = None,
    look: Look | None = None,
) -> Restored:
    """Put a backup in the place of everything in this home but the secrets, all or nothing.

    `change` is called with the state's tables as they are, {} where they cannot be read, and as
    they will be: it may change the latter. `look` says what is wrong with the tables of a database,
    by its name, "" where nothing is.

    What was there is kept as a backup beside the home. Other sessions see the restored state with
    their next look. Raises `BackupRefused` or `StateNewer` for the file, `StateBusy` while another
    session syncs, publishes or connects, `StateUnreadable`, `StateUnwritable`; nothing was changed
    then.
    """
    need_closed(root)
    with contextlib.closing(Archive(path)) as found:
        _check(found, look)
        finish(root)
        with contextlib.ExitStack() as locks:
            locks.enter_context(restore_lock(root))
            named_locks(locks, root)
            unstage(root)
            holding = locks.enter_context(held(root, also=found.backup.files, forgiving=True))
            kept, left_out = _keep(holding, at)
            if kept is not None:
                locks.callback(kept.close)
            try:
                for name in found.backup.files:
                    _stage(holding, name, found.content(name), change)
                # Named just before the plan counts: a sudden end until then leaves no copy.
                put = None if kept is None else kept.put
                carry_out(root, _plan(holding, found.backup), before=put)
            except BaseException:
                unstage(root)
                if kept is not None and not plan_path(root).exists():
                    kept.take_back()
                raise
    place = None if kept is None else kept.path
    return Restored(backup=found.backup, kept=place, left_out=left_out)


def _files(holding: HomeLock, *, forgiving: bool = False) -> tuple[Files, tuple[str, ...]]:
    """Return all that is to be carried, as it is at this moment, and what cannot be read.

    `forgiving` leaves out what is no file as well, instead of raising.
    """
    files: Files = []
    left_out = list(holding.damaged)
    for name in sorted(holding.names - holding.damaged.keys()):
        if name in holding.databases:
            files.append((name, holding.databases[name].contents.snapshot.moment()))
            continue
        try:
            data = read_file(holding.root / name) or b""
        except StateDisplaced:
            if not forgiving:
                raise
            left_out.append(name)
            continue
        if backup_file.LIST.fullmatch(name) and not _is_list(data):
            left_out.append(name)  # a sync fetches it anew
        else:
            # What follows the last line was never whole.
            whole = data if backup_file.LIST.fullmatch(name) else data[: data.rfind(b"\n") + 1]
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
    with contextlib.closing(HomeLock(root)) as holding:
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
        list_files.documents(data)
    except (Damage, NewerFormat):
        return False
    return True


def _pieces(files: Files) -> Iterator[tuple[str, Iterable[bytes]]]:
    for name, content in files:
        yield name, content.pieces() if isinstance(content, Snapshot) else [content]


def _check(found: Archive, look: Look | None) -> None:
    """Raise unless every file of the backup is whole and can be understood."""
    if "state.json" not in found.backup.files:
        raise found.refused("it lacks state.json")
    for name in found.backup.files:
        data, why = found.content(name), ""
        try:
            if not backup_file.LINES.fullmatch(name):
                need_single_keys(data)
            if backup_file.DATABASE.fullmatch(name):
                snapshot = Snapshot.decode(data)
                migrate(snapshot)
                why = "" if look is None else look(name, snapshot.tables)
            elif backup_file.LIST.fullmatch(name):
                list_files.documents(data)
        except NewerFormat:
            raise StateNewer(
                f"{found.path} was made by a newer Kashdeck than this one. Nothing was changed."
            ) from None
        except (Damage, ValueError) as damage:
            raise found.refused(f"{name} in it cannot be understood: {damage}") from None
        if why:
            raise found.refused(f"{name} in it cannot be understood: {why}")


def _keep(holding: HomeLock, at: datetime) -> tuple[NewBackup | None, tuple[str, ...]]:
    """Make a backup of what is there, beside the home or, where that is closed, in it.

    It has no name yet.
    """
    files, left_out = _files(holding, forgiving=True)
    if not files:
        return None, left_out
    root = holding.root
    try:
        kept = NewBackup(_free(root.parent, root, at))
    except StateUnwritable:
        kept = NewBackup(_free(root, root, at))
    try:
        kept.write(_pieces(files), at, left_out)
    except BaseException:
        kept.close()
        raise
    return kept, left_out


def _free(folder: Path, root: Path, at: datetime) -> Path:
    """Return a name in the folder that nothing has."""
    name = f"{root.name}-before-restore-{at:%Y%m%d-%H%M%S}"
    path, number = folder / f"{name}.zip", 1
    while os.path.lexists(path):
        number += 1
        path = folder / f"{name}-{number}.zip"
    return path


def _stage(holding: HomeLock, name: str, data: bytes, change: Change | None) -> None:
    if not backup_file.DATABASE.fullmatch(name):
        stage(holding.root, name, data)
        return
    snapshot = Snapshot.decode(data)
    migrate(snapshot)
    if change is not None and name == "state.json":
        known = name in holding.databases and name not in holding.damaged
        change(holding.databases[name].contents.snapshot.tables if known else {}, snapshot.tables)
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


def _plan(holding: HomeLock, backup: Backup) -> RestorePlan:
    """Say what is put in place, and that all else of before goes."""
    files, gone = [], []
    for name in sorted(backup.files):
        files.append(name)
        if backup_file.DATABASE.fullmatch(name):
            files.append(f"{name}.log")
    for name in sorted(holding.names - backup.files.keys()):
        gone += [name, f"{name}.log"] if backup_file.DATABASE.fullmatch(name) else [name]
    stay = {f"businesses/{business}" for business in backup.businesses}
    for folder in sorted(holding.root.glob("businesses/*")):
        if f"businesses/{folder.name}" not in stay:
            locks = [*folder.glob("*.lock"), *folder.glob("lists/*.lock")]
            gone += filter(_may_go, (path.relative_to(holding.root).as_posix() for path in locks))
    return RestorePlan(tuple(files), tuple(gone))


# What can still be read of a damaged database, put in its place; for whoever has no backup.

# Sessions that are open may have seen more than can be read now: what is kept comes after it.
_FARTHEST = 1 << 20


class Salvaged(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one damaged database, named as in the home.

    `kept` documents are there again, `lost` changes after them are not (None: nobody knows how
    many). Where `kept` is None nothing could be read, and nothing was changed. `copies` are the
    damaged files, as they were. `changed` says that what is kept is not all as it was written: some
    name or figure in it may be another.
    """

    name: str
    kept: int | None
    lost: int | None
    copies: tuple[Path, ...]
    changed: bool = False


def salvage(root: Path) -> list[Salvaged]:
    """Keep what is sound of every damaged database, beside copies of the damaged files.

    That is all up to the first line of the log that is not as it was written, or the snapshot alone
    where its log is another's. Synced lists are left: a sync replaces them. Raises `StateBusy`,
    `StateNewer`, `StateUnreadable`, `StateUnwritable`.
    """
    need_closed(root)
    if not root.exists():
        return []
    finish(root)
    found = []
    for name in sorted(filter(backup_file.DATABASE.fullmatch, carried(root))):
        with contextlib.closing(DatabaseFiles(root / name)) as file:
            if not _is_damaged(file):
                continue  # seen without keeping anyone waiting
            with _alone(root / name):
                if _is_damaged(file):
                    found.append(_salvage(name, file))
    return found


def _is_damaged(file: DatabaseFiles) -> bool:
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


def _salvage(name: str, file: DatabaseFiles) -> Salvaged:
    copies = tuple(_copies(file))
    try:
        contents, lost, changed = _sound(file)
    except Damage:
        return Salvaged(name=name, kept=None, lost=None, copies=copies)
    snapshot = contents.snapshot
    snapshot.lsn += _FARTHEST
    try:
        replace_file(file.path, snapshot.encode())
        replace_file(file.log_path, begun(snapshot.lsn, snapshot.database))
    except OSError as error:
        raise unwritable(file.path, error) from error
    kept = sum(len(documents) for documents in snapshot.tables.values())
    return Salvaged(name=name, kept=kept, lost=lost, copies=copies, changed=changed)


def _copies(file: DatabaseFiles) -> Iterator[Path]:
    for path in (file.path, file.log_path):
        data = read_file(path)
        if not data:
            continue
        copy = keep_copy(path, data)
        if copy is None:
            raise StateUnwritable(f"No copy of {path} could be made, so it was left as it is.")
        yield copy


def _sound(file: DatabaseFiles) -> tuple[StoredTables, int | None, bool]:
    """Return what can be read, how many changes cannot, and whether what can is changed.

    Raises `Damage` where nothing can be read.
    """
    data = read_file(file.path)
    snapshot = None if data is None else Snapshot.decode(data, vouch=False)
    changed = data is not None and not is_unchanged(data)
    try:
        journal = WriteAheadLog.open(file.log_path)
    except Damage:
        journal = None
    if snapshot is None and (journal is None or journal.base):
        raise Damage("the snapshot is gone")
    contents, lost = StoredTables(snapshot or Snapshot()), None
    if journal is not None:
        with contextlib.closing(journal):
            lost = _replay(contents, journal)
    migrate(contents.snapshot)
    return contents, lost, changed


def _replay(contents: StoredTables, journal: WriteAheadLog) -> int | None:
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
