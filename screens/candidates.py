"""What the picker of a field offers, from the synced lists."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kfclient.desk.business.settings import parse_tax_code
from kfclient.desk.check.exchange import turned
from kfclient.desk.inbox.item import Kind
from kfclient.desk.sync.lists import ListName
from screens.item_words import CONTACTS, home_per_foreign
from screens.picker import Candidate

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfclient.desk import Desk

PICKABLE = (
    "contact",
    "category",
    "project",
    "tax_rate",
    "currency",
    "bank_account",
    "payment_method",
)
"""The fields that have a list to choose from."""


def heading(field: str, kind: Kind) -> str:
    """Return the picker's title for a field."""
    words = {
        "contact": CONTACTS[kind].lower(),
        "category": "category",
        "project": "project",
        "tax_rate": "tax rate",
        "currency": "currency",
        "bank_account": "bank account",
        "payment_method": "payment method",
    }
    return f"Choose a {words[field]}"


def candidates(desk: Desk, business: str, field: str, kind: Kind) -> list[Candidate]:
    """Return what a field can be, as the last sync left it; the person of a claim is a supplier.

    Categories and projects that are put away in KashFlow are not offered.
    """
    makers: dict[str, Callable[[], list[Candidate]]] = {
        "contact": lambda: _contacts(desk, business, kind),
        "category": lambda: _categories(desk, business),
        "project": lambda: _projects(desk, business),
        "tax_rate": lambda: _of_list(desk, business, ListName.TAX_RATES),
        "currency": lambda: _currencies(desk, business),
        "bank_account": lambda: _of_list(desk, business, ListName.BANK_ACCOUNTS),
        "payment_method": lambda: _methods(desk, business, kind),
    }
    return makers[field]()


def values_of(field: str, one: Candidate) -> dict[str, Any]:
    """Return the fields of the item, or of its line, that picking this for a field sets."""
    if field == "contact":
        return {"contact": one.name, "contact_code": one.code}
    if field in ("category", "project"):
        return {field: f"{one.code} {one.name}".strip()}
    if field == "tax_rate":
        return {"tax_rate": parse_tax_code(one.code)}
    if field == "currency":
        rate = turned(Decimal(one.rate)) if one.rate else None
        return {"currency": one.code, "exchange_rate": rate}
    return {field: one.name}


def _of_list(desk: Desk, business: str, name: ListName) -> list[Candidate]:
    return [
        Candidate.of(str(row.id), row.code, row.name, row.detail)
        for row in desk.lists.read(business, name)
    ]


def _contacts(desk: Desk, business: str, kind: Kind) -> list[Candidate]:
    name = ListName.CUSTOMERS if kind is Kind.SALE else ListName.SUPPLIERS
    return sorted(_of_list(desk, business, name), key=lambda one: one.plain_name)


def _categories(desk: Desk, business: str) -> list[Candidate]:
    return [
        Candidate.of(str(one.id), str(one.code), one.name, one.type_name)
        for one in sorted(desk.lists.nominals(business), key=lambda one: one.code)
        if not one.archived
    ]


def _projects(desk: Desk, business: str) -> list[Candidate]:
    return [
        one
        for one in _of_list(desk, business, ListName.PROJECTS)
        if one.row.cells[2].startswith("active")
    ]


def _currencies(desk: Desk, business: str) -> list[Candidate]:
    home, offered = home_currency(desk, business), []
    for one in desk.lists.currencies(business):
        foreign = one.currency_code != home and one.exchange_rate > 0
        rate = f"{home_per_foreign(one.exchange_rate):f}" if foreign else ""
        code, said = one.currency_code, f"1 {one.currency_code} = {rate} {home}"
        offered.append(Candidate.of(code, code, said if rate else "", rate=rate))
    return offered


def _methods(desk: Desk, business: str, kind: Kind) -> list[Candidate]:
    methods = desk.lists.sale_methods if kind is Kind.SALE else desk.lists.cost_methods
    return [Candidate.of(str(one.method_id), "", one.method_name) for one in methods(business)]


def home_currency(desk: Desk, business: str) -> str:
    """Return the currency that the business's books are kept in."""
    connection = desk.businesses.get(business).connection
    return connection.company.currency if connection is not None else "GBP"
