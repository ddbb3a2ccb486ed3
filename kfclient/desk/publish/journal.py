"""The journal of what goes to KashFlow: an intent before every call that writes, its outcome after.

Each step is one transaction over the record and its item, on disk when it returns. A record without
an outcome, with nobody publishing, was left behind by a sudden end: its outcome is unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import CameOutDifferent, ItemChanged, TwinUnknown
from kfclient.desk.model.business import ProblemNote, note_of
from kfclient.desk.model.item import SENDS, Item, ItemState, LeftStep
from kfclient.desk.publish.journal_records import (
    PENDING,
    FollowUpRecord,
    RemovalRecord,
    SendRecord,
    SendState,
    alike,
    fingerprint_of_step,
)
from kfclient.desk.publish.plan import Followup, PlannedFile, PlannedPayment, sent_as, vat_in
from kfclient.elapsed import Uptime
from kfclient.errors import Problem

if TYPE_CHECKING:
    from kfclient.desk.audit.audit import Audit
    from kfclient.desk.items.items import Items
    from kfclient.desk.publish.plan import PlannedItem
    from kfclient.store import Home, Table


def plain(what: object) -> Any:
    """Return it as JSON has it: lists, no tuples."""
    return msgspec.json.decode(msgspec.json.encode(what))


R = TypeVar("R", SendRecord, FollowUpRecord, RemovalRecord)


class Journal(Generic[R]):
    """The records of one kind, of every business, in a table of its books.

    `TABLE` is where they lie, `RECORD` what they are; `ALWAYS` are fields that are stored though
    they have their default, because records are looked up by them; `GONE` is said of one that is
    not there any more. Call the changing methods of a journal under the business's publish lock.
    """

    TABLE: ClassVar[str]
    RECORD: type[R]
    ALWAYS: ClassVar[tuple[str, ...]] = ("outcome",)
    GONE: ClassVar[str]

    def __init__(
        self,
        home: Home,
        items: Items,
        audit: Audit,
        clock: Callable[[], dt.datetime],
        moment: Callable[[], Uptime],
    ) -> None:
        self._home = home
        self._items = items
        self._audit = audit
        self._clock = clock
        self._moment = moment

    def get(self, business: str, number: int) -> R:
        """Return one record; raises `ItemChanged` where it is not there."""
        document = self._table(business).get(doc_id=number)
        if document is None:
            raise ItemChanged(self.GONE)
        return msgspec.convert({**document, "id": number}, self.RECORD)

    def by(self, business: str, field: str, value: object) -> list[R]:
        """Return the records with this value in a field, oldest first."""
        found = self._table(business).by(field, value)
        return [msgspec.convert({**one, "id": one.doc_id}, self.RECORD) for one in found]

    def pending(self, business: str) -> list[R]:
        """Return the records without a certain outcome, oldest first."""
        found = [one for state in PENDING for one in self.by(business, "outcome", state.value)]
        return sorted(found, key=lambda one: one.id)

    # Changing

    def wait_from_now(self, business: str, record: R) -> R:
        """Write down that the settle time of one of unknown outcome runs from this moment."""
        waiting = msgspec.structs.replace(record, gave_up=self._moment())
        self._put(business, waiting)
        return waiting

    # Inside

    def _table(self, business: str) -> Table:
        return self._home.books(business).table(self.TABLE)

    def _add(self, business: str, record: R) -> R:
        """Store a new record and return it with its number."""
        number = self._table(business).insert(self._stored(record))
        return msgspec.structs.replace(record, id=number)

    def _put(self, business: str, record: R) -> None:
        """Store a record in its own place."""
        self._table(business).put(record.id, self._stored(record))

    def _stored(self, record: R) -> dict[str, Any]:
        document: dict[str, Any] = plain(record)
        document.pop("id", None)
        for field in self.ALWAYS:
            document.setdefault(field, plain(getattr(record, field)))
        return document

    def _ended(self, record: R, outcome: SendState, problem: ProblemNote | None = None) -> R:
        """Return the record as it has ended now."""
        return msgspec.structs.replace(
            record, outcome=outcome, ended_at=self._clock(), problem=problem
        )

    def _given_up(self, record: R, problem: ProblemNote) -> R:
        """Return the record as one of unknown outcome; when that began stays as it was."""
        return msgspec.structs.replace(
            record,
            outcome=SendState.UNKNOWN,
            gave_up_at=record.gave_up_at or self._clock(),
            gave_up=record.gave_up or self._moment(),
            problem=problem,
        )


# What is deleted in KashFlow again. From the intent on until it is known what came of it, the item
# of a document is of unknown outcome: nobody publishes it meanwhile.


class RemovalJournal(Journal[RemovalRecord]):
    """The removals of every business."""

    TABLE = "removals"
    RECORD = RemovalRecord
    GONE = "What was to be deleted is not remembered any more."

    def __init__(
        self,
        home: Home,
        items: Items,
        audit: Audit,
        clock: Callable[[], dt.datetime],
        moment: Callable[[], Uptime],
        sends: SendJournal,
    ) -> None:
        super().__init__(home, items, audit, clock, moment)
        self._sends = sends

    # Looking

    def pending_of(self, business: str, item_id: str) -> list[RemovalRecord]:
        """Return the item's removals without a certain outcome."""
        return [one for one in self.by(business, "item", item_id) if one.is_pending]

    # Changing

    def begin(self, business: str, removal: RemovalRecord) -> RemovalRecord:
        """Write the intent, durably, before the first byte is sent.

        Raises `ItemChanged` when the item is not, or no longer, that document in KashFlow.
        """
        begun = msgspec.structs.replace(
            removal, outcome=SendState.SENDING, started_at=self._clock()
        )
        database = self._home.books(business)
        with database.transaction():
            item = self._items.get(business, removal.item)
            if (
                item.sent is not ItemState.PUBLISHED
                or item.dbid != removal.dbid
                or self.pending_of(business, item.id)
            ):
                raise ItemChanged(f"Item {item.id} was changed meanwhile; nothing was deleted.")
            begun = self._add(business, begun)
            if removal.is_document:
                told = f"Kashdeck is deleting {removal.what} in KashFlow."
                problem = ProblemNote("deleting", told)
                self._put_item(business, item, sent=ItemState.UNKNOWN, problem=problem)
            self._note(business, begun, Action.DELETING)
        return begun

    def done(self, business: str, removal: RemovalRecord, answer: str = "") -> RemovalRecord:
        """Write down that it is gone; where it was the document, the item is in the inbox again."""
        ended = self._ended(removal, SendState.DONE, removal.problem)
        with self._home.books(business).transaction():
            self._put(business, ended)
            if removal.is_document:
                send = self._sends.get(business, removal.send)
                self._sends.undone(business, send, Action.UNDONE, answer)
                return ended
            step = self._sends.steps.get(business, removal.step)
            self._sends.steps.undone(business, step)
            self._note(business, ended, Action.UNDONE, answer)
            if isinstance(step.followup, PlannedPayment):
                self._put_problem(business, removal, _half_done(removal))
            else:
                self._clear_problem(business, removal)
        return ended

    def kept(
        self, business: str, removal: RemovalRecord, outcome: SendState, problem: Problem
    ) -> RemovalRecord:
        """Write down that it is still there: refused, not sent, or looked for; and why."""
        note = note_of(problem)
        ended = self._ended(removal, outcome, note)
        with self._home.books(business).transaction():
            self._put(business, ended)
            if removal.is_document and self._is_half_done(business, removal):
                half = _half_done(removal)
                note = ProblemNote(note.code, f"{half.sentence} {note.sentence}", half.cure)
            item = self._items.get(business, removal.item)
            self._put_item(business, item, sent=ItemState.PUBLISHED, problem=note)
            self._note(business, ended, Action.NOT_DELETED, problem.sentence)
        return ended

    def unknown(self, business: str, removal: RemovalRecord, problem: Problem) -> RemovalRecord:
        """Write down that nobody can tell yet; the settle time runs from when it was given up."""
        note, known = note_of(problem), removal.outcome is SendState.UNKNOWN
        ended = self._given_up(removal, note)
        with self._home.books(business).transaction():
            self._put(business, ended)
            item = self._items.get(business, removal.item)
            self._put_item(business, item, problem=note)
            if not known:
                self._note(business, ended, Action.DELETE_UNKNOWN, problem.sentence)
        return ended

    # Inside

    def _is_half_done(self, business: str, removal: RemovalRecord) -> bool:
        return any(
            step.outcome is SendState.UNDONE and isinstance(step.followup, PlannedPayment)
            for step in self._sends.steps.of(business, removal.send)
        )

    def _put_problem(self, business: str, removal: RemovalRecord, problem: ProblemNote) -> None:
        item = self._items.get(business, removal.item)
        self._put_item(business, item, problem=problem)

    def _clear_problem(self, business: str, removal: RemovalRecord) -> None:
        """Forget what the item told of this removal, or of an earlier try of the same."""
        item = self._items.get(business, removal.item)
        tries = self.by(business, "item", item.id)
        if any(one.step == removal.step and one.problem == item.problem for one in tries):
            self._put_item(business, item, problem=None)

    def _put_item(self, business: str, item: Item, **changes: object) -> None:
        after = msgspec.structs.replace(item, **changes)
        if after != item:
            self._items.put(business, after)

    def _note(
        self, business: str, removal: RemovalRecord, action: Action, answer: str = ""
    ) -> None:
        if removal.is_document:
            send = self._sends.get(business, removal.send)
            self._sends.note(business, send, action, answer)
            return
        self._audit.note(
            self._home.books(business),
            business,
            action,
            item=removal.item,
            after={"what": removal.what, "number": removal.number, "made": removal.target},
            answer=answer,
        )


