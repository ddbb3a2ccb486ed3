"""Several items at once: a thread a lane, one item of a supplier or customer at a time."""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

_LOOK_EVERY = 0.1


class Lanes(Generic[T]):
    """Does `work` for each task, in their order, at most `lanes` at once.

    Tasks of one party follow one another: what is read of the party before one is sent has to hold
    what the one before has sent. An error that `work` raises ends the lanes after what they have in
    hand, and is raised again.
    """

    def __init__(
        self,
        tasks: Sequence[T],
        party: Callable[[T], Hashable],
        work: Callable[[T], bool],
        lanes: int,
    ) -> None:
        self._work = work
        self._wanted = max(1, lanes)
        self._changed = threading.Condition()
        self._queues: dict[Hashable, deque[tuple[int, T]]] = {}
        for number, task in enumerate(tasks):
            self._queues.setdefault(party(task), deque()).append((number, task))
        # Whose turn it is: the party with the first task that waits.
        self._turns: list[tuple[int, Hashable]] = [
            (queue[0][0], key) for key, queue in self._queues.items()
        ]
        self._left = len(tasks)
        self._ended = False
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do the tasks until all are done or `work` says to end; returns when the lanes have ended.

        `work` returns whether to go on.
        """
        heapq.heapify(self._turns)
        threads = [
            threading.Thread(target=self._lane, name=f"publish-{number}", daemon=True)
            for number in range(min(self._wanted, len(self._queues)))
        ]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                while thread.is_alive():
                    thread.join(_LOOK_EVERY)
        finally:
            self._end()
        if self._error is not None:
            raise self._error

    def _lane(self) -> None:
        while (taken := self._take()) is not None:
            key, task = taken
            try:
                if not self._work(task):
                    self._end()
            except BaseException as error:  # noqa: BLE001 - raised again by who waits
                self._end(error)
            self._put_back(key)

    def _take(self) -> tuple[Hashable, T] | None:
        """Return the next task and whose it is, None when there is none any more."""
        with self._changed:
            while not self._ended and self._left:
                if self._turns:
                    _, key = heapq.heappop(self._turns)
                    self._left -= 1
                    return key, self._queues[key].popleft()[1]
                self._changed.wait()
            return None

    def _put_back(self, key: Hashable) -> None:
        with self._changed:
            if self._queues[key]:
                heapq.heappush(self._turns, (self._queues[key][0][0], key))
            self._changed.notify_all()

    def _end(self, error: BaseException | None = None) -> None:
        with self._changed:
            self._ended = True
            self._error = self._error or error
            self._changed.notify_all()
