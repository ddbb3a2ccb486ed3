"""How the businesses stand, and how their publishing goes: what `kashdeck status` prints.

It is read from the state's documents as they are stored, a `BusinessSummary` without the records
and the libraries that the rest of the desk needs.
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from datetime import datetime
from enum import StrEnum

from kfclient.dates import shown_date
from kfclient.desk.errors import BusinessUnknown
from kfclient.desk.model.connection_state import in_order, publish_lock, state_of
from kfclient.desk.person import this_person
from kfclient.store.database_files import StateReading
from kfclient.store.errors import record_misfits
from kfclient.store.events_file import Follower
from kfclient.store.paths import SLUG, events_path

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Document = dict[str, Any]


# How the publishing of a business goes: from its events, for any process to see.
#
# It reads one small file and looks who holds the lock, and loads nothing beside; what is decided is
# decided by `kfclient.desk.runs.runs`. The words are the tags of `kfclient.desk.events`.


class RunPhase(StrEnum):
    """How a run goes."""

    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


class RunStatus:
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

    def phase(self, holder: int | None) -> RunPhase:
        """Return how it goes; `holder` is the process that has the business's publish lock."""
        if self._ended:
            return RunPhase.ENDED
        if holder != self.process:
            return RunPhase.INTERRUPTED
        if self._paused:
            return RunPhase.PAUSED
        return RunPhase.WAITING if self.waiting else RunPhase.RUNNING

    def _count(self, state: str) -> int:
        return sum(one == state for one in self._states.values())

    def _hear(self, line: bytes) -> None:
        # What a sudden end has torn, and what no Kashdeck wrote, says nothing.
        with contextlib.suppress(ValueError, KeyError, TypeError):
            self._take(json.loads(line))

    def _take(self, event: Document) -> None:
        kind = event["event"]
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


def run_status(
    root: Path, business: str, holder: Callable[[str], int | None]
) -> tuple[RunStatus, RunPhase] | None:
    """Return a business's last run and how it goes; None where nothing was ever published.

    `holder` tells which process holds the home's lock of a name.
    """
    path = events_path(root, business)
    if not path.exists():
        return None
    follower = Follower(path)
    try:
        lines = follower.lines()
    finally:
        follower.close()
    if not lines:
        return None
    seen = RunStatus(lines)
    return seen, seen.phase(holder(publish_lock(business)))


class Note:
    """A problem as it is remembered: the three parts of `kfclient.errors.Problem`."""

    def __init__(self, document: Document) -> None:
        self.code: str = document["code"]
        self.sentence: str = document["sentence"]
        self.cure: str = document.get("cure", "")


class SyncedListStatus:
    """One of the six lists after its last sync; times are UTC."""

    def __init__(self, document: Document) -> None:
        self.count: int = document.get("count", 0)
        self.synced_at = _moment(document.get("synced_at"))
        self.problem = _note(document.get("problem"))
        self.remarks: list[str] = document.get("remarks", [])


class ConnectionStatus:
    """A connection to KashFlow; `company` is the name it was made with, `lists` are by name."""

    def __init__(self, document: Document) -> None:
        self.software: str = document["software"]
        self.endpoint: str = document["endpoint"]
        self.company: str = document["company"].get("name", "")
        self.connected_at = datetime.fromisoformat(document["connected_at"])
        self.connected_by: str = document["connected_by"]
        self.needs_reconnecting: bool = document.get("needs_reconnecting", False)
        self.problem = _note(document.get("problem"))
        self.last_sync = _moment(document.get("last_sync"))
        self.lists = {
            name: SyncedListStatus(one) for name, one in document.get("lists", {}).items()
        }


