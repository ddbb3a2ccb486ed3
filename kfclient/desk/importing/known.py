"""What a file says of items that are here already: the same, or something else, and what then.

An item is known again by its key, `source`. Beside it stands the print of what the file said, so
that what a person has changed here since is not taken for a change of the file.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from kfclient.desk.audit.entry import Action
from kfclient.desk.importing.values import INTERVAL, FoundItem
from kfclient.desk.items.check import as_meant
from kfclient.desk.items.items import GATHERED
from kfclient.desk.items.reference import folded
from kfclient.desk.model.fields import ITEM_FIELDS, LINE_FIELDS, changes_between, in_order
from kfclient.desk.model.item import Item, ItemLine, Kind

if TYPE_CHECKING:
    from kfclient.desk.items.items import Items
    from kfclient.store import Home

_APART = {"files": (), "image": "", "imported": "", "claimed": "", "problem": None}
"""What may differ from one export to the next without the document being another one."""


class Answer(StrEnum):
    """What is done with an item of a file that is here with other contents."""

    ASK = "ask"
    CORRECT = "correct"
    ADD = "add"
    KEEP = "keep"


class ChangedItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that a file knows otherwise: its line there, its id here, and what became of it.

    `differences` has the field in words, what is here and what the file says. `outcome` is what
    was done: "held" for nothing, "corrected", "added" for another item or "kept"; `reason` is a
    sentence about it.
    """

    line: int
    item: str
    name: str
    differences: tuple[tuple[str, str, str], ...]
    outcome: str
    reason: str


class Met(msgspec.Struct):
    """What became of the items of a file: those to add, those known already, those that differ."""

    new: list[Item] = []
    again: int = 0
    changed: list[ChangedItem] = []


class Known:
    """The items that are here, by their keys; used inside the transaction of an import."""

    def __init__(self, home: Home, items: Items, business: str) -> None:
        self._items = items
        self._business = business
        self._database = home.books(business)
        self._reference_data = items.reference_data.of(business)
        self._here = {item.source: item for item in items.all(business) if item.source}
        self._put_away = {
            one["source"]: one for one in self._database.table(GATHERED).all() if one.get("source")
        }

    def item_of(self, source: str) -> str:
        """Return the id of the item with this key, or of the claim that it is on; "" for none."""
        if source in self._here:
            return self._here[source].id
        return str(self._put_away[source]["claim"]) if source in self._put_away else ""

    def has(self, claim: Item) -> bool:
        """Tell whether the claim is here, imported or gathered by hand of costs of that sum."""
        if claim.source in self._here:
            return True
        gathered = {str(one["claim"]) for one in self._put_away.values()}
        here = self._items.by_id(self._business)
        return any(
            folded(item.contact) == folded(claim.contact) and item.gross == claim.gross
            for item in (here[key] for key in gathered if key in here)
        )

    def meet(self, found: Iterable[FoundItem], answer: Answer) -> Met:
        """Compare the items of a file with what is here, and do what the answer says."""
        met = Met([], 0, [])
        for one in found:
            self._meet(one.line, one.item, answer, met)
        return met

    def _meet(self, line: int, item: Item, answer: Answer, met: Met) -> None:
        item = msgspec.structs.replace(item, imported=_print_of(item))
        item = as_meant(item, self._reference_data)
        item, other = self._of_its_day(item)
        before = self._before(item.source)
        if before is None:
            met.new.append(item)
            if other is not None:
                reason = "It is of another day, and so another sale; what is here stays."
                met.changed.append(_changed(line, other, item, other.id, "added", reason))
            return
        if _says_the_same(before, item):
            met.again += 1
            return
        another = msgspec.structs.replace(item, source=f"{item.source}+{item.imported}")
        if self._before(another.source) is not None:
            met.again += 1
            return
        reason = "Nothing was done: say whether the file corrects it."
        told = _changed(line, before, item, self.item_of(item.source), "held", reason)
        if answer is Answer.ADD:
            met.new.append(another)
            told = msgspec.structs.replace(told, outcome="added", reason="It is another item now.")
        elif answer is Answer.KEEP:
            self._keep(before, item)
            told = msgspec.structs.replace(
                told, outcome="kept", reason="It stays as it is, and the file is not asked again."
            )
        elif answer is Answer.CORRECT:
            told = self._correct(before, item, told)
        elif before.sent is not None:
            told = msgspec.structs.replace(told, reason=_SENT)
        met.changed.append(told)

    def _of_its_day(self, item: Item) -> tuple[Item, Item | None]:
        """Return a sale under the key that it has, or gets; and the one of another day, if any.

        A reference may come again each month: a sale of another day is another sale.
        """
        if item.kind is not Kind.SALE or item.date is None:
            return item, None
        first = item.source.removesuffix(f"|{item.date}")
        dated = f"{first}|{item.date}"
        other = self._before(first)
        if self._before(dated) is not None:
            return msgspec.structs.replace(item, source=dated), None
        if other is None:
            return item, None
        if _is_one(other, item):
            return msgspec.structs.replace(item, source=first), None
        return msgspec.structs.replace(item, source=dated), other

    def _before(self, source: str) -> Item | None:
        if source in self._here:
            return self._here[source]
        if source in self._put_away:
            return msgspec.convert(self._put_away[source], Item)
        return None

    def _correct(self, before: Item, item: Item, told: ChangedItem) -> ChangedItem:
        """Give the item what the file says, where nothing of it can be in KashFlow."""
        if item.source not in self._here:
            reason = f"It is on the claim that is item {told.item}; take that apart first."
            return msgspec.structs.replace(told, reason=reason)
        if before.sent is not None:
            return msgspec.structs.replace(told, reason=_SENT)
        after = msgspec.structs.replace(
            item,
            id=before.id,
            version=before.version,
            files=item.files or before.files,
            image=item.image or before.image,
            claimed=item.claimed or before.claimed,
            contact_code=before.contact_code if item.contact == before.contact else "",
        )
        was, now = changes_between(before, after)
        self._here[item.source] = self._items.put(self._business, after)
        self._items.audit.note(
            self._database,
            self._business,
            Action.ITEM_CHANGED,
            item=before.id,
            before=was,
            after=now,
        )
        return msgspec.structs.replace(
            told, outcome="corrected", reason="It is now what the file says."
        )

    def _keep(self, before: Item, item: Item) -> None:
        """Remember what the file said, so that it is not asked about again."""
        if item.source in self._here:
            after = msgspec.structs.replace(before, imported=item.imported)
            self._here[item.source] = self._items.put(self._business, after)
            return
        document = self._put_away[item.source]
        kept = {**document, "imported": item.imported}
        self._database.table(GATHERED).put(document.doc_id, kept)


