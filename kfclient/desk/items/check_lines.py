"""What can be known to be wrong with an item's lines, its dates and its files.

A line's category and its project, with its VAT; dates by themselves and against
locked periods; files before they are sent.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from kfclient.dates import shown_date
from kfclient.desk.items.exchange_rates import in_home
from kfclient.desk.items.reference import (
    PROJECT_ACTIVE,
    ReferenceData,
    fits,
    fitting_rate,
    is_fraction,
    side_of_nominal,
    taxed_part,
    vat_of,
)
from kfclient.desk.model.item import Finding, Item, ItemLine
from kfclient.desk.model.list_names import ListName
from kfclient.desk.model.settings import NOT_APPLICABLE, show_tax_code
from kfclient.desk.model.sides import side_of
from kfclient.money import PENNY, ZERO, decimal_text, figures, pennies, shown
from kfclient.store.paths import expanded

# VAT: what the lines say of it, and what KashFlow will make of that.

AGREE = "agree"
"""The act by which a person lets an item through as it is; it asks first."""

# VAT that the customer accounts for, by what documents and other programs call it.

_REVERSED = re.compile(
    r"reverse[\s-]*charg|customer to (?:account|pay)\b.{0,30}\bvat|autoliquidation|btw verlegd"
    r"|steuerschuldnerschaft|inversi[oó]n del sujeto pasivo|inversione contabile"
    r"|postponed (?:import )?vat|postponed (?:vat )?accounting",
    re.IGNORECASE,
)
_NOT_BEFORE = re.compile(
    r"\b(?:no|not|non|without|outside)\b"
    r"(?:\s+(?:subject|liable|under|to|of|for|the|a|any|domestic|uk|eu)\b){0,5}[\s-]*$",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(
    r"^\w*[^.;\n]{0,12}\b(?:(?:does|do) not|doesn't|is not|not applicable|n/a)\b", re.IGNORECASE
)
_REVERSED_NAME = re.compile(
    r"\b(?:d?rc[0-9]{0,2}|rcsl?|pva|ec[gs]|ec (?:acquisitions?|goods|services|purchases?))\b",
    re.IGNORECASE,
)


def is_reversed(item: Item) -> bool:
    """Tell whether the item says that its VAT is for the customer to account for."""
    if item.tax_name and _REVERSED_NAME.search(item.tax_name):
        return True
    texts = (item.tax_name, item.note, *(line.description for line in item.lines))
    if not _REVERSED.search("\n".join(texts)):
        return False  # as nearly always
    return any(
        not _NOT_BEFORE.search(text[: match.start()]) and not _NOT_AFTER.search(text[match.end() :])
        for text in texts
        for match in _REVERSED.finditer(text)
    )


def check_reversed(item: Item, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield what to do with an item that `is_reversed`, which KashFlow's API is not told of."""
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
    item: Item, line: ItemLine, field: str, reference_data: ReferenceData, *, reverse: bool = False
) -> Iterator[Finding]:
    """Yield what is known about the VAT of a line; `field` is "lines.2" for the second.

    `reverse` says that the item is under the reverse charge, which has been said of all of it.
    """
    if line.tax_rate is not None and is_fraction(line.tax_rate):
        yield from _fraction(line.tax_rate, f"{field}.tax_rate", reference_data)
    elif reference_data.settings.publish_tax_data:
        if line.vat or not reverse:
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
        if line.vat and fitting_rate(line.net, line.vat, reference_data.rates) is None:
            net, vat = shown(line.net, item.currency), shown(line.vat, item.currency)
            yield Finding(
                code="W-TAX-RATE-MISSING",
                sentence=f"VAT of {vat} on {net} fits none of the tax rates "
                f"({_rates(reference_data)}).",
                cure=f"Look at the document; its gross of {shown(line.gross, item.currency)} is "
                "what goes.",
                field=field,
            )
        return
    if not reference_data.knows_rate(rate):
        gross, vat = shown(line.gross, item.currency), shown(line.vat, item.currency)
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
            cure=f"Look at the document; its gross of {shown(line.gross, item.currency)} is what "
            "goes.",
            field=field,
        )


def _tax(
    item: Item, line: ItemLine, field: str, reference_data: ReferenceData
) -> Iterator[Finding]:
    """Yield what is known of a line's tax, which goes to KashFlow with it."""
    rate = reference_data.tax_rate(line, item.kind)
    if line.vat and _is_insurance(item, line, reference_data):
        vat = shown(line.vat, item.currency)
        yield Finding(
            code="W-INSURANCE-TAX",
            sentence=f"It has VAT of {vat} on insurance, which bears no VAT: its tax is insurance "
            "premium tax, which nobody reclaims.",
            cure="If the document says so, make that tax a part of the net amount, VAT n/a.",
            field=field,
            key="vat-in-net",
        )
    if rate is None:
        net, vat = shown(line.net, item.currency), shown(line.vat, item.currency)
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


