"""What every lane passes before it sends anything, and what stops them all."""

from __future__ import annotations

import threading

from kfclient.api.errors import (
    AddressNotListed,
    ApiDisabled,
    AutoAuthRefused,
    BadRequest,
    InsecureConnection,
    KashFlowError,
    Refused,
    WrongCredentials,
)
from kfclient.cancel import Cancel, Pace
from kfclient.desk.errors import NotConnected
from kfclient.errors import Problem

NOBODY_GETS_IN = (WrongCredentials, AddressNotListed, ApiDisabled, AutoAuthRefused, NotConnected)


class Halted(Exception):
    """Another lane has met what stops the run; nothing of this item was sent."""


class Gate:
    """Lets a lane through unless the run is cancelled or at its end; holds it while it is paused.

    Thread-safe.
    """

    def __init__(self, cancel: Cancel, pace: Pace) -> None:
        self.cancel = cancel
        self.pace = pace
        self._problem: Problem | None = None
        self._lock = threading.Lock()

    @property
    def problem(self) -> Problem | None:
        """What stops the run, None while it goes on."""
        return self._problem

    def halt(self, problem: Problem) -> None:
        """Stop the run: whatever is tried next would fail alike. The first reason is kept."""
        with self._lock:
            self._problem = self._problem or problem

    def open(self) -> None:
        """Let the lanes through again."""
        self._problem = None

    def check(self) -> None:
        """Wait while paused; raises `Cancelled`, or `Halted` when the run is at its end."""
        if self._problem is not None:
            raise Halted
        self.pace.hold(self.cancel)
        if self._problem is not None:
            raise Halted


def stops(problem: Problem) -> bool:
    """Tell whether what went wrong before anything was sent would go wrong for every item."""
    if isinstance(problem, NOBODY_GETS_IN):
        return True
    return isinstance(problem, KashFlowError) and not isinstance(problem, Refused | BadRequest)


def may_pass(problem: Problem) -> bool:
    """Tell whether waiting may mend it: the network or KashFlow's server is in trouble."""
    return (
        isinstance(problem, KashFlowError)
        and stops(problem)
        and not isinstance(problem, (*NOBODY_GETS_IN, InsecureConnection))
    )
