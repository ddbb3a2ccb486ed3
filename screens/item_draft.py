"""An item while it is being typed: the texts in the fields, and what they say so far.

Texts that were not touched keep the value they stood for, to the last digit; the others are read
as a person writes dates and amounts, and what cannot be read is a problem of its field. Fields are
named as findings name them: `date`, or `lines.2.vat` for the second line.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec

from kfclient.desk.items.exchange_rates import parse_rate, turned
from kfclient.desk.items.reference import vat_of
from kfclient.desk.model.fields import DOCUMENTS, FORM_HEAD, FORM_LINE, field_of
from kfclient.desk.model.item import Item, ItemLine, Kind
from kfclient.errors import Problem
from kfclient.money import in_currency, parse_amount

_FIGURE = re.compile(r"([^A-Z=/]+)([A-Z]{3}|)")


class Unreadable(ValueError):
    """A text that cannot be what its field wants; the message is a sentence."""


def read_rate(text: str, currency: str, home: str) -> Decimal | None:
    """Return KashFlow's rate, foreign per home, from what a person typed either way round.

    A bare figure is what one foreign unit is in home currency, as the field's label says; `1.17
    EUR` and `1 GBP = 1.17 EUR` are what one home unit is. Raises a `Problem` or `Unreadable`.
    """
    bare = "".join(text.upper().split())
    if not bare:
        return None
    for sign, code in (("£", "GBP"), ("€", "EUR"), ("$", "USD")):
        bare = bare.removeprefix(sign) + code if bare.startswith(sign) else bare
    alone = _FIGURE.fullmatch(bare)
    if alone is None or alone[2] not in ("", currency, home):
        return parse_rate(text, currency, home)
    said = parse_amount(alone[1], places=10)
    if said <= 0:
        raise Unreadable("An exchange rate is more than nothing.")
    return said if alone[2] == currency else turned(said)


def read_text(field: str, text: str, currency: str = "", home: str = "") -> Any:
    """Return the value of a field's text; raises `Unreadable` with a sentence and what to use.

    An exchange rate is between the item's `currency` and the books' own, `home`.
    """
    spec = field_of(field)
    try:
        if spec.name == "exchange_rate":
            return read_rate(text, currency, home)
        return spec.read(text)
    except (Problem, Unreadable) as problem:
        sentence = problem.sentence if isinstance(problem, Problem) else str(problem)
        raise Unreadable(f"{sentence} {spec.kind.use}".rstrip()) from problem


def _of_another(text: str, currency: str) -> str:
    """Return a sentence where an amount's sign is another currency's than the item's; or ""."""
    try:
        in_currency(text, currency)
    except Problem as problem:
        return f"{problem.sentence} {problem.cure}"
    return ""


class Texts(msgspec.Struct):
    """The texts of some fields, and the values they stood for when they were opened."""

    now: dict[str, str]
    opened: dict[str, str]
    values: dict[str, Any]
    home: str = ""

    @classmethod
    def of(cls, shown: dict[str, str], values: dict[str, Any], home: str = "") -> Texts:
        """Return texts as they are opened; `home` is the currency of the books."""
        return cls(dict(shown), shown, values, home)

    @property
    def changed(self) -> bool:
        """Whether any text is another than at first."""
        return self.now != self.opened

    def value(self, field: str) -> Any:
        """Return what a text says; raises `Unreadable`."""
        if self.now[field] == self.opened[field]:
            return self.values[field]
        currency = self.now.get("currency", "").strip().upper()
        return read_text(field, self.now[field], currency, self.home)

    def all_values(self, prefix: str, problems: dict[str, str]) -> dict[str, Any]:
        """Return what can be read, by field; what cannot goes to `problems`."""
        found = {}
        for field in self.now:
            try:
                found[field] = self.value(field)
            except Unreadable as problem:
                problems[f"{prefix}{field}"] = str(problem)
        return found


def header_texts(item: Item, home: str) -> Texts:
    """Return the fields of an item above its lines; `home` is the currency of the books."""
    values = {field: getattr(item, field) for field in FORM_HEAD}
    shown = {field: spec.show(values[field]) for field, spec in FORM_HEAD.items()}
    return Texts.of(shown, values, home)


def line_texts(line: ItemLine | None = None) -> Texts:
    """Return the fields of a line; a new one is empty."""
    known = ItemLine() if line is None else line
    values = {field: getattr(known, field) for field in FORM_LINE}
    shown = {name: spec.show(values[name]) if line else "" for name, spec in FORM_LINE.items()}
    return Texts.of(shown, values)


def new_item(kind: Kind, currency: str) -> Item:
    """Return an empty item of this kind, in the currency of the books."""
    return Item(kind=kind, document=DOCUMENTS[-1 if kind is Kind.CLAIM else 0], currency=currency)


class ItemDraft:
    """An item that a person is typing; `item` is how it was when it was opened.

    `home` is the currency of the books.
    """

    def __init__(self, item: Item, home: str = "GBP") -> None:
        self.item = item
        self.home = home
        self.files = item.files
        self.kind = item.kind
        self.document = item.document
        self.contact_code = item.contact_code
        self.header = header_texts(item, home)
        self.lines = [line_texts(line) for line in item.lines] or [line_texts()]
        self._lines_opened = len(self.lines)

    @property
    def changed(self) -> bool:
        """Whether leaving would lose anything."""
        item = self.item
        return (
            (self.kind, self.document, self.contact_code, self.files)
            != (item.kind, item.document, item.contact_code, item.files)
            or self.header.changed
            or len(self.lines) != self._lines_opened
            or any(line.changed for line in self.lines)
        )

    def set_kind(self, kind: Kind) -> None:
        """Make it a cost, a sale or a claim; only a claim's document is an expense claim."""
        self.kind = kind
        if kind is Kind.CLAIM:
            self.document = DOCUMENTS[-1]
        elif self.document == DOCUMENTS[-1]:
            self.document = DOCUMENTS[0]

    def texts(self, line: int | None) -> Texts:
        """Return the texts of a line (0 is the first), or of the header."""
        return self.header if line is None else self.lines[line]

    def read(self) -> tuple[Item, dict[str, str]]:
        """Return the item as far as it can be read, and the problems by field.

        Empty lines at the end are left out; one in between stays, so that findings keep naming
        lines by the numbers on the screen.
        """
        problems: dict[str, str] = {}
        values = self.header.all_values("", problems)
        lines = []
        for number, texts in enumerate(self.lines, start=1):
            lines.append(ItemLine(**texts.all_values(f"lines.{number}.", problems)))
            for field in ("unit_price", "vat"):
                if texts.now[field] != texts.opened[field]:
                    problem = _of_another(texts.now[field], values.get("currency", ""))
                    if problem:
                        problems.setdefault(f"lines.{number}.{field}", problem)
        while lines and not any(self.lines[len(lines) - 1].now.values()):
            lines.pop()
        item = msgspec.structs.replace(
            self.item,
            kind=self.kind,
            document=self.document,
            contact_code=self.contact_code,
            files=self.files,
            lines=tuple(lines),
            **values,
        )
        return item, problems

    def work_out_vat(self, line: int) -> str | None:
        """Return the VAT that a line's rate makes, as text; None where there is no rate to go by.

        It goes into the line's texts; a person can still type another.
        """
        texts = self.lines[line]
        try:
            rate = texts.value("tax_rate")
            net = ItemLine(quantity=texts.value("quantity"), unit_price=texts.value("unit_price"))
        except Unreadable:
            return None
        if rate is None:
            return None
        texts.now["vat"] = f"{vat_of(net.net, rate):.2f}"
        return texts.now["vat"]
