"""VAT by percentage: what a rate makes of a net amount, and which rate an amount of VAT fits.

KashFlow stores the VAT that it is sent, a line at a time; -1 stands for N/A (exempt, outside the
scope).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from kfclient.desk.business.settings import NOT_APPLICABLE
from kfclient.money import PENNY, ZERO, pennies


def vat_of(net: Decimal, rate: Decimal) -> Decimal:
    """Return the VAT at this percentage, to the penny, half up; none where VAT is N/A."""
    return ZERO if rate == NOT_APPLICABLE else pennies(net * rate / 100)


def fits(net: Decimal, vat: Decimal, rate: Decimal) -> bool:
    """Tell whether the VAT is that of the rate, give or take a penny of rounding.

    No VAT at all is never a rounding of some, nor some of none.
    """
    made = vat_of(net, rate)
    return made == vat if ZERO in (made, vat) else abs(made - vat) <= PENNY


def fitting_rate(net: Decimal, vat: Decimal, rates: Iterable[Decimal]) -> Decimal | None:
    """Return the one of the rates that makes this VAT, the closest where pennies fit several."""
    fitting = [rate for rate in rates if rate > 0 and fits(net, vat, rate)]
    return min(fitting, key=lambda rate: abs(net * rate / 100 - vat), default=None)


def taxed_part(net: Decimal, vat: Decimal, rate: Decimal) -> Decimal | None:
    """Return the part of a net amount on which this VAT was charged, the rest being zero-rated.

    To the penny; None where no such part makes exactly this VAT, or where it is nothing or all.
    """
    if rate <= 0 or not vat:
        return None
    part = pennies(vat * 100 / rate)
    rest = net - part
    whole = part * net > 0 and rest * net > 0
    return part if whole and vat_of(part, rate) == vat else None