def _half_done(removal: RemovalRecord) -> ProblemNote:
    word = removal.side.document
    return ProblemNote(
        "half-undone",
        f"Its payment was deleted in KashFlow; {word} {removal.number} is still there.",
        "Undo it again to take that out too, or record the payment in KashFlow again.",
    )


# What follows a document: its payment, its files, its note. The item's `left` is what is neither
# done nor done elsewhere, so whoever looks at the item knows what is still to do.


class FollowUpJournal(Journal[FollowUpRecord]):
    """The steps of every business."""

    TABLE = "steps"
    RECORD = FollowUpRecord
    ALWAYS = ("outcome", "before")
    GONE = "What was to be done has been taken back meanwhile."

    # Looking

    def of(self, business: str, send: int) -> list[FollowUpRecord]:
        """Return a send's steps, in the order in which they go."""
        return self.by(business, "attempt", send)

    def left(self, business: str, item_id: str) -> list[FollowUpRecord]:
        """Return the item's steps that are not done."""
        return [step for step in self.by(business, "item", item_id) if step.is_left]

    # Changing

    def add(
        self,
        business: str,
        item: Item,
        *,
        send: int,
        operation: str,
        number: int,
        followups: Sequence[Followup],
    ) -> Item:
        """Write down what is to follow a document, and return the item with it, not stored yet.

        Call it inside the transaction that stores the item.
        """
        for followup in followups:
            step = FollowUpRecord(
                send=send,
                item=item.id,
                operation=operation,
                followup=followup,
                fingerprint=fingerprint_of_step(followup),
                number=number,
            )
            self._add(business, step)
        return msgspec.structs.replace(item, left=self._left(business, send))

    def begin(
        self, business: str, step: FollowUpRecord, dbid: int, before: Sequence[int]
    ) -> FollowUpRecord:
        """Write the intent, durably, before the first byte is sent.

        Raises `ItemChanged` when the step is no longer one to send.
        """
        begun = msgspec.structs.replace(
            step,
            outcome=SendState.SENDING,
            dbid=dbid,
            before=tuple(before),
            started_at=self._clock(),
            gave_up_at=None,
            gave_up=None,
            ended_at=None,
            problem=None,
        )
        with self._home.books(business).transaction():
            if not self.get(business, step.id).is_open:
                raise ItemChanged(f"Somebody else has taken {step.followup.what} in hand.")
            self._tell(business, begun, Action.SENDING)
        return begun

    def done(self, business: str, step: FollowUpRecord, made: int | None) -> FollowUpRecord:
        """Write down that it is in KashFlow; `made` is the id there, None while not known."""
        ended = msgspec.structs.replace(self._ended(step, SendState.DONE), made=made)
        with self._home.books(business).transaction():
            self._tell(business, ended, _action_of(step.followup), answer=str(made or "OK"))
        return ended

    def found(self, business: str, step: FollowUpRecord, made: int) -> FollowUpRecord:
        """Write down the id under which KashFlow lists what is done."""
        known = msgspec.structs.replace(step, made=made)
        with self._home.books(business).transaction():
            self._tell(business, known, None)
        return known

    def adopted(
        self, business: str, step: FollowUpRecord, made: int, action: Action = Action.ADOPTED
    ) -> FollowUpRecord:
        """Write down that it was found there: it was sent, and nothing else can be it."""
        ended = msgspec.structs.replace(self._ended(step, SendState.DONE), made=made)
        with self._home.books(business).transaction():
            self._tell(business, ended, action, answer=str(made))
        return ended

    def done_elsewhere(
        self, business: str, step: FollowUpRecord, problem: Problem, action: Action
    ) -> FollowUpRecord:
        """Write down that there is nothing more to do; `problem` says why, and for the record."""
        ended = self._ended(step, SendState.DONE_ELSEWHERE, note_of(problem))
        with self._home.books(business).transaction():
            self._tell(business, ended, action, answer=problem.sentence)
        return ended

    def returned(
        self,
        business: str,
        step: FollowUpRecord,
        outcome: SendState,
        problem: Problem,
        action: Action | None = None,
    ) -> FollowUpRecord:
        """Write down that nothing of it is in KashFlow: it is still to do."""
        ended = self._ended(step, outcome, note_of(problem))
        with self._home.books(business).transaction():
            self._tell(business, ended, action or _RETURNS.get(outcome), answer=problem.sentence)
        return ended

    def put_off(self, business: str, step: FollowUpRecord, problem: Problem) -> FollowUpRecord:
        """Write down why an open step was not sent yet."""
        kept = msgspec.structs.replace(step, problem=note_of(problem))
        with self._home.books(business).transaction():
            self._tell(business, kept, None)
        return kept

    def unknown(self, business: str, step: FollowUpRecord, problem: Problem) -> FollowUpRecord:
        """Write down that nobody can tell yet; the settle time runs from when it was given up."""
        known = step.outcome is SendState.UNKNOWN
        ended = self._given_up(step, note_of(problem))
        with self._home.books(business).transaction():
            action = None if known else Action.OUTCOME_UNKNOWN
            self._tell(business, ended, action, answer=problem.sentence)
        return ended

    def undone(self, business: str, step: FollowUpRecord) -> FollowUpRecord:
        """Write down that Kashdeck has deleted it again; the removal tells the trail."""
        ended = msgspec.structs.replace(step, outcome=SendState.UNDONE, problem=None)
        with self._home.books(business).transaction():
            self._tell(business, ended, None)
        return ended

    def all_undone(self, business: str, send: int) -> None:
        """Write down that the document is gone, and with it all that followed or was to follow."""
        with self._home.books(business).transaction():
            for step in self.of(business, send):
                self.undone(business, step)

    # Inside

    def _tell(
        self, business: str, step: FollowUpRecord, action: Action | None, answer: str = ""
    ) -> None:
        """Store the step, tell its item what is left, and note what happened."""
        database = self._home.books(business)
        self._put(business, step)
        item = self._items.get(business, step.item)
        left = self._left(business, step.send)
        if left != item.left:
            self._items.put(business, msgspec.structs.replace(item, left=left))
        if action is not None:
            self._audit.note(
                database,
                business,
                action,
                item=step.item,
                after={"what": step.followup.what, "number": step.number, "made": step.made},
                fingerprint=step.fingerprint,
                answer=answer,
            )

    def _left(self, business: str, send: int) -> tuple[LeftStep, ...]:
        return tuple(
            LeftStep(
                step=step.id,
                what=step.followup.what,
                problem=step.problem,
                unknown=step.outcome in PENDING,
            )
            for step in self.of(business, send)
            if step.is_left
        )


