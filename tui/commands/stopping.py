"""Ctrl-C, a hang-up and SIGTERM: work stops at its next safe point, not in the middle of a call."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from kfclient.cancel import Cancel

STOPPED = 130
"""The exit code of a command that was stopped: 128 and the number of SIGINT, as shells say it."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SOON = b"\nStopping at the next safe point. Ctrl-C again stops at once.\n"


@contextmanager
def stoppable() -> Iterator[Cancel]:
    """Yield a token that the first signal cancels; a second one ends the command at once."""
    cancel = Cancel()

    def stop(signum: int, _frame: FrameType | None) -> None:
        if cancel.is_set:
            raise KeyboardInterrupt
        cancel.cancel()
        if signum == signal.SIGINT:
            os.write(2, _SOON)

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
