"""Reading several lists at once: a thread each, and one that listens to them all."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from kfclient.api.errors import RequestFault
from kfclient.desk.model.list_names import ListName

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.cancel import Cancel


# How each of the six lists is read from KashFlow, whole.

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


T = TypeVar("T")

_LOOK_EVERY = 0.1
_GRACE = 1.0


class Rows(msgspec.Struct, frozen=True):
    """Rows of a list that have come so far, this many seconds after the start."""

    list: ListName
    rows: int
    seconds: float


class Came(msgspec.Struct, frozen=True):
    """A list that came whole."""

    list: ListName
    whole: Whole
    seconds: float


class Failed(msgspec.Struct, frozen=True):
    """A list that did not come, and why: a Problem (Cancelled too), or a mistake of ours."""

    list: ListName
    error: Exception


Told = Rows | Came | Failed


class Readings:
    """Reads lists at once, a daemon thread each, and hands their events to one thread.

    A thread that hangs in the network cannot keep the program from ending, and what it brings
    after everybody has stopped listening changes nothing.
    """

    def __init__(
        self,
        names: Collection[ListName],
        call: Callable[[Callable[[KashFlow], Whole]], Whole],
        cancel: Cancel,
    ) -> None:
        self._names = names
        self._call = call
        self._cancel = cancel
        self._told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self._start = time.monotonic()

    def __iter__(self) -> Iterator[Told]:
        """Start the readings; yield their events until each has ended.

        Once cancelled, those that have not ended within a second are left behind.
        """
        for name in self._names:
            threading.Thread(
                target=self._read, args=(name,), name=f"sync-{name.value}", daemon=True
            ).start()
        pending = set(self._names)
        leave_at = float("inf")
        while pending and time.monotonic() < leave_at:
            try:
                told = self._told.get(timeout=_LOOK_EVERY)
            except queue.Empty:
                if self._cancel.is_set:
                    leave_at = min(leave_at, time.monotonic() + _GRACE)
                continue
            if not isinstance(told, Rows):
                pending.discard(told.list)
            yield told

    def _read(self, name: ListName) -> None:
        def on_rows(rows: int) -> None:
            self._told.put(Rows(name, rows, self._seconds()))

        try:
            whole = self._call(lambda kashflow: READERS[name](kashflow, on_rows, self._cancel))
        except Exception as error:  # noqa: BLE001 - judged, or raised again, by who listens
            self._told.put(Failed(name, error))
        else:
            self._told.put(Came(name, whole, self._seconds()))

    def _seconds(self) -> float:
        return time.monotonic() - self._start
