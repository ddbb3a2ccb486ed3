"""The durable trail of what follows a document: its payment, its files, its note.

Like the document itself, each has an intent before its send and an outcome after it, each one
transaction over the step and its item, on disk when it returns. The item's `left` is what is
neither done nor settled, so whoever looks at the item knows what is still to do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.audit.audit import Action
from kfclient.desk.errors import ItemChanged
from kfclient.desk.inbox.item import Item, LeftStep
from kfclient.desk.publish.attempt_step import Step, fingerprint_of_step, stored
from kfclient.desk.publish.followups import Followup, PlannedFile, PlannedPayment
from kfclient.desk.publish.outcomes import PENDING, Outcome
from kfclient.desk.publish.report import note_of
from kfclient.errors import Problem

if TYPE_CHECKING:
    from kfclient.desk.audit.audit import Audit
    from kfclient.desk.inbox.items import Items
    from kfclient.store import Home

TABLE = "steps"


class Steps:
    """The steps of every business. Call its changing methods under the publish lock."""

    def __init__(
        self, home: Home, items: Items, audit: Audit, clock: Callable[[], dt.datetime]
    ) -> None:
        self._home = home
        self._items = items
        self._audit = audit
        self._clock = clock

    # Looking

    def of(self, business: str, attempt: int) -> list[Step]:
        """Return an attempt's steps, in the order in which they go."""
        return self._by(business, "attempt", attempt)

    def get(self, business: str, number: int) -> Step:
        """Return one step; raises `ItemChanged` where it is not there."""
        document = self._home.books(business).table(TABLE).get(doc_id=number)
        if document is None:
            raise ItemChanged("What was to be done has been taken back meanwhile.")
        return msgspec.convert({**document, "id": number}, Step)

    def left(self, business: str, item_id: str) -> list[Step]:
        """Return the item's steps that are not done."""
        return [step for step in self._by(business, "item", item_id) if step.is_left]

    def pending(self, business: str) -> list[Step]:
        """Return the steps without a certain outcome, oldest first."""
        found = [step for one in PENDING for step in self._by(business, "outcome", one.value)]
        return sorted(found, key=lambda step: step.id)

    # Changing

    def add(
        self,
        business: str,
        item: Item,
        *,
        attempt: int,
        operation: str,
        number: int,
        followups: Sequence[Followup],
    ) -> Item:
        """Write down what is to follow a document, and return the item with it, not stored yet.

        Call it inside the transaction that stores the item.
        """
        table = self._home.books(business).table(TABLE)
        for followup in followups:
            step = Step(
                attempt=attempt,
                item=item.id,
                operation=operation,
                followup=followup,
                fingerprint=fingerprint_of_step(followup),
                number=number,
            )
            table.insert(stored(step))
        return msgspec.structs.replace(item, left=self._left(business, attempt))

    def begin(self, business: str, step: Step, dbid: int, before: Sequence[int]) -> Step:
        """Write the intent, durably, before the first byte is sent.

        Raises `ItemChanged` when the step is no longer one to send.
        """
        begun = msgspec.structs.replace(
            step,
            outcome=Outcome.SENDING,
            dbid=dbid,
            before=tuple(before),
            started_at=self._clock(),
            gave_up_at=None,
            ended_at=None,
            problem=None,
        )
        with self._home.books(business).transaction():
            if not self.get(business, step.id).is_open:
                raise ItemChanged(f"Somebody else has taken {step.followup.what} in hand.")
            self._put(business, begun, Action.SENDING)
        return begun

    def done(self, business: str, step: Step, made: int | None) -> Step:
        """Write down that it is in KashFlow; `made` is the id there, None while not known."""
        ended = msgspec.structs.replace(
            step, outcome=Outcome.DONE, made=made, ended_at=self._clock(), problem=None
        )
        with self._home.books(business).transaction():
            self._put(business, ended, _action_of(step.followup), answer=str(made or "OK"))
        return ended

    def found(self, business: str, step: Step, made: int) -> Step:
        """Write down the id under which KashFlow lists what is done."""
        known = msgspec.structs.replace(step, made=made)
        with self._home.books(business).transaction():
            self._put(business, known, None)
        return known

    def adopted(
        self, business: str, step: Step, made: int, action: Action = Action.ADOPTED
    ) -> Step:
        """Write down that it was found there: it was sent, and nothing else can be it."""
        ended = msgspec.structs.replace(
            step, outcome=Outcome.DONE, made=made, ended_at=self._clock(), problem=None
        )
        with self._home.books(business).transaction():
            self._put(business, ended, action, answer=str(made))
        return ended

    def settled(self, business: str, step: Step, problem: Problem, action: Action) -> Step:
        """Write down that there is nothing more to do; `problem` says why, and for the record."""
        ended = msgspec.structs.replace(
            step, outcome=Outcome.SETTLED, ended_at=self._clock(), problem=note_of(problem)
        )
        with self._home.books(business).transaction():
            self._put(business, ended, action, answer=problem.sentence)
        return ended

    def returned(
        self,
        business: str,
        step: Step,
        outcome: Outcome,
        problem: Problem,
        action: Action | None = None,
    ) -> Step:
        """Write down that nothing of it is in KashFlow: it is still to do."""
        ended = msgspec.structs.replace(
            step, outcome=outcome, ended_at=self._clock(), problem=note_of(problem)
        )
        with self._home.books(business).transaction():
            self._put(business, ended, action or _RETURNS.get(outcome), answer=problem.sentence)
        return ended

    def put_off(self, business: str, step: Step, problem: Problem) -> Step:
        """Write down why an open step was not sent yet."""
        kept = msgspec.structs.replace(step, problem=note_of(problem))
        with self._home.books(business).transaction():
            self._put(business, kept, None)
        return kept

    def unknown(self, business: str, step: Step, problem: Problem) -> Step:
        """Write down that nobody can tell yet; the settle time runs from when it was given up."""
        known = step.outcome is Outcome.UNKNOWN
        ended = msgspec.structs.replace(
            step,
            outcome=Outcome.UNKNOWN,
            gave_up_at=step.gave_up_at or self._clock(),
            problem=note_of(problem),
        )
        with self._home.books(business).transaction():
            action = None if known else Action.OUTCOME_UNKNOWN
            self._put(business, ended, action, answer=problem.sentence)
        return ended

    def undone(self, business: str, step: Step) -> Step:
        """Write down that Kashdeck has deleted it again; the removal tells the trail."""
        ended = msgspec.structs.replace(step, outcome=Outcome.UNDONE, problem=None)
        with self._home.books(business).transaction():
            self._put(business, ended, None)
        return ended

    def all_undone(self, business: str, attempt: int) -> None:
        """Write down that the document is gone, and with it all that followed or was to follow."""
        with self._home.books(business).transaction():
            for step in self.of(business, attempt):
                self.undone(business, step)

    # Inside

    def _put(self, business: str, step: Step, action: Action | None, answer: str = "") -> None:
        """Store the step, tell its item what is left, and note what happened."""
        database = self._home.books(business)

        def become(document: Any) -> None:
            document.clear()
            document.update(stored(step))

        database.table(TABLE).update(become, doc_ids=[step.id])
        item = self._items.get(business, step.item)
        left = self._left(business, step.attempt)
        if left != item.left:
            self._items.put(business, msgspec.structs.replace(item, left=left))
        if action is not None:
            self._audit.note(
                database,
                business,
                action,
                item=step.item,
                after={"what": step.followup.what, "number": step.number, "made": step.made},
                fingerprint=step.fingerprint,
                answer=answer,
            )

    def _left(self, business: str, attempt: int) -> tuple[LeftStep, ...]:
        return tuple(
            LeftStep(
                step=step.id,
                what=step.followup.what,
                problem=step.problem,
                unknown=step.outcome in PENDING,
            )
            for step in self.of(business, attempt)
            if step.is_left
        )

    def _by(self, business: str, field: str, value: object) -> list[Step]:
        found = self._home.books(business).table(TABLE).by(field, value)
        return [msgspec.convert({**one, "id": one.doc_id}, Step) for one in found]


_RETURNS = {
    Outcome.REFUSED: Action.REFUSED,
    Outcome.NOT_SENT: Action.NOT_SENT,
    Outcome.NOT_THERE: Action.NOT_THERE,
}


def _action_of(followup: Followup) -> Action:
    if isinstance(followup, PlannedPayment):
        return Action.PAID
    return Action.ATTACHED if isinstance(followup, PlannedFile) else Action.NOTED