class BusinessStatus:
    """One business; the counts are of items, `role` is the person's, None for nobody named.

    `publishing` is its last run, and how that goes. `at_work` says that somebody sends items, or
    takes them out, now; `is_behind` that the counts are of before something of that kind.
    """

    def __init__(
        self,
        document: Document,
        counts: Document,
        person: str,
        is_locked: Callable[[str], bool],
        publishing: tuple[RunStatus, RunPhase] | None,
    ) -> None:
        known = document.get("connection")
        self.id: str = document["id"]
        self.name: str = document["name"]
        self.role: str | None = document.get("people", {}).get(person)
        self.connection = None if known is None else ConnectionStatus(known)
        self.state = state_of(
            self.id,
            connected=self.connection is not None,
            needs_reconnecting=bool(self.connection and self.connection.needs_reconnecting),
            list_failed=bool(
                self.connection and any(one.problem for one in self.connection.lists.values())
            ),
            is_locked=is_locked,
        )
        self.ready: int = counts.get("ready", 0)
        self.to_review: int = counts.get("to_review", 0)
        self.published: int = counts.get("published", 0)
        self.needs_you: int = counts.get("needs_you", 0)
        self.unknown: int = counts.get("unknown", 0)
        self.refused: int = counts.get("refused", 0)
        self.publishing = publishing
        broken = publishing is not None and publishing[1] is RunPhase.INTERRUPTED
        self.at_work = is_locked(publish_lock(self.id))
        self.is_behind = self.at_work or broken or counts.get("changing", False)


def statuses(root: Path | None = None, person: str = "") -> list[BusinessStatus]:
    """Return every business of the home, by name; reads the state file, and the events of runs.

    The home is the one of this folder, or that KASHDECK_HOME or the platform names; the person is
    the operating system's user unless given. Raises any `StoreError` that reading can.
    """
    state = StateReading(root)
    counts = {document.get("business"): document for document in state.documents("counts")}
    who = person or this_person()
    try:
        return in_order(
            BusinessStatus(
                document,
                counts.get(document["id"], {}),
                who,
                state.is_locked,
                run_status(state.root, _checked_id(document["id"]), state.holder),
            )
            for document in state.documents("businesses")
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        raise record_misfits("A business in state.json") from None


def status_of(business: str, root: Path | None = None, person: str = "") -> BusinessStatus:
    """Return the business of this id; BusinessUnknown."""
    for one in statuses(root, person):
        if one.id == business:
            return one
    raise BusinessUnknown(f"There is no business “{business}” here.")


def _checked_id(text: str) -> str:
    """Return a business's id; ValueError for what would be no folder of the home."""
    if not re.fullmatch(SLUG, text):
        raise ValueError(text)
    return text


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _note(document: Document | None) -> Note | None:
    return None if document is None else Note(document)


# How a run goes, in words: for who comes upon it in another session.

_VERBS = {
    RunPhase.RUNNING: "going on",
    RunPhase.PAUSED: "paused",
    RunPhase.WAITING: "waiting",
    RunPhase.INTERRUPTED: "broken off",
    RunPhase.ENDED: "ended",
}


def how_it_goes(seen: RunStatus, phase: RunPhase) -> str:
    """Return "paused, by anna since 14 Nov 2026 09:30, in the background: 3 of 7 items published".

    What is held back or of unknown outcome is said, and what it waits for.
    """
    since = ""
    if seen.started_at is not None:
        local = seen.started_at.astimezone()
        since = f" since {shown_date(local.date())} {local:%H:%M}"
    behind = ", in the background" if seen.detached else ""
    items = "item" if seen.items == 1 else "items"
    parts = [f"{seen.published} of {seen.items} {items} published"]
    parts += [f"{seen.held} held back"] if seen.held else []
    parts += [f"{seen.unknown} of unknown outcome"] if seen.unknown else []
    waits = f" {seen.waiting}" if phase is RunPhase.WAITING else ""
    return f"{_VERBS[phase]}, by {seen.who}{since}{behind}: {', '.join(parts)}.{waits}"


def broken_off(name: str, seen: RunStatus) -> tuple[str, str]:
    """Return what to show of a run that was broken off, of the business of this name, and its cure.

    The cure is how to carry it on.
    """
    said = how_it_goes(seen, RunPhase.INTERRUPTED)
    on, up = command(name, "--resume"), command(name, "--stop")
    return (
        f"The publishing of {name} was {said} Nothing is lost.",
        f"Carry it on with: {on}\nOr give it up with: {up}",
    )


def command(name: str, option: str) -> str:
    """Return the command that does this with the business's publishing."""
    return f"kashdeck publish {shlex.quote(name)} {option}"


def items_command(name: str) -> str:
    """Return the command that lists what a person has to look at."""
    return f"kashdeck items {shlex.quote(name)} --state needs-you"
