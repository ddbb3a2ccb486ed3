"""The items of a business as the inbox shows them: read off the screen's thread, then filtered."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from kfclient.desk.items.filter_words import Filter, Sought, searched
from kfclient.desk.model.item import Item, ItemState, Kind, needs_you
from screens.item_words import narrow_row, wide_row
from screens.widgets.ledger_table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kfclient.desk import Desk

EDITABLE = frozenset({ItemState.TO_REVIEW, ItemState.READY})
"""The states in which an item may still be changed or deleted."""


class ListView(msgspec.Struct, frozen=True):
    """Which items are shown: those in a state, and with `needs_you` all that a person must see."""

    title: str
    states: frozenset[ItemState] = frozenset(ItemState)
    needs_you: bool = False

    def has(self, item: Item, state: ItemState) -> bool:
        """Tell whether the view shows the item."""
        return state in self.states or (self.needs_you and needs_you(item, state))


VIEWS = {
    "all": ListView("All"),
    "review": ListView("To review", frozenset({ItemState.TO_REVIEW})),
    "ready": ListView("Ready", frozenset({ItemState.READY})),
    "published": ListView("Published", frozenset({ItemState.PUBLISHED})),
    # Of unknown outcome, on its way, come back, or with something left to do.
    "unknown": ListView("Need you", frozenset({ItemState.PUBLISHING}), needs_you=True),
}
KIND_KEYS = {Kind.COST: "c Costs", Kind.SALE: "s Sales", Kind.CLAIM: "x Claims"}


class Listed(Sought):
    """An item as the inbox has it: its state, what is known of it, and how it is drawn."""

    narrow: Row
    wide: Row


class ItemList(msgspec.Struct):
    """The items of a business as they were when they were read."""

    listed: dict[str, Listed] = msgspec.field(default_factory=dict)

    def has(self, state: ItemState) -> bool:
        """Whether any item is in this state."""
        return any(one.state is state for one in self.listed.values())

    def rows(self, view: str, kind: Kind | None, wanted: Filter, *, wide: bool) -> Iterator[Row]:
        """Yield the rows of a view that the filter has."""
        shown = VIEWS[view]
        for one in self.listed.values():
            if (
                shown.has(one.item, one.state)
                and (kind is None or one.item.kind is kind)
                and wanted.has(one)
            ):
                yield one.wide if wide else one.narrow


def revision_of(desk: Desk, business: str) -> tuple[object, ...]:
    """Return what changes with the items, and with all on which their states depend.

    That is settings and lists, the day, and whether the session that sends an item is alive.
    """
    items = desk.items
    revisions = items.revision(business), desk.businesses.revision
    sending = (item for item in items.all(business) if item.sent is ItemState.PUBLISHING)
    alive = {items.state(business, item) for item in islice(sending, 1)}
    return *revisions, desk.clock().astimezone().date(), alive


def read_inbox(desk: Desk, business: str) -> ItemList:
    """Return the items with their states and findings; 5,000 take a moment, so not on screen."""
    items = desk.items
    findings = items.check(business)
    states = items.states(business)
    listed = {}
    for item in items.all(business):
        state = states.get(item.id, ItemState.TO_REVIEW)
        known = findings.get(item.id, ())
        rows = narrow_row(item, state), wide_row(item, state)
        listed[item.id] = Listed(item, state, known, searched(item), *rows)
    return ItemList(listed)


def views_shown(view: str, kind: Kind | None) -> str:
    """Return the line of views and kinds with their keys, those in force in brackets."""
    views = [
        f"[{key} {known.title}]" if name == view else f"{key} {known.title}"
        for key, (name, known) in enumerate(VIEWS.items(), start=1)
    ]
    kinds = [f"[{words}]" if one is kind else words for one, words in KIND_KEYS.items()]
    return " ".join((*views, "│", *kinds))
