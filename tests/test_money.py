"""Amounts are read as people write them, and never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.money import (
    AmountUnclear,
    currencies_of,
    decimal_text,
    figures,
    in_currency,
    parse_amount,
    pennies,
    shown,
)

AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1250", "1250.00"),
        ("1,250.00", "1250.00"),
        ("1 250.00", "1250.00"),
        ("1\u00a0250.00", "1250.00"),
        ("£85.50", "85.50"),
        ("  £ 85.50 ", "85.50"),
        ("(85.50)", "-85.50"),
        ("(£1,085.50)", "-1085.50"),
        ("-1,001.54", "-1001.54"),
        ("-£5", "-5.00"),
        ("£-5", "-5.00"),
        ("\u22125", "-5.00"),
        ("85.50-", "-85.50"),
        ("+3", "3.00"),
        (".5", "0.50"),
        ("5.", "5.00"),
        ("20.0000", "20.00"),
        ("-0", "0.00"),
        ("GBP 85.50", "85.50"),
        ("85.50 eur", "85.50"),
        ("US$ 1,250.00", "1250.00"),
        ("-kr 5", "-5.00"),
        ("85.50 CR", "-85.50"),
        ("£85.50 DR", "85.50"),
        ("'85.50", "85.50"),
        ("1'250.00", "1250.00"),
        ("201.52000000000001", "201.52"),
        ("201.51999999999998", "201.52"),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, value: str) -> None:
    assert str(parse_amount(text)) == value


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "£", "-", "()", ".", "abc", "12a", "1e5", "NaN", "Infinity", "0x1f", "1_000",
        "1.250,00", "1250,00", "1,25", "1.250", "1.250.000", "1,2,3", "12,34.56", "--5", "(-5)",
        "1.2.3", "1,250.001", "0,125", "£5 GBP", "-5 CR", "CR",
        "XYZ 5", "ex 5", "999999999999999999", "\u0663", "5 pounds", "£5£", "1,250,00",
    ],
)  # fmt: skip
def test_what_may_mean_several_things_or_nothing_is_refused(text: str) -> None:
    with pytest.raises(AmountUnclear) as caught:
        parse_amount(text)
    assert caught.value.sentence
    assert caught.value.cure


def test_a_continental_amount_says_why_it_is_refused() -> None:
    with pytest.raises(AmountUnclear, match=r"1\.250,00 may be a continental amount"):
        parse_amount("1.250,00")


def test_a_known_decimal_mark_leaves_one_reading() -> None:
    assert parse_amount("1.250,00", mark=",") == Decimal("1250.00")
    assert parse_amount("1,459", places=6, mark=",") == Decimal("1.459")
    assert parse_amount("1.250", mark=".") == Decimal("1.25")
    with pytest.raises(AmountUnclear):
        parse_amount("12.50", mark=",")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("612 usd", {"USD"}),
        ("-£5", {"GBP"}),
        ("5", set()),
        ("R 5", {"ZAR"}),
        ("¥5", {"JPY", "CNY"}),
    ],
)
def test_the_sign_beside_an_amount_is_told(text: str, codes: set[str]) -> None:
    assert currencies_of(text) == codes


def test_a_sign_of_another_currency_is_no_amount_in_this() -> None:
    for text in ("$5", "5 AUD", "5", "A$5"):
        in_currency(text, "AUD")
    for text in ("£5", "5 kr", "5 USD", "US$5"):
        with pytest.raises(AmountUnclear, match="but the currency is AUD"):
            in_currency(text, "AUD")


def test_unit_prices_and_rates_may_have_more_decimals() -> None:
    assert parse_amount("1.162784", places=6) == Decimal("1.162784")
    assert parse_amount("0.125", places=6) == Decimal("0.125")
    with pytest.raises(AmountUnclear, match="more than 6 decimals"):
        parse_amount("0.1234567", places=6)


@given(AMOUNTS)
def test_every_way_of_writing_an_amount_reads_back(amount: Decimal) -> None:
    assert parse_amount(decimal_text(amount)) == amount
    assert parse_amount(shown(amount)) == amount
    assert parse_amount(f"{amount:,.2f}") == amount
    if amount < 0:
        assert parse_amount(f"({-amount:,.2f})") == amount


@given(st.text(max_size=20))
def test_any_text_is_read_to_the_penny_or_refused(text: str) -> None:
    try:
        value = parse_amount(text)
    except AmountUnclear:
        return
    assert value == pennies(value)
    assert value.is_finite()


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=6, allow_nan=False))
def test_figures_say_the_value_without_idle_zeros(value: Decimal) -> None:
    text = figures(value)
    assert Decimal(text) == value
    assert not ("." in text and text.endswith("0"))
    assert "E" not in text
