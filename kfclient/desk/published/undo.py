"""Undoing what was published: taken out of KashFlow again, back in the inbox, in the trail.

Kashdeck deletes what it published and nothing else: what is deleted is looked at before it is
shown, and again right before it is deleted, by its number and by its id. See `removals` for what is
written down before and after each delete, `undo_run` for the order in which an item goes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.cancel import Cancel, Pace
from kfclient.desk.after.undo_plan import UndoItem, UndoLook, UndoPlan
from kfclient.desk.after.undo_run import UndoReport, UndoResult, UndoRun
from kfclient.desk.after.whereabouts import Finder
from kfclient.desk.errors import NotReadBack, NotUndone
from kfclient.desk.events import Listener, UndoEnded, ignore
from kfclient.desk.inbox.item import Item, ItemState
from kfclient.desk.publish.gate import Gate
from kfclient.desk.publish.outcomes import Outcome
from kfclient.desk.publish.planning import LeftOut
from kfclient.desk.publish.runs import TABLE, Run
from kfclient.desk.settle.settling import Settling

if TYPE_CHECKING:
    from kfclient.desk.publish.attempt import Attempt

__all__ = ["PublishedRun", "UndoItem", "UndoPlan", "UndoReport", "UndoResult", "Undoing"]

_ONCE_THERE = (Outcome.PUBLISHED, Outcome.UNDONE)


class PublishedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A publishing session: when (UTC), by whom, how many documents it made, how many are left.

    `there` counts those that are in KashFlow still, as far as is known here.
    """

    run: int
    started_at: dt.datetime
    who: str
    made: int
    there: int


