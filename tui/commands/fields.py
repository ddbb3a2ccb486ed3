"""The fields of an item as a command gives them: `date=31/08/2026`, `1.category=Travel`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.dates import parse_date
from kfclient.desk.business.settings import NOT_APPLICABLE, parse_tax_code
from kfclient.desk.check.exchange import parse_rate
from kfclient.desk.errors import WrongValue
from kfclient.desk.inbox.item import Item, ItemLine
from kfclient.errors import Problem
from kfclient.money import ZERO, parse_amount, pennies
from tui.commands.itemfiles import told_apart, with_files
from tui.commands.settings import pairs
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_LINES = 200


def _text(text: str) -> str:
    return text.strip()


def _date(text: str) -> dt.date | None:
    return parse_date(text) if text.strip() else None


def _figure(text: str) -> Decimal:
    """Read a quantity or a unit price: these may have more decimals than money."""
    return parse_amount(text, places=6)


def _rate(text: str, currency: str, home: str) -> Decimal | None:
    """Read an exchange rate, whichever way round it is said."""
    if not text.strip():
        return None
    if currency == home:
        raise WrongValue(
            f"An item in {home} has no exchange rate: that is the books' own currency.",
            "Give its currency too, such as currency=EUR.",
        )
    return parse_rate(text, currency, home)


def _currency(text: str) -> str:
    word = text.strip().upper()
    if len(word) != 3 or not word.isascii() or not word.isalpha():
        raise WrongValue(f"“{text}” is not a currency.", "Write its three letters: GBP, EUR, USD.")
    return word


def _document(text: str) -> str:
    word = text.strip().casefold()
    if word not in DOCUMENTS:
        raise WrongValue(
            f"“{text}” is not a kind of document.", "Say " + ", ".join(DOCUMENTS) + "."
        )
    return word


DOCUMENTS = ("invoice", "receipt", "credit note")

HEAD: Mapping[str, Callable[[str], Any]] = {
    "contact": _text,
    "contact_code": _text,
    "reference": _text,
    "date": _date,
    "due_date": _date,
    "currency": _currency,
    "exchange_rate": _text,
    "document": _document,
    "note": _text,
    "paid_on": _date,
    "bank_account": _text,
    "payment_method": _text,
}
"""The fields of the item itself."""

LINE: Mapping[str, Callable[[str], Any]] = {
    "description": _text,
    "category": _text,
    "project": _text,
    "quantity": _figure,
    "unit_price": _figure,
    "tax_rate": parse_tax_code,
    "vat": parse_amount,
}
"""The fields of a line: `2.category` is the second line's, `category` every line's."""


FIELDS = f"""\
fields of the item:
  {", ".join(HEAD)}, files
fields of a line (2.category: of line 2; category: of every line):
  {", ".join(LINE)}

A line's VAT follows from its price and tax rate unless it is given too. An empty value \
(project=) clears a field. The number after the last line makes a new line.
A rate is said either way: 1.18 EUR per GBP, 0.85 GBP per EUR, or 1.18, which is foreign per home.
What names a bank account is paid from it, on paid_on or else on its date.
files+=PATH adds a file that goes with it, files-=PATH takes one away, files=PATH stands for all."""
"""What the help of a command says of fields."""


Words = tuple[list[tuple[str, str]], dict[str, str]]
"""What FIELD=VALUE words say: of files, and of everything else."""


def read(words: Sequence[str]) -> Words:
    """Read a command's FIELD=VALUE words; WrongUse."""
    files, others = told_apart(words)
    return files, pairs(others)


def said(item: Item, words: Words, home: str) -> Item:
    """Return the item with what was said of it; WrongUse, WrongValue.

    `home` is the currency of the books.
    """
    files, changes = words
    return with_files(changed(item, changes, home), files)


def changed(item: Item, changes: Mapping[str, str], home: str = "GBP") -> Item:
    """Return the item with the changes made, all or none; WrongUse, WrongValue.

    `home` is the currency of the books: an item in it has no exchange rate. A line's VAT follows
    from its net and tax rate when one of these is given and the VAT is not. The numbers after the
    last line make new lines; an item without any gets its first from a field without a number.
    """
    head: dict[str, Any] = {}
    lines = list(item.lines)
    by_line: dict[int, dict[str, Any]] = {}
    for key, text in changes.items():
        number, field = _split(key)
        if number is None and field in HEAD:
            head[field] = _read(HEAD[field], key, text)
            continue
        if field not in LINE:
            raise _no_such(key)
        value = _read(LINE[field], key, text)
        for at in range(max(len(lines), 1)) if number is None else [number]:
            by_line.setdefault(at, {})[field] = value
    for at in sorted(by_line):
        if at > len(lines):
            raise _no_line(at + 1, len(lines))
        if at == len(lines):
            lines.append(ItemLine())
        lines[at] = _line_with(lines[at], by_line[at])
    currency = head.get("currency", item.currency)
    if "exchange_rate" in head:
        head["exchange_rate"] = _read(
            lambda text: _rate(text, currency, home), "exchange_rate", head["exchange_rate"]
        )
    elif currency == home:
        head["exchange_rate"] = None
    return msgspec.structs.replace(item, lines=tuple(lines), **head)


def _read(reader: Callable[[str], Any], key: str, text: str) -> Any:
    """Return the value; what is wrong with it names the field, for several may be given."""
    try:
        return reader(text)
    except Problem as problem:
        raise WrongValue(f"{key}: {problem.sentence}", problem.cure) from None


def _line_with(line: ItemLine, values: dict[str, Any]) -> ItemLine:
    after = msgspec.structs.replace(line, **values)
    if "vat" in values or not values.keys() & {"quantity", "unit_price", "tax_rate"}:
        return after
    if after.tax_rate is None:
        return after
    applies = after.tax_rate != NOT_APPLICABLE
    vat = pennies(after.net * after.tax_rate / 100) if applies else ZERO
    return msgspec.structs.replace(after, vat=vat)


def _split(key: str) -> tuple[int | None, str]:
    """Return a line's place (from 0) and its field, or None and the item's field."""
    first, dot, field = key.strip().casefold().replace("-", "_").partition(".")
    if not dot:
        return None, first
    if not (first.isascii() and first.isdigit() and 1 <= int(first) <= MOST_LINES):
        raise WrongUse(f"There is no line “{first}” in an item.", "Its first line is 1.")
    return int(first) - 1, field


def _no_line(number: int, lines: int) -> WrongUse:
    many = f"It has lines 1 to {lines}; {lines + 1}" if lines else "It has none; 1"
    return WrongUse(f"There is no line {number} in this item.", f"{many} makes a new one.")


def _no_such(key: str) -> WrongUse:
    return WrongUse(
        f"An item has no field “{key}”.",
        f"Fields: {', '.join(HEAD)}, files; of a line: {', '.join(LINE)} (1.category for line 1).",
    )