_SENT = (
    "It is in KashFlow, or may be, so nothing was done: undo it first, or change it there as well."
)


def _is_one(other: Item, item: Item) -> bool:
    """Tell whether a sale of this reference and contact is the one that is here, perhaps mended.

    It is where the days are near to one another, or day and month changed places.
    """
    if other.imported == item.imported or other.date is None or item.date is None:
        return True
    turned = (other.date.day, other.date.month) == (item.date.month, item.date.day)
    near = abs(other.date - item.date) < INTERVAL
    return near or (turned and other.gross == item.gross)


def _changed(
    line: int, before: Item, item: Item, here: str, outcome: str, reason: str
) -> ChangedItem:
    return ChangedItem(
        line=line,
        item=here,
        name=" ".join(part for part in (before.reference, before.contact) if part),
        differences=differences(before, item),
        outcome=outcome,
        reason=reason,
    )


def _print_of(item: Item) -> str:
    """Return a print of what a file says of an item, which is what a document is made of."""
    bare = msgspec.structs.replace(item, source="", **_APART)
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()[:16]


def _says_the_same(before: Item, item: Item) -> bool:
    """Tell whether the file says what it said before, or what is here."""
    if before.imported == item.imported:
        return True
    if not before.imported and before.version > 1:
        return True  # imported before prints were kept, and changed since: nobody can tell
    return not differences(before, item)


def differences(before: Item, after: Item) -> tuple[tuple[str, str, str], ...]:
    """Return the fields in words in which a file differs, as they are here and as it says."""
    told = []
    for spec in in_order(Item):
        if spec.name in _OF_THE_FILE:
            was, now = getattr(before, spec.name), getattr(after, spec.name)
            if was != now:
                told.append((spec.label_of(after.kind), spec.show(was), spec.show(now)))
    reordered = Counter(before.lines) == Counter(after.lines)
    for at in range(0 if reordered else max(len(before.lines), len(after.lines))):
        told += _line_differences(at, before.lines[at : at + 1], after.lines[at : at + 1])
    if told and before.gross != after.gross:
        total = ITEM_FIELDS["total"]
        told.append((total.label, f"{before.gross:.2f}", f"{after.gross:.2f}"))
    return tuple(told)


_OF_THE_FILE = frozenset({
    "document", "reference", "contact", "date", "due_date", "currency", "exchange_rate", "note",
    "owner", "paid_on", "bank_account", "payment_method", "tax_name", "stated_vat",
})  # fmt: skip


def _line_differences(
    at: int, before: tuple[ItemLine, ...], after: tuple[ItemLine, ...]
) -> list[tuple[str, str, str]]:
    name = f"Line {at + 1}"
    if not before or not after:
        return [(name, "".join(map(_line_text, before)), "".join(map(_line_text, after)))]
    was, now = before[0], after[0]
    return [
        (
            f"{name}, {spec.inside}",
            spec.show(getattr(was, spec.name)),
            spec.show(getattr(now, spec.name)),
        )
        for spec in LINE_FIELDS.values()
        if getattr(was, spec.name) != getattr(now, spec.name)
    ]


def _line_text(line: ItemLine) -> str:
    """Return a line in words: "Workshop, Sales, net 400.00, VAT 80.00"."""
    parts = (line.description, line.category, f"net {line.net:.2f}", f"VAT {line.vat:.2f}")
    return ", ".join(" ".join(part.split()) for part in parts if part)
