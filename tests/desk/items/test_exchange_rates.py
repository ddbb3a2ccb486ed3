"""A rate may be said either way round; it is sent as KashFlow counts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfclient.desk.errors import WrongValue
from kfclient.desk.items.exchange_rates import booked, in_home, parse_rate, rate_words, turned
from kfclient.money import PENNY


@pytest.mark.parametrize(
    "text",
    ["1.25", "1 GBP = 1.25 EUR", "GBP = 1.25 EUR", "1 EUR = 0.80 GBP", "0.8 GBP per EUR",
     "£0.80 to 1 EUR", "€1.25 to £1", "1.25 eur/gbp", "10 EUR = 8 GBP"],
)  # fmt: skip
def test_a_rate_is_read_either_way_round(text: str) -> None:
    assert parse_rate(text, "EUR", "GBP") == Decimal("1.25")


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1.2", "EUR", "1 USD = 0.8 GBP", "1 EUR = 0 GBP", "1 EUR = 1 EUR", "1,2", "x",
     "1 EUR = GBP", "0 EUR = 1 GBP", "1.2.3", "NaN"],
)  # fmt: skip
def test_what_is_no_rate_between_the_two_is_refused(text: str) -> None:
    with pytest.raises(WrongValue):
        parse_rate(text, "EUR", "GBP")


@given(st.decimals("0.000001", "1000000", places=6))
def test_turned_twice_a_rate_is_nearly_itself(rate: Decimal) -> None:
    assert abs(turned(turned(rate)) - rate) <= rate * Decimal("0.00001") + Decimal("0.000001")


def test_a_rate_is_shown_both_ways() -> None:
    assert rate_words(Decimal("1.25"), "EUR", "GBP") == "1.25 EUR to 1 GBP (1 EUR is 0.8 GBP)"


AMOUNTS = st.decimals("-99999", "99999", places=2)


@given(AMOUNTS, AMOUNTS, st.decimals("0.01", "200", places=4))
def test_what_is_booked_adds_up_and_is_within_a_penny(
    net: Decimal, vat: Decimal, rate: Decimal
) -> None:
    made = booked(net, vat, rate)
    assert made.net + made.vat == made.gross == in_home(net + vat, rate)
    assert abs(made.net - in_home(net, rate)) <= PENNY
