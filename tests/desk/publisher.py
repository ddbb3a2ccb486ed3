"""A desk connected to a sandbox, with a clock that a test moves, and items to publish."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec

from kfclient.api import Limits
from kfclient.api.records import Invoice
from kfclient.desk import Desk, Draft
from kfclient.desk.events import Event
from kfclient.desk.model.item import Item, ItemLine, ItemState, Kind
from kfclient.desk.publish.journal_records import PublishReport
from kfclient.elapsed import Uptime
from kfclient.sandbox import Sandbox
from kfclient.store import Home, Secrets

LIMITS = Limits(connect=60.0, silence=60.0, reading=60.0, writing=60.0, tries=1)
COST = Item(
    kind=Kind.COST,
    contact="Pennine Water",
    reference="PEN-1",
    date=dt.date(2026, 9, 1),
    due_date=dt.date(2026, 10, 1),
    lines=(
        ItemLine(
            category="Telephone",
            unit_price=Decimal("100.00"),
            tax_rate=Decimal(20),
            vat=Decimal("20.00"),
        ),
    ),
)
SALE = msgspec.structs.replace(
    COST,
    kind=Kind.SALE,
    contact="Dunmore School",
    reference="SI-1",
    lines=(msgspec.structs.replace(COST.lines[0], category="Sales"),),
)


class Publisher:
    """One business of one desk, connected to the sandbox and synced, tax data on.

    `endpoint` is what stands before the sandbox, where something does.
    """

    def __init__(self, home: Home, sandbox: Sandbox, endpoint: str = "") -> None:
        self.now = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
        self.stepped = dt.timedelta()
        self.machine, self.boots = "here", 1
        self.started = self.now - dt.timedelta(hours=1)
        self.home = home
        self.sandbox = sandbox
        self.desk = Desk(
            home,
            Secrets(home.root, memory=True),
            person="anna",
            clock=lambda: self.now + self.stepped,
            moment=self.moment,
            limits=LIMITS,
        )
        self.business = self.desk.businesses.add("Harbour Lane").id
        self.desk.connecting.connect(
            self.business,
            Draft(
                software="sandbox",
                endpoint=endpoint or sandbox.endpoint,
                username=sandbox.username,
                password=sandbox.password,
                autoauth_key=sandbox.autoauth_key,
            ),
        )
        assert not self.desk.syncing.sync(self.business).failed
        self.desk.businesses.change_settings(self.business, {"publish_tax_data": "on"})
        self.events: list[Event] = []
        self.slept: list[float] = []
        self.forget_calls()

    @property
    def calls(self) -> dict[str, int]:
        """How often each operation was called since `forget_calls`."""
        return {name: count for name, count in self.sandbox.account.calls.items() if count}

    def forget_calls(self) -> None:
        """Count calls from here on."""
        self.sandbox.account.calls.clear()

    def add(self, *references: str, like: Item = COST, **values: Any) -> list[Item]:
        """Add an item for each reference."""
        return [
            self.desk.items.add(
                self.business, msgspec.structs.replace(like, reference=reference, **values)
            )
            for reference in references
        ]

    def publish(self, *item_ids: str, agreed: bool = True, **values: Any) -> PublishReport:
        """Plan and publish these items, or all that are ready."""
        plan = self.desk.publishing.plan(self.business, item_ids or None)
        return self.desk.publishing.publish(
            self.business,
            plan,
            create_suppliers=agreed,
            create_customers=agreed,
            listener=self.events.append,
            **values,
        )

    def moment(self) -> Uptime:
        """Return how far the machine has counted since it was started last."""
        since = self.now - self.started
        return Uptime(machine=self.machine, boot=str(self.boots), seconds=since.total_seconds())

    def start_the_machine_again(self) -> None:
        """Have the machine count from nothing."""
        self.boots, self.started = self.boots + 1, self.now

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(seconds=seconds)

    def step_the_clock(self, seconds: float) -> None:
        """Have somebody set the clock forward, or back, while no time passes."""
        self.stepped += dt.timedelta(seconds=seconds)

    def item(self, item_id: str) -> Item:
        return self.desk.items.get(self.business, item_id)

    def state(self, item_id: str) -> ItemState:
        return self.desk.items.state(self.business, self.item(item_id))

    def document(self, item: Item) -> Invoice:
        """Return what KashFlow gives back for a published item."""
        kashflow = self.desk.sessions.open(self.business)
        number = item.number or 0
        get = kashflow.get_invoice if item.kind is Kind.SALE else kashflow.get_receipt
        found = get(number)
        assert found is not None, number
        return found

    def purchases(self, contact: str = "Pennine Water") -> list[Invoice]:
        """Return every purchase from the supplier, oldest first."""
        kashflow = self.desk.sessions.open(self.business)
        (supplier,) = [one for one in kashflow.get_suppliers() if one.name == contact]
        found = kashflow.get_receipts_for_supplier(supplier.supplier_id)
        return sorted(found, key=lambda one: one.invoice_dbid)

    def keyed_by_hand(self, item: Item) -> int:
        """Enter the item's document in KashFlow, as a person would; return its number."""
        planned = self.desk.publishing.plan(self.business, [item.id]).items[0]
        return self.desk.sessions.open(self.business).insert_receipt(planned.invoice)
