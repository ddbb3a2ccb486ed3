"""Reading back what was published: it is compared with what was sent, and its id is learnt.

That comes right after the document was sent. Where a sudden end or a lost connection came between,
it is made up for whenever KashFlow is looked at for what is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import KashFlowError
from kfclient.api.records import Invoice
from kfclient.desk.errors import CameOutDifferent, DeletedThere, NotReadBack
from kfclient.desk.inbox.item import Item, ItemState
from kfclient.desk.publish.attempt import Attempt, alike
from kfclient.desk.publish.documents import candidates, differences, document_of, word_of
from kfclient.desk.publish.report import note_of
from kfclient.errors import Problem
from kfclient.store.errors import SecretsError

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.desk.connect.sessions import Sessions
    from kfclient.desk.inbox.items import Items
    from kfclient.desk.publish.attempts import Attempts


class ReadBack:
    """Reads documents back, for every business. Call it under the business's publish lock."""

    def __init__(self, sessions: Sessions, items: Items, attempts: Attempts) -> None:
        self._sessions = sessions
        self._items = items
        self._attempts = attempts

    def read(
        self, business: str, attempt: Attempt, number: int
    ) -> tuple[Attempt, Invoice | None, Problem | None]:
        """Read the document that KashFlow has just given this number, and write down what it shows.

        Returns the attempt with the id, the document where it came, and what is amiss, if so.
        """
        problem: Problem | None = None
        found: Invoice | None = None
        word = word_of(attempt.operation)
        try:
            found = self._document(business, attempt, number)
        except (KashFlowError, SecretsError) as failure:
            problem = NotReadBack(
                f"It is in KashFlow as {word} {number}, but could not be read back to be compared: "
                f"{failure.sentence}",
                "It is read when KashFlow is next looked at.",
            )
        if found is not None:
            problem = _compared(attempt, found)
        elif problem is None:
            problem = NotReadBack(
                f"KashFlow gave it the number {number}, but now has no {word} of that number.",
                "Look for it in KashFlow; it may have been deleted there.",
            )
        self._attempts.confirmed(business, attempt, found, problem)
        dbid = found.invoice_dbid if found is not None else None
        return msgspec.structs.replace(attempt, dbid=dbid), found, problem

    def unread(self, business: str) -> list[Attempt]:
        """Return the attempts whose documents are in KashFlow and were never read back.

        Not those that have a twin of unknown outcome: which document is whose could not be told.
        """
        latest = (
            self._attempts.latest(business, item.id)
            for item in self._items.all(business)
            if is_unread(item)
        )
        pending = self._attempts.pending(business)
        return [
            attempt
            for attempt in latest
            if attempt is not None and not any(alike(attempt, one) for one in pending)
        ]

    def make_up_for(self, business: str, attempt: Attempt) -> None:
        """Read back what was published before, unless it is no longer sure which document it is.

        By now the number may be another document's: numbers are given again after a delete. Raises
        `KashFlowError`.
        """
        number, word = attempt.number or 0, word_of(attempt.operation)
        found = self._document(business, attempt, number)
        problem: Problem | None
        if found is None or self._attempts.is_given_again(business, attempt):
            found = None
            problem = DeletedThere(f"KashFlow no longer has {word} {number}.")
        elif candidates(attempt, [found])[0] and not self._attempts.is_claimed(
            business, found, attempt
        ):
            problem = _compared(attempt, found)
        else:
            found = None
            problem = NotReadBack(
                f"It was never read back, and KashFlow's {word} {number} is not, to all that is "
                "known, what was sent.",
                "Look at it in KashFlow.",
            )
        known = self._items.get(business, attempt.item).problem
        if found is not None or problem is None or known != note_of(problem):
            self._attempts.confirmed(business, attempt, found, problem)

    def _document(self, business: str, attempt: Attempt, number: int) -> Invoice | None:
        def read(kashflow: KashFlow) -> Invoice | None:
            return document_of(kashflow, attempt.operation, number)

        return self._sessions.call(business, read)


def is_unread(item: Item) -> bool:
    """Tell whether the item's document is in KashFlow and still has to be read back."""
    return (
        item.sent is ItemState.PUBLISHED
        and item.dbid is None
        and (item.problem is None or item.problem.code == NotReadBack.code)
    )


def _compared(attempt: Attempt, found: Invoice) -> Problem | None:
    other = differences(attempt.payload, found)
    if not other:
        return None
    word = word_of(attempt.operation)
    number = found.invoice_number
    return CameOutDifferent(f"KashFlow has {word} {number} with {'; '.join(other)}.")
