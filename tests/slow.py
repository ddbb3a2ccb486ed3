"""Replies of a sandbox that are slow for as long as a test wants them to be, and no longer."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.waiting import HANG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfclient.sandbox import Sandbox


class SlowReplies:
    """Holds the replies that the sandbox was told to make slow, until they are let go.

    It takes the place of the event that the sandbox waits on while it is slow, so a trickle is held
    after its first bytes, and what is to be in the books late waits too.
    """

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._changed = threading.Condition()
        self._let_go = 0
        self._open = False
        self._came = 0

    # What the sandbox asks, as of an event that is set when it stops

    def is_set(self) -> bool:
        return self._stopping.is_set()

    def set(self) -> None:
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Hold a reply until it is its turn to go; True when the sandbox stops instead."""
        with self._changed:
            self._came += 1
            mine = self._came
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._open or mine <= self._let_go or self._stopping.is_set(), HANG
            )
        return self._stopping.is_set()

    # What a test does

    @property
    def held(self) -> int:
        """How many replies are held just now."""
        with self._changed:
            return 0 if self._open else max(0, self._came - self._let_go)

    def until_held(self, replies: int) -> None:
        """Wait until so many replies are held at once; raise AssertionError if they do not come."""
        with self._changed:
            came = self._changed.wait_for(lambda: self._came - self._let_go >= replies, HANG)
        assert came, f"{self.held} replies are held, not {replies}"

    def let_go(self, replies: int = 1) -> None:
        """Let so many more replies go, in the order in which they came or will come."""
        with self._changed:
            self._let_go += replies
            self._changed.notify_all()

    def let_go_and_wait(self) -> None:
        """Let what comes late come now, and return once it is in the books."""
        self.let_go()
        for late in threading.enumerate():
            if late.name == "sandbox-late":
                late.join(HANG)

    def let_all_go(self) -> None:
        """Hold nothing any more: neither what is held nor what is still to come."""
        with self._changed:
            self._open = True
            self._changed.notify_all()


@contextmanager
def slow_replies(sandbox: Sandbox) -> Iterator[SlowReplies]:
    """Hold what this sandbox is told to be slow with, for the length of the block."""
    listener = sandbox._listener
    stopping = listener.stopping
    slow = SlowReplies(stopping)
    listener.stopping = slow  # type: ignore[assignment]
    try:
        yield slow
    finally:
        listener.stopping = stopping
        slow.let_all_go()
