"""Publishing one item: its document is sent once, and what came of it written down.

Find or create its supplier or customer; read what KashFlow has of them, once a run; hold the item
back if it is there already; claim it and write the intent; send; write the outcome; read it back
and compare; then do what follows it. One item's trouble stops that item; a server that cannot be
reached, or will not let anybody in, stops the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import BadRequest, KashFlowError, NotSent, Refused
from kfclient.api.errors import Outcome as CallOutcome
from kfclient.api.records import Invoice
from kfclient.desk.errors import DeskError, Duplicate, ItemUnknown, NotAgreed
from kfclient.desk.events import ItemHeld, ItemPublished, ItemSending, Listener, SupplierCreated
from kfclient.desk.inbox.item import Item, ItemState
from kfclient.desk.publish.attempt import Attempt
from kfclient.desk.publish.documents import documents_of, highest_id, insert, is_same
from kfclient.desk.publish.followup_run import FollowupRun
from kfclient.desk.publish.gate import NOBODY_GETS_IN, Gate, stops
from kfclient.desk.publish.outcomes import Outcome
from kfclient.desk.publish.planning import PlannedItem, contact_id
from kfclient.desk.publish.report import PublishResult, note_of, result_of
from kfclient.desk.settle.read_back import ReadBack
from kfclient.errors import Problem
from kfclient.store.errors import SecretsError

if TYPE_CHECKING:
    from kfclient.desk.connect.sessions import Sessions
    from kfclient.desk.duplicates.radar import Radar
    from kfclient.desk.inbox.items import Items
    from kfclient.desk.publish.attempts import Attempts
    from kfclient.desk.publish.newcontacts import NewContacts
    from kfclient.desk.publish.runs import Agreed, Task


class ItemPublisher:
    """Publishes items, one run long. Call it under the business's publish lock.

    Safe to use from several threads, as long as each supplier and customer is in one at a time.
    """

    def __init__(
        self,
        business: str,
        sessions: Sessions,
        items: Items,
        attempts: Attempts,
        contacts: NewContacts,
        radar: Radar,
        agreed: Agreed,
        listener: Listener,
        gate: Gate,
    ) -> None:
        self._business = business
        self._sessions = sessions
        self._items = items
        self._attempts = attempts
        self._contacts = contacts
        self._radar = radar
        self._agreed = agreed
        self._listener = listener
        self._gate = gate
        self._reading = ReadBack(sessions, items, attempts)
        self._followups = FollowupRun(business, sessions, attempts, listener, gate)
        self._documents: dict[tuple[str, int], list[Invoice]] = {}

    def publish(self, task: Task) -> PublishResult:
        """Publish one item, or do what is left of it.

        Raises `Cancelled`, `Halted` and `SecretsError` before anything of it was sent. What stops
        the run halts the gate.
        """
        planned = task.planned
        self._gate.check()
        if planned.number is not None:
            return self._rest(planned)
        try:
            invoice, created = self._addressed(planned)
            documents = self._known_documents(planned.operation, invoice.customer_id)
            self._refuse_duplicate(planned)
            self._gate.check()
            attempt = self._attempts.begin(
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
        return self._send(planned, invoice, attempt)

    def remember(self) -> None:
        """Have the radar know what this run has published, beside what it has read."""
        self._radar.learn_all(self._business, self._documents)

    def _rest(self, planned: PlannedItem) -> PublishResult:
        """Do what is left of an item whose document is in KashFlow."""
        attempt = self._attempts.latest(self._business, planned.item_id)
        if attempt is not None:
            self._followups.carry_out(attempt, fresh=False)
        item = self._items.get(self._business, planned.item_id)
        return result_of(item, ItemState.PUBLISHED)

    def _send(self, planned: PlannedItem, invoice: Invoice, attempt: Attempt) -> PublishResult:
        """Send the document, once, and write down what came of it; then what follows it."""
        self._listener(ItemSending(business=self._business, item=planned.item_id))
        try:
            number = self._sessions.call(
                self._business, lambda kashflow: insert(kashflow, planned.operation, invoice)
            )
        except KashFlowError as problem:
            return self._failed(attempt, problem)
        except SecretsError as problem:
            # Asked for before the first byte: nothing was sent, and a person can answer it.
            outcome = Outcome.NOT_SENT
            item = self._attempts.returned(self._business, attempt, outcome, problem, keep=False)
            self._held(item, problem)
            raise
        attempt = self._attempts.published(self._business, attempt, number)
        attempt, sound = self._read_back(attempt, number)
        self._listener(ItemPublished(business=self._business, item=planned.item_id, number=number))
        if sound is None:
            self._followups.carry_out(attempt, fresh=True)
        elif attempt.followups:
            self._followups.put_off(attempt, sound)
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
        agreed = self._agreed.suppliers if new.kind == "supplier" else self._agreed.customers
        if not agreed:
            raise NotAgreed(
                f"KashFlow has no {new.kind} called {new.name}.",
                f"Agree to creating the {new.kind}, or choose another one.",
            )
        contact, created = self._sessions.call(
            self._business, lambda kashflow: self._contacts.find_or_create(kashflow, new)
        )
        number = contact_id(contact)
        if created:
            self._listener(
                SupplierCreated(business=self._business, name=new.name, kashflow_id=number)
            )
        return msgspec.structs.replace(planned.invoice, customer_id=number), created

    def _known_documents(self, operation: str, party: int) -> list[Invoice]:
        """Return the party's documents, read once a run; what the run publishes is added."""
        key = (operation, party)
        if key not in self._documents:
            self._documents[key] = self._sessions.call(
                self._business,
                lambda kashflow: documents_of(kashflow, operation, party, self._gate.cancel),
            )
            self._radar.learn(self._business, operation, party, self._documents[key])
        return self._documents[key]

    def _refuse_duplicate(self, planned: PlannedItem) -> None:
        """Raise `Duplicate` where the item is there already, or may be, and nobody has answered."""
        item = self._items.get(self._business, planned.item_id)
        for stop in self._radar.stops(self._business, item):
            raise Duplicate(stop.sentence, stop.cure)

    def _not_begun(self, planned: PlannedItem, problem: DeskError | KashFlowError) -> PublishResult:
        """Hold the item back: nothing of it was sent."""
        item = self._items.get(self._business, planned.item_id)
        self._listener(ItemHeld(business=self._business, item=item.id, problem=problem))
        if stops(problem):
            self._gate.halt(problem)
        return result_of(item, self._items.state(self._business, item), note_of(problem))

    # After it was sent

    def _failed(self, attempt: Attempt, problem: KashFlowError) -> PublishResult:
        """Write down that it was refused, was not sent, or that nobody can tell."""
        if problem.outcome is CallOutcome.UNKNOWN:
            item = self._attempts.unknown(self._business, attempt, problem)
            self._held(item, problem, unknown=True)
            return result_of(item, ItemState.UNKNOWN)
        halts = isinstance(problem, NOBODY_GETS_IN) or (
            isinstance(problem, NotSent) and not isinstance(problem, BadRequest)
        )
        outcome = Outcome.REFUSED if isinstance(problem, Refused) else Outcome.NOT_SENT
        item = self._attempts.returned(self._business, attempt, outcome, problem, keep=not halts)
        self._held(item, problem)
        if halts:
            self._gate.halt(problem)
        return result_of(item, self._items.state(self._business, item), note_of(problem))

    def _read_back(self, attempt: Attempt, number: int) -> tuple[Attempt, Problem | None]:
        """Read it back; return the attempt with its id, and why nothing may follow it, if so."""
        attempt, found, problem = self._reading.read(self._business, attempt, number)
        if found is not None:
            self._documents.setdefault((attempt.operation, attempt.party), []).append(found)
        sound = found is not None and is_same(attempt, found)
        return attempt, None if sound else problem

    def _held(self, item: Item, problem: Problem, *, unknown: bool = False) -> None:
        self._listener(
            ItemHeld(business=self._business, item=item.id, problem=problem, unknown=unknown)
        )
