"""Settling items of unknown outcome, by looking in KashFlow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from kfclient.api.records import Invoice
from kfclient.desk.attempts import Attempt, Attempts, Outcome
from kfclient.desk.documents import (
    candidates,
    differences,
    documents_of,
    is_claimed,
    word_of,
)
from kfclient.desk.errors import CameOutDifferent, NotThereYet, SeveralThere
from kfclient.desk.events import ItemHeld, ItemPublished, Listener
from kfclient.desk.item import Item, ItemState
from kfclient.desk.publish_report import PublishResult, result_of
from kfclient.errors import Problem
from kfclient.money import shown

if TYPE_CHECKING:
    from kfclient.desk.items import Items
    from kfclient.desk.sessions import Sessions


class Resolving:
    """Looks for what was sent without an answer, and adopts it, waits, or returns it to the inbox.

    Call it under the business's publish lock.
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

    def recover(self, business: str) -> None:
        """Make attempts that a sudden end left without an outcome ones of unknown outcome.

        Their settle time runs from now: when the process ended is not known.
        """
        for attempt in self._attempts.pending(business):
            if attempt.outcome is Outcome.SENDING:
                word = word_of(attempt.operation)
                problem = NotThereYet(
                    f"Kashdeck ended while this {word} was being sent; it may be in KashFlow.",
                    "Kashdeck looks for it there before anything is sent again.",
                )
                self._attempts.unknown(business, attempt, problem)

    def resolve(
        self,
        business: str,
        settle: dt.timedelta,
        listener: Listener,
        only: Collection[str] | None = None,
    ) -> list[PublishResult]:
        """Look for every pending item, or those named; raises `KashFlowError` when it cannot.

        KashFlow is asked once for each supplier and customer.
        """
        results = []
        seen: dict[tuple[str, int], list[Invoice]] = {}
        for attempt in self._attempts.pending(business):
            if only is not None and attempt.item not in only:
                continue
            key = (attempt.operation, attempt.party)
            if key not in seen:
                seen[key] = self._look(business, attempt)
            results.append(self._settle(business, attempt, seen[key], settle, listener))
        return results

    def _look(self, business: str, attempt: Attempt) -> list[Invoice]:
        """Return the party's documents as KashFlow has them now."""
        return self._sessions.call(
            business, lambda kashflow: documents_of(kashflow, attempt.operation, attempt.party)
        )

    def _settle(
        self,
        business: str,
        attempt: Attempt,
        documents: list[Invoice],
        settle: dt.timedelta,
        listener: Listener,
    ) -> PublishResult:
        items = self._items.all(business)
        sure, doubtful = (
            [one for one in found if not is_claimed(one, attempt, items)]
            for found in candidates(attempt, documents)
        )
        if len(sure) == 1 and not self._is_claimed_by_number(sure[0], attempt, items):
            return self._adopt(business, attempt, sure[0], listener)
        if sure:
            return self._hold(business, attempt, _several(attempt, sure), listener)
        if doubtful:
            return self._hold(business, attempt, _doubtful(attempt, doubtful[0]), listener)
        waited = self._clock() - (attempt.gave_up_at or attempt.started_at)
        if waited < settle:
            return self._hold(business, attempt, _not_yet(attempt, settle - waited), listener)
        word = word_of(attempt.operation)
        gone = NotThereYet(f"The {word} did not arrive in KashFlow.", "Publish it again.")
        item = self._attempts.returned(business, attempt, Outcome.NOT_THERE, gone, keep=False)
        return result_of(item, self._items.state(business, item))

    def _is_claimed_by_number(self, found: Invoice, attempt: Attempt, items: list[Item]) -> bool:
        """Tell whether another item, never read back, may be this document.

        Numbers are given again after a delete, so this is a doubt and no proof.
        """
        return any(
            item.sent is ItemState.PUBLISHED
            and item.dbid is None
            and item.number == found.invoice_number
            and item.id != attempt.item
            for item in items
        )

    def _adopt(
        self, business: str, attempt: Attempt, found: Invoice, listener: Listener
    ) -> PublishResult:
        """Take the document for the item's: it was sent, and nothing else can be it."""
        other = differences(attempt.payload, found)
        problem: Problem | None = None
        if other:
            problem = CameOutDifferent(f"KashFlow has it with {'; '.join(other)}.")
        ended = self._attempts.published(business, attempt, found.invoice_number)
        item = self._attempts.confirmed(business, ended, found.invoice_dbid, problem)
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


def _not_yet(attempt: Attempt, left: dt.timedelta) -> NotThereYet:
    seconds = max(1, round(left.total_seconds()))
    return NotThereYet(
        f"KashFlow does not show this {word_of(attempt.operation)} yet, and may still be at work.",
        f"Look again in {seconds} seconds; until then it is not sent again.",
    )
