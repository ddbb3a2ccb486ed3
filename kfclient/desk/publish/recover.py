"""Settling items of unknown outcome, by looking in KashFlow."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from kfclient.api.errors import KashFlowError
from kfclient.api.records import Invoice
from kfclient.desk.after.deleting import Deleting
from kfclient.desk.audit.audit import Action
from kfclient.desk.errors import CameOutDifferent, NotThereYet, SeveralThere
from kfclient.desk.events import ItemHeld, ItemPublished, Listener
from kfclient.desk.inbox.item import ItemState
from kfclient.desk.publish.attempt import Attempt
from kfclient.desk.publish.attempt_step import Step
from kfclient.desk.publish.attempts import Attempts
from kfclient.desk.publish.documents import (
    candidates,
    differences,
    documents_of,
    word_of,
)
from kfclient.desk.publish.outcomes import Outcome, seconds_to_wait
from kfclient.desk.publish.report import PublishResult, result_of
from kfclient.desk.settle.read_back import ReadBack
from kfclient.desk.settle.step_resolving import StepResolving
from kfclient.errors import Problem
from kfclient.money import shown

if TYPE_CHECKING:
    from kfclient.desk.connect.sessions import Sessions
    from kfclient.desk.inbox.items import Items


class Resolving:
    """Looks for what was sent without an answer, and adopts it, waits, or returns it to the inbox.

    Call its changing methods under the business's publish lock.
    """

    def __init__(
        self,
        sessions: Sessions,
        items: Items,
        attempts: Attempts,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._sessions = sessions
        self._items = items
        self._attempts = attempts
        self._clock = clock
        self.steps = StepResolving(sessions, attempts.steps, clock)
        self.deleting = Deleting(sessions, attempts, clock)
        self.reading = ReadBack(sessions, items, attempts)

    def recover(self, business: str) -> None:
        """Make what a sudden end left without an outcome one of unknown outcome.

        The settle time runs from now: when the process ended is not known.
        """
        for attempt in self._attempts.pending(business):
            if attempt.outcome is Outcome.SENDING:
                word = word_of(attempt.operation)
                problem = NotThereYet(
                    f"Kashdeck ended while this {word} was being sent; it may be in KashFlow.",
                    "Kashdeck looks for it there before anything is sent again.",
                )
                self._attempts.unknown(business, attempt, problem)
        self.steps.recover(business)
        self.deleting.recover(business)

    def resolve(
        self,
        business: str,
        settle: dt.timedelta,
        listener: Listener,
        only: Collection[str] | None = None,
    ) -> list[PublishResult]:
        """Look for every pending item, or those named; raises `KashFlowError` when it cannot.

        KashFlow is asked once for each supplier and customer, and for each document of which
        something that followed it, or its delete, is pending, or that was never read back.
        """
        results = []
        seen: dict[tuple[str, int], tuple[dt.datetime, list[Invoice]]] = {}
        for attempt in self._attempts.pending(business):
            if only is not None and attempt.item not in only:
                continue
            key = (attempt.operation, attempt.party)
            if key not in seen:
                seen[key] = self._clock(), self.documents(business, attempt)
            looked_at, documents = seen[key]
            wait = seconds_to_wait(attempt.gave_up_at, settle, looked_at)
            results.append(self._settle(business, attempt, documents, wait, listener))
        looked_for = self._read_back(business, only)
        looked_for += self.steps.resolve(business, settle, listener, only)
        for removal in self._attempts.removals.pending(business):
            if only is None or removal.item in only:
                self.deleting.settle(business, removal, settle, listener)
                looked_for.append(removal.item)
        for item_id in dict.fromkeys(looked_for):
            item = self._items.get(business, item_id)
            results.append(result_of(item, self._items.state(business, item)))
        return results

    def _read_back(self, business: str, only: Collection[str] | None) -> list[str]:
        """Read back what never was; where KashFlow cannot be asked now, that holds nothing up."""
        looked_for = []
        with contextlib.suppress(KashFlowError):
            for attempt in self.reading.unread(business):
                if only is None or attempt.item in only:
                    self.reading.make_up_for(business, attempt)
                    looked_for.append(attempt.item)
        return looked_for

    def settles_in(
        self, business: str, settle: dt.timedelta, only: Collection[str]
    ) -> float | None:
        """Return the seconds until the first of these items that time can settle is settled.

        None where there is none: what is left needs a person.
        """
        documents, steps = self._attempts.pending(business), self.steps.pending(business)
        pending: list[Attempt | Step] = [*documents, *steps]
        now = self._clock()
        waits = [
            seconds_to_wait(one.gave_up_at, settle, now)
            for one in pending
            if one.item in only and (one.problem is None or one.problem.code != SeveralThere.code)
        ]
        return min(waits, default=None)

    def documents(self, business: str, attempt: Attempt) -> list[Invoice]:
        """Return the party's documents as KashFlow has them now."""
        return self._sessions.call(
            business, lambda kashflow: documents_of(kashflow, attempt.operation, attempt.party)
        )

    def free(
        self, business: str, attempt: Attempt, documents: Iterable[Invoice]
    ) -> tuple[list[Invoice], list[Invoice]]:
        """Return the documents that are what was sent, and the doubtful, that no other item is."""
        sure, doubtful = candidates(attempt, documents)
        claimed = self._attempts.is_claimed
        return (
            [one for one in sure if not claimed(business, one, attempt)],
            [one for one in doubtful if not claimed(business, one, attempt)],
        )

    def _settle(
        self,
        business: str,
        attempt: Attempt,
        documents: list[Invoice],
        wait: float,
        listener: Listener,
    ) -> PublishResult:
        sure, doubtful = self.free(business, attempt, documents)
        if len(sure) == 1 and not self._is_claimed_by_number(business, sure[0], attempt):
            return self.adopt(business, attempt, sure[0], listener)
        if sure:
            return self._hold(business, attempt, _several(attempt, sure), listener)
        if doubtful:
            return self._hold(business, attempt, _doubtful(attempt, doubtful[0]), listener)
        if wait > 0:
            return self._hold(business, attempt, _not_yet(attempt, wait), listener)
        word = word_of(attempt.operation)
        gone = NotThereYet(f"The {word} did not arrive in KashFlow.", "Publish it again.")
        item = self._attempts.returned(business, attempt, Outcome.NOT_THERE, gone, keep=False)
        return result_of(item, self._items.state(business, item))

    def _is_claimed_by_number(self, business: str, found: Invoice, attempt: Attempt) -> bool:
        """Tell whether another item, never read back, may be this document.

        Numbers are given again after a delete, so this is a doubt and no proof.
        """
        return any(
            item.sent is ItemState.PUBLISHED and item.dbid is None and item.id != attempt.item
            for item in self._items.by(business, "number", found.invoice_number)
        )

    def adopt(
        self,
        business: str,
        attempt: Attempt,
        found: Invoice,
        listener: Listener,
        action: Action = Action.ADOPTED,
    ) -> PublishResult:
        """Take the document for the item's: it was sent, and nothing else can be it."""
        other = differences(attempt.payload, found)
        problem: Problem | None = None
        if other:
            problem = CameOutDifferent(f"KashFlow has it with {'; '.join(other)}.")
        ended = self._attempts.published(business, attempt, found.invoice_number, action)
        item = self._attempts.confirmed(business, ended, found, problem)
        listener(ItemPublished(business=business, item=item.id, number=found.invoice_number))
        return result_of(item, ItemState.PUBLISHED)

    def _hold(
        self, business: str, attempt: Attempt, problem: Problem, listener: Listener
    ) -> PublishResult:
        """Leave it unknown, with what was seen."""
        item = self._attempts.unknown(business, attempt, problem)
        listener(ItemHeld(business=business, item=item.id, problem=problem, unknown=True))
        return result_of(item, ItemState.UNKNOWN)


