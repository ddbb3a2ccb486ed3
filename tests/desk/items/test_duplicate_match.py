"""Two documents that may be one are noticed, whichever is asked about; two that are two are not."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.desk.items.duplicate_index import DuplicateIndex
from kfclient.desk.items.duplicate_match import (
    Alike,
    Grade,
    Sighting,
    beat_of,
    compare,
    reference_key,
)

DAY = dt.date(2026, 9, 1)
change = msgspec.structs.replace


def sighting(key: str = "item:1", **values: Any) -> Sighting:
    """A bill of £120 with £20 of VAT, of 1 September, number PEN-102, with changes."""
    reference = values.pop("reference", "PEN-102")
    gross, net = (Decimal(values.pop(name, value)) for name, value in AMOUNTS)
    return Sighting(
        key=key,
        reference=reference,
        ref=reference_key(reference),
        grosses=(gross,),
        nets=(net,),
        item=key.removeprefix("item:"),
        **{"side": "purchase", "party": "501", "circle": "0", "date": DAY, **values},
    )


AMOUNTS = (("gross", "120.00"), ("net", "100.00"))
BILL = sighting()


def days(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


def grade(**values: Any) -> Grade | None:
    found = compare(BILL, sighting("item:2", **values))
    return None if found is None else found.grade


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, Grade.EXACT),
        ({"reference": "Pen. 0102"}, Grade.EXACT),
        ({"date": days(9)}, Grade.EXACT),
        ({"date": None}, Grade.EXACT),
        ({"reference": ""}, Grade.EXACT),
        ({"date": days(40)}, Grade.POSSIBLE),
        ({"gross": "121.00", "net": "101.00"}, Grade.POSSIBLE),
        ({"gross": "100.00", "net": "83.33"}, Grade.POSSIBLE),
        ({"reference": "PEN-120", "date": days(3)}, Grade.POSSIBLE),
        ({"reference": "", "date": days(5)}, Grade.POSSIBLE),
        ({"reference": "", "gross": "100.00", "net": "83.33", "date": days(5)}, Grade.POSSIBLE),
        ({"party": "502"}, Grade.POSSIBLE),
        ({"reference": "PEN-777"}, Grade.NOTE),
        ({"reference": "PEN-777", "date": days(1)}, None),
        ({"reference": "PEN-1020", "date": days(1)}, None),
        ({"reference": "", "date": days(6)}, None),
        ({"reference": "", "date": None}, None),
        ({"gross": "121.00", "net": "101.00", "date": days(11)}, None),
        ({"gross": "-120.00", "net": "-100.00"}, None),  # its credit note
        ({"reference": "PEN-777", "gross": "100.00", "net": "83.33"}, None),
        ({"reference": "PEN-102A", "date": days(2)}, Grade.POSSIBLE),
        ({"circle": "1", "party": "777"}, Grade.POSSIBLE),  # a supplier with a new name
        ({"circle": "1", "party": "777", "date": days(1)}, None),
        ({"circle": "1", "party": "777", "gross": "120.01"}, None),
        ({"circle": "1", "party": "777", "reference": "PEN-103"}, None),
        ({"circle": "1", "party": "777", "reference": ""}, None),
        ({"side": "sale"}, None),
        ({"reference": "", "currency": "EUR"}, None),
        ({"reference": "", "gross": "120.01"}, None),
    ],
)
def test_how_surely_two_are_one(values: dict[str, Any], expected: Grade | None) -> None:
    assert grade(**values) == expected


def test_a_word_that_is_no_number_tells_no_more_than_none() -> None:
    rent = sighting(reference="Rent")
    assert compare(rent, sighting("item:2", reference="rent", date=days(30))) is None
    assert compare(rent, sighting("item:2", reference="rent")) == Alike(
        Grade.EXACT, "the same amount on the same day, and no number tells them apart"
    )


SIGHTINGS = st.builds(
    lambda key, ref, day, gross, net, party, circle: sighting(
        f"item:{key}", reference=ref, date=day, gross=gross, net=net, party=party, circle=circle
    ),
    st.integers(1, 4),
    st.sampled_from(["", "Rent", "102", "INV 102", "120", "2024-01", "2024-02", "A102"]),
    st.one_of(st.none(), st.dates(DAY, days(40))),
    st.sampled_from(["120.00", "100.00", "-120.00"]),
    st.sampled_from(["100.00", "120.00", "83.33"]),
    st.sampled_from(["501", "502"]),
    st.sampled_from(["0", "1"]),
)


@given(SIGHTINGS, SIGHTINGS, st.one_of(st.none(), st.floats(1, 40)))
def test_whichever_is_asked_about_the_answer_is_one(
    one: Sighting, other: Sighting, beat: float | None
) -> None:
    assert compare(one, other, beat=beat) == compare(other, one, beat=beat)


@given(st.lists(SIGHTINGS, max_size=8, unique_by=lambda one: one.key))
def test_in_a_crowd_too(crowd: list[Sighting]) -> None:
    index = DuplicateIndex(crowd)
    pairs = {
        (one.key, like.other.key): (like.grade, like.reason)
        for one in crowd
        for like in index.like(one)
        if like.grade is not Grade.NOTE
    }
    assert pairs == {(other, one): why for (one, other), why in pairs.items()}
    assert all(one != other for one, other in pairs)


@given(SIGHTINGS)
def test_nothing_is_its_own_duplicate(one: Sighting) -> None:
    assert compare(one, one) is None
    assert DuplicateIndex([one]).like(one) == []


@given(st.lists(SIGHTINGS, max_size=8, unique_by=lambda one: one.key), st.data())
def test_any_one_exact_copy_is_found(crowd: list[Sighting], data: st.DataObject) -> None:
    dated = [one for one in crowd if one.date is not None]
    if not dated:
        return
    index = DuplicateIndex(crowd)
    original = data.draw(st.sampled_from(dated))
    copy = change(original, key="item:99", item="99")
    found = {like.other.key: like.grade for like in index.like(copy)}
    assert found[original.key] is Grade.EXACT


SERIES = st.builds(
    lambda first, step, count, wobble: [
        first + dt.timedelta(days=step * n + wobble[n % len(wobble)]) for n in range(count)
    ],
    st.dates(dt.date(2020, 1, 1), dt.date(2026, 1, 1)),
    st.sampled_from([30, 31, 91]),
    st.integers(3, 30),
    st.lists(st.integers(-2, 2), min_size=1, max_size=5),
)


@given(SERIES, st.sampled_from(["", "ACC-4711", "n"]))
def test_equal_monthly_amounts_do_not_cry_wolf(dates: list[dt.date], reference: str) -> None:
    series = [
        sighting(
            f"item:{n}",
            reference=f"R-{n}" if reference == "n" else reference,
            date=date,
        )
        for n, date in enumerate(dates)
    ]
    index = DuplicateIndex(series)
    assert [like for one in series for like in index.like(one)] == []


@given(SERIES, st.sampled_from(["", "ACC-4711"]), st.data())
def test_but_a_copy_in_the_series_stands_out(
    dates: list[dt.date], reference: str, data: st.DataObject
) -> None:
    series = [sighting(f"item:{n}", reference=reference, date=date) for n, date in enumerate(dates)]
    original = data.draw(st.sampled_from(series))
    late = data.draw(st.integers(0, 4))
    assert original.date is not None
    copy = change(original, key="item:99", item="99", date=original.date + dt.timedelta(days=late))
    index = DuplicateIndex([*series, copy])
    assert original.key in [like.other.key for like in index.like(copy)]


def test_the_daily_parking_has_a_rhythm_and_three_bills_in_a_week_have_none() -> None:
    weekdays = [days(n) for n in range(21) if days(n).weekday() < 5]
    assert beat_of(weekdays) is not None
    assert beat_of([days(0), days(2), days(4)]) is None
    assert beat_of([days(0), days(1)]) is None
    assert beat_of([days(0), days(3), days(40), days(200)]) is None


def test_many_equal_parcels_of_one_day_are_not_told_of_one_another() -> None:
    parcels = [sighting(f"item:{n}", reference=f"P-{n}00") for n in range(1, 6)]
    assert [like for one in parcels for like in DuplicateIndex(parcels).like(one)] == []
    pair = DuplicateIndex(parcels[:2])
    assert [like.grade for like in pair.like(parcels[0])] == [Grade.NOTE]


def test_what_is_taken_out_or_changed_is_not_found_any_more() -> None:
    index = DuplicateIndex([BILL])
    other = sighting("item:2")
    assert index.like(other)
    index.put(change(BILL, grosses=(Decimal(5),), nets=(Decimal(5),), date=days(30)))
    assert index.like(other) == []
    index.put(BILL)
    index.drop(BILL.key)
    assert index.like(other) == []
    assert len(index) == 0
