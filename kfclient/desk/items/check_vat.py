"""What can be known to be wrong with an item's VAT.

What makes the gross is looked at always, the VAT itself where it goes to KashFlow. A cure is
offered only where the facts carry it: amounts that contradict a rate do not say which is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from kfclient.desk.items.exchange_rates import in_home
from kfclient.desk.items.reference import (
    ReferenceData,
    fits,
    fitting_rate,
    is_fraction,
    taxed_part,
    vat_of,
)
from kfclient.desk.model.item import Finding, Item, ItemLine
from kfclient.desk.model.list_names import ListName
from kfclient.desk.model.settings import NOT_APPLICABLE, show_tax_code
from kfclient.money import PENNY, ZERO, decimal_text, figures, pennies, shown

AGREE = "agree"
"""The act by which a person lets an item through as it is; it asks first."""

# VAT that the customer accounts for, by what documents and other programs call it.

_REVERSED = re.compile(
    r"reverse[\s-]*charg|customer to (?:account|pay)\b.{0,30}\bvat|autoliquidation|btw verlegd"
    r"|steuerschuldnerschaft|inversi[oó]n del sujeto pasivo|inversione contabile"
    r"|postponed (?:import )?vat|postponed (?:vat )?accounting",
    re.IGNORECASE,
)
_NOT_REVERSED = re.compile(r"\b(?:no|not|non|without|outside)\b[^.;]{0,30}$", re.IGNORECASE)
_REVERSED_NAME = re.compile(
    r"\b(?:d?rc|drc|rcsl?|pva|ec[gs]|ec (?:acquisitions?|goods|services|purchases?))\b",
    re.IGNORECASE,
)


def is_reversed(item: Item) -> bool:
    """Tell whether the item says that its VAT is for the customer to account for."""
    if _REVERSED_NAME.search(item.tax_name):
        return True
    texts = (item.tax_name, item.note, *(line.description for line in item.lines))
    return any(
        not _NOT_REVERSED.search(text[: match.start()])
        for text in texts
        for match in _REVERSED.finditer(text)
    )


def check_reversed(item: Item, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield that the item is under the reverse charge, which KashFlow's API is not told of."""
    if not is_reversed(item):
        return
    said = f" ({item.tax_name})" if item.tax_name else ""
    if not reference_data.settings.publish_tax_data:
        yield Finding(
            code="W-REVERSE-CHARGE",
            sentence=f"Its VAT is for the customer to account for: it says reverse charge{said}.",
            cure="Tax data is off, so no VAT of it goes to KashFlow; where it belongs in your VAT "
            "return, enter it in KashFlow by hand.",
            field="tax_name",
        )
        return
    yield Finding(
        code="E-REVERSE-CHARGE",
        sentence=f"It says reverse charge{said}: the customer accounts for its VAT, which no tax "
        "rate sent from here can tell KashFlow.",
        cure="Enter it in KashFlow itself, with its VAT under the reverse charge, and take it out "
        "here; or publish it as it is, and put its VAT right in KashFlow afterwards.",
        field="tax_name",
        key=AGREE,
        value="E-REVERSE-CHARGE",
    )


# The VAT in the books' own currency, as a file or a document states it.


