"""Which receipts an expense claim is made of.

Dext's export has a row for the claim and a row for each claimed receipt, and nothing that links
them but the person, the order of the rows, the dates, the numbers and the sum. A claim is put
together where the receipts beside it in the file, or those dated since the claim before, or with
the numbers before its own, are its sum; else where one set of that person's receipts, and no other,
is. Total and tax have to agree, and nothing is guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

# With more receipts than this the sets that could be meant are too many to try.
MOST_RECEIPTS = 24

_NUMBER = re.compile("[0-9]{1,20}")

Pence = tuple[int, int]


class Claimed(msgspec.Struct, frozen=True):
    """A claim or a receipt: a key, its person as compared, and its total and tax in pence.

    `place` is the line where it stands in the file, 0 for none; `converted` says that its amounts
    were worked out from another currency.
    """

    key: str
    person: str
    pence: Pence
    date: dt.date | None = None
    place: int = 0
    converted: bool = False


class Joined(msgspec.Struct, frozen=True):
    """What was found of the claims, by their keys.

    `receipts` are the keys of the receipts, which come to the claim's sum, but for the pennies of
    converting; `refused` the reason of a claim without. Of those that are `open` there are several
    sets, so that a person has to choose.
    """

    receipts: dict[str, tuple[str, ...]]
    refused: dict[str, str]
    open: set[str]


Matched = dict[str, tuple[Claimed, ...]]


def join(claims: Sequence[Claimed], receipts: Sequence[Claimed]) -> Joined:
    """Find each claim's receipts, or say why they cannot be told."""
    joined = Joined({}, {}, set())
    of_person: dict[str, list[Claimed]] = {}
    for receipt in receipts:
        of_person.setdefault(receipt.person, []).append(receipt)
    claims_of: dict[str, list[Claimed]] = {}
    for claim in claims:
        claims_of.setdefault(claim.person, []).append(claim)
    for person, one in claims_of.items():
        _join_person(one, of_person.get(person, []), joined)
    return joined


def _join_person(claims: list[Claimed], receipts: list[Claimed], joined: Joined) -> None:
    """Settle one person's claims: what is certain first, then again with what is left."""
    tellers: tuple[Callable[[list[Claimed], list[Claimed]], Matched], ...] = (
        _all_of_one, _by_order, _by_dates, _by_number, _of_the_days, _certain,
    )  # fmt: skip
    places = {receipt.key: place for place, receipt in enumerate(receipts)}
    open_claims, left = list(claims), list(receipts)
    at = 0
    while open_claims and at < len(tellers):
        matched = tellers[at](open_claims, left)
        for claim in open_claims:
            if rows := matched.get(claim.key):
                keys = (one.key for one in rows)
                joined.receipts[claim.key] = tuple(sorted(keys, key=places.__getitem__))
        taken = {one.key for rows in matched.values() for one in rows}
        left = [receipt for receipt in left if receipt.key not in taken]
        open_claims = [claim for claim in open_claims if claim.key not in matched]
        if not matched or tellers[at] is not _certain:
            at += 1
    for claim in open_claims:
        sets = _solutions(claim.pence, left)
        joined.refused[claim.key] = _reason(sets, left)
        if sets or len(left) > MOST_RECEIPTS:
            joined.open.add(claim.key)


def _reason(sets: list[frozenset[str]], receipts: list[Claimed]) -> str:
    if sets:
        return "more than one set of this person's claimed receipts adds up to it"
    if len(receipts) > MOST_RECEIPTS:
        return "this person has too many claimed receipts to tell which are meant"
    if not receipts:
        return "the file has no claimed receipts of this person"
    return "no set of this person's claimed receipts adds up to its total and tax"


def _sum(receipts: Iterable[Claimed]) -> Pence:
    pence = [receipt.pence for receipt in receipts]
    return sum(total for total, _ in pence), sum(tax for _, tax in pence)


def _fits(claim: Claimed, receipts: Sequence[Claimed]) -> bool:
    """Tell whether the receipts are the claim, but for half a penny of each that was converted."""
    if not receipts:
        return False
    pennies = (sum(one.converted for one in receipts) + 1) // 2
    pairs = zip(_sum(receipts), claim.pence, strict=True)
    return all(abs(come_to - said) <= pennies for come_to, said in pairs)


def _all_of_one(claims: list[Claimed], receipts: list[Claimed]) -> Matched:
    """Match the only claim with all the receipts."""
    (claim, *others) = claims
    return {} if others or not _fits(claim, receipts) else {claim.key: tuple(receipts)}


def _by_order(claims: list[Claimed], receipts: list[Claimed]) -> Matched:
    """Match claims with the receipts that stand below them, or above them, in the file."""
    if not all(one.place for one in (*claims, *receipts)):
        return {}
    rows = sorted((*claims, *receipts), key=lambda one: one.place)
    return _better(claims, _blocks(rows, claims), _blocks(rows[::-1], claims))


