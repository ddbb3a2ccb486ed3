"""Settling items of unknown outcome, by looking in KashFlow."""

from __future__ import annotations

import abc
import contextlib
import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import msgspec

from kfclient.api.errors import KashFlowError, NotFound, Outcome, RecordBroken, Refused
from kfclient.api.records import Invoice
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import (
    CameOutDifferent,
    DeletedThere,
    DocumentGone,
    NotReadBack,
    NotThereYet,
    SeveralThere,
)
from kfclient.desk.events import (
    ItemHeld,
    ItemPublished,
    Listener,
    StepDone,
    StepHeld,
    StepUndone,
    ignore,
)
from kfclient.desk.model.business import note_of
from kfclient.desk.model.item import ItemState, is_unread
from kfclient.desk.publish.journal import Journal, R, SendJournal
from kfclient.desk.publish.journal_records import (
    FollowUpRecord,
    PublishResult,
    RemovalRecord,
    SendRecord,
    SendState,
    alike,
    result_of,
    seconds_to_wait,
)
from kfclient.desk.publish.kashflow_documents import (
    candidates,
    described_broken,
    differences,
    gross_of,
    id_of,
    is_same,
    likeness,
    listed_beside,
    with_id,
)
from kfclient.desk.publish.plan import PlannedPayment
from kfclient.elapsed import Uptime, elapsed
from kfclient.errors import Problem
from kfclient.money import shown
from kfclient.store.errors import SecretsError

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.desk.business.sessions import Sessions
    from kfclient.desk.items.items import Items
    from kfclient.desk.publish.journal import FollowUpJournal
    from kfclient.desk.publish.kashflow_documents import Found

F = TypeVar("F")
T = TypeVar("T")


class Sight(NamedTuple, Generic[F]):
    """What a look in KashFlow showed: the one thing looked for, a doubt about it, or neither."""

    found: F | None = None
    doubt: Problem | None = None


class Recovery(abc.ABC, Generic[R, F, T]):
    """Resolves the records of one kind that had no answer, by looking in KashFlow.

    What is found for certain is adopted; a doubt is held for a person; what is not there is held
    until the settle time is over, then given up. Each kind says what it looks for and what those
    mean; resolving one returns a `T`. Call it under the business's publish lock.
    """

    def __init__(
        self, sessions: Sessions, journal: Journal[R], moment: Callable[[], Uptime]
    ) -> None:
        self._sessions = sessions
        self._journal: Journal[R] = journal
        self._moment = moment

    def recover(self, business: str) -> None:
        """Make what a sudden end left without an outcome one of unknown outcome.

        The settle time runs from now where it is not known how long ago that was: of what the
        process was at work on when it ended, and of what another machine gave up.
        """
        for record in self._journal.pending(business):
            if record.outcome is SendState.SENDING:
                self._hold(business, record, self._cut_short(record), ignore)
            elif elapsed(record.gave_up, self._moment()) is None:
                self._journal.wait_from_now(business, record)

    def pending(self, business: str, only: Collection[str] | None = None) -> list[R]:
        """Return the records without a certain outcome, all or those of the items named."""
        found = self._journal.pending(business)
        return [one for one in found if only is None or one.item in only]

    def resolve_one(
        self, business: str, record: R, settle_time: dt.timedelta, listener: Listener
    ) -> T:
        """Look for a record of unknown outcome, and write down what came of it.

        Raises `KashFlowError` when KashFlow could not be looked at.
        """
        wait = seconds_to_wait(record.gave_up, settle_time, self._moment())
        try:
            sight = self._look(business, record)
        except RecordBroken as problem:  # it may be what is looked for
            sight = Sight(doubt=problem)
        return self._judge(business, record, sight, wait, listener)

    def _judge(
        self, business: str, record: R, sight: Sight[F], wait: float, listener: Listener
    ) -> T:
        if sight.found is not None:
            return self._adopt(business, record, sight.found, listener)
        if sight.doubt is not None:
            return self._hold(business, record, sight.doubt, listener)
        if wait > 0:
            return self._hold(business, record, self._not_yet(record, wait), listener)
        return self._give_up(business, record, listener)

    @abc.abstractmethod
    def _cut_short(self, record: R) -> Problem:
        """Return what is said of a record that a sudden end left without an outcome."""

    @abc.abstractmethod
    def _not_yet(self, record: R, wait: float) -> Problem:
        """Return what is said while it may still come, in at most so many seconds."""

    @abc.abstractmethod
    def _look(self, business: str, record: R) -> Sight[F]:
        """Look in KashFlow for what the record was to do; raises `KashFlowError`."""

    @abc.abstractmethod
    def _adopt(self, business: str, record: R, found: F, listener: Listener) -> T:
        """Write down that it was done."""

    @abc.abstractmethod
    def _hold(self, business: str, record: R, problem: Problem, listener: Listener) -> T:
        """Leave it unknown, with what was seen."""

    @abc.abstractmethod
    def _give_up(self, business: str, record: R, listener: Listener) -> T:
        """Write down that it was not done, and will not be any more."""