class Undoing(Settling):
    """Plans and carries out undoing, for every business; beside nobody who publishes for it."""

    def runs(self, business: str) -> list[PublishedRun]:
        """Return the publishing sessions that made documents, the newest first."""
        told = []
        for run in self._all_runs(business):
            made = self._made_by(business, run)
            there = sum(one.outcome is Outcome.PUBLISHED for one in made)
            if made:
                told.append(
                    PublishedRun(
                        run=run.id,
                        started_at=run.started_at,
                        who=run.who,
                        made=len(made),
                        there=there,
                    )
                )
        return told

    def plan(
        self,
        business: str,
        item_ids: Sequence[str] = (),
        *,
        run: int | None = None,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
    ) -> UndoPlan:
        """Return what undoing these items, or a whole publishing session, would delete in KashFlow.

        Looks in KashFlow, first for what is of unknown outcome of theirs. A session is undone in
        reverse order. Raises `ItemUnknown`, `NotUndone` for a session that is not known, `Busy`,
        `NotConnected`, `KashFlowError`, `Cancelled`, and what the keyring says.
        """
        if run is None:
            ids = list(dict.fromkeys(item_id.strip() for item_id in item_ids))
            for item_id in ids:
                self._items.get(business, item_id)
        else:
            ids = self._items_of(business, run)
        planned: list[UndoItem] = []
        left_out: list[LeftOut] = []
        with self._settling(business):
            settle = self._parts.settle_time(business)
            self._resolving.resolve(business, settle, listener, ids)
            finder = Finder(business, self._parts, cancel)
            look = UndoLook(business, self._parts, finder)
            wanted = [(item_id, self._attempt_of(business, item_id)) for item_id in ids]
            finder.read_together(one for _, one in wanted if one is not None)
            for item_id, attempt in wanted:
                if cancel is not None:
                    cancel.check()
                item = self._items.get(business, item_id)
                if attempt is None:
                    left_out.append(LeftOut(item_id, self._reason(business, item)))
                    continue
                try:
                    planned.append(look.look(item, self._known(business, attempt, finder)))
                except (NotUndone, NotReadBack) as problem:
                    left_out.append(LeftOut(item_id, f"{problem.sentence} {problem.cure}".strip()))
        return UndoPlan(business=business, items=tuple(planned), left_out=tuple(left_out), run=run)

    def undo(
        self,
        business: str,
        plan: UndoPlan,
        *,
        even_if_changed: bool = False,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
        pace: Pace | None = None,
    ) -> UndoReport:
        """Delete in KashFlow what the plan shows, each document once; the items are back then.

        What was changed there since it was published stays, unless `even_if_changed`; what was
        changed since the plan was made stays in any case. After a sudden end, or a reply that was
        lost, plan and undo again, or resolve: what is gone is found to be, and nothing else is
        deleted. Raises `Busy`, `NotUndone` for another business's plan, and what the store says;
        what goes wrong with KashFlow is in the report.
        """
        if plan.business != business:
            raise NotUndone("This plan is not for this business.")
        report = UndoReport(())
        with self._settling(business):
            going = UndoRun(
                business,
                self._parts,
                self._resolving.deleting,
                listener,
                Gate(cancel or Cancel(), pace or Pace()),
                even_if_changed=even_if_changed,
            )
            report = going.carry_out(plan.items)
        listener(
            UndoEnded(
                business=business,
                undone=report.undone,
                held=report.held,
                cancelled=report.cancelled,
            )
        )
        return report

    # Inside

    def _all_runs(self, business: str) -> list[Run]:
        """Return every run, the newest first."""
        rows = self._parts.home.books(business).table(TABLE).all()
        found = [msgspec.convert({**row, "id": row.doc_id}, Run) for row in rows]
        return sorted(found, key=lambda one: one.id, reverse=True)

    def _made_by(self, business: str, run: Run) -> list[Attempt]:
        """Return the attempts of a run that made documents, the last first.

        They were begun while it went on, with the fingerprint of what it showed.
        """
        shown = {(one.item, one.fingerprint) for one in run.shown}
        found = [
            attempt
            for item_id in dict.fromkeys(one.item for one in run.shown)
            for attempt in self._parts.attempts.by(business, "item", item_id)
            if attempt.outcome in _ONCE_THERE
            and (attempt.item, attempt.fingerprint) in shown
            and attempt.started_at >= run.started_at
            and (run.ended_at is None or attempt.started_at <= run.ended_at)
        ]
        return sorted(found, key=lambda one: one.id, reverse=True)

    def _items_of(self, business: str, number: int) -> list[str]:
        """Return the items that a run published and that are that document still."""
        for run in self._all_runs(business):
            if run.id == number:
                made = self._made_by(business, run)
                latest = self._parts.attempts.latest
                return [
                    one.item
                    for one in made
                    if (last := latest(business, one.item)) is not None and last.id == one.id
                ]
        raise NotUndone(
            f"There was no publishing session {number}.", "See them with: kashdeck undo NAME --runs"
        )

    def _attempt_of(self, business: str, item_id: str) -> Attempt | None:
        """Return the attempt that made the item's document, None unless it is in KashFlow."""
        item = self._items.get(business, item_id)
        if item.sent is not ItemState.PUBLISHED or self._is_pending(business, item):
            return None
        return self._parts.attempts.latest(business, item_id)

    def _is_pending(self, business: str, item: Item) -> bool:
        return bool(self._parts.attempts.removals.pending_of(business, item.id))

    def _known(self, business: str, attempt: Attempt, finder: Finder) -> Attempt:
        """Return the attempt with its document's id, learnt now where it was never read back."""
        if attempt.dbid:
            return attempt
        found = finder.find(attempt).found
        if found is None:
            return attempt
        self._parts.attempts.confirmed(business, attempt, found, None)
        return self._parts.attempts.get(business, attempt.id)

    def _reason(self, business: str, item: Item) -> str:
        """Return why an item that is not in KashFlow, or may be, cannot be undone."""
        state = self._items.state(business, item)
        if state in {ItemState.UNKNOWN, ItemState.PUBLISHED} and item.problem is not None:
            return f"{item.problem.sentence} {item.problem.cure}".strip()
        if state is ItemState.UNKNOWN:
            return "Its outcome is not known; KashFlow has to be looked at first."
        last = self._parts.attempts.latest(business, item.id)
        if last is not None and last.outcome is Outcome.UNDONE:
            return "It was taken out of KashFlow already."
        return "It is not in KashFlow."
