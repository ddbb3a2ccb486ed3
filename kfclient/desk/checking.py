"""What can be known to be wrong with an item before it is sent.

Pure: an item and what is known of the books go in, findings come out, and a finding is gone the
moment it is mended. `E-...` codes hold an item back, `W-...` codes only tell. A finding's `field`
is the item's field, or `lines.2.category` for its second line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfclient.dates import shown_date
from kfclient.desk.bookkeeping import PROJECT_ACTIVE, Books
from kfclient.desk.item import Finding, Item, ItemLine, Kind
from kfclient.desk.list_names import ListName
from kfclient.desk.settings import show_tax_code
from kfclient.desk.taxes import fits, vat_of
from kfclient.money import shown

TOTAL_MISSING = "E-TOTAL-MISSING"
"""What an import remembers of an item for which the file had no total."""

# What XML 1.0 has no place for.
_ODD = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check(item: Item, books: Books) -> tuple[Finding, ...]:
    """Return everything known about the item, stops and warnings, in the order of its fields."""
    findings = [*_remembered(item), *_own(item, books)]
    stops = [*_unsynced(item, books)]
    if stops:
        return (*stops, *findings)
    findings += _contact(item, books)
    findings += _currency(item, books)
    for number, line in enumerate(item.lines, start=1):
        findings += _line(item, line, f"lines.{number}", books)
    if not books.settings.publish_tax_data:
        findings += _tax_off(item)
    return tuple(findings)


def _remembered(item: Item) -> Iterator[Finding]:
    """Yield what the import left for a person to settle; saving the item settles it."""
    problem = item.problem
    if problem is None or not problem.code.startswith("E-"):
        return
    if problem.code == TOTAL_MISSING and item.gross:
        return  # it has been filled in, and only has to be saved
    yield Finding(code=problem.code, sentence=problem.sentence, cure=problem.cure, field="amount")


def _own(item: Item, books: Books) -> Iterator[Finding]:
    """Yield what the item says of itself."""
    if item.date is None:
        yield Finding(
            code="E-DATE-MISSING", sentence="It has no date.", cure="Give it one.", field="date"
        )
    elif item.date > books.today:
        yield Finding(
            code="W-DATE-FUTURE",
            sentence=f"Its date, {shown_date(item.date)}, is still to come.",
            cure="Look whether the day and the month are the right way round.",
            field="date",
        )
    if item.date and item.due_date and item.due_date < item.date:
        yield Finding(
            code="W-DUE-BEFORE-DATE",
            sentence=f"It is due on {shown_date(item.due_date)}, before its date.",
            cure="Correct one of the two dates.",
            field="due_date",
        )
    if not item.reference and item.document != "receipt":  # a till receipt has none
        yield Finding(
            code="W-REFERENCE-MISSING",
            sentence="It has no reference, so a duplicate of it is harder to notice.",
            cure="Give the number on the document, where it has one.",
            field="reference",
        )
    if not item.gross and not (item.problem and item.problem.code == TOTAL_MISSING):
        yield Finding(
            code="E-AMOUNT-ZERO",
            sentence="It comes to nothing." if item.lines else "It has no lines yet.",
            cure="Fill in the amount.",
            field="amount",
        )
    texts = [("contact", item.contact), ("reference", item.reference)]
    texts += [(f"lines.{n}.description", line.description) for n, line in enumerate(item.lines, 1)]
    for field, text in texts:
        if _ODD.search(text):
            yield Finding(
                code="E-TEXT-ODD",
                sentence="A text has characters that KashFlow cannot take.",
                cure="Type the text again.",
                field=field,
            )


def _unsynced(item: Item, books: Books) -> Iterator[Finding]:
    """Yield why the item cannot be compared with KashFlow's lists yet."""
    if not books.connected:
        yield Finding(
            code="E-NOT-CONNECTED",
            sentence="This business is not connected to KashFlow.",
            cure="Connect it; an Admin can.",
        )
    needed = {ListName.CHART, ListName.CUSTOMERS if item.kind is Kind.SALE else ListName.SUPPLIERS}
    if books.settings.publish_tax_data:
        needed.add(ListName.TAX_RATES)
    if any(line.project for line in item.lines):
        needed.add(ListName.PROJECTS)
    if books.is_foreign(item):
        needed.add(ListName.BANK_ACCOUNTS)  # the currencies come with them
    missing = [name.value.replace("-", " ") for name in ListName if name in needed & books.missing]
    if missing:
        yield Finding(
            code="E-LISTS-MISSING",
            sentence=f"Not synced from KashFlow yet: {', '.join(missing)}.",
            cure="Sync, then look again.",
        )


def _contact(item: Item, books: Books) -> Iterator[Finding]:
    """Yield whether KashFlow knows the supplier, customer or person."""
    word = "customer" if item.kind is Kind.SALE else "supplier"
    if not item.contact and not item.contact_code:
        whose = "person" if item.kind is Kind.CLAIM else word
        yield Finding(
            code="E-CONTACT-MISSING",
            sentence=f"It has no {whose}.",
            cure=f"Choose the {whose}.",
            field="contact",
        )
        return
    found = books.contacts(item)
    if len(found) > 1:
        codes = ", ".join(sorted(one.code for one in found if one.code))
        yield Finding(
            code=f"E-{word.upper()}-AMBIGUOUS",
            sentence=f"KashFlow has {len(found)} {word}s called {item.contact}.",
            cure=f"Choose one of them by its code: {codes}.",
            field="contact",
        )
    elif not found and item.contact_code:
        yield Finding(
            code=f"E-{word.upper()}-UNKNOWN",
            sentence=f"KashFlow has no {word} with the code {item.contact_code}.",
            cure=f"Choose the {word} again.",
            field="contact",
        )
    elif not found:
        yield Finding(
            code=f"W-{word.upper()}-NEW",
            sentence=f"KashFlow has no {word} called {item.contact}.",
            cure=f"It is created when you publish, once you have agreed; or choose another {word}.",
            field="contact",
        )


