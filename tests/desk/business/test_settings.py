"""The settings of a business: what may be said, what is refused, and how it is shown."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.desk.business.businesses import Businesses
from kfclient.desk.errors import WrongValue
from kfclient.desk.model.business import Settings
from kfclient.desk.model.list_names import ListName
from kfclient.desk.model.settings import (
    SETTINGS,
    changed,
    parse_tax_code,
    show_tax_code,
    spec_of,
)
from kfclient.errors import Problem
from kfclient.store import Home


@pytest.fixture
def businesses(home: Home) -> Businesses:
    return Businesses(home, person="anna")


def test_each_setting_begins_as_it_says_and_goes_to_text_and_back() -> None:
    fresh = Settings()
    assert {spec.key for spec in SETTINGS} == set(Settings.__struct_fields__)
    for spec in SETTINGS:
        assert spec.text_of(fresh) == spec.default_text
        assert spec.parse(spec.default_text) == getattr(fresh, spec.key)
        assert spec.help


@pytest.mark.parametrize("text", ["on", "Yes", " TRUE ", "1"])
def test_on_may_be_said_in_several_ways(text: str) -> None:
    assert changed(Settings(), {"publish_tax_data": text}, ()).publish_tax_data is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20", Decimal(20)),
        ("20%", Decimal(20)),
        (" 17.5 % ", Decimal("17.5")),
        ("0", Decimal(0)),
        ("n/a", Decimal(-1)),
        ("N/A", Decimal(-1)),
        ("none", None),
        ("", None),
    ],
)
def test_a_tax_code_is_a_percentage_or_not_applicable_or_none(
    text: str, value: Decimal | None
) -> None:
    assert parse_tax_code(text) == value


@pytest.mark.parametrize("text", ["20%%", "twenty", "-20", "101", "NaN", "Infinity", "1e9", "20,0"])
def test_what_is_no_tax_code_is_refused(text: str) -> None:
    with pytest.raises(WrongValue, match="tax rate"):
        parse_tax_code(text)


@given(st.one_of(st.none(), st.just(Decimal(-1)), st.decimals(0, 100, places=2)))
def test_a_shown_tax_code_reads_back_as_itself(value: Decimal | None) -> None:
    assert parse_tax_code(show_tax_code(value)) == value


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_other_text_is_a_setting_or_a_problem_in_words(key: str, text: str) -> None:
    for spec_key in (key, *(spec.key for spec in SETTINGS)):
        problem = None
        try:
            changed(Settings(), {spec_key: text}, (Decimal(20),))
        except Problem as told:
            problem = told
        assert problem is None or (problem.sentence and problem.cure)


def test_all_changes_are_made_or_none(businesses: Businesses) -> None:
    known = businesses.add("Harbour Lane")
    with pytest.raises(WrongValue):
        businesses.change_settings(known.id, {"publish_tax_data": "on", "settle_seconds": "soon"})
    assert businesses.get(known.id).settings == Settings()
    after = businesses.change_settings(
        known.id, {"Publish-Tax-Data": "on", "default_tax_code_sales": "n/a"}
    )
    assert after == Settings(publish_tax_data=True, default_tax_code_sales=Decimal(-1))
    assert businesses.get(known.id).settings == after


def test_an_unknown_setting_is_told_which_there_are() -> None:
    with pytest.raises(WrongValue) as refused:
        spec_of("colour")
    for spec in SETTINGS:
        assert spec.key in refused.value.cure


@pytest.mark.parametrize("text", ["-1", "3601", "1.5", "٣", "ten", ""])
def test_the_settle_time_is_a_number_of_seconds(text: str) -> None:
    with pytest.raises(WrongValue):
        changed(Settings(), {"settle_seconds": text}, ())


def test_a_tax_code_has_to_be_one_of_the_synced_rates_once_there_are_any(
    businesses: Businesses, home: Home
) -> None:
    known = businesses.add("Harbour Lane")
    businesses.change_settings(known.id, {"default_tax_code_costs": "17.5"})
    home.write_list(
        known.id,
        ListName.TAX_RATES,
        [{"ID": 1, "Name": "20%", "Value": "20.0000"}, {"ID": 2, "Name": "0%"}],
    )
    with pytest.raises(WrongValue) as refused:
        businesses.change_settings(known.id, {"default_tax_code_costs": "17.5"})
    assert "20%, 0%" in refused.value.cure
    for text, value in (("20", Decimal(20)), ("0%", Decimal(0)), ("n/a", Decimal(-1))):
        settings = businesses.change_settings(known.id, {"default_tax_code_costs": text})
        assert settings.default_tax_code_costs == value


def test_a_closed_period_ends_on_a_date_or_there_is_none() -> None:
    closed = changed(Settings(), {"locked_until": "31/03/2026"}, ())
    assert closed.locked_until == dt.date(2026, 3, 31)
    assert spec_of("locked-until").text_of(closed) == "31 Mar 2026"
    assert changed(closed, {"locked_until": "none"}, ()).locked_until is None
    with pytest.raises(WrongValue, match="not a day"):
        changed(Settings(), {"locked_until": "31/02/2026"}, ())