# Deleting in KashFlow what Kashdeck put there, each once, and looking whether it is gone.
#
# A document goes by its id, which KashFlow gives to no other ever: its number may be another's by
# now. Payments go by their own id, files by their own and the document's. A sale's files cannot be
# deleted: KashFlow's contract has no operation for it.


class RemovalRecovery(Recovery[RemovalRecord, bool, None]):
    """Deletes, and resolves deletes that had no answer. Call it under the publish lock."""

    def __init__(
        self, sessions: Sessions, sends: SendJournal, moment: Callable[[], Uptime]
    ) -> None:
        super().__init__(sessions, sends.removals, moment)
        self._sends = sends
        self._removals = sends.removals

    def delete(self, business: str, removal: RemovalRecord, listener: Listener) -> Problem | None:
        """Delete it, once, and write down what came of it; return why it is not gone, if so.

        An answer that did not come, or that says that it is not there, is resolved by looking.
        Raises `ItemChanged` before anything was sent.
        """
        removal = self._removals.begin(business, removal)
        try:
            self._sessions.call(business, lambda line: self._send(line, business, removal))
        except KashFlowError as problem:
            if isinstance(problem, NotFound) or problem.outcome is Outcome.UNKNOWN:
                removal = self._removals.unknown(business, removal, problem)
                return self._look_at_once(business, removal, problem, listener)
            outcome = SendState.REFUSED if isinstance(problem, Refused) else SendState.NOT_SENT
            self._removals.kept(business, removal, outcome, problem)
            return problem
        return self._confirm(business, removal, listener)

    # Settling: what is looked for is that it is gone.

    def _cut_short(self, record: RemovalRecord) -> NotThereYet:
        return NotThereYet(
            f"Kashdeck ended while {record.what} was being deleted in KashFlow; it may be gone.",
            "Look in KashFlow for what is unknown, or undo it again.",
        )

    def _not_yet(self, record: RemovalRecord, wait: float) -> NotThereYet:
        return NotThereYet(
            f"KashFlow still has {record.what}, and may be at work on deleting it.",
            f"Look again in {max(1, round(wait))} seconds.",
        )

    def _look(self, business: str, record: RemovalRecord) -> Sight[bool]:
        return Sight(found=True if self._is_gone(business, record) else None)

    def _adopt(self, business: str, record: RemovalRecord, found: bool, listener: Listener) -> None:
        del found  # there is nothing to keep of what is gone
        self._gone(business, record, listener)

    def _hold(
        self, business: str, record: RemovalRecord, problem: Problem, listener: Listener
    ) -> None:
        del listener  # whoever undoes is told by the report
        self._removals.unknown(business, record, problem)

    def _give_up(self, business: str, record: RemovalRecord, listener: Listener) -> None:
        del listener
        problem = NotThereYet(
            f"KashFlow still has {record.what}: it was not deleted.",
            "Undo it again, or leave it as it is.",
        )
        self._removals.kept(business, record, SendState.STILL_THERE, problem)

    # Inside

    def _send(self, kashflow: KashFlow, business: str, removal: RemovalRecord) -> None:
        side = removal.side
        if removal.is_document:
            side.delete(kashflow, removal.target)
        elif isinstance(self._step(business, removal).followup, PlannedPayment):
            side.delete_payment(kashflow, removal.target)
        else:
            kashflow.delete_receipt_attachment(removal.dbid, removal.target)

    def _step(self, business: str, removal: RemovalRecord) -> FollowUpRecord:
        """Return the step that is taken back, at the document as it is numbered now."""
        step = self._sends.steps.get(business, removal.step)
        return msgspec.structs.replace(step, number=removal.number, dbid=removal.dbid)

    def _confirm(self, business: str, removal: RemovalRecord, listener: Listener) -> Problem | None:
        """Look whether what KashFlow says it has deleted is gone; where it cannot tell, it is."""
        try:
            gone = not removal.is_document or self._sessions.call(
                business, lambda kashflow: not _has_number(kashflow, removal)
            )
        except KashFlowError:
            gone = True
        if gone:
            self._gone(business, removal, listener)
            return None
        problem = NotReadBack(
            f"KashFlow says that {removal.what} is deleted, but still shows it.",
            "Look again in a while: kashdeck resolve, or undo it again.",
        )
        self._removals.unknown(business, removal, problem)
        return problem

    def _look_at_once(
        self, business: str, removal: RemovalRecord, problem: KashFlowError, listener: Listener
    ) -> Problem | None:
        try:
            if self._is_gone(business, removal):
                self._gone(business, removal, listener)
                return None
        except KashFlowError:
            pass  # it stays unknown, and is looked for later
        return problem

    def _gone(self, business: str, removal: RemovalRecord, listener: Listener) -> None:
        self._removals.done(business, removal)
        listener(StepUndone(business=business, item=removal.item, what=removal.what))

    def _is_gone(self, business: str, removal: RemovalRecord) -> bool:
        send = self._sends.get(business, removal.send)

        def look(kashflow: KashFlow) -> bool:
            if not removal.is_document:
                there = listed_beside(kashflow, self._step(business, removal)) or []
                return removal.target not in map(id_of, there)
            if _has_number(kashflow, removal):
                return False
            everything = removal.side.documents_of(kashflow, send.party)
            return with_id(everything, removal.target) is None

        return self._sessions.call(business, look)


