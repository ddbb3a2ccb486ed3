"""Money: Decimal, to the penny, half up, as KashFlow's own sums are."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

from kfclient.errors import Problem

ZERO = Decimal("0.00")
PENNY = Decimal("0.01")

# As long as the longest quantity at the longest rate: with the usual 28 digits pence were an error.
_LONG = Context(prec=64, rounding=ROUND_HALF_UP)


def pennies(amount: Decimal) -> Decimal:
    """Return the amount rounded half up to two decimals."""
    return amount.quantize(PENNY, context=_LONG)


def decimal_text(amount: Decimal) -> str:
    """Return the amount for `--json` and files: two decimals, no separators."""
    return f"{pennies(amount):f}"


def shown(amount: Decimal, currency: str = "GBP") -> str:
    """Return the amount as a person reads it: £1,234.50, or EUR 1,234.50."""
    figures = f"{abs(pennies(amount)):,.2f}"
    sign = "-" if amount < 0 else ""
    return f"{sign}£{figures}" if currency == "GBP" else f"{sign}{currency} {figures}"


class AmountUnclear(Problem, ValueError):
    """A text that cannot be read as one amount, and one only."""

    code = "amount-unclear"
    default_cure = "Write it with a full stop before the pence, as in 1250.00."


# The longest amount that is still money: KashFlow keeps SQL money, which ends at 15 digits.
_DIGITS = 12
_FIGURES = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]*)(\.[0-9]*)?")
_COMMA_PENCE = re.compile(r"[0-9][0-9. ]*,[0-9]{1,2}|[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?")


def parse_amount(text: str, *, places: int = 2) -> Decimal:
    """Return the amount that a person or a file wrote.

    Read are `1250`, `1,250.00`, `1 250.00`, `£85.50`, `-£85.50`, `(85.50)` and `85.50-` (the last
    three below zero); `places` is how many decimals the value may have: 2 for amounts, more for
    unit prices, quantities and rates. Never guessed: `1.250,00` or `1.250` may be one thing here
    and another on the continent. Raises `AmountUnclear`.
    """
    bare = " ".join(text.replace("\u2212", "-").split())
    negative, figures = _unsigned(bare)
    if not bare:
        raise AmountUnclear("There is no amount.")
    if _COMMA_PENCE.fullmatch(figures) and (places == 2 or "," in figures):
        raise AmountUnclear(f"{bare} may be a continental amount, or an English one.")
    match = _FIGURES.fullmatch(figures)
    if match is None or not any(letter in "0123456789" for letter in figures):
        raise AmountUnclear(f"{bare} is not an amount.")
    value = Decimal(figures.replace(",", "").replace(" ", ""))
    if value >= 10**_DIGITS:
        raise AmountUnclear(f"{bare} is too large for KashFlow.")
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    if rounded != value:
        raise AmountUnclear(f"{bare} has more than {places} decimals.")
    exact = rounded if places == 2 else _trimmed(rounded)
    return -exact if negative and exact else exact


def _unsigned(text: str) -> tuple[bool, str]:
    """Take off one sign (or brackets) and one currency symbol; what is left must be figures."""
    negative = False
    if text.startswith("(") and text.endswith(")"):
        return True, _without_symbol(text[1:-1].strip())
    text = _without_symbol(text)
    if text.startswith(("-", "+")):
        negative, text = text[0] == "-", text[1:].lstrip()
    elif text.endswith("-"):
        negative, text = True, text[:-1].rstrip()
    return negative, _without_symbol(text)


def _without_symbol(text: str) -> str:
    return text[1:].lstrip() if text[:1] in {"£", "€", "$"} else text


def _trimmed(value: Decimal) -> Decimal:
    """Return the value without trailing zeros after the point."""
    whole = value.to_integral_value()
    return whole if value == whole else value.normalize()


def figures(value: Decimal) -> str:
    """Return a quantity, a rate or a percentage without idle zeros: 17.5, 20, 1.162784."""
    return f"{_trimmed(value):f}"
