"""What follows an item's document to KashFlow: its payment, its files, its note.

Worked out beforehand like the document, shown, and then sent as shown. An item is paid when it
names a bank account; the payment needs a method as well, and is in home currency whatever the
document's (`InsertReceiptPayment`, `InsertInvoicePayment`). Files go by `AttachFileToReceipt` and
`AttachFileToInvoice`, the item's note by `InsertReceiptNote` and `InsertInvoiceNote`.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec

from kfclient.api.records import Payment
from kfclient.dates import shown_date
from kfclient.desk.check.bookkeeping import Books
from kfclient.desk.inbox.item import Item
from kfclient.money import ZERO, pennies, shown

_KB = 1024


class PlannedPayment(msgspec.Struct, frozen=True, kw_only=True, tag="payment", omit_defaults=True):
    """A payment of the whole document; `payment.pay_invoice` is 0 until its number is known.

    `account` and `method` are what KashFlow calls them, `currency` is the books' own.
    """

    payment: Payment
    account: str
    method: str
    currency: str = "GBP"

    @property
    def what(self) -> str:
        """What it is, in words."""
        return f"the payment of {shown(self.payment.pay_amount, self.currency)}, {self.account}"

    @property
    def sentence(self) -> str:
        """What the plan says of it."""
        amount = shown(self.payment.pay_amount, self.currency)
        day = shown_date(self.payment.pay_date)
        return f"paid {amount} on {day}, {self.account}, by {self.method}"


class PlannedFile(msgspec.Struct, frozen=True, kw_only=True, tag="file", omit_defaults=True):
    """A file on this machine, as it was when it was shown: size in bytes, sha256.

    `digest` is "" where it could not be read.
    """

    path: str
    name: str
    size: int = 0
    digest: str = ""

    @property
    def what(self) -> str:
        """What it is, in words."""
        return f"the file {self.name}"

    @property
    def sentence(self) -> str:
        """What the plan says of it."""
        return f"with {self.name} ({max(1, round(self.size / _KB)):,} KB)"


class PlannedNote(msgspec.Struct, frozen=True, kw_only=True, tag="note", omit_defaults=True):
    """A note, dated like the document."""

    text: str
    day: dt.date

    @property
    def what(self) -> str:
        """What it is, in words."""
        return "the note"

    @property
    def sentence(self) -> str:
        """What the plan says of it."""
        text = " ".join(self.text.split())
        return f"with the note “{text}”" if len(text) <= 40 else "with its note"


Followup = PlannedPayment | PlannedFile | PlannedNote


def followups_of(item: Item, books: Books) -> tuple[Followup, ...]:
    """Return what follows the item's document, in the order in which it goes."""
    payment = payment_of(item, books)
    return (*([payment] if payment else []), *_files(item), *_note(item))


def payment_of(item: Item, books: Books) -> PlannedPayment | None:
    """Return the item's payment; None where it names no account, or KashFlow cannot take it."""
    day = item.paid_on or item.date
    if not item.bank_account or day is None or unpaid_because(item, books):
        return None
    (account,) = books.bank_accounts(item.bank_account)
    (method,) = books.payment_methods(item.payment_method, item.kind)
    rate = item.exchange_rate if books.is_foreign(item) else Decimal(1)
    return PlannedPayment(
        payment=Payment(
            pay_date=day,
            pay_method=method.method_id,
            pay_account=account.account_id,
            pay_amount=pennies(item.gross / rate) if rate else ZERO,
        ),
        account=account.account_name,
        method=method.method_name,
        currency=books.home_currency,
    )


def unpaid_because(item: Item, books: Books) -> str:
    """Return why an item that is paid will not be recorded as paid; "" where nothing is amiss."""
    if not item.bank_account:
        return ""
    accounts = books.bank_accounts(item.bank_account)
    if len(accounts) != 1:
        many = "several bank accounts" if accounts else "no bank account"
        return f"KashFlow has {many} called {item.bank_account}"
    if not item.payment_method:
        return "it names no payment method"
    methods = books.payment_methods(item.payment_method, item.kind)
    if len(methods) != 1:
        many = "several payment methods" if methods else "no payment method"
        return f"KashFlow has {many} called {item.payment_method}"
    return ""


def content_of(path: str) -> bytes:
    """Return the file's content; raises OSError."""
    return Path(path).expanduser().read_bytes()


def digest_of(content: bytes) -> str:
    """Return the sha256 by which a file is known again."""
    return hashlib.sha256(content).hexdigest()


def planned_file(path: str) -> PlannedFile:
    """Return the file as it is now."""
    place = Path(path).expanduser()
    try:
        status = place.stat()
        digest = _digest(str(place), status.st_mtime_ns, status.st_size, status.st_ino)
    except (OSError, ValueError):
        return PlannedFile(path=path, name=place.name)
    return PlannedFile(path=path, name=place.name, size=status.st_size, digest=digest)


def _files(item: Item) -> Iterator[PlannedFile]:
    """Yield the files, each content once."""
    seen = set()
    for path in dict.fromkeys(item.files):
        planned = planned_file(path)
        if not planned.digest or planned.digest not in seen:
            seen.add(planned.digest)
            yield planned


def _note(item: Item) -> Iterator[PlannedNote]:
    if item.note.strip() and item.date is not None:
        yield PlannedNote(text=item.note.strip(), day=item.date)


@functools.lru_cache(maxsize=4096)
def _digest(path: str, _changed: int, _size: int, _file: int) -> str:
    """Return the content's sha256, read once for every time that the file was written."""
    return digest_of(content_of(path))
