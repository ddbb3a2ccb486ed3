"""Verifying: what was published is looked at in KashFlow, and compared with what was sent.

Read once a supplier or customer where several of theirs are verified; payments, files and notes are
read where Kashdeck put some. What differs is remembered at the item until a later look finds
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import KashFlowError
from kfclient.cancel import Cancel
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import DeletedThere, DeskError, EditedThere
from kfclient.desk.events import ItemVerified, Listener, ignore
from kfclient.desk.model.business import ProblemNote, note_of
from kfclient.desk.model.connection_state import publish_lock
from kfclient.desk.model.item import Item, ItemState
from kfclient.desk.publish.journal_records import SendRecord, SendState
from kfclient.desk.publish.plan import LeftOut, PlannedFile, PlannedPayment
from kfclient.desk.publish.send import stops
from kfclient.desk.published.compare import (
    ALL_KINDS,
    Difference,
    compare,
    difference,
    done,
    in_words,
    listed_at,
    matched,
)
from kfclient.desk.published.find_document import DocumentFinder, IdNames
from kfclient.errors import Cancelled, Problem

if TYPE_CHECKING:
    from kfclient.api.records import Invoice
    from kfclient.desk.publish.journal_records import FollowUpRecord
    from kfclient.desk.published.compare import AttachedKind
    from kfclient.desk.published.find_document import FoundDocument
    from kfclient.desk.runs.runs import Context


# Looking at one published item in KashFlow, and comparing it with what was sent.


class Verdict(StrEnum):
    """What a look at a published item in KashFlow has shown.

    SAME to the penny; CHANGED there; DELETED there; REPLACED: it is gone and its number is another
    document's; NOT_READ: it could not be looked at.
    """

    SAME = "same"
    CHANGED = "changed"
    DELETED = "deleted"
    REPLACED = "replaced"
    NOT_READ = "not-read"


class VerifyResult(msgspec.Struct, frozen=True):
    """One item: its verdict, what differs (for CHANGED), and the problem in words, if any.

    `unlisted` says what KashFlow does not tell and so was not compared: the files of a sale.
    """

    item_id: str
    number: int
    verdict: Verdict
    differences: tuple[Difference, ...] = ()
    problem: ProblemNote | None = None
    unlisted: tuple[str, ...] = ()


class VerifyLook:
    """Looks at published items of one business, one verification long."""

    def __init__(self, business: str, context: Context, finder: DocumentFinder) -> None:
        self._business = business
        self._context = context
        self._finder = finder
        reference_data = context.items.reference_data.of(business)
        self._names = IdNames(context.lists, business, reference_data.home_currency)

    def look(self, send: SendRecord) -> VerifyResult:
        """Return how the send's document is in KashFlow now.

        Raises `KashFlowError` for what would go wrong with every other one too, `Cancelled`.
        """
        try:
            where = self._finder.find(send)
            if where.found is None:
                return _gone(send, where)
            self._learn(send, where.found)
            differences, unlisted = self._differences(send, where.found)
        except (DeskError, KashFlowError) as problem:
            if isinstance(problem, KashFlowError) and stops(problem):
                raise
            return _result(send, Verdict.NOT_READ, problem=note_of(problem))
        if not differences:
            return _result(send, Verdict.SAME, unlisted=unlisted)
        named = _named(send)
        edited = EditedThere(f"In KashFlow {named} is otherwise: {in_words(differences)}.")
        return _result(send, Verdict.CHANGED, differences, note_of(edited), unlisted)

    def _learn(self, send: SendRecord, found: Invoice) -> None:
        """Keep the id of a document that was never read back, unless somebody publishes now."""
        if send.dbid:
            return
        with self._context.home.try_lock(publish_lock(self._business)) as held:
            latest = self._context.sends.latest(self._business, send.item)
            if held and latest == send:
                self._context.sends.confirmed(self._business, send, found, None)

    def _differences(
        self, send: SendRecord, found: Invoice
    ) -> tuple[tuple[Difference, ...], tuple[str, ...]]:
        """Return what differs, and what KashFlow does not list and so cannot be compared."""
        side = send.side
        told = [*compare(send.payload, found, self._names, side)]
        if found.invoice_number != send.number:
            told.append(Difference("number", str(send.number), str(found.invoice_number)))
        steps = self._context.sends.steps.of(self._business, send.id)
        unlisted: list[str] = []
        for kind in ALL_KINDS:
            if not done(steps, kind):
                continue
            if kind is PlannedFile and not side.lists_files:
                unlisted += [step.followup.what for step in done(steps, kind)]
            else:
                told += self._at(send, found, steps, kind)
        told += self._taken_off(found, steps)
        return tuple(told), tuple(unlisted)

    def _taken_off(self, found: Invoice, steps: Sequence[FollowUpRecord]) -> list[Difference]:
        """Return the payments that an undoing has deleted, broken off before the document went.

        None where a payment is there again.
        """
        if found.amount_paid:
            return []
        undone = (one for one in steps if one.outcome is SendState.UNDONE)
        payments = [one for one in undone if isinstance(one.followup, PlannedPayment)]
        differ = (difference(step, None, self._names) for step in payments)
        return [one for one in differ if one is not None]

    def _at(
        self,
        send: SendRecord,
        found: Invoice,
        steps: Sequence[FollowUpRecord],
        kind: AttachedKind,
    ) -> list[Difference]:
        """Return what differs of the payments, files or notes that Kashdeck put there."""
        there = self._context.sessions.call(
            self._business, lambda line: listed_at(line, send, found, kind)
        )
        pairs = matched(steps, kind, there or []).ours
        differ = (difference(step, own, self._names) for step, own in pairs)
        return [one for one in differ if one is not None]


def _result(
    send: SendRecord,
    verdict: Verdict,
    differences: tuple[Difference, ...] = (),
    problem: ProblemNote | None = None,
    unlisted: tuple[str, ...] = (),
) -> VerifyResult:
    number = send.number or 0
    return VerifyResult(send.item, number, verdict, differences, problem, unlisted)


def _gone(send: SendRecord, where: FoundDocument) -> VerifyResult:
    if where.instead is None:
        problem = DeletedThere(f"KashFlow no longer has {_named(send)}: it was deleted there.")
        return _result(send, Verdict.DELETED, problem=note_of(problem))
    other = where.instead
    told = ", ".join(part for part in (other.customer_name, other.customer_reference) if part)
    problem = DeletedThere(
        f"KashFlow no longer has {_named(send)}: it was deleted there, and its number is "
        f"another document's now{f' ({told})' if told else ''}."
    )
    return _result(send, Verdict.REPLACED, problem=note_of(problem))


def _named(send: SendRecord) -> str:
    return f"{send.side.document} {send.number}"


__all__ = ["Verdict", "VerifyReport", "VerifyResult", "Verifying"]

_GONE = (Verdict.DELETED, Verdict.REPLACED)


class VerifyReport(msgspec.Struct, frozen=True, kw_only=True):
    """A result for every published item that was come to, and what was left out, with the reason.

    `stopped` is what ended it early, if so.
    """

    results: tuple[VerifyResult, ...]
    left_out: tuple[LeftOut, ...] = ()
    cancelled: bool = False
    stopped: ProblemNote | None = None

    @property
    def same(self) -> int:
        """How many are in KashFlow as they were sent."""
        return sum(one.verdict is Verdict.SAME for one in self.results)

    @property
    def differ(self) -> int:
        """How many are not, or could not be looked at."""
        return len(self.results) - self.same


class Verifying:
    """Verifies for every business. Thread-safe; writes only what it found, at the items."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def verify(
        self,
        business: str,
        item_ids: Sequence[str] | None = None,
        *,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
    ) -> VerifyReport:
        """Compare published items with KashFlow: those named, or all.

        Raises `ItemUnknown`, `NotConnected` and what the keyring says; what goes wrong with
        KashFlow is in the report.
        """
        wanted, left_out = self._wanted(business, item_ids)
        results: list[VerifyResult] = []
        stopped: Problem | None = None
        cancelled = False
        try:
            finder = DocumentFinder(business, self._context, cancel)
            look = VerifyLook(business, self._context, finder)
            finder.read_together(wanted)
            for send in wanted:
                if cancel is not None:
                    cancel.check()
                results.append(result := look.look(send))
                self._remember(business, send, result)
                differs = result.verdict is not Verdict.SAME
                listener(ItemVerified(business=business, item=send.item, differs=differs))
        except Cancelled:
            cancelled = True
        except KashFlowError as problem:
            stopped = problem
        finally:
            self._end(business, results)
        return VerifyReport(
            results=tuple(results),
            left_out=tuple(left_out),
            cancelled=cancelled,
            stopped=None if stopped is None else note_of(stopped),
        )

    # Inside

    def _wanted(
        self, business: str, item_ids: Sequence[str] | None
    ) -> tuple[list[SendRecord], list[LeftOut]]:
        items = self._context.items
        if item_ids is None:
            asked = [one for one in items.all(business) if one.sent is ItemState.PUBLISHED]
        else:
            ids = dict.fromkeys(item_id.strip() for item_id in item_ids)
            asked = [items.get(business, item_id) for item_id in ids]
        wanted: list[SendRecord] = []
        left_out: list[LeftOut] = []
        for item in asked:
            send = self._context.sends.latest(business, item.id)
            if item.sent is ItemState.PUBLISHED and send is not None:
                wanted.append(send)
            else:
                unknown = items.state(business, item) is ItemState.UNKNOWN
                why = "Its outcome is not known yet." if unknown else "It is not in KashFlow."
                left_out.append(LeftOut(item.id, why))
        return wanted, left_out

    def _remember(self, business: str, send: SendRecord, result: VerifyResult) -> None:
        """Write at the item what was found, unless it is another document by now."""
        database = self._context.home.books(business)
        if result.verdict in _GONE:
            self._context.sends.forget_document(business, send)
        with database.transaction():
            item = self._context.items.get(business, send.item)
            latest = self._context.sends.latest(business, item.id)
            if item.sent is not ItemState.PUBLISHED or latest is None or latest.id != send.id:
                return
            problem = self._problem(item, result)
            deleting = self._context.sends.removals.pending_of(business, item.id)
            if problem == item.problem or deleting:
                return
            self._context.items.put(business, msgspec.structs.replace(item, problem=problem))
            action = Action.CAME_OUT_DIFFERENT if problem is not None else Action.VERIFIED
            answer = "" if problem is None else problem.sentence
            self._context.sends.note(business, send, action, answer)

    def _problem(self, item: Item, result: VerifyResult) -> ProblemNote | None:
        """Return what the item is to remember: what differs, or what it did before."""
        if result.verdict is Verdict.NOT_READ and item.problem is not None:
            return item.problem
        return result.problem

    def _end(self, business: str, results: Sequence[VerifyResult]) -> None:
        """Note the whole in the trail, and let the counts catch up."""
        if results:
            differ = sum(one.verdict is not Verdict.SAME for one in results)
            self._context.audit.note(
                self._context.home.books(business),
                business,
                Action.VERIFIED,
                after={"items": len(results), "differ": differ},
            )
        self._context.items.recount(business)
        self._context.audit.flush(business)
