"""Waiting by itself: how long, and on whose clock."""

from __future__ import annotations

import random
from collections.abc import Callable

from kfclient.cancel import Cancel

_FIRST, _LONGEST = 2.0, 60.0


def _by_the_clock(seconds: float, cancel: Cancel) -> None:
    cancel.wait(seconds)


class Patience:
    """How publishing waits for the network: ever longer up to a minute, never in step.

    `sleep` waits so many seconds, less when cancelled; `chance` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        sleep: Callable[[float, Cancel], object] = _by_the_clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._sleep = sleep
        self._chance = chance

    def pause(self, tries: int) -> float:
        """Return the seconds to wait after so many tries that came to nothing."""
        longest: float = min(_LONGEST, _FIRST * 2 ** min(tries, 10))
        return longest * (0.5 + self._chance() / 2)

    def wait(self, seconds: float, cancel: Cancel) -> None:
        """Wait; raises `Cancelled` when the work shall stop instead."""
        self._sleep(seconds, cancel)
        cancel.check()
