"""Whether two documents may be one: what is compared, and why it is said.

Pure, and the same whichever of the two is asked about. Nothing here knows what a person has
answered before; see `kfclient.desk.lookout`.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import IntEnum

import msgspec

from kfclient.desk.duplicates.references import alike, tells_apart

SAME_DAYS = 10
"""Equal references and amounts are one document when dated no further apart than this."""

ALIKE_DAYS = 10
"""How far apart two documents with nearly the same reference are compared, and with another sum."""

BLANK_DAYS = 5
"""How far apart two equal amounts are compared where a reference is missing."""


class Grade(IntEnum):
    """How surely two documents are one.

    A `NOTE` is worth seeing, no more: the same amount on the same day under another number.
    """

    NOTE = 1
    POSSIBLE = 2
    EXACT = 3


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it is compared: an item here, or a purchase or invoice in KashFlow.

    `key` is "item:7" or "purchase:90012" (KashFlow's id). `party` is who exactly, `circle` who
    with their twins. `grosses` and `nets` are the amounts that it may be seen with: a foreign
    document's sums may be given in its currency and in the books' own. `ref` is the reference as
    it is compared. `number` and `dbid` are KashFlow's; `settled` says that it is there, or may be.
    """

    key: str
    side: str
    party: str
    circle: str
    name: str = ""
    reference: str = ""
    date: dt.date | None = None
    currency: str = "GBP"
    grosses: tuple[Decimal, ...] = ()
    nets: tuple[Decimal, ...] = ()
    item: str = ""
    number: int = 0
    dbid: int = 0
    ref: str = ""
    settled: bool = True


class Alike(msgspec.Struct, frozen=True):
    """That two documents look alike: how surely they are one, and why."""

    grade: Grade
    reason: str


def compare(one: Sighting, other: Sighting, *, beat: float | None = None) -> Alike | None:
    """Return how the two are alike, None where they are not.

    `beat` is the rhythm in which equal amounts of theirs come (`rhythm.beat_of`): documents at
    least that many days apart belong to it and are not alike.
    """
    if one.key == other.key or one.side != other.side or one.circle != other.circle:
        return None
    days = None if one.date is None or other.date is None else abs((one.date - other.date).days)
    money = one.currency == other.currency
    equal = money and not set(one.grosses).isdisjoint(other.grosses)
    if equal and days and beat is not None and days >= beat:
        return None
    found = _by_reference(one, other, days, equal=equal) or _by_amount(
        one, other, days, equal=equal
    )
    if found is None or one.party == other.party:
        return found
    grade = min(found.grade, Grade.POSSIBLE)
    return Alike(grade, f"{found.reason}, from a namesake or twin")


def _by_reference(one: Sighting, other: Sighting, days: int | None, *, equal: bool) -> Alike | None:
    """Compare two documents of the same number, however it is written."""
    if not one.ref or one.ref != other.ref or not tells_apart(one.ref):
        return None
    if equal:
        near = days is None or days <= SAME_DAYS
        apart = "" if near else f", {days} days apart"
        grade = Grade.EXACT if near else Grade.POSSIBLE
        return Alike(grade, f"the same reference and amount{apart}")
    if _crossed(one, other):
        return Alike(Grade.POSSIBLE, "the same reference, and one's gross is the other's net")
    if days is None or days > ALIKE_DAYS or not _same_sign(one, other):
        return None
    return Alike(Grade.POSSIBLE, "the same reference, with another amount")


def _by_amount(one: Sighting, other: Sighting, days: int | None, *, equal: bool) -> Alike | None:
    """Compare two documents whose numbers differ or are missing."""
    if days is None:
        return None
    named = bool(one.ref and other.ref) and one.ref != other.ref
    close = alike(one.ref, other.ref)
    if not equal:
        reach = ALIKE_DAYS if close else BLANK_DAYS
        if days > reach or (named and not close) or not _crossed(one, other):
            return None
        return Alike(Grade.POSSIBLE, "one's gross is the other's net")
    when = "on the same day" if days == 0 else f"{days} {'day' if days == 1 else 'days'} apart"
    if close and days <= ALIKE_DAYS:
        return Alike(Grade.POSSIBLE, f"nearly the same reference, the same amount {when}")
    if named:
        if days:
            return None
        return Alike(Grade.NOTE, f"the same amount {when}, under another reference")
    if days > BLANK_DAYS:
        return None
    grade = Grade.EXACT if days == 0 else Grade.POSSIBLE
    return Alike(grade, f"the same amount {when}, and no number tells them apart")


def _crossed(one: Sighting, other: Sighting) -> bool:
    """Tell whether one was entered net and the other gross."""
    return one.currency == other.currency and not (
        set(one.grosses).isdisjoint(other.nets) and set(one.nets).isdisjoint(other.grosses)
    )


def _same_sign(one: Sighting, other: Sighting) -> bool:
    """Tell whether both are bills or both are credits: these often share a number."""
    return bool(one.grosses and other.grosses) and one.grosses[0] * other.grosses[0] > 0
