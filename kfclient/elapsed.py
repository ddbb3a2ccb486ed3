"""How long ago something was, whatever was done to the clock on the wall meanwhile.

A machine counts the seconds since it was started, also while it sleeps, and gives each start an id.
Two moments of one start are so many seconds apart; after another start at least the seconds since
that have passed; of another machine's moment nothing is known.
"""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path

import msgspec

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_UPTIME = Path("/proc/uptime")
_MACHINE_ID = Path("/etc/machine-id")

_PROCESS = f"process {os.urandom(16).hex()}"
_PROCESS_BEGAN = time.monotonic()


class Uptime(msgspec.Struct, frozen=True, kw_only=True):
    """A moment as a machine counts it: seconds since the start that `boot` is the id of."""

    machine: str
    boot: str
    seconds: float


def this_moment() -> Uptime:
    """Return the moment it is now.

    Where the system does not count so, this process does: its beginning stands for the machine's.
    """
    try:
        boot = _BOOT_ID.read_text().strip()
        seconds = float(_UPTIME.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        boot, seconds = _PROCESS, time.monotonic() - _PROCESS_BEGAN
    return Uptime(machine=_machine(), boot=boot, seconds=seconds)


def elapsed(since: Uptime | None, now: Uptime) -> float | None:
    """Return how many seconds have passed at the least; None where that cannot be known."""
    if since is None or since.machine != now.machine:
        return None
    if since.boot != now.boot:
        return now.seconds
    passed = now.seconds - since.seconds
    return passed if passed >= 0 else None


@cache
def _machine() -> str:
    """Return what tells this machine from others, and nothing else about it."""
    import hashlib
    import platform

    try:
        known = _MACHINE_ID.read_text().strip()
    except OSError:
        known = ""
    return hashlib.sha256(f"kashdeck {known or platform.node()}".encode()).hexdigest()[:16]
