"""The books of one company: tables of records, changed in transactions.

Records are never changed in place, only replaced; so a list handed out stays as it was while it is
being sent. A transaction is all or nothing, in memory and on disk.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from kfclient.sandbox.contract import TYPES
from kfclient.sandbox.errors import BooksDamaged
from kfclient.sandbox.journal import Change, Journal
from kfclient.sandbox.schema import Field, Record

Key = int | str


@dataclass(frozen=True, slots=True)
class Table:
    """What a table holds: the contract's type, the field that is its key, the fields looked up."""

    holds: str
    key: str
    indexed: tuple[str, ...] = ()


TABLES: dict[str, Table] = {
    "settings": Table("", "Name"),
    "counters": Table("", "Name"),
    "addresses": Table("", "Address"),
    "company": Table("CompanyDetails", "CompanyName"),
    "nominals": Table("NominalCodeExtended", "id", ("Code",)),
    "vat_rates": Table("BasicDataset", "ID"),
    "sources": Table("BasicDataset", "ID"),
    "currencies": Table("Currencies", "CurrencyId"),
    "banks": Table("BankAccount", "AccountID"),
    "receipt_methods": Table("PaymentMethod", "MethodID"),
    "invoice_methods": Table("PaymentMethod", "MethodID"),
    "projects": Table("Project", "ID"),
    "suppliers": Table("Supplier", "SupplierID", ("Code",)),
    "customers": Table("Customer", "CustomerID", ("Code",)),
    "receipts": Table("Invoice", "InvoiceDBID", ("InvoiceNumber", "CustomerID")),
    "invoices": Table("Invoice", "InvoiceDBID", ("InvoiceNumber", "CustomerID")),
    "receipt_payments": Table("Payment", "PayID", ("PayInvoice",)),
    "invoice_payments": Table("Payment", "PayID", ("PayInvoice",)),
    "receipt_notes": Table("ReceiptNotes", "NoteId", ("ReceiptId",)),
    "invoice_notes": Table("InvoiceNotes", "NoteId", ("InvoiceId",)),
    "attachments": Table("ReceiptAttachment", "AttachmentID", ("ReceiptID",)),
    "invoice_attachments": Table("ReceiptAttachment", "AttachmentID", ("ReceiptID",)),
    "accounts": Table("", "Username"),
}


FIRST_IDS: dict[str, int] = {
    "nominals": 18685896,
    "projects": 61204,
    "suppliers": 2184011,
    "customers": 5310077,
    "documents": 41836201,
    "lines": 90412663,
    "payments": 7301001,
    "notes": 3350117,
    "attachments": 1180442,
    "accounts": 512034,
}
"""Where each counter starts: far apart and far from codes and numbers, so that a mix-up shows.

Purchases and sales share the counter of documents, as `InvoiceDBID` is unique in all of KashFlow.
"""


