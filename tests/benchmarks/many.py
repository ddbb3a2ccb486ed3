"""What many items cost beside few: growth as a ratio to linear, and one item among many.

Each is measured by turns among few and among many, and the best of some rounds is told.
"""

from __future__ import annotations

import csv
import datetime as dt
import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import msgspec

from kfclient.api.records import Supplier
from kfclient.desk.items.duplicate_match import loose_keys, reference_key
from kfclient.desk.items.items import Items
from kfclient.desk.items.reference import folded
from kfclient.store import Home
from tests.benchmarks.figure import Figure
from tests.desk.seeded import LISTS, NOW, Inbox
from tui.commands.opening import SELDOM

FEW, MANY = 1_000, 50_000
SUPPLIER_EACH = 50
"""Items that have one supplier in common."""


def figures(few: int = FEW, many: int = MANY, rounds: int = 3) -> Iterator[Figure]:
    """Measure importing, checking and counting as they grow, and one item's costs beside it."""
    gc.set_threshold(*SELDOM)  # as commands do
    with tempfile.TemporaryDirectory(prefix="kashdeck-bench-") as folder:
        inboxes = [inbox_of(Path(folder) / str(size), size) for size in (few, many)]
        linear = many / few
        importing = [_seconds(_import(inbox)) for inbox in inboxes]
        yield Figure(
            "importing, growth beside linear, CPU", importing[1] / importing[0] / linear, "x", 1.3
        )
        ways: dict[str, tuple[Callable[[Inbox], Callable[[], object]], float, float]] = {
            "checking all for the first time, growth beside linear": (_anew, linear, 1.3),
            "an edit of one item, beside one among few": (_edit, 1, 1.5),
            "an item added, beside one among few": (_add, 1, 1.5),
        }
        for about, (way, times, most) in ways.items():
            works = [way(inbox) for inbox in inboxes]
            best = [min(_seconds(work) for _ in range(rounds)) for work in works]
            yield Figure(f"{about}, CPU", best[1] / best[0] / times, "x", most)
        equal = inbox_of(Path(folder) / "equal", many // 5, suppliers=5, equal=True)
        _import(equal)()
        yield Figure(
            f"{many // 5:,} equal amounts of five suppliers checked, CPU",
            _seconds(_anew(equal)),
            "s",
            1,
        )
        yield Figure("an edit of one of them, CPU", _seconds(_edit(equal)) / _EDITS, "s", 1)


def inbox_of(
    folder: Path, size: int, *, suppliers: int | None = None, equal: bool = False
) -> Inbox:
    """Return a connected inbox, and beside it a Dext export of that many costs: `costs.csv`."""
    inbox = Inbox(Home(folder))
    inbox.connect()
    names = [f"Supplier {n} of Bath" for n in range(suppliers or max(5, size // SUPPLIER_EACH))]
    known = (
        Supplier(supplier_id=10_000 + n, code=f"X{n}", name=name) for n, name in enumerate(names)
    )
    inbox.write("suppliers", (*LISTS["suppliers"], *known))
    with (folder / "costs.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        heading = "Receipt ID,Type,Date,Supplier,Invoice Number,Category,Net,Tax,Total,Currency"
        rows.writerow(heading.split(","))
        for n in range(size):
            day = dt.date(2026, 1, 5) + dt.timedelta(days=n % 300)
            net = Decimal(100) if equal else Decimal(100 + n % 997)
            money = (net, net / 5, net * 6 / 5)
            said = (f"R{n}", "Invoice", f"{day:%d/%m/%Y}", names[n % len(names)])
            amounts = (f"{amount:.2f}" for amount in money)
            rows.writerow((*said, f"INV-{n * 7919 % 999_983}", "Telephone", *amounts, "GBP"))
    return inbox


_EDITS = 20


def _import(inbox: Inbox) -> Callable[[], object]:
    return lambda: inbox.importing.import_file(inbox.business, inbox.home.root / "costs.csv")


def _anew(inbox: Inbox) -> Callable[[], object]:
    def look() -> None:
        for known in (reference_key, loose_keys, folded):  # the first time nothing is known yet
            known.cache_clear()
        items = Items(inbox.home, inbox.businesses, inbox.lists, lambda: NOW)
        items.check(inbox.business)
        items.states(inbox.business)

    return look


def _edit(inbox: Inbox) -> Callable[[], object]:
    inbox.items.check(inbox.business)

    def edit() -> None:
        for n in range(_EDITS):
            item = inbox.items.get(inbox.business, "7")
            inbox.items.save(inbox.business, msgspec.structs.replace(item, reference=f"E-{n}"))

    return edit


def _add(inbox: Inbox) -> Callable[[], object]:
    inbox.items.check(inbox.business)
    item = inbox.items.get(inbox.business, "7")

    def add() -> None:
        for n in range(_EDITS):
            inbox.items.add(inbox.business, msgspec.structs.replace(item, reference=f"N-{n}"))

    return add


def _seconds(way: Callable[[], object]) -> float:
    began = time.process_time()
    way()
    return time.process_time() - began