def _by_number(claims: list[Claimed], receipts: list[Claimed]) -> Matched:
    """Match claims with the receipts that have the numbers before theirs, or behind.

    Dext numbers what it gets as it comes, and a claim is made when its receipts are there.
    """
    numbers = {one.key: one.key.rpartition(":")[2] for one in (*claims, *receipts)}
    if not all(_NUMBER.fullmatch(number) for number in numbers.values()):
        return {}
    rows = sorted((*claims, *receipts), key=lambda one: int(numbers[one.key]))
    return _better(claims, _blocks(rows, claims), _blocks(rows[::-1], claims))


def _by_dates(claims: list[Claimed], receipts: list[Claimed]) -> Matched:
    """Match claims with the receipts dated since the claim before, or until the claim after."""
    return _better(claims, _windows(claims, receipts), _windows(claims, receipts, onwards=True))


def _of_the_days(claims: list[Claimed], receipts: list[Claimed]) -> Matched:
    """Match claims with the one set among the receipts since the claim before that is the sum."""
    matched: Matched = {}
    by_key = {claim.key: claim for claim in claims}
    for key, window in _windows(claims, receipts).items():
        sets = _solutions(by_key[key].pence, list(window))
        if len(sets) == 1:
            matched[key] = tuple(one for one in window if one.key in sets[0])
    return matched


def _certain(claims: list[Claimed], receipts: list[Claimed]) -> Matched:
    """Match claims of which one set of all the receipts is the sum, and no other claim's."""
    answers = {claim.key: _solutions(claim.pence, receipts) for claim in claims}
    certain = {key: sets[0] for key, sets in answers.items() if len(sets) == 1}
    clashing = {
        key
        for one, other in combinations(certain, 2)
        if certain[one] & certain[other]
        for key in (one, other)
    }
    return {
        key: tuple(one for one in receipts if one.key in rows)
        for key, rows in certain.items()
        if key not in clashing
    }


def _blocks(rows: Sequence[Claimed], claims: Sequence[Claimed]) -> Matched:
    """Return the receipts that follow each claim, until the next."""
    heads = {claim.key for claim in claims}
    blocks: dict[str, list[Claimed]] = {}
    block: list[Claimed] = []
    for row in rows:
        if row.key in heads:
            block = blocks[row.key] = []
        else:
            block.append(row)
    return {key: tuple(found) for key, found in blocks.items()}


def _windows(claims: list[Claimed], receipts: list[Claimed], *, onwards: bool = False) -> Matched:
    """Return the receipts dated after the claim before and not after the claim.

    With `onwards`, those dated from the claim on and before the next. Claims of one day have none.
    """
    if not all(one.date for one in (*claims, *receipts)):
        return {}
    heads = {claim.key for claim in claims}
    # Of one day, a claim stands at the end from which its receipts are not counted.
    ordered = sorted(
        (*claims, *receipts),
        key=lambda one: (one.date or dt.date.min, (one.key in heads) is not onwards),
    )
    blocks = _blocks(ordered if onwards else ordered[::-1], claims)
    days = Counter(claim.date for claim in claims)
    alone = {claim.key for claim in claims if days[claim.date] == 1}
    return {key: rows for key, rows in blocks.items() if key in alone}


def _better(claims: list[Claimed], one: Matched, other: Matched) -> Matched:
    """Return the blocks that are their claims' sums, of the layout in which more of them are.

    Where as many are in either, those that they agree about.
    """
    by_key = {claim.key: claim for claim in claims}
    first, second = (
        {key: rows for key, rows in blocks.items() if _fits(by_key[key], rows)}
        for blocks in (one, other)
    )
    if len(first) != len(second):
        return max(first, second, key=len)
    return {
        key: rows
        for key, rows in first.items()
        if {row.key for row in rows} == {row.key for row in second.get(key, ())}
    }


def _solutions(target: Pence, receipts: list[Claimed]) -> list[frozenset[str]]:
    """Return up to two different sets of receipts that add up to the target.

    Each half of the receipts is summed in every way, and the halves are met: 2^12 sums each at
    most, where trying every set of 24 would take 2^24.
    """
    if len(receipts) > MOST_RECEIPTS:
        return []
    half = len(receipts) // 2
    first: dict[Pence, list[frozenset[str]]] = {}
    for pence, keys in _sums(receipts[:half]):
        sets = first.setdefault(pence, [])
        if len(sets) < 3:  # one of them may be the empty set, which alone is no answer
            sets.append(keys)
    found: list[frozenset[str]] = []
    for pence, keys in _sums(receipts[half:]):
        for others in first.get((target[0] - pence[0], target[1] - pence[1]), ()):
            if keys | others:
                found.append(keys | others)
            if len(found) == 2:
                return found
    return found


def _sums(receipts: list[Claimed]) -> Iterator[tuple[Pence, frozenset[str]]]:
    """Yield every set of the receipts with its sum."""
    sums: list[tuple[Pence, frozenset[str]]] = [((0, 0), frozenset())]
    for receipt in receipts:
        total, tax = receipt.pence
        sums += [((t + total, v + tax), keys | {receipt.key}) for (t, v), keys in sums]
    yield from sums