class Books:
    """All tables; kept under `home`, or in memory alone when it is None.

    Hold `lock` to read several things that belong together; `transaction()` holds it by itself.
    """

    def __init__(self, home: Path | None) -> None:
        self.lock = threading.RLock()
        self._rows: dict[str, dict[Key, Record]] = {name: {} for name in TABLES}
        self._index: dict[tuple[str, str], dict[Any, dict[Key, None]]] = {
            (name, field): {} for name, table in TABLES.items() for field in table.indexed
        }
        self._changes: list[tuple[str, Key, Record | None]] | None = None
        self._afterwards: list[Callable[[], None]] = []
        self._journal = None if home is None else Journal(home)
        if self._journal is not None:
            self._read(self._journal)

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever written here."""
        return not self._rows["settings"]

    def get(self, table: str, key: Key) -> Record | None:
        """Return the record with that key."""
        return self._rows[table].get(key)

    def all(self, table: str) -> list[Record]:
        """Return a table's records in the order they came."""
        with self.lock:
            return list(self._rows[table].values())

    def find(self, table: str, field: str, value: Any) -> list[Record]:
        """Return the records whose indexed field equals `value`; text without regard to case."""
        keys = self._index[table, field].get(_folded(value), {})
        return [self._rows[table][key] for key in keys]

    def highest(self, table: str, field: str) -> int:
        """Return the highest value of an indexed number, 0 when there is none."""
        return max(self._index[table, field], default=0)

    def put(self, table: str, record: Record) -> None:
        """Insert or replace a record; only inside a transaction."""
        self._change(table, record[TABLES[table].key], record)

    def drop(self, table: str, key: Key) -> None:
        """Delete a record; only inside a transaction."""
        self._change(table, key, None)

    def next_id(self, counter: str) -> int:
        """Return an id that was never given before; only inside a transaction."""
        known = self._rows["counters"].get(counter)
        value: int = FIRST_IDS[counter] if known is None else known["Value"] + 1
        self.put("counters", {"Name": counter, "Value": value})
        return value

    def afterwards(self, act: Callable[[], None]) -> None:
        """Do something once this transaction is in the books; not at all if it never is."""
        self._afterwards.append(act)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the books; keep what is put and dropped inside, unless an exception leaves it.

        A transaction inside another is part of it.
        """
        with self.lock:
            if self._changes is not None:
                yield
                return
            self._changes, self._afterwards = [], []
            try:
                yield
                self._commit(self._changes)
            except BaseException:
                for table, key, before in reversed(self._changes):
                    self._set(table, key, before)
                raise
            finally:
                self._changes = None
            for act in self._afterwards:
                act()

    def fold(self) -> None:
        """Fold the log, if there is one, into a new snapshot."""
        if self._journal is not None and self._journal.has_log:
            with self.lock:
                self._journal.fold({name: rows.items() for name, rows in self._rows.items()})

    def close(self) -> None:
        """Fold, and let go of the folder."""
        with self.lock:
            if self._journal is not None:
                self.fold()
                self._journal.close()
                self._journal = None

    def _read(self, journal: Journal) -> None:
        try:
            for name, key, record in journal.read():
                self._set(name, key, None if record is None else _thaw(name, record))
        except Exception as error:
            journal.close()
            if isinstance(error, OSError):
                raise
            raise BooksDamaged(f"The books in {journal.home} cannot be read.") from error

    def _commit(self, changed: list[tuple[str, Key, Record | None]]) -> None:
        if self._journal is None or not changed:
            return
        touched = dict.fromkeys((table, key) for table, key, _ in changed)
        changes: list[Change] = [(t, key, self._rows[t].get(key)) for t, key in touched]
        self._journal.append(changes)

    def _change(self, table: str, key: Key, record: Record | None) -> None:
        if self._changes is None:
            raise RuntimeError("the books change inside a transaction only")
        self._changes.append((table, key, self._rows[table].get(key)))
        self._set(table, key, record)

    def _set(self, table: str, key: Key, record: Record | None) -> None:
        rows = self._rows[table]
        before = rows.get(key)
        for field in TABLES[table].indexed:
            index = self._index[table, field]
            if before is not None:
                value = _folded(before.get(field))
                index[value].pop(key)
                if not index[value]:
                    del index[value]
            if record is not None:
                index.setdefault(_folded(record.get(field)), {})[key] = None
        if record is None:
            rows.pop(key, None)
        else:
            rows[key] = record


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _thaw(table: str, record: Record) -> Record:
    """Give a record from disk its decimals back, which JSON keeps as text."""
    holds = TABLES[table].holds
    return _thaw_fields(TYPES[holds].fields, record) if holds else record


def _thaw_fields(fields: tuple[Field, ...], record: Record) -> Record:
    for field in fields:
        value = record.get(field.name)
        if value is None:
            continue
        if field.kind == "decimal":
            record[field.name] = Decimal(value)
        elif field.of:
            record[field.name] = [_thaw_fields(TYPES[field.of].fields, item) for item in value]
    return record
