"""Trying a reading call again: a few times, a little later each time, never in step."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import TypeVar

from kfclient.api.errors import ReplyLost, ServerTrouble, ServerUnreachable
from kfclient.api.limits import Limits
from kfclient.cancel import Cancel

T = TypeVar("T")

_PASSING = (ServerUnreachable, ReplyLost, ServerTrouble)
_LONGEST_PAUSE = 30.0


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
    import tenacity  # loads asyncio, which a program may have no other use for

    def pause(seconds: float) -> None:
        if cancel is None:
            sleep(seconds)
        else:
            cancel.wait(seconds)
            cancel.check()

    tries = itertools.count()
    return tenacity.Retrying(
        stop=tenacity.stop_after_attempt(limits.tries),
        wait=tenacity.wait_exponential(multiplier=limits.pause, max=_LONGEST_PAUSE)
        + tenacity.wait_random(0, limits.pause / 2),
        retry=tenacity.retry_if_exception_type(_PASSING),
        sleep=pause,
        reraise=True,
    )(lambda: call(next(tries) > 0))
