"""What the ids in KashFlow's documents stand for, by the synced lists."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfclient.desk.sync.lists import Lists


class IdNames:
    """Names for KashFlow's ids, of one business; an id that no list has is told as it is."""

    def __init__(self, lists: Lists, business: str, home_currency: str = "GBP") -> None:
        self.home_currency = home_currency
        self._lists = lists
        self._business = business

    def category(self, number: int) -> str:
        """Return a nominal code with its name: "7502 Telephone"; 0 is KashFlow's own "Other"."""
        return _named(self._categories, number, "Other")

    def project(self, number: int) -> str:
        """Return a project's name, "" for none."""
        return _named(self._projects, number)

    def account(self, number: int) -> str:
        """Return a bank account's name."""
        return _named(self._accounts, number)

    def method(self, number: int) -> str:
        """Return the name of a payment method, of sales or of costs."""
        return _named(self._methods, number)

    def party(self, number: int, *, sale: bool) -> str:
        """Return a supplier's name, or for a sale a customer's."""
        return _named(self._customers if sale else self._suppliers, number)

    @cached_property
    def _categories(self) -> dict[int, str]:
        nominals = self._lists.nominals(self._business)
        return _names((one.id, f"{one.code} {one.name}") for one in nominals)

    @cached_property
    def _projects(self) -> dict[int, str]:
        return _names((one.id, one.name) for one in self._lists.projects(self._business))

    @cached_property
    def _accounts(self) -> dict[int, str]:
        accounts = self._lists.bank_accounts(self._business)
        return _names((one.account_id, one.account_name) for one in accounts)

    @cached_property
    def _methods(self) -> dict[int, str]:
        costs, sales = (
            self._lists.cost_methods(self._business),
            self._lists.sale_methods(self._business),
        )
        return _names((one.method_id, one.method_name) for one in (*costs, *sales))

    @cached_property
    def _suppliers(self) -> dict[int, str]:
        return _names((one.supplier_id, one.name) for one in self._lists.suppliers(self._business))

    @cached_property
    def _customers(self) -> dict[int, str]:
        return _names((one.customer_id, one.name) for one in self._lists.customers(self._business))


def _names(pairs: Iterable[tuple[int, str]]) -> dict[int, str]:
    return {number: name.strip() for number, name in pairs}


def _named(names: dict[int, str], number: int, none: str = "") -> str:
    return names.get(number) or (f"no. {number}" if number else none)
