"""Finding a published document in KashFlow again: by its id, whatever its number is now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.errors import DeletedThere, NotReadBack
from kfclient.desk.publish.attempt import Attempt
from kfclient.desk.publish.documents import SALE, candidates, document_of, documents_of

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.cancel import Cancel
    from kfclient.desk.publish.parts import Parts


class Whereabouts(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt's document as it is now, None where it is gone, and whose its number is then.

    `instead` is the document that has the number now, where that is another one.
    """

    found: Invoice | None
    instead: Invoice | None = None


class Finder:
    """Finds the documents of attempts, one piece of work long.

    What is read of a supplier or customer is kept; a document that was found in it is as fresh as
    that. Raises `KashFlowError`, `Cancelled`.
    """

    def __init__(self, business: str, parts: Parts, cancel: Cancel | None = None) -> None:
        self._business = business
        self._sessions = parts.sessions
        self._attempts = parts.attempts
        self._cancel = cancel
        self._parties: dict[tuple[str, int], list[Invoice]] = {}
        self._every: dict[int, Invoice] | None = None

    def read_together(self, attempts: Iterable[Attempt]) -> None:
        """Read the documents of each supplier and customer that has several of these, at once."""
        counts = Counter((one.operation, one.party) for one in attempts)
        for (operation, party), count in counts.items():
            if count > 1:
                self._of_party(operation, party)

    def find(self, attempt: Attempt, *, everywhere: bool = False) -> Whereabouts:
        """Return where the attempt's document is: with its number, else with its party.

        `everywhere` looks through all purchases for one that is neither, which takes a call for
        each hundred of them; for a sale it is one call. Raises `NotReadBack` for a document that
        was never read back and that cannot be told for certain.
        """
        key = (attempt.operation, attempt.party)
        if key in self._parties and (one := _with_id(self._parties[key], attempt)):
            return Whereabouts(found=one)
        if not attempt.dbid:
            return Whereabouts(found=self._never_read(attempt, self._of_party(*key)))
        numbered = self._numbered(attempt)
        if numbered is not None and numbered.invoice_dbid == attempt.dbid:
            return Whereabouts(found=numbered)
        found = _with_id(self._of_party(*key), attempt)
        if found is None and everywhere:
            found = self._anywhere(attempt)
        return Whereabouts(found=found, instead=numbered if found is None else None)

    def _numbered(self, attempt: Attempt) -> Invoice | None:
        return self._sessions.call(
            self._business,
            lambda kashflow: document_of(kashflow, attempt.operation, attempt.number or 0),
        )

    def _never_read(self, attempt: Attempt, documents: Iterable[Invoice]) -> Invoice | None:
        """Return the one document that can be the attempt's and is no other item's, if any."""
        if self._is_known_to_be_gone(attempt):
            return None
        sure, doubtful = candidates(
            attempt,
            [
                one
                for one in documents
                if not self._attempts.is_claimed(self._business, one, attempt)
            ],
        )
        if len(sure) == 1 and sure[0].invoice_number == attempt.number:
            return sure[0]
        if sure or doubtful:
            raise NotReadBack(
                f"It was never read back, and KashFlow's number {attempt.number} is not, or not "
                "only, what was sent.",
                "Look at it in KashFlow.",
            )
        return None

    def _is_known_to_be_gone(self, attempt: Attempt) -> bool:
        known = attempt.problem is not None and attempt.problem.code == DeletedThere.code
        return known or self._attempts.is_given_again(self._business, attempt)

    def _of_party(self, operation: str, party: int) -> list[Invoice]:
        key = (operation, party)
        if key not in self._parties:
            if self._cancel is not None:
                self._cancel.check()
            self._parties[key] = self._sessions.call(
                self._business,
                lambda kashflow: documents_of(kashflow, operation, party, self._cancel),
            )
        return self._parties[key]

    def _anywhere(self, attempt: Attempt) -> Invoice | None:
        """Return the document by its id alone: moved to another party, and to another number."""
        dbid = attempt.dbid or 0
        if attempt.operation == SALE:
            return self._sessions.call(self._business, lambda line: line.get_invoice_by_id(dbid))

        def read(kashflow: KashFlow) -> dict[int, Invoice]:
            pages = kashflow.iter_receipts_pages(cancel=self._cancel)
            return {one.invoice_dbid: one for page in pages for one in page.receipts}

        if self._every is None:
            self._every = self._sessions.call(self._business, read)
        return self._every.get(dbid)


def _with_id(documents: Iterable[Invoice], attempt: Attempt) -> Invoice | None:
    return next((one for one in documents if attempt.dbid == one.invoice_dbid), None)
