"""The file of a backup: a zip of plain TinyDB JSON, and a manifest that says what is in it.

    manifest.json                        {"kashdeck": "backup", "format": 1, "version": "0.1.0",
                                          "made_at": "2026-11-05T09:30:00Z", "left_out": [],
                                          "files": {"state.json": {"size": 812, "sha256": "..."}}}
    state.json
    businesses/<id>/items.json
    businesses/<id>/audit.jsonl
    businesses/<id>/lists/<name>.json

Never secrets, locks, logs of the program, or what was kept beside a damaged file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
import zipfile
import zlib
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient import __version__
from kfclient.store.database_files import DatabaseFiles
from kfclient.store.durable_files import (
    LARGEST,
    NoPlainFile,
    open_named,
    sync_folder,
    unreadable,
    unwritable,
)
from kfclient.store.errors import (
    BackupRefused,
    StateBusy,
    StateDamaged,
    StateDisplaced,
    StateNewer,
    StoreError,
)
from kfclient.store.filelock import FileLock
from kfclient.store.paths import SLUG, lock_path
from kfclient.store.wal import need_single_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 1
MANIFEST = "manifest.json"

DATABASE = re.compile(rf"state\.json|businesses/{SLUG}/{SLUG}\.json")
LIST = re.compile(rf"businesses/{SLUG}/lists/{SLUG}\.json")
LINES = re.compile(rf"businesses/{SLUG}/{SLUG}\.jsonl")

# A zip's own times begin in 1980 and end in 2107; a clock may be anywhere.
_NO_TIME = (1980, 1, 1, 0, 0, 0)

_SURELY_FITS = 64 << 20
"""Bytes that a file of a backup may have, however small it was packed."""

_TIGHTEST = 200
"""How many times smaller a larger one of ours can be packed; what is tighter holds nothing."""

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class FileNote(msgspec.Struct, frozen=True):
    """A file of the backup: its bytes and their checksum."""

    size: int
    sha256: str


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds: when it was made (UTC), by which version, and which files.

    `left_out` names the files that could not be read when it was made.
    """

    made_at: datetime
    version: str
    files: dict[str, FileNote]
    left_out: tuple[str, ...] = ()

    @property
    def businesses(self) -> tuple[str, ...]:
        """The ids of the businesses in it."""
        return tuple(sorted({name.split("/")[1] for name in self.files if "/" in name}))


def is_carried(name: str) -> bool:
    """Whether a file of this name, in the home, belongs in a backup."""
    return any(kind.fullmatch(name) for kind in (DATABASE, LIST, LINES))


def write(
    path: Path,
    files: Iterable[tuple[str, Iterable[bytes]]],
    made_at: datetime,
    left_out: Iterable[str] = (),
) -> Backup:
    """Write a backup, whole or not at all, for its owner alone.

    `files` are the names and the bytes, in pieces. Raises `BackupRefused` where there is a file of
    that name already, `StateUnwritable`.
    """
    with contextlib.closing(NewBackup(path)) as new:
        backup = new.write(files, made_at, left_out)
        new.put()
    return backup


_NO_TMPFILE = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS}


class NewBackup:
    """A backup that is being made: it has no name until it is put in its place.

    So a sudden end leaves nothing of it, where the system knows files without a name (Linux);
    elsewhere it leaves a file of its owner's beside. Raises `BackupRefused` where there is a file
    of that name already, `StateUnwritable`.
    """

    def __init__(self, path: Path) -> None:
        if os.path.lexists(path):
            raise self._taken(path)
        self.path = path
        self._named = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
        try:
            descriptor = self._unnamed()
            self._has_name = descriptor is None
            if descriptor is None:
                descriptor = os.open(self._named, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise unwritable(path, error) from error
        self._file = os.fdopen(descriptor, "w+b")

    def write(
        self,
        files: Iterable[tuple[str, Iterable[bytes]]],
        made_at: datetime,
        left_out: Iterable[str] = (),
    ) -> Backup:
        """Write it whole and have the disk keep it; see `write`."""
        try:
            backup = _write(self._file, files, made_at, tuple(left_out))
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise unwritable(self.path, error) from error
        return backup

    def put(self) -> None:
        """Give it its name; a file that somebody has made there meanwhile is left."""
        try:
            self._link()
            sync_folder(self.path.parent)
        except FileExistsError:
            raise self._taken(self.path) from None
        except OSError as error:
            raise unwritable(self.path, error) from error

    def take_back(self) -> None:
        """Remove what `put` has put in its place, if it has."""
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(self._file.fileno()), self.path.lstat()):
                self.path.unlink()

    def close(self) -> None:
        """Close it; without its name it is gone then."""
        with contextlib.suppress(OSError):  # what a full disk would not take is given up
            self._file.close()
        if self._has_name:
            with contextlib.suppress(FileNotFoundError):
                self._named.unlink()

    def _unnamed(self) -> int | None:
        """Open a file without a name; None where there are none, or where none can be given one."""
        if not hasattr(os, "O_TMPFILE"):
            return None
        try:
            descriptor = os.open(self.path.parent, os.O_TMPFILE | os.O_RDWR, 0o600)
        except OSError as error:
            if error.errno in _NO_TMPFILE:
                return None
            raise
        if os.path.exists(f"/proc/self/fd/{descriptor}"):  # noqa: PTH110 - a link that leads nowhere
            return descriptor
        os.close(descriptor)
        return None

    def _link(self) -> None:
        if not self._has_name:
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                # Only where a folder is named does it follow to the file itself.
                file = f"/proc/self/fd/{self._file.fileno()}"
                os.link(file, self.path.name, dst_dir_fd=folder, follow_symlinks=True)
            finally:
                os.close(folder)
            return
        # Where somebody makes such a file meanwhile, a link leaves theirs; not every disk can.
        try:
            os.link(self._named, self.path)
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                raise
            self._named.rename(self.path)

    @staticmethod
    def _taken(path: Path) -> BackupRefused:
        return BackupRefused(f"{path} is there already.", "Choose another name for the backup.")


