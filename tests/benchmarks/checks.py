"""What checking costs: the sample items beside long lists and full books of documents."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec

from kfclient.api.records import Invoice, Supplier
from kfclient.desk.items.check import check
from kfclient.desk.model.sides import PURCHASES
from kfclient.store import Home
from tests.benchmarks.figure import Figure
from tests.desk.seeded import LISTS, SAMPLES, Inbox

FILES = ("dext-costs.csv", "dext-costs-with-tax.csv", "dext-costs-with-claims.csv", "sales.csv")
ROUNDS = 5


def filled(folder: Path, suppliers: int = 5_000, documents: int = 20) -> Inbox:
    """Return an inbox with the 138 sample items and that many suppliers.

    `documents` is how many KashFlow has of each supplier whom the samples name.
    """
    inbox = Inbox(Home(folder))
    inbox.connect()
    known = tuple(one for one in LISTS["suppliers"] if isinstance(one, Supplier))
    more = tuple(
        Supplier(supplier_id=10_000 + n, code=f"X{n}", name=f"Supplier {n} of Bath Limited")
        for n in range(suppliers - len(known))
    )
    inbox.write("suppliers", (*known, *more))
    for name in FILES:
        inbox.importing.import_file(inbox.business, SAMPLES / name)
    account = inbox.items.reference_data.of(inbox.business).account
    for party in known:
        there = [
            Invoice(
                invoice_dbid=party.supplier_id * 1000 + n,
                invoice_number=party.supplier_id * 100 + n,
                customer_reference=f"OLD-{n}",
                invoice_date=dt.date(2026, 1, 1) + dt.timedelta(days=n * 7),
                net_amount=Decimal(100 + n),
                vat_amount=Decimal(20),
            )
            for n in range(documents)
        ]
        inbox.items.doubles.seen.learn(
            inbox.business, account, PURCHASES.name, party.supplier_id, there
        )
    return inbox


def figures() -> list[Figure]:
    """Measure as `check_figures` does, in a folder that goes again."""
    with tempfile.TemporaryDirectory() as folder:
        return check_figures(Path(folder))


def check_figures(folder: Path) -> list[Figure]:
    """Measure what an item's findings cost, in milliseconds of CPU, by the best of some rounds.

    By itself; beside all items and documents, as while it is edited; and everything anew after a
    change of one item, shared among all.
    """
    inbox = filled(folder)
    items = inbox.items.by_id(inbox.business)
    reference_data = inbox.items.reference_data.of(inbox.business)
    inbox.items.check(inbox.business)  # the indexes are made
    edited = [msgspec.structs.replace(item) for item in items.values()]
    doubles = inbox.items.doubles

    def beside() -> None:
        for item in edited:
            doubles.findings(inbox.business, item, items, reference_data)

    def anew() -> None:
        first = inbox.items.all(inbox.business)[0]
        inbox.items.save(inbox.business, first)
        inbox.items.check(inbox.business)

    ways = {
        "a sample item checked by itself, CPU": lambda: [
            check(item, reference_data) for item in edited
        ],
        "its duplicates looked for, beside 5,000 suppliers, CPU": beside,
        "an item checked again after a change of another, CPU": anew,
    }
    return [
        Figure(about, min(_seconds(way) for _ in range(ROUNDS)) * 1000 / len(edited), "ms", 1)
        for about, way in ways.items()
    ]


def _seconds(way: Callable[[], object]) -> float:
    started = time.process_time()
    way()
    return time.process_time() - started
