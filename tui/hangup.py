"""What happens when the terminal goes away: a lost SSH connection sends SIGHUP.

Textual would be gone in a tenth of a second, in the middle of whatever is being sent. Here the
call in flight is let finish and written down; then the process leaves at once, because an app
without a terminal cannot close in an orderly way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

PATIENCE = 75.0
"""Seconds to wait for a call in flight: its own deadline is 60."""


def watch(
    loop: asyncio.AbstractEventLoop,
    stop: Callable[[], None],
    busy: Callable[[], bool],
    farewell: Callable[[], object],
) -> None:
    """On SIGHUP or SIGTERM ask the work to `stop`, wait while it is `busy`, then leave.

    What is stopped so is to be carried on another time: see `Cancel.leave`.

    `farewell` is done last, in place of all that an orderly end would have done.
    """

    def leave() -> None:
        stop()
        until = time.monotonic() + PATIENCE
        while busy() and time.monotonic() < until:
            time.sleep(0.05)
        with contextlib.suppress(Exception):
            farewell()
        os._exit(128 + signal.SIGHUP)

    def gone() -> None:
        threading.Thread(target=leave, name="hangup", daemon=True).start()

    for name in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(name, gone)
