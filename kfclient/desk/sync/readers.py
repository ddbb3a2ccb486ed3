"""Reading several lists at once: a thread each, and one that listens to them all."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from kfclient.api.errors import Refused, ReplyBroken, RequestFault, ServerTrouble
from kfclient.api.reply_text import UNREADABLE
from kfclient.desk.business.sessions import NEEDS_RECONNECTING
from kfclient.desk.model.list_names import ListName

if TYPE_CHECKING:
    from kfclient.api import KashFlow
    from kfclient.api.records import Record
    from kfclient.cancel import Cancel


# How each of the six lists is read from KashFlow, whole.

CURRENCIES = "currencies"
"""The list that is read together with the bank accounts, and kept beside them."""

COST_METHODS, SALE_METHODS = "cost-payment-methods", "sale-payment-methods"
"""The ways to pay, which are read with the bank accounts too: KashFlow has a list for each side."""

OnRows = Callable[[int], None]


class Whole(msgspec.Struct, frozen=True):
    """What a reading brought: documents as they are stored, by the name of the list.

    One reading may bring several lists. `remarks` say what came otherwise than whole; `refused` is
    why the list itself is not among them, where it was those beside it alone that came.
    """

    documents: dict[str, list[dict[str, Any]]]
    remarks: tuple[str, ...] = ()
    refused: Refused | None = None


Reader = Callable[["KashFlow", OnRows, "Cancel"], Whole]


def _chart(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    try:
        records = kashflow.get_nominal_codes_extended(on_rows=on_rows, cancel=cancel)
    except RequestFault:  # other makers' servers may know the plain call alone
        records = kashflow.get_nominal_codes(on_rows=on_rows, cancel=cancel)
    return _whole(ListName.CHART, records)


def _suppliers(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    records = kashflow.get_suppliers(on_rows=on_rows, cancel=cancel)
    return _whole(ListName.SUPPLIERS, records)


def _customers(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    records = kashflow.get_customers(on_rows=on_rows, cancel=cancel)
    return _whole(ListName.CUSTOMERS, records)


def _tax_rates(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    records = kashflow.get_vat_rates(on_rows=on_rows, cancel=cancel)
    return _whole(ListName.TAX_RATES, records)


def _projects(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    try:
        records = kashflow.get_projects_full(on_rows=on_rows, cancel=cancel)
    except RequestFault:
        # The plain call does not say which are finished: all count as active.
        known = kashflow.get_projects(on_rows=on_rows, cancel=cancel)
        records = [msgspec.structs.replace(project, status=1) for project in known]
    return _whole(ListName.PROJECTS, records)


def _bank_accounts(kashflow: KashFlow, on_rows: OnRows, cancel: Cancel) -> Whole:
    try:
        accounts = kashflow.get_bank_accounts(on_rows=on_rows, cancel=cancel)
        whole = _whole(ListName.BANK_ACCOUNTS, accounts)
    except NEEDS_RECONNECTING:
        raise
    except Refused as problem:
        whole = Whole({}, refused=problem)
    for name, words, read in (
        (CURRENCIES, "currencies", kashflow.get_currencies),
        (COST_METHODS, "ways to pay a purchase", kashflow.get_rec_pay_methods),
        (SALE_METHODS, "ways a sale is paid", kashflow.get_inv_pay_methods),
    ):
        try:
            beside = _whole(name, read(cancel=cancel))
        except RequestFault:  # a server without currencies or payments has none of them
            beside = Whole({name: []})
        except NEEDS_RECONNECTING:
            raise
        except (Refused, ServerTrouble, ReplyBroken) as problem:
            if isinstance(problem, ServerTrouble) and not problem.said:
                raise  # it says nothing about this list
            beside = Whole({}, (f"The {words} stay as they were. {problem.sentence}",))
        whole = Whole(
            whole.documents | beside.documents, whole.remarks + beside.remarks, whole.refused
        )
    return whole


READERS: dict[ListName, Reader] = {
    ListName.CHART: _chart,
    ListName.SUPPLIERS: _suppliers,
    ListName.CUSTOMERS: _customers,
    ListName.TAX_RATES: _tax_rates,
    ListName.PROJECTS: _projects,
    ListName.BANK_ACCOUNTS: _bank_accounts,
}
"""How to read each list. Raises KashFlowError, Cancelled; a list that is returned came whole."""


_A_LIST = 3
"""Of so many records or more, some can be read; of fewer all may be broken by chance."""

MOST_REMARKS = 20
"""How many records of a list are named, at most; how many more there are is said."""


def _whole(name: str, records: Sequence[Record]) -> Whole:
    documents, remarks = sound_documents(records)
    return Whole({name: documents}, remarks)


def sound_documents(records: Sequence[Record]) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Return the records that can be read, as they are stored, and what there is to say of others.

    A broken one is left out and named, one with a character that cannot be read is named. Raises
    `ReplyBroken` where all are broken: that is no list.
    """
    broken = [one for one in records if one.broken]
    if len(broken) == len(records) >= _A_LIST:
        raise ReplyBroken(
            "None of the records in KashFlow's list can be read; the list stays as it was.",
            "Try again; if it stays so, --trace FILE with the command writes down what came.",
        )
    sound = [one for one in records if not one.broken] if broken else records
    documents = [msgspec.to_builtins(one) for one in sound]
    told = [
        f"{_named(one)} was left out: its {' and '.join(one.broken)} cannot be read. "
        "Put it right in KashFlow, then sync again."
        for one in broken
    ]
    if UNREADABLE.encode() in msgspec.json.encode(documents):
        told += [
            f"{_named(one)} has a character in its {' and '.join(fields)} that cannot be read; "
            f"{UNREADABLE} stands for it."
            for one, document in zip(sound, documents, strict=True)
            if (fields := [name for name, value in document.items() if _has_unreadable(value)])
        ]
    if len(told) > MOST_REMARKS:
        told[MOST_REMARKS:] = [f"The same is so of {len(told) - MOST_REMARKS:,} more."]
    return documents, tuple(told)


def _has_unreadable(value: object) -> bool:
    return isinstance(value, str) and UNREADABLE in value


_NAMES = ("name", "account_name", "method_name", "currency_code", "code")
_IDS = ("id", "supplier_id", "customer_id", "account_id", "method_id", "currency_id")


def _named(record: Record) -> str:
    """Return "Pennine Water (12)": what a person knows it by, and KashFlow's own id."""
    names = (str(getattr(record, name, "") or "") for name in _NAMES)
    ids = (getattr(record, name, 0) for name in _IDS)
    name, number = next(filter(None, names), "A record"), next(filter(None, ids), 0)
    return f"{name} ({number})" if number else name


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
