"""Changing many items alike: which fields make sense for many, what they have, and the change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from kfclient.desk.model.fields import ITEM_FIELDS, LINE_FIELDS, FieldSpec, changes_between
from kfclient.desk.model.item import Item, ItemLine
from kfclient.desk.model.settings import NOT_APPLICABLE
from kfclient.money import ZERO, pennies

MANY_FIELDS: Mapping[str, FieldSpec] = {
    **{name: LINE_FIELDS[name] for name in ("category", "tax_rate", "project", "description")},
    **{
        name: ITEM_FIELDS[name]
        for name in ("contact", "date", "due_date", "paid_on", "bank_account", "payment_method")
    },
    "note": ITEM_FIELDS["note"],
}
"""What many items can be given at once; a field of a line is given to every line."""

Values = Mapping[str, Any]
"""What fields become: those of `MANY_FIELDS` by name, `contact_code` with `contact`."""


def line_with(line: ItemLine, values: Values) -> ItemLine:
    """Return the line with these values; its VAT follows from net and rate unless it is given."""
    after = msgspec.structs.replace(line, **values)
    if "vat" in values or not values.keys() & {"quantity", "unit_price", "tax_rate"}:
        return after
    if after.tax_rate is None:
        return after
    applies = after.tax_rate != NOT_APPLICABLE
    vat = pennies(after.net * after.tax_rate / 100) if applies else ZERO
    return msgspec.structs.replace(after, vat=vat)


def with_values(item: Item, values: Values) -> Item:
    """Return the item with these values, in each of its lines; a first line where it has none."""
    of_lines = {name: value for name, value in values.items() if name in LINE_FIELDS}
    head = {name: value for name, value in values.items() if name not in LINE_FIELDS}
    lines = item.lines
    if of_lines:
        lines = tuple(line_with(line, of_lines) for line in lines or (ItemLine(),))
    return msgspec.structs.replace(item, lines=lines, **head)


def changed_by(items: Iterable[Item], values: Values) -> list[Item]:
    """Return those of the items that these values change, changed."""
    after = ((item, with_values(item, values)) for item in items)
    return [now for was, now in after if changes_between(was, now)[1]]


def given_to(before: Item, after: Item) -> dict[str, Any]:
    """Return what an edit has given to an item that others can be given too, as `Values`.

    Of a field of lines only what all of them have now.
    """
    given: dict[str, Any] = {}
    for name in MANY_FIELDS:
        if name in LINE_FIELDS:
            was = [getattr(line, name) for line in before.lines]
            now = [getattr(line, name) for line in after.lines]
            if now and now != was and len(set(now)) == 1:
                given[name] = now[0]
        elif getattr(before, name) != getattr(after, name):
            given[name] = getattr(after, name)
    if "contact" in given:
        given["contact_code"] = after.contact_code
    return given


def shared_text(items: Sequence[Item], name: str) -> str | None:
    """Return what a field says in all the items and lines alike, None where that differs."""
    spec = MANY_FIELDS[name]
    if name in LINE_FIELDS:
        said = {spec.show(getattr(line, name)) for item in items for line in item.lines}
    else:
        said = {spec.show(getattr(item, name)) for item in items}
    return said.pop() if len(said) == 1 else None if said else ""