def _has_number(kashflow: KashFlow, removal: RemovalRecord) -> bool:
    """Tell whether the document's number is still its own."""
    found = removal.side.document_of(kashflow, removal.number)
    return found is not None and found.invoice_dbid == removal.dbid


# Reading back what was published: it is compared with what was sent, and its id is learnt.
#
# That comes right after the document was sent. Where a sudden end or a lost connection came
# between, it is made up for whenever KashFlow is looked at for what is unknown.


class ReadBack:
    """Reads documents back, for every business. Call it under the business's publish lock."""

    def __init__(self, sessions: Sessions, items: Items, sends: SendJournal) -> None:
        self._sessions = sessions
        self._items = items
        self._sends = sends

    def read(
        self, business: str, send: SendRecord, number: int
    ) -> tuple[Invoice | None, Problem | None]:
        """Read the document that KashFlow has just given this number; return what is amiss, if so.

        None stands for one that could not be read now. Raises `NotThereYet` where KashFlow has none
        of that number, `CameOutDifferent` where it is another's: its answer tells nothing then.
        """
        word = send.side.document
        try:
            found = self._document(business, send, number)
        except (KashFlowError, SecretsError) as failure:
            return None, NotReadBack(
                f"It is in KashFlow as {word} {number}, but could not be read back to be compared: "
                f"{failure.sentence}",
                "It is read when KashFlow is next looked at.",
            )
        if found is None:
            raise NotThereYet(
                f"KashFlow said that it is {word} {number}, but a {word} of that number is not "
                "there.",
                "Kashdeck looks for it in KashFlow before it is sent again.",
            )
        older = 0 < found.invoice_dbid <= send.mark
        if older or not is_same(send, found) or self._sends.is_claimed(business, found, send):
            raise CameOutDifferent(
                f"KashFlow said that it is {word} {number}, and that came out different: "
                f"{_told(send, found)}.",
                "Kashdeck looks for it in KashFlow before it is sent again.",
            )
        return found, _compared(send, found)

    def unread(self, business: str) -> list[SendRecord]:
        """Return the sends whose documents are in KashFlow and were never read back.

        Not those that have a twin of unknown outcome: which document is whose could not be told.
        """
        latest = (
            self._sends.latest(business, item.id)
            for item in self._items.all(business)
            if is_unread(item)
        )
        pending = self._sends.pending(business)
        return [
            send
            for send in latest
            if send is not None and not any(alike(send, one) for one in pending)
        ]

    def make_up_for(self, business: str, send: SendRecord) -> None:
        """Read back what was published before, unless it is no longer sure which document it is.

        By now the number may be another document's: numbers are given again after a delete. Raises
        `KashFlowError`.
        """
        number, word = send.number or 0, send.side.document
        found = self._document(business, send, number)
        problem: Problem | None
        if found is None or self._sends.is_given_again(business, send):
            found = None
            problem = DeletedThere(f"KashFlow no longer has {word} {number}.")
        elif candidates(send, [found])[0] and not self._sends.is_claimed(business, found, send):
            problem = _compared(send, found)
        else:
            found = None
            problem = NotReadBack(
                f"It was never read back, and KashFlow's {word} {number} is not, to all that is "
                "known, what was sent.",
                "Look at it in KashFlow: with the reference and the amount that were sent it is "
                "known again.",
            )
        known = self._items.get(business, send.item).problem
        if found is not None or problem is None or known != note_of(problem):
            self._sends.confirmed(business, send, found, problem)

    def _document(self, business: str, send: SendRecord, number: int) -> Invoice | None:
        def read(kashflow: KashFlow) -> Invoice | None:
            return send.side.document_of(kashflow, number)

        return self._sessions.call(business, read)


