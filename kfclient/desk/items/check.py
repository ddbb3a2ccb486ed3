"""What can be known to be wrong with an item before it is sent.

Pure: an item and what is known of the books go in, findings come out, and a finding is gone the
moment it is mended. `E-...` codes hold an item back, `W-...` codes only warn. A finding's `field`
is the item's field, or `lines.2.category` for its second line. Contact, currency and payment are
checked here, lines, dates and files by `check_lines`; what looks like the item by `duplicates`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from kfclient.api.records import Currency
from kfclient.desk.items.check_lines import (
    AGREE,
    check_dates,
    check_line,
    check_reversed,
    check_stated,
    is_reversed,
    with_rate,
)
from kfclient.desk.items.exchange_rates import rate_words, turned
from kfclient.desk.items.reference import ReferenceData
from kfclient.desk.model.business import ProblemNote
from kfclient.desk.model.item import Finding, Item, Kind
from kfclient.desk.model.list_names import ListName
from kfclient.desk.model.settings import show_tax_code
from kfclient.desk.model.sides import side_of
from kfclient.money import figures, shown

# Whether KashFlow knows the supplier, the customer or the person of an item.


SHORTEST_NAME = 2
"""The fewest characters of a supplier's or customer's name that KashFlow takes."""


def check_contact(item: Item, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield what is known of whom the item is from or for."""
    word = side_of(item.kind).contact
    choose = f"choose-{word}"
    if not item.contact and not item.contact_code:
        whose = "person" if item.kind is Kind.CLAIM else word
        yield Finding(
            code="E-CONTACT-MISSING",
            sentence=f"It has no {whose}.",
            cure=f"Choose the {whose}.",
            field="contact",
            key=choose,
        )
        return
    found = reference_data.contacts(item)
    if len(found) > 1:
        codes = ", ".join(sorted(one.code for one in found if one.code))
        yield Finding(
            code=f"E-{word.upper()}-AMBIGUOUS",
            sentence=f"KashFlow has {len(found)} {word}s called {item.contact}.",
            cure=f"Choose one of them by its code: {codes}.",
            field="contact",
            key=choose,
        )
    elif not found and item.contact_code:
        yield Finding(
            code=f"E-{word.upper()}-UNKNOWN",
            sentence=f"KashFlow has no {word} with the code {item.contact_code}.",
            cure=f"Choose the {word} again.",
            field="contact",
            key=choose,
        )
    elif not found and len(item.contact.strip()) < SHORTEST_NAME:
        yield Finding(
            code=f"E-{word.upper()}-SHORT",
            sentence=f"KashFlow has no {word} called {item.contact}, and takes no name of one "
            "character.",
            cure=f"Give the whole name, or choose the {word}.",
            field="contact",
            key=choose,
        )
    elif not found:
        yield Finding(
            code=f"W-{word.upper()}-NEW",
            sentence=f"KashFlow has no {word} called {item.contact}.",
            cure=f"It is created when you publish, once you have agreed; or choose another {word}.",
            field="contact",
            key=f"create-{word}",
        )
        yield from _nearly(item, word, reference_data)