def check_stated(item: Item, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield that KashFlow will book another VAT than the document states in the books' currency."""
    stated, rate = item.stated_vat, item.exchange_rate
    if stated is None or not reference_data.settings.publish_tax_data:
        return
    foreign = reference_data.is_foreign(item)
    if foreign and (rate is None or rate <= 0):
        return
    home = reference_data.home_currency
    booked = in_home(item.vat, rate) if foreign and rate else item.vat
    if abs(booked - stated) <= PENNY:
        return
    of = f" for {shown(item.vat, item.currency)} at {figures(rate)}" if foreign and rate else ""
    yield Finding(
        code="W-VAT-STATED",
        sentence=f"It states VAT of {shown(stated, home)}, and KashFlow will book "
        f"{shown(booked, home)}{of}: {shown(abs(booked - stated), home)} "
        f"{'less' if abs(booked) < abs(stated) else 'more'}.",
        cure="Look at the document. Where its own figure counts, correct the VAT in KashFlow "
        "after publishing.",
        field="stated_vat",
    )


# A line's VAT: the rate that makes the gross, and the VAT that goes.


def with_rate(line: ItemLine, rate: Decimal) -> ItemLine:
    """Return the line at this rate; VAT that came of its old rate comes of the new one then."""
    old = line.tax_rate
    made = old is not None and line.vat == vat_of(line.net, old)
    vat = vat_of(line.net, rate) if made else line.vat
    return msgspec.structs.replace(line, tax_rate=rate, vat=vat)


def vat_in_net(line: ItemLine) -> ItemLine:
    """Return the line with what was called VAT as a part of its net amount, VAT n/a."""
    return msgspec.structs.replace(
        line, quantity=Decimal(1), unit_price=line.gross, tax_rate=NOT_APPLICABLE, vat=ZERO
    )


def check_vat(
    item: Item, line: ItemLine, field: str, reference_data: ReferenceData
) -> Iterator[Finding]:
    """Yield what is known about the VAT of a line; `field` is "lines.2" for the second."""
    if line.tax_rate is not None and is_fraction(line.tax_rate):
        yield from _fraction(line.tax_rate, f"{field}.tax_rate", reference_data)
    elif reference_data.settings.publish_tax_data:
        if not (is_reversed(item) and not line.vat):  # what to do about that is said once
            yield from _tax(item, line, f"{field}.tax_rate", reference_data)
    elif item.total is None and ListName.TAX_RATES not in reference_data.missing:
        yield from _rate_of_gross(item, line, f"{field}.tax_rate", reference_data)


def _fraction(rate: Decimal, field: str, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield that a rate looks like a fraction, whether or not tax data goes: it makes the gross."""
    if reference_data.knows_rate(rate):
        return
    meant = reference_data.rate_meant(rate)
    known = meant is not None and meant != rate
    yield Finding(
        code="E-TAX-RATE-FRACTION",
        sentence=f"Its tax rate is {show_tax_code(rate)}, which may be "
        f"{show_tax_code(meant if known else rate * 100)} written as a fraction.",
        cure="Give the rate as a percentage, such as 20.",
        field=field,
        key="use-percentage" if known else "choose-tax-rate",
        value=figures(meant) if known and meant is not None else "",
    )


def _rate_of_gross(
    item: Item, line: ItemLine, field: str, reference_data: ReferenceData
) -> Iterator[Finding]:
    """Yield what is wrong with the rate that made the gross, where the VAT itself does not go.

    Only where nothing else vouches for the gross, as a file's total does.
    """
    rate = line.tax_rate
    if rate is None:
        return
    gross, vat = shown(line.gross, item.currency), shown(line.vat, item.currency)
    if not reference_data.knows_rate(rate):
        yield Finding(
            code="E-TAX-RATE-UNKNOWN",
            sentence=f"KashFlow has no tax rate of {show_tax_code(rate)}, which makes its gross "
            f"{gross}.",
            cure=f"Choose one of {_rates(reference_data)}, or n/a; or leave it empty where its VAT "
            f"of {vat} is right.",
            field=field,
            key="choose-tax-rate",
        )
    elif not fits(line.net, line.vat, rate):
        yield Finding(
            code="W-TAX-MISMATCH",
            sentence=_mismatch(item, line, rate),
            cure=f"Look at the document; its gross of {gross} is what goes.",
            field=field,
        )


def _tax(
    item: Item, line: ItemLine, field: str, reference_data: ReferenceData
) -> Iterator[Finding]:
    """Yield what is known of a line's tax, which goes to KashFlow with it."""
    rate = reference_data.tax_rate(line, item.kind)
    net, vat = shown(line.net, item.currency), shown(line.vat, item.currency)
    if line.vat and _is_insurance(item, line, reference_data):
        yield Finding(
            code="W-INSURANCE-TAX",
            sentence=f"It has VAT of {vat} on insurance, which bears no VAT: its tax is insurance "
            "premium tax, which nobody reclaims.",
            cure="If the document says so, make that tax a part of the net amount, VAT n/a.",
            field=field,
            key="vat-in-net",
        )
    if rate is None:
        key, value, question = _split_of(item, line, reference_data)
        tax = " 12% is the rate of insurance premium tax, which is no VAT." if _at_12(line) else ""
        yield Finding(
            code="E-TAX-RATE-MISSING",
            sentence=f"VAT of {vat} on {net} fits none of the tax rates ({_rates(reference_data)})."
            f"{tax}",
            cure="Look at the document: give the tax rate; if it has several, make it several "
            f"lines, each with its VAT; what is no VAT belongs to the net amount.{question}",
            field=field,
            key=key or "choose-tax-rate",
            value=value,
        )
    elif not reference_data.knows_rate(rate):
        fitting = fitting_rate(line.net, line.vat, reference_data.rates)
        yield Finding(
            code="E-TAX-RATE-UNKNOWN",
            sentence=f"KashFlow has no tax rate of {show_tax_code(rate)}.",
            cure=f"Choose one of {_rates(reference_data)}, or n/a; the VAT of another country is a "
            "part of the net amount.",
            field=field,
            key="choose-tax-rate" if fitting is None else "use-tax-rate",
            value="" if fitting is None else figures(fitting),
        )
    elif not fits(line.net, line.vat, rate):
        yield _against_rate(item, line, rate, field, reference_data)
    elif line.tax_rate is None and not line.vat and rate != reference_data.default_rate(item.kind):
        yield Finding(
            code="W-TAX-NOT-SAID",
            sentence="No tax rate is given and there is no VAT, so it goes with VAT n/a.",
            cure="Give the rate if it is zero-rated (0%), or a default tax code in Settings.",
            field=field,
            key="choose-tax-rate",
        )


def _against_rate(
    item: Item, line: ItemLine, rate: Decimal, field: str, reference_data: ReferenceData
) -> Finding:
    """Return that a line's VAT is not that of its rate, with a cure where the amounts have one."""
    vat = shown(line.vat, item.currency)
    if not line.vat:
        return Finding(
            code="E-TAX-NO-VAT",
            sentence=f"Its tax rate is {show_tax_code(rate)}, and it has no VAT.",
            cure="Look at the document: give the VAT that it charges; or the rate, 0% only where "
            "it is zero-rated and n/a where VAT does not apply. What is under the reverse charge "
            "is for KashFlow itself.",
            field=field,
            key="choose-tax-rate",
        )
    if not line.net and rate != NOT_APPLICABLE:
        return Finding(
            code="W-VAT-ALONE",
            sentence=f"It is VAT alone: {vat} on a net amount of nothing.",
            cure="Look whether it is a bill for import VAT; it goes with the VAT given.",
            field=field,
        )
    key, value, question = _cure_of(item, line, rate, reference_data)
    return Finding(
        code="W-TAX-MISMATCH",
        sentence=_mismatch(item, line, rate),
        cure=f"Look at the document; it goes with the VAT given.{question}",
        field=field,
        key=key,
        value=value,
    )


def _cure_of(
    item: Item, line: ItemLine, rate: Decimal, reference_data: ReferenceData
) -> tuple[str, str, str]:
    """Return the act that makes the line's VAT right, its value, and what it asks.

    Another rate where the VAT is that of one; two lines where the item says that there are two
    rates; other VAT where it does not contradict the total.
    """
    fitting = fitting_rate(line.net, line.vat, reference_data.rates)
    if fitting is not None:
        return "use-tax-rate", figures(fitting), ""
    split = _split_of(item, line, reference_data)
    if split[0]:
        return split
    expected = vat_of(line.net, rate)
    if item.total is None or item.gross - line.vat + expected == item.total:
        question = f" Does it say VAT of {shown(expected, item.currency)}? Then use that."
        return "use-vat", decimal_text(expected), question
    return "choose-tax-rate", "", ""


_TWO_RATES = re.compile(
    r"zero[\s-]*rated|\b0\s?%|\bmixed\b|\bpart(?:ly)?\b[^.;]{0,20}\bvat\b", re.IGNORECASE
)


def _split_of(item: Item, line: ItemLine, reference_data: ReferenceData) -> tuple[str, str, str]:
    """Return the split into a taxed and a zero-rated line, its rate and its question, or nothing.

    Nearly any VAT is that of some part of the net, so the item has to say that a part was untaxed.
    """
    texts = (item.tax_name, item.note, line.description)
    if Decimal(0) not in reference_data.rates or not any(map(_TWO_RATES.search, texts)):
        return "", "", ""
    said = line.tax_rate
    for rate in [said] if said else sorted(reference_data.rates, reverse=True):
        part = taxed_part(line.net, line.vat, rate)
        if part is not None:
            on, rest = shown(part, item.currency), shown(line.net - part, item.currency)
            question = (
                f" Does it say that {on} is at {show_tax_code(rate)} and {rest} zero-rated? Then "
                "make it two lines."
            )
            return "split", figures(rate), question
    return "", "", ""


def _mismatch(item: Item, line: ItemLine, rate: Decimal) -> str:
    expected = shown(vat_of(line.net, rate), item.currency)
    net, vat = shown(line.net, item.currency), shown(line.vat, item.currency)
    return f"VAT at {show_tax_code(rate)} of {net} would be {expected}, not {vat}."


def _rates(reference_data: ReferenceData) -> str:
    return ", ".join(show_tax_code(one) for one in sorted(reference_data.rates))


_INSURANCE = re.compile(r"\b(?:insurance|insurers?|ipt)\b", re.IGNORECASE)


def _is_insurance(item: Item, line: ItemLine, reference_data: ReferenceData) -> bool:
    """Tell whether a British line says that it is for insurance."""
    if reference_data.home_currency != "GBP" or item.currency != "GBP":
        return False
    categories = reference_data.categories(line.category, item.kind)
    names = [one.name for one in categories] or [line.category]
    return any(
        _INSURANCE.search(text) for text in (item.tax_name, item.contact, line.description, *names)
    )


def _at_12(line: ItemLine) -> bool:
    """Tell whether the VAT is 12%, the rate of insurance premium tax."""
    return bool(line.vat) and line.vat == pennies(line.net * 12 / 100)
