"""At most so many calls at once to one account, whichever client of this process makes them.

What KashFlow bears is documented nowhere; public clients make no more than three or four calls at
once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from kfclient.cancel import Cancel

_LOOK_EVERY = 0.05


class Lanes:
    """The calls that one account has under way, and those that wait, first come first served."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = 0
        self._waiting: deque[object] = deque()
        self._mine = threading.local()

    @contextmanager
    def lane(self, at_most: int, cancel: Cancel | None = None) -> Iterator[None]:
        """Hold a lane once fewer than `at_most` are taken; `cancel` ends the wait with `Cancelled`.

        A call that a thread makes from within another (out of its `on_rows`) shares its lane:
        waiting for itself it would wait for ever.
        """
        held: int = getattr(self._mine, "held", 0)
        if not held:
            self._take(max(1, at_most), cancel)
        self._mine.held = held + 1
        try:
            yield
        finally:
            self._mine.held = held
            if not held:
                self._leave()

    def _take(self, at_most: int, cancel: Cancel | None) -> None:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or self._busy >= at_most:
                    if cancel is not None:
                        cancel.check()
                    self._changed.wait(_LOOK_EVERY if cancel is not None else None)
                self._busy += 1
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _leave(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()


_known: WeakValueDictionary[tuple[str, str], Lanes] = WeakValueDictionary()
_knowing = threading.Lock()


def lanes_of(url: str, username: str) -> Lanes:
    """Return the lanes that all calls of this process as `username` to `url` share."""
    account = (url.casefold(), username.casefold())
    with _knowing:
        lanes = _known.get(account)
        if lanes is None:
            lanes = _known[account] = Lanes()
        return lanes
