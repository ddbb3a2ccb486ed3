"""Keeps what is known of each business's books, and builds it anew when something changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kfclient.desk.business.list_names import ListName
from kfclient.desk.check.bookkeeping import Books

if TYPE_CHECKING:
    from kfclient.desk.business.businesses import Businesses
    from kfclient.desk.sync.lists import Lists

HOME_CURRENCY = "GBP"
"""What a business's books are in until KashFlow has said."""

_LISTS = {
    ListName.CHART: "nominals",
    ListName.SUPPLIERS: "suppliers",
    ListName.CUSTOMERS: "customers",
    ListName.TAX_RATES: "tax_rates",
    ListName.PROJECTS: "projects",
    ListName.BANK_ACCOUNTS: "currencies",  # they are read together
}

_Facts = tuple[object, ...]


class Bookshelf:
    """Gives the `Books` of a business: the same object until a list, a setting or the day changed.

    Thread-safe.
    """

    def __init__(self, businesses: Businesses, lists: Lists, clock: Callable[[], datetime]) -> None:
        self._businesses = businesses
        self._lists = lists
        self._clock = clock
        self._kept: dict[str, tuple[_Facts, Books]] = {}
        self._lock = threading.Lock()

    def books(self, business: str) -> Books:
        """Return what is known of the business's books; raises `BusinessUnknown`."""
        known = self._businesses.get(business)
        connection, lists = known.connection, self._lists
        read: dict[str, Any] = {
            "nominals": lists.nominals(business),
            "suppliers": lists.suppliers(business),
            "customers": lists.customers(business),
            "tax_rates": lists.tax_rates(business),
            "projects": lists.projects(business),
            "currencies": lists.currencies(business),
            "bank_accounts": lists.bank_accounts(business),
            "cost_methods": lists.cost_methods(business),
            "sale_methods": lists.sale_methods(business),
        }
        synced = {} if connection is None else connection.lists
        missing = {
            name
            for name, rows in _LISTS.items()
            if not read[rows] and (name not in synced or synced[name].synced_at is None)
        }
        other: dict[str, Any] = {
            "settings": known.settings,
            "home_currency": HOME_CURRENCY if connection is None else connection.company.currency,
            "connected": connection is not None,
            "account": ""
            if connection is None
            else f"{connection.username} at {connection.endpoint}",
            "missing": missing,
            "today": self._clock().astimezone().date(),
        }
        facts = (*read.values(), *other.values())
        with self._lock:
            kept = self._kept.get(business)
            if kept is None or not _alike(kept[0], facts):
                kept = self._kept[business] = (facts, Books(**read, **other))
            return kept[1]


def _alike(one: _Facts, other: _Facts) -> bool:
    """Tell whether nothing changed; the lists are the same objects until they are read anew."""
    return all(
        a is b or (not isinstance(a, tuple) and a == b) for a, b in zip(one, other, strict=True)
    )
