"""Dates are read in the UK's order, and never guessed."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.dates import DateOrder, DateUnclear, orders_of, parse_date, shown_date

DATES = st.dates(min_value=dt.date(1970, 1, 1), max_value=dt.date(2099, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "31-Aug-2026", "31-AUG-2026", "31 Aug 2026", "31 August 2026", "31st August 2026",
        "31/08/2026", "31/8/2026", "31-08-2026", "31.08.2026", "2026-08-31", "2026-8-31",
        "2026-08-31T00:00:00", "2026-08-31 00:00", "  31-Aug-2026 ",
    ],
)  # fmt: skip
def test_dates_are_read_as_people_write_them(text: str) -> None:
    assert parse_date(text) == dt.date(2026, 8, 31)


def test_the_day_comes_first_always() -> None:
    assert parse_date("01/02/2026") == dt.date(2026, 2, 1)
    with pytest.raises(DateUnclear):
        parse_date("08/31/2026")


@pytest.mark.parametrize(
    "text",
    [
        "", "2026-13-45", "31-Feb-2026", "29/02/2026", "31/08/26", "31 Aug", "August",
        "0202-08-01", "20226-08-01", "31-août-2026", "tomorrow", "45321",
        "2026-08-31T23:00:00Z", "\u06633/08/2026", "31-Aug-2026-",
    ],
)  # fmt: skip
def test_what_is_no_date_or_may_be_several_is_refused(text: str) -> None:
    with pytest.raises(DateUnclear) as caught:
        parse_date(text)
    assert caught.value.sentence
    assert "2026-08-31" in caught.value.cure


@pytest.mark.parametrize(
    "text",
    [
        "1-Oct-26", "01-Oct-2026", "1 October 2026", "1st Oct 26", "2026-10-01", "2026/10/01",
        "2026-10-01T14:05:00Z", "2026-10-01 00:00:00", "2026-10-01T09:30:00.000+01:00",
        "Oct 1, 2026", "October 1 2026", "Oct-01-2026", "Thursday, 1 October 2026",
        "Thu 1 Oct 2026", "01/10/2026", "1.10.2026", "01/10/2026 14:05", "10/1/2026 2:05 PM",
        "Thu Oct 01 2026 00:00:00 GMT+0100 (British Summer Time)", "20261001",
        "01/Oct/2026", "01Oct2026", "1 Oct '26",
    ],
)  # fmt: skip
def test_a_date_that_has_one_reading_is_read(text: str) -> None:
    order = DateOrder.MONTH_FIRST if text.startswith("10/") else None
    assert parse_date(text, order) == dt.date(2026, 10, 1)


def test_figures_alone_are_what_their_order_makes_of_them() -> None:
    day, month = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST
    assert orders_of("03/04/26") == {day: dt.date(2026, 4, 3), month: dt.date(2026, 3, 4)}
    assert orders_of("13/04/2026") == {day: dt.date(2026, 4, 13)}
    assert orders_of("04-13-2026") == {month: dt.date(2026, 4, 13)}
    assert orders_of("13/13/2026") == {}
    assert orders_of("2026-04-03") is None
    assert orders_of("3 Apr 26") is None


def test_month_names_are_english_and_long_ones_work() -> None:
    assert [parse_date(f"3 {name} 2026").month for name in ("Sept", "september", "DEC")] == [
        9,
        9,
        12,
    ]


@given(DATES)
def test_every_way_of_writing_a_date_reads_back(date: dt.date) -> None:
    written = [
        date.isoformat(),
        shown_date(date),
        shown_date(date).replace(" ", "-"),
        f"{date.day:02}/{date.month:02}/{date.year}",
    ]
    assert [parse_date(text) for text in written] == [date] * len(written)


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        date = parse_date(text)
    except DateUnclear:
        return
    assert 1970 <= date.year < 2100


def test_no_date_shows_as_nothing() -> None:
    assert shown_date(None) == ""
    assert shown_date(dt.date(2026, 9, 1)) == "1 Sep 2026"
