"""Settling payments, files and notes of unknown outcome, by looking in KashFlow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from kfclient.desk.errors import DocumentGone, NotThereYet, SeveralThere
from kfclient.desk.events import Listener, StepDone, StepHeld
from kfclient.desk.publish.attempt_step import Step
from kfclient.desk.publish.documents import document_of, word_of
from kfclient.desk.publish.followup_calls import id_of, likeness, listed
from kfclient.desk.publish.outcomes import Outcome, seconds_to_wait
from kfclient.errors import Problem

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.desk.connect.sessions import Sessions
    from kfclient.desk.publish.attempt_steps import Steps
    from kfclient.desk.publish.followup_calls import Found


class StepResolving:
    """Looks for what followed a document without an answer. Call it under the publish lock."""

    def __init__(self, sessions: Sessions, steps: Steps, clock: Callable[[], dt.datetime]) -> None:
        self._sessions = sessions
        self._steps = steps
        self._clock = clock

    def recover(self, business: str) -> None:
        """Make steps that a sudden end left without an outcome ones of unknown outcome."""
        for step in self._steps.pending(business):
            if step.outcome is Outcome.SENDING:
                problem = NotThereYet(
                    f"Kashdeck ended while {step.followup.what} was being sent; it may be in "
                    "KashFlow.",
                    "Kashdeck looks for it there before it is sent again.",
                )
                self._steps.unknown(business, step, problem)

    def pending(self, business: str) -> list[Step]:
        """Return the steps without a certain outcome."""
        return self._steps.pending(business)

    def resolve(
        self,
        business: str,
        settle: dt.timedelta,
        listener: Listener,
        only: Collection[str] | None = None,
    ) -> list[str]:
        """Look for every pending step, or those of the items named; return the items' ids.

        Raises `KashFlowError` when KashFlow cannot be looked at.
        """
        looked_for = []
        for step in self._steps.pending(business):
            if only is not None and step.item not in only:
                continue
            looked_for.append(step.item)
            wait = seconds_to_wait(step.gave_up_at, settle, self._clock())
            self._settle(business, step, wait, listener)
        return looked_for

    def there(self, business: str, step: Step) -> list[Found] | None:
        """Return what may be the step's at its document; None where KashFlow lists no such thing.

        Raises `DocumentGone` where the document's number is no longer its own.
        """
        word = word_of(step.operation)

        def look(kashflow: KashFlow) -> list[Found] | None:
            found = document_of(kashflow, step.operation, step.number)
            if found is None or found.invoice_dbid != step.dbid:
                raise DocumentGone(f"KashFlow no longer has {word} {step.number} as it was sent.")
            return listed(kashflow, step)

        there = self._sessions.call(business, look)
        if there is None:
            return None
        others = {one.made for one in self._steps.of(business, step.attempt) if one.id != step.id}
        return [one for one in there if id_of(one) not in {*step.before, *others}]

    def _settle(self, business: str, step: Step, wait: float, listener: Listener) -> None:
        what = step.followup.what
        try:
            there = self.there(business, step)
        except DocumentGone as problem:
            self._steps.returned(business, step, Outcome.NOT_THERE, problem)
            self._tell(business, step, problem, listener, unknown=False)
            return
        if there is None:
            self._hold(business, step, _not_listed(step), listener)
            return
        sure, doubtful = likeness(step.followup, there)
        if len(sure) == 1:
            self._steps.adopted(business, step, id_of(sure[0]))
            listener(StepDone(business=business, item=step.item, what=what))
        elif sure or doubtful:
            self._hold(business, step, _several(step, len(sure or doubtful)), listener)
        elif wait > 0:
            self._hold(business, step, _not_yet(step, wait), listener)
        else:
            gone = NotThereYet(f"KashFlow does not have {what}.", "Publish what is left again.")
            self._steps.returned(business, step, Outcome.NOT_THERE, gone)

    def _hold(self, business: str, step: Step, problem: Problem, listener: Listener) -> None:
        """Leave it unknown, with what was seen."""
        self._steps.unknown(business, step, problem)
        self._tell(business, step, problem, listener, unknown=True)

    def _tell(
        self, business: str, step: Step, problem: Problem, listener: Listener, *, unknown: bool
    ) -> None:
        what = step.followup.what
        listener(
            StepHeld(business=business, item=step.item, what=what, problem=problem, unknown=unknown)
        )


def _not_listed(step: Step) -> SeveralThere:
    return SeveralThere(
        f"Whether invoice {step.number} has {step.followup.what} only KashFlow's own pages show.",
        "Look there, then say whether it is there.",
    )


def _several(step: Step, found: int) -> SeveralThere:
    many = "something that may be" if found == 1 else f"{found} that may be"
    word = word_of(step.operation)
    return SeveralThere(
        f"KashFlow's {word} {step.number} has {many} {step.followup.what}.",
        "Look at it there, then say whether it is there.",
    )


def _not_yet(step: Step, wait: float) -> NotThereYet:
    return NotThereYet(
        f"KashFlow does not show {step.followup.what} yet, and may still be at work.",
        f"Look again in {max(1, round(wait))} seconds; until then it is not sent again.",
    )
