"""How each of the six lists is read from KashFlow, whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.api.errors import RequestFault
from kfclient.desk.business.list_names import ListName

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.cancel import Cancel

CURRENCIES = "currencies"
"""The list that is read together with the bank accounts, and kept beside them."""

COST_METHODS, SALE_METHODS = "cost-payment-methods", "sale-payment-methods"
"""The ways to pay, which are read with the bank accounts too: KashFlow has a list for each side."""

OnRows = Callable[[int], None]
Whole = dict[str, list[dict[str, Any]]]
"""Documents as they are stored, by the name of the list; one reading may bring several."""

Reader = Callable[["KashFlow", OnRows, "Cancel"], Whole]


def _chart(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    try:
        records = kashflow.get_nominal_codes_extended(on_rows=on_rows, cancel=cancel)
    except RequestFault:  # other makers' servers may know the plain call alone
        records = kashflow.get_nominal_codes(on_rows=on_rows, cancel=cancel)
    return {ListName.CHART: _documents(records)}


def _suppliers(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    records = kashflow.get_suppliers(on_rows=on_rows, cancel=cancel)
    return {ListName.SUPPLIERS: _documents(records)}


def _customers(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    records = kashflow.get_customers(on_rows=on_rows, cancel=cancel)
    return {ListName.CUSTOMERS: _documents(records)}


def _tax_rates(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    records = kashflow.get_vat_rates(on_rows=on_rows, cancel=cancel)
    return {ListName.TAX_RATES: _documents(records)}


def _projects(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    try:
        records = kashflow.get_projects_full(on_rows=on_rows, cancel=cancel)
    except RequestFault:
        # The plain call does not say which are finished: all count as active.
        known = kashflow.get_projects(on_rows=on_rows, cancel=cancel)
        records = [msgspec.structs.replace(project, status=1) for project in known]
    return {ListName.PROJECTS: _documents(records)}


def _bank_accounts(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    records = kashflow.get_bank_accounts(on_rows=on_rows, cancel=cancel)
    try:
        currencies = kashflow.get_currencies(cancel=cancel)
    except RequestFault:  # a server without currencies keeps its books in one
        currencies = []
    try:
        costs = kashflow.get_rec_pay_methods(cancel=cancel)
        sales = kashflow.get_inv_pay_methods(cancel=cancel)
    except RequestFault:  # a server without them takes no payments
        costs = sales = []
    return {
        ListName.BANK_ACCOUNTS: _documents(records),
        CURRENCIES: _documents(currencies),
        COST_METHODS: _documents(costs),
        SALE_METHODS: _documents(sales),
    }


READERS: dict[ListName, Reader] = {
    ListName.CHART: _chart,
    ListName.SUPPLIERS: _suppliers,
    ListName.CUSTOMERS: _customers,
    ListName.TAX_RATES: _tax_rates,
    ListName.PROJECTS: _projects,
    ListName.BANK_ACCOUNTS: _bank_accounts,
}
"""How to read each list. Raises KashFlowError, Cancelled; a list that is returned came whole."""


def _documents(records: Iterable[msgspec.Struct]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(record) for record in records]
