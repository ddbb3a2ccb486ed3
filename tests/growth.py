"""Whether work grows no faster than what it is done for: CPU at two sizes, measured by turns."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

ROUNDS = 5


def growth(few: Callable[[], object], many: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return how many times the CPU of `few` it is that `many` takes, by the best of some rounds.

    The two are done by turns, so that a busy machine is busy for both.
    """
    best = [float("inf"), float("inf")]
    for _ in range(rounds):
        for at, work in enumerate((few, many)):
            gc.collect()
            began = time.thread_time()
            work()
            best[at] = min(best[at], time.thread_time() - began)
    return best[1] / best[0]
