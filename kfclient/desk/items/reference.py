"""What is known of a business's books without asking KashFlow: its synced lists, indexed.

Built once for every sync; checking and planning read it, and change nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from decimal import Decimal
from functools import cached_property

from kfclient.api.records import (
    BankAccount,
    Currency,
    Customer,
    NominalCode,
    PaymentMethod,
    Project,
    Supplier,
    VATRate,
)
from kfclient.desk.business.business import Settings
from kfclient.desk.business.list_names import ListName
from kfclient.desk.business.settings import NOT_APPLICABLE
from kfclient.desk.check.matching import Index, plain
from kfclient.desk.check.taxes import fits, fitting_rate
from kfclient.desk.duplicates.twins import Twins
from kfclient.desk.inbox.item import Item, ItemLine, Kind

PROJECT_ACTIVE = 1
Contact = Supplier | Customer


class Books:
    """The synced lists of one business as indexes, with its settings and today's date.

    `missing` names lists that were never synced; `home_currency` is what KashFlow counts in;
    `account` tells one account at KashFlow from another.
    """

    def __init__(
        self,
        *,
        nominals: Sequence[NominalCode] = (),
        suppliers: Sequence[Supplier] = (),
        customers: Sequence[Customer] = (),
        tax_rates: Sequence[VATRate] = (),
        projects: Sequence[Project] = (),
        currencies: Sequence[Currency] = (),
        bank_accounts: Sequence[BankAccount] = (),
        cost_methods: Sequence[PaymentMethod] = (),
        sale_methods: Sequence[PaymentMethod] = (),
        settings: Settings | None = None,
        home_currency: str = "GBP",
        connected: bool = True,
        account: str = "",
        missing: Collection[ListName] = (),
        today: dt.date,
    ) -> None:
        self.settings = Settings() if settings is None else settings
        self.home_currency = home_currency
        self.connected = connected
        self.account = account
        self.missing = frozenset(missing)
        self.today = today
        self.rates = tuple(rate.value for rate in tax_rates)
        self.currencies = {currency.currency_code: currency for currency in currencies}
        self._nominals = Index(nominals, lambda one: str(one.code), lambda one: one.name)
        self._projects = Index(projects, lambda one: str(one.number), lambda one: one.name)
        self._banks = Index(
            bank_accounts, lambda one: str(one.account_code), lambda one: one.account_name
        )
        self._cost_methods = Index(cost_methods, lambda _: "", lambda one: one.method_name)
        self._sale_methods = Index(sale_methods, lambda _: "", lambda one: one.method_name)
        self._supplier_list, self._customer_list = suppliers, customers

    @cached_property
    def _suppliers(self) -> Index[Contact]:
        return Index(self._supplier_list, lambda one: one.code, lambda one: one.name)

    @cached_property
    def _customers(self) -> Index[Contact]:
        return Index(self._customer_list, lambda one: one.code, lambda one: one.name)

    @cached_property
    def _supplier_twins(self) -> Twins:
        return Twins(self._supplier_list)

    @cached_property
    def _customer_twins(self) -> Twins:
        return Twins(self._customer_list)

    def twins(self, kind: Kind) -> Twins:
        """Return which suppliers, for sales which customers, may be one and the same."""
        return self._customer_twins if kind is Kind.SALE else self._supplier_twins

    def contacts(self, item: Item) -> tuple[Contact, ...]:
        """Return the suppliers, for a sale the customers, that the item may mean."""
        index = self._customers if item.kind is Kind.SALE else self._suppliers
        if item.contact_code:
            return index.by_code(item.contact_code)
        return index.find(item.contact)

    def categories(self, text: str, kind: Kind) -> tuple[NominalCode, ...]:
        """Return the nominal codes that the text may mean: live ones where there are any.

        Where one name stands for a sales and a purchase code, the item's kind decides.
        """
        found = self._nominals.find(text)
        live = tuple(one for one in found if not one.archived)
        if len(live) > 1:
            side = Kind.SALE if kind is Kind.SALE else Kind.COST
            fitting = tuple(one for one in live if side_of_nominal(one) is side)
            live = fitting if len(fitting) == 1 else live
        return live or found

    def projects(self, text: str) -> tuple[Project, ...]:
        """Return the projects that the text may mean: active ones where there are any."""
        found = self._projects.find(text)
        return tuple(one for one in found if one.status == PROJECT_ACTIVE) or found

    def default_rate(self, kind: Kind) -> Decimal | None:
        """Return the default tax code for items of this kind, None where there is none."""
        if kind is Kind.SALE:
            return self.settings.default_tax_code_sales
        return self.settings.default_tax_code_costs

    def tax_rate(self, line: ItemLine, kind: Kind) -> Decimal | None:
        """Return the percentage that a line goes with, -1 for N/A, None where nobody can tell.

        What the line says comes first, then the default tax code where the line's VAT agrees with
        it, then the synced rate that makes this VAT. A line without any VAT that says nothing goes
        as N/A: nothing is claimed, and no rate is made up.
        """
        if line.tax_rate is not None:
            return line.tax_rate
        default = self.default_rate(kind)
        if default is not None and fits(line.net, line.vat, default):
            return default
        if not line.vat:
            return NOT_APPLICABLE
        return fitting_rate(line.net, line.vat, self.rates)

    def knows_rate(self, rate: Decimal) -> bool:
        """Tell whether KashFlow has the tax rate; N/A is always possible."""
        return rate == NOT_APPLICABLE or rate in self.rates

    def bank_accounts(self, text: str) -> tuple[BankAccount, ...]:
        """Return the bank accounts that the text may mean: by name, or by nominal code."""
        return self._banks.find(text)

    def payment_methods(self, text: str, kind: Kind) -> tuple[PaymentMethod, ...]:
        """Return the payment methods that the text may mean; sales and costs have their own."""
        return (self._sale_methods if kind is Kind.SALE else self._cost_methods).find(text)

    def is_foreign(self, item: Item) -> bool:
        """Tell whether the item is in another currency than the books."""
        return item.currency != self.home_currency


def side_of_nominal(nominal: NominalCode) -> Kind | None:
    """Return whether a nominal code is for sales (SALE) or purchases (COST), None for neither.

    Its classification says so, else its type; the words are those of KashFlow's screens (Sales
    Types, Outgoing Types, Bank Transaction Types; Turnover, Cost of Sales, Expense).
    """
    group, kind = plain(nominal.classification_name), plain(nominal.type_name)
    if "outgoing" in group or "purchase" in group:
        return Kind.COST
    if "sales" in group:
        return Kind.SALE
    if group or not kind:
        return None
    if kind.startswith("cost") or "expense" in kind or "overhead" in kind:
        return Kind.COST
    return Kind.SALE if kind in {"turnover", "sales", "income"} else None