def _nearly(item: Item, word: str, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield that there is one of nearly the same name, which a new one would be a twin of."""
    near = reference_data.twins(side_of(item.kind)).called(item.contact)
    if not near:
        return
    names = " and ".join(f"{one.name} ({one.code})" if one.code else one.name for one in near[:3])
    alone = len(near) == 1 and near[0].code
    yield Finding(
        code=f"W-{word.upper()}-NEARLY",
        sentence=f"KashFlow has {names}, which may be the same {word} as {item.contact}.",
        cure=f"If it is, choose that {word}; creating a new one would make two of one.",
        field="contact",
        key=f"use-{word}" if alone else f"choose-{word}",
        value=near[0].code if alone else "",
    )


# Whether KashFlow can take an item's currency, and whether its exchange rate can be right.

FAR = Decimal("0.2")
"""How far from KashFlow's own rate, as a part of it, an exchange rate is worth a second look."""


def check_currency(item: Item, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield what is known of a foreign item's currency and rate."""
    if not reference_data.is_foreign(item):
        return
    known = reference_data.currencies.get(item.currency)
    if not item.currency:
        yield Finding(
            code="E-CURRENCY-UNKNOWN",
            sentence="It has no currency.",
            cure=f"Give one, such as {reference_data.home_currency}.",
            field="currency",
            key="use-currency",
            value=reference_data.home_currency,
        )
    elif known is None:
        yield Finding(
            code="E-CURRENCY-UNKNOWN",
            sentence=f"{item.currency} is not switched on in KashFlow.",
            cure="Correct it; or add the currency in KashFlow, then sync.",
            field="currency",
            key="choose-currency",
        )
    rate = item.exchange_rate
    own = known.exchange_rate if known is not None else Decimal(0)
    if rate is None or rate <= 0:
        hint = f"; KashFlow's own is {_words(own, item, reference_data)}" if own > 0 else ""
        yield Finding(
            code="E-RATE-MISSING",
            sentence=f"It is in {item.currency or 'no currency'} and has no exchange rate.",
            cure=f"Give the rate of the day{hint}.",
            field="exchange_rate",
            key="use-exchange-rate" if own > 0 else "",
            value=figures(own) if own > 0 else "",
        )
    elif known is not None and own > 0:
        yield from _rate(item, rate, known, reference_data)


def _rate(
    item: Item, rate: Decimal, known: Currency, reference_data: ReferenceData
) -> Iterator[Finding]:
    """Yield that the rate is the wrong way round, or far from KashFlow's own."""
    own = known.exchange_rate
    if _close(rate, own):
        return
    upside_down = _close(turned(rate), own)
    better = turned(rate) if upside_down else own
    said = _words(rate, item, reference_data)
    yield Finding(
        code="W-RATE-UPSIDE-DOWN" if upside_down else "W-RATE-FAR",
        sentence=f"Its exchange rate says {said}; "
        + ("it looks the wrong way round." if upside_down else "KashFlow's own is far from that."),
        cure=f"Look whether it should be {_words(better, item, reference_data)}.",
        field="exchange_rate",
        key="use-exchange-rate",
        value=figures(better),
    )


def _close(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= other * FAR


def _words(rate: Decimal, item: Item, reference_data: ReferenceData) -> str:
    return rate_words(rate, item.currency, reference_data.home_currency)


# Whether the payment of an item that was paid can be recorded in KashFlow with it.

_UNPAID = "It goes without its payment, which can be recorded in KashFlow by hand."


def check_payment(item: Item, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield what keeps the payment from being recorded; the document can go all the same."""
    if not item.bank_account:
        if item.paid_on is not None:
            yield _finding(
                "W-BANK-ACCOUNT-MISSING",
                "It was paid, but does not say from which bank account.",
                "bank_account",
                "choose-bank-account",
            )
        return
    accounts = reference_data.bank_accounts(item.bank_account)
    if len(accounts) != 1:
        many = f"{len(accounts)} bank accounts" if accounts else "no bank account"
        yield _finding(
            "W-BANK-ACCOUNT-AMBIGUOUS" if accounts else "W-BANK-ACCOUNT-UNKNOWN",
            f"KashFlow has {many} called {item.bank_account}.",
            "bank_account",
            "choose-bank-account",
        )
    if not item.payment_method:
        yield _finding(
            "W-PAYMENT-METHOD-MISSING",
            "It was paid, but does not say by which payment method.",
            "payment_method",
            "choose-payment-method",
        )
        return
    methods = reference_data.payment_methods(item.payment_method, item.kind)
    if len(methods) != 1:
        many = f"{len(methods)} payment methods" if methods else "no payment method"
        yield _finding(
            "W-PAYMENT-METHOD-AMBIGUOUS" if methods else "W-PAYMENT-METHOD-UNKNOWN",
            f"KashFlow has {many} called {item.payment_method}.",
            "payment_method",
            "choose-payment-method",
        )


def _finding(code: str, sentence: str, field: str, key: str) -> Finding:
    word = "bank account" if field == "bank_account" else "payment method"
    return Finding(
        code=code, sentence=sentence, cure=f"{_UNPAID} Or choose the {word}.", field=field, key=key
    )


TOTAL_MISSING = "E-TOTAL-MISSING"
"""What an import remembers of an item for which the file had no total."""

RATE_READ = "W-TAX-RATE-READ"
"""What an item remembers of a tax rate that was read as another than was written."""

TOTALS_DIFFER = "E-TOTALS-DIFFER"
"""What an import remembers of an item that the file gives two totals."""

PUBLISH_TAX = "publish-tax"
"""The act that switches tax data on for the business."""

# What XML 1.0 has no place for.
ODD = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check(item: Item, reference_data: ReferenceData) -> tuple[Finding, ...]:
    """Return everything known about the item, stops and warnings, in the order of its fields."""
    findings = [*_remembered(item)] if item.problem is not None else []
    findings += check_dates(item, reference_data)
    findings += _own(item)
    if not reference_data.connected or reference_data.missing:
        stops = [*_unsynced(item, reference_data)]
        if stops:
            return (*stops, *findings)
    findings += reference_data.said_of(
        (item.kind, item.contact, item.contact_code), lambda: check_contact(item, reference_data)
    )
    if reference_data.is_foreign(item):
        findings += check_currency(item, reference_data)
    if item.bank_account or item.paid_on is not None:
        findings += check_payment(item, reference_data)
    reverse = is_reversed(item)
    if reverse:
        findings += check_reversed(item, reference_data)
    if item.stated_vat is not None:
        findings += check_stated(item, reference_data)
    for number, line in enumerate(item.lines, start=1):
        findings += check_line(item, line, f"lines.{number}", reference_data, reverse=reverse)
    if not reference_data.settings.publish_tax_data:
        findings += _tax_off(item)
    if not item.agreed:
        return tuple(findings)
    return tuple(_agreed(one) if one.code in item.agreed else one for one in findings)


def _agreed(finding: Finding) -> Finding:
    """Return a stop that a person has let through, as something to know."""
    return Finding(
        code=f"W-{finding.code.removeprefix('E-')}",
        sentence=f"{finding.sentence} Somebody has agreed to publish it so.",
        field=finding.field,
    )


def _remembered(item: Item) -> Iterator[Finding]:
    """Yield what the import left for a person to settle; saving the item settles it."""
    problem = item.problem
    if problem is not None and problem.code == RATE_READ:
        yield Finding(
            code=RATE_READ, sentence=problem.sentence, cure=problem.cure, field="lines.1.tax_rate"
        )
    if problem is None or not problem.code.startswith("E-"):
        return
    if problem.code == TOTAL_MISSING and item.gross:
        return  # it has been filled in, and only has to be saved
    yield Finding(
        code=problem.code,
        sentence=problem.sentence,
        cure=problem.cure,
        field="amount",
        key="keep-lines" if problem.code == TOTALS_DIFFER else "",
    )


def as_meant(item: Item, reference_data: ReferenceData) -> Item:
    """Return the item with tax rates that were written as fractions as the percentages they are.

    It says so until a person has saved it. A gross that the file said stays as it is.
    """
    read = [reference_data.rate_meant(line.tax_rate) for line in item.lines]
    changed = {
        line.tax_rate: rate
        for line, rate in zip(item.lines, read, strict=True)
        if rate != line.tax_rate
    }
    if not changed:
        return item
    lines = tuple(
        line
        if rate is None or rate == line.tax_rate
        else with_rate(line, rate)
        if item.total is None
        else msgspec.structs.replace(line, tax_rate=rate)
        for line, rate in zip(item.lines, read, strict=True)
    )
    said = " and ".join(
        f"{figures(old)} was read as {show_tax_code(new)}" for old, new in changed.items() if old
    )
    note = ProblemNote(RATE_READ, f"Its tax rate of {said}.", "Look whether its VAT is right.")
    return msgspec.structs.replace(item, lines=lines, problem=item.problem or note)


def _own(item: Item) -> Iterator[Finding]:
    """Yield what the item says of itself."""
    if item.claimed:
        yield Finding(
            code="E-CLAIM-OPEN",
            sentence=f"It is on a claim of {item.claimed}, and on which cannot be told.",
            cure="Put it on its claim, with the others that belong to it (kashdeck claim).",
            field="contact",
            key="own-cost",
        )
    gross = item.gross
    if item.total is not None and item.lines and item.total != gross:
        yield Finding(
            code="W-LINES-TOTAL",
            sentence=f"Its lines come to {shown(gross, item.currency)}, and the file said "
            f"{shown(item.total, item.currency)}.",
            cure="Look at the document; the lines are what goes.",
            field="amount",
            key="keep-lines",
        )
    if not item.reference and item.document != "receipt":  # a till receipt has none
        yield Finding(
            code="W-REFERENCE-MISSING",
            sentence="It has no reference, so a duplicate of it is harder to notice.",
            cure="Give the number on the document, where it has one.",
            field="reference",
        )
    if not gross and not (item.problem and item.problem.code == TOTAL_MISSING):
        yield Finding(
            code="E-AMOUNT-ZERO",
            sentence="It comes to nothing." if item.lines else "It has no lines yet.",
            cure="Fill in the amount; or publish it as it is, where that is meant."
            if item.lines
            else "Fill in the amount.",
            field="amount",
            key=AGREE if item.lines else "",
            value="E-AMOUNT-ZERO" if item.lines else "",
        )
    said = "".join(line.description for line in item.lines)
    if f"{item.contact}{item.reference}{item.note}{said}".isprintable():
        return  # as nearly always
    texts = [("contact", item.contact), ("reference", item.reference), ("note", item.note)]
    texts += [(f"lines.{n}.description", line.description) for n, line in enumerate(item.lines, 1)]
    for field, text in texts:
        if ODD.search(text):
            yield Finding(
                code="E-TEXT-ODD",
                sentence="A text has characters that KashFlow cannot take.",
                cure="Type the text again, or have them taken out.",
                field=field,
                key="clean-text",
            )


def _unsynced(item: Item, reference_data: ReferenceData) -> Iterator[Finding]:
    """Yield why the item cannot be compared with KashFlow's lists yet."""
    if not reference_data.connected:
        yield Finding(
            code="E-NOT-CONNECTED",
            sentence="This business is not connected to KashFlow.",
            cure="Connect it; an Admin can.",
        )
    if not reference_data.missing:
        return
    needed = {ListName.CHART, side_of(item.kind).contacts}
    if reference_data.settings.publish_tax_data:
        needed.add(ListName.TAX_RATES)
    if any(line.project for line in item.lines):
        needed.add(ListName.PROJECTS)
    if reference_data.is_foreign(item) or item.bank_account:
        needed.add(ListName.BANK_ACCOUNTS)  # currencies and payment methods come with them
    missing = [
        name.value.replace("-", " ") for name in ListName if name in needed & reference_data.missing
    ]
    if missing:
        yield Finding(
            code="E-LISTS-MISSING",
            sentence=f"Not synced from KashFlow yet: {', '.join(missing)}.",
            cure="Sync, then look again.",
        )


def _tax_off(item: Item) -> Iterator[Finding]:
    """Yield what is lost while tax data is off, for the whole item."""
    if any(line.vat for line in item.lines):
        yield Finding(
            code="W-TAX-OFF",
            sentence=f"Tax data is off: {shown(item.gross, item.currency)} goes as a gross amount "
            f"with VAT n/a, without the VAT of {shown(item.vat, item.currency)}.",
            cure="To send the VAT, switch on Publish tax data in Settings.",
            field="tax",
            key=PUBLISH_TAX,
        )
