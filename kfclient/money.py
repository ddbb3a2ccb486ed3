"""Money: Decimal, to the penny, half up, as KashFlow's own sums are."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
PENNY = Decimal("0.01")


def pennies(amount: Decimal) -> Decimal:
    """Return the amount rounded half up to two decimals."""
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP)


def plain(amount: Decimal) -> str:
    """Return the amount for `--json` and files: two decimals, no separators."""
    return f"{pennies(amount):f}"


def shown(amount: Decimal, currency: str = "GBP") -> str:
    """Return the amount as a person reads it: £1,234.50, or EUR 1,234.50."""
    figures = f"{abs(pennies(amount)):,.2f}"
    sign = "-" if amount < 0 else ""
    return f"{sign}£{figures}" if currency == "GBP" else f"{sign}{currency} {figures}"
