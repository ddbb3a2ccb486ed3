"""Many documents of one amount or number: what is alike is found as among few, and as cheaply."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from kfclient.desk.items.duplicate_index import DuplicateIndex, Likeness
from kfclient.desk.items.duplicate_match import (
    Grade,
    Sighting,
    alike,
    beat_of,
    compare,
    loose_keys,
    reference_key,
)
from tests.growth import growth

DAY = dt.date(2026, 9, 1)
NUMBERS = st.sampled_from(
    ["", "", "rent", "INV-1234", "INV-1243", "1234", "CN-1234", "A-12B4", "R-77", "2024-01"]
)
TEXTS = st.text("0123AOL-", max_size=8)


def bill(number: int, reference: str, day: int | None, gross: int, net: int) -> Sighting:
    return Sighting(
        key=f"item:{number}",
        side="purchase",
        party="501",
        circle="0",
        reference=reference,
        ref=reference_key(reference),
        date=None if day is None else DAY + dt.timedelta(days=day),
        grosses=(Decimal(gross),),
        nets=(Decimal(net),),
        item=str(number),
        in_books=False,
    )


BILLS = st.lists(
    st.tuples(
        NUMBERS,
        st.one_of(st.none(), st.integers(0, 3), st.integers(0, 60)),
        st.sampled_from([(120, 100), (120, 100), (120, 120), (100, 83)]),
    ),
    min_size=18,
    max_size=24,
).map(lambda rows: [bill(n, ref, day, *sums) for n, (ref, day, sums) in enumerate(rows, start=1)])


def one_by_one(one: Sighting, crowd: Sequence[Sighting]) -> dict[str, Grade]:
    """Return what is like the one, compared with each."""
    same = [other for other in crowd if other.grosses == one.grosses]
    beat = beat_of(each.date for each in same if each.date is not None)
    found = {}
    for other in crowd:
        rhythm = beat if other in same and other.date != one.date else None
        if (like := compare(one, other, beat=rhythm)) is not None:
            found[other.key] = like.grade
    notes = [key for key, grade in found.items() if grade is Grade.NOTE]
    return {key: grade for key, grade in found.items() if key not in notes or len(notes) == 1}


def first_three(index: DuplicateIndex, one: Sighting) -> list[Likeness]:
    """Return what is found until there are three that came before this one."""
    return index.like(one, at_most=3, counts=lambda like: int(like.other.item) < int(one.item))


@settings(max_examples=15, deadline=None)
@given(BILLS, st.data())
def test_among_many_the_same_is_found_as_by_comparing_each(
    crowd: list[Sighting], data: st.DataObject
) -> None:
    index = DuplicateIndex(crowd)
    for key in data.draw(st.sets(st.sampled_from([one.key for one in crowd]), max_size=5)):
        index.drop(key)
        crowd = [one for one in crowd if one.key != key]

    for one in crowd:
        expected = one_by_one(one, crowd)
        assert {like.other.key: like.grade for like in index.like(one)} == expected
        # The first three that it comes after are as sure as any.
        before = {key: grade for key, grade in expected.items() if int(key[5:]) < int(one.item)}
        few = first_three(index, one)
        told = [like.grade for like in few if like.other.key in before][:3]
        assert told == sorted(before.values(), reverse=True)[:3]
        assert {like.other.key for like in few} <= expected.keys()


@given(TEXTS, TEXTS, st.data())
def test_numbers_that_are_nearly_the_same_are_found_by_a_key_that_both_have(
    one: str, other: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, max(len(one) - 2, 0)))
    turned = one[:at] + one[at : at + 2][::-1] + one[at + 2 :]
    for text in (other, turned, f"INV-{one}", one.rpartition("-")[2], one.replace("0", "O")):
        first, second = reference_key(one), reference_key(text)
        if alike(first, second):
            assert not set(loose_keys(first)).isdisjoint(loose_keys(second))


def of_one_amount(number: int, reference: Callable[[int], str], days: int) -> DuplicateIndex:
    return DuplicateIndex(bill(n, reference(n), n % days, 120, 100) for n in range(1, number + 1))


def test_looking_costs_the_same_among_many_of_one_amount() -> None:
    kinds: list[tuple[Callable[[int], str], int]] = [
        (lambda n: f"INV-{n * 7919 % 99991}", 30),
        (lambda n: f"INV-{n * 7919 % 99991}", 1),
        (lambda _: "", 30),
        (lambda _: "ACC-4711", 1),
    ]
    for reference, days in kinds:
        few, many = (of_one_amount(size, reference, days) for size in (250, 2000))

        def looked(index: DuplicateIndex, size: int) -> Callable[[], object]:
            asked = [
                one for n in range(size // 2, size // 2 + 100) if (one := index.get(f"item:{n}"))
            ]
            return lambda: [first_three(index, one) for one in asked]

        assert growth(looked(few, 250), looked(many, 2000), rounds=3) < 4
