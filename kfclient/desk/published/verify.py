"""Verifying: what was published is looked at in KashFlow, and compared with what was sent.

Read once a supplier or customer where several of theirs are verified; payments, files and notes are
read where Kashdeck put some. What differs is remembered at the item until a later look finds
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import KashFlowError
from kfclient.cancel import Cancel
from kfclient.desk.after.verify_look import Verdict, VerifyLook, VerifyResult
from kfclient.desk.after.whereabouts import Finder
from kfclient.desk.audit.audit import Action
from kfclient.desk.business.business import ProblemNote
from kfclient.desk.events import ItemVerified, Listener, ignore
from kfclient.desk.inbox.item import Item, ItemState
from kfclient.desk.publish.attempt import Attempt
from kfclient.desk.publish.planning import LeftOut
from kfclient.desk.publish.report import note_of
from kfclient.errors import Cancelled, Problem

if TYPE_CHECKING:
    from kfclient.desk.publish.parts import Parts

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

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

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
            finder = Finder(business, self._parts, cancel)
            look = VerifyLook(business, self._parts, finder)
            finder.read_together(wanted)
            for attempt in wanted:
                if cancel is not None:
                    cancel.check()
                results.append(result := look.look(attempt))
                self._remember(business, attempt, result)
                differs = result.verdict is not Verdict.SAME
                listener(ItemVerified(business=business, item=attempt.item, differs=differs))
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
    ) -> tuple[list[Attempt], list[LeftOut]]:
        items = self._parts.items
        if item_ids is None:
            asked = [one for one in items.all(business) if one.sent is ItemState.PUBLISHED]
        else:
            ids = dict.fromkeys(item_id.strip() for item_id in item_ids)
            asked = [items.get(business, item_id) for item_id in ids]
        wanted: list[Attempt] = []
        left_out: list[LeftOut] = []
        for item in asked:
            attempt = self._parts.attempts.latest(business, item.id)
            if item.sent is ItemState.PUBLISHED and attempt is not None:
                wanted.append(attempt)
            else:
                unknown = items.state(business, item) is ItemState.UNKNOWN
                why = "Its outcome is not known yet." if unknown else "It is not in KashFlow."
                left_out.append(LeftOut(item.id, why))
        return wanted, left_out

    def _remember(self, business: str, attempt: Attempt, result: VerifyResult) -> None:
        """Write at the item what was found, unless it is another document by now."""
        database = self._parts.home.books(business)
        if result.verdict in _GONE:
            self._parts.attempts.forget_document(business, attempt)
        with database.transaction():
            item = self._parts.items.get(business, attempt.item)
            latest = self._parts.attempts.latest(business, item.id)
            if item.sent is not ItemState.PUBLISHED or latest is None or latest.id != attempt.id:
                return
            problem = self._problem(item, result)
            deleting = self._parts.attempts.removals.pending_of(business, item.id)
            if problem == item.problem or deleting:
                return
            self._parts.items.put(business, msgspec.structs.replace(item, problem=problem))
            action = Action.CAME_OUT_DIFFERENT if problem is not None else Action.VERIFIED
            answer = "" if problem is None else problem.sentence
            self._parts.attempts.note(business, attempt, action, answer)

    def _problem(self, item: Item, result: VerifyResult) -> ProblemNote | None:
        """Return what the item is to remember: what differs, or what it did before."""
        if result.verdict is Verdict.NOT_READ and item.problem is not None:
            return item.problem
        return result.problem

    def _end(self, business: str, results: Sequence[VerifyResult]) -> None:
        """Note the whole in the trail, and let the counts catch up."""
        if results:
            differ = sum(one.verdict is not Verdict.SAME for one in results)
            self._parts.audit.note(
                self._parts.home.books(business),
                business,
                Action.VERIFIED,
                after={"items": len(results), "differ": differ},
            )
        self._parts.items.refresh_counts(business)
        self._parts.audit.settle(business)
