"""The six lists that Kashdeck keeps in step with KashFlow, as the last sync left them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from kfclient.api.records import (
    BankAccount,
    Currency,
    Customer,
    NominalCode,
    PaymentMethod,
    Project,
    Record,
    Supplier,
    VATRate,
)
from kfclient.desk.business.list_names import ListName, parse_name
from kfclient.desk.importing.rows import Row, rows_of
from kfclient.desk.sync.list_reading import COST_METHODS, CURRENCIES, SALE_METHODS

if TYPE_CHECKING:
    from kfclient.store import Home

__all__ = ["ListName", "Lists", "Row", "parse_name"]

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_Stamp = tuple[int, int, int] | None

_RECORDS: dict[ListName, type[Record]] = {
    ListName.CHART: NominalCode,
    ListName.SUPPLIERS: Supplier,
    ListName.CUSTOMERS: Customer,
    ListName.TAX_RATES: VATRate,
    ListName.PROJECTS: Project,
    ListName.BANK_ACCOUNTS: BankAccount,
}


class Lists:
    """Reads the synced lists from their files, once for every time they were written.

    A list that was never synced is empty. Thread-safe.
    """

    parse_name = staticmethod(parse_name)

    def __init__(self, home: Home) -> None:
        self._home = home
        self._folder = str(home.root / "businesses")
        self._cache: dict[tuple[str, str, str], tuple[_Stamp, Any]] = {}
        self._lock = threading.Lock()

    def read(self, business: str, name: ListName) -> tuple[Row, ...]:
        """Return the list as rows, in KashFlow's order."""
        return self._kept(
            business,
            name,
            "rows",
            lambda: rows_of(name, self._records(business, name, _RECORDS[name])),
        )

    def nominals(self, business: str) -> tuple[NominalCode, ...]:
        """Return the chart of accounts: a category's `id` is what a document carries."""
        return self._records(business, ListName.CHART, NominalCode)

    def suppliers(self, business: str) -> tuple[Supplier, ...]:
        """Return the suppliers."""
        return self._records(business, ListName.SUPPLIERS, Supplier)

    def customers(self, business: str) -> tuple[Customer, ...]:
        """Return the customers."""
        return self._records(business, ListName.CUSTOMERS, Customer)

    def tax_rates(self, business: str) -> tuple[VATRate, ...]:
        """Return the tax rates: a rate's `value` is what a line carries."""
        return self._records(business, ListName.TAX_RATES, VATRate)

    def projects(self, business: str) -> tuple[Project, ...]:
        """Return all projects: completed, active and archived ones."""
        return self._records(business, ListName.PROJECTS, Project)

    def bank_accounts(self, business: str) -> tuple[BankAccount, ...]:
        """Return the bank accounts."""
        return self._records(business, ListName.BANK_ACCOUNTS, BankAccount)

    def currencies(self, business: str) -> tuple[Currency, ...]:
        """Return the currencies switched on in KashFlow, with their rates of the last sync."""
        return self._records(business, CURRENCIES, Currency)

    def cost_methods(self, business: str) -> tuple[PaymentMethod, ...]:
        """Return the ways to pay a purchase."""
        return self._records(business, COST_METHODS, PaymentMethod)

    def sale_methods(self, business: str) -> tuple[PaymentMethod, ...]:
        """Return the ways a sale is paid."""
        return self._records(business, SALE_METHODS, PaymentMethod)

    def _records(self, business: str, name: str, shape: type[R]) -> tuple[R, ...]:
        def read() -> tuple[R, ...]:
            documents = self._home.read_list(business, name)
            return tuple(msgspec.convert(document, shape) for document in documents)

        return self._kept(business, name, "records", read)

    def _kept(self, business: str, name: str, form: str, make: Callable[[], T]) -> T:
        """Return what was made from the list's file as it is, or make it."""
        stamp = self._stamp(business, name)
        with self._lock:
            found = self._cache.get((business, name, form))
        if found is not None and found[0] == stamp:
            kept: T = found[1]
            return kept
        made = make()
        with self._lock:
            self._cache[business, name, form] = (stamp, made)
        return made

    def _stamp(self, business: str, name: str) -> _Stamp:
        """Return what tells one writing of the list's file from the next, None without a file."""
        path = f"{self._folder}/{business}/lists/{name}.json"
        try:
            status = os.stat(path)  # noqa: PTH116 - asked for every list before every look
        except FileNotFoundError:
            return None
        return (status.st_ino, status.st_mtime_ns, status.st_size)
