"""Two people's versions of one item, side by side: what differs, and the item made of both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from decimal import Decimal

import msgspec

from kfclient.dates import shown_date
from kfclient.desk.business.settings import show_tax_code
from kfclient.desk.inbox.item import Item, ItemLine
from kfclient.money import figures
from screens.item_words import CONTACTS, home_per_foreign, price_shown

_REMEMBERED = {
    "id", "source", "sent", "number", "dbid", "published_at", "problem", "left", "version",
}  # fmt: skip
"""What publishing and importing remember of an item; it is no person's choice."""

_ELSEWHERE = {"contact_code", "lines"}
"""What goes with another field, and what is compared line by line."""

_LABELS = {
    "unit_price": "Net price",
    "tax_rate": "Tax rate",
    "vat": "VAT",
    "paid_on": "Paid on",
    "payment_method": "Payment method",
}


class Difference(msgspec.Struct, frozen=True):
    """A field in which two versions of an item differ, as texts; `before` is what both began with.

    `field` is named as findings name it: `date`, or `lines.2.vat`; `lines` where the versions
    have not the same number of lines, so that these cannot be compared one by one.
    """

    field: str
    label: str
    before: str
    mine: str
    theirs: str

    @property
    def theirs_alone(self) -> bool:
        """Whether only the other person changed it."""
        return self.mine == self.before


def differences(before: Item, mine: Item, theirs: Item) -> list[Difference]:
    """Return where two versions of an item differ, both made from `before`."""
    every = zip(_shown(before, theirs), _shown(mine, theirs), _shown(theirs, theirs), strict=True)
    alike = len(before.lines) == len(mine.lines) == len(theirs.lines)
    found = [
        Difference(field, label, was, ours, other)
        for (field, label, was), (_, _, ours), (_, _, other) in every
        if ours != other
    ]
    if alike:
        return found + [one for number in range(len(mine.lines)) for one in
                        _line_differences(number, before, mine, theirs)]  # fmt: skip
    if mine.lines != theirs.lines:
        versions = (before, mine, theirs)
        found.append(Difference("lines", "Lines", *(_lines_shown(one) for one in versions)))
    return found


def merged(
    mine: Item, theirs: Item, found: Collection[Difference], wanted: Collection[str]
) -> Item:
    """Return their item with the `wanted` fields of mine, as it can be saved over theirs."""
    values = {field: getattr(mine, field) for field in wanted if not field.startswith("lines")}
    if "contact" in wanted:
        values["contact_code"] = mine.contact_code
    lines = list(mine.lines if "lines" in wanted else theirs.lines)
    for one in found:
        if one.field in wanted and one.field.startswith("lines."):
            _, number, field = one.field.split(".")
            index = int(number) - 1
            value = {field: getattr(mine.lines[index], field)}
            lines[index] = msgspec.structs.replace(lines[index], **value)
    return msgspec.structs.replace(theirs, lines=tuple(lines), **values)


def _shown(item: Item, named_after: Item) -> Iterator[tuple[str, str, str]]:
    for field in Item.__struct_fields__:
        if field in _REMEMBERED or field in _ELSEWHERE:
            continue
        value = _text(field, getattr(item, field))
        if field == "contact":
            value = f"{value} {item.contact_code}".rstrip()
            yield field, CONTACTS[named_after.kind], value
        else:
            yield field, label_of(field), value


def _line_differences(number: int, before: Item, mine: Item, theirs: Item) -> Iterator[Difference]:
    for field in ItemLine.__struct_fields__:
        texts = [_text(field, getattr(one.lines[number], field)) for one in (before, mine, theirs)]
        if texts[1] != texts[2]:
            label = label_of(field)
            if len(mine.lines) > 1:
                label = f"{number + 1}. {label}"
            yield Difference(f"lines.{number + 1}.{field}", label, *texts)


def label_of(field: str) -> str:
    """Return what a field of an item or of a line is called on screens."""
    return _LABELS.get(field, field.replace("_", " ").capitalize())


def _text(field: str, value: object) -> str:
    if value is None or value == () or value == "":
        return ""
    if isinstance(value, dt.date):
        return shown_date(value)
    if isinstance(value, Decimal):
        return _number(field, value)
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    return " ".join(str(value).split())


def _number(field: str, value: Decimal) -> str:
    if field == "tax_rate":
        return show_tax_code(value)
    if field == "exchange_rate":
        return f"{home_per_foreign(value):f}"
    return price_shown(value) if field in ("unit_price", "vat") else figures(value)


def _lines_shown(item: Item) -> str:
    count = f"{len(item.lines)} line{'' if len(item.lines) == 1 else 's'}"
    return f"{count}, net {item.net:,.2f}, VAT {item.vat:,.2f}"
