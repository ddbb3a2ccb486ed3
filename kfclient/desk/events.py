"""The events of the desk while it works: small frozen facts, handed to the caller's callback.

They come on the thread that does the work; a screen posts them on to itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec

from kfclient.desk.model.list_names import ListName
from kfclient.errors import Problem


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Something that happened, for the business with this id.

    `tag` is what each kind is called in a run's events file: it stays, whatever the class is
    called.
    """

    business: str


class CheckStarted(Event, frozen=True, kw_only=True, tag="CheckStarted"):
    """A connection check began."""

    check: str


class CheckPassed(Event, frozen=True, kw_only=True, tag="CheckPassed"):
    """A connection check passed; `detail` says what was found."""

    check: str
    detail: str


class CheckFailed(Event, frozen=True, kw_only=True, tag="CheckFailed"):
    """A connection check failed; `step` is the id of the step in KashFlow that cures it, or ""."""

    check: str
    problem: Problem
    step: str = ""


class SyncStarted(Event, frozen=True, kw_only=True, tag="SyncStarted"):
    """All six lists are being read."""


class ListProgress(Event, frozen=True, kw_only=True, tag="ListProgress"):
    """Rows of one list read so far; KashFlow does not say how many will come."""

    list: ListName
    rows: int
    seconds: float


class ListSynced(Event, frozen=True, kw_only=True, tag="ListSynced"):
    """One list came whole and replaced the old one; `remarks` are what is new to say about it."""

    list: ListName
    count: int
    added: int
    changed: int
    removed: int
    seconds: float
    remarks: tuple[str, ...] = ()


class ListFailed(Event, frozen=True, kw_only=True, tag="ListFailed"):
    """One list did not come; the old one stays."""

    list: ListName
    problem: Problem


class SyncEnded(Event, frozen=True, kw_only=True, tag="SyncEnded"):
    """The sync is over: `failed` names the lists that did not come."""

    failed: tuple[ListName, ...] = ()
    cancelled: bool = False


class PublishStarted(Event, frozen=True, kw_only=True, tag="PublishStarted"):
    """A plan is being carried out."""

    items: tuple[str, ...]


class PublishBegun(Event, frozen=True, kw_only=True, tag="PublishBegun"):
    """A run is on disk, so that a sudden end is no end: see `kfclient.desk.runs.runs.Run`.

    Told again when a run that was broken off is carried on. `items` says how many were shown.
    """

    run: int
    items: int
    who: str
    process: int
    detached: bool
    started_at: dt.datetime


class SupplierCreated(Event, frozen=True, kw_only=True, tag="SupplierCreated"):
    """A supplier or customer that was missing is now in KashFlow."""

    name: str
    kashflow_id: int


class ItemSending(Event, frozen=True, kw_only=True, tag="ItemSending"):
    """An item's document is going out."""

    item: str


class ItemPublished(Event, frozen=True, kw_only=True, tag="ItemPublished"):
    """An item is in KashFlow under this number."""

    item: str
    number: int


class ItemHeld(Event, frozen=True, kw_only=True, tag="ItemHeld"):
    """An item was not published: refused, not sent, needs a person, or of unknown outcome."""

    item: str
    problem: Problem
    unknown: bool = False


class StepDone(Event, frozen=True, kw_only=True, tag="StepDone"):
    """What follows an item's document is in KashFlow: its payment, a file, its note.

    `what` says which, in words.
    """

    item: str
    what: str


class StepHeld(Event, frozen=True, kw_only=True, tag="StepHeld"):
    """What follows an item's document was not done, or is of unknown outcome; it is left to do."""

    item: str
    what: str
    problem: Problem
    unknown: bool = False


class ItemVerified(Event, frozen=True, kw_only=True, tag="ItemVerified"):
    """A published item was compared with KashFlow; `differs` where it is not as it was sent."""

    item: str
    differs: bool


class ItemUndoing(Event, frozen=True, kw_only=True, tag="ItemUndoing"):
    """An item is being taken out of KashFlow."""

    item: str


class StepUndone(Event, frozen=True, kw_only=True, tag="StepUndone"):
    """Something was deleted in KashFlow: an item's document, its payment, a file.

    `what` says which, in words.
    """

    item: str
    what: str


class ItemUndone(Event, frozen=True, kw_only=True, tag="ItemUndone"):
    """An item is out of KashFlow, where it had this number, and in the inbox again."""

    item: str
    number: int


class UndoEnded(Event, frozen=True, kw_only=True, tag="UndoEnded"):
    """What was to be undone has been, or the undoing was stopped."""

    undone: int
    held: int
    cancelled: bool = False


class PublishWaiting(Event, frozen=True, kw_only=True, tag="PublishWaiting"):
    """Publishing waits so many seconds by itself, then goes on; `problem` says what for."""

    seconds: float
    problem: Problem


class PublishPaused(Event, frozen=True, kw_only=True, tag="PublishPaused"):
    """A person has paused publishing: what is on its way comes to its end, nothing new is sent."""


class PublishResumed(Event, frozen=True, kw_only=True, tag="PublishResumed"):
    """Publishing goes on after a pause."""


class PublishEnded(Event, frozen=True, kw_only=True, tag="PublishEnded"):
    """The plan has been carried out, or was stopped."""

    published: int
    held: int
    unknown: int
    cancelled: bool = False


Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Listen to nothing."""
    del event
