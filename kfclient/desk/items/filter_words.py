"""The words of a filter: `supplier:kest gross>100 date:oct finding:W-VAT-* is:ready -project:`.

Pure. A word alone is looked for everywhere in an item; `field:text` holds it, `field=text` is it,
with `*` for any letters; `field:` alone has something and `field=` nothing; amounts and dates may
be compared; `-` before any of them turns it round. All of them have to hold.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import TypeVar

import msgspec

from kfclient.dates import MONTH_NAMES, MONTHS, DateUnclear, parse_date, shown_date
from kfclient.desk.errors import WrongValue
from kfclient.desk.items.reference import folded
from kfclient.desk.model.fields import DATE, ITEM_FIELDS, LINE_FIELDS, TAX_RATE
from kfclient.desk.model.item import Finding, Item, ItemState, Kind, is_refused, needs_you
from kfclient.errors import Problem
from kfclient.money import parse_amount


class Sought(msgspec.Struct):
    """An item as a filter looks at it; `searched` is what its words are looked for in."""

    item: Item
    state: ItemState
    findings: Sequence[Finding]
    searched: str


Test = Callable[[Sought], bool]


def searched(item: Item) -> str:
    """Return everything of an item that a word is looked for in, in small letters."""
    parts = [
        item.id,
        _KINDS[item.kind],
        item.contact,
        item.contact_code,
        item.reference,
        shown_date(item.date),
        item.currency,
        item.owner,
        f"{item.gross:.2f}",
        str(item.number or ""),
    ]
    for line in item.lines:
        parts += (line.category, line.description, line.project)
    return " ".join(parts).casefold()


class Filter:
    """What was typed, read once; `problem` is what of it could not be, None where all was.

    What cannot be read is looked for as it stands, so that a word half typed shows something.
    """

    def __init__(self, text: str) -> None:
        self.problem: Problem | None = None
        self._tests: list[Test] = []
        for word in _WORD.findall(text):
            if word.strip('-"'):
                self._tests.append(self._test_of(word))

    def has(self, one: Sought) -> bool:
        """Tell whether the item is among those that are meant."""
        return all(test(one) for test in self._tests)

    def _test_of(self, word: str) -> Test:
        turned = _TURNED.match(word) is not None  # -12.00 is an amount
        try:
            test = _read(word[1:] if turned else word)
        except Problem as problem:
            self.problem = self.problem or problem
            return _everywhere(word)
        return (lambda one: not test(one)) if turned else test


_WORD = re.compile(r'(?:"[^"]*"?|[^\s"])+')
_TURNED = re.compile(r'-["a-zA-Z]')
_TERM = re.compile(r"([a-zA-Z][a-zA-Z_-]*)(:|>=|<=|=|>|<)(.*)", re.DOTALL)
_KINDS = {Kind.COST: "cost", Kind.SALE: "sale", Kind.CLAIM: "expense claim"}
_CALLED = {
    "supplier": "contact", "customer": "contact", "person": "contact", "ref": "reference",
    "due": "due_date", "paid": "paid_on", "account": "bank_account", "method": "payment_method",
    "tax": "tax_rate", "code": "contact_code", "id": "item",
}  # fmt: skip
"""Other words for a field."""


def _read(word: str) -> Test:
    """Return what one word asks; WrongValue, or what reading its value raises."""
    term = _TERM.fullmatch(word)
    if term is None:
        return _everywhere(word)
    name, sign, value = term[1].casefold().replace("-", "_"), term[2], term[3].replace('"', "")
    name = _CALLED.get(name, name)
    if not value and sign not in _SAME:
        raise WrongValue(
            f"“{word}” says nothing to compare with.", "Write gross>100, date>2026-09."
        )
    if name in _OWN and sign in _SAME:
        return _OWN[name](value)
    if name in _AMOUNTS:
        return _amount(_AMOUNTS[name], sign, value)
    spec = ITEM_FIELDS.get(name) or LINE_FIELDS.get(name)
    if spec is not None and spec.kind is DATE:
        return _date(name, sign, value)
    if (spec is not None or name == "item") and sign in _SAME:
        return _text(name, sign, value)
    if spec is None:
        raise WrongValue(
            f"An item has no field “{term[1]}” to filter by.",
            "Fields: supplier, reference, category, project, description, date, gross, tax; is: "
            "and finding: besides.",
        )
    raise WrongValue(f"{term[1]} cannot be compared.", f"Write {term[1]}:text or {term[1]}=text.")


_SAME = (":", "=")


def _everywhere(word: str) -> Test:
    wanted = word.replace('"', "").casefold()
    return lambda one: wanted in one.searched


def _like(value: str, *, whole: bool) -> Callable[[str], bool]:
    """Return what tells whether a text is, or holds, what was typed."""
    wanted = folded(value)
    if "*" in wanted:
        pattern = wanted.replace("[", "[[]") if whole else f"*{wanted.replace('[', '[[]')}*"
        return lambda text: fnmatchcase(folded(text), pattern)
    if whole:
        return lambda text: folded(text) == wanted
    return lambda text: wanted in folded(text)


def _text(name: str, sign: str, value: str) -> Test:
    """Ask for the text of a field, of a line's in any of the lines."""
    if name == "tax_rate" and value:
        rate = TAX_RATE.read(value)
        return lambda one: any(line.tax_rate == rate for line in one.item.lines)
    texts = _texts(name)
    if not value:
        if sign == ":":
            return lambda one: any(texts(one.item))
        return lambda one: not all(texts(one.item) or [""])
    like = _like(value, whole=sign == "=")
    return lambda one: any(like(text) for text in texts(one.item))


