"""Whole files: written so that a reader sees the old one or the new one, never half of either.

Who may use a file follows from the folder it lies in: in a folder that a group shares (2770) files
are 0660 and folders 2770, anywhere else 0600 and 0700. The umask has no say in it, and nothing is
to be seen under its name before it has its mode.

Others may put what they like into a home that they share, so a file there is opened only where it
is a regular one of its own: no link is followed, no pipe waited for, no device read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import zlib

from kfclient.store.errors import HomeOpen, StateDisplaced, StateUnreadable, StateUnwritable

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600
SHARED_FOLDER_MODE = 0o2770
"""The group is handed on to what is made inside, by the system itself."""
SHARED_FILE_MODE = 0o660

LARGEST = 1 << 29
"""Bytes that a file of a home has at most: what is larger was made by no Kashdeck."""


class NoPlainFile(OSError):
    """Something stands where a file should that is none: a link, a pipe, a folder, a device."""


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
    whose, cure = _why_not(path, error)
    return StateUnwritable(
        f"{path} could not be written: {reason}. {whose}{' ' if whose else ''}"
        "What was stored is untouched.",
        cure or None,
    )


def unreadable(path: Path, error: OSError) -> StateUnreadable:
    """Put a failed read into words."""
    reason = error.strerror or type(error).__name__
    whose, cure = _why_not(path, error)
    kind = StateDisplaced if isinstance(error, NoPlainFile) else StateUnreadable
    return kind(f"{path} could not be read: {reason}.{' ' if whose else ''}{whose}", cure or None)


def is_shared(folder: Path) -> bool:
    """Whether a group shares the folder; raises OSError where there is none."""
    return stat.S_IMODE(folder.stat().st_mode) == SHARED_FOLDER_MODE


def file_mode(folder: Path) -> int:
    """Return the mode of files in this folder; raises OSError."""
    return SHARED_FILE_MODE if is_shared(folder) else FILE_MODE


def need_closed(root: Path) -> None:
    """Raise `HomeOpen` where others may put files into a home that is not shared with them."""
    try:
        status = root.stat()
    except OSError:
        return  # there is nothing yet, or whoever looks says what is wrong
    mode = stat.S_IMODE(status.st_mode)
    if not mode & 0o022 or mode == SHARED_FOLDER_MODE:
        return
    if not mode & 0o002:
        from kfclient.store.users import is_alone_in  # what knows groups is seldom needed

        if is_alone_in(status.st_gid, status.st_uid):
            return
    raise HomeOpen(root)


def _why_not(path: Path, error: OSError) -> tuple[str, str]:
    if isinstance(error, NoPlainFile):
        return "", "See who put it there (ls -l), then move it away."
    from kfclient.store.users import why_closed  # what knows people and groups is seldom needed

    return why_closed(path, error)


def read_file(path: Path) -> bytes | None:
    """Return the file's bytes, or None where there is no such file; raises `StateUnreadable`."""
    try:
        return read_plain(path)
    except OSError as error:
        raise unreadable(path, error) from error


def read_plain(path: Path, largest: int = LARGEST) -> bytes | None:
    """Return what `read_file` does; raises OSError, also for more than `largest` bytes."""
    try:
        descriptor = open_plain(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if os.fstat(descriptor).st_size > largest:
            raise too_large(path)
        return file.readall()


def read_named(path: Path, largest: int) -> bytes:
    """Return the bytes of a file that a person has named, wherever it lies: a link is followed.

    No more than `largest` are taken in. Raises OSError, `NoPlainFile` for what is no file.
    """
    descriptor = open_named(path)
    try:
        pieces, room = [], largest
        while piece := os.read(descriptor, min(room + 1, 1 << 20)):
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                raise too_large(path)
    except BlockingIOError:  # a file of the system's that has no end
        raise NoPlainFile(errno.EINVAL, "it is no file that ends", str(path)) from None
    finally:
        os.close(descriptor)
    return b"".join(pieces)


def open_named(path: Path) -> int:
    """Open a file that a person has named, to read it; raises as `read_named` does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise NoPlainFile(errno.EINVAL, "it is no file", str(path)) from None
        raise
    try:
        _need_regular(path, os.fstat(descriptor))
    except NoPlainFile:
        os.close(descriptor)
        raise
    return descriptor


def too_large(path: Path) -> OSError:
    """Say that a file is larger than any that is read."""
    return OSError(errno.EOVERFLOW, "it is too large", str(path))


def open_plain(path: Path, flags: int) -> int:
    """Open a regular file of a home and return its descriptor, never anything else in its place.

    Raises OSError, `NoPlainFile` for what is no file of its own.
    """
    need_own_folders(path)
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, FILE_MODE)
    except FileNotFoundError:
        raise
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            _need_regular(path, os.lstat(path))
        raise
    try:
        status = os.fstat(descriptor)
        _need_regular(path, status)
        _need_one_name(path, status)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _need_one_name(path: Path, status: os.stat_result) -> None:
    """Refuse a file that is its owner's alone, and to which somebody gave a name in here."""
    if status.st_nlink > 1 and not status.st_mode & stat.S_IWGRP and is_shared(path.parent):
        raise NoPlainFile(errno.EINVAL, "it is another file's second name", str(path))


def need_own_folders(path: Path) -> None:
    """Raise `NoPlainFile` where a folder on the way is a link that somebody else may have put."""
    place = os.fspath(path)
    while (folder := os.path.dirname(place)) != place:  # noqa: PTH120 - asked at each opening
        place = folder
        try:
            status = os.lstat(folder)
        except OSError:
            continue
        if stat.S_ISLNK(status.st_mode) and status.st_uid not in (0, os.getuid()):
            above = os.stat(os.path.dirname(folder)).st_mode  # noqa: PTH116, PTH120
            if above & 0o022 and not above & stat.S_ISVTX:
                raise NoPlainFile(errno.EINVAL, f"{folder} is a link of somebody else's", folder)


_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFDIR: "a folder",
    stat.S_IFSOCK: "a socket",
}


