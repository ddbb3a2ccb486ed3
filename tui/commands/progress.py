"""What a command tells while it works: a line for each thing that happened."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

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
    """Listens to the desk and writes lines, from whichever thread the news comes.

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
                return f"  ok      {event.list.heading}: {event.count:,} ({changes})"
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
    from kfclient.desk.connect.connecting import CHECKS

    return next((known.title for known in CHECKS if known.id == check), check)
