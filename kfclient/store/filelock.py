"""A lock between threads and processes: held by one, freed by the system when its holder dies."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import threading
import time

from kfclient.store.durable_files import make_folder, open_file, open_plain, unwritable
from kfclient.store.errors import StateUnwritable

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from pathlib import Path

_NONE_HERE = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS}

# Short enough to be a small part of a durable write, random so that two waiters do not march in
# step.
_PAUSES = (0.0002, 0.002)

_LONGEST = 20
"""Bytes of a process id, and some more."""


class FileLock:
    """One lock file. Not re-entrant: who holds it must not ask for it again.

    `flock` works on Linux and macOS, and on network file systems that support it. The file holds
    the holder's process id, so that who waits can be told whom for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.Lock()
        self._descriptor = -1

    def acquire(self, seconds: float) -> bool:
        """Wait up to `seconds` for the lock; False when it did not come free.

        Raises `StateUnwritable` where no lock file can be made.
        """
        deadline = time.monotonic() + seconds
        if not self._threads.acquire(timeout=seconds):
            return False
        try:
            while (descriptor := self._attempt()) is None:
                if time.monotonic() >= deadline:
                    self._threads.release()
                    return False
                _pause()
        except BaseException:
            self._threads.release()
            raise
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let the next one in."""
        os.close(self._descriptor)
        self._threads.release()

    def is_held(self) -> bool:
        """Whether anyone holds the lock now; makes no file."""
        try:
            descriptor = open_plain(self._path, os.O_RDONLY)
        except OSError:
            return False
        try:
            return not _flock(descriptor, fcntl.LOCK_SH)
        except OSError as error:
            raise _unlockable(self._path, error) from error
        finally:
            os.close(descriptor)

    def holder(self) -> int | None:
        """Return the process id that the last holder left, None where unknown."""
        try:
            with os.fdopen(open_plain(self._path, os.O_RDONLY), "rb") as file:
                return int(file.read(_LONGEST))
        except (OSError, ValueError):
            return None

    def _attempt(self) -> int | None:
        """Return an open descriptor that holds the lock, or None."""
        try:
            descriptor = self._open()
        except OSError as error:
            raise unwritable(self._path, error) from error
        try:
            if _flock(descriptor, fcntl.LOCK_EX) and self._is_the_file(descriptor):
                _sign(descriptor)
                return descriptor
        except OSError as error:
            os.close(descriptor)
            raise _unlockable(self._path, error) from error
        os.close(descriptor)
        return None

    def _open(self) -> int:
        try:
            return open_file(self._path, os.O_RDWR)
        except FileNotFoundError:
            make_folder(self._path.parent)
            return open_file(self._path, os.O_RDWR)

    def _is_the_file(self, descriptor: int) -> bool:
        """Whether the lock is on the file that others will open (it may have been removed)."""
        try:
            return os.path.samestat(self._path.lstat(), os.fstat(descriptor))
        except FileNotFoundError:
            return False


def _unlockable(path: Path, error: OSError) -> StateUnwritable:
    """Put into words that a file could not be locked."""
    if error.errno not in _NONE_HERE:
        return unwritable(path, error)
    return StateUnwritable(
        f"{path} could not be locked: the disk that it is on keeps no locks. Nothing was changed.",
        "Have KASHDECK_HOME name a folder on a disk of this machine; or have locks switched on for "
        "this one, if it is on the network.",
    )


def _sign(descriptor: int) -> None:
    """Leave our process id in the lock file, where another one's is.

    Written for every durable write, it would be one more thing for the disk to write with it.
    """
    mine = b"%d" % os.getpid()
    # Only a courtesy to who waits: a full disk must not stop a lock.
    with contextlib.suppress(OSError):
        if os.pread(descriptor, len(mine) + 1, 0) != mine:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, mine, 0)


def _pause() -> None:
    import random  # slow to load, and who looks whether a lock is held never waits

    time.sleep(random.uniform(*_PAUSES))  # noqa: S311 - not for secrecy


def _flock(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True
