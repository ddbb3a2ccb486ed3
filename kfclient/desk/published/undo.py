"""Undoing what was published: taken out of KashFlow again, back in the inbox, in the trail.

Kashdeck deletes what it published and nothing else: what is deleted is looked at before it is
shown, and again right before it is deleted, by its number and by its id. What is
written down before and after each delete is in `kfclient.desk.publish.journal`; `UndoRun` has the
order in which an item goes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import KashFlowError, Outcome, RecordBroken
from kfclient.cancel import Cancel, Pause
from kfclient.dates import shown_date
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import DeskError, NotReadBack, NotUndone
from kfclient.desk.events import (
    ItemHeld,
    ItemUndoing,
    ItemUndone,
    Listener,
    UndoEnded,
    ignore,
)
from kfclient.desk.model.business import ProblemNote, note_of
from kfclient.desk.model.item import Item, ItemState
from kfclient.desk.model.sides import Side, side_by
from kfclient.desk.publish.journal_records import (
    PENDING,
    RemovalRecord,
    SendRecord,
    SendState,
)
from kfclient.desk.publish.kashflow_documents import fingerprint_of_document, id_of
from kfclient.desk.publish.plan import LeftOut, PlannedFile, PlannedNote, PlannedPayment
from kfclient.desk.publish.send import Halted, StopSwitch, stops
from kfclient.desk.published.compare import (
    ALL_KINDS,
    compare,
    difference,
    done,
    listed_at,
    matched,
    words_of,
)
from kfclient.desk.published.find_document import DocumentFinder, IdNames
from kfclient.desk.runs.resolve import Resolving
from kfclient.desk.runs.run import Backoff
from kfclient.desk.runs.runs import TABLE, Run
from kfclient.errors import Cancelled, Problem
from kfclient.money import shown

if TYPE_CHECKING:
    from kfclient.api.records import Invoice
    from kfclient.desk.publish.journal_records import FollowUpRecord
    from kfclient.desk.publish.recover import RemovalRecovery
    from kfclient.desk.published.compare import AttachedKind, Matched
    from kfclient.desk.runs.runs import Context
    from kfclient.errors import Problem


# What undoing would delete in KashFlow: read there, shown, and then deleted as shown.

_ADDED = {
    PlannedFile: "the file {}, added in KashFlow, would be lost",
    PlannedNote: "the note {}, added in KashFlow, would be lost",
}


class UndoItem(msgspec.Struct, frozen=True, kw_only=True):
    """A published item, and what undoing it deletes in KashFlow.

    `number` and `dbid` are the document's as KashFlow has it now; `payments` are Kashdeck's own,
    each with its step here and its id there, and go first. `deletes` and `goes_with_it` (files and
    notes) say it in words, `stays` what is left there ("the supplier ... stays"). What was
    `changed` there since it was read back keeps the item from being undone, unless that is agreed
    to. One that is `gone` already has nothing to delete, and only comes back to the inbox. `seen`
    is the fingerprint of the document as it was looked at.
    """

    item_id: str
    version: int
    send: int
    operation: str
    contact: str
    number: int
    dbid: int
    deletes: tuple[str, ...]
    goes_with_it: tuple[str, ...] = ()
    payments: tuple[tuple[int, int], ...] = ()
    changed: tuple[str, ...] = ()
    stays: str = ""
    gone: bool = False
    seen: str = ""

    @property
    def side(self) -> Side:
        """The side of the books that it is on."""
        return side_by(self.operation)

    @property
    def sentence(self) -> str:
        """What would be done, in words."""
        if self.gone:
            word = self.side.document
            return f"{word.capitalize()} {self.number} is gone from KashFlow already"
        told = f"Delete {', then '.join(self.deletes)}"
        return f"{told}, with {' and '.join(self.goes_with_it)}" if self.goes_with_it else told


class UndoPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What undoing would do, in its order, and which items cannot be undone, each with the reason.

    `run` is the publishing session that is undone, None for items by number.
    """

    business: str
    items: tuple[UndoItem, ...]
    left_out: tuple[LeftOut, ...] = ()
    run: int | None = None

    @property
    def changed(self) -> tuple[UndoItem, ...]:
        """Those that were changed in KashFlow since: undone only where that is agreed to."""
        return tuple(one for one in self.items if one.changed)


