"""What the trail tells of an item: what it is, and which of its fields a change has changed."""

from __future__ import annotations

from typing import Any

import msgspec

from kfclient.desk.inbox.item import Item, ItemLine
from kfclient.money import plain

Fields = dict[str, Any]

_UNTOLD = {"id", "version", "sent", "number", "dbid", "published_at", "problem", "left"}
"""What publishing remembers of an item; it tells the trail of that itself."""


def facts_of(item: Item) -> Fields:
    """Return what an item is, as JSON has it: its kind, its total, and every field that says more.

    The names are those of `Item` and `ItemLine`, with `gross`, the total.
    """
    fields: Fields = msgspec.to_builtins(item)
    told = {name: value for name, value in fields.items() if name not in _UNTOLD}
    return {**told, "kind": item.kind.value, "gross": plain(item.gross), "currency": item.currency}


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
        for name in ItemLine.__struct_fields__:
            key = name if alone else f"{number}.{name}"
            was[key], now[key] = getattr(old, name), getattr(new, name)
    differ = [key for key in now if was[key] != now[key]]
    return (
        {key: msgspec.to_builtins(was[key]) for key in differ},
        {key: msgspec.to_builtins(now[key]) for key in differ},
    )


def _told(item: Item) -> Fields:
    return {
        name: getattr(item, name)
        for name in Item.__struct_fields__
        if name not in _UNTOLD and name != "lines"
    }


def _line(item: Item, number: int) -> ItemLine | None:
    return item.lines[number - 1] if number <= len(item.lines) else None