def _several(attempt: Attempt, found: list[Invoice]) -> SeveralThere:
    numbers = " and ".join(str(one.invoice_number) for one in found)
    word = word_of(attempt.operation)
    if len(found) == 1:
        return SeveralThere(
            f"In KashFlow {word} {numbers} may be this item, or another one published before.",
            "Look at it there. If it is the other one, change its reference there a little, then "
            "look again here: this item can then be sent.",
        )
    return SeveralThere(
        f"In KashFlow {word}s {numbers} all look like this item.",
        "Look at them there and delete what is too many, or change the reference of those that are "
        "something else; then look again here.",
    )


def _doubtful(attempt: Attempt, found: Invoice) -> SeveralThere:
    word = word_of(attempt.operation)
    return SeveralThere(
        f"In KashFlow {word} {found.invoice_number} may be this item, but differs: this item "
        f"has the reference {attempt.reference or '(none)'} and comes to "
        f"{shown(attempt.gross, attempt.payload.currency_code or 'GBP')}.",
        "Look at it there. If it is this item, put it right there; if it is another one, change "
        "its reference there. Then look again here.",
    )


def _not_yet(attempt: Attempt, wait: float) -> NotThereYet:
    seconds = max(1, round(wait))
    return NotThereYet(
        f"KashFlow does not show this {word_of(attempt.operation)} yet, and may still be at work.",
        f"Look again in {seconds} seconds; until then it is not sent again.",
    )