# A line, a date, a file.


def check_line(
    item: Item, line: ItemLine, field: str, reference_data: ReferenceData, *, reverse: bool = False
) -> Iterator[Finding]:
    """Yield what is known about one line; `field` is "lines.2" for the second.

    With `reverse` the item is under the reverse charge, which has been said of all of it.
    """
    yield from reference_data.said_of(
        ("category", item.kind, line.category, field),
        lambda: _category(item, line, f"{field}.category", reference_data),
    )
    if line.project:
        yield from _project(line, f"{field}.project", reference_data)
    yield from check_vat(item, line, field, reference_data, reverse=reverse)


def _category(
    item: Item, line: ItemLine, field: str, reference_data: ReferenceData
) -> Iterator[Finding]:
    choose = "choose-category"
    if not line.category:
        yield Finding(
            code="E-CATEGORY-MISSING",
            sentence="It has no category.",
            cure="Choose one of the chart of accounts.",
            field=field,
            key=choose,
        )
        return
    found = reference_data.categories(line.category, item.kind)
    if not found:
        yield Finding(
            code="E-CATEGORY-UNKNOWN",
            sentence=f"The chart of accounts has no category {line.category}.",
            cure="Choose another, or add it in KashFlow and sync.",
            field=field,
            key=choose,
        )
    elif len(found) > 1:
        codes = ", ".join(str(one.code) for one in found)
        yield Finding(
            code="E-CATEGORY-AMBIGUOUS",
            sentence=f"{len(found)} categories are called {line.category}.",
            cure=f"Choose one of them by its code: {codes}.",
            field=field,
            key=choose,
        )
    elif found[0].archived:
        yield Finding(
            code="E-CATEGORY-ARCHIVED",
            sentence=f"The category {found[0].code} {found[0].name} is archived in KashFlow.",
            cure="Choose another, or bring it back in KashFlow and sync.",
            field=field,
            key=choose,
        )
    elif not reference_data.settings.any_category:
        mine, its = side_of(item.kind), side_of_nominal(found[0])
        if its not in (None, mine):
            yield Finding(
                code="E-CATEGORY-KIND",
                sentence=f"The category {found[0].code} {found[0].name} is for {its.ledger}, "
                f"and this goes to {mine.ledger}.",
                cure=f"Choose one for {mine.ledger}; where KashFlow lets you use all codes "
                "everywhere, switch on Any category in Settings.",
                field=field,
                key=choose,
            )


def _project(line: ItemLine, field: str, reference_data: ReferenceData) -> Iterator[Finding]:
    found = reference_data.projects(line.project)
    if len(found) != 1:
        many = f"{len(found)} projects are" if found else "No project is"
        yield Finding(
            code="E-PROJECT-AMBIGUOUS" if found else "E-PROJECT-UNKNOWN",
            sentence=f"{many} called {line.project} in KashFlow.",
            cure="Choose one by its number." if found else "Choose another, or none.",
            field=field,
            key="choose-project",
        )
    elif found[0].status != PROJECT_ACTIVE:
        yield Finding(
            code="W-PROJECT-FINISHED",
            sentence=f"The project {found[0].name} is finished or archived in KashFlow.",
            cure="Look whether it is the one meant.",
            field=field,
            key="choose-project",
        )


# What can be known to be wrong with an item's dates.

OLD_DAYS = 366
"""An item older than a year is worth a second look: the year is easily mistyped in January."""


