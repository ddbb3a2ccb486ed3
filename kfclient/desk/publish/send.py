"""Publishing one item: its document is sent once, and what came of it written down.

Find or create its supplier or customer; read what KashFlow has of them, once a run; hold the item
back if it is there already; claim it and write the intent; send; write the outcome; read it back
and compare; then do what follows it. One item's trouble stops that item; a server that cannot be
reached, or will not let anybody in, stops the run.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import (
    AddressNotListed,
    ApiDisabled,
    AutoAuthRefused,
    BadRequest,
    InsecureConnection,
    KashFlowError,
    NotSent,
    RecordBroken,
    Refused,
    WrongCredentials,
)
from kfclient.api.errors import (
    Outcome as Outcome,
)
from kfclient.api.records import Invoice
from kfclient.cancel import Cancel, Pause
from kfclient.desk.audit.entry import Action
from kfclient.desk.errors import (
    AlreadyThere,
    DeskError,
    DocumentGone,
    Duplicate,
    ItemUnknown,
    NotAgreed,
    NotConnected,
    NotReadBack,
    ThereTwice,
)
from kfclient.desk.events import (
    ItemHeld,
    ItemPublished,
    ItemSending,
    Listener,
    StepDone,
    StepHeld,
    SupplierCreated,
)
from kfclient.desk.items.reference import contact_number
from kfclient.desk.model.business import note_of
from kfclient.desk.model.item import Item, ItemState
from kfclient.desk.model.sides import Side
from kfclient.desk.publish.journal_records import (
    FollowUpRecord,
    PublishResult,
    SendRecord,
    SendState,
    result_of,
)
from kfclient.desk.publish.kashflow_documents import (
    candidates,
    highest_id,
    id_of,
    is_same,
    likeness,
    listed_beside,
    ready_to_send,
    refuse_broken,
    send_step,
)
from kfclient.desk.publish.plan import PlannedItem, PlannedPayment
from kfclient.desk.publish.recover import ReadBack
from kfclient.errors import Cancelled, Problem
from kfclient.store.errors import SecretsError

if TYPE_CHECKING:
    from kfclient.desk.business.sessions import Sessions
    from kfclient.desk.items.duplicates import Duplicates
    from kfclient.desk.items.items import Items
    from kfclient.desk.publish.journal import SendJournal
    from kfclient.desk.publish.kashflow_documents import Found
    from kfclient.desk.publish.new_contacts import NewContacts
    from kfclient.desk.publish.plan import Agreed, Task


# What every worker passes before it sends anything, and what stops them all.

NOBODY_GETS_IN = (WrongCredentials, AddressNotListed, ApiDisabled, AutoAuthRefused, NotConnected)


class Halted(Exception):
    """Another lane has met what stops the run; nothing of this item was sent."""


class StopSwitch:
    """Lets a lane through unless the run is cancelled or at its end; holds it while it is paused.

    Thread-safe.
    """

    def __init__(self, cancel: Cancel, pause: Pause) -> None:
        self.cancel = cancel
        self.pause = pause
        self._problem: Problem | None = None
        self._lock = threading.Lock()

    @property
    def problem(self) -> Problem | None:
        """What stops the run, None while it goes on."""
        return self._problem

    def halt(self, problem: Problem) -> None:
        """Stop the run: whatever is tried next would fail alike. The first reason is kept."""
        with self._lock:
            self._problem = self._problem or problem

    def open(self) -> None:
        """Let the lanes through again."""
        self._problem = None

    def check(self) -> None:
        """Wait while paused; raises `Cancelled`, or `Halted` when the run is at its end."""
        if self._problem is not None:
            raise Halted
        self.pause.hold(self.cancel)
        if self._problem is not None:
            raise Halted


def stops(problem: Problem) -> bool:
    """Tell whether what went wrong before anything was sent would go wrong for every item."""
    if isinstance(problem, NOBODY_GETS_IN):
        return True
    own = Refused | BadRequest | RecordBroken
    return isinstance(problem, KashFlowError) and not isinstance(problem, own)


def may_pass(problem: Problem) -> bool:
    """Tell whether waiting may mend it: the network or KashFlow's server is in trouble."""
    return (
        isinstance(problem, KashFlowError)
        and stops(problem)
        and not isinstance(problem, (*NOBODY_GETS_IN, InsecureConnection))
    )


# Doing what follows a document that is in KashFlow: payment, files, note, each of them once.