def _texts(name: str) -> Callable[[Item], list[str]]:
    if name == "item":
        return lambda item: [item.id]
    if name in LINE_FIELDS:
        spec = LINE_FIELDS[name]
        return lambda item: [spec.show(getattr(line, name)) for line in item.lines]
    spec = ITEM_FIELDS[name]
    return lambda item: [spec.show(getattr(item, name))]


_AMOUNTS: Mapping[str, Callable[[Item], Decimal | None]] = {
    "gross": lambda item: item.gross,
    "net": lambda item: item.net,
    "vat": lambda item: item.vat,
    "total": lambda item: item.total,
    "number": lambda item: None if item.number is None else Decimal(item.number),
}


def _amount(of: Callable[[Item], Decimal | None], sign: str, value: str) -> Test:
    if not value:
        some = sign == ":"
        return lambda one: bool(of(one.item)) is some
    wanted = parse_amount(value, places=6)
    return lambda one: (its := of(one.item)) is not None and _holds(its, sign, wanted, wanted)


Ordered = TypeVar("Ordered", Decimal, dt.date)


def _holds(its: Ordered, sign: str, first: Ordered, last: Ordered) -> bool:
    """Tell whether a value lies as the sign says to what goes from `first` to `last`."""
    low, high = its < first, its > last
    told = {">": high, "<": low, ">=": not low, "<=": not high}
    return told.get(sign, not low and not high)


def _date(name: str, sign: str, value: str) -> Test:
    def of(one: Sought) -> dt.date | None:
        found: dt.date | None = getattr(one.item, name)
        return found

    if not value:
        some = sign == ":"
        return lambda one: (of(one) is not None) is some
    month = _month(value)
    if month and sign in _SAME:
        return lambda one: (its := of(one)) is not None and its.month == month
    if month:
        raise DateUnclear(f"“{value}” is a month of every year.")
    first, last = _period(value)
    return lambda one: (its := of(one)) is not None and _holds(its, sign, first, last)


def _month(value: str) -> int:
    """Return the number of a month that is written in words, 0 for anything else."""
    word = value.strip().casefold()
    if len(word) < _MONTH_LETTERS:
        return 0
    return next((at for at, name in enumerate(MONTH_NAMES, 1) if name.startswith(word)), 0)


_MONTH_LETTERS = 3
_YEAR = re.compile("[0-9]{4}")
_YEAR_MONTH = re.compile("([0-9]{4})-([0-9]{1,2})")
_MONTH_YEAR = re.compile("([A-Za-z]{3,9})[ -]?([0-9]{4})")


def _period(value: str) -> tuple[dt.date, dt.date]:
    """Return the first and last day of a year, a month or a day; raises DateUnclear."""
    text = value.strip()
    try:
        if _YEAR.fullmatch(text):
            return dt.date(int(text), 1, 1), dt.date(int(text), 12, 31)
        year = month = 0
        if found := _YEAR_MONTH.fullmatch(text):
            year, month = int(found[1]), int(found[2])
        elif (found := _MONTH_YEAR.fullmatch(text)) and _month(found[1]):
            year, month = int(found[2]), _month(found[1])
        if month:
            last = calendar.monthrange(year, month)[1]
            return dt.date(year, month, 1), dt.date(year, month, last)
    except ValueError:
        raise DateUnclear(
            f"“{value}” is no date.", f"Write oct, 2026, 2026-10, {MONTHS[9]} 2026 or 31/10/2026."
        ) from None
    day = parse_date(text)
    return day, day


def _is(value: str) -> Test:
    word = value.casefold()
    if word in _STANDS:
        return _STANDS[word]
    raise WrongValue(f"An item is never “{value}”.", f"Say is: with {', '.join(_STANDS)}.")


def _finding(value: str) -> Test:
    wanted = value.upper() or "*"
    if "*" not in wanted:
        return lambda one: any(wanted in found.code for found in one.findings)
    return lambda one: any(fnmatchcase(found.code, wanted) for found in one.findings)


_STANDS: Mapping[str, Test] = {
    "review": lambda one: one.state is ItemState.TO_REVIEW,
    "ready": lambda one: one.state is ItemState.READY,
    "published": lambda one: one.state is ItemState.PUBLISHED,
    "unknown": lambda one: one.state is ItemState.UNKNOWN,
    "refused": lambda one: is_refused(one.item, one.state),
    "needs-you": lambda one: needs_you(one.item, one.state),
    "cost": lambda one: one.item.kind is Kind.COST,
    "sale": lambda one: one.item.kind is Kind.SALE,
    "claim": lambda one: one.item.kind is Kind.CLAIM,
}
_OWN: Mapping[str, Callable[[str], Test]] = {"is": _is, "finding": _finding}
