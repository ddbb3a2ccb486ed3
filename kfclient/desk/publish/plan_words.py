"""A plan in a bookkeeper's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kfclient.dates import shown_date
from kfclient.desk.business.settings import NOT_APPLICABLE, show_tax_code
from kfclient.desk.check.bookkeeping import Books
from kfclient.desk.check.exchange import booked, booked_words
from kfclient.desk.inbox.item import Item, ItemLine, Kind
from kfclient.desk.publish.followups import unpaid_because
from kfclient.money import figures, pennies, shown

if TYPE_CHECKING:
    from kfclient.api.records import InvoiceLine
    from kfclient.desk.publish.planning import PlannedItem

_LINES_TOLD = 3


def sentence_of(planned: PlannedItem, item: Item, books: Books) -> str:
    """Return what the document is, from whom, when, how much, and where it goes."""
    head = [_kind(planned, item)]
    if planned.invoice.customer_reference:
        head.append(f"ref {planned.invoice.customer_reference}")
    head.append(shown_date(planned.invoice.invoice_date))
    if planned.invoice.due_date != planned.invoice.invoice_date:
        head.append(f"due {shown_date(planned.invoice.due_date)}")
    lines = planned.invoice.lines
    told = [
        _line(line, sent, item, books)
        for line, sent in zip(item.lines[:_LINES_TOLD], lines, strict=False)
    ]
    if len(lines) > _LINES_TOLD:
        rest = len(lines) - _LINES_TOLD
        told.append(f"and {rest} more {'line' if rest == 1 else 'lines'}")
    if len(lines) > 1:
        told.append(f"{shown(planned.gross, item.currency)} in all")
    told = [f"{'; '.join(told)}{_in_home(planned, item, books)}"]
    told += [one.sentence for one in planned.followups]
    if unpaid := unpaid_because(item, books):
        told.append(f"NOT recorded as paid: {unpaid}")
    return f"{', '.join(head)}: {'; '.join(told)}"


def left_sentence_of(planned: PlannedItem) -> str:
    """Return what is left to do for a document that is in KashFlow already."""
    word = "invoice" if planned.kind is Kind.SALE else "purchase"
    told = "; ".join(one.sentence for one in planned.followups)
    return f"For {word} {planned.number} with {planned.contact}, already in KashFlow: {told}"


def tax_note_of(planned: Sequence[PlannedItem]) -> str:
    """Return what it means for these documents that tax data is off."""
    one = len(planned) == 1
    which = "this item goes" if one else f"these {len(planned)} items go"
    return (
        f"TAX DATA IS OFF: {which} to KashFlow gross, with VAT n/a. The VAT on "
        f"{'it' if one else 'them'} will not be in "
        "KashFlow, nor in its VAT return. An Admin can switch on Publish tax data in Settings."
    )


def _kind(planned: PlannedItem, item: Item) -> str:
    new = f" (new {planned.creates.kind})" if planned.creates is not None else ""
    negative = item.gross < 0
    if item.kind is Kind.CLAIM:
        return f"Expense claim of {planned.contact}{new}"
    if item.kind is Kind.SALE:
        return f"{'Credit note to' if negative else 'Sale to'} {planned.contact}{new}"
    return f"{'Credit note from' if negative else 'Purchase from'} {planned.contact}{new}"


def _line(line: ItemLine, sent: InvoiceLine, item: Item, books: Books) -> str:
    """Return one line: the amount, where it goes, its VAT, its project."""
    category = books.categories(line.category, item.kind)
    where = f"{category[0].code} {category[0].name}" if category else "no category"
    net = pennies(sent.quantity * sent.rate)
    words = f"{shown(net, item.currency)} to {where}, {_vat(sent, item)}"
    projects = books.projects(line.project) if line.project else ()
    return f"{words}, project {projects[0].name}" if projects else words


def _vat(sent: InvoiceLine, item: Item) -> str:
    if sent.vat_rate == NOT_APPLICABLE:
        return "VAT n/a"
    rate = show_tax_code(sent.vat_rate)
    if not sent.vat_amount:
        return f"no VAT ({rate})"
    return f"VAT {shown(sent.vat_amount, item.currency)} ({rate})"


def _in_home(planned: PlannedItem, item: Item, books: Books) -> str:
    """Return the rate of a foreign document, and what KashFlow books in the books' currency."""
    rate = item.exchange_rate
    if not books.is_foreign(item) or not rate:
        return ""
    home = books.home_currency
    amounts = booked_words(booked(planned.net, planned.vat, rate), home)
    return f" (at {figures(rate)} {item.currency} to 1 {home}, booked as {amounts})"
