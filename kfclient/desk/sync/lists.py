"""The six lists that Kashdeck keeps in step with KashFlow, as the last sync left them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from decimal import Decimal
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
from kfclient.desk.model.list_names import ListName, parse_name
from kfclient.desk.model.settings import show_tax_code
from kfclient.desk.sync.readers import COST_METHODS, CURRENCIES, SALE_METHODS
from kfclient.store.errors import StateDamaged

if TYPE_CHECKING:
    from kfclient.store import Home


# A record of a synced list as a person looks at it.

PROJECT_STATUS = {0: "completed", 1: "active", 2: "archived"}

_LABELS: dict[str, str] = {
    "id": "KashFlow id",
    "supplier_id": "KashFlow id",
    "customer_id": "KashFlow id",
    "account_id": "KashFlow id",
    **{f"address{line}": f"Address {line}" for line in range(1, 5)},
    "vat_number": "VAT number",
    "vat_rate": "VAT rate",
    "post_code": "Postcode",
    "ec": "In the EC",
    "outside_ec": "Outside the EC",
    "currency_id": "Currency id",
    "type_name": "Type",
    "classification_name": "Classification",
}
_UNSHOWN = {"type_id", "classification_id", "broken"}
_FLAGS = {"ec", "outside_ec"}


class ListRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One record of a list: `id` is KashFlow's, `code` and `name` what a person knows."""

    id: int
    code: str
    name: str
    detail: str
    record: Record

    @property
    def fields(self) -> dict[str, str]:
        """Everything KashFlow says of it, by label; made when asked, as lists are long."""
        told: dict[str, str] = {}
        for field in self.record.__struct_fields__:
            value = getattr(self.record, field)
            if field in _UNSHOWN or value in (None, ""):
                continue
            told[_label(self.record, field)] = _said(self.record, field, value)
        return told


def rows_of(name: ListName, records: Iterable[Any]) -> tuple[ListRecord, ...]:
    """Return the records of a list as rows, in the same order."""
    shape = _ROWS[name]
    return tuple(shape(record) for record in records)


def _category(record: NominalCode) -> ListRecord:
    detail = record.type_name or record.classification_name
    if record.archived:
        detail = f"{detail}, archived" if detail else "archived"
    return ListRecord(
        id=record.id, code=str(record.code), name=record.name, detail=detail, record=record
    )


def _supplier(record: Supplier) -> ListRecord:
    return ListRecord(
        id=record.supplier_id,
        code=record.code,
        name=record.name,
        detail=record.email or record.post_code,
        record=record,
    )


def _customer(record: Customer) -> ListRecord:
    return ListRecord(
        id=record.customer_id,
        code=record.code,
        name=record.name,
        detail=record.email or record.postcode,
        record=record,
    )


def _tax_rate(record: VATRate) -> ListRecord:
    return ListRecord(
        id=record.id,
        code=show_tax_code(record.value),
        name=record.name,
        detail="" if record.description == record.name else record.description,
        record=record,
    )


def _project(record: Project) -> ListRecord:
    detail = PROJECT_STATUS.get(record.status, "")
    if record.reference:
        detail = f"{detail}, {record.reference}" if detail else record.reference
    return ListRecord(
        id=record.id, code=str(record.number), name=record.name, detail=detail, record=record
    )


def _bank_account(record: BankAccount) -> ListRecord:
    return ListRecord(
        id=record.account_id,
        code=str(record.account_code),
        name=record.account_name,
        detail="",
        record=record,
    )


_ROWS: dict[ListName, Callable[[Any], ListRecord]] = {
    ListName.CHART: _category,
    ListName.SUPPLIERS: _supplier,
    ListName.CUSTOMERS: _customer,
    ListName.TAX_RATES: _tax_rate,
    ListName.PROJECTS: _project,
    ListName.BANK_ACCOUNTS: _bank_account,
}


def _label(record: Record, field: str) -> str:
    if isinstance(record, Project) and field == "customer_id":
        return "Customer id"
    return _LABELS.get(field, field.replace("_", " ").capitalize())


def _said(record: Record, field: str, value: object) -> str:
    if isinstance(value, bool) or field in _FLAGS:
        return "yes" if value else "no"
    if field == "status" and isinstance(record, Project):
        return PROJECT_STATUS.get(record.status, str(record.status))
    if isinstance(value, Decimal):  # the only ones are percentages
        return show_tax_code(value)
    return str(value)


__all__ = ["ListName", "ListRecord", "Lists", "parse_name"]

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

    def read(self, business: str, name: ListName) -> tuple[ListRecord, ...]:
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
            try:
                return tuple(msgspec.convert(document, shape) for document in documents)
            except msgspec.ValidationError:
                raise StateDamaged(
                    f"The list {name} that is kept here is not as Kashdeck writes it.",
                    "Sync the business again: the list is fetched anew from KashFlow.",
                ) from None

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
        """Return what differs with each writing of the list's file, None without a file."""
        path = f"{self._folder}/{business}/lists/{name}.json"
        try:
            status = os.stat(path)  # noqa: PTH116 - asked for every list before every look
        except FileNotFoundError:
            return None
        return (status.st_ino, status.st_mtime_ns, status.st_size)