class UndoLook:
    """Looks at published items in KashFlow, to tell what undoing them deletes."""

    def __init__(self, business: str, context: Context, finder: DocumentFinder) -> None:
        self._business = business
        self._context = context
        self._finder = finder
        reference_data = context.items.reference_data.of(business)
        self._locked_until = reference_data.settings.locked_until
        self._names = IdNames(context.lists, business, reference_data.home_currency)

    def look(self, item: Item, send: SendRecord) -> UndoItem:
        """Return what undoing the item deletes, as KashFlow is now.

        Raises `NotUndone` with the reason where it cannot be, `NotReadBack`, `KashFlowError`.
        """
        steps = self._context.sends.steps.of(self._business, send.id)
        if any(step.outcome in PENDING for step in steps):
            raise NotUndone("What followed it had no answer; KashFlow has to be looked at first.")
        found = self._finder.find(send, everywhere=True).found
        bare = self._bare(item, send, found)
        if found is None:
            return bare
        if self._locked_until and found.invoice_date and found.invoice_date <= self._locked_until:
            until = shown_date(self._locked_until)
            raise NotUndone(f"It is in the period that is locked, up to {until}.")
        undo = msgspec.structs.replace(
            bare,
            deletes=(_told(send, found),),
            goes_with_it=_unlisted(send, steps),
            changed=self._changes(send, found),
        )
        for kind in ALL_KINDS:
            there = self._at(send, found, kind)
            if there is not None:
                undo = self._with(undo, kind, there)
        return undo

    def _with(self, undo: UndoItem, kind: AttachedKind, there: Matched) -> UndoItem:
        """Return it with what belongs to the document of one kind."""
        told = [words_of(one, self._names) for one in there.others]
        if kind is PlannedPayment and told:
            raise NotUndone(
                f"A payment was recorded on it in KashFlow: {told[0]}.",
                "Take that payment off there first, if it is to go.",
            )
        changed = [_ADDED[kind].format(one) for one in told]
        ours = [(step, own) for step, own in there.ours if own is not None]
        differ = [difference(step, own, self._names) for step, own in ours]
        words = tuple(step.followup.what for step, _ in ours)
        undo = msgspec.structs.replace(
            undo,
            changed=(*undo.changed, *changed, *(one.sentence for one in differ if one)),
        )
        if kind is not PlannedPayment:
            return msgspec.structs.replace(undo, goes_with_it=(*undo.goes_with_it, *words))
        return msgspec.structs.replace(
            undo,
            deletes=(*words, *undo.deletes),
            payments=tuple((step.id, id_of(own)) for step, own in ours),
        )

    def _bare(self, item: Item, send: SendRecord, found: Invoice | None) -> UndoItem:
        party = send.side.contact
        return UndoItem(
            item_id=item.id,
            version=item.version,
            send=send.id,
            operation=send.operation,
            contact=send.contact,
            number=found.invoice_number if found is not None else send.number or 0,
            dbid=found.invoice_dbid if found is not None else send.dbid or 0,
            deletes=(),
            stays=f"the {party} {send.contact} stays in KashFlow" if send.created else "",
            gone=found is None,
            seen="" if found is None else fingerprint_of_document(found),
        )

    def _changes(self, send: SendRecord, found: Invoice) -> tuple[str, ...]:
        """Return what is otherwise than it was sent, whenever that came about."""
        told = compare(send.payload, found, self._names, send.side)
        changed = [one.sentence for one in told]
        if found.invoice_number != send.number:
            changed.append(f"its number was {send.number} and is {found.invoice_number}")
        return tuple(changed)

    def _at(self, send: SendRecord, found: Invoice, kind: AttachedKind) -> Matched | None:
        there = self._context.sessions.call(
            self._business, lambda line: listed_at(line, send, found, kind)
        )
        if there is None:
            return None
        steps = self._context.sends.steps.of(self._business, send.id)
        return matched(steps, kind, there)


def _unlisted(send: SendRecord, steps: Sequence[FollowUpRecord]) -> tuple[str, ...]:
    """Return the files of a sale, which KashFlow does not list; they go with it all the same."""
    if send.side.lists_files:
        return ()
    return tuple(step.followup.what for step in done(steps, PlannedFile))


def _told(send: SendRecord, found: Invoice) -> str:
    """Return which document it is: "purchase 12 (Pennine Water, PEN-1, £120.00)"."""
    currency = send.payload.currency_code or "GBP"
    parts = (send.contact, send.reference, shown(send.gross, currency))
    told = ", ".join(part for part in parts if part)
    return f"{send.side.document} {found.invoice_number} ({told})"


