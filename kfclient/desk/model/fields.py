"""The fields of an item and of its lines, declared once: what forms, commands and files ask.

What a field means is said at `Item` and `ItemLine`; what is wrong with it, `desk/items` says. A new
field is declared here and nowhere else, and stands then in the form, in `kashdeck add`, `edit` and
`item --json`, in sales files, in the audit trail and where two people's versions are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Context, Decimal
from enum import Enum
from typing import Any

import msgspec

from kfclient.dates import parse_date, shown_date
from kfclient.desk.errors import WrongValue
from kfclient.desk.model.item import Item, ItemLine, Kind
from kfclient.desk.model.settings import parse_tax_code, show_tax_code
from kfclient.money import ZERO, currencies_of, decimal_text, figures, parse_amount, pennies

DOCUMENTS = ("invoice", "receipt", "credit note", "expense claim")
"""What the document of an item can be; the last is a claim's, and a claim has no other."""

REMEMBERED = frozenset(
    (
        "id",
        "sent",
        "sent_as",
        "number",
        "dbid",
        "published_at",
        "problem",
        "left",
        "version",
        "imported",
        "claimed",
    )
)
"""What publishing and importing remember of an item: no person gives it, nor is it in the trail."""


# The kinds of value: a reader and a shower each.


class ValueKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of value: text to value, value to text, and value to what JSON has.

    `read` gets a text that says something, and raises a `Problem` with the sentence; `use` is what
    a form proposes then. `show` gets a value that is not empty.
    """

    read: Callable[[str], Any]
    show: Callable[[Any], str]
    json: Callable[[Any], Any]
    use: str = ""


def one_line(text: str) -> str:
    """Return the text with its line ends, and several spaces, turned into one space."""
    return " ".join(text.split())


def read_currency(text: str) -> str:
    """Read a currency's code of three letters, in either case."""
    code = text.strip().upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise WrongValue(f"“{text}” is not a currency.", "Write its three letters: GBP, EUR, USD.")
    return code


def read_figure(text: str) -> Decimal:
    """Read figures that may have more decimals than money, as a unit price has."""
    return parse_amount(text, places=6)


def read_quantity(text: str) -> Decimal:
    """Read a quantity: figures, without the sign or the code of a currency."""
    if currencies_of(text):
        raise WrongValue(f"“{text}” is not a quantity.", "Write a number, as 1 or 2.5.")
    return read_figure(text)


def read_document(text: str) -> str:
    """Read what a document is; an expense claim becomes one by its kind alone."""
    word, known = text.strip().casefold(), DOCUMENTS[:-1]
    if word not in known:
        raise WrongValue(f"“{text}” is not a kind of document.", "Say " + ", ".join(known) + ".")
    return word


def price_shown(price: Decimal) -> str:
    """Return a unit price with at least two decimals, more where it has more."""
    return f"{price:.2f}" if price == pennies(price) else figures(price)


def home_per_foreign(rate: Decimal) -> Decimal:
    """Return the rate as people say it (1 EUR = 0.86 GBP) from KashFlow's, foreign per home.

    Six figures that matter, so that 0.86 comes back as it was typed.
    """
    return Context(prec=6).divide(Decimal(1), rate).normalize()


def _or_none(value: Any) -> Any:
    return value or None


def _same(value: Any) -> Any:
    return value


def _exact(value: Decimal | None) -> str | None:
    """Return a quantity, a price or a rate as it is: these may have more decimals than money."""
    return None if value is None else figures(value)


NAME = ValueKind(read=one_line, show=one_line, json=_or_none)
TEXT = ValueKind(read=str.strip, show=one_line, json=_or_none)
WORD = ValueKind(read=one_line, show=str, json=_same)
DOCUMENT = ValueKind(read=read_document, show=str, json=_same)
DATE = ValueKind(read=parse_date, show=shown_date, json=_same, use="Use 31/12/2026.")
CURRENCY = ValueKind(
    read=read_currency, show=str, json=_same, use="Use a code of three letters, as GBP or EUR."
)
QUANTITY = ValueKind(read=read_quantity, show=figures, json=_exact, use="Use 1 or 2.5.")
PRICE = ValueKind(read=read_figure, show=price_shown, json=_exact, use="Use 1250.00.")
AMOUNT = ValueKind(read=parse_amount, show=price_shown, json=decimal_text, use="Use 250.00.")
TAX_RATE = ValueKind(read=parse_tax_code, show=show_tax_code, json=_exact, use="Use 20, 0 or n/a.")
EXCHANGE_RATE = ValueKind(
    # Only the currencies say what the text means: who has them reads it on from here.
    read=one_line,
    show=lambda rate: f"{home_per_foreign(rate):f}" if rate else "",
    json=_exact,
    use="Use 0.86, or say both: 1 GBP = 1.17 EUR.",
)
STATED = ValueKind(
    read=parse_amount,
    show=price_shown,
    json=lambda value: None if value is None else decimal_text(value),
    use="Use 250.00.",
)
CODES = ValueKind(read=lambda text: (text,), show=", ".join, json=list)
FILES = ValueKind(read=lambda text: (text,), show=", ".join, json=list)


