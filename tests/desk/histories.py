"""What may happen to a business's items, in any order: the real desk, the real sandbox.

Two sessions publish, look, undo and end suddenly; replies are lost, come late and are untrue;
people work in KashFlow meanwhile, and texts are rewritten there; the sandbox is started anew;
clocks are set; time passes when it is told to. Which item a document in KashFlow is of can be read
there, in its line's description, which Kashdeck never goes by. At all times there is one document
an item at most, one payment and one note a document, and what a person has keyed is there; once all
is resolved, there is exactly one.
"""

from __future__ import annotations

import datetime as dt
import functools
import shutil
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kfclient.api import Limits
from kfclient.desk import Desk
from kfclient.desk.errors import NotDecided, NotReadBack, SeveralThere
from kfclient.desk.model.item import Item, ItemLine, ItemState, Kind
from kfclient.desk.publish.journal import SendJournal
from kfclient.desk.publish.journal_records import SendState
from kfclient.desk.publish.plan import plan_item
from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from kfclient.sandbox.calls import documents
from kfclient.store import ConnectionSecret, Home, Secrets
from tests.desk.moments import moment_at
from tests.desk.mortal import Ended, Mortal
from tests.desk.publisher import Publisher
from tests.desk.server_time import ServerTime

_LIMITS = Limits(connect=60.0, silence=60.0, reading=60.0, writing=60.0, tries=1)
_MOST_ITEMS = 5
_ROUNDS = 12
_BY_HAND = "by hand"
_KINDS = (
    "late", "late", "late", "drop-after", "drop-after", "truncate", "drop-before", "reset-before",
    "html-503", "fault-500", "refuse", "false-ok", "false-ok",
)  # fmt: skip
_CONTACTS = {
    Kind.COST: ("Pennine Water", "Tern Telecom", "Somebody New"),
    Kind.SALE: ("Dunmore School",),
}

_NUMBERED = ("InsertReceipt", "InsertInvoice")
_CALLS = (
    "InsertReceipt", "InsertReceipt", "InsertReceipt", "InsertReceipt", "InsertInvoice",
    "InsertReceiptPayment", "InsertReceiptPayment", "InsertReceiptNote", "InsertSupplier",
    "DeleteReceiptByID", "GetReceipt", "GetReceiptsForSupplier", "*",
)  # fmt: skip
trouble = st.tuples(st.sampled_from(_CALLS), st.sampled_from(_KINDS), st.sampled_from((1, 1, 1, 2)))
troubles = st.none() | trouble
points = st.none() | st.none() | st.integers(1, 60)
sessions = st.sampled_from((0, 0, 0, 1))


