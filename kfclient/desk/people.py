"""Who is at the keyboard: people are the operating system's users."""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime


def this_person() -> str:
    """Return the user's name by the process's user id.

    Not by USER or LOGNAME, which anybody can set; a user without an entry is "user 1234".
    """
    user = os.getuid()
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"


def this_origin() -> str:
    """Return the address that the person came from over SSH, "" at the machine itself.

    sshd sets SSH_CONNECTION: the person's address and port, then this machine's.
    """
    words = os.environ.get("SSH_CONNECTION", "").split()
    return words[0] if words else ""


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)
