"""A run of publishing: what was shown, carried out in lanes, waiting where it has to.

What is of unknown outcome is looked for first, at the start and whenever the connection is back.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from kfclient.api.errors import (
    KashFlowError,
    NotKashFlow,
    ReplyBroken,
    ReplyLost,
    ReplyTooSlow,
    ServerTrouble,
    ServerUnreachable,
    Unknown,
)
from kfclient.cancel import Cancel, Pace
from kfclient.desk.check.matching import plain
from kfclient.desk.errors import NotThereYet, PlanChanged
from kfclient.desk.events import Listener, PublishWaiting
from kfclient.desk.inbox.item import ItemState
from kfclient.desk.publish.gate import Gate, Halted, may_pass
from kfclient.desk.publish.lanes import Lanes
from kfclient.desk.publish.newcontacts import NewContacts
from kfclient.desk.publish.publisher import ItemPublisher
from kfclient.desk.publish.report import PublishReport, PublishResult, note_of
from kfclient.desk.publish.run_record import RunRecord
from kfclient.desk.publish.runs import Run, Task
from kfclient.desk.publish.tasks import Planner
from kfclient.errors import Cancelled, Problem

if TYPE_CHECKING:
    from kfclient.desk.business.business import ProblemNote
    from kfclient.desk.publish.parts import Parts
    from kfclient.desk.publish.patience import Patience
    from kfclient.desk.settle.resolving import Resolving

_PASSING = {
    NotThereYet.code,
    ServerUnreachable.code,
    Unknown.code,
    ReplyLost.code,
    ReplyTooSlow.code,
    ReplyBroken.code,
    NotKashFlow.code,
    ServerTrouble.code,
}
"""Problems that time may mend; an item with another one is not tried again in the same run."""


class PublishRun:
    """Carries out one run. Call it under the business's publish lock."""

    def __init__(
        self,
        parts: Parts,
        resolving: Resolving,
        business: str,
        run: Run,
        listener: Listener,
        cancel: Cancel,
        pace: Pace,
        patience: Patience,
    ) -> None:
        self._parts = parts
        self._resolving = resolving
        self._business = business
        self._run = run
        self._record = RunRecord(parts, business, run, cancel, pace, listener)
        self._listener = self._record.hear
        self._cancel = cancel
        self._pace = pace
        self._patience = patience
        self._gate = Gate(cancel, pace)
        self._planner = Planner(business, parts.items, parts.attempts)
        self._asked = {one.item for one in run.shown} | {one.item for one in run.behind}
        self._results: dict[str, PublishResult] = {}
        self._over: set[str] = set()

    def carry_out(self, *, strict: bool) -> PublishReport:
        """Do what was shown, and return what came of it.

        With `strict`, raises `PlanChanged` before anything is sent when an item is no longer what
        was shown; without, that item is left where it is. Where the program has to go, the run is
        left as one that was broken off.
        """
        try:
            report = self._rounds(strict=strict)
            if report.cancelled and self._cancel.is_leaving and self._run.shown:
                self._record.begin()
            else:
                stopped = "" if report.stopped is None else report.stopped.sentence
                self._record.end("cancelled" if report.cancelled else stopped or "done", report)
        except Problem as problem:
            self._record.end(problem.sentence, self._report(stopped=problem))
            raise
        finally:
            self._record.close()
        return report

    def _rounds(self, *, strict: bool) -> PublishReport:
        tries, before = 0, -1
        while True:
            problem = self._round(strict=strict and before < 0)
            if self._is_cut_short():
                return self._report(cancelled=True)
            tries, before = (0 if len(self._over) > before else tries + 1), len(self._over)
            waiting = self._wait_for(problem, tries) if self._run.wait else None
            if waiting is None:
                return self._report(stopped=problem)
            self._record.begin()
            self._listener(waiting)
            try:
                self._patience.wait(waiting.seconds, self._cancel)
                self._pace.hold(self._cancel)
            except Cancelled:
                return self._report(cancelled=True)

    def _round(self, *, strict: bool) -> Problem | None:
        """Look for what is unknown, then publish what is to be; return what stopped it."""
        settle = self._parts.settle_time(self._business)
        try:
            self._resolving.resolve(self._business, settle, self._listener, self._asked)
        except KashFlowError as problem:
            return problem
        tasks, settled, changed = self._planner.tasks(
            [one for one in self._run.shown if one.item not in self._over]
        )
        if strict and changed:
            items = f"item {changed[0].item_id} is"
            items = items if len(changed) == 1 else f"{len(changed)} items are"
            raise PlanChanged(f"What would be sent for {items} no longer what was shown.")
        for result in (*settled, *changed):
            self._note_result(result)
        return self._publish(tasks) if tasks else None

    def _publish(self, tasks: list[Task]) -> Problem | None:
        parts, run = self._parts, self._run
        kashflow = parts.sessions.open(self._business)
        kashflow.widen(run.lanes)
        self._record.begin()
        self._gate.open()
        publisher = ItemPublisher(
            self._business,
            parts.sessions,
            parts.items,
            parts.attempts,
            NewContacts(parts.home, parts.lists, parts.audit, self._business),
            parts.radar,
            run.agreed,
            self._listener,
            self._gate,
        )

        def work(task: Task) -> bool:
            try:
                result = publisher.publish(task)
            except (Cancelled, Halted):
                return False
            self._note_result(result)
            return self._gate.problem is None

        try:
            Lanes(tasks, _party, work, _in_hand(run.lanes, kashflow.lanes)).run()
        finally:
            publisher.remember()
        return self._gate.problem

    def _note_result(self, result: PublishResult) -> None:
        """Keep the item's result, and whether it is one to try again in this run."""
        self._results[result.item_id] = result
        if result.state is ItemState.UNKNOWN:
            return
        notes = [one.problem for one in result.left] if result.left else [result.problem]
        again = result.state is ItemState.READY or bool(result.left)
        if not (again and any(_may_pass(note) for note in notes)):
            self._over.add(result.item_id)

    def _wait_for(self, problem: Problem | None, tries: int) -> PublishWaiting | None:
        """Return how long to wait, and what for; None where nothing is to be waited for."""
        if problem is not None:
            if not may_pass(problem):
                return None
            seconds = self._patience.pause(tries)
            return PublishWaiting(business=self._business, seconds=seconds, problem=problem)
        seconds_left = self._resolving.settles_in(
            self._business, self._parts.settle_time(self._business), self._asked - self._over
        )
        if seconds_left is None:
            return None
        return PublishWaiting(
            business=self._business,
            seconds=max(1.0, seconds_left),
            problem=NotThereYet(
                "KashFlow may still be at work on what had no answer.",
                "It is looked for again by itself, and sent again only if it is not there.",
            ),
        )

    def _is_cut_short(self) -> bool:
        """Tell whether somebody has cancelled before everything was done."""
        if not self._cancel.is_set:
            return False
        undone = any(one.item not in self._results for one in self._run.shown)
        return undone or any(
            left.problem is None for result in self._results.values() for left in result.left
        )

    def _report(self, *, cancelled: bool = False, stopped: Problem | None = None) -> PublishReport:
        known = [one.item for one in self._run.shown if one.item in self._results]
        return PublishReport(
            tuple(self._results[item_id] for item_id in known),
            cancelled=cancelled,
            stopped=None if stopped is None else note_of(stopped),
        )


def _in_hand(lanes: int, calls: int) -> int:
    """Return how many items are in hand at once; `calls` is how many calls the client makes.

    Where that is as many as there are lanes, half as many items more are in hand: while the
    outcome of one is written to the disk, another one, its intent written, has its place on the
    wire. More calls at once than lanes are never made.
    """
    return lanes + lanes // 2 if calls == lanes else lanes


def _party(task: Task) -> Hashable:
    """Return whose document it is; one that is yet to be created goes by name."""
    return task.planned.operation, plain(task.planned.contact)


def _may_pass(note: ProblemNote | None) -> bool:
    return note is None or note.code in _PASSING
