"""Lanes: work off the screen's thread, one thing at a time in each.

Threads are daemons: a call that hangs must not hold up quitting.
"""

from __future__ import annotations

import logging
import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


class Lanes:
    """Named lanes, each a daemon thread with a queue, started when first used."""

    def __init__(self) -> None:
        self._queues: dict[str, queue.SimpleQueue[Callable[[], None]]] = {}
        self._lock = threading.Lock()

    def run(self, lane: str, work: Callable[[], None]) -> None:
        """Do `work` on the lane's thread, after what is there already. It must not raise."""
        with self._lock:
            waiting = self._queues.get(lane)
            if waiting is None:
                waiting = self._queues[lane] = queue.SimpleQueue()
                threading.Thread(
                    target=self._serve, args=(waiting,), name=f"lane-{lane}", daemon=True
                ).start()
        waiting.put(work)

    @staticmethod
    def _serve(waiting: queue.SimpleQueue[Callable[[], None]]) -> None:
        while True:
            work = waiting.get()
            try:
                work()
            except Exception:
                # The lane must live on; the person has seen nothing, so the log must.
                log.exception("work in a lane failed")
