"""The durable trail of what is deleted in KashFlow again: an intent before, an outcome after.

Each is one transaction over the removal, its item and its step, on disk when it returns. From the
intent on until it is known what came of it, the item of a document is of unknown outcome: nobody
publishes it meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.after.removal import Removal, stored
from kfclient.desk.audit.audit import Action
from kfclient.desk.business.business import ProblemNote
from kfclient.desk.errors import ItemChanged
from kfclient.desk.inbox.item import Item, ItemState
from kfclient.desk.publish.documents import word_of
from kfclient.desk.publish.followups import PlannedPayment
from kfclient.desk.publish.outcomes import PENDING, Outcome
from kfclient.desk.publish.report import note_of
from kfclient.errors import Problem

if TYPE_CHECKING:
    from kfclient.desk.audit.audit import Audit
    from kfclient.desk.inbox.items import Items
    from kfclient.desk.publish.attempts import Attempts
    from kfclient.store import Home

TABLE = "removals"


class Removals:
    """The removals of every business. Call its changing methods under the publish lock."""

    def __init__(
        self,
        home: Home,
        items: Items,
        audit: Audit,
        clock: Callable[[], dt.datetime],
        attempts: Attempts,
    ) -> None:
        self._home = home
        self._items = items
        self._audit = audit
        self._clock = clock
        self._attempts = attempts

    # Looking

    def pending(self, business: str) -> list[Removal]:
        """Return the removals without a certain outcome, oldest first."""
        found = [one for outcome in PENDING for one in self._by(business, "outcome", outcome.value)]
        return sorted(found, key=lambda one: one.id)

    def pending_of(self, business: str, item_id: str) -> list[Removal]:
        """Return the item's removals without a certain outcome."""
        return [one for one in self._by(business, "item", item_id) if one.is_pending]

    # Changing

    def begin(self, business: str, removal: Removal) -> Removal:
        """Write the intent, durably, before the first byte is sent.

        Raises `ItemChanged` when the item is not, or no longer, that document in KashFlow.
        """
        begun = msgspec.structs.replace(removal, outcome=Outcome.SENDING, started_at=self._clock())
        database = self._home.books(business)
        with database.transaction():
            item = self._items.get(business, removal.item)
            if (
                item.sent is not ItemState.PUBLISHED
                or item.dbid != removal.dbid
                or self.pending_of(business, item.id)
            ):
                raise ItemChanged(f"Item {item.id} was changed meanwhile; nothing was deleted.")
            number = database.table(TABLE).insert(stored(begun))
            if removal.is_document:
                told = f"Kashdeck is deleting {removal.what} in KashFlow."
                problem = ProblemNote("deleting", told)
                self._put_item(business, item, sent=ItemState.UNKNOWN, problem=problem)
            self._note(business, begun, Action.DELETING)
        return msgspec.structs.replace(begun, id=number)

    def done(self, business: str, removal: Removal, answer: str = "") -> Removal:
        """Write down that it is gone; where it was the document, the item is in the inbox again."""
        ended = self._ended(removal, Outcome.DONE, removal.problem)
        with self._home.books(business).transaction():
            self._put(business, ended)
            if removal.is_document:
                attempt = self._attempts.get(business, removal.attempt)
                self._attempts.undone(business, attempt, Action.UNDONE, answer)
                return ended
            step = self._attempts.steps.get(business, removal.step)
            self._attempts.steps.undone(business, step)
            self._note(business, ended, Action.UNDONE, answer)
            if isinstance(step.followup, PlannedPayment):
                self._put_problem(business, removal, _half_done(removal))
            else:
                self._clear_problem(business, removal)
        return ended

    def kept(self, business: str, removal: Removal, outcome: Outcome, problem: Problem) -> Removal:
        """Write down that it is still there: refused, not sent, or looked for; and why."""
        note = note_of(problem)
        ended = self._ended(removal, outcome, note)
        with self._home.books(business).transaction():
            self._put(business, ended)
            if removal.is_document and self._is_half_done(business, removal):
                half = _half_done(removal)
                note = ProblemNote(note.code, f"{half.sentence} {note.sentence}", half.cure)
            item = self._items.get(business, removal.item)
            self._put_item(business, item, sent=ItemState.PUBLISHED, problem=note)
            self._note(business, ended, Action.NOT_DELETED, problem.sentence)
        return ended

    def unknown(self, business: str, removal: Removal, problem: Problem) -> Removal:
        """Write down that nobody can tell yet; the settle time runs from when it was given up."""
        note, known = note_of(problem), removal.outcome is Outcome.UNKNOWN
        ended = msgspec.structs.replace(
            removal,
            outcome=Outcome.UNKNOWN,
            gave_up_at=removal.gave_up_at or self._clock(),
            problem=note,
        )
        with self._home.books(business).transaction():
            self._put(business, ended)
            item = self._items.get(business, removal.item)
            self._put_item(business, item, problem=note)
            if not known:
                self._note(business, ended, Action.DELETE_UNKNOWN, problem.sentence)
        return ended

    # Inside

    def _ended(self, removal: Removal, outcome: Outcome, problem: ProblemNote | None) -> Removal:
        return msgspec.structs.replace(
            removal, outcome=outcome, ended_at=self._clock(), problem=problem
        )

    def _is_half_done(self, business: str, removal: Removal) -> bool:
        return any(
            step.outcome is Outcome.UNDONE and isinstance(step.followup, PlannedPayment)
            for step in self._attempts.steps.of(business, removal.attempt)
        )

    def _put_problem(self, business: str, removal: Removal, problem: ProblemNote) -> None:
        item = self._items.get(business, removal.item)
        self._put_item(business, item, problem=problem)

    def _clear_problem(self, business: str, removal: Removal) -> None:
        """Forget what the item told of this removal, or of an earlier try of the same."""
        item = self._items.get(business, removal.item)
        tries = self._by(business, "item", item.id)
        if any(one.step == removal.step and one.problem == item.problem for one in tries):
            self._put_item(business, item, problem=None)

    def _put(self, business: str, removal: Removal) -> None:
        def become(document: Any) -> None:
            document.clear()
            document.update(stored(removal))

        self._home.books(business).table(TABLE).update(become, doc_ids=[removal.id])

    def _put_item(self, business: str, item: Item, **changes: object) -> None:
        after = msgspec.structs.replace(item, **changes)
        if after != item:
            self._items.put(business, after)

    def _note(self, business: str, removal: Removal, action: Action, answer: str = "") -> None:
        if removal.is_document:
            attempt = self._attempts.get(business, removal.attempt)
            self._attempts.note(business, attempt, action, answer)
            return
        self._audit.note(
            self._home.books(business),
            business,
            action,
            item=removal.item,
            after={"what": removal.what, "number": removal.number, "made": removal.target},
            answer=answer,
        )

    def _by(self, business: str, field: str, value: object) -> list[Removal]:
        found = self._home.books(business).table(TABLE).by(field, value)
        return [msgspec.convert({**one, "id": one.doc_id}, Removal) for one in found]


def _half_done(removal: Removal) -> ProblemNote:
    word = word_of(removal.operation)
    return ProblemNote(
        "half-undone",
        f"Its payment was deleted in KashFlow; {word} {removal.number} is still there.",
        "Undo it again to take that out too, or record the payment in KashFlow again.",
    )