# The fields


class InJson(Enum):
    """Where JSON has a field: with every item, with an item in full, or nowhere."""

    ALWAYS = 1
    IN_FULL = 2
    NEVER = 3


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One field: `name` is that of `Item` or `ItemLine`, and of the command and of JSON.

    `label` is what people call it, `heading` the same where the form has no room for that, and
    `by_kind` where it is called by the item's kind. `empty` is what an empty text stands for;
    unless it `clears`, a command refuses one. `form` and `command` are the places among the form's
    fields and the command's, from 1; 0 where it stands in none. `column` is its heading in a sales
    file, in small letters. `in_conflict` says whether two people's versions are compared by it.
    """

    name: str
    label: str
    kind: ValueKind
    empty: Any = ""
    clears: bool = True
    heading: str = ""
    by_kind: Mapping[Kind, str] = {}
    form: int = 0
    command: int = 0
    column: str = ""
    in_json: InJson = InJson.IN_FULL
    in_conflict: bool = True

    @property
    def inside(self) -> str:
        """The label as it stands inside a sentence."""
        return self.label if self.label.isupper() else self.label[0].lower() + self.label[1:]

    def label_of(self, kind: Kind) -> str:
        """Return what the field of such an item is called."""
        return self.by_kind.get(kind, self.label)

    def read(self, text: str) -> Any:
        """Return what a text says; raises a `Problem`."""
        return self.kind.read(text) if text.strip() else self.empty

    def told(self, text: str) -> Any:
        """Return what a text says in a command, which clears only what can be; a `Problem`."""
        return self.read(text) if self.clears else self.kind.read(text)

    def show(self, value: Any) -> str:
        """Return a value as text, "" for none."""
        return "" if value is None or value in ((), "") else self.kind.show(value)


def _by_name(*specs: FieldSpec) -> dict[str, FieldSpec]:
    return {spec.name: spec for spec in specs}


ITEM_FIELDS: Mapping[str, FieldSpec] = _by_name(
    FieldSpec(name="kind", label="Kind", kind=WORD, in_json=InJson.NEVER),
    FieldSpec(
        name="reference",
        label="Reference",
        kind=NAME,
        form=2,
        command=3,
        column="reference",
        in_json=InJson.ALWAYS,
    ),
    FieldSpec(
        name="contact",
        label="Contact",
        by_kind={Kind.COST: "Supplier", Kind.SALE: "Customer", Kind.CLAIM: "Person"},
        kind=NAME,
        form=1,
        command=1,
        column="contact",
        in_json=InJson.ALWAYS,
    ),
    FieldSpec(
        name="date",
        label="Date",
        kind=DATE,
        empty=None,
        form=3,
        command=4,
        column="date",
        in_json=InJson.ALWAYS,
    ),
    FieldSpec(
        name="due_date",
        label="Due date",
        kind=DATE,
        empty=None,
        form=4,
        command=5,
        column="due date",
        in_json=InJson.ALWAYS,
    ),
    FieldSpec(
        name="currency",
        label="Currency",
        kind=CURRENCY,
        clears=False,
        form=5,
        command=6,
        column="currency",
        in_json=InJson.ALWAYS,
    ),
    FieldSpec(name="document", label="Document", kind=DOCUMENT, clears=False, command=8),
    # It goes with the contact, whose name it settles.
    FieldSpec(name="contact_code", label="Contact code", kind=NAME, command=2, in_conflict=False),
    FieldSpec(
        name="exchange_rate",
        label="Exchange rate",
        kind=EXCHANGE_RATE,
        empty=None,
        form=6,
        command=7,
        column="exchange rate",
    ),
    FieldSpec(name="note", label="Note", kind=TEXT, form=10, command=9, column="note"),
    FieldSpec(name="owner", label="Owner", kind=NAME),
    FieldSpec(
        name="paid_on",
        label="Paid on",
        kind=DATE,
        empty=None,
        form=9,
        command=10,
        column="paid on",
    ),
    FieldSpec(
        name="bank_account",
        label="Bank account",
        kind=NAME,
        form=7,
        command=11,
        column="bank account",
    ),
    FieldSpec(
        name="payment_method",
        label="Payment method",
        kind=NAME,
        form=8,
        command=12,
        column="payment method",
    ),
    # Files are added to and taken from, by words of their own.
    FieldSpec(name="files", label="Files", kind=FILES, empty=()),
    FieldSpec(name="image", label="Image", kind=NAME, column="image"),
    FieldSpec(name="source", label="Source", kind=NAME, in_conflict=False),
    FieldSpec(name="total", label="Total", kind=QUANTITY, empty=None, in_json=InJson.NEVER),
    FieldSpec(name="tax_name", label="Tax name", kind=NAME, command=13, column="tax name"),
    FieldSpec(name="stated_vat", label="Stated VAT", kind=STATED, empty=None, command=14),
    # A person agrees to a finding, with an act of its own.
    FieldSpec(name="agreed", label="Agreed to", kind=CODES, empty=(), in_conflict=False),
)
"""The fields of an item by name, in the order of JSON; its lines' are apart."""

