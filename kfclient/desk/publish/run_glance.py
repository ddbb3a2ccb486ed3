"""How the publishing of a business goes, at a glance: from its news, for any process to see.

It reads one small file and looks who holds the lock, and loads nothing beside; what is decided is
decided by `kfclient.desk.publish.runs`.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum

from kfclient.desk.business.standing import publish_lock
from kfclient.store.news import Follower
from kfclient.store.places import news_path

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class RunStanding(StrEnum):
    """How a run goes."""

    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


class RunGlance:
    """A business's last run: by whom, since when (UTC), of how many items, and how it goes.

    `published` and `held` count items so far, `unknown` those of unknown outcome; `waiting` is the
    sentence of what it waits for, "" while it waits for nothing.
    """

    def __init__(self, lines: list[bytes]) -> None:
        self.run = self.items = self.process = 0
        self.who = ""
        self.detached = False
        self.started_at: datetime | None = None
        self.waiting = ""
        self._states: dict[str, str] = {}
        self._paused = self._ended = False
        for line in lines:
            self._hear(line)

    @property
    def published(self) -> int:
        """How many items it has published so far."""
        return self._count("published")

    @property
    def held(self) -> int:
        """How many items it has held back so far."""
        return self._count("held")

    @property
    def unknown(self) -> int:
        """How many items are of unknown outcome."""
        return self._count("unknown")

    def standing(self, holder: int | None) -> RunStanding:
        """Return how it goes; `holder` is the process that has the business's publish lock."""
        if self._ended:
            return RunStanding.ENDED
        if holder != self.process:
            return RunStanding.INTERRUPTED
        if self._paused:
            return RunStanding.PAUSED
        return RunStanding.WAITING if self.waiting else RunStanding.RUNNING

    def _count(self, state: str) -> int:
        return sum(one == state for one in self._states.values())

    def _hear(self, line: bytes) -> None:
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, KeyError, TypeError):
            return  # torn by a sudden end
        self.waiting = ""
        if kind == "PublishBegun":
            self.run, self.items, self.process = event["run"], event["items"], event["process"]
            self.who, self.detached = event["who"], event["detached"]
            self.started_at = datetime.fromisoformat(event["started_at"])
            self._paused = self._ended = False
        elif kind == "ItemPublished":
            self._states[event["item"]] = "published"
        elif kind == "ItemHeld":
            self._states[event["item"]] = "unknown" if event["unknown"] else "held"
        elif kind == "PublishWaiting":
            self.waiting = event["problem"]["sentence"]
        elif kind in {"PublishPaused", "PublishResumed"}:
            self._paused = kind == "PublishPaused"
        elif kind == "PublishEnded":
            self._ended = True


def run_glance(
    root: Path, business: str, holder: Callable[[str], int | None]
) -> tuple[RunGlance, RunStanding] | None:
    """Return a business's last run and how it goes; None where nothing was ever published.

    `holder` tells which process holds the home's lock of a name.
    """
    path = news_path(root, business)
    if not path.exists():
        return None
    follower = Follower(path)
    try:
        lines = follower.lines()
    finally:
        follower.close()
    if not lines:
        return None
    seen = RunGlance(lines)
    return seen, seen.standing(holder(publish_lock(business)))