def _write(
    file: Any, files: Iterable[tuple[str, Iterable[bytes]]], made_at: datetime, left_out: Any
) -> Backup:
    notes: dict[str, FileNote] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, pieces in files:
            size, checksum = 0, sha256()
            with archive.open(_info(name), "w", force_zip64=True) as entry:
                for piece in pieces:
                    entry.write(piece)
                    checksum.update(piece)
                    size += len(piece)
            notes[name] = FileNote(size, checksum.hexdigest())
        backup = Backup(made_at=made_at, version=__version__, files=notes, left_out=left_out)
        manifest = {"kashdeck": "backup", "format": FORMAT, **msgspec.to_builtins(backup)}
        archive.writestr(_info(MANIFEST), msgspec.json.format(msgspec.json.encode(manifest)))
    return backup


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _NO_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


class Archive:
    """A backup to read from: opened, and its manifest found to be what is in it.

    Raises `BackupRefused` for what is no backup, not a whole one or not as it was written,
    `StateNewer` for a newer Kashdeck's, `StateUnreadable`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._told():
            self._file = os.fdopen(open_named(path), "rb")
        try:
            with self._told():
                self._zip = zipfile.ZipFile(self._file)
        except BaseException:
            self._file.close()
            raise
        try:
            with self._told():
                self.backup = self._manifest()
        except BaseException:
            self.close()
            raise

    def content(self, name: str) -> bytes:
        """Return a file's bytes, which are those that the manifest lists."""
        note = self.backup.files[name]
        with self._told():
            data = self._read(name)
            if len(data) != note.size or sha256(data).hexdigest() != note.sha256:
                raise ValueError(f"{name} is not as it was written")
        return data

    def _read(self, name: str) -> bytes:
        """Return what an entry holds; ValueError for more than any file of a home could."""
        info = self._zip.getinfo(name)
        most = min(LARGEST, max(_SURELY_FITS, info.compress_size * _TIGHTEST))
        with self._zip.open(info) as entry:
            pieces, room = [], most
            while piece := entry.read(min(room + 1, 1 << 20)):
                pieces.append(piece)
                room -= len(piece)
                if room < 0:
                    raise ValueError(f"{name} is too large")
        return b"".join(pieces)

    def refused(self, why: str) -> BackupRefused:
        """Say that this cannot be restored, and that nothing was touched."""
        return BackupRefused(f"{self.path} cannot be restored: {why}. Nothing was changed.")

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    @contextlib.contextmanager
    def _told(self) -> Any:
        """Put into words whatever can be wrong with a zip."""
        try:
            yield
        except FileNotFoundError:
            raise BackupRefused(f"There is no file {self.path}.", "Name a backup file.") from None
        except NoPlainFile as error:
            raise self.refused(error.strerror or "it is no file") from error
        except OSError as error:
            if error.errno in (None, errno.EINVAL):  # zipfile's own, or a place before the file
                raise self.refused(f"it is not a whole backup ({error})") from error
            raise unreadable(self.path, error) from error
        except _BROKEN as error:
            raise self.refused(f"it is not a whole backup ({error})") from error

    def _manifest(self) -> Backup:
        if MANIFEST not in self._zip.namelist():
            raise self.refused("it is no Kashdeck backup")
        try:
            with self._told():
                data = self._read(MANIFEST)
            need_single_keys(data)
            raw = msgspec.json.decode(data)
            if raw["kashdeck"] != "backup":
                raise self.refused("it is no Kashdeck backup")
            if raw["format"] > FORMAT:
                raise StateNewer(
                    f"{self.path} was made by a newer Kashdeck than this one. Nothing was changed."
                )
            backup = msgspec.convert(raw, Backup)
        except (msgspec.MsgspecError, LookupError, TypeError, ValueError) as error:
            raise self.refused("its manifest is not as Kashdeck writes it") from error
        names = self._zip.namelist()
        if sorted(names) != sorted([MANIFEST, *backup.files]):
            raise self.refused("it does not hold what its manifest says")
        for name in backup.files:
            if not is_carried(name):
                raise self.refused(f"it holds {name}, which is no file of a backup")
        return backup