def _currency(item: Item, books: Books) -> Iterator[Finding]:
    """Yield whether KashFlow can take the currency."""
    if not books.is_foreign(item):
        return
    known = books.currencies.get(item.currency)
    if not item.currency:
        yield Finding(
            code="E-CURRENCY-UNKNOWN",
            sentence="It has no currency.",
            cure=f"Give one, such as {books.home_currency}.",
            field="currency",
        )
    elif known is None:
        yield Finding(
            code="E-CURRENCY-UNKNOWN",
            sentence=f"{item.currency} is not switched on in KashFlow.",
            cure="Correct it; or add the currency in KashFlow, then sync.",
            field="currency",
        )
    if item.exchange_rate is None or item.exchange_rate <= 0:
        hint = ""
        if known is not None and known.exchange_rate > 0:
            rate = f"{known.exchange_rate.normalize():f}"
            hint = f"; KashFlow's own is {rate} {item.currency} to 1 {books.home_currency}"
        yield Finding(
            code="E-RATE-MISSING",
            sentence=f"It is in {item.currency or 'no currency'} and has no exchange rate.",
            cure=f"Give the rate of the day{hint}.",
            field="exchange_rate",
        )


def _line(item: Item, line: ItemLine, field: str, books: Books) -> Iterator[Finding]:
    """Yield what is known about one line."""
    yield from _category(item, line, f"{field}.category", books)
    if line.project:
        yield from _project(line, f"{field}.project", books)
    if books.settings.publish_tax_data:
        yield from _tax(item, line, f"{field}.tax_rate", books)


def _category(item: Item, line: ItemLine, field: str, books: Books) -> Iterator[Finding]:
    if not line.category:
        yield Finding(
            code="E-CATEGORY-MISSING",
            sentence="It has no category.",
            cure="Choose one of the chart of accounts.",
            field=field,
        )
        return
    found = books.categories(line.category, item.kind)
    if not found:
        yield Finding(
            code="E-CATEGORY-UNKNOWN",
            sentence=f"The chart of accounts has no category {line.category}.",
            cure="Choose another, or add it in KashFlow and sync.",
            field=field,
        )
    elif len(found) > 1:
        codes = ", ".join(str(one.code) for one in found)
        yield Finding(
            code="E-CATEGORY-AMBIGUOUS",
            sentence=f"{len(found)} categories are called {line.category}.",
            cure=f"Choose one of them by its code: {codes}.",
            field=field,
        )
    elif found[0].archived:
        yield Finding(
            code="E-CATEGORY-ARCHIVED",
            sentence=f"The category {found[0].code} {found[0].name} is archived in KashFlow.",
            cure="Choose another, or bring it back in KashFlow and sync.",
            field=field,
        )


def _project(line: ItemLine, field: str, books: Books) -> Iterator[Finding]:
    found = books.projects(line.project)
    if len(found) != 1:
        many = f"{len(found)} projects are" if found else "No project is"
        yield Finding(
            code="E-PROJECT-AMBIGUOUS" if found else "E-PROJECT-UNKNOWN",
            sentence=f"{many} called {line.project} in KashFlow.",
            cure="Choose one by its number." if found else "Choose another, or none.",
            field=field,
        )
    elif found[0].status != PROJECT_ACTIVE:
        yield Finding(
            code="W-PROJECT-FINISHED",
            sentence=f"The project {found[0].name} is finished or archived in KashFlow.",
            cure="Look whether it is the one meant.",
            field=field,
        )


def _tax(item: Item, line: ItemLine, field: str, books: Books) -> Iterator[Finding]:
    """Yield what is known of a line's tax, which goes to KashFlow with it."""
    rate = books.tax_rate(line, item.kind)
    net, vat = shown(line.net, item.currency), shown(line.vat, item.currency)
    rates = ", ".join(show_tax_code(one) for one in sorted(books.rates))
    if rate is None:
        yield Finding(
            code="E-TAX-RATE-MISSING",
            sentence=f"VAT of {vat} on {net} fits none of the tax rates ({rates}).",
            cure="Give the tax rate; if the document has several, make it several lines.",
            field=field,
        )
    elif not books.knows_rate(rate):
        yield Finding(
            code="E-TAX-RATE-UNKNOWN",
            sentence=f"KashFlow has no tax rate of {show_tax_code(rate)}.",
            cure=f"Choose one of {rates}, or n/a.",
            field=field,
        )
    elif not fits(line.net, line.vat, rate):
        expected = shown(vat_of(line.net, rate), item.currency)
        yield Finding(
            code="W-TAX-MISMATCH",
            sentence=f"VAT at {show_tax_code(rate)} of {net} would be {expected}, not {vat}.",
            cure="Look at the document; it goes with the VAT given.",
            field=field,
        )
    elif line.tax_rate is None and not line.vat and rate != books.default_rate(item.kind):
        yield Finding(
            code="W-TAX-NOT-SAID",
            sentence="No tax rate is given and there is no VAT, so it goes with VAT n/a.",
            cure="Give the rate if it is zero-rated (0%), or a default tax code in Settings.",
            field=field,
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
        )
