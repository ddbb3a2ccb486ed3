"""What can be known to be wrong with an item's dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from kfclient.dates import shown_date
from kfclient.desk.check.bookkeeping import Books
from kfclient.desk.inbox.item import Finding, Item

OLD_DAYS = 366
"""An item older than a year is worth a second look: the year is easily mistyped in January."""


def check_dates(item: Item, books: Books) -> Iterator[Finding]:
    """Yield what is known of the item's date, its due date and the date of its payment."""
    if item.date is None:
        yield Finding(
            code="E-DATE-MISSING", sentence="It has no date.", cure="Give it one.", field="date"
        )
    else:
        yield from _date(item.date, books)
    if item.date and item.due_date and item.due_date < item.date:
        yield Finding(
            code="W-DUE-BEFORE-DATE",
            sentence=f"It is due on {shown_date(item.due_date)}, before its date.",
            cure="Correct one of the two dates; without a due date, the usual terms apply.",
            field="due_date",
            key="clear-due-date",
        )
    if item.bank_account and item.paid_on is not None and item.paid_on != item.date:
        yield from _paid_on(item.paid_on, books)


def _date(date: dt.date, books: Books) -> Iterator[Finding]:
    """Yield whether the date is in a closed period, to come, or long ago."""
    locked = books.settings.locked_until
    if locked is not None and date <= locked:
        yield Finding(
            code="E-DATE-LOCKED",
            sentence=f"Its date, {shown_date(date)}, is in a closed period: the books are locked "
            f"until {shown_date(locked)}.",
            cure="Correct the date, or give the day on which it enters the books; an Admin can "
            "move Locked until in Settings.",
            field="date",
        )
    if date > books.today:
        yield _slip(
            date,
            books,
            "W-DATE-FUTURE",
            f"Its date, {shown_date(date)}, is still to come.",
        )
    elif (books.today - date).days > OLD_DAYS:
        yield _slip(
            date,
            books,
            "W-DATE-OLD",
            f"Its date, {shown_date(date)}, is more than a year ago.",
        )


def _slip(date: dt.date, books: Books, code: str, sentence: str) -> Finding:
    """Return the finding, with the date that it is with day and month changed, where that fits."""
    turned = None
    if date.day <= 12 and date.day != date.month:
        turned = date.replace(month=date.day, day=date.month)
    if turned is None or not 0 <= (books.today - turned).days <= OLD_DAYS:
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


def _paid_on(date: dt.date, books: Books) -> Iterator[Finding]:
    locked = books.settings.locked_until
    if locked is not None and date <= locked:
        yield Finding(
            code="E-PAID-LOCKED",
            sentence=f"It was paid on {shown_date(date)}, in a closed period: the books are locked "
            f"until {shown_date(locked)}.",
            cure="Correct the date of the payment; an Admin can move Locked until in Settings.",
            field="paid_on",
        )
    if date > books.today:
        yield Finding(
            code="W-PAID-FUTURE",
            sentence=f"Its payment is dated {shown_date(date)}, which is still to come.",
            cure="Correct the date of the payment.",
            field="paid_on",
        )