def _told(send: SendRecord, found: Invoice) -> str:
    """Return what another document is: "Tern Telecom, T-9, £999.00"."""
    who = found.customer_name or found.customer or f"no. {found.customer_id}"
    amount = shown(gross_of(found), found.currency_code or send.payload.currency_code or "GBP")
    return ", ".join(one for one in (who, found.customer_reference, amount) if one)


def _compared(send: SendRecord, found: Invoice) -> Problem | None:
    other = differences(send.payload, found)
    if not other:
        return None
    word = send.side.document
    number = found.invoice_number
    return CameOutDifferent(f"KashFlow has {word} {number} with {'; '.join(other)}.")


# Settling payments, files and notes of unknown outcome, by looking in KashFlow.


class FollowUpRecovery(Recovery[FollowUpRecord, "Found", None]):
    """Looks for what followed a document without an answer. Call it under the publish lock."""

    def __init__(
        self, sessions: Sessions, steps: FollowUpJournal, moment: Callable[[], Uptime]
    ) -> None:
        super().__init__(sessions, steps, moment)
        self._steps = steps

    def resolve_one(
        self, business: str, record: FollowUpRecord, settle_time: dt.timedelta, listener: Listener
    ) -> None:
        """Look for a step of unknown outcome; with its document gone, it is not there either."""
        try:
            super().resolve_one(business, record, settle_time, listener)
        except DocumentGone as problem:
            self._steps.returned(business, record, SendState.NOT_THERE, problem)
            self._tell(business, record, problem, listener, unknown=False)

    def there(self, business: str, step: FollowUpRecord) -> list[Found] | None:
        """Return what may be the step's at its document; None where KashFlow lists no such thing.

        Raises `DocumentGone` where the document's number is no longer its own.
        """
        word = step.side.document

        def look(kashflow: KashFlow) -> list[Found] | None:
            found = step.side.document_of(kashflow, step.number)
            if found is None or found.invoice_dbid != step.dbid:
                raise DocumentGone(f"KashFlow no longer has {word} {step.number} as it was sent.")
            return listed_beside(kashflow, step)

        there = self._sessions.call(business, look)
        if there is None:
            return None
        others = {one.made for one in self._steps.of(business, step.send) if one.id != step.id}
        return [one for one in there if id_of(one) not in {*step.before, *others}]

    def _cut_short(self, record: FollowUpRecord) -> NotThereYet:
        return NotThereYet(
            f"Kashdeck ended while {record.followup.what} was being sent; it may be in KashFlow.",
            "Kashdeck looks for it there before it is sent again.",
        )

    def _not_yet(self, record: FollowUpRecord, wait: float) -> NotThereYet:
        return NotThereYet(
            f"KashFlow does not show {record.followup.what} yet, and may still be at work.",
            f"Look again in {max(1, round(wait))} seconds; until then it is not sent again.",
        )

    def _look(self, business: str, record: FollowUpRecord) -> Sight[Found]:
        there = self.there(business, record)
        if there is None:
            return Sight(doubt=_not_listed(record))
        sure, doubtful = likeness(record.followup, there)
        if len(sure) == 1:
            return Sight(found=sure[0])
        many = len(sure or doubtful)
        return Sight(doubt=_several_follow_ups(record, many) if many else None)

    def _adopt(
        self, business: str, record: FollowUpRecord, found: Found, listener: Listener
    ) -> None:
        self._steps.adopted(business, record, id_of(found))
        listener(StepDone(business=business, item=record.item, what=record.followup.what))

    def _hold(
        self, business: str, record: FollowUpRecord, problem: Problem, listener: Listener
    ) -> None:
        self._steps.unknown(business, record, problem)
        self._tell(business, record, problem, listener, unknown=True)

    def _give_up(self, business: str, record: FollowUpRecord, listener: Listener) -> None:
        del listener
        gone = NotThereYet(
            f"KashFlow does not have {record.followup.what}.", "Publish what is left again."
        )
        self._steps.returned(business, record, SendState.NOT_THERE, gone)

    def _tell(
        self,
        business: str,
        step: FollowUpRecord,
        problem: Problem,
        listener: Listener,
        *,
        unknown: bool,
    ) -> None:
        what = step.followup.what
        listener(
            StepHeld(business=business, item=step.item, what=what, problem=problem, unknown=unknown)
        )


