"""The durable trail of what was sent: an intent before every send, and its outcome after it.

Each step is one transaction over the item and its attempt, on disk when it returns. An item that
is being sent with nobody publishing was left behind by a sudden end; its outcome is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.after.comparing import fingerprint_of_document
from kfclient.desk.after.removals import Removals
from kfclient.desk.audit.audit import Action
from kfclient.desk.duplicates.sightings import PURCHASE, SALE
from kfclient.desk.errors import CameOutDifferent, ItemChanged, TwinUnknown
from kfclient.desk.inbox.item import Item, ItemState
from kfclient.desk.publish.attempt import Attempt, alike, party_word, stored
from kfclient.desk.publish.attempt_steps import Steps
from kfclient.desk.publish.outcomes import PENDING, Outcome
from kfclient.desk.publish.report import note_of
from kfclient.errors import Problem

if TYPE_CHECKING:
    from kfclient.desk.audit.audit import Audit
    from kfclient.desk.inbox.items import Items
    from kfclient.desk.publish.planning import PlannedItem
    from kfclient.store import Home

TABLE = "attempts"


class Attempts:
    """The attempts of every business. Call its methods under the business's publish lock."""

    def __init__(
        self, home: Home, items: Items, audit: Audit, clock: Callable[[], dt.datetime]
    ) -> None:
        self._home = home
        self._items = items
        self._audit = audit
        self._clock = clock
        self.steps = Steps(home, items, audit, clock)
        self.removals = Removals(home, items, audit, clock, self)

    def begin(
        self,
        business: str,
        planned: PlannedItem,
        invoice: Invoice,
        *,
        mark: int,
        fingerprint: str,
        created: bool = False,
    ) -> Attempt:
        """Claim the item and write the intent, durably, before the first byte is sent.

        Raises `ItemChanged` when the item is no longer what was planned, `TwinUnknown` while one
        just like it is of unknown outcome: a read-back could not tell them apart.
        """
        attempt = Attempt(
            item=planned.item_id,
            operation=planned.operation,
            party=invoice.customer_id,
            contact=planned.contact,
            reference=invoice.customer_reference,
            gross=planned.gross,
            payload=invoice,
            created=created,
            fingerprint=fingerprint,
            followups=planned.followups,
            mark=mark,
            started_at=self._clock(),
        )
        with self._home.books(business).transaction():
            item = self._items.get(business, planned.item_id)
            if item.version != planned.version or item.sent is not None:
                raise ItemChanged(f"Item {item.id} was changed meanwhile, so it was not sent.")
            for other in self.pending(business):
                if alike(attempt, other):
                    raise TwinUnknown(
                        f"Item {other.item} has the same {party_word(attempt)}, reference and "
                        "amount, was sent, and its outcome is not known yet."
                    )
            number = self._home.books(business).table(TABLE).insert(stored(attempt))
            self._items.put(
                business, msgspec.structs.replace(item, sent=ItemState.PUBLISHING, problem=None)
            )
            self.note(business, attempt, Action.SENDING)
        return msgspec.structs.replace(attempt, id=number)

    def published(
        self, business: str, attempt: Attempt, number: int, action: Action = Action.PUBLISHED
    ) -> Attempt:
        """Write down that the document is in KashFlow under this number, and what is to follow."""
        now = self._clock()
        ended = msgspec.structs.replace(
            attempt, outcome=Outcome.PUBLISHED, ended_at=now, number=number, problem=None
        )
        with self._home.books(business).transaction():
            item = self._end(
                business,
                ended,
                action,
                answer=str(number),
                sent=ItemState.PUBLISHED,
                number=number,
                published_at=now,
                problem=None,
            )
            if attempt.followups:
                item = self.steps.add(
                    business,
                    item,
                    attempt=attempt.id,
                    operation=attempt.operation,
                    number=number,
                    followups=attempt.followups,
                )
                self._items.put(business, item)
        return ended

    def confirmed(
        self, business: str, attempt: Attempt, found: Invoice | None, problem: Problem | None
    ) -> Item:
        """Write down what reading the published document back has shown; None: it did not come."""
        note = None if problem is None else note_of(problem)
        dbid = found.invoice_dbid if found is not None else None
        seen = fingerprint_of_document(found) if found is not None else ""
        read = msgspec.structs.replace(attempt, dbid=dbid, seen=seen, problem=note)
        action = Action.CAME_OUT_DIFFERENT if isinstance(problem, CameOutDifferent) else None
        answer = problem.sentence if problem is not None else ""
        return self._end(business, read, action, answer=answer, dbid=dbid, problem=note)

    def undone(self, business: str, attempt: Attempt, action: Action, answer: str = "") -> Item:
        """Write down that its document was deleted in KashFlow: the item is in the inbox again.

        The attempt is kept; what followed the document went with it.
        """
        with self._home.books(business).transaction():
            self.steps.all_undone(business, attempt.id)
            item = self._end(
                business,
                msgspec.structs.replace(attempt, outcome=Outcome.UNDONE),
                action,
                answer=answer,
                sent=None,
                number=None,
                dbid=None,
                published_at=None,
                problem=None,
                left=(),
            )
        self.forget_document(business, attempt)
        return item

    def forget_document(self, business: str, attempt: Attempt) -> None:
        """Forget the document, which KashFlow has no more, where likenesses are looked for."""
        account = self._items.bookshelf.books(business).account
        side = SALE if attempt.operation == "InsertInvoice" else PURCHASE
        self._items.doubles.seen.forget(business, account, side, attempt.dbid or 0)

    def returned(
        self,
        business: str,
        attempt: Attempt,
        outcome: Outcome,
        problem: Problem,
        *,
        keep: bool,
        action: Action | None = None,
    ) -> Item:
        """Write down that nothing is in KashFlow: the item is in the inbox again.

        `keep` has the item remember the problem, for a person to look at.
        """
        note = note_of(problem)
        return self._end(
            business,
            msgspec.structs.replace(attempt, outcome=outcome, ended_at=self._clock(), problem=note),
            action or _RETURNS[outcome],
            answer=problem.sentence,
            sent=None,
            problem=note if keep else None,
        )

    def unknown(self, business: str, attempt: Attempt, problem: Problem) -> Item:
        """Write down that nobody can tell yet; the settle time runs from when it was given up."""
        note = note_of(problem)
        known = attempt.outcome is Outcome.UNKNOWN
        return self._end(
            business,
            msgspec.structs.replace(
                attempt,
                outcome=Outcome.UNKNOWN,
                gave_up_at=attempt.gave_up_at or self._clock(),
                problem=note,
            ),
            None if known else Action.OUTCOME_UNKNOWN,
            answer=problem.sentence,
            sent=ItemState.UNKNOWN,
            problem=note,
        )

    def pending(self, business: str) -> list[Attempt]:
        """Return the attempts without a certain outcome, oldest first."""
        found = [one for outcome in PENDING for one in self.by(business, "outcome", outcome.value)]
        return sorted(found, key=lambda one: one.id)

    def by(self, business: str, field: str, value: object) -> list[Attempt]:
        """Return the attempts with this value, oldest first: by item, outcome, number or dbid."""
        found = self._home.books(business).table(TABLE).by(field, value)
        return [msgspec.convert({**one, "id": one.doc_id}, Attempt) for one in found]

    def get(self, business: str, number: int) -> Attempt:
        """Return one attempt; raises `ItemChanged` where it is not there."""
        document = self._home.books(business).table(TABLE).get(doc_id=number)
        if document is None:
            raise ItemChanged("What was sent is not remembered any more.")
        return msgspec.convert({**document, "id": number}, Attempt)

    def is_claimed(self, business: str, document: Invoice, attempt: Attempt) -> bool:
        """Tell whether another item is this document, by the id that is its own for ever."""
        return document.invoice_dbid != 0 and any(
            item.id != attempt.item
            for item in self._items.by(business, "dbid", document.invoice_dbid)
        )

    def is_given_again(self, business: str, attempt: Attempt) -> bool:
        """Tell whether KashFlow gave the attempt's number to a later one: its document is gone."""
        return any(
            other.operation == attempt.operation and other.id > attempt.id
            for other in self.by(business, "number", attempt.number)
        )

    def latest(self, business: str, item_id: str) -> Attempt | None:
        """Return the item's last attempt, None where it was never sent."""
        return max(self.by(business, "item", item_id), key=lambda one: one.id, default=None)

    def _end(
        self,
        business: str,
        attempt: Attempt,
        action: Action | None,
        answer: str = "",
        **changes: object,
    ) -> Item:
        """Store the attempt and its item, and note it, in one transaction."""
        with self._home.books(business).transaction():

            def become(document: Any) -> None:
                document.clear()
                document.update(stored(attempt))

            self._home.books(business).table(TABLE).update(become, doc_ids=[attempt.id])
            if action is not None:
                self.note(business, attempt, action, answer)
            item = self._items.get(business, attempt.item)
            return self._items.put(business, msgspec.structs.replace(item, **changes))

    def note(self, business: str, attempt: Attempt, action: Action, answer: str = "") -> None:
        """Note in the trail what became of a document, in the transaction that is open."""
        self._audit.note(
            self._home.books(business),
            business,
            action,
            item=attempt.item,
            after={
                "what": f"{attempt.operation} {attempt.reference}".strip(),
                "contact": attempt.contact,
                "gross": attempt.gross,
                "currency": attempt.payload.currency_code,
                "number": attempt.number,
            },
            fingerprint=attempt.fingerprint,
            answer=answer,
        )


_RETURNS = {
    Outcome.REFUSED: Action.REFUSED,
    Outcome.NOT_SENT: Action.NOT_SENT,
    Outcome.NOT_THERE: Action.NOT_THERE,
}
