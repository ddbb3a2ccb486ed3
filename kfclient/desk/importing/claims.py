"""Which receipts an expense claim is made of.

Dext's export has a row for the claim and a row for each claimed receipt, and nothing that links
them but the person and the sum. A claim is put together only where one set of that person's
receipts, and no other, adds up to it, total and tax; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

# With more receipts of one person than this, the sets that could be meant are too many to try.
MOST_RECEIPTS = 32

Pence = tuple[int, int]


class Claimed(msgspec.Struct, frozen=True):
    """A claim or a receipt: a key, its person as compared, and its total and tax in pence."""

    key: str
    person: str
    pence: Pence


class Joined(msgspec.Struct, frozen=True):
    """The receipts' keys by the claim's key, and the reason by the key of a claim without."""

    receipts: dict[str, tuple[str, ...]]
    refused: dict[str, str]


def join(claims: Sequence[Claimed], receipts: Sequence[Claimed]) -> Joined:
    """Find each claim's receipts, or say why they cannot be told."""
    joined = Joined({}, {})
    for person in dict.fromkeys(claim.person for claim in claims):
        _join_person(
            [claim for claim in claims if claim.person == person],
            [receipt for receipt in receipts if receipt.person == person],
            joined,
        )
    return joined


def _join_person(claims: list[Claimed], receipts: list[Claimed], joined: Joined) -> None:
    """Settle one person's claims: what is certain first, then again with what is left."""
    if len(claims) == 1 and receipts and _sum(receipts) == claims[0].pence:
        joined.receipts[claims[0].key] = tuple(receipt.key for receipt in receipts)
        return
    open_claims, left = list(claims), list(receipts)
    while open_claims:
        answers = {claim.key: _solutions(claim.pence, left) for claim in open_claims}
        certain = {key: sets[0] for key, sets in answers.items() if len(sets) == 1}
        clashing = {
            key
            for one, other in combinations(certain, 2)
            if certain[one] & certain[other]
            for key in (one, other)
        }
        settled = {key: rows for key, rows in certain.items() if key not in clashing}
        if not settled:
            for claim in open_claims:
                joined.refused[claim.key] = _reason(answers[claim.key], left)
            return
        for key, rows in settled.items():
            joined.receipts[key] = tuple(one.key for one in left if one.key in rows)
        taken = frozenset().union(*settled.values())
        left = [receipt for receipt in left if receipt.key not in taken]
        open_claims = [claim for claim in open_claims if claim.key not in settled]


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


def _solutions(target: Pence, receipts: list[Claimed]) -> list[frozenset[str]]:
    """Return up to two different sets of receipts that add up to the target.

    Each half of the receipts is summed in every way, and the halves are met: 2^16 sums each at
    most, where trying every set of 32 would take 2^32.
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
