"""Waiting for what comes, however long a busy machine takes over it: the clock decides nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

HANG = 120.0
"""Seconds after which a wait is a hang: a net, reached where something is wrong and not slow."""


def until(true: Callable[[], object], what: str = "it", seconds: float = HANG) -> None:
    """Return as soon as `true` is; fail where `what` does not come to be at all."""
    latest = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < latest, f"{what} did not come to be"
        time.sleep(0.002)
