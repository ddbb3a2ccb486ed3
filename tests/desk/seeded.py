"""A connected business with synced lists, without a server: what checks and imports need."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import msgspec

from kfclient.api.records import (
    BankAccount,
    Currency,
    Customer,
    NominalCode,
    Project,
    Record,
    Supplier,
    VATRate,
)
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.importing.import_file import Importing
from kfclient.desk.items.items import Items
from kfclient.desk.items.reference import ReferenceData
from kfclient.desk.model.business import Company, Connection, ListStatus
from kfclient.desk.model.list_names import ListName
from kfclient.desk.sync.lists import Lists
from kfclient.store import Home

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
SAMPLES = Path(__file__).parent / "samples"

CHART = (
    (4000, "Sales", "Sales Type"), (4905, "Carriage", "Sales Type"),
    (5000, "Materials Purchased", "Outgoing Type"), (5100, "Carriage", "Outgoing Type"),
    (6201, "Advertising", "Outgoing Type"), (7100, "Rent", "Outgoing Type"),
    (7102, "Water Rates", "Outgoing Type"), (7200, "Electricity", "Outgoing Type"),
    (7400, "Travel", "Outgoing Type"), (7401, "Car Hire", "Outgoing Type"),
    (7402, "Hotels", "Outgoing Type"), (7500, "Printing", "Outgoing Type"),
    (7501, "Postage", "Outgoing Type"), (7502, "Telephone", "Outgoing Type"),
    (7504, "Office Stationery", "Outgoing Type"), (7600, "Legal Fees", "Outgoing Type"),
    (8204, "Insurance", "Outgoing Type"), (8205, "Refreshments", "Outgoing Type"),
)  # fmt: skip
NOMINALS = (
    *(
        NominalCode(id=18685000 + code, code=code, name=name, classification_name=side)
        for code, name, side in CHART
    ),
    NominalCode(id=18699001, code=7999, name="Fax", archived=True),
    NominalCode(id=18699002, code=8300, name="Sundries"),
    NominalCode(id=18699003, code=8301, name="Sundries"),
)
SUPPLIERS = (
    Supplier(supplier_id=501, code="PENN01", name="Pennine Water", payment_terms=30),
    Supplier(supplier_id=502, code="KEST01", name="Kestrel Car Hire"),
    Supplier(supplier_id=503, code="OMAL01", name="O'Malley Couriers"),
    Supplier(supplier_id=504, code="HARR01", name="Harrow and Finch Solicitors"),
    Supplier(supplier_id=505, code="TWIN01", name="Twin Traders"),
    Supplier(supplier_id=506, code="TWIN02", name="Twin Traders"),
)
CUSTOMERS = (
    Customer(customer_id=901, code="DUNM01", name="Dunmore School"),
    Customer(customer_id=902, code="ASHB01", name="Ashby Theatre Trust"),
)
RATES = tuple(
    VATRate(id=number, name=f"{rate}%", value=Decimal(rate))
    for number, rate in enumerate(("0", "5", "20"), start=1)
)
PROJECTS = (
    Project(id=7001, number=1, name="Website 2026", status=1),
    Project(id=7002, number=2, name="Mill Lane refit", status=1),
    Project(id=7003, number=3, name="Old barn", status=0),
)
CURRENCIES = (
    Currency(currency_id=1, currency_code="GBP", exchange_rate=Decimal(1), is_default=1),
    Currency(currency_id=2, currency_code="EUR", exchange_rate=Decimal("1.17")),
)
LISTS: dict[str, tuple[Record, ...]] = {
    ListName.CHART: NOMINALS,
    ListName.SUPPLIERS: SUPPLIERS,
    ListName.CUSTOMERS: CUSTOMERS,
    ListName.TAX_RATES: RATES,
    ListName.PROJECTS: PROJECTS,
    ListName.BANK_ACCOUNTS: (BankAccount(account_id=1, account_name="Current account"),),
    "currencies": CURRENCIES,
}
TODAY_BOOKS = ReferenceData(
    nominals=NOMINALS,
    suppliers=SUPPLIERS,
    customers=CUSTOMERS,
    tax_rates=RATES,
    projects=PROJECTS,
    currencies=CURRENCIES,
    today=NOW.date(),
)


class Inbox:
    """A business of the desk, its inbox, and the importer that fills it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.businesses = Businesses(home, person="anna", clock=lambda: NOW)
        self.lists = Lists(home)
        self.items = Items(home, self.businesses, self.lists, lambda: NOW)
        self.importing = Importing(home, self.items, lambda: NOW)
        self.business = self.businesses.add("Acme Ltd").id

    def connect(self) -> None:
        """Have the business connected and synced."""
        status = {name.value: ListStatus(count=1, synced_at=NOW) for name in ListName}
        self.businesses.save_connection(
            self.business,
            Connection(
                software="sandbox",
                endpoint="http://127.0.0.1:9/",
                username="api",
                secrets_in="memory",
                company=Company(name="Acme Ltd"),
                connected_at=NOW,
                connected_by="anna",
                lists=status,
            ),
        )
        for name, records in LISTS.items():
            self.write(name, records)

    def write(self, name: str, records: tuple[Record, ...]) -> None:
        """Replace a synced list."""
        self.home.write_list(self.business, name, [msgspec.to_builtins(one) for one in records])
