"""Sharing a home: a group of this machine uses it together, or its owner alone.

What is made later follows from the folder it lies in (see `durable_files`), so sharing means: give
what exists the group and the modes. Another person's files can be changed by nobody but them and
the machine's administrator; messages name that where it matters.
"""

from __future__ import annotations

import grp
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kfclient.store import users
from kfclient.store.durable_files import (
    FILE_MODE,
    FOLDER_MODE,
    SHARED_FILE_MODE,
    SHARED_FOLDER_MODE,
    is_shared,
    make_folder,
    unreadable,
    unwritable,
)
from kfclient.store.errors import SharingRefused
from kfclient.store.filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator

# What others make while it is shared follows the folder only once the folder is changed.
_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who may use a home.

    `group` is the group that shares it, "" where its owner is alone, and `members` are the users in
    that group; `others` are the people who made files in there beside the owner. `closed` is a
    folder on the way to it that the group may not pass, None where there is none. `changed` says
    how many files and folders a change has changed.
    """

    owner: str
    group: str = ""
    members: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    closed: Path | None = None
    changed: int = 0


def sharing(root: Path) -> Sharing:
    """Return who may use the home of this folder; raises `StateUnreadable`."""
    try:
        return _sharing(root)
    except FileNotFoundError:
        return Sharing(users.person(os.getuid()))
    except OSError as error:
        raise unreadable(root, error) from error


def share(root: Path, group: str) -> Sharing:
    """Open the home, made if need be, to a group of this machine.

    Raises `SharingRefused` where there is no such group, this person is not in it or does not own
    the home, or others have made files for another group there; `StateUnwritable`.
    """
    number = _group(group)
    try:
        _need_a_home(root)
        make_folder(root)
        _need_owner(root, "share")
        _need_own_files(root, number)
        changed = _change(root, number)
        if not is_shared(root):
            raise SharingRefused(
                f"The disk of {root} does not keep who may use a file.",
                "Move the home to a disk that does: KASHDECK_HOME says where it is.",
            )
        return _sharing(root, changed)
    except OSError as error:
        raise unwritable(root, error) from error


def stop_sharing(root: Path) -> Sharing:
    """Keep the home to its owner again. What others made there stays theirs, but out of reach.

    Raises `SharingRefused` where this person does not own the home, or while somebody is at work in
    it; `StateUnwritable`.
    """
    try:
        if not root.exists():
            return sharing(root)
        _need_owner(root, "stop sharing")
        _need_quiet(root)
        return _sharing(root, _change(root, None))
    except OSError as error:
        raise unwritable(root, error) from error


def _sharing(root: Path, changed: int = 0) -> Sharing:
    status = root.stat()
    shared, owner = is_shared(root), users.person(status.st_uid)
    others = {inside.st_uid for _, inside in everything(root)} - {status.st_uid}
    return Sharing(
        owner=owner,
        group=users.group(status.st_gid) if shared else "",
        members=tuple(users.group_members(status.st_gid)) if shared else (),
        others=tuple(sorted(map(users.person, others))),
        closed=_closed(root, status.st_gid) if shared else None,
        changed=changed,
    )


def _group(name: str) -> int:
    try:
        number = grp.getgrnam(name).gr_gid
    except (KeyError, ValueError):
        raise SharingRefused(
            f"This machine has no group “{name}”.",
            "See your groups with: id -Gn\nWhoever looks after this machine can make one.",
        ) from None
    here = users.person(os.getuid())
    if users.in_group(number):
        return number
    if here in users.group_members(number):
        raise SharingRefused(
            f"{here} was put into the group {name} after this login, which does not know it yet.",
            "Log out and in again, then share the home.",
        )
    raise SharingRefused(
        f"{here} is not in the group {name}, so nothing can be shared with it.",
        f"Ask whoever looks after this machine to put {here} into it, then log in again.",
    )


def _need_a_home(root: Path) -> None:
    own = Path.home()
    if root in (own, *own.parents):
        raise SharingRefused(
            f"The home is {root}, which holds more than Kashdeck's files.",
            "Have KASHDECK_HOME name a folder of its own, move Kashdeck's files there, then share.",
        )


def _need_owner(root: Path, doing: str) -> None:
    owner = root.stat().st_uid
    if owner != os.getuid():
        name = users.person(owner)
        raise SharingRefused(
            f"The home {root} belongs to {name}; nobody else may {doing} it.",
            f"Ask {name}. A home of your own is made where KASHDECK_HOME says.",
        )


def _need_own_files(root: Path, group: int) -> None:
    """Refuse where others' files would stay with another group: half a home would be shared."""
    for place, status in everything(root):
        if status.st_uid != os.getuid() and status.st_gid != group:
            raise SharingRefused(
                f"{place} belongs to {users.person(status.st_uid)}, who used the home with "
                "another group. Only they could give it to this one.",
                "Ask whoever looks after this machine to give everything in the home to "
                f"{users.person(os.getuid())} (chown -R), then share it again.",
            )


