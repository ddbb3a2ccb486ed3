"""The books of one company: tables of records, changed in transactions.

Records are never changed in place, only replaced; so a list handed out stays as it was while it is
being sent. A transaction is all or nothing, in memory and on disk.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson

from kfclient.sandbox.contract import TYPES, Element, Record
from kfclient.sandbox.errors import BooksDamaged, HomeTaken, HomeUnusable

# The books on disk: a snapshot, and beside it a log of everything since.
#
# Every transaction is one checksummed line, on disk before the reply goes out, so a killed sandbox
# has lost nothing it answered for, and neither has a machine that lost its power. At start and at
# stop the log is folded into a new snapshot (written beside, fsynced, renamed). Lines are absolute,
# so a log that was already folded in does no harm when read again.

Change = tuple[str, int | str, dict[str, Any] | None]
"""Table, key, and the record it now holds (None: it is gone)."""

_SYNC = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
_OPTIONS = orjson.OPT_NON_STR_KEYS


class BooksFile:
    """One folder of books, held by one process at a time.

    Raises `HomeTaken` when another process holds the folder, `HomeUnusable` when it cannot be
    written.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._snapshot = home / "books.json"
        self._log = home / "books.log"
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(home / "books.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise HomeUnusable(f"The sandbox cannot use {home}: {error.strerror}.") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise HomeTaken(f"Another sandbox keeps its books in {home}.") from None
        self._appending: int | None = None

    def read(self) -> Iterator[Change]:
        """Yield what the snapshot holds, then every change since, in order."""
        if self._snapshot.exists():
            tables = orjson.loads(self._snapshot.read_bytes())["tables"]
            for table, rows in tables.items():
                for key, record in rows:
                    yield table, key, record
        if self._log.exists():
            for line in self._log.read_bytes().split(b"\n"):
                checksum, _, payload = line.partition(b" ")
                if checksum != b"%08x" % crc32(payload):
                    return  # a torn last line was never answered for
                yield from orjson.loads(payload)

    def append(self, changes: list[Change]) -> None:
        """Write one transaction, wholly or not at all.

        It is on disk when this returns. Raises OSError.
        """
        if self._appending is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._appending = os.open(self._log, flags, 0o600)
            _sync_folder(self.home)
        payload = orjson.dumps(changes, default=str, option=_OPTIONS)
        line = b"%08x %s\n" % (crc32(payload), payload)
        size = os.fstat(self._appending).st_size
        try:
            while line:
                line = line[os.write(self._appending, line) :]
            _SYNC(self._appending)
        except OSError:
            os.ftruncate(self._appending, size)
            raise

    @property
    def has_log(self) -> bool:
        """Whether anything was written since the last snapshot."""
        return self._log.exists()

    def fold(self, tables: dict[str, Iterable[tuple[int | str, dict[str, Any]]]]) -> None:
        """Write a snapshot of the tables and start the log anew."""
        content = orjson.dumps(
            {"format": 1, "tables": {name: list(rows) for name, rows in tables.items()}},
            default=str,
            option=_OPTIONS,
        )
        fresh = self._snapshot.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._snapshot)
        _sync_folder(self.home)
        self._stop_appending()
        self._log.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the folder."""
        self._stop_appending()
        os.close(self._lock)

    def _stop_appending(self) -> None:
        if self._appending is not None:
            os.close(self._appending)
            self._appending = None


def _sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk: a file's name is in its folder, not in the file."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


Key = int | str


@dataclass(frozen=True, slots=True)
class TableSpec:
    """What a table holds: the contract's type, the field that is its key, the fields looked up."""

    holds: str
    key: str
    indexed: tuple[str, ...] = ()


