"""The durable trail of what was sent: an intent before every send, and its outcome after it.

Each step is one transaction over the item and its attempt, on disk when it returns. An item that
is being sent with nobody publishing was left behind by a sudden end; its outcome is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.business import ProblemNote
from kfclient.desk.errors import ItemChanged, TwinUnknown
from kfclient.desk.item import Item, ItemState
from kfclient.desk.matching import plain
from kfclient.desk.publish_report import note_of
from kfclient.errors import Problem

if TYPE_CHECKING:
    from kfclient.desk.items import Items
    from kfclient.desk.planning import PlannedItem
    from kfclient.store import Home

TABLE = "attempts"


class Outcome(StrEnum):
    """How an attempt ended; SENDING has no outcome yet."""

    SENDING = "sending"
    PUBLISHED = "published"
    REFUSED = "refused"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"
    NOT_THERE = "not-there"


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sending of one item: the frozen payload, and what was known before and after.

    `party` is KashFlow's id of the supplier or customer; `mark` the highest document id (DBID) that
    the party had before. `gave_up_at` is when the wait for the reply ended (UTC). `number` and
    `dbid` are the document's.
    """

    id: int = 0
    item: str
    operation: str
    party: int
    contact: str
    reference: str
    gross: Decimal
    payload: Invoice
    fingerprint: str
    mark: int = 0
    started_at: dt.datetime
    outcome: Outcome = Outcome.SENDING
    gave_up_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    number: int | None = None
    dbid: int | None = None
    problem: ProblemNote | None = None


class Attempts:
    """The attempts of every business. Call its methods under the business's publish lock."""

    def __init__(self, home: Home, items: Items, clock: Callable[[], dt.datetime]) -> None:
        self._home = home
        self._items = items
        self._clock = clock

    def begin(
        self, business: str, planned: PlannedItem, invoice: Invoice, mark: int, fingerprint: str
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
            fingerprint=fingerprint,
            mark=mark,
            started_at=self._clock(),
        )
        with self._home.books(business).transaction():
            item = self._items.get(business, planned.item_id)
            if item.version != planned.version or item.sent is not None:
                raise ItemChanged(f"Item {item.id} was changed meanwhile, so it was not sent.")
            for other in self.pending(business):
                if _alike(attempt, other):
                    raise TwinUnknown(
                        f"Item {other.item} has the same {_party_word(attempt)}, reference and "
                        "amount, was sent, and its outcome is not known yet."
                    )
            number = self._home.books(business).table(TABLE).insert(_stored(attempt))
            self._items.put(
                business, msgspec.structs.replace(item, sent=ItemState.PUBLISHING, problem=None)
            )
        return msgspec.structs.replace(attempt, id=number)

    def published(self, business: str, attempt: Attempt, number: int) -> Attempt:
        """Write down that the document is in KashFlow under this number."""
        now = self._clock()
        ended = msgspec.structs.replace(
            attempt, outcome=Outcome.PUBLISHED, ended_at=now, number=number, problem=None
        )
        self._end(
            business,
            ended,
            sent=ItemState.PUBLISHED,
            number=number,
            published_at=now,
            problem=None,
        )
        return ended

    def confirmed(
        self, business: str, attempt: Attempt, dbid: int | None, problem: Problem | None
    ) -> Item:
        """Write down what reading the published document back has shown."""
        note = None if problem is None else note_of(problem)
        read = msgspec.structs.replace(attempt, dbid=dbid, problem=note)
        return self._end(business, read, dbid=dbid, problem=note)

    def returned(
        self, business: str, attempt: Attempt, outcome: Outcome, problem: Problem, *, keep: bool
    ) -> Item:
        """Write down that nothing is in KashFlow: the item is in the inbox again.

        `keep` has the item remember the problem, for a person to look at.
        """
        note = note_of(problem)
        return self._end(
            business,
            msgspec.structs.replace(attempt, outcome=outcome, ended_at=self._clock(), problem=note),
            sent=None,
            problem=note if keep else None,
        )

    def unknown(self, business: str, attempt: Attempt, problem: Problem) -> Item:
        """Write down that nobody can tell yet; the settle time runs from when it was given up."""
        note = note_of(problem)
        return self._end(
            business,
            msgspec.structs.replace(
                attempt,
                outcome=Outcome.UNKNOWN,
                gave_up_at=attempt.gave_up_at or self._clock(),
                problem=note,
            ),
            sent=ItemState.UNKNOWN,
            problem=note,
        )

    def pending(self, business: str) -> list[Attempt]:
        """Return the attempts without a certain outcome, oldest first."""
        table = self._home.books(business).table(TABLE)
        found = [
            document
            for outcome in (Outcome.SENDING, Outcome.UNKNOWN)
            for document in table.by("outcome", outcome.value)
        ]
        attempts = [
            msgspec.convert({**document, "id": document.doc_id}, Attempt) for document in found
        ]
        return sorted(attempts, key=lambda one: one.id)

    def _end(self, business: str, attempt: Attempt, **changes: object) -> Item:
        """Store the attempt and its item in one transaction."""
        with self._home.books(business).transaction():

            def become(document: Any) -> None:
                document.clear()
                document.update(_stored(attempt))

            self._home.books(business).table(TABLE).update(become, doc_ids=[attempt.id])
            item = self._items.get(business, attempt.item)
            return self._items.put(business, msgspec.structs.replace(item, **changes))


def _stored(attempt: Attempt) -> dict[str, Any]:
    """Return the attempt as it is stored; its outcome always, since it is looked up by that."""
    document: dict[str, Any] = msgspec.to_builtins(attempt)
    document.pop("id", None)
    document["outcome"] = attempt.outcome.value
    payload = document.get("payload", {})
    payload["Lines"] = list(payload.get("Lines", ()))  # JSON has no tuples
    return document


def _alike(one: Attempt, other: Attempt) -> bool:
    return (one.operation, one.party, plain(one.reference), one.gross) == (
        other.operation,
        other.party,
        plain(other.reference),
        other.gross,
    )


def _party_word(attempt: Attempt) -> str:
    return "customer" if attempt.operation == "InsertInvoice" else "supplier"