def _need_quiet(root: Path) -> None:
    for place, _ in everything(root):
        lock = FileLock(place)
        if place.suffix == ".lock" and lock.is_held() and lock.holder() != os.getpid():
            raise SharingRefused(
                f"Somebody is at work in the home: process {lock.holder()} holds {place.name}.",
                "Wait until it has ended, then try again.",
            )


def _change(root: Path, group: int | None) -> int:
    """Give everything of this person's the group and its modes, or the owner's; return how many."""
    changed: set[Path] = set()
    for _ in range(_ROUNDS):
        wrong = [
            place
            for place, status in everything(root)
            if status.st_uid == os.getuid() and _is_wrong(status, group)
        ]
        if not wrong:
            break
        for place in wrong:
            _mend(place, group)
        changed.update(wrong)
    return len(changed)


def _is_wrong(status: os.stat_result, group: int | None) -> bool:
    mode = wanted_mode(status.st_mode, shared=group is not None)
    return stat.S_IMODE(status.st_mode) != mode or group not in (None, status.st_gid)


def _mend(place: Path, group: int | None) -> None:
    # By descriptor, so that a link that somebody puts in its place leads nowhere.
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return  # temporary files come and go
    try:
        status = os.fstat(descriptor)
        mode = status.st_mode
        if stat.S_ISREG(mode) and status.st_nlink > 1:
            return  # it has a name elsewhere, and may be a file of one's own
        if group is not None:
            os.fchown(descriptor, -1, group)
        os.fchmod(descriptor, wanted_mode(mode, shared=group is not None))
    finally:
        os.close(descriptor)


def wanted_mode(mode: int, *, shared: bool) -> int:
    """Return the mode that a file or folder of this kind has in a home."""
    if stat.S_ISDIR(mode):
        return SHARED_FOLDER_MODE if shared else FOLDER_MODE
    return SHARED_FILE_MODE if shared else FILE_MODE


def everything(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Give the home and each file and folder in it, a folder before what it holds; no links.

    Raises OSError where a folder may not be looked into.
    """
    yield root, root.stat()
    for folder, folders, files in os.walk(root, onerror=_raise):
        for name in sorted((*folders, *files)):
            place = root.joinpath(folder, name)
            try:
                status = place.lstat()
            except FileNotFoundError:
                continue
            if stat.S_IFMT(status.st_mode) in (stat.S_IFREG, stat.S_IFDIR):
                yield place, status


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _closed(root: Path, group: int) -> Path | None:
    """Return the first folder on the way to the home that the group may not pass."""
    for folder in reversed(root.parents):
        status = folder.stat()
        passes = stat.S_IXGRP if status.st_gid == group else stat.S_IXOTH
        if not status.st_mode & passes:
            return folder
    return None
