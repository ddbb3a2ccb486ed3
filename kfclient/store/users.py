"""Whose files these are: people and groups of this machine, and why somebody may not look."""

from __future__ import annotations

import errno
import grp
import os
import pwd
import stat

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from pathlib import Path


def person(user: int) -> str:
    """Return the name of the operating system's user; one without an entry is "user 1234"."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def group(number: int) -> str:
    """Return the name of the operating system's group; one without an entry is "group 1234"."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return f"group {number}"


def in_group(number: int) -> bool:
    """Whether this process may do what the group may."""
    return number in {os.getegid(), *os.getgroups()}


def group_members(number: int) -> list[str]:
    """Return who is in the group, by name; [] where the machine does not know the group."""
    try:
        members = set(grp.getgrgid(number).gr_mem)
    except KeyError:
        return []
    return sorted(members | {user.pw_name for user in pwd.getpwall() if user.pw_gid == number})


def is_alone_in(group: int, user: int) -> bool:
    """Whether the group has no member but this user, as the machine gives each user one."""
    return set(group_members(group)) <= {person(user)}


def why_closed(path: Path, error: OSError) -> tuple[str, str]:
    """Return a sentence and a cure where somebody else's file or folder is what stops us.

    Both are "" where that is not the reason.
    """
    if error.errno not in (errno.EACCES, errno.EPERM):
        return "", ""
    for place in (*reversed(path.parents), path):
        try:
            status = place.stat()
        except OSError:
            break
        needed = os.R_OK | os.X_OK if stat.S_ISDIR(status.st_mode) else os.R_OK | os.W_OK
        # A folder on the way need only let us through.
        if place in path.parents[1:]:
            needed = os.X_OK
        if not os.access(place, needed) and status.st_uid != os.getuid():
            return _closed(place, status)
    return "", ""


def _closed(place: Path, status: os.stat_result) -> tuple[str, str]:
    owner, mode = person(status.st_uid), status.st_mode
    if not (stat.S_ISDIR(mode) and mode & stat.S_ISGID and mode & stat.S_IWGRP):
        ask = f"Ask {owner} to share the home (kashdeck share GROUP)"
        sentence = f"{place} belongs to {owner}, who alone may use it."
        return sentence, f"{ask}, or set KASHDECK_HOME to a home of your own."
    shared, here = group(status.st_gid), person(os.getuid())
    is_shared = f"{place} is shared by the group {shared}"
    if here in group_members(status.st_gid):
        sentence = f"{is_shared}, and {here} was put into it after this login."
        return sentence, "Log out and in again, everywhere."
    cure = f"Ask whoever looks after this machine to put {here} into the group {shared}"
    return f"{is_shared}, and {here} is not in it.", f"{cure}, then log in again."