class FollowUpSender:
    """Does the steps of sends, one run of publishing long. Call it under the publish lock."""

    def __init__(
        self,
        business: str,
        sessions: Sessions,
        sends: SendJournal,
        listener: Listener,
        switch: StopSwitch,
    ) -> None:
        self._business = business
        self._sessions = sessions
        self._sends = sends
        self._steps = sends.steps
        self._listener = listener
        self._switch = switch

    def carry_out(
        self, send: SendRecord, *, fresh: bool, only: Collection[int] | None = None
    ) -> None:
        """Do the steps that are open, or `only` some; what is not done is kept at the item.

        `fresh` says that the document has just been created and read back, so there is nothing at
        it yet. Otherwise KashFlow is asked whether the number still is that document's, and what
        is there already.
        """
        steps = self._open(send, only)
        if not steps:
            return
        done: list[FollowUpRecord] = []
        try:
            if not fresh:
                self._switch.check()
                self._see_it_there(send)
            for step in steps:
                self._switch.check()
                finished = self._do(step, send.dbid or 0, fresh=fresh)
                done += [finished] if finished is not None else []
        except (Halted, Cancelled):
            pass
        except (DeskError, KashFlowError) as problem:
            self.put_off(send, problem, only)
        self._learn_ids(done)

    def put_off(
        self, send: SendRecord, problem: Problem, only: Collection[int] | None = None
    ) -> None:
        """Leave every open step, or `only` some, for later, with the reason."""
        for step in self._open(send, only):
            self._put_off(step, problem)

    def _open(self, send: SendRecord, only: Collection[int] | None) -> list[FollowUpRecord]:
        steps = self._steps.of(self._business, send.id)
        return [one for one in steps if one.is_open and (only is None or one.id in only)]

    def _see_it_there(self, send: SendRecord) -> None:
        """See that its document is there; numbers are given again after a delete.

        Raises `DocumentGone` where the number is no longer its own, `NotReadBack` where it cannot
        be known.
        """
        number, word = send.number or 0, send.side.document
        if not send.dbid:  # looked for when the run began
            raise NotReadBack(
                f"KashFlow's {word} {number} was not read back, or is no longer what was sent.",
                "Look at it in KashFlow: with the reference and the amount that were sent it is "
                "known again. Then publish what is left.",
            )
        found = self._sessions.call(
            self._business,
            lambda kashflow: send.side.document_of(kashflow, number),
        )
        if found is None or found.invoice_dbid != send.dbid:
            raise DocumentGone(f"KashFlow no longer has {word} {number} as it was published.")
        if not is_same(send, found):
            raise NotReadBack(
                f"KashFlow has {word} {number} with another amount or contact than was sent.",
                "Look at it in KashFlow and put it right there, then publish what is left.",
            )

    def _do(self, step: FollowUpRecord, dbid: int, *, fresh: bool) -> FollowUpRecord | None:
        """Send one step, once, and write down what came of it; return it where it is done."""
        step = msgspec.structs.replace(step, dbid=dbid)
        try:
            content = ready_to_send(step.followup)
            there = [] if fresh else self._listed(step) or []
            if self._is_there(step, there):
                return None
            step = self._steps.begin(self._business, step, dbid, [id_of(one) for one in there])
        except (DeskError, KashFlowError) as problem:
            self._put_off(step, problem)
            return None
        try:
            made = self._sessions.call(
                self._business, lambda kashflow: send_step(kashflow, step, content)
            )
        except KashFlowError as problem:
            self._failed(step, problem)
            return None
        except SecretsError as problem:  # asked for before the first byte: nothing was sent
            self._steps.returned(self._business, step, SendState.NOT_SENT, problem)
            self._held(step, problem)
            raise
        step = self._steps.done(self._business, step, made)
        self._listener(StepDone(business=self._business, item=step.item, what=step.followup.what))
        return step

    def _is_there(self, step: FollowUpRecord, there: Sequence[Found]) -> bool:
        """Settle the step where somebody has done it; raises `AlreadyThere` where that is a doubt.

        A payment of the same amount may be the same money, so it is never added on a guess.
        """
        mine = {one.made for one in self._steps.of(self._business, step.send)}
        sure, doubtful = likeness(step.followup, [one for one in there if id_of(one) not in mine])
        if sure:
            problem = AlreadyThere(f"KashFlow had {step.followup.what} already; none was added.")
            self._steps.done_elsewhere(self._business, step, problem, Action.NOT_SENT)
            return True
        if doubtful and isinstance(step.followup, PlannedPayment):
            raise AlreadyThere(
                f"KashFlow has a payment of the same amount as {step.followup.what}, but on "
                "another day, from another account or by another method; none was added.",
                "If it is this one, say that it is there; otherwise change it in KashFlow first.",
            )
        return False

    def _failed(self, step: FollowUpRecord, problem: KashFlowError) -> None:
        """Write down that it was refused, was not sent, or that nobody can tell."""
        if problem.outcome is Outcome.UNKNOWN:
            self._steps.unknown(self._business, step, problem)
            self._held(step, problem, unknown=True)
            return
        outcome = SendState.REFUSED if isinstance(problem, Refused) else SendState.NOT_SENT
        self._steps.returned(self._business, step, outcome, problem)
        self._held(step, problem)
        if stops(problem):
            self._switch.halt(problem)

    def _learn_ids(self, done: Sequence[FollowUpRecord]) -> None:
        """Read which ids KashFlow gave to files and notes: its answer to them has no known meaning.

        What it does not list after all is of unknown outcome.
        """
        for kind in {type(step.followup) for step in done if step.made is None}:
            steps = [one for one in done if type(one.followup) is kind]
            # It said OK; the id alone is not known.
            with contextlib.suppress(KashFlowError, SecretsError):
                there = self._listed(steps[0])
                if there is not None:
                    self._match(steps, there)

    def _match(self, steps: Sequence[FollowUpRecord], there: Sequence[Found]) -> None:
        taken: set[int] = set()
        for step in steps:
            free = [one for one in there if id_of(one) not in {*taken, *step.before}]
            sure, doubtful = likeness(step.followup, free)
            if found := sure or doubtful:
                taken.add(id_of(found[0]))
                self._steps.found(self._business, step, id_of(found[0]))
            else:
                problem = NotReadBack(
                    f"KashFlow took {step.followup.what}, but does not show it.",
                    "Look again in a while; for files, see whether Dropbox is connected there.",
                )
                self._steps.unknown(self._business, step, problem)
                self._held(step, problem, unknown=True)

    def _listed(self, step: FollowUpRecord) -> list[Found] | None:
        return self._sessions.call(self._business, lambda kashflow: listed_beside(kashflow, step))

    def _put_off(self, step: FollowUpRecord, problem: DeskError | KashFlowError | Problem) -> None:
        """Leave the step for later: nothing of it was sent."""
        self._steps.put_off(self._business, step, problem)
        self._held(step, problem)
        if stops(problem):
            self._switch.halt(problem)

    def _held(self, step: FollowUpRecord, problem: Problem, *, unknown: bool = False) -> None:
        self._listener(
            StepHeld(
                business=self._business,
                item=step.item,
                what=step.followup.what,
                problem=problem,
                unknown=unknown,
            )
        )


