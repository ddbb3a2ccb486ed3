"""Keeps a job's progress as the desk's events come, so that a screen can be left and come back."""

from __future__ import annotations

import time
from functools import singledispatch
from typing import TYPE_CHECKING

from kfclient.cancel import Cancel, Pause
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
from kfclient.desk.publish.journal_records import PublishReport
from kfclient.desk.runs.runs import RunRequest, publish_ended
from kfclient.errors import tell
from screens.services import ListRow, PublishJob, SyncJob

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.signal import Signal

    from kfclient.desk import Desk
    from kfclient.desk.events import Listener
    from kfclient.desk.publish.plan import Plan
    from kfclient.desk.runs.runs import Run
    from kfclient.errors import Problem
    from screens.services import Services


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


# The app's publishing: what it carries out itself, and what other processes do, shown alike.


class AppPublishing:
    """One publishing job a business, the running one or the last: see `PublishJobs`.

    `worked` notes work as going on, so that leaving can wait for it; `on_screen` calls something on
    the screen's thread.
    """

    def __init__(
        self,
        app: Services,
        worked: Callable[[str, Cancel, Callable[[], PublishReport]], Callable[[], PublishReport]],
        on_screen: Callable[[Callable[[], object]], None],
    ) -> None:
        self._app = app
        self._worked = worked
        self._on_screen = on_screen
        self._jobs: dict[str, PublishJob] = {}

    @property
    def _desk(self) -> Desk:
        return self._app.desk

    @property
    def _news(self) -> Signal[Event]:
        return self._app.events

    def job(self, business: str) -> PublishJob | None:
        """Return the running job of a business, or its last one."""
        return self._jobs.get(business)

    def start(self, plan: Plan, *, create_suppliers: bool, create_customers: bool) -> PublishJob:
        """Carry out a plan, or return the job that is running."""
        if (running := self._running(plan.business)) is not None:
            return running
        job = self._begin(plan, mine=True)

        def publish() -> PublishReport:
            return self._desk.publishing.publish(
                job.business,
                plan,
                create_suppliers=create_suppliers,
                create_customers=create_customers,
                wait=True,
                listener=self._listener(job),
                cancel=job.cancel,
                pause=job.pause,
            )

        self._carry_out(job, self._worked(job.business, job.cancel, publish))
        return job

    def resume(
        self,
        business: str,
        then: Callable[[PublishJob | None], object],
        trouble: Callable[[Problem], object] | None = None,
    ) -> None:
        """Carry on the run that was broken off, and give its job; None where there is none."""
        self._take_up(business, then, trouble, mine=True)

    def follow(
        self,
        business: str,
        then: Callable[[PublishJob | None], object],
        trouble: Callable[[Problem], object] | None = None,
    ) -> None:
        """Show the run that another process carries out, and give its job; None for none."""
        self._take_up(business, then, trouble, mine=False)

    def steer(
        self, business: str, request: RunRequest, trouble: Callable[[Problem], object] | None = None
    ) -> None:
        """Have the business's publishing pause, go on or stop, whoever carries it out."""
        job = self._running(business)
        if job is None or not job.mine:
            publishing = self._desk.publishing
            self._app.ask(lambda: publishing.ask(business, request), lambda _: None, trouble)
        elif request is RunRequest.PAUSE:
            job.pause.pause()
        elif request is RunRequest.GO_ON:
            job.pause.resume()
        else:
            job.cancel.cancel()

    # Inside

    def _take_up(
        self,
        business: str,
        then: Callable[[PublishJob | None], object],
        trouble: Callable[[Problem], object] | None,
        *,
        mine: bool,
    ) -> None:
        """Have a job for a run that is there already: carried on (`mine`), or followed."""

        def begin(found: tuple[Run, Plan] | None) -> None:
            job = self._running(business)
            if job is None and found is not None:
                job = self._begin(found[1], mine=mine)
                self._carry_out(job, self._resuming(job) if mine else self._following(job))
            then(job)

        self._app.ask(lambda: self._found(business, mine=mine), begin, trouble)

    def _found(self, business: str, *, mine: bool) -> tuple[Run, Plan] | None:
        """Return the run, to be carried on (`mine`) or followed, with its items; reads files."""
        publishing = self._desk.publishing
        run = publishing.interrupted(business) if mine else publishing.running(business)
        return None if run is None else (run, publishing.plan_of(business, run))

    def _running(self, business: str) -> PublishJob | None:
        job = self._jobs.get(business)
        return None if job is None or job.ended else job

    def _begin(self, plan: Plan, *, mine: bool) -> PublishJob:
        job = PublishJob(
            plan.business,
            plan,
            Cancel(),
            {planned.item_id: "waiting" for planned in plan.items},
            {},
            {},
            [],
            pause=Pause(),
            mine=mine,
        )
        self._jobs[plan.business] = job
        return job

    def _listener(self, job: PublishJob) -> Listener:
        def listen(event: Event) -> None:
            # The end comes with the report, which knows every item and what stopped the rest.
            if not isinstance(event, PublishEnded):
                self._on_screen(lambda: self._heard(event, job))

        return listen

    def _resuming(self, job: PublishJob) -> Callable[[], PublishReport]:
        def resume() -> PublishReport:
            return self._desk.publishing.resume(
                job.business, listener=self._listener(job), cancel=job.cancel, pause=job.pause
            )

        return self._worked(job.business, job.cancel, resume)

    def _following(self, job: PublishJob) -> Callable[[], PublishReport]:
        def follow() -> PublishReport:
            return self._desk.publishing.follow(job.business, self._listener(job))[1]

        return follow

    def _carry_out(self, job: PublishJob, work: Callable[[], PublishReport]) -> None:
        def over(report: PublishReport) -> None:
            note_report(report, job)
            self._heard(publish_ended(job.business, report), job)

        def failed(problem: Problem) -> None:
            job.problem = problem
            self._heard(publish_ended(job.business, PublishReport(())), job)

        lane = f"publish-{job.business}" if job.mine else f"follow-{job.business}"
        self._app.ask(work, over, failed, lane=lane)

    def _heard(self, event: Event, job: PublishJob) -> None:
        note_publish(event, job)
        self._news.publish(event)
