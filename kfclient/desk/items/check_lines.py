"""What can be known to be wrong with an item's lines, its dates and its files.

A line's category and its project, with its VAT by `check_vat`; dates by themselves and against
locked periods; files before they are sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from kfclient.dates import shown_date
from kfclient.desk.items.check_vat import check_vat
from kfclient.desk.items.reference import (
    PROJECT_ACTIVE,
    ReferenceData,
    side_of_nominal,
)
from kfclient.desk.model.item import Finding, Item, ItemLine
from kfclient.desk.model.sides import side_of


def check_line(
    item: Item, line: ItemLine, field: str, reference_data: ReferenceData
) -> Iterator[Finding]:
    """Yield what is known about one line; `field` is "lines.2" for the second."""
    yield from _category(item, line, f"{field}.category", reference_data)
    if line.project:
        yield from _project(line, f"{field}.project", reference_data)
    yield from check_vat(item, line, field, reference_data)


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
    place = Path(path).expanduser()
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