def _need_regular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "a device")
        raise NoPlainFile(errno.EINVAL, f"it is {kind}, not a file", str(path))


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
    """Make the folder and its missing parents, for whom their parents are; existing ones are kept.

    Raises OSError.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        if is_shared(folder.parent):
            _make_shared_folder(folder)
        else:
            folder.mkdir(mode=FOLDER_MODE)
        sync_folder(folder.parent)


def _make_shared_folder(folder: Path) -> None:
    fresh = _beside(folder)
    fresh.mkdir()
    try:
        fresh.chmod(SHARED_FOLDER_MODE)
        fresh.rename(folder)
    except OSError as error:
        fresh.rmdir()
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            raise FileExistsError(error.errno, error.strerror, str(folder)) from None
        raise


def open_file(path: Path, flags: int) -> int:
    """Open the file, made empty where there is none, and return its descriptor; raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        return open_plain(path, flags)
    if not is_shared(path.parent):
        return open_plain(path, flags | os.O_CREAT)
    fresh = _beside(path)
    descriptor = os.open(fresh, flags | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        os.fchmod(descriptor, SHARED_FILE_MODE)
        # Unlike a rename, a link leaves the file of who was a moment faster.
        os.link(fresh, path)
    except FileExistsError:
        os.close(descriptor)
        return open_plain(path, flags)
    except BaseException:
        os.close(descriptor)
        raise
    finally:
        fresh.unlink()
    return descriptor


def _beside(path: Path) -> Path:
    """Return a name beside that nobody else uses."""
    return path.with_name(f"{path.name}.{os.urandom(6).hex()}.tmp")


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte, or raise OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def replace_file(
    path: Path, data: bytes | Sequence[bytes], *, before: Callable[[], object] | None = None
) -> None:
    """Put `data` in the file's place, whole and durably; raises OSError and then changes nothing.

    A long file may be given in pieces. `before` is called when nothing but the last step is left
    to do. The new content goes to `<name>.tmp` first, so callers hold a lock that keeps others out.
    """
    make_folder(path.parent)
    fresh = path.with_name(path.name + ".tmp")
    # What a sudden end left may be another person's.
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    _put(path, data, fresh, before)


def keep_copy(path: Path, data: bytes) -> Path | None:
    """Keep bad content beside its file; None where that is impossible.

    The name holds a checksum, so that the same content is kept once however often it is met.
    """
    copy = path.with_name(f"{path.name}.damaged-{zlib.crc32(data):08x}")
    try:
        if (there := read_plain(copy)) is not None:
            return copy if there == data else None
        # Who finds damage may hold no lock.
        _put(copy, data, _beside(copy))
    except OSError:
        return None
    return copy


def _put(
    path: Path,
    data: bytes | Sequence[bytes],
    fresh: Path,
    before: Callable[[], object] | None = None,
) -> None:
    """Write `data` to the new file `fresh`, then put that in the place of `path`."""
    need_own_folders(path)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        try:
            for piece in (data,) if isinstance(data, bytes) else data:
                write_all(descriptor, piece)
            os.fchmod(descriptor, file_mode(path.parent))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if before is not None:
            before()
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    sync_folder(path.parent)