def check_dates(item: Item, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield what is known of the item's date, its due date and the date of its payment."""
    if item.date is None:
        yield Finding(
            code="E-DATE-MISSING", sentence="It has no date.", cure="Give it one.", field="date"
        )
    else:
        yield from _date(item.date, reference_data)
    if item.date and item.due_date and item.due_date < item.date:
        yield Finding(
            code="W-DUE-BEFORE-DATE",
            sentence=f"It is due on {shown_date(item.due_date)}, before its date.",
            cure="Correct one of the two dates; without a due date, the usual terms apply.",
            field="due_date",
            key="clear-due-date",
        )
    if item.bank_account and item.paid_on is not None and item.paid_on != item.date:
        yield from _paid_on(item.paid_on, reference_data)


def _date(date: dt.date, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield whether the date is in a closed period, to come, or long ago."""
    locked = reference_data.settings.locked_until
    if locked is not None and date <= locked:
        yield Finding(
            code="E-DATE-LOCKED",
            sentence=f"Its date, {shown_date(date)}, is in a closed period: the books are locked "
            f"until {shown_date(locked)}.",
            cure="Correct the date, or give the day on which it enters the books; an Admin can "
            "move Locked until in Settings.",
            field="date",
        )
    if date > reference_data.today:
        yield _slip(
            date,
            reference_data,
            "W-DATE-FUTURE",
            f"Its date, {shown_date(date)}, is still to come.",
        )
    elif (reference_data.today - date).days > OLD_DAYS:
        yield _slip(
            date,
            reference_data,
            "W-DATE-OLD",
            f"Its date, {shown_date(date)}, is more than a year ago.",
        )


def _slip(date: dt.date, reference_data: ReferenceData, code: str, sentence: str) -> Finding:
    """Return the finding, with the date that it is with day and month changed, where that fits."""
    turned = None
    if date.day <= 12 and date.day != date.month:
        turned = date.replace(month=date.day, day=date.month)
    if turned is None or not 0 <= (reference_data.today - turned).days <= OLD_DAYS:
        return Finding(
            code=code, sentence=sentence, cure="Look whether the year is right.", field="date"
        )
    return Finding(
        code=code,
        sentence=sentence,
        cure=f"Look whether day and month are the right way round: {shown_date(turned)}?",
        field="date",
        key="use-date",
        value=turned.isoformat(),
    )


def _paid_on(date: dt.date, reference_data: ReferenceData) -> Iterator[Finding]:
    locked = reference_data.settings.locked_until
    if locked is not None and date <= locked:
        yield Finding(
            code="E-PAID-LOCKED",
            sentence=f"It was paid on {shown_date(date)}, in a closed period: the books are locked "
            f"until {shown_date(locked)}.",
            cure="Correct the date of the payment; an Admin can move Locked until in Settings.",
            field="paid_on",
        )
    if date > reference_data.today:
        yield Finding(
            code="W-PAID-FUTURE",
            sentence=f"Its payment is dated {shown_date(date)}, which is still to come.",
            cure="Correct the date of the payment.",
            field="paid_on",
        )


# What can be known to be wrong with an item's files before they are sent.
#
# KashFlow does not publish what it takes: .xls is refused (kashflow.ideas.aha.io/ideas/KF-I-6458),
# pictures have previews there, and ASP.NET's limit of 4 MB a request leaves 3 MB for a file.

LARGEST = 3_000_000
"""The most bytes of one file: a third more as it is sent, and the request's own words."""

REFUSED = frozenset({".xls"})
TAKEN = frozenset(
    {".pdf", ".txt", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp", ".csv", ".doc",
     ".docx", ".xlsx", ".htm", ".html", ".eml", ".zip", ".heic"}
)  # fmt: skip

_MB = 1_000_000


def check_files(item: Item) -> tuple[Finding, ...]:
    """Return what is wrong with the item's files, looked at as they are now."""
    return tuple(found for path in dict.fromkeys(item.files) for found in _file(path))


def _file(path: str) -> Iterator[Finding]:
    place = expanded(path)
    kind = place.suffix.casefold()
    try:
        size = place.stat().st_size if place.is_file() else None
    except (OSError, ValueError):
        size = None
    if size is None:
        yield _finding("E-FILE-MISSING", f"The file {path} is not there, or cannot be read.", path)
    elif not size:
        yield _finding("E-FILE-EMPTY", f"The file {place.name} is empty.", path)
    elif size > LARGEST:
        yield _finding(
            "E-FILE-TOO-LARGE",
            f"The file {place.name} has {size / _MB:.1f} MB; KashFlow takes about 3.",
            path,
        )
    if kind in REFUSED:
        yield _finding("E-FILE-TYPE", f"KashFlow takes no {kind} files: {place.name}.", path)
    elif kind not in TAKEN:
        yield Finding(
            code="W-FILE-TYPE",
            sentence=f"Whether KashFlow takes {kind or 'files without an ending'} is not known: "
            f"{place.name}.",
            cure="If it is refused, the document is there without it, and a PDF can follow.",
            field="files",
            key="take-out-file",
            value=path,
        )


def _finding(code: str, sentence: str, path: str) -> Finding:
    return Finding(
        code=code,
        sentence=sentence,
        cure="Choose another file (a PDF is best), or take it out.",
        field="files",
        key="take-out-file",
        value=path,
    )
