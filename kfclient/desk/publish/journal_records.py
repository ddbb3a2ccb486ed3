"""What is written down of a send, of what follows its document, and of a delete: before and after.

Each is one record of "about to, did, what came of it"; `kfclient.desk.publish.journal` keeps them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.items.reference import folded
from kfclient.desk.model.business import ProblemNote
from kfclient.desk.model.item import Item, ItemState, LeftStep
from kfclient.desk.model.sides import Side, side_by
from kfclient.desk.publish.plan import Followup
from kfclient.elapsed import Uptime, elapsed

# How sending something to KashFlow ended, as it is remembered.


class SendState(StrEnum):
    """How a send, or a step that follows its document, ended.

    WAITING has not begun and SENDING has no outcome yet. PUBLISHED is a document's, DONE a step's
    own good end; DONE_ELSEWHERE is a step that is there without Kashdeck having done it, or that a
    person has taken care of. NOT_THERE was of unknown outcome, and KashFlow has been looked at
    since. UNDONE was there and was deleted again by Kashdeck; STILL_THERE is a delete's own
    NOT_THERE.
    """

    WAITING = "waiting"
    SENDING = "sending"
    PUBLISHED = "published"
    DONE = "done"
    DONE_ELSEWHERE = "settled"
    REFUSED = "refused"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"
    NOT_THERE = "not-there"
    UNDONE = "undone"
    STILL_THERE = "still-there"


PENDING = (SendState.SENDING, SendState.UNKNOWN)
"""What KashFlow has to be looked at for, before anything else."""

OPEN = (SendState.WAITING, SendState.REFUSED, SendState.NOT_SENT, SendState.NOT_THERE)
"""Steps that can be sent: nothing of them is in KashFlow."""


def seconds_to_wait(gave_up: Uptime | None, settle_time: dt.timedelta, now: Uptime) -> float:
    """Return how long KashFlow may still be at work on it, seen at this moment; 0 or less: over.

    Where it cannot be known how long ago it was given up, that is the whole settle time.
    """
    return settle_time.total_seconds() - (elapsed(gave_up, now) or 0.0)


class SendRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sending of one item: the frozen payload, and what was known before and after.

    `party` is KashFlow's id of the supplier or customer, `created` whether it was made for this;
    `mark` the highest document id (DBID) that the party had before. `gave_up_at` is when the wait
    for the reply ended (UTC), `gave_up` the same as the settle time counts. `number` and `dbid` are
    the document's. `followups` is what was shown to follow it; once the document is there each is a
    step of its own. `unpaid` says why the payment that the item names is not among them.
    `fingerprint` is the sha256 of all that was shown to be sent for the item.
    """

    id: int = 0
    item: str
    operation: str
    party: int
    contact: str
    created: bool = False
    reference: str
    gross: Decimal
    payload: Invoice
    fingerprint: str
    followups: tuple[Followup, ...] = ()
    unpaid: str = ""
    mark: int = 0
    started_at: dt.datetime
    outcome: SendState = SendState.SENDING
    gave_up_at: dt.datetime | None = None
    gave_up: Uptime | None = None
    ended_at: dt.datetime | None = None
    number: int | None = None
    dbid: int | None = None
    problem: ProblemNote | None = None

    @property
    def side(self) -> Side:
        """The side of the books that it is on."""
        return side_by(self.operation)


def alike(one: SendRecord, other: SendRecord) -> bool:
    """Tell whether a read-back could not tell the two apart."""
    return (one.operation, one.party, folded(one.reference), one.gross) == (
        other.operation,
        other.party,
        folded(other.reference),
        other.gross,
    )


# One thing that follows a send's document, as it is written down before and after.

_OVER = (SendState.DONE, SendState.DONE_ELSEWHERE, SendState.UNDONE)


class FollowUpRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that follows a send's document: what it is, and what came of it.

    `operation` is the document's (`InsertReceipt`, `InsertInvoice`), `number` and `dbid` are the
    document's in KashFlow. `before` are the ids of what was there of its kind before the send:
    whatever it made has another. `made` is the id that KashFlow gave it. `fingerprint` is the
    sha256 of what is sent.
    """

    id: int = 0
    send: int = msgspec.field(name="attempt")
    item: str
    operation: str
    followup: Followup
    fingerprint: str
    number: int
    dbid: int = 0
    outcome: SendState = SendState.WAITING
    before: tuple[int, ...] = ()
    made: int | None = None
    started_at: dt.datetime | None = None
    gave_up_at: dt.datetime | None = None
    gave_up: Uptime | None = None
    ended_at: dt.datetime | None = None
    problem: ProblemNote | None = None

    @property
    def side(self) -> Side:
        """The side of the books that it is on."""
        return side_by(self.operation)

    @property
    def is_left(self) -> bool:
        """Whether it is still to be done, or looked for."""
        return self.outcome not in _OVER

    @property
    def is_open(self) -> bool:
        """Whether it may be sent: nothing of it is in KashFlow."""
        return self.outcome in OPEN


def fingerprint_of_step(followup: Followup) -> str:
    """Return the sha256 of what is sent."""
    return hashlib.sha256(msgspec.json.encode(followup, order="sorted")).hexdigest()


# One delete in KashFlow of what Kashdeck put there, as it is written down before and after.


class RemovalRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One delete: of a send's document, or with a `step` of a payment or file at it.

    `operation` is the document's (`InsertReceipt`, `InsertInvoice`), `number` and `dbid` are the
    document's in KashFlow. `target` is the id of what is deleted: the document's own, a payment's,
    a file's. KashFlow gives a document's id to no other ever. `what` says it in words. DONE means
    that it is gone.
    """

    id: int = 0
    send: int = msgspec.field(name="attempt")
    item: str
    operation: str
    step: int = 0
    target: int
    number: int
    dbid: int
    what: str
    outcome: SendState = SendState.SENDING
    started_at: dt.datetime
    gave_up_at: dt.datetime | None = None
    gave_up: Uptime | None = None
    ended_at: dt.datetime | None = None
    problem: ProblemNote | None = None

    @property
    def side(self) -> Side:
        """The side of the books that it is on."""
        return side_by(self.operation)

    @property
    def is_document(self) -> bool:
        """Whether the document itself is deleted."""
        return not self.step

    @property
    def is_pending(self) -> bool:
        """Whether KashFlow has to be looked at to know what came of it."""
        return self.outcome in PENDING


# What became of the items of a plan.


class PublishResult(msgspec.Struct, frozen=True):
    """One item: where it stands now, its number in KashFlow, and what went wrong if anything.

    `left` is what is still to be done for a published one.
    """

    item_id: str
    state: ItemState
    number: int | None = None
    problem: ProblemNote | None = None
    left: tuple[LeftStep, ...] = ()


class PublishReport(msgspec.Struct, frozen=True):
    """A run: a result for every item it came to, and what ended it early (`stopped`), if so."""

    results: tuple[PublishResult, ...]
    cancelled: bool = False
    stopped: ProblemNote | None = None

    @property
    def published(self) -> int:
        """How many items are in KashFlow."""
        return count(self.results, ItemState.PUBLISHED)

    @property
    def unknown(self) -> int:
        """How many items are of unknown outcome."""
        return count(self.results, ItemState.UNKNOWN)

    @property
    def left(self) -> int:
        """How many of the published items have something left to do."""
        return sum(bool(result.left) for result in self.results)

    @property
    def held(self) -> int:
        """How many items were held back; they are in the inbox."""
        return len(self.results) - self.published - self.unknown


def count(results: Iterable[PublishResult], state: ItemState) -> int:
    """Count the results in this state."""
    return sum(result.state is state for result in results)


def result_of(item: Item, state: ItemState, problem: ProblemNote | None = None) -> PublishResult:
    """Return the item's result; what it remembers as its problem, unless another is given."""
    return PublishResult(item.id, state, item.number, problem or item.problem, item.left)
