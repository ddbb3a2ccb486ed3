"""Money: Decimal, to the penny, half up, as KashFlow's own sums are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from kfclient.errors import Problem

ZERO = Decimal("0.00")
PENNY = Decimal("0.01")
_THOUSAND = 1000

# As long as the longest quantity at the longest rate: with the usual 28 digits pence were an error.
_LONG = Context(prec=64, rounding=ROUND_HALF_UP)


def pennies(amount: Decimal) -> Decimal:
    """Return the amount rounded half up to two decimals."""
    if amount.same_quantum(PENNY):
        return amount
    return amount.quantize(PENNY, context=_LONG)


def decimal_text(amount: Decimal) -> str:
    """Return the amount for `--json` and files: two decimals, no separators."""
    return f"{pennies(amount):f}"


def shown(amount: Decimal, currency: str = "GBP") -> str:
    """Return the amount as a person reads it: £1,234.50, or EUR 1,234.50."""
    exact = abs(pennies(amount))
    figures = f"{exact:,.2f}" if exact >= _THOUSAND else str(exact)  # which is five times as fast
    sign = "-" if amount < 0 else ""
    return f"{sign}£{figures}" if currency == "GBP" else f"{sign}{currency} {figures}"


class AmountUnclear(Problem, ValueError):
    """A text that cannot be read as one amount, and one only."""

    code = "amount-unclear"
    default_cure = "Write it with a full stop before the pence, as in 1250.00."


# The longest amount that is still money: KashFlow keeps SQL money, which ends at 15 digits.
_DIGITS = 12
_FIGURES = re.compile(
    r"(?:[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+|(?: [0-9]{3})+|(?:['\u2019][0-9]{3})+)|[0-9]*)(\.[0-9]*)?"
)
_COMMA_PENCE = re.compile(r"[0-9][0-9. ]*,[0-9]{1,2}|[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]*)?")
_SWAPPED = str.maketrans(",.", ".,")

_CODE = re.compile("[A-Z]{3}")
_DOLLARS = frozenset(
    _CODE.findall(
        "USD AUD CAD NZD SGD HKD TWD MXN ARS CLP COP BBD BMD BSD BZD FJD JMD KYD NAD TTD XCD"
    )
)
_CODES = _DOLLARS | frozenset(
    _CODE.findall(
        "GBP EUR CHF SEK NOK DKK ISK PLN CZK HUF RON BGN TRY UAH RUB ILS JPY CNY INR PKR LKR NPR "
        "BDT KRW THB VND PHP MYR IDR ZAR NGN KES GHS EGP MAD AED SAR QAR KWD BHD OMR JOD BRL PEN "
        "UYU GIP FKP SHP MUR RSD GEL KZT"
    )
)
SIGNS: Mapping[str, frozenset[str]] = {
    **{code: frozenset({code}) for code in _CODES},
    "£": frozenset({"GBP"}), "€": frozenset({"EUR"}), "$": _DOLLARS,
    "US$": frozenset({"USD"}), "A$": frozenset({"AUD"}), "AU$": frozenset({"AUD"}),
    "C$": frozenset({"CAD"}), "CA$": frozenset({"CAD"}), "NZ$": frozenset({"NZD"}),
    "HK$": frozenset({"HKD"}), "S$": frozenset({"SGD"}), "R$": frozenset({"BRL"}),
    "¥": frozenset({"JPY", "CNY"}), "₹": frozenset({"INR"}), "₺": frozenset({"TRY"}),
    "₽": frozenset({"RUB"}), "₴": frozenset({"UAH"}), "₪": frozenset({"ILS"}),
    "₩": frozenset({"KRW"}), "₦": frozenset({"NGN"}), "₫": frozenset({"VND"}),
    "₱": frozenset({"PHP"}), "฿": frozenset({"THB"}), "₵": frozenset({"GHS"}),
    "₸": frozenset({"KZT"}), "ZŁ": frozenset({"PLN"}), "KČ": frozenset({"CZK"}),
    "FT": frozenset({"HUF"}), "LEI": frozenset({"RON"}), "FR": frozenset({"CHF"}),
    "KR": frozenset({"SEK", "NOK", "DKK", "ISK"}), "R": frozenset({"ZAR"}),
    "RM": frozenset({"MYR"}), "RS": frozenset({"INR", "PKR", "LKR", "NPR", "MUR"}),
}  # fmt: skip
"""What stands beside an amount, in capitals: a sign or a code, and the currencies it can mean."""

_SIGN = "|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True))
_SIGN_BEFORE = re.compile(rf"({_SIGN})(?![^\W\d_])\s*", re.IGNORECASE)
_SIGN_BEHIND = re.compile(rf"\s*(?<![^\W\d_])({_SIGN})$", re.IGNORECASE)
_CREDIT = re.compile(r"\s*(?<![^\W\d_])(cr|dr)\.?$", re.IGNORECASE)


_BARE = re.compile(r"-?[0-9][0-9.,]*")


class _Amount(NamedTuple):
    """A written amount taken apart: whether it is below zero, its sign or code, its figures."""

    negative: bool
    sign: str
    figures: str


def parse_amount(text: str, *, places: int = 2, mark: str = "") -> Decimal:
    """Return the amount that a person or a file wrote.

    Read are `1250`, `1,250.00`, `1 250.00`, `£85.50`, `85.50 GBP`, `-£85.50`, `(85.50)`, `85.50-`
    and `85.50 CR` (the last four below zero), and what a spreadsheet makes of it: `'85.50`,
    `85.500000000000001`. `places` is how many decimals the value may have: 2 for amounts, more for
    unit prices, quantities and rates. `mark` is the decimal mark, where it is known. Never guessed:
    `1.250,00` or `1.250` may be one thing here and another on the continent. Raises
    `AmountUnclear`.
    """
    bare = " ".join(text.replace("\u2212", "-").split())
    if not bare:
        raise AmountUnclear("There is no amount.")
    negative, _, figures = _taken_apart(bare)
    if mark == ",":
        figures = figures.translate(_SWAPPED)
    elif not mark and _COMMA_PENCE.fullmatch(figures) and (places == 2 or "," in figures):
        raise AmountUnclear(f"{bare} may be a continental amount, or an English one.")
    match = _FIGURES.fullmatch(figures)
    if match is None or not any(letter in "0123456789" for letter in figures):
        raise AmountUnclear(f"{bare} is not an amount.")
    value = Decimal(re.sub("[, '\u2019]", "", figures))
    if value >= 10**_DIGITS:
        raise AmountUnclear(f"{bare} is too large for KashFlow.")
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    # What binary sums leave behind is far smaller than any decimal that somebody meant.
    if abs(rounded - value) > Decimal(1).scaleb(-places - 6):
        raise AmountUnclear(f"{bare} has more than {places} decimals.")
    exact = rounded if places == 2 else _trimmed(rounded)
    return -exact if negative and exact else exact


def currencies_of(text: str) -> frozenset[str]:
    """Return the currencies that the sign or code beside an amount can mean; none without one."""
    return SIGNS.get(_taken_apart(" ".join(text.split())).sign, frozenset())


def currencies_told(codes: frozenset[str]) -> str:
    """Return `GBP`, or `CNY or JPY`, or a word for the many kinds of dollars."""
    if "USD" in codes and len(codes) > 1:
        return "dollars or pesos"
    return " or ".join(sorted(codes))


def in_currency(text: str, code: str) -> None:
    """Raise `AmountUnclear` where the sign or code beside an amount is another currency's."""
    meant = currencies_of(text)
    if code and meant and code not in meant:
        raise AmountUnclear(
            f"{' '.join(text.split())} is in {currencies_told(meant)}, but the currency is {code}.",
            "Change the currency, or take the sign away.",
        )