@functools.cache
def template() -> Path:
    """Return a folder with a connected and synced business, and its KashFlow without documents."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    with Sandbox(folder / "kashflow") as sandbox:
        publisher = Publisher(Home(folder / "home"), sandbox)
        publisher.desk.close()
    (folder / "port").write_text(str(sandbox._listener.port))
    (folder / "business").write_text(publisher.business)
    return folder


class History(RuleBasedStateMachine):
    """One history; what became of all of them is counted in `told`."""

    told: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        source = template()
        self.business = (source / "business").read_text()
        self.folder = Path(tempfile.mkdtemp(dir=source.parent))
        for name in ("home", "kashflow"):
            shutil.copytree(source / name, self.folder / name)
        self.by_hand: set[int] = set()
        self.taken_away: set[int] = set()
        self.passed = 0.0
        self.asked = 0
        self.clock_is_off = dt.timedelta()
        self.start_sandbox()
        self.desks = [self.new_desk("anna"), self.new_desk("ben")]

    # The parts

    def start_sandbox(self) -> None:
        port = int((template() / "port").read_text())
        self.sandbox = Sandbox(self.folder / "kashflow", port=port).start()
        self.time = ServerTime(self.sandbox, self.passed)

    def new_desk(self, person: str) -> Desk:
        home = Home(self.folder / "home")
        secrets = Secrets(home.root, memory=True)
        secret = ConnectionSecret(self.sandbox.password, self.sandbox.autoauth_key)
        secrets.save(self.business, secret, secrets.choices()[0].id)
        return Desk(
            home,
            secrets,
            person=person,
            clock=lambda: self.time.now() + self.clock_is_off,
            moment=lambda: moment_at(self.time.now()),
            limits=_LIMITS,
        )

    @property
    def desk(self) -> Desk:
        return self.desks[0]

    def documents(self) -> list[tuple[str, Any]]:
        """Return KashFlow's documents, each with the API's word for what it is."""
        books = self.sandbox.account.books
        with books.lock:
            return [("Receipt", row) for row in books.all("receipts")] + [
                ("Invoice", row) for row in books.all("invoices")
            ]

    def items(self) -> list[Item]:
        return self.desk.items.all(self.business)

    def pending(self) -> set[str]:
        """Return the items of which nobody can tell yet whether they are in KashFlow."""
        return {one.item for one in self.sends().pending(self.business)}

    def sends(self) -> SendJournal:
        return self.desk.context.sends

    def do(self, session: int, point: int | None, trouble: Any, work: Any) -> None:
        """Let a session do something, which may go wrong and may be its end."""
        if trouble is not None:
            self.told["calls gone wrong"] += 1
            operation, kind, nth = trouble
            told: dict[str, Any] = {}
            if kind == "late":
                told["seconds"] = 100.0
            elif kind == "false-ok":
                operation = operation if operation in _NUMBERED else _NUMBERED[0]
                told["text"] = str(self.random_number())
            self.sandbox.misbehave(operation, kind, nth=nth, **told)
        life = Mortal(self.folder / "home", point)
        try:
            with life.while_it_lives():
                work(self.desks[session])
        except Problem as problem:
            self.told[f"told: {problem.code}"] += 1
        except Ended:
            self.told["sudden ends"] += 1
            life.bury(self.desks[session])
            self.time.settle_down()
            self.desks[session] = self.new_desk(self.desks[session].person)
        self.sandbox.behave()

    def random_number(self) -> int:
        """Return the number of a document that is there, or will be, or never."""
        self.asked += 1
        return 1 + self.asked * 7 % 9

    # What people do here

    @initialize()
    def begin(self) -> None:
        self.add(Kind.COST, 0, "A", 10, True, True)
        self.add(Kind.COST, 0, "A", 10, False, True)
        self.add(Kind.SALE, 0, "", 20, True, False)

    @precondition(lambda self: len(self.items()) < _MOST_ITEMS)
    @rule(
        kind=st.sampled_from((Kind.COST, Kind.COST, Kind.SALE)),
        contact=st.integers(0, 2),
        reference=st.sampled_from(("", "A", "B")),
        amount=st.sampled_from((10, 20)),
        paid=st.booleans(),
        noted=st.booleans(),
    )
    def add(
        self, kind: Kind, contact: int, reference: str, amount: int, paid: bool, noted: bool
    ) -> None:
        names = _CONTACTS[kind]
        line = ItemLine(
            description=f"#{len(self.items()) + 1}",
            category="Sales" if kind is Kind.SALE else "Telephone",
            unit_price=Decimal(amount),
            tax_rate=Decimal(20),
            vat=Decimal(amount) / 5,
        )
        item = Item(
            kind=kind,
            contact=names[contact % len(names)],
            reference=reference,
            date=dt.date(2026, 9, 1),
            lines=(line,),
            bank_account="Current account" if paid else "",
            payment_method="BACS" if paid else "",
            note="OK to pay" if noted else "",
        )
        added = self.desk.items.add(self.business, item)
        assert line.description == f"#{added.id}"

    @rule(session=sessions)
    def publish(self, session: int) -> None:
        self.publish_as_it_may_go(session, None, None)

    @rule(session=sessions, trouble=trouble)
    def publish_with_trouble(self, session: int, trouble: Any) -> None:
        self.publish_as_it_may_go(session, None, trouble)

    @rule(session=sessions, point=st.integers(1, 80), trouble=troubles)
    def publish_to_the_end_of_a_session(self, session: int, point: int, trouble: Any) -> None:
        self.publish_as_it_may_go(session, point, trouble)

    def publish_as_it_may_go(self, session: int, point: int | None, trouble: Any) -> None:
        self.answer_duplicates()

        def work(desk: Desk) -> None:
            publishing = desk.publishing
            publishing.resume(self.business)
            plan = publishing.plan(self.business)
            publishing.publish(
                self.business, plan, create_suppliers=True, create_customers=True, lanes=1
            )

        self.do(session, point, trouble, work)

    @rule(session=sessions, point=points, trouble=troubles)
    def resolve(self, session: int, point: int | None, trouble: Any) -> None:
        self.do(session, point, trouble, lambda desk: desk.resolving.resolve(self.business))

    @rule(session=sessions, trouble=troubles)
    def verify(self, session: int, trouble: Any) -> None:
        self.do(session, None, trouble, lambda desk: desk.verifying.verify(self.business))

    @rule(session=sessions, point=points, trouble=troubles, which=st.integers(0, _MOST_ITEMS))
    def undo(self, session: int, point: int | None, trouble: Any, which: int) -> None:
        item = self.items()[which % len(self.items())]

        def work(desk: Desk) -> None:
            plan = desk.undoing.plan(self.business, [item.id])
            report = desk.undoing.undo(self.business, plan, even_if_changed=True)
            self.told["undone"] += report.undone

        self.do(session, point, trouble, work)

    @rule(session=sessions)
    def decide(self, session: int) -> None:
        """A person looks in KashFlow, and says what is there."""
        self.say_what_is_there(self.desks[session], unasked=True)

    @rule(seconds=st.sampled_from((1.0, 60.0, 131.0)))
    def time_passes(self, seconds: float) -> None:
        self.time.pass_by(seconds)
        self.passed = self.time.passed

    @rule(days=st.sampled_from((0.01, 3, -3)))
    def somebody_sets_the_clock(self, days: float) -> None:
        self.clock_is_off += dt.timedelta(days=days)

    @rule()
    def kashflow_is_started_anew(self) -> None:
        self.sandbox.stop()
        self.start_sandbox()

    # What people do in KashFlow

    @precondition(lambda self: self.items())
    @rule(which=st.integers(0, _MOST_ITEMS), alike=st.booleans())
    def somebody_keys_a_lookalike(self, which: int, alike: bool) -> None:
        """An item's own bill; where the item may be on its way, one that can be told from it."""
        item = self.items()[which % len(self.items())]
        books = self.desk.items.reference_data.of(self.business)
        invoice = plan_item(item, (), books).invoice
        if not invoice.customer_id:
            return  # nobody keys a bill of a supplier that is not there
        if not alike or self.pending():
            invoice = msgspec.structs.replace(invoice, customer_reference="KEYED")
        line = msgspec.structs.replace(invoice.lines[0], description=_BY_HAND)
        invoice = msgspec.structs.replace(invoice, lines=(line,))
        line_to = self.desk.sessions.open(self.business)
        insert = line_to.insert_invoice if item.kind is Kind.SALE else line_to.insert_receipt
        number, sale = insert(invoice), item.kind is Kind.SALE
        (row,) = self.sandbox.account.books.find(
            "invoices" if sale else "receipts", "InvoiceNumber", number
        )
        self.by_hand.add(row["InvoiceDBID"])

    @rule(which=st.integers(0, 9))
    def somebody_deletes_a_document(self, which: int) -> None:
        """Not while a payment of it may be on its way: that goes by its number.

        KashFlow itself would put it to whatever has the number by then; nobody could prevent it.
        """
        every = self.documents()
        if not every:
            return
        noun, row = every[which % len(every)]
        waits = {one.number for one in self.items() if any(step.unknown for step in one.left)}
        if row["InvoiceNumber"] in waits:
            return
        account, dbid = self.sandbox.account, row["InvoiceDBID"]
        with account.books.transaction():
            documents.ANSWERS[f"Delete{noun}ByID"](account, {f"{noun}ID": dbid})
        self.by_hand.discard(dbid)
        self.taken_away.add(dbid)

    @rule(which=st.integers(0, 9))
    def somebody_changes_a_document(self, which: int) -> None:
        """Its reference, which KashFlow may rewrite by itself too; also while it is looked for."""
        every = self.documents()
        if not every:
            return
        noun, row = every[which % len(every)]
        books = self.sandbox.account.books
        with books.transaction():
            changed = {**row, "CustomerReference": "CHANGED"}
            books.put("receipts" if noun == "Receipt" else "invoices", changed)

    # What has to be so

    @invariant()
    def nothing_is_there_twice(self) -> None:
        books = self.sandbox.account.books
        every = self.documents()
        counts = Counter(_item_of(row) for _, row in every)
        del counts[_BY_HAND]
        assert all(count == 1 for count in counts.values()), counts
        for noun, row in every:
            side, number = noun.lower(), row["InvoiceNumber"]
            payments = books.find(f"{side}_payments", "PayInvoice", number)
            notes = books.find(f"{side}_notes", f"{noun}Id", row["InvoiceDBID"])
            own = _item_of(row) != _BY_HAND
            assert len(payments) <= own, payments
            assert len(notes) <= own, notes
        names = Counter(row["Name"] for row in books.all("suppliers"))
        assert names["Somebody New"] <= 1

    @invariant()
    def what_people_keyed_is_there(self) -> None:
        there = {row["InvoiceDBID"] for _, row in self.documents()}
        assert self.by_hand <= there, self.by_hand - there

    def teardown(self) -> None:
        try:
            self.resolve_all()
            self.told["histories"] += 1
            self.told["items"] += len(self.items())
        finally:
            for desk in self.desks:
                desk.close()
            self.sandbox.stop()
            shutil.rmtree(self.folder)

    # At the end

    def resolve_all(self) -> None:
        """Go on until nothing is left to do; then everything is there, once, and known so."""
        for _ in range(_ROUNDS):
            self.time.pass_by(131.0)
            self.desk.resolving.resolve(self.business)
            self.say_what_is_there(self.desk, unasked=False)
            self.finish_undoing()
            self.answer_duplicates()
            self.publish(0)
            self.nothing_is_there_twice()
            if all(one.sent is ItemState.PUBLISHED and not one.left for one in self.items()):
                break
        for item in self.items():
            self.is_there_once(item)
        assert self.desk.audit.verify(self.business).troubles == ()

    def is_there_once(self, item: Item) -> None:
        assert item.sent is ItemState.PUBLISHED, (item.sent, item.problem)
        mine = [row for _, row in self.documents() if _item_of(row) == f"{item.id}"]
        if item.dbid in self.taken_away or (item.dbid is None and not mine):
            return  # by people, and nobody has asked to have it there again
        if item.dbid is None and mine[0]["CustomerReference"] == "CHANGED":
            # Before it was ever read back: the number may be another's, so a person is asked.
            assert item.problem is not None
            assert (len(mine), item.problem.code) == (1, NotReadBack.code)
            return
        assert [(row["InvoiceNumber"], row["InvoiceDBID"]) for row in mine] == [
            (item.number, item.dbid)
        ]
        assert item.left == ()
        noun = "invoice" if item.kind is Kind.SALE else "receipt"
        books = self.sandbox.account.books
        payments = books.find(f"{noun}_payments", "PayInvoice", item.number)
        assert len(payments) == bool(item.bank_account)

    def answer_duplicates(self) -> None:
        """Say of everything that looks like something else that it is not that."""
        for item in self.items():
            if self.desk.items.state(self.business, item) is ItemState.TO_REVIEW:
                self.desk.duplicates.not_a_duplicate(self.business, item.id)

    def say_what_is_there(self, desk: Desk, *, unasked: bool) -> None:
        for item in desk.resolving.unresolved(self.business):
            notes = [item.problem, *(step.problem for step in item.left)]
            if not unasked and not any(note and note.code == SeveralThere.code for note in notes):
                continue  # it settles by itself
            there = [row for _, row in self.documents() if _item_of(row) == item.id]
            try:
                if item.sent is ItemState.PUBLISHED:
                    for step in item.left:
                        if step.unknown:
                            self.say_of_step(desk, item, step.step)
                else:
                    number = there[0]["InvoiceNumber"] if there else None
                    desk.resolving.decide(self.business, item.id, number=number)
                    self.told["decided"] += 1
            except NotDecided:
                self.told["decided too early"] += 1

    def say_of_step(self, desk: Desk, item: Item, step: int) -> None:
        books, side = self.sandbox.account.books, "invoice"
        if item.kind is not Kind.SALE:
            side = "receipt"
        (known,) = [one for one in item.left if one.step == step]
        if "note" in known.what:
            there = books.find(f"{side}_notes", f"{side.title()}Id", item.dbid)
        else:
            there = books.find(f"{side}_payments", "PayInvoice", item.number)
        desk.resolving.decide_step(self.business, item.id, step, there=bool(there))
        self.told["decided"] += 1

    def finish_undoing(self) -> None:
        """Take out those too whose payment alone was taken out."""
        sends = self.sends()
        for item in self.items():
            last = sends.latest(self.business, item.id)
            steps = [] if last is None else sends.steps.of(self.business, last.id)
            undone = any(step.outcome is SendState.UNDONE for step in steps)
            if item.sent is ItemState.PUBLISHED and undone:
                self.undo(0, None, None, int(item.id) - 1)


def _item_of(row: Any) -> str:
    """Return the item that a document is of, by what its line says."""
    description: str = row["Lines"][0]["Description"]
    return description.removeprefix("#")
