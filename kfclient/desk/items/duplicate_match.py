"""Whether two documents may be one: numbers and amounts compared, and an index of all that match.

Pure, and the same whichever of the two is asked about. Nothing here knows what a person has
answered before; see `duplicates`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from statistics import median

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.items.reference import ReferenceData
from kfclient.desk.model.item import Item
from kfclient.desk.model.sides import side_by, side_of
from kfclient.money import ZERO, pennies

# Document numbers as people write them: `INV-0102`, `inv 102` and `Inv.No 102` are one number.

_PIECES = re.compile(r"[0-9]+|[^\W0-9_]+")
# Words that stand before a number and are no part of it. "CN" and "credit" are not among them: a
# credit note is another document than the invoice of the same number.
_IDLE = frozenset(
    {"invoice", "inv", "no", "nr", "number", "num", "ref", "reference", "our", "your", "bill",
     "receipt", "document", "doc"}
)  # fmt: skip
# How a second file of one document is called: `1011 (2)`.
_COPY_NUMBER = re.compile(r"([0-9][^()]*)\(\s*([0-9]{1,2})\s*\)\s*$")
# What is written behind the number of a document that is sent again.
_AGAIN = re.compile(
    r"(?:copy|dup|duplicate|again|resent|reissued?|rev|revised|revision|amended|corrected|final"
    r"|v|ver|version|issue)(?:-[0-9]{1,2})?"
)
# What a scanner takes for one another.
_SEEN_AS = str.maketrans({"o": "0", "q": "0", "i": "1", "l": "1", "s": "5", "b": "8", "z": "2"})
_FEW_DIGITS = 3
_FIGURE = re.compile("[0-9]")


@lru_cache(maxsize=16384)
def reference_key(text: str) -> str:
    """Return the reference as it is compared, "" where there is none.

    Capitals, spaces, signs, leading noughts and the words before the number do not matter; where
    one group of figures ends and the next begins does: 2024-01 is neither 2024-02 nor 20241.
    """
    if text.isascii():  # the same, without looking each letter up
        folded = text.lower()
    else:
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if "(" in folded:
        folded = _COPY_NUMBER.sub(r"\1 copy \2", folded)
    pieces = [
        (piece.lstrip("0") or "0") if piece.isascii() and piece.isdigit() else piece
        for piece in _PIECES.findall(folded)
    ]
    at = 0
    while at < len(pieces) - 1 and pieces[at] in _IDLE:
        at += 1
    return "-".join(pieces[at:])


def tells_apart(key: str) -> bool:
    """Tell whether a reference's key can stand for one document: "rent" and "cash" cannot."""
    return _FIGURE.search(key) is not None


def alike(one: str, other: str) -> bool:
    """Tell whether two different keys may be one number misread, mistyped or cut short.

    Two neighbouring figures that changed places, figures read as letters, the letters before the
    number left out, or a letter or a word for a copy behind it (1011A, 1011/R, 1011 (2)). One
    figure more, less or other is another number.
    """
    if not one or not other or one == other:
        return False
    if _as_seen(one) == _as_seen(other):
        return True
    if _cut(one, other) or _cut(other, one):
        return True
    return _turned(one, other) or _marked(one, other) or _marked(other, one)


def _as_seen(key: str) -> str:
    return key.translate(_SEEN_AS).replace("-", "")


