"""Who is at the keyboard: people are the operating system's users."""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime

from kfclient.store.users import person

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from pathlib import Path


def this_person() -> str:
    """Return the user's name by the process's user id.

    Not by USER or LOGNAME, which anybody can set; a user without an entry is "user 1234".
    """
    return person(os.getuid())


def is_person_here(name: str) -> bool:
    """Whether this machine has a user of that name, as `this_person` would give it."""
    try:
        pwd.getpwnam(name)
    except (KeyError, ValueError):
        word, _, number = name.partition(" ")
        # Without an entry there is nothing to look up; the number alone says who it is.
        return word == "user" and number.isdecimal() and person(int(number)) == name
    return True


def owns(folder: Path) -> bool:
    """Whether the folder is this process's user's own; a folder that is not there is anybody's."""
    try:
        return folder.stat().st_uid == os.getuid()
    except OSError:
        return True


def this_origin() -> str:
    """Return the address that the person came from over SSH, "" at the machine itself.

    sshd sets SSH_CONNECTION: the person's address and port, then this machine's.
    """
    words = os.environ.get("SSH_CONNECTION", "").split()
    return words[0] if words else ""


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)
