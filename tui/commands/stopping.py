"""Ctrl-C, a hang-up and SIGTERM: work stops at its next safe point, not in the middle of a call.

Ctrl-C is a person who has had enough. At a hang-up or SIGTERM the program has to go, and what it
was at can be carried on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from kfclient.cancel import Cancel

STOPPED = 130
"""The exit code of a command that was stopped: 128 and the number of SIGINT, as shells say it."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SOON = b"\nStopping at the next safe point. Ctrl-C again stops at once.\n"


@contextmanager
def stoppable(soon: bytes = _SOON) -> Iterator[Cancel]:
    """Yield a token that the first signal cancels; a second one ends the command at once.

    A hang-up comes from the terminal and from the shell as well, so it may come twice and count
    once. What is ignored, as under nohup, stays so. `soon` is said at the first Ctrl-C.
    """
    cancel = Cancel()

    def stop(signum: int, _frame: FrameType | None) -> None:
        if signum == signal.SIGHUP or (signum == signal.SIGTERM and not cancel.is_set):
            cancel.leave()
        elif cancel.is_set:
            raise KeyboardInterrupt
        else:
            cancel.cancel()
            with suppress(OSError):
                os.write(2, soon)

    before = {
        number: signal.signal(number, stop)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