# A whole home held still: nobody writes anything in it for as long as that lasts.

SECONDS = 10.0
"""How long others are waited for, in all."""

RESTORE = "restore"
"""The lock of whoever makes a backup or restores one: one at a time."""


class HomeLock:
    """A home's files while they are held: what they are called, and its databases, read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names: set[str] = set()
        self.databases: dict[str, DatabaseFiles] = {}
        self.damaged: dict[str, StoreError] = {}

    def look(self, *, forgiving: bool) -> None:
        """Read what is there; `forgiving` notes a damaged database instead of raising."""
        self.names = carried(self.root)
        for name in sorted(filter(DATABASE.fullmatch, self.names)):
            file = self.databases.setdefault(name, DatabaseFiles(self.root / name))
            self.damaged.pop(name, None)
            try:
                file.refresh()
            except (StateDamaged, StateDisplaced) as problem:
                if not forgiving:
                    raise
                self.damaged[name] = problem

    def revisions(self) -> dict[str, int]:
        """Return how many transactions each database has seen."""
        return {name: file.contents.snapshot.lsn for name, file in self.databases.items()}

    def close(self) -> None:
        """Close the databases."""
        for file in self.databases.values():
            file.close()


@contextlib.contextmanager
def held(root: Path, *, also: Iterable[str] = (), forgiving: bool = False) -> Iterator[HomeLock]:
    """Hold a home and give what is in it; nobody else writes until the block ends.

    `also` are files that are to be written and may not be there yet. Writers wait, so be brief: the
    databases are read before, and caught up with once they are held. Raises `StateBusy` when others
    are not done in time, and what reading raises.
    """
    holding = HomeLock(root)
    deadline = time.monotonic() + SECONDS
    try:
        holding.look(forgiving=forgiving)
        while True:
            wanted = holding.names | set(also)
            with contextlib.ExitStack() as locks:
                for path in _locks(root, wanted):
                    _take(locks, path, deadline)
                holding.look(forgiving=forgiving)
                if holding.names <= wanted:
                    yield holding
                    return
    finally:
        holding.close()


def carried(root: Path) -> set[str]:
    """Return the names of a home's files that belong in a backup, a log standing for its file."""
    found = {root / "state.json", root / "state.json.log"}
    for pattern in ("*.json", "*.json.log", "*.jsonl", "lists/*.json"):
        found.update(root.glob(f"businesses/*/{pattern}"))
    names = {
        path.relative_to(root).as_posix().removesuffix(".log")
        for path in found
        if os.path.lexists(path)
    }
    return {name for name in names if is_carried(name)}


def named_locks(locks: contextlib.ExitStack, root: Path) -> None:
    """Take every lock of something that is done now; raises `StateBusy`, saying what it is."""
    for path in sorted((root / "locks").glob("*.lock")):
        if path == lock_path(root, RESTORE):
            continue
        lock = FileLock(path)
        if not lock.acquire(0.05):
            raise StateBusy(
                f"Another session is at work here ({path.stem}, process {lock.holder()}). Nothing "
                "was changed.",
                "Let it finish, then try again.",
            )
        locks.callback(lock.release)


def _locks(root: Path, names: set[str]) -> list[Path]:
    """Return the locks, in the order in which whoever takes several takes them: trails first."""
    businesses = {name.rpartition("/lists/")[0] or name.rpartition("/")[0] for name in names} - {""}
    folders = sorted(businesses)
    databases = {name for name in names if DATABASE.fullmatch(name)} - {"state.json"}
    databases |= {f"{folder}/items.json" for folder in folders}
    every = [f"{folder}/audit.jsonl" for folder in folders]
    every += ["state.json", *sorted(databases)]
    every += [f"{folder}/lists/lists" for folder in folders]
    return [root / f"{name}.lock" for name in every]


def _take(locks: contextlib.ExitStack, path: Path, deadline: float) -> None:
    lock = FileLock(path)
    if not lock.acquire(max(deadline - time.monotonic(), 0.05)):
        raise StateBusy(
            f"{path.with_suffix('')} has been in use by the Kashdeck with process id "
            f"{lock.holder()} for a while. Nothing was changed."
        )
    locks.callback(lock.release)
