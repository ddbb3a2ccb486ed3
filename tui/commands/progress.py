"""What a command prints while it works, a line for each thing done, and how it is stopped."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

from kfclient.cancel import Cancel
from kfclient.desk.events import (
    CheckFailed,
    CheckPassed,
    Event,
    ItemHeld,
    ItemPublished,
    ItemUndone,
    ListFailed,
    ListSynced,
    PublishPaused,
    PublishResumed,
    PublishWaiting,
    StepDone,
    StepHeld,
    SupplierCreated,
)
from tui.commands.output import say

if TYPE_CHECKING:
    from collections.abc import Mapping


class Progress:
    """Listens to the desk and writes lines, from whichever thread an event comes.

    It never raises: a terminal that has gone must not stop work between a call and its being
    remembered. `names` gives items a name beside their number.
    """

    def __init__(self, *, quiet: bool, names: Mapping[str, str] | None = None) -> None:
        self._quiet = quiet
        self._names = names or {}
        self._lock = threading.Lock()
        self.checks: list[dict[str, str]] = []

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, CheckPassed):
            self.checks.append({"check": event.check, "detail": event.detail})
        line = self._line(event)
        if self._quiet or not line:
            return
        with self._lock:
            try:
                say(line)
                sys.stdout.flush()
            except (OSError, ValueError):
                self._quiet = True

    def _line(self, event: Event) -> str:
        match event:
            case CheckPassed():
                detail = f": {event.detail}" if event.detail else ""
                return f"  ok      {_title(event.check)}{detail}"
            case CheckFailed():
                return f"  failed  {_title(event.check)}"
            case ListSynced():
                changes = f"{event.added} added, {event.changed} changed, {event.removed} removed"
                told = f"  ok      {event.list.heading}: {event.count:,} ({changes})"
                return "\n".join((told, *(f"          {remark}" for remark in event.remarks)))
            case ListFailed():
                return f"  failed  {event.list.heading}: {event.problem.sentence}"
            case _:
                return self._item_line(event) or _run_line(event)

    def _item_line(self, event: Event) -> str:
        match event:
            case SupplierCreated():
                return f"  created {event.name}"
            case ItemPublished():
                return f"  ok      {self._item(event.item)}: number {event.number} in KashFlow"
            case ItemUndone():
                return f"  ok      {self._item(event.item)}: number {event.number} is out again"
            case ItemHeld():
                word = "unknown" if event.unknown else "held   "
                return f"  {word} {self._item(event.item)}: {event.problem.sentence}"
            case StepDone():
                return f"  ok      {self._item(event.item)}: {event.what}"
            case StepHeld():
                word = "unknown" if event.unknown else "left   "
                return f"  {word} {self._item(event.item)}, {event.what}: {event.problem.sentence}"
            case _:
                return ""

    def _item(self, item: str) -> str:
        name = self._names.get(item, "")
        return f"item {item}, {name}" if name else f"item {item}"


def _run_line(event: Event) -> str:
    match event:
        case PublishWaiting():
            seconds = max(1, round(event.seconds))
            return f"  waits   {seconds} seconds: {event.problem.sentence}"
        case PublishPaused():
            return "  paused  what is on its way is finished, nothing new is sent"
        case PublishResumed():
            return "  goes on"
        case _:
            return ""


def _title(check: str) -> str:
    from kfclient.desk.business.checks import CHECKS

    return next((known.title for known in CHECKS if known.id == check), check)


# Ctrl-C, a hang-up and SIGTERM: work stops at its next safe point, not in the middle of a call.
#
# Ctrl-C is a person who has had enough. At a hang-up or SIGTERM the program has to go, and what it
# was at can be carried on.

STOPPED = 130
"""The exit code of a command that was stopped: 128 and the number of SIGINT, as shells say it."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SOON = b"\nStopping at the next safe point. Ctrl-C again stops at once.\n"


@contextmanager
def stoppable(soon: bytes = _SOON) -> Iterator[Cancel]:
    """Yield a token that the first signal cancels; a second one ends the command at once.

    A hang-up comes from the terminal and from the shell as well, so it may come twice and count
    once. What is ignored, as under nohup, stays so. `soon` is said at the first Ctrl-C.
    """
    cancel = Cancel()

    def stop(signum: int, _frame: FrameType | None) -> None:
        if signum == signal.SIGHUP or (signum == signal.SIGTERM and not cancel.is_set):
            cancel.leave()
        elif cancel.is_set:
            raise KeyboardInterrupt
        else:
            cancel.cancel()
            with suppress(OSError):
                os.write(2, soon)

    before = {
        number: signal.signal(number, stop)
        for number in _SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