_RETURNS = {
    SendState.REFUSED: Action.REFUSED,
    SendState.NOT_SENT: Action.NOT_SENT,
    SendState.NOT_THERE: Action.NOT_THERE,
}


def _action_of(followup: Followup) -> Action:
    if isinstance(followup, PlannedPayment):
        return Action.PAID
    return Action.ATTACHED if isinstance(followup, PlannedFile) else Action.NOTED


class SendJournal(Journal[SendRecord]):
    """The sends of every business, with what followed their documents, and what was removed."""

    TABLE = SENDS
    RECORD = SendRecord
    GONE = "What was sent is not remembered any more."

    def __init__(
        self,
        home: Home,
        items: Items,
        audit: Audit,
        clock: Callable[[], dt.datetime],
        moment: Callable[[], Uptime],
    ) -> None:
        super().__init__(home, items, audit, clock, moment)
        self.steps = FollowUpJournal(home, items, audit, clock, moment)
        self.removals = RemovalJournal(home, items, audit, clock, moment, self)

    def begin(
        self,
        business: str,
        planned: PlannedItem,
        invoice: Invoice,
        *,
        mark: int,
        fingerprint: str,
        created: bool = False,
    ) -> SendRecord:
        """Claim the item and write the intent, durably, before the first byte is sent.

        Raises `ItemChanged` when the item is no longer what was planned, `TwinUnknown` while one
        just like it is of unknown outcome: a read-back could not tell them apart.
        """
        send = SendRecord(
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
            unpaid=planned.unpaid,
            mark=mark,
            started_at=self._clock(),
        )
        with self._home.books(business).transaction():
            item = self._items.get(business, planned.item_id)
            if item.version != planned.version or item.sent is not None:
                raise ItemChanged(f"Item {item.id} was changed meanwhile, so it was not sent.")
            for other in self.pending(business):
                if alike(send, other):
                    raise TwinUnknown(
                        f"Item {other.item} has the same {send.side.contact}, reference and "
                        "amount, was sent, and its outcome is not known yet."
                    )
            send = self._add(business, send)
            claimed = msgspec.structs.replace(
                item, sent=ItemState.PUBLISHING, sent_as=sent_as(planned), problem=None
            )
            self._items.put(business, claimed)
            self.note(business, send, Action.SENDING)
        return send

    def published(
        self,
        business: str,
        send: SendRecord,
        number: int,
        found: Invoice | None,
        problem: Problem | None,
        action: Action = Action.PUBLISHED,
    ) -> SendRecord:
        """Write down that the document is in KashFlow under this number, and what is to follow.

        `found` is the document as it was read back, None where it could not be read; `problem` is
        what that has shown.
        """
        ended = msgspec.structs.replace(self._ended(send, SendState.PUBLISHED), number=number)
        read = _as_read(ended, found, problem)
        with self._home.books(business).transaction():
            item = self._end(
                business,
                read,
                action,
                answer=str(number),
                sent=ItemState.PUBLISHED,
                number=number,
                dbid=read.dbid,
                published_at=read.ended_at,
                problem=read.problem,
            )
            if send.followups:
                item = self.steps.add(
                    business,
                    item,
                    send=send.id,
                    operation=send.operation,
                    number=number,
                    followups=send.followups,
                )
                self._items.put(business, item)
            self._note_difference(business, read, problem)
        return read

    def confirmed(
        self, business: str, send: SendRecord, found: Invoice | None, problem: Problem | None
    ) -> Item:
        """Write down what reading it back later has shown; None: it is not there, or not sure."""
        read = _as_read(send, found, problem)
        with self._home.books(business).transaction():
            item = self._end(business, read, None, dbid=read.dbid, problem=read.problem)
            self._note_difference(business, read, problem)
        return item

    def undone(self, business: str, send: SendRecord, action: Action, answer: str = "") -> Item:
        """Write down that its document was deleted in KashFlow: the item is in the inbox again.

        The send is kept; what followed the document went with it.
        """
        with self._home.books(business).transaction():
            self.steps.all_undone(business, send.id)
            item = self._end(
                business,
                msgspec.structs.replace(send, outcome=SendState.UNDONE),
                action,
                answer=answer,
                sent=None,
                number=None,
                dbid=None,
                published_at=None,
                problem=None,
                left=(),
            )
        self.forget_document(business, send)
        return item

    def forget_document(self, business: str, send: SendRecord) -> None:
        """Forget the document, which KashFlow has no more, where likenesses are looked for."""
        account = self._items.reference_data.of(business).account
        side = send.side
        self._items.doubles.seen.forget(business, account, side.name, send.dbid or 0)

    def returned(
        self,
        business: str,
        send: SendRecord,
        outcome: SendState,
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
            self._ended(send, outcome, note),
            action or _RETURNS[outcome],
            answer=problem.sentence,
            sent=None,
            problem=note if keep else None,
        )

    def unknown(self, business: str, send: SendRecord, problem: Problem) -> Item:
        """Write down that nobody can tell yet; the settle time runs from when it was given up."""
        note = note_of(problem)
        known = send.outcome is SendState.UNKNOWN
        return self._end(
            business,
            self._given_up(send, note),
            None if known else Action.OUTCOME_UNKNOWN,
            answer=problem.sentence,
            sent=ItemState.UNKNOWN,
            problem=note,
        )

    def is_claimed(self, business: str, document: Invoice, send: SendRecord) -> bool:
        """Tell whether another item is this document, by the id that is its own for ever."""
        return document.invoice_dbid != 0 and any(
            item.id != send.item for item in self._items.by(business, "dbid", document.invoice_dbid)
        )

    def is_given_again(self, business: str, send: SendRecord) -> bool:
        """Tell whether KashFlow gave the send's number to a later one: its document is gone."""
        return any(
            other.operation == send.operation and other.id > send.id
            for other in self.by(business, "number", send.number)
        )

    def latest(self, business: str, item_id: str) -> SendRecord | None:
        """Return the item's last send, None where it was never sent."""
        return max(self.by(business, "item", item_id), key=lambda one: one.id, default=None)

    def _end(
        self,
        business: str,
        send: SendRecord,
        action: Action | None,
        answer: str = "",
        **changes: object,
    ) -> Item:
        """Store the send and its item, and note it, in one transaction."""
        with self._home.books(business).transaction():
            self._put(business, send)
            if action is not None:
                self.note(business, send, action, answer)
            item = self._items.get(business, send.item)
            return self._items.put(business, msgspec.structs.replace(item, **changes))

    def _note_difference(self, business: str, send: SendRecord, problem: Problem | None) -> None:
        if isinstance(problem, CameOutDifferent):
            self.note(business, send, Action.CAME_OUT_DIFFERENT, problem.sentence)

    def note(self, business: str, send: SendRecord, action: Action, answer: str = "") -> None:
        """Note in the trail what became of a document, in the transaction that is open."""
        self._audit.note(
            self._home.books(business),
            business,
            action,
            item=send.item,
            after={
                "what": f"{send.operation} {send.reference}".strip(),
                "contact": send.contact,
                "gross": send.gross,
                "vat": vat_in(send.payload),
                "currency": send.payload.currency_code,
                "number": send.number,
                **({"unpaid": send.unpaid} if send.unpaid else {}),
            },
            fingerprint=send.fingerprint,
            answer=answer,
        )


def _as_read(send: SendRecord, found: Invoice | None, problem: Problem | None) -> SendRecord:
    """Return the send with what reading its document back has shown."""
    return msgspec.structs.replace(
        send,
        dbid=None if found is None else found.invoice_dbid,
        problem=None if problem is None else note_of(problem),
    )
