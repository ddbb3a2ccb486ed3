"""What KashFlow has of a document beside what was sent, field by field, to the penny."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.records import Invoice, InvoiceLine
from kfclient.dates import shown_date
from kfclient.desk.business.settings import show_tax_code
from kfclient.desk.check.matching import plain
from kfclient.money import figures, pennies, shown

if TYPE_CHECKING:
    from kfclient.desk.publish.id_names import IdNames

_RATE_PLACES = Decimal("0.0001")


GONE = "gone"
"""What is there of something that was taken off the document."""


class Difference(msgspec.Struct, frozen=True):
    """One thing that KashFlow has otherwise: what it is, what was sent, and what is there.

    `field` is in words ("due date", "VAT of line 2", "the payment of £120.00, Current account");
    `there` is `GONE` for a payment, a file or a note that is not there any more.
    """

    field: str
    sent: str
    there: str

    @property
    def sentence(self) -> str:
        """The difference in words."""
        if self.there == GONE:
            return f"{self.field} is not there any more"
        return f"{self.field}: {self.sent or 'none'} was sent, {self.there or 'none'} is there"


def fingerprint_of_document(document: Invoice) -> str:
    """Return the sha256 of what a person could change about a document; sums follow from it."""
    facts = (
        document.invoice_dbid,
        document.invoice_number,
        document.invoice_date,
        document.due_date,
        document.customer_id,
        document.customer_reference,
        document.project_id,
        document.currency_code,
        figures(document.exchange_rate),
        [_facts(line) for line in sorted_lines(document)],
    )
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()


def compare(sent: Invoice, found: Invoice, names: IdNames, *, sale: bool) -> tuple[Difference, ...]:
    """Return what KashFlow has otherwise than it was sent; () when it is equal to the penny.

    What was left to KashFlow, such as a due date or an exchange rate, is not compared, nor sums:
    those of a foreign document may be in home currency, and its lines tell.
    """
    return (*_head(sent, found, names, sale=sale), *_lines(sent, found, names))


def sorted_lines(document: Invoice) -> list[InvoiceLine]:
    """Return the lines in their order."""
    return sorted(document.lines, key=lambda line: line.sort)


def _facts(line: InvoiceLine) -> tuple[object, ...]:
    amounts = (line.quantity, line.rate, line.vat_rate, line.vat_amount)
    return (*map(figures, amounts), line.description, line.charge_type, line.proj_id)


def _head(sent: Invoice, found: Invoice, names: IdNames, *, sale: bool) -> Iterator[Difference]:
    if found.customer_id != sent.customer_id:
        ours, theirs = (names.party(one.customer_id, sale=sale) for one in (sent, found))
        yield Difference("customer" if sale else "supplier", ours, theirs)
    if plain(found.customer_reference) != plain(sent.customer_reference):
        yield Difference("reference", sent.customer_reference, found.customer_reference)
    yield from _dates("date", sent.invoice_date, found.invoice_date)
    yield from _dates("due date", sent.due_date, found.due_date)
    if sent.currency_code and found.currency_code not in ("", sent.currency_code):
        yield Difference("currency", sent.currency_code, found.currency_code)
    elif sent.currency_code not in ("", names.home_currency) and sent.exchange_rate:
        mine, other = (one.exchange_rate.quantize(_RATE_PLACES) for one in (sent, found))
        if mine != other:
            yield Difference("exchange rate", figures(mine), figures(other))


def _dates(field: str, sent: dt.date | None, there: dt.date | None) -> Iterator[Difference]:
    if sent is not None and there != sent:
        yield Difference(field, shown_date(sent), shown_date(there))


def _lines(sent: Invoice, found: Invoice, names: IdNames) -> Iterator[Difference]:
    mine, theirs = sorted_lines(sent), sorted_lines(found)
    currency = sent.currency_code or names.home_currency

    def told(line: InvoiceLine | None) -> str:
        if line is None:
            return ""
        gross = pennies(line.quantity * line.rate) + line.vat_amount
        return ", ".join(part for part in (line.description, shown(gross, currency)) if part)

    for number, (ours, other) in enumerate(zip_longest(mine, theirs), start=1):
        if ours is None or other is None:
            yield Difference(f"line {number}", told(ours), told(other))
            continue
        of_line = f" of line {number}" if max(len(mine), len(theirs)) > 1 else ""
        for field, read, show in _columns(names, currency):
            before, after = read(ours), read(other)
            if before != after:
                yield Difference(f"{field}{of_line}", show(before), show(after))


_Column = tuple[str, Callable[[InvoiceLine], object], Callable[..., str]]


def _columns(names: IdNames, currency: str) -> Iterable[_Column]:
    """Return what is compared of a line: what it is called, its value, and how that is shown."""

    def money(amount: Decimal) -> str:
        exact = amount == pennies(amount)
        return shown(amount, currency) if exact else f"{currency} {figures(amount)}"

    return (
        ("description", lambda line: " ".join(line.description.split()), str),
        ("quantity", lambda line: line.quantity, figures),
        ("price", lambda line: line.rate, money),
        ("VAT", lambda line: line.vat_amount, money),
        ("tax rate", lambda line: line.vat_rate, show_tax_code),
        ("category", lambda line: line.charge_type, names.category),
        ("project", lambda line: line.proj_id, names.project),
    )


def in_words(differences: Sequence[Difference]) -> str:
    """Return the differences in one clause."""
    return "; ".join(one.sentence for one in differences)
