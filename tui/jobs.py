"""Keeps a job's progress as the desk's events come, so that a screen can be left and come back."""

from __future__ import annotations

import time
from functools import singledispatch
from typing import TYPE_CHECKING

from kfclient.desk.events import (
    Event,
    ItemHeld,
    ItemPublished,
    ItemSending,
    ListFailed,
    ListProgress,
    ListSynced,
    PublishEnded,
    PublishPaused,
    PublishResumed,
    PublishWaiting,
    StepDone,
    StepHeld,
    SupplierCreated,
    SyncEnded,
)
from kfclient.errors import tell
from screens.services import ListRow, PublishJob, SyncJob

if TYPE_CHECKING:
    from kfclient.desk.publish.report import PublishReport


@singledispatch
def note_sync(event: Event, job: SyncJob) -> None:
    """Note an event on a sync's progress."""
    del event, job


@note_sync.register
def _(event: ListProgress, job: SyncJob) -> None:
    row = job.lists[event.list]
    row.rows, row.seconds = event.rows, event.seconds


@note_sync.register
def _(event: ListSynced, job: SyncJob) -> None:
    job.lists[event.list] = ListRow(
        rows=event.count,
        seconds=event.seconds,
        outcome="done",
        added=event.added,
        changed=event.changed,
        removed=event.removed,
    )


@note_sync.register
def _(event: ListFailed, job: SyncJob) -> None:
    row = job.lists[event.list]
    row.outcome, row.problem = "failed", event.problem


@note_sync.register
def _(event: SyncEnded, job: SyncJob) -> None:
    job.ended, job.cancelled = True, event.cancelled


@singledispatch
def note_publish(event: Event, job: PublishJob) -> None:
    """Note an event on a publishing session's progress."""
    del event, job


@note_publish.register
def _(event: SupplierCreated, job: PublishJob) -> None:
    job.created.append(event.name)


@note_publish.register
def _(event: ItemSending, job: PublishJob) -> None:
    job.waiting = None
    job.state[event.item] = "sending"


@note_publish.register
def _(event: ItemPublished, job: PublishJob) -> None:
    job.state[event.item] = "published"
    job.numbers[event.item] = event.number


@note_publish.register
def _(event: ItemHeld, job: PublishJob) -> None:
    job.state[event.item] = "unknown" if event.unknown else "held"
    job.problems[event.item] = event.problem


@note_publish.register
def _(event: StepDone, job: PublishJob) -> None:
    job.steps.setdefault(event.item, {})[event.what] = ""


@note_publish.register
def _(event: StepHeld, job: PublishJob) -> None:
    job.steps.setdefault(event.item, {})[event.what] = tell(event.problem)


@note_publish.register
def _(event: PublishWaiting, job: PublishJob) -> None:
    job.waiting = event
    job.waits_until = time.monotonic() + event.seconds


@note_publish.register
def _(event: PublishPaused, job: PublishJob) -> None:
    del event
    job.paused = True


@note_publish.register
def _(event: PublishResumed, job: PublishJob) -> None:
    del event
    job.paused = False


@note_publish.register
def _(event: PublishEnded, job: PublishJob) -> None:
    job.waiting, job.paused = None, False
    job.ended, job.cancelled = True, event.cancelled


def note_report(report: PublishReport, job: PublishJob) -> None:
    """Note what a publishing session came to: items without events too, and what ended it."""
    for result in report.results:
        job.note(result)
    job.problem = report.stopped
