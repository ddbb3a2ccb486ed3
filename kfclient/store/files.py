"""Whole files: written so that a reader sees the old one or the new one, never half of either."""

from __future__ import annotations

import contextlib
import errno
import os
import zlib
from typing import TYPE_CHECKING

from kfclient.store.errors import StateUnreadable, StateUnwritable

if TYPE_CHECKING:
    from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EFBIG: "the file may not grow any further",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "you may not write there",
    errno.EPERM: "you may not write there",
    errno.ENOTDIR: "part of the path is a file, not a folder",
    errno.ENOLCK: "the disk does not support locks",
}


def unwritable(path: Path, error: OSError) -> StateUnwritable:
    """Put a failed write into words."""
    reason = _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
    return StateUnwritable(f"{path} could not be written: {reason}. What was stored is untouched.")


def unreadable(path: Path, error: OSError) -> StateUnreadable:
    """Put a failed read into words."""
    reason = error.strerror or type(error).__name__
    return StateUnreadable(f"{path} could not be read: {reason}.")


def read_file(path: Path) -> bytes | None:
    """Return the file's bytes, or None where there is no such file; raises `StateUnreadable`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from error


def sync(descriptor: int) -> None:
    """Have the disk keep the file's content (and its length) before returning."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(descriptor)
    else:
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Have the disk keep the folder's list of names before returning."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems keep folders by themselves and know no such request.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make the folder and its missing parents, for their owner alone; existing ones are kept.

    Raises OSError.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=FOLDER_MODE)
        sync_folder(folder.parent)


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte, or raise OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the file's place, whole and durably; raises OSError and then changes nothing.

    The new content goes to `<name>.tmp` first, so callers hold a lock that keeps others out.
    """
    make_folder(path.parent)
    fresh = path.with_name(path.name + ".tmp")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    try:
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    sync_folder(path.parent)


def keep_copy(path: Path, data: bytes) -> Path | None:
    """Keep bad content beside its file; None where that is impossible.

    The name holds a checksum, so that the same content is kept once however often it is met.
    """
    copy = path.with_name(f"{path.name}.damaged-{zlib.crc32(data):08x}")
    if copy.exists():
        return copy
    try:
        replace_file(copy, data)
    except OSError:
        return None
    return copy
