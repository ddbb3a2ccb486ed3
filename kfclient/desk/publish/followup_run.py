"""Doing what follows a document that is in KashFlow: payment, files, note, each of them once."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import KashFlowError, Refused
from kfclient.api.errors import Outcome as CallOutcome
from kfclient.desk.audit.audit import Action
from kfclient.desk.errors import AlreadyThere, DeskError, DocumentGone, NotReadBack
from kfclient.desk.events import Listener, StepDone, StepHeld
from kfclient.desk.publish.attempt import Attempt
from kfclient.desk.publish.attempt_step import Step
from kfclient.desk.publish.documents import document_of, is_same, word_of
from kfclient.desk.publish.followup_calls import id_of, likeness, listed, ready_to_send, send
from kfclient.desk.publish.followups import PlannedPayment
from kfclient.desk.publish.gate import Gate, Halted, stops
from kfclient.desk.publish.outcomes import Outcome
from kfclient.errors import Cancelled, Problem
from kfclient.store.errors import SecretsError

if TYPE_CHECKING:
    from kfclient.desk.connect.sessions import Sessions
    from kfclient.desk.publish.attempts import Attempts
    from kfclient.desk.publish.followup_calls import Found


class FollowupRun:
    """Does the steps of attempts, one run of publishing long. Call it under the publish lock."""

    def __init__(
        self,
        business: str,
        sessions: Sessions,
        attempts: Attempts,
        listener: Listener,
        gate: Gate,
    ) -> None:
        self._business = business
        self._sessions = sessions
        self._attempts = attempts
        self._steps = attempts.steps
        self._listener = listener
        self._gate = gate

    def carry_out(
        self, attempt: Attempt, *, fresh: bool, only: Collection[int] | None = None
    ) -> None:
        """Do the steps that are open, or `only` some; what is not done is told on the item.

        `fresh` says that the document has just been created and read back, so there is nothing at
        it yet. Otherwise KashFlow is asked whether the number still is that document's, and what
        is there already.
        """
        steps = self._open(attempt, only)
        if not steps:
            return
        done: list[Step] = []
        try:
            if not fresh:
                self._gate.check()
                self._see_it_there(attempt)
            for step in steps:
                self._gate.check()
                finished = self._do(step, attempt.dbid or 0, fresh=fresh)
                done += [finished] if finished is not None else []
        except (Halted, Cancelled):
            pass
        except (DeskError, KashFlowError) as problem:
            self.put_off(attempt, problem, only)
        self._learn_ids(done)

    def put_off(
        self, attempt: Attempt, problem: Problem, only: Collection[int] | None = None
    ) -> None:
        """Leave every open step, or `only` some, for later, with the reason."""
        for step in self._open(attempt, only):
            self._put_off(step, problem)

    def _open(self, attempt: Attempt, only: Collection[int] | None) -> list[Step]:
        steps = self._steps.of(self._business, attempt.id)
        return [one for one in steps if one.is_open and (only is None or one.id in only)]

    def _see_it_there(self, attempt: Attempt) -> None:
        """See that its document is there; numbers are given again after a delete.

        Raises `DocumentGone` where the number is no longer its own, `NotReadBack` where it cannot
        be known.
        """
        number, word = attempt.number or 0, word_of(attempt.operation)
        if not attempt.dbid:  # looked for when the run began
            raise NotReadBack(
                f"KashFlow's {word} {number} was not read back, or is no longer what was sent.",
                "Look at it in KashFlow, then publish what is left.",
            )
        found = self._sessions.call(
            self._business, lambda kashflow: document_of(kashflow, attempt.operation, number)
        )
        if found is None or found.invoice_dbid != attempt.dbid:
            raise DocumentGone(f"KashFlow no longer has {word} {number} as it was published.")
        if not is_same(attempt, found):
            raise NotReadBack(
                f"KashFlow has {word} {number} with another amount or contact than was sent.",
                "Look at it in KashFlow and put it right there, then publish what is left.",
            )

    def _do(self, step: Step, dbid: int, *, fresh: bool) -> Step | None:
        """Send one step, once, and write down what came of it; return it where it is done."""
        step = msgspec.structs.replace(step, dbid=dbid)
        try:
            content = ready_to_send(step.followup)
            there = [] if fresh else self._listed(step) or []
            if self._is_there(step, there):
                return None
            step = self._steps.begin(self._business, step, dbid, [id_of(one) for one in there])
        except (DeskError, KashFlowError) as problem:
            self._put_off(step, problem)
            return None
        try:
            made = self._sessions.call(
                self._business, lambda kashflow: send(kashflow, step, content)
            )
        except KashFlowError as problem:
            self._failed(step, problem)
            return None
        except SecretsError as problem:  # asked for before the first byte: nothing was sent
            self._steps.returned(self._business, step, Outcome.NOT_SENT, problem)
            self._held(step, problem)
            raise
        step = self._steps.done(self._business, step, made)
        self._listener(StepDone(business=self._business, item=step.item, what=step.followup.what))
        return step

    def _is_there(self, step: Step, there: Sequence[Found]) -> bool:
        """Settle the step where somebody has done it; raises `AlreadyThere` where that is a doubt.

        A payment of the same amount may be the same money, so it is never added on a guess.
        """
        mine = {one.made for one in self._steps.of(self._business, step.attempt)}
        sure, doubtful = likeness(step.followup, [one for one in there if id_of(one) not in mine])
        if sure:
            problem = AlreadyThere(f"KashFlow had {step.followup.what} already; none was added.")
            self._steps.settled(self._business, step, problem, Action.NOT_SENT)
            return True
        if doubtful and isinstance(step.followup, PlannedPayment):
            raise AlreadyThere(
                f"KashFlow has a payment of the same amount as {step.followup.what}, but on "
                "another day, from another account or by another method; none was added.",
                "If it is this one, say that it is there; otherwise change it in KashFlow first.",
            )
        return False

    def _failed(self, step: Step, problem: KashFlowError) -> None:
        """Write down that it was refused, was not sent, or that nobody can tell."""
        if problem.outcome is CallOutcome.UNKNOWN:
            self._steps.unknown(self._business, step, problem)
            self._held(step, problem, unknown=True)
            return
        outcome = Outcome.REFUSED if isinstance(problem, Refused) else Outcome.NOT_SENT
        self._steps.returned(self._business, step, outcome, problem)
        self._held(step, problem)
        if stops(problem):
            self._gate.halt(problem)

    def _learn_ids(self, done: Sequence[Step]) -> None:
        """Read which ids KashFlow gave to files and notes: its answer to them has no known meaning.

        What it does not list after all is of unknown outcome.
        """
        for kind in {type(step.followup) for step in done if step.made is None}:
            steps = [one for one in done if type(one.followup) is kind]
            # It said OK; the id alone is not known.
            with contextlib.suppress(KashFlowError, SecretsError):
                there = self._listed(steps[0])
                if there is not None:
                    self._match(steps, there)

    def _match(self, steps: Sequence[Step], there: Sequence[Found]) -> None:
        taken: set[int] = set()
        for step in steps:
            free = [one for one in there if id_of(one) not in {*taken, *step.before}]
            sure, doubtful = likeness(step.followup, free)
            if found := sure or doubtful:
                taken.add(id_of(found[0]))
                self._steps.found(self._business, step, id_of(found[0]))
            else:
                problem = NotReadBack(
                    f"KashFlow took {step.followup.what}, but does not show it.",
                    "Look again in a while; for files, see whether Dropbox is connected there.",
                )
                self._steps.unknown(self._business, step, problem)
                self._held(step, problem, unknown=True)

    def _listed(self, step: Step) -> list[Found] | None:
        return self._sessions.call(self._business, lambda kashflow: listed(kashflow, step))

    def _put_off(self, step: Step, problem: DeskError | KashFlowError | Problem) -> None:
        """Leave the step for later: nothing of it was sent."""
        self._steps.put_off(self._business, step, problem)
        self._held(step, problem)
        if stops(problem):
            self._gate.halt(problem)

    def _held(self, step: Step, problem: Problem, *, unknown: bool = False) -> None:
        self._listener(
            StepHeld(
                business=self._business,
                item=step.item,
                what=step.followup.what,
                problem=problem,
                unknown=unknown,
            )
        )
