"""A desk with fixed data: names, times and numbers that never change, for pictures of screens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from kfclient.desk import Desk, Role
from kfclient.desk.model.business import (
    Company,
    Connection,
    ItemCounts,
    ListStatus,
    ProblemNote,
)
from kfclient.desk.model.list_names import ListName
from kfclient.store import Home, Secrets
from screens.services import DemoCredentials

NOW = datetime(2026, 11, 12, 14, 5, tzinfo=UTC)
ENDPOINT = "http://127.0.0.1:8099/api/service.asmx"
DEMO = DemoCredentials(
    endpoint=ENDPOINT,
    username="harbour-lane",
    password="Practice-2026",
    autoauth_key="1234ABCD-5678",
)
HARBOUR = "harbour-lane"

SUPPLIERS = [
    {
        "SupplierID": 2184016,
        "Code": "BRIG01",
        "Name": "Brightwell Stationers",
        "Address1": "6 Langdale Road",
        "Address2": "Staithes",
        "PostCode": "YO6 6GU",
        "Email": "accounts@brightwell.example",
    },
    {"SupplierID": 2184017, "Code": "HARR01", "Name": "Harrow & Finch Solicitors"},
    {"SupplierID": 2184018, "Code": "KEST01", "Name": "Kestrel [Car] Hire"},
]
CHART = [
    {"id": 18685896 + n, "Code": code, "Name": name, "TypeName": kind}
    for n, (code, name, kind) in enumerate([
        (4000, "Sales", "Turnover"), (5000, "Materials Purchased", "Cost of Sale"),
        (7400, "Travel", "Expense"), (7502, "Telephone", "Expense"),
        (7504, "Office Stationery", "Expense"),
    ])
]  # fmt: skip
RATES = [{"ID": n, "Name": f"{n}%", "Value": f"{n}"} for n in (20, 5, 0)]


def stocked(root: Path, person: str = "anna") -> Desk:
    """Return a desk of five businesses, one in each state but syncing; its clock stands still."""
    desk = Desk(Home(root), Secrets(root, memory=True), person=person, clock=lambda: NOW)
    if desk.businesses.all():
        return desk
    for name in ("Harbour Lane", "Bell Rock Boats", "Copper & Kettle", "Dove Hill [Farm]"):
        desk.businesses.add(name)
    desk.businesses.set_role(HARBOUR, "ben", Role.STANDARD)
    desk.businesses.save_connection(HARBOUR, connected("Harbour Lane Trading Ltd"))
    desk.businesses.note_counts(HARBOUR, ItemCounts(ready=12, to_review=3, published=140))
    refused = ProblemNote(
        "wrong-credentials",
        "KashFlow does not accept this username and password.",
        "Reconnect the business.",
    )
    trouble = ProblemNote(
        "server-trouble", "The server is in trouble (HTTP 503).", "Try again in a few minutes."
    )
    lost = ListStatus(count=214, synced_at=NOW - timedelta(days=1), problem=trouble)
    desk.businesses.save_connection(
        "bell-rock-boats", connected("Bell Rock Boats Ltd", days=40, problem=refused)
    )
    desk.businesses.save_connection(
        "copper-kettle", connected("Copper & Kettle Ltd", days=1, suppliers=lost)
    )
    desk.home.write_list(HARBOUR, ListName.SUPPLIERS, SUPPLIERS)
    desk.home.write_list(HARBOUR, ListName.CHART, CHART)
    desk.home.write_list(HARBOUR, ListName.TAX_RATES, RATES)
    return desk


def connected(
    company: str,
    *,
    days: int = 0,
    problem: ProblemNote | None = None,
    suppliers: ListStatus | None = None,
) -> Connection:
    """Return a connection that was synced so many days, and three minutes, ago."""
    synced = NOW - timedelta(days=days, minutes=3)
    lists = {name.value: ListStatus(count=40, synced_at=synced) for name in ListName}
    if suppliers is not None:
        lists[ListName.SUPPLIERS.value] = suppliers
    return Connection(
        software="sandbox",
        endpoint=ENDPOINT,
        username="harbour-lane",
        secrets_in="memory",
        company=Company(
            name=company, postcode="YO21 3PU", vat_number="GB987654321", email="post@lane.example"
        ),
        connected_at=datetime(2026, 10, 1, 9, 30, tzinfo=UTC),
        connected_by="anna",
        needs_reconnecting=problem is not None,
        problem=problem,
        last_sync=synced,
        lists=lists,
    )
