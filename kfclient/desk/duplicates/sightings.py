"""What a business's items and KashFlow's documents look like side by side, found by any of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.check.bookkeeping import Books
from kfclient.desk.check.matching import plain
from kfclient.desk.duplicates.likeness import Grade, Sighting, compare
from kfclient.desk.duplicates.references import reference_key
from kfclient.desk.duplicates.rhythm import beat_of
from kfclient.desk.duplicates.twins import contact_number
from kfclient.desk.inbox.item import Item, Kind
from kfclient.money import ZERO, pennies

PURCHASE = "purchase"
SALE = "sale"


class Likeness(msgspec.Struct, frozen=True):
    """A document that looks like the one asked about: how surely it is the same, and why."""

    other: Sighting
    grade: Grade
    reason: str


def side_of(kind: Kind) -> str:
    """Return "purchase" or "sale", as KashFlow files the item's document."""
    return SALE if kind is Kind.SALE else PURCHASE


def sighting_of_item(item: Item, books: Books) -> Sighting | None:
    """Return an item as it is compared, None where it has nothing to be compared by."""
    side = side_of(item.kind)
    twins = books.twins(item.kind)
    found = books.contacts(item)
    circle = (
        twins.circle(contact_number(found[0]))
        if len(found) == 1
        else twins.circle_called(item.contact)
    )
    if not circle or not item.gross:
        return None
    return Sighting(
        key=f"item:{item.id}",
        side=side,
        party=str(contact_number(found[0])) if len(found) == 1 else plain(item.contact),
        circle=circle,
        name=item.contact,
        reference=item.reference,
        ref=reference_key(item.reference),
        date=item.date,
        currency=item.currency,
        grosses=(item.gross,),
        nets=(item.net,),
        item=item.id,
        number=item.number or 0,
        dbid=item.dbid or 0,
        settled=item.sent is not None,
    )


def amounts_of(document: Invoice) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...]]:
    """Return the grosses and nets of KashFlow's document: by its lines, and by its header.

    For a foreign document the header may be in the books' own currency.
    """
    net = pennies(document.net_amount)
    nets, grosses = [net], [net + pennies(document.vat_amount)]
    if document.lines:
        net = sum((pennies(line.quantity * line.rate) for line in document.lines), ZERO)
        vat = sum((line.vat_amount for line in document.lines), ZERO)
        nets.insert(0, net)
        grosses.insert(0, pennies(net + vat))
    return tuple(dict.fromkeys(grosses)), tuple(dict.fromkeys(nets))


class Sightings:
    """Sightings in one place, compared with another in a few dictionary reads."""

    def __init__(self, sightings: Iterable[Sighting] = ()) -> None:
        self._all: dict[str, Sighting] = {}
        self._places: dict[tuple[str, str, str, object], dict[str, Sighting]] = defaultdict(dict)
        for sighting in sightings:
            self.put(sighting)

    def __len__(self) -> int:
        return len(self._all)

    def put(self, sighting: Sighting) -> None:
        """Add a sighting, in the place of the one with its key."""
        self.drop(sighting.key)
        self._all[sighting.key] = sighting
        for place in _places(sighting):
            self._places[place][sighting.key] = sighting

    def drop(self, key: str) -> None:
        """Take the sighting with this key out, if there is one."""
        sighting = self._all.pop(key, None)
        if sighting is None:
            return
        for place in _places(sighting):
            self._places[place].pop(key, None)

    def like(self, one: Sighting, claimed: Mapping[str, str] = {}) -> list[Likeness]:
        """Return what looks like this one, what is surely the same first.

        Several equal amounts of one day under numbers of their own are parcels, not duplicates.
        `claimed` says by the key of a document which item it is: the item stands for both.
        """
        found: dict[str, Likeness] = {}
        rhythm: dict[object, float | None] = {}
        for other in self._near(one):
            if other.key in claimed or other.key in found:
                continue
            alike = compare(one, other, beat=self._beat(one, other, claimed, rhythm))
            if alike is not None:
                found[other.key] = Likeness(other, alike.grade, alike.reason)
        notes = sum(like.grade is Grade.NOTE for like in found.values())
        return sorted(
            (like for like in found.values() if like.grade is not Grade.NOTE or notes == 1),
            key=lambda like: (-like.grade, like.other.key),
        )

    def _near(self, one: Sighting) -> Iterable[Sighting]:
        """Yield whatever shares the reference or an amount."""
        for kind, key in _marks(one):
            yield from self._at(one, kind, key)
        for net in one.nets:
            yield from self._at(one, "gross", net)
        for gross in one.grosses:
            yield from self._at(one, "net", gross)

    def _at(self, one: Sighting, kind: str, key: object) -> Iterable[Sighting]:
        return tuple(self._places.get((one.side, one.circle, kind, key), {}).values())

    def _beat(
        self,
        one: Sighting,
        other: Sighting,
        claimed: Mapping[str, str],
        known: dict[object, float | None],
    ) -> float | None:
        """Return the rhythm of the amount that the two share, worked out once an amount."""
        shared = next((gross for gross in one.grosses if gross in other.grosses), None)
        if shared is None or one.date == other.date:
            return None
        if shared not in known:
            dates = {
                each.date
                for each in self._at(one, "gross", shared)
                if each.date is not None and each.key not in claimed
            }
            if one.date is not None:
                dates.add(one.date)
            known[shared] = beat_of(dates)
        return known[shared]


def _marks(one: Sighting) -> list[tuple[str, object]]:
    marks: list[tuple[str, object]] = [("gross", gross) for gross in one.grosses]
    if one.ref:
        marks.append(("ref", one.ref))
    return marks


def _places(one: Sighting) -> list[tuple[str, str, str, object]]:
    marks = [*_marks(one), *(("net", net) for net in one.nets)]
    return [(one.side, one.circle, kind, key) for kind, key in marks]