_OLD = 3.0
"""After how many seconds a party's documents are read again before another item is sent."""

_SHARE = 4
"""How many times longer than reading them takes that is, at the least: reading is no work done."""


class PartyDocuments:
    """The documents of a supplier or customer, as KashFlow had them when they were read."""

    def __init__(self, documents: list[Invoice], began: float, ended: float) -> None:
        self.documents = documents
        self.sent: list[tuple[SendRecord, Invoice]] = []
        self._old_at = began + max(_OLD, _SHARE * (ended - began))

    def add(self, send: SendRecord, document: Invoice) -> None:
        """Add one that was published since."""
        self.documents.append(document)
        self.sent.append((send, document))

    def is_old(self) -> bool:
        """Tell whether there may be others by now."""
        return time.monotonic() > self._old_at


class OthersAtWork:
    """Whether somebody else puts documents into the same books just now.

    KashFlow numbers documents one after another: numbers between a run's own that are not its own
    are somebody else's. Where it numbers otherwise, the run only looks more often. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Side, int] = {}
        self._own: dict[Side, list[int]] = {}
        self._until = 0.0

    @property
    def lately(self) -> bool:
        """Whether there were such numbers within seconds."""
        return time.monotonic() < self._until

    @contextlib.contextmanager
    def sending(self, side: Side) -> Iterator[Callable[[int], None]]:
        """Count a document that is on its way; the block gives its number once that is known."""
        with self._lock:
            self._under_way[side] = self._under_way.get(side, 0) + 1
        numbers: list[int] = []
        arrived = True
        try:
            yield numbers.append
        except KashFlowError as problem:
            arrived = problem.outcome is not Outcome.UNKNOWN  # else it may still take a number
            raise
        finally:
            with self._lock:
                self._under_way[side] -= arrived
                self._own.setdefault(side, []).extend(numbers)
                self._judge(side)

    def _judge(self, side: Side) -> None:
        own = self._own[side]
        if own and max(own) - min(own) + 1 - len(own) > self._under_way[side]:
            self._until = time.monotonic() + _OLD
            own.clear()


class ItemPublisher:
    """Publishes items, one run long. Call it under the business's publish lock.

    Safe to use from several threads, as long as each supplier and customer is in one at a time.
    """

    def __init__(
        self,
        business: str,
        sessions: Sessions,
        items: Items,
        sends: SendJournal,
        contacts: NewContacts,
        duplicates: Duplicates,
        agreed: Agreed,
        listener: Listener,
        switch: StopSwitch,
    ) -> None:
        self._business = business
        self._sessions = sessions
        self._items = items
        self._sends = sends
        self._contacts = contacts
        self._duplicates = duplicates
        self._agreed = agreed
        self._listener = listener
        self._switch = switch
        self._reading = ReadBack(sessions, items, sends)
        self._followups = FollowUpSender(business, sessions, sends, listener, switch)
        self._documents: dict[tuple[Side, int], PartyDocuments] = {}
        self._others = OthersAtWork()

    def publish(self, task: Task) -> PublishResult:
        """Publish one item, or do what is left of it.

        Raises `Cancelled`, `Halted` and `SecretsError` before anything of it was sent. What stops
        the run turns the switch.
        """
        planned = task.planned
        self._switch.check()
        if planned.number is not None:
            return self._rest(planned)
        try:
            invoice, created = self._addressed(planned)
            documents = self._known_documents(planned.side, invoice.customer_id)
            self._refuse_duplicate(planned)
            refuse_broken(invoice, documents)
            self._switch.check()
            send = self._sends.begin(
                self._business,
                planned,
                invoice,
                mark=highest_id(documents),
                fingerprint=task.fingerprint,
                created=created,
            )
        except ItemUnknown as problem:  # taken out of the inbox meanwhile
            return PublishResult(planned.item_id, ItemState.TO_REVIEW, None, note_of(problem))
        except (DeskError, KashFlowError) as problem:
            return self._not_begun(planned, problem)
        return self._send(planned, invoice, send)

    def remember(self) -> None:
        """Have the radar know what this run has published, beside what it has read."""
        found = {key: known.documents for key, known in self._documents.items()}
        self._duplicates.learn_all(self._business, found)

    def _rest(self, planned: PlannedItem) -> PublishResult:
        """Do what is left of an item whose document is in KashFlow."""
        send = self._sends.latest(self._business, planned.item_id)
        if send is not None:
            self._followups.carry_out(send, fresh=False)
        item = self._items.get(self._business, planned.item_id)
        return result_of(item, ItemState.PUBLISHED)

    def _send(self, planned: PlannedItem, invoice: Invoice, send: SendRecord) -> PublishResult:
        """Send the document, once, and write down what came of it; then what follows it."""
        self._listener(ItemSending(business=self._business, item=planned.item_id))
        try:
            with self._others.sending(planned.side) as numbered:
                number = self._sessions.call(
                    self._business,
                    lambda kashflow: planned.side.insert(kashflow, invoice),
                )
                numbered(number)
        except KashFlowError as problem:
            return self._failed(send, problem)
        except SecretsError as problem:
            # Asked for before the first byte: nothing was sent, and a person can answer it.
            outcome = SendState.NOT_SENT
            item = self._sends.returned(self._business, send, outcome, problem, keep=False)
            self._held(item, problem)
            raise
        try:
            found, amiss = self._reading.read(self._business, send, number)
        except DeskError as doubt:  # it said OK, and of what is there nothing is what was sent
            item = self._sends.unknown(self._business, send, doubt)
            self._held(item, doubt, unknown=True)
            return result_of(item, ItemState.UNKNOWN)
        send = self._sends.published(self._business, send, number, found, amiss)
        self._listener(ItemPublished(business=self._business, item=planned.item_id, number=number))
        if found is not None:
            self._documents[send.side, send.party].add(send, found)
            self._followups.carry_out(send, fresh=True)
        elif amiss is not None:
            self._followups.put_off(send, amiss)
        item = self._items.get(self._business, planned.item_id)
        return result_of(item, ItemState.PUBLISHED)

    # Before it is sent

    def _addressed(self, planned: PlannedItem) -> tuple[Invoice, bool]:
        """Return the document with its supplier's or customer's id, and whether that is new.

        Who is missing is created where that was agreed.
        """
        new = planned.creates
        if new is None:
            return planned.invoice, False
        if not self._agreed.to(new):
            raise NotAgreed(
                f"KashFlow has no {new.kind} called {new.name}.",
                f"Agree to creating the {new.kind}, or choose another one.",
            )
        contact, created = self._sessions.call(
            self._business, lambda kashflow: self._contacts.find_or_create(kashflow, new)
        )
        number = contact_number(contact)
        if created:
            self._listener(
                SupplierCreated(business=self._business, name=new.name, kashflow_id=number)
            )
        return msgspec.structs.replace(planned.invoice, customer_id=number), created

    def _known_documents(self, side: Side, party: int) -> list[Invoice]:
        """Return the party's documents, as they were seconds ago, with what the run publishes.

        Another home, or a person, may be at work on the same books meanwhile; as they are now where
        somebody is.
        """
        known = self._documents.get((side, party))
        if known is None or known.is_old() or self._others.lately:
            fresh = self._documents[side, party] = self._read(side, party)
            self._duplicates.learn(self._business, side, party, fresh.documents)
            if known is not None:
                self._see_twins(known, fresh)
            known = fresh
        return known.documents

    def _see_twins(self, before: PartyDocuments, now: PartyDocuments) -> None:
        """Stop the run where what it has sent has come into KashFlow from elsewhere as well."""
        known = {one.invoice_dbid for one in before.documents}
        new = [one for one in now.documents if one.invoice_dbid not in known]
        for send, own in before.sent if new else ():
            sure, _ = candidates(send, new)
            twins = [one for one in sure if not self._sends.is_claimed(self._business, one, send)]
            if twins:
                word, numbers = send.side.document, f"{own.invoice_number} and "
                numbers += " and ".join(str(one.invoice_number) for one in twins)
                twice = ThereTwice(f"KashFlow has it twice, as {word}s {numbers}.")
                self._sends.confirmed(self._business, send, own, twice)
                self._switch.halt(twice)
        self._switch.check()

    def _read(self, side: Side, party: int) -> PartyDocuments:
        began = time.monotonic()
        documents = self._sessions.call(
            self._business,
            lambda kashflow: side.documents_of(kashflow, party, self._switch.cancel),
        )
        return PartyDocuments(documents, began, time.monotonic())

    def _refuse_duplicate(self, planned: PlannedItem) -> None:
        """Raise `Duplicate` where the item is there already, or may be, and nobody has answered."""
        item = self._items.get(self._business, planned.item_id)
        for stop in self._duplicates.stops(self._business, item):
            raise Duplicate(stop.sentence, stop.cure)

    def _not_begun(self, planned: PlannedItem, problem: DeskError | KashFlowError) -> PublishResult:
        """Hold the item back: nothing of it was sent."""
        item = self._items.get(self._business, planned.item_id)
        self._listener(ItemHeld(business=self._business, item=item.id, problem=problem))
        if stops(problem):
            self._switch.halt(problem)
        return result_of(item, self._items.state(self._business, item), note_of(problem))

    # After it was sent

    def _failed(self, send: SendRecord, problem: KashFlowError) -> PublishResult:
        """Write down that it was refused, was not sent, or that nobody can tell."""
        if problem.outcome is Outcome.UNKNOWN:
            item = self._sends.unknown(self._business, send, problem)
            self._held(item, problem, unknown=True)
            return result_of(item, ItemState.UNKNOWN)
        halts = isinstance(problem, NOBODY_GETS_IN) or (
            isinstance(problem, NotSent) and not isinstance(problem, BadRequest)
        )
        outcome = SendState.REFUSED if isinstance(problem, Refused) else SendState.NOT_SENT
        item = self._sends.returned(self._business, send, outcome, problem, keep=not halts)
        self._held(item, problem)
        if halts:
            self._switch.halt(problem)
        return result_of(item, self._items.state(self._business, item), note_of(problem))

    def _held(self, item: Item, problem: Problem, *, unknown: bool = False) -> None:
        self._listener(
            ItemHeld(business=self._business, item=item.id, problem=problem, unknown=unknown)
        )
