"""Taking items out of KashFlow as was shown: payments first, then the document, each once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import KashFlowError
from kfclient.api.errors import Outcome as CallOutcome
from kfclient.desk.after.removal import Removal
from kfclient.desk.after.undo_plan import UndoItem, UndoLook
from kfclient.desk.after.whereabouts import Finder
from kfclient.desk.audit.audit import Action
from kfclient.desk.business.business import ProblemNote
from kfclient.desk.errors import DeskError, NotUndone
from kfclient.desk.events import ItemHeld, ItemUndoing, ItemUndone, Listener
from kfclient.desk.inbox.item import ItemState
from kfclient.desk.publish.documents import word_of
from kfclient.desk.publish.gate import Gate, Halted, stops
from kfclient.desk.publish.outcomes import Outcome
from kfclient.desk.publish.report import note_of
from kfclient.errors import Cancelled, Problem

if TYPE_CHECKING:
    from kfclient.desk.after.deleting import Deleting
    from kfclient.desk.publish.attempt import Attempt
    from kfclient.desk.publish.parts import Parts


class UndoResult(msgspec.Struct, frozen=True):
    """One item: whether it is out of KashFlow, where it stands, and why it is not out, if so.

    `number` is the one that it has there, or had; `stays` says what is left there on purpose.
    """

    item_id: str
    undone: bool
    state: ItemState
    number: int
    problem: ProblemNote | None = None
    stays: str = ""


class UndoReport(msgspec.Struct, frozen=True):
    """A result for every item that was come to, and what ended it early (`stopped`), if so."""

    results: tuple[UndoResult, ...]
    cancelled: bool = False
    stopped: ProblemNote | None = None

    @property
    def undone(self) -> int:
        """How many items are out of KashFlow."""
        return sum(result.undone for result in self.results)

    @property
    def held(self) -> int:
        """How many are not, or may not be."""
        return len(self.results) - self.undone


class UndoRun:
    """Undoes items, one after the other. Call it under the business's publish lock."""

    def __init__(
        self,
        business: str,
        parts: Parts,
        deleting: Deleting,
        listener: Listener,
        gate: Gate,
        *,
        even_if_changed: bool,
    ) -> None:
        self._business = business
        self._parts = parts
        self._deleting = deleting
        self._listener = listener
        self._gate = gate
        self._even_if_changed = even_if_changed

    def carry_out(self, items: Sequence[UndoItem]) -> UndoReport:
        """Undo the items, in this order; one item's trouble stops that item alone.

        A cancel lets the item in hand come to its end.
        """
        results: list[UndoResult] = []
        cancelled = False
        for planned in items:
            try:
                self._gate.check()
            except Cancelled:
                cancelled = True
                break
            except Halted:
                break
            results.append(self._undo(planned))
        problem = self._gate.problem
        return UndoReport(tuple(results), cancelled, note_of(problem) if problem else None)

    def _undo(self, planned: UndoItem) -> UndoResult:
        self._listener(ItemUndoing(business=self._business, item=planned.item_id))
        try:
            fresh = self._as_shown(planned)
            problem = self._delete(fresh)
        except (DeskError, KashFlowError) as failure:
            problem = failure
            if stops(failure):
                self._gate.halt(failure)
        state = self._state(planned.item_id)
        if problem is None:
            self._listener(
                ItemUndone(business=self._business, item=planned.item_id, number=planned.number)
            )
            return UndoResult(planned.item_id, True, state, planned.number, stays=planned.stays)
        unknown = state is ItemState.UNKNOWN
        self._listener(
            ItemHeld(
                business=self._business, item=planned.item_id, problem=problem, unknown=unknown
            )
        )
        return UndoResult(planned.item_id, False, state, planned.number, note_of(problem))

    def _as_shown(self, planned: UndoItem) -> UndoItem:
        """Look at the item and its document right before; raises unless they are as shown."""
        if planned.changed and not self._even_if_changed:
            raise NotUndone(
                f"It was changed in KashFlow since it was published: {'; '.join(planned.changed)}.",
                "Undo it all the same (--even-if-changed) only if that may be lost.",
            )
        item = self._parts.items.get(self._business, planned.item_id)
        attempt = self._parts.attempts.latest(self._business, item.id)
        here = item.sent is ItemState.PUBLISHED
        if not here or attempt is None or attempt.id != planned.attempt:
            raise NotUndone("It was changed here meanwhile; nothing was deleted.", "Look again.")
        finder = Finder(self._business, self._parts, self._gate.cancel)
        fresh = UndoLook(self._business, self._parts, finder).look(item, attempt)
        same = msgspec.structs.replace(fresh, version=planned.version) == planned
        if not (same or fresh.gone):
            raise NotUndone(
                "It was changed in KashFlow since it was shown here; nothing was deleted.",
                "Look at what would be deleted again.",
            )
        return fresh

    def _delete(self, planned: UndoItem) -> Problem | None:
        """Delete what belongs to the item, payments first; return why it is not out, if so."""
        attempts = self._parts.attempts
        attempt = attempts.get(self._business, planned.attempt)
        if planned.gone:
            word = word_of(planned.operation)
            said = f"KashFlow had {word} {planned.number} no more."
            attempts.undone(self._business, attempt, Action.UNDONE, said)
            return None
        for step, target in planned.payments:
            what = attempts.steps.get(self._business, step).followup.what
            problem = self._remove(attempt, planned, what, target, step=step)
            if problem is not None:
                return problem
        what = f"{word_of(planned.operation)} {planned.number}"
        return self._remove(attempt, planned, what, planned.dbid)

    def _remove(
        self, attempt: Attempt, planned: UndoItem, what: str, target: int, *, step: int = 0
    ) -> Problem | None:
        removal = Removal(
            attempt=attempt.id,
            item=planned.item_id,
            operation=planned.operation,
            step=step,
            target=target,
            number=planned.number,
            dbid=planned.dbid,
            what=what,
            outcome=Outcome.WAITING,
            started_at=self._parts.clock(),
        )
        problem = self._deleting.delete(self._business, removal, self._listener)
        sent = isinstance(problem, KashFlowError) and problem.outcome is not CallOutcome.UNKNOWN
        if problem is not None and sent and stops(problem):
            self._gate.halt(problem)
        return problem

    def _state(self, item_id: str) -> ItemState:
        item = self._parts.items.get(self._business, item_id)
        return self._parts.items.state(self._business, item)
