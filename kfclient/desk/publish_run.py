"""One run of publishing: each item's document is sent once, and what came of it written down.

For each item: find or create its supplier or customer; read what KashFlow has of them, once a run;
hold it back if it is there already; claim it and write the intent; send; write the outcome; read
it back and compare. One item's trouble stops that item; a server that cannot be reached, or will
not let anybody in, stops the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import (
    AddressNotListed,
    ApiDisabled,
    AutoAuthRefused,
    BadRequest,
    KashFlowError,
    NotSent,
    Refused,
    WrongCredentials,
)
from kfclient.api.errors import Outcome as CallOutcome
from kfclient.api.records import Invoice
from kfclient.cancel import Cancel
from kfclient.desk.attempts import Attempt, Attempts, Outcome
from kfclient.desk.documents import (
    differences,
    document_of,
    documents_of,
    highest_id,
    insert,
    lookalikes,
    word_of,
)
from kfclient.desk.errors import (
    CameOutDifferent,
    DeskError,
    Duplicate,
    ItemUnknown,
    NotAgreed,
    NotConnected,
    NotReadBack,
)
from kfclient.desk.events import (
    ItemHeld,
    ItemPublished,
    ItemSending,
    Listener,
    SupplierCreated,
)
from kfclient.desk.item import Item, ItemState
from kfclient.desk.newcontacts import NewContacts
from kfclient.desk.planning import PlannedItem, contact_id
from kfclient.desk.publish_report import PublishResult, note_of, result_of
from kfclient.errors import Problem
from kfclient.money import shown

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.desk.items import Items
    from kfclient.desk.sessions import Sessions
    from kfclient.store import Home

_NOBODY_GETS_IN = (WrongCredentials, AddressNotListed, ApiDisabled, AutoAuthRefused)


class Stopped(Exception):
    """The run cannot go on: whatever is tried next would fail alike."""

    def __init__(self, problem: Problem, result: PublishResult) -> None:
        super().__init__(problem.sentence)
        self.problem = problem
        self.result = result


class Agreed(msgspec.Struct, frozen=True):
    """What the person has agreed to create."""

    suppliers: bool
    customers: bool


class PublishRun:
    """Sends planned items one after another. Call it under the business's publish lock."""

    def __init__(
        self,
        home: Home,
        business: str,
        sessions: Sessions,
        items: Items,
        attempts: Attempts,
        contacts: NewContacts,
        agreed: Agreed,
        listener: Listener,
        cancel: Cancel,
    ) -> None:
        self._home = home
        self._business = business
        self._sessions = sessions
        self._items = items
        self._attempts = attempts
        self._agreed = agreed
        self._listener = listener
        self._cancel = cancel
        self._contacts = contacts
        self._documents: dict[tuple[str, int], list[Invoice]] = {}

    def publish(self, planned: PlannedItem, fingerprint: str) -> PublishResult:
        """Publish one item; raises `Stopped`, and `Cancelled` before anything of it was sent."""
        self._cancel.check()
        try:
            invoice = self._addressed(planned)
            documents = self._known_documents(planned.operation, invoice.customer_id)
            self._refuse_duplicate(planned, invoice, documents)
            attempt = self._attempts.begin(
                self._business, planned, invoice, highest_id(documents), fingerprint
            )
        except ItemUnknown as problem:  # taken out of the inbox meanwhile
            return PublishResult(planned.item_id, ItemState.TO_REVIEW, None, note_of(problem))
        except (DeskError, KashFlowError) as problem:
            return self._not_begun(planned, problem)
        return self._send(planned, invoice, attempt)

    def _send(self, planned: PlannedItem, invoice: Invoice, attempt: Attempt) -> PublishResult:
        """Send the document, once, and write down what came of it."""
        self._listener(ItemSending(business=self._business, item=planned.item_id))
        try:
            number = self._sessions.call(
                self._business, lambda kashflow: insert(kashflow, planned.operation, invoice)
            )
        except KashFlowError as problem:
            return self._failed(attempt, problem)
        ended = self._attempts.published(self._business, attempt, number)
        item = self._read_back(ended, number)
        self._listener(ItemPublished(business=self._business, item=item.id, number=number))
        return result_of(item, ItemState.PUBLISHED)

    # Before it is sent

    def _addressed(self, planned: PlannedItem) -> Invoice:
        """Return the document with its supplier's or customer's id, created where agreed."""
        new = planned.creates
        if new is None:
            return planned.invoice
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
        return msgspec.structs.replace(planned.invoice, customer_id=number)

    def _known_documents(self, operation: str, party: int) -> list[Invoice]:
        """Return the party's documents, read once a run; what the run publishes is added."""
        key = (operation, party)
        if key not in self._documents:
            self._documents[key] = self._sessions.call(
                self._business,
                lambda kashflow: documents_of(kashflow, operation, party, self._cancel),
            )
        return self._documents[key]

    def _refuse_duplicate(
        self, planned: PlannedItem, invoice: Invoice, documents: list[Invoice]
    ) -> None:
        """Raise `Duplicate` where KashFlow has the document; without a reference none can tell."""
        if not invoice.customer_reference:
            return
        alike = lookalikes(documents, invoice.customer_reference, planned.gross)
        if alike:
            word = word_of(planned.operation)
            raise Duplicate(
                f"KashFlow already has {word} {alike[0].invoice_number} with {planned.contact}, "
                f"reference {invoice.customer_reference}, over "
                f"{shown(planned.gross, planned.currency)}."
            )

    def _not_begun(self, planned: PlannedItem, problem: DeskError | KashFlowError) -> PublishResult:
        """Hold the item back: nothing of it was sent."""
        with self._home.books(self._business).transaction():
            item = self._items.get(self._business, planned.item_id)
            if isinstance(problem, Duplicate) and item.sent is None:
                item = self._items.put(
                    self._business, msgspec.structs.replace(item, problem=note_of(problem))
                )
        self._listener(ItemHeld(business=self._business, item=item.id, problem=problem))
        result = result_of(item, self._items.state(self._business, item), note_of(problem))
        if isinstance(problem, (*_NOBODY_GETS_IN, NotConnected)) or (
            isinstance(problem, KashFlowError) and not isinstance(problem, Refused | BadRequest)
        ):
            raise Stopped(problem, result)
        return result

    # After it was sent

    def _failed(self, attempt: Attempt, problem: KashFlowError) -> PublishResult:
        """Write down that it was refused, was not sent, or that nobody can tell."""
        if problem.outcome is CallOutcome.UNKNOWN:
            item = self._attempts.unknown(self._business, attempt, problem)
            self._held(item, problem, unknown=True)
            return result_of(item, ItemState.UNKNOWN)
        stops = isinstance(problem, _NOBODY_GETS_IN) or (
            isinstance(problem, NotSent) and not isinstance(problem, BadRequest)
        )
        outcome = Outcome.REFUSED if isinstance(problem, Refused) else Outcome.NOT_SENT
        item = self._attempts.returned(self._business, attempt, outcome, problem, keep=not stops)
        self._held(item, problem)
        result = result_of(item, self._items.state(self._business, item), note_of(problem))
        if stops:
            raise Stopped(problem, result)
        return result

    def _read_back(self, attempt: Attempt, number: int) -> Item:
        """Compare what KashFlow has with what was sent, and learn the id that it gave."""
        problem: Problem | None = None
        found: Invoice | None = None

        def read(kashflow: KashFlow) -> Invoice | None:
            return document_of(kashflow, attempt.operation, number)

        word = word_of(attempt.operation)
        try:
            found = self._sessions.call(self._business, read)
        except KashFlowError as failure:
            problem = NotReadBack(
                f"It is in KashFlow as {word} {number}, but could not be read back to be compared: "
                f"{failure.sentence}",
                "Look at it in KashFlow.",
            )
        if found is not None:
            self._documents.setdefault((attempt.operation, attempt.party), []).append(found)
            other = differences(attempt.payload, found)
            if other:
                problem = CameOutDifferent(f"KashFlow has {word} {number} with {'; '.join(other)}.")
        elif problem is None:
            problem = NotReadBack(
                f"KashFlow gave it the number {number}, but now has no {word} of that number.",
                "Look for it in KashFlow; it may have been deleted there.",
            )
        dbid = found.invoice_dbid if found is not None else None
        return self._attempts.confirmed(self._business, attempt, dbid, problem)

    def _held(self, item: Item, problem: Problem, *, unknown: bool = False) -> None:
        self._listener(
            ItemHeld(business=self._business, item=item.id, problem=problem, unknown=unknown)
        )