def _not_listed(step: FollowUpRecord) -> SeveralThere:
    return SeveralThere(
        f"Whether invoice {step.number} has {step.followup.what} only KashFlow's own pages show.",
        "Look there, then say whether it is there.",
    )


def _several_follow_ups(step: FollowUpRecord, found: int) -> SeveralThere:
    many = "something that may be" if found == 1 else f"{found} that may be"
    word = step.side.document
    return SeveralThere(
        f"KashFlow's {word} {step.number} has {many} {step.followup.what}.",
        "Look at it there, then say whether it is there.",
    )


class SendRecovery(Recovery[SendRecord, Invoice, PublishResult]):
    """Looks for what was sent without an answer, and adopts it, waits, or returns it to the inbox.

    Call its changing methods under the business's publish lock.
    """

    def __init__(
        self,
        sessions: Sessions,
        items: Items,
        sends: SendJournal,
        moment: Callable[[], Uptime],
    ) -> None:
        super().__init__(sessions, sends, moment)
        self._items = items
        self._sends = sends
        self.steps = FollowUpRecovery(sessions, sends.steps, moment)
        self.deleting = RemovalRecovery(sessions, sends, moment)
        self.reading = ReadBack(sessions, items, sends)

    def recover(self, business: str) -> None:
        """Make what a sudden end left without an outcome one of unknown outcome.

        Likewise of what followed their documents, and of what was being deleted.
        """
        super().recover(business)
        self.steps.recover(business)
        self.deleting.recover(business)

    def resolve(
        self,
        business: str,
        settle_time: dt.timedelta,
        listener: Listener,
        only: Collection[str] | None = None,
    ) -> list[PublishResult]:
        """Look for every pending item, or those named; raises `KashFlowError` when it cannot.

        KashFlow is asked once for each supplier and customer, and for each document of which
        something that followed it, or its delete, is pending, or that was never read back.
        """
        looked_for = self._read_back(business, only)
        results = []
        seen: dict[tuple[str, int], tuple[Uptime, list[Invoice]]] = {}
        for send in self.pending(business, only):
            key = (send.operation, send.party)
            if key not in seen:
                seen[key] = self._moment(), self.documents(business, send)
            looked_at, documents = seen[key]
            wait = seconds_to_wait(send.gave_up, settle_time, looked_at)
            sight = self._among(business, send, documents)
            results.append(self._judge(business, send, sight, wait, listener))
        for step in self.steps.pending(business, only):
            self.steps.resolve_one(business, step, settle_time, listener)
            looked_for.append(step.item)
        for removal in self.deleting.pending(business, only):
            self.deleting.resolve_one(business, removal, settle_time, listener)
            looked_for.append(removal.item)
        for item_id in dict.fromkeys(looked_for):
            item = self._items.get(business, item_id)
            results.append(result_of(item, self._items.state(business, item)))
        return results

    def _read_back(self, business: str, only: Collection[str] | None) -> list[str]:
        """Read back what never was; where KashFlow cannot be asked now, that holds nothing up."""
        looked_for = []
        with contextlib.suppress(KashFlowError):
            for send in self.reading.unread(business):
                if only is None or send.item in only:
                    with contextlib.suppress(RecordBroken):  # its own trouble alone
                        self.reading.make_up_for(business, send)
                    looked_for.append(send.item)
        return looked_for

    def seconds_left(
        self, business: str, settle_time: dt.timedelta, only: Collection[str]
    ) -> float | None:
        """Return the seconds until the first of these items that time can resolve is resolved.

        None where there is none: what is left needs a person.
        """
        documents, steps = self.pending(business, only), self.steps.pending(business, only)
        pending: list[SendRecord | FollowUpRecord] = [*documents, *steps]
        now = self._moment()
        waits = [
            seconds_to_wait(one.gave_up, settle_time, now)
            for one in pending
            if one.problem is None or one.problem.code not in {SeveralThere.code, RecordBroken.code}
        ]
        return min(waits, default=None)

    def documents(self, business: str, send: SendRecord) -> list[Invoice]:
        """Return the party's documents as KashFlow has them now."""
        return self._sessions.call(
            business,
            lambda kashflow: send.side.documents_of(kashflow, send.party),
        )

    def free(
        self, business: str, send: SendRecord, documents: Iterable[Invoice]
    ) -> tuple[list[Invoice], list[Invoice]]:
        """Return the documents that are what was sent, and the doubtful, that no other item is.

        What another item of unknown outcome sent to the letter is no doubt of this one's.
        """
        sure, doubtful = (
            [one for one in found if not self._sends.is_claimed(business, one, send)]
            for found in candidates(send, documents)
        )
        if not doubtful:
            return sure, []
        others = [
            one.invoice_dbid
            for other in self.pending(business)
            if other.id != send.id and (other.side, other.party) == (send.side, send.party)
            for one in candidates(other, doubtful)[0]
        ]
        return sure, [one for one in doubtful if one.invoice_dbid not in others]

    def _cut_short(self, record: SendRecord) -> NotThereYet:
        return NotThereYet(
            f"Kashdeck ended while this {record.side.document} was being sent; it may be in "
            "KashFlow.",
            "Kashdeck looks for it there before anything is sent again.",
        )

    def _not_yet(self, record: SendRecord, wait: float) -> NotThereYet:
        return NotThereYet(
            f"KashFlow does not show this {record.side.document} yet, and may still be at work.",
            f"Look again in {max(1, round(wait))} seconds; until then it is not sent again.",
        )

    def _look(self, business: str, record: SendRecord) -> Sight[Invoice]:
        return self._among(business, record, self.documents(business, record))

    def _among(self, business: str, send: SendRecord, documents: list[Invoice]) -> Sight[Invoice]:
        """Return what the party's documents show of the send."""
        sure, doubtful = self.free(business, send, documents)
        if len(sure) == 1 and not self._is_claimed_by_number(business, sure[0], send):
            return Sight(found=sure[0])
        if sure:
            return Sight(doubt=_several(send, sure))
        return Sight(doubt=_doubtful(send, doubtful[0]) if doubtful else None)

    def _adopt(
        self, business: str, record: SendRecord, found: Invoice, listener: Listener
    ) -> PublishResult:
        return self.adopt(business, record, found, listener)

    def _give_up(self, business: str, record: SendRecord, listener: Listener) -> PublishResult:
        del listener
        word = record.side.document
        gone = NotThereYet(f"The {word} did not arrive in KashFlow.", "Publish it again.")
        item = self._sends.returned(business, record, SendState.NOT_THERE, gone, keep=False)
        return result_of(item, self._items.state(business, item))

    def _is_claimed_by_number(self, business: str, found: Invoice, send: SendRecord) -> bool:
        """Tell whether another item, never read back, may be this document.

        Numbers are given again after a delete, so this is a doubt and no proof.
        """
        return any(
            item.sent is ItemState.PUBLISHED and item.dbid is None and item.id != send.item
            for item in self._items.by(business, "number", found.invoice_number)
        )

    def adopt(
        self,
        business: str,
        send: SendRecord,
        found: Invoice,
        listener: Listener,
        action: Action = Action.ADOPTED,
    ) -> PublishResult:
        """Take the document for the item's: it was sent, and nothing else can be it."""
        other = differences(send.payload, found)
        problem: Problem | None = None
        if other:
            problem = CameOutDifferent(f"KashFlow has it with {'; '.join(other)}.")
        self._sends.published(business, send, found.invoice_number, found, problem, action)
        listener(ItemPublished(business=business, item=send.item, number=found.invoice_number))
        return result_of(self._items.get(business, send.item), ItemState.PUBLISHED)

    def _hold(
        self, business: str, record: SendRecord, problem: Problem, listener: Listener
    ) -> PublishResult:
        """Leave it unknown, with what was seen."""
        item = self._sends.unknown(business, record, problem)
        listener(ItemHeld(business=business, item=item.id, problem=problem, unknown=True))
        return result_of(item, ItemState.UNKNOWN)


def _several(send: SendRecord, found: list[Invoice]) -> SeveralThere:
    numbers = " and ".join(str(one.invoice_number) for one in found)
    word = send.side.document
    if len(found) == 1:
        return SeveralThere(
            f"In KashFlow {word} {numbers} may be this item, or another one published before.",
            "Look at it there, then say whether it is this item.",
        )
    return SeveralThere(
        f"In KashFlow {word}s {numbers} all look like this item.",
        "Look at them there and delete what is too many, or change the reference of those that are "
        "something else; then look again here.",
    )


def _doubtful(send: SendRecord, found: Invoice) -> SeveralThere:
    word = send.side.document
    if found.broken:
        return SeveralThere(
            f"{described_broken(found)}; it may be this item.",
            "Look at it there and put it right, then look again here.",
        )
    return SeveralThere(
        f"In KashFlow {word} {found.invoice_number} may be this item, but differs: this item "
        f"has the reference {send.reference or '(none)'} and comes to "
        f"{shown(send.gross, send.payload.currency_code or 'GBP')}.",
        "Look at it there, then say whether it is this item.",
    )
