"""A record of a synced list as a person looks at it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import msgspec

from kfclient.api.records import (
    BankAccount,
    Customer,
    NominalCode,
    Project,
    Record,
    Supplier,
    VATRate,
)
from kfclient.desk.business.list_names import ListName
from kfclient.desk.business.settings import show_tax_code

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
_UNSHOWN = {"type_id", "classification_id"}
_FLAGS = {"ec", "outside_ec"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
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


def rows_of(name: ListName, records: Iterable[Any]) -> tuple[Row, ...]:
    """Return the records of a list as rows, in the same order."""
    shape = _ROWS[name]
    return tuple(shape(record) for record in records)


def _category(record: NominalCode) -> Row:
    detail = record.type_name or record.classification_name
    if record.archived:
        detail = f"{detail}, archived" if detail else "archived"
    return Row(id=record.id, code=str(record.code), name=record.name, detail=detail, record=record)


def _supplier(record: Supplier) -> Row:
    return Row(
        id=record.supplier_id,
        code=record.code,
        name=record.name,
        detail=record.email or record.post_code,
        record=record,
    )


def _customer(record: Customer) -> Row:
    return Row(
        id=record.customer_id,
        code=record.code,
        name=record.name,
        detail=record.email or record.postcode,
        record=record,
    )


def _tax_rate(record: VATRate) -> Row:
    return Row(
        id=record.id,
        code=show_tax_code(record.value),
        name=record.name,
        detail="" if record.description == record.name else record.description,
        record=record,
    )


def _project(record: Project) -> Row:
    detail = PROJECT_STATUS.get(record.status, "")
    if record.reference:
        detail = f"{detail}, {record.reference}" if detail else record.reference
    return Row(
        id=record.id, code=str(record.number), name=record.name, detail=detail, record=record
    )


def _bank_account(record: BankAccount) -> Row:
    return Row(
        id=record.account_id,
        code=str(record.account_code),
        name=record.account_name,
        detail="",
        record=record,
    )


_ROWS: dict[ListName, Callable[[Any], Row]] = {
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