# Taking items out of KashFlow as was shown: payments first, then the document, each once.


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
        context: Context,
        deleting: RemovalRecovery,
        listener: Listener,
        switch: StopSwitch,
        backoff: Backoff,
        *,
        even_if_changed: bool,
    ) -> None:
        self._business = business
        self._context = context
        self._deleting = deleting
        self._listener = listener
        self._switch = switch
        self._backoff = backoff
        self._even_if_changed = even_if_changed

    def carry_out(self, items: Sequence[UndoItem]) -> UndoReport:
        """Undo the items, in this order; one item's trouble stops that item alone.

        A cancel lets the item in hand come to its end. A busy server is left alone as long as it
        asks, a few times, and then asked again.
        """
        results: list[UndoResult] = []
        cancelled = False
        for planned in items:
            try:
                self._switch.check()
            except Cancelled:
                cancelled = True
                break
            except Halted:
                break
            results.append(self._undo_patiently(planned))
        problem = self._switch.problem
        return UndoReport(tuple(results), cancelled, note_of(problem) if problem else None)

    def _undo_patiently(self, planned: UndoItem) -> UndoResult:
        tried: list[UndoResult] = []

        def once() -> Problem | None:
            self._switch.open()
            tried.append(self._undo(planned))
            return self._in_the_way(planned)

        self._backoff.patiently(self._business, once, self._switch.cancel, self._listener)
        return tried[-1]

    def _in_the_way(self, planned: UndoItem) -> Problem | None:
        """Return what stands in its way, for which it may be tried again.

        Not once something of it is deleted: it is no longer as it was shown then.
        """
        steps = self._context.sends.steps
        taken_back = (steps.get(self._business, step).outcome for step, _ in planned.payments)
        return None if SendState.UNDONE in taken_back else self._switch.problem

    def _undo(self, planned: UndoItem) -> UndoResult:
        self._listener(ItemUndoing(business=self._business, item=planned.item_id))
        try:
            fresh = self._as_shown(planned)
            problem = self._delete(fresh)
        except (DeskError, KashFlowError) as failure:
            problem = failure
            if stops(failure):
                self._switch.halt(failure)
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
        item = self._context.items.get(self._business, planned.item_id)
        send = self._context.sends.latest(self._business, item.id)
        here = item.sent is ItemState.PUBLISHED
        if not here or send is None or send.id != planned.send:
            raise NotUndone("It was changed here meanwhile; nothing was deleted.", "Look again.")
        finder = DocumentFinder(self._business, self._context, self._switch.cancel)
        fresh = UndoLook(self._business, self._context, finder).look(item, send)
        same = msgspec.structs.replace(fresh, version=planned.version) == planned
        if not (same or fresh.gone):
            raise NotUndone(
                "It was changed in KashFlow since it was shown here; nothing was deleted.",
                "Look at what would be deleted again.",
            )
        return fresh

    def _delete(self, planned: UndoItem) -> Problem | None:
        """Delete what belongs to the item, payments first; return why it is not out, if so."""
        sends = self._context.sends
        send = sends.get(self._business, planned.send)
        if planned.gone:
            word = planned.side.document
            said = f"KashFlow had {word} {planned.number} no more."
            sends.undone(self._business, send, Action.UNDONE, said)
            return None
        for step, target in planned.payments:
            what = sends.steps.get(self._business, step).followup.what
            problem = self._remove(send, planned, what, target, step=step)
            if problem is not None:
                return problem
        what = f"{planned.side.document} {planned.number}"
        return self._remove(send, planned, what, planned.dbid)

    def _remove(
        self, send: SendRecord, planned: UndoItem, what: str, target: int, *, step: int = 0
    ) -> Problem | None:
        removal = RemovalRecord(
            send=send.id,
            item=planned.item_id,
            operation=planned.operation,
            step=step,
            target=target,
            number=planned.number,
            dbid=planned.dbid,
            what=what,
            outcome=SendState.WAITING,
            started_at=self._context.clock(),
        )
        problem = self._deleting.delete(self._business, removal, self._listener)
        sent = isinstance(problem, KashFlowError) and problem.outcome is not Outcome.UNKNOWN
        if problem is not None and sent and stops(problem):
            self._switch.halt(problem)
        return problem

    def _state(self, item_id: str) -> ItemState:
        item = self._context.items.get(self._business, item_id)
        return self._context.items.state(self._business, item)


__all__ = ["PublishedRun", "UndoItem", "UndoPlan", "UndoReport", "UndoResult", "Undoing"]

_ONCE_THERE = (SendState.PUBLISHED, SendState.UNDONE)


class PublishedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A publishing session: when (UTC), by whom, how many documents it made, how many are left.

    `there` counts those that are in KashFlow still, as far as is known here.
    """

    run: int
    started_at: dt.datetime
    who: str
    made: int
    there: int


class Undoing:
    """Plans and carries out undoing, for every business; beside nobody who publishes for it."""

    def __init__(self, context: Context, resolving: Resolving) -> None:
        self._context = context
        self._items = context.items
        self._resolving = resolving
        self.backoff = Backoff()

    def runs(self, business: str) -> list[PublishedRun]:
        """Return the publishing sessions that made documents, the newest first."""
        told = []
        for run in self._all_runs(business):
            made = self._made_by(business, run)
            there = sum(one.outcome is SendState.PUBLISHED for one in made)
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
        with self._resolving.recovered(business):
            settle_time = self._context.settle_time(business)
            self._resolving.recovery.resolve(business, settle_time, listener, ids)
            finder = DocumentFinder(business, self._context, cancel)
            look = UndoLook(business, self._context, finder)
            wanted = [(item_id, self._attempt_of(business, item_id)) for item_id in ids]
            finder.read_together(one for _, one in wanted if one is not None)
            for item_id, send in wanted:
                if cancel is not None:
                    cancel.check()
                item = self._items.get(business, item_id)
                if send is None:
                    left_out.append(LeftOut(item_id, self._reason(business, item)))
                    continue
                try:
                    planned.append(look.look(item, self._known(business, send, finder)))
                except (NotUndone, NotReadBack, RecordBroken) as problem:
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
        pause: Pause | None = None,
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
        with self._resolving.recovered(business):
            going = UndoRun(
                business,
                self._context,
                self._resolving.recovery.deleting,
                listener,
                StopSwitch(cancel or Cancel(), pause or Pause()),
                self.backoff,
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
        rows = self._context.home.books(business).table(TABLE).all()
        found = [msgspec.convert({**row, "id": row.doc_id}, Run) for row in rows]
        return sorted(found, key=lambda one: one.id, reverse=True)

    def _made_by(self, business: str, run: Run) -> list[SendRecord]:
        """Return the sends of a run that made documents, the last first.

        They were begun while it went on, with the fingerprint of what it showed.
        """
        shown = {(one.item, one.fingerprint) for one in run.shown}
        found = [
            send
            for item_id in dict.fromkeys(one.item for one in run.shown)
            for send in self._context.sends.by(business, "item", item_id)
            if send.outcome in _ONCE_THERE
            and (send.item, send.fingerprint) in shown
            and send.started_at >= run.started_at
            and (run.ended_at is None or send.started_at <= run.ended_at)
        ]
        return sorted(found, key=lambda one: one.id, reverse=True)

    def _items_of(self, business: str, number: int) -> list[str]:
        """Return the items that a run published and that are that document still."""
        for run in self._all_runs(business):
            if run.id == number:
                made = self._made_by(business, run)
                latest = self._context.sends.latest
                return [
                    one.item
                    for one in made
                    if (last := latest(business, one.item)) is not None and last.id == one.id
                ]
        raise NotUndone(
            f"There was no publishing session {number}.", "See them with: kashdeck undo NAME --runs"
        )

    def _attempt_of(self, business: str, item_id: str) -> SendRecord | None:
        """Return the send that made the item's document, None unless it is in KashFlow."""
        item = self._items.get(business, item_id)
        if item.sent is not ItemState.PUBLISHED or self._is_pending(business, item):
            return None
        return self._context.sends.latest(business, item_id)

    def _is_pending(self, business: str, item: Item) -> bool:
        return bool(self._context.sends.removals.pending_of(business, item.id))

    def _known(self, business: str, send: SendRecord, finder: DocumentFinder) -> SendRecord:
        """Return the send with its document's id, learnt now where it was never read back."""
        if send.dbid:
            return send
        found = finder.find(send).found
        if found is None:
            return send
        self._context.sends.confirmed(business, send, found, None)
        return self._context.sends.get(business, send.id)

    def _reason(self, business: str, item: Item) -> str:
        """Return why an item that is not in KashFlow, or may be, cannot be undone."""
        state = self._items.state(business, item)
        if state in {ItemState.UNKNOWN, ItemState.PUBLISHED} and item.problem is not None:
            return f"{item.problem.sentence} {item.problem.cure}".strip()
        if state is ItemState.UNKNOWN:
            return "Its outcome is not known; KashFlow has to be looked at first."
        last = self._context.sends.latest(business, item.id)
        if last is not None and last.outcome is SendState.UNDONE:
            return "It was taken out of KashFlow already."
        return "It is not in KashFlow."