LINE_FIELDS: Mapping[str, FieldSpec] = _by_name(
    FieldSpec(
        name="description", label="Description", kind=TEXT, form=2, command=1, column="description"
    ),
    FieldSpec(name="category", label="Category", kind=NAME, form=1, command=2, column="category"),
    FieldSpec(
        name="quantity",
        label="Quantity",
        heading="Qty",
        kind=QUANTITY,
        empty=Decimal(1),
        clears=False,
        form=3,
        command=4,
        column="quantity",
    ),
    FieldSpec(
        name="unit_price",
        label="Net price",
        kind=PRICE,
        empty=ZERO,
        clears=False,
        form=4,
        command=5,
        column="unit price",
    ),
    FieldSpec(
        name="tax_rate",
        label="Tax rate",
        heading="Tax",
        kind=TAX_RATE,
        empty=None,
        form=5,
        command=6,
        column="tax rate",
    ),
    FieldSpec(name="vat", label="VAT", kind=AMOUNT, empty=ZERO, clears=False, form=6, command=7),
    FieldSpec(name="project", label="Project", kind=NAME, form=7, command=3, column="project"),
)
"""The fields of a line by name, in the order of JSON."""

FIELD_SPECS: tuple[FieldSpec, ...] = (*ITEM_FIELDS.values(), *LINE_FIELDS.values())


def _placed(specs: Iterable[FieldSpec], place: Callable[[FieldSpec], int]) -> dict[str, FieldSpec]:
    return _by_name(*sorted(filter(place, specs), key=place))


FORM_HEAD = _placed(ITEM_FIELDS.values(), lambda spec: spec.form)
FORM_LINE = _placed(LINE_FIELDS.values(), lambda spec: spec.form)
"""What a form asks for, in its order."""

COMMAND_HEAD = _placed(ITEM_FIELDS.values(), lambda spec: spec.command)
COMMAND_LINE = _placed(LINE_FIELDS.values(), lambda spec: spec.command)
"""What a command takes, in the order in which its help lists it."""


def field_of(name: str) -> FieldSpec:
    """Return the field of this name, of the item or, as in `lines.2.vat`, of a line."""
    first, _, last = name.rpartition(".")
    return LINE_FIELDS[last] if first or last not in ITEM_FIELDS else ITEM_FIELDS[last]


def in_order(struct: type[Item | ItemLine]) -> list[FieldSpec]:
    """Return the fields as the struct has them, which is how they are compared."""
    specs = LINE_FIELDS if struct is ItemLine else ITEM_FIELDS
    return [specs[name] for name in struct.__struct_fields__ if name in specs]


# What the trail tells of an item: what it is, and which of its fields a change has changed.

Fields = dict[str, Any]


def facts_of(item: Item) -> Fields:
    """Return what an item is, as JSON has it: its kind, its total, and every field that says more.

    The names are those of `Item` and `ItemLine`, with `gross`, the total.
    """
    fields: Fields = msgspec.to_builtins(item)
    told = {name: value for name, value in fields.items() if name not in REMEMBERED}
    return {
        **told,
        "kind": item.kind.value,
        "gross": decimal_text(item.gross),
        "currency": item.currency,
    }


def changes_between(before: Item, after: Item) -> tuple[Fields, Fields]:
    """Return the fields that differ, as they were and as they are, as JSON has them.

    A line's field is named as `kashdeck edit` names it, `2.category`; without the number where the
    item has one line before and after. A line that is new or gone is under its number, whole, and
    None where it is not.
    """
    was, now = _told(before), _told(after)
    alone = len(before.lines) == len(after.lines) == 1
    for number in range(1, max(len(before.lines), len(after.lines)) + 1):
        old, new = _line(before, number), _line(after, number)
        if old is None or new is None:
            was[str(number)], now[str(number)] = old, new
            continue
        for spec in in_order(ItemLine):
            key = spec.name if alone else f"{number}.{spec.name}"
            was[key], now[key] = getattr(old, spec.name), getattr(new, spec.name)
    differ = [key for key in now if was[key] != now[key]]
    return (
        {key: msgspec.to_builtins(was[key]) for key in differ},
        {key: msgspec.to_builtins(now[key]) for key in differ},
    )


def _told(item: Item) -> Fields:
    return {spec.name: getattr(item, spec.name) for spec in in_order(Item)}


def _line(item: Item, number: int) -> ItemLine | None:
    return item.lines[number - 1] if number <= len(item.lines) else None
