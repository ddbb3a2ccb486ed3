"""A token that lets a person stop long work from another thread."""

from __future__ import annotations

import threading

from kfclient.errors import Cancelled


class Cancel:
    """Handed to every long call; the call asks it between steps.

    Thread-safe. A cancelled token stays cancelled.
    """

    def __init__(self) -> None:
        self._event = threading.Event()

    @property
    def is_set(self) -> bool:
        """Whether the person has asked to stop."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at its next safe point."""
        self._event.set()

    def check(self) -> None:
        """Raise `Cancelled` if the person has asked to stop."""
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds`; return True at once when cancelled."""
        return self._event.wait(seconds)