def _taken_apart(text: str) -> _Amount:
    """Take off one minus (or brackets, or CR) and one currency sign; the rest must be figures."""
    if _BARE.fullmatch(text):  # what most are
        return _Amount(text[0] == "-", "", text.removeprefix("-"))
    text = text.removeprefix("'").strip()
    minus, sign = "", ""
    before = None
    while before != text:
        before = text
        if not minus and text.startswith("(") and text.endswith(")"):
            minus, text = "-", text[1:-1].strip()
        if not sign and (match := _SIGN_BEFORE.match(text)):
            sign, text = match[1].upper(), text[match.end() :]
        if not minus and text[:1] in {"-", "+"}:
            minus, text = text[0], text[1:].lstrip()
        if not minus and text.endswith("-"):
            minus, text = "-", text[:-1].rstrip()
        if not minus and (match := _CREDIT.search(text)):
            minus, text = "-" if match[1].upper() == "CR" else "+", text[: match.start()]
        if not sign and (match := _SIGN_BEHIND.search(text)):
            sign, text = match[1].upper(), text[: match.start()]
    return _Amount(minus == "-", sign, text)


def _trimmed(value: Decimal) -> Decimal:
    """Return the value without trailing zeros after the point."""
    whole = value.to_integral_value()
    return whole if value == whole else value.normalize()


def figures(value: Decimal) -> str:
    """Return a quantity, a rate or a percentage without idle zeros: 17.5, 20, 1.162784."""
    return f"{_trimmed(value):f}"
