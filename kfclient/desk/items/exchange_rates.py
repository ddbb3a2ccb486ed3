"""Exchange rates, the way people say them and the way KashFlow counts.

KashFlow keeps foreign units per home unit: 1.17 for EUR 1.17 to the pound
(kashflow.ideas.aha.io/ideas/KF-I-3632). People also say it the other way round: a euro is £0.8547.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from kfclient.desk.errors import WrongValue
from kfclient.money import AmountUnclear, currencies_of, figures, parse_amount, pennies, shown

_SIGNS = {"£": "GBP", "€": "EUR", "$": "USD"}
_EQUATION = re.compile(r"([0-9.,]*)([A-Z]{3})(?:=|IS|TO)([0-9.,]+)([A-Z]{3})")
_EQUATION_TO_ONE = re.compile(r"([0-9.,]+)([A-Z]{3})(?:PER|TO|/|A)([0-9.,]*)([A-Z]{3})")
_HOW = "Write 1.17 (foreign units to one of the books' own), or 1 EUR = 0.8547 GBP."


class Booked(msgspec.Struct, frozen=True):
    """What a foreign document comes to in the books' own currency."""

    net: Decimal
    vat: Decimal
    gross: Decimal


def turned(rate: Decimal) -> Decimal:
    """Return the rate the other way round: home per foreign from foreign per home, and back.

    To six places, or six figures where that is finer; the rate must be above zero.
    """
    return _rounded(1 / rate)


def parse_rate(text: str, currency: str, home: str) -> Decimal:
    """Return foreign units per home unit from what a person wrote.

    A bare figure is that already. `1 EUR = 0.8547 GBP`, `0.8547 GBP per EUR`, `£0.8547 to 1 EUR`
    and `1 GBP = 1.17 EUR` are read as they say. Raises `WrongValue`.
    """
    bare = "".join(text.upper().split())
    for sign, code in _SIGNS.items():
        bare = re.sub(rf"\{sign}([0-9.,]+)", rf"\1{code}", bare).replace(sign, code)
    equation = _EQUATION.fullmatch(bare) or _EQUATION_TO_ONE.fullmatch(bare)
    if equation is None:
        return _above_zero(_figure(bare, text), text)
    first, one, second, other = equation.groups()
    if {one, other} != {currency, home} or currency == home:
        raise WrongValue(f"“{text}” is not a rate between {currency} and {home}.", _HOW)
    left, right = _figure(first or "1", text), _figure(second or "1", text)
    foreign, own = (left, right) if one == currency else (right, left)
    if foreign <= 0 or own <= 0:
        raise WrongValue(f"“{text}” is not a rate.", _HOW)
    return _rounded(foreign / own)


def rate_words(rate: Decimal, currency: str, home: str) -> str:
    """Return the rate both ways: `1.17 EUR to 1 GBP (1 EUR is 0.854701 GBP)`."""
    if rate <= 0:
        return "no rate"
    other = figures(turned(rate))
    return f"{figures(rate)} {currency} to 1 {home} (1 {currency} is {other} {home})"


def in_home(amount: Decimal, rate: Decimal) -> Decimal:
    """Return a foreign amount in the books' own currency, to the penny, half up."""
    return pennies(amount / rate)


def booked(net: Decimal, vat: Decimal, rate: Decimal) -> Booked:
    """Return what KashFlow books for a foreign document: gross and VAT to the penny, net the rest.

    How KashFlow rounds each line is not published, so a document of several lines may differ by a
    penny or two.
    """
    gross, tax = in_home(net + vat, rate), in_home(vat, rate)
    return Booked(gross - tax, tax, gross)


def booked_words(amounts: Booked, home: str) -> str:
    """Return what KashFlow books: `£602.33, of which VAT £100.39`, the VAT where there is any."""
    gross = shown(amounts.gross, home)
    return f"{gross}, of which VAT {shown(amounts.vat, home)}" if amounts.vat else gross


def _rounded(rate: Decimal) -> Decimal:
    places = min(rate.adjusted() - 5, -6)
    return rate.quantize(Decimal(1).scaleb(places), rounding=ROUND_HALF_UP)


def _figure(digits: str, text: str) -> Decimal:
    try:
        figure = parse_amount(digits, places=8)
    except AmountUnclear:
        raise WrongValue(f"“{text}” is not a rate.", _HOW) from None
    if currencies_of(digits):
        raise WrongValue(f"“{text}” is not a rate.", _HOW)
    return figure


def _above_zero(rate: Decimal, text: str) -> Decimal:
    if rate <= 0:
        raise WrongValue(f"An exchange rate cannot be {text}.", _HOW)
    return rate
