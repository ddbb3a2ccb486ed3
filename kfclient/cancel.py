"""Tokens that let a person stop or pause long work from another thread."""

from __future__ import annotations

import threading

from kfclient.errors import Cancelled

_LOOK_EVERY = 0.1


class Cancel:
    """Handed to every long call; the call asks it between steps.

    Thread-safe. A cancelled token stays cancelled.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._leaving = False

    @property
    def is_set(self) -> bool:
        """Whether the person has asked to stop."""
        return self._event.is_set()

    @property
    def is_leaving(self) -> bool:
        """Whether nobody asked to stop, but the program has to go: see `leave`."""
        return self._leaving

    def cancel(self) -> None:
        """Ask the work to stop at its next safe point."""
        self._event.set()

    def leave(self) -> None:
        """Ask the work to stop at its next safe point, to be carried on another time.

        For when the terminal or the machine goes away; where a person has asked to stop, it stays
        at that.
        """
        self._leaving = self._leaving or not self._event.is_set()
        self._event.set()

    def check(self) -> None:
        """Raise `Cancelled` if the person has asked to stop."""
        if self._event.is_set():
            raise Cancelled

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds`; return True at once when cancelled."""
        return self._event.wait(seconds)


class Pause:
    """Lets a person pause long work and resume it. Thread-safe.

    While paused, what is on its way comes to its end and nothing new is begun.
    """

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()

    @property
    def is_paused(self) -> bool:
        """Whether the work is to wait."""
        return not self._going.is_set()

    def pause(self) -> None:
        """Ask the work to begin nothing new."""
        self._going.clear()

    def resume(self) -> None:
        """Let the work go on."""
        self._going.set()

    def hold(self, cancel: Cancel) -> None:
        """Wait until the work may go on; raises `Cancelled` when it shall stop instead."""
        cancel.check()
        while not self._going.wait(_LOOK_EVERY):
            cancel.check()
        cancel.check()
