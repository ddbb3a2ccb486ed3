"""Trying a reading call again: a few times, a little later each time, never in step."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from kfclient.api.errors import ReplyLost, ServerTrouble, ServerUnreachable
from kfclient.api.limits import Limits
from kfclient.cancel import Cancel

T = TypeVar("T")

_PASSING = (ServerUnreachable, ReplyLost, ServerTrouble)


def retried(
    call: Callable[[bool], T],
    limits: Limits,
    cancel: Cancel | None = None,
    sleep: Callable[[float], object] = time.sleep,
) -> T:
    """Return what `call` returns, trying up to `limits.tries` times while the trouble may pass.

    `call` is told whether it is called again: the kept connection may be what the trouble was.
    Trouble that may pass is a server that cannot be reached, a lost reply and a server in trouble;
    anything else, a wrong password above all (accounts get locked), is raised at once. Waits by
    `sleep`, or by `cancel`, which ends the wait with `Cancelled`. Only for calls that change
    nothing.
    """
    for attempt in range(1, limits.tries):
        try:
            return call(attempt > 1)
        except _PASSING:
            pause = limits.pause * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311
            if cancel is None:
                sleep(pause)
            else:
                cancel.wait(pause)
                cancel.check()
    return call(limits.tries > 1)