TABLES: dict[str, TableSpec] = {
    "settings": TableSpec("", "Name"),
    "counters": TableSpec("", "Name"),
    "addresses": TableSpec("", "Address"),
    "company": TableSpec("CompanyDetails", "CompanyName"),
    "nominals": TableSpec("NominalCodeExtended", "id", ("Code",)),
    "vat_rates": TableSpec("BasicDataset", "ID"),
    "sources": TableSpec("BasicDataset", "ID"),
    "currencies": TableSpec("Currencies", "CurrencyId"),
    "banks": TableSpec("BankAccount", "AccountID"),
    "receipt_methods": TableSpec("PaymentMethod", "MethodID"),
    "invoice_methods": TableSpec("PaymentMethod", "MethodID"),
    "projects": TableSpec("Project", "ID"),
    "suppliers": TableSpec("Supplier", "SupplierID", ("Code",)),
    "customers": TableSpec("Customer", "CustomerID", ("Code",)),
    "receipts": TableSpec("Invoice", "InvoiceDBID", ("InvoiceNumber", "CustomerID")),
    "invoices": TableSpec("Invoice", "InvoiceDBID", ("InvoiceNumber", "CustomerID")),
    "receipt_payments": TableSpec("Payment", "PayID", ("PayInvoice",)),
    "invoice_payments": TableSpec("Payment", "PayID", ("PayInvoice",)),
    "receipt_notes": TableSpec("ReceiptNotes", "NoteId", ("ReceiptId",)),
    "invoice_notes": TableSpec("InvoiceNotes", "NoteId", ("InvoiceId",)),
    "attachments": TableSpec("ReceiptAttachment", "AttachmentID", ("ReceiptID",)),
    "invoice_attachments": TableSpec("ReceiptAttachment", "AttachmentID", ("ReceiptID",)),
    "accounts": TableSpec("", "Username"),
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
        self._journal = None if home is None else BooksFile(home)
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

    def _read(self, journal: BooksFile) -> None:
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


def _thaw_fields(fields: tuple[Element, ...], record: Record) -> Record:
    for field in fields:
        value = record.get(field.name)
        if value is None:
            continue
        if field.kind == "decimal":
            record[field.name] = Decimal(value)
        elif field.of:
            record[field.name] = [_thaw_fields(TYPES[field.of].fields, item) for item in value]
    return record


# Purchases and sales as KashFlow derives them: sums, what is paid, what is overdue.

ZERO = Decimal(0)
PENNY = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Ledger:
    """What tells purchases from sales: their noun and their tables."""

    noun: str
    parties: str
    files: str

    @property
    def documents(self) -> str:
        """The table of documents."""
        return f"{self.noun.lower()}s"

    @property
    def payments(self) -> str:
        """The table of payments."""
        return f"{self.noun.lower()}_payments"

    @property
    def notes(self) -> str:
        """The table of notes."""
        return f"{self.noun.lower()}_notes"

    @property
    def methods(self) -> str:
        """The table of payment methods."""
        return f"{self.noun.lower()}_methods"

    @property
    def note_key(self) -> str:
        """The field of a note, and of its calls, that holds the document's database id."""
        return f"{self.noun}Id"

    @property
    def party(self) -> str:
        """`supplier` or `customer`."""
        return self.parties.removesuffix("s")


RECEIPTS = Ledger("Receipt", "suppliers", "attachments")
INVOICES = Ledger("Invoice", "customers", "invoice_attachments")


@dataclass(frozen=True, slots=True)
class Settled:
    """A document's sums: net and VAT in its own currency, due and paid in the home currency."""

    net: Decimal
    vat: Decimal
    due: Decimal
    paid: Decimal

    @property
    def is_paid(self) -> bool:
        """Whether payments reach what is due; a credit note is paid by a refund."""
        return self.paid <= self.due if self.due < 0 else self.paid >= self.due

    @property
    def is_overpaid(self) -> bool:
        """Whether payments go beyond what is due."""
        return abs(self.paid) > abs(self.due) and self.is_paid


def money(amount: Decimal) -> Decimal:
    """Round to the penny, halves away from zero."""
    return amount.quantize(PENNY, ROUND_HALF_UP)


def settled(books: Books, ledger: Ledger, document: Record) -> Settled:
    """Sum a document's lines, each rounded to the penny, and its payments."""
    lines = document["Lines"]
    net = sum((money(_of(line, "Quantity") * _of(line, "Rate")) for line in lines), ZERO)
    vat = sum((_of(line, "VatAmount") for line in lines), ZERO)
    payments = books.find(ledger.payments, "PayInvoice", document["InvoiceNumber"])
    paid = sum((_of(payment, "PayAmount") for payment in payments), ZERO)
    return Settled(net, vat, money((net + vat) / document["ExchangeRate"]), paid)


def view(books: Books, ledger: Ledger, document: Record) -> Record:
    """Return the document as KashFlow sends it: with sums, and the other party's name."""
    sums = settled(books, ledger, document)
    party = books.get(ledger.parties, document["CustomerID"]) or {}
    lines = [
        {name: value for name, value in line.items() if name != "ValuesInCurrency"}
        for line in document["Lines"]
    ]
    return {
        **document,
        "Lines": lines,
        "NetAmount": sums.net,
        "VATAmount": sums.vat,
        "AmountPaid": sums.paid,
        "Paid": int(sums.is_paid),
        "Customer": party.get("Name"),
        "CustomerName": party.get("Name"),
    }


def is_overdue(document: Record, sums: Settled, today: str) -> bool:
    """Whether the document is unpaid and its due date has passed."""
    return not sums.is_paid and document["DueDate"][:10] < today


def _of(record: Record, name: str) -> Decimal:
    value: Decimal = record.get(name, ZERO)
    return value
