"""No core dumps: what a crash would write to the disk would have the passwords in it."""

from __future__ import annotations

import contextlib
import sys

_SET_DUMPABLE = 4


def forbid() -> None:
    """Forbid core dumps of this process and of those that it starts."""
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def close_memory() -> None:
    """Let no other process of this person read this one's memory or environment (Linux).

    It also keeps crash reporters away that a limit does not stop. Not inherited.
    """
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
