"""What can be known to be wrong with an item before it is sent.

Pure: an item and what is known of the books go in, findings come out, and a finding is gone the
moment it is mended. `E-...` codes hold an item back, `W-...` codes only tell. A finding's `field`
is the item's field, or `lines.2.category` for its second line. What lies outside the item, its
files and what looks like it, is looked at by `file_checks` and `doubles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kfclient.desk.business.list_names import ListName
from kfclient.desk.check.bookkeeping import Books
from kfclient.desk.check.contacts import check_contact
from kfclient.desk.check.currencies import check_currency
from kfclient.desk.check.dates import check_dates
from kfclient.desk.check.lines import check_line
from kfclient.desk.check.payments import check_payment
from kfclient.desk.inbox.item import Finding, Item, Kind
from kfclient.money import shown

TOTAL_MISSING = "E-TOTAL-MISSING"
"""What an import remembers of an item for which the file had no total."""

PUBLISH_TAX = "publish-tax"
"""The act that switches tax data on for the business."""

# What XML 1.0 has no place for.
ODD = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check(item: Item, books: Books) -> tuple[Finding, ...]:
    """Return everything known about the item, stops and warnings, in the order of its fields."""
    findings = [*_remembered(item), *check_dates(item, books), *_own(item)]
    stops = [*_unsynced(item, books)]
    if stops:
        return (*stops, *findings)
    findings += check_contact(item, books)
    findings += check_currency(item, books)
    findings += check_payment(item, books)
    for number, line in enumerate(item.lines, start=1):
        findings += check_line(item, line, f"lines.{number}", books)
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
    yield Finding(
        code=problem.code,
        sentence=problem.sentence,
        cure=problem.cure,
        field="amount",
        key="" if problem.code == TOTAL_MISSING else "keep-lines",
    )


def _own(item: Item) -> Iterator[Finding]:
    """Yield what the item says of itself."""
    if item.total is not None and item.lines and item.total != item.gross:
        yield Finding(
            code="W-LINES-TOTAL",
            sentence=f"Its lines come to {shown(item.gross, item.currency)}, and the file said "
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
    if not item.gross and not (item.problem and item.problem.code == TOTAL_MISSING):
        yield Finding(
            code="E-AMOUNT-ZERO",
            sentence="It comes to nothing." if item.lines else "It has no lines yet.",
            cure="Fill in the amount.",
            field="amount",
        )
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
    if books.is_foreign(item) or item.bank_account:
        needed.add(ListName.BANK_ACCOUNTS)  # currencies and payment methods come with them
    missing = [name.value.replace("-", " ") for name in ListName if name in needed & books.missing]
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
