"""What a person decides about an unknown outcome, having looked in KashFlow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import AlreadyThere, NotDecided, NotThereYet
from kfclient.desk.events import ignore
from kfclient.desk.publish.journal_records import (
    PENDING,
    FollowUpRecord,
    PublishResult,
    SendRecord,
    SendState,
    result_of,
    seconds_to_wait,
)
from kfclient.desk.publish.kashflow_documents import gross_of, id_of, likeness

if TYPE_CHECKING:
    from kfclient.desk.business.sessions import Sessions
    from kfclient.desk.items.items import Items
    from kfclient.desk.publish.journal import SendJournal
    from kfclient.desk.publish.recover import SendRecovery
    from kfclient.elapsed import Uptime


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A document in KashFlow beside what was sent: what a person compares.

    `gross` is in the document's currency. `sure` says that it equals what was sent, to all that is
    known; others may be it.
    """

    number: int
    dbid: int
    contact: str
    reference: str
    date: dt.date | None
    due_date: dt.date | None
    gross: Decimal
    currency: str
    sure: bool
    document: Invoice


class Candidates(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent for an item of unknown outcome, and the documents that may be it.

    `seconds` is how long KashFlow may still be at work: until then "none of these" is too early.
    """

    item: str
    sent: Invoice
    gross: Decimal
    contact: str
    sent_at: dt.datetime
    found: tuple[Candidate, ...]
    seconds: float


class Deciding:
    """Carries out what a person decided. Call its changing methods under the publish lock."""

    def __init__(
        self,
        sessions: Sessions,
        items: Items,
        sends: SendJournal,
        resolving: SendRecovery,
        moment: Callable[[], Uptime],
    ) -> None:
        self._sessions = sessions
        self._items = items
        self._sends = sends
        self._resolving = resolving
        self._moment = moment

    def candidates(self, business: str, item_id: str, settle_time: dt.timedelta) -> Candidates:
        """Return the documents in KashFlow that may be the item, beside what was sent.

        Those that came after it was sent and that no other item is; changes nothing.
        """
        send = self._pending(business, item_id)
        looked_at = self._moment()
        documents = self._resolving.documents(business, send)
        sure, doubtful = self._resolving.free(business, send, documents)
        found = [
            Candidate(
                number=one.invoice_number,
                dbid=one.invoice_dbid,
                contact=one.customer_name or one.customer or send.contact,
                reference=one.customer_reference,
                date=one.invoice_date,
                due_date=one.due_date,
                gross=gross_of(one),
                currency=one.currency_code,
                sure=one in sure,
                document=one,
            )
            for one in (*sure, *doubtful)
        ]
        return Candidates(
            item=item_id,
            sent=send.payload,
            gross=send.gross,
            contact=send.contact,
            sent_at=send.started_at,
            found=tuple(found),
            seconds=max(0.0, seconds_to_wait(send.gave_up, settle_time, looked_at)),
        )

    def is_this(self, business: str, item_id: str, number: int) -> PublishResult:
        """Take the document of this number for the item: a person has looked.

        Checked against KashFlow: it must be there, be the party's, have come after the item was
        sent, and belong to no other item. What differs is told on the item.
        """
        send = self._pending(business, item_id)
        word = send.side.document
        found = self._sessions.call(
            business, lambda kashflow: send.side.document_of(kashflow, number)
        )
        why = ""
        if found is None:
            why = "KashFlow has none of that number"
        elif found.customer_id != send.party:
            why = f"it is not with {send.contact}"
        elif found.invoice_dbid <= send.mark:
            why = "it was in KashFlow before this item was sent"
        elif self._sends.is_claimed(business, found, send):
            why = "another item here is that one"
        if found is None or why:
            raise NotDecided(f"This item cannot be {word} {number}: {why}.", "Look again.")
        return self._resolving.adopt(business, send, found, ignore, Action.DECIDED)

    def is_none(self, business: str, item_id: str, settle_time: dt.timedelta) -> PublishResult:
        """Take none of the documents for the item: it is ready to be sent again.

        The risk is the person's: if it is there after all, KashFlow will have it twice. Only once
        the settle time is over, since KashFlow may be at work on it until then.
        """
        send = self._pending(business, item_id)
        self._not_too_early(send, settle_time)
        problem = NotThereYet(
            f"A person looked in KashFlow and says that this {send.side.document} is not there.",
            "Publish it again. If it is there after all, KashFlow will have it twice.",
        )
        item = self._sends.returned(
            business, send, SendState.NOT_THERE, problem, keep=False, action=Action.DECIDED
        )
        return result_of(item, self._items.state(business, item))

    def step(
        self, business: str, item_id: str, number: int, settle_time: dt.timedelta, *, there: bool
    ) -> PublishResult:
        """Resolve what is left of a published item: it is there, or none of it is.

        `number` is the step's own (`LeftStep.step`). What is there is not sent; what is not can be
        sent again, once the settle time is over. A person may also say of a step that was refused
        that it is there: done in KashFlow by hand.
        """
        step = next(
            (one for one in self._sends.steps.left(business, item_id) if one.id == number), None
        )
        if step is None:
            raise NotDecided(f"Item {item_id} has no step {number} left to do.", "Look again.")
        if there:
            self._is_there(business, step)
        elif step.outcome in PENDING:
            self._not_too_early(step, settle_time)
            problem = NotThereYet(
                f"A person looked in KashFlow and says that {step.followup.what} is not there.",
                "Publish what is left. If it is there after all, KashFlow will have it twice.",
            )
            self._sends.steps.returned(business, step, SendState.NOT_THERE, problem, Action.DECIDED)
        item = self._items.get(business, item_id)
        return result_of(item, self._items.state(business, item))

    def _is_there(self, business: str, step: FollowUpRecord) -> None:
        """Take the step as done; where it was sent and one thing can be it, with that one's id."""
        if step.outcome in PENDING:
            sure, doubtful = likeness(
                step.followup, self._resolving.steps.there(business, step) or []
            )
            found = sure or doubtful
            if len(found) == 1:
                self._sends.steps.adopted(business, step, id_of(found[0]), Action.DECIDED)
                return
        problem = AlreadyThere(f"A person says that {step.followup.what} is in KashFlow.")
        self._sends.steps.done_elsewhere(business, step, problem, Action.DECIDED)

    def _not_too_early(self, one: SendRecord | FollowUpRecord, settle_time: dt.timedelta) -> None:
        wait = seconds_to_wait(one.gave_up, settle_time, self._moment())
        if wait > 0:
            raise NotDecided(
                "KashFlow may still be at work on it, so it cannot be sent again yet.",
                f"Look again in {max(1, round(wait))} seconds, then say that it is not there.",
            )

    def _pending(self, business: str, item_id: str) -> SendRecord:
        item = self._items.get(business, item_id)
        for send in self._sends.pending(business):
            if send.item == item.id:
                return send
        if self._sends.removals.pending_of(business, item.id):
            raise NotDecided(
                f"Item {item.id} is being deleted in KashFlow; only looking there can tell whether "
                "it is gone.",
                "Look in KashFlow for what is unknown, or undo it again.",
            )
        raise NotDecided(
            f"The outcome of item {item.id} is known; there is nothing to decide.", "Look at it."
        )