def _turned(one: str, other: str) -> bool:
    """Tell whether two neighbouring figures changed places, and nothing else."""
    if len(one) != len(other):
        return False
    apart = [at for at, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    if len(apart) != 2 or apart[1] != apart[0] + 1:
        return False
    first, second = apart
    return one[first] == other[second] and one[second] == other[first] and one[first].isdigit()


def _cut(whole: str, part: str) -> bool:
    """Tell whether `part` is the number at the end of `whole`, without the letters before it."""
    return (
        part.isdigit()
        and len(part) >= _FEW_DIGITS
        and whole.endswith(f"-{part}")
        and not tells_apart(whole.removesuffix(f"-{part}"))
    )


def _marked(whole: str, part: str) -> bool:
    """Tell whether `whole` is the number `part` with a mark behind it, as on a copy of it."""
    mark = whole.removeprefix(f"{part}-")
    if mark == whole or not tells_apart(part):
        return False
    if _AGAIN.fullmatch(mark):
        return True
    figures = sum(letter.isdigit() for letter in part)
    return len(mark) == 1 and mark.isalpha() and figures >= _FEW_DIGITS


@lru_cache(maxsize=16384)
def loose_keys(key: str) -> tuple[str, ...]:
    """Return what finds the keys that are `alike` to this one: two that are have one in common."""
    loose = ["".join(sorted(_as_seen(key)))]
    letters, _, last = key.rpartition("-")
    if last.isdigit() and len(last) >= _FEW_DIGITS and not tells_apart(letters):
        loose.append(f"-{last}")
    parts = (key[:at] for at, sign in enumerate(key) if sign == "-")
    loose += [f"={part}" for part in (key, *(one for one in parts if _marked(key, one)))]
    return tuple(loose)


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
    it is compared. `number` and `dbid` are KashFlow's; `in_books` says that it is there, or may be.
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
    in_books: bool = True


class Alike(msgspec.Struct, frozen=True):
    """That two documents look alike: how surely they are one, and why."""

    grade: Grade
    reason: str


def compare(one: Sighting, other: Sighting, *, beat: float | None = None) -> Alike | None:
    """Return how the two are alike, None where they are not.

    `beat` is the rhythm in which equal amounts of theirs come (`rhythm.beat_of`): documents at
    least that many days apart belong to it and are not alike.
    """
    if one.key == other.key or one.side != other.side:
        return None
    if one.circle != other.circle:
        return _renamed(one, other)
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


def _renamed(one: Sighting, other: Sighting) -> Alike | None:
    """Compare two documents of parties that nothing else joins: one of them may have a new name."""
    if set(whole_keys(one)).isdisjoint(whole_keys(other)):
        return None
    word = side_by(one.side).contact
    return Alike(Grade.POSSIBLE, f"the same reference, amount and day, from another {word}")


def whole_keys(one: Sighting) -> list[object]:
    """Return number, day and amount of a document, by which it is known under any name."""
    if one.date is None or not tells_apart(one.ref):
        return []
    return [(one.ref, one.date, one.currency, gross) for gross in one.grosses]


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


# Equal amounts that come again and again: a rent, a subscription, the daily parking.

_FEWEST = 3
_FEWEST_OFTEN = 4
_OFTEN_DAYS = 6
_REGULAR = 0.6
_CLOSE = 0.6


def beat_of(dates: Iterable[dt.date]) -> float | None:
    """Return the fewest days between two payments of a series, None where there is no rhythm.

    Three different days make a rhythm, four where they are less than a week apart, when most of
    the gaps between neighbours are about as long as the middle one. Whatever lies closer together
    than six tenths of that is no part of it: a copy entered a day later stands out.
    """
    days = sorted(set(dates))
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    if len(days) < _FEWEST:
        return None
    middle = median(gaps)
    if middle < _OFTEN_DAYS and len(days) < _FEWEST_OFTEN:
        return None
    regular = sum(middle * _CLOSE <= gap <= middle * 1.6 + 2 for gap in gaps)
    return middle * _CLOSE if regular >= len(gaps) * _REGULAR else None


# An item, and a document in KashFlow, as they are compared.


def sighting_of_item(item: Item, reference_data: ReferenceData) -> Sighting | None:
    """Return an item as it is compared, None where it has nothing to be compared by."""
    party, circle = reference_data.party(item)
    net = item.net
    gross = net + item.vat
    if not circle or not gross:
        return None
    return Sighting(
        key=f"item:{item.id}",
        side=side_of(item.kind).name,
        party=party,
        circle=circle,
        name=item.contact,
        reference=item.reference,
        ref=reference_key(item.reference),
        date=item.date,
        currency=item.currency,
        grosses=(gross,),
        nets=(net,),
        item=item.id,
        number=item.number or 0,
        dbid=item.dbid or 0,
        in_books=item.sent is not None,
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
