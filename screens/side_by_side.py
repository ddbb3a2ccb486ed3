"""Documents beside one another, field by field; what differs is marked by a sign and a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfclient.dates import shown_date
from kfclient.desk.model.sides import side_by
from screens.item_words import amount_shown
from screens.widgets.ledger_table import Column, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kfclient.desk.items.duplicate_match import Sighting
    from kfclient.desk.model.item import Item
    from kfclient.desk.publish.decide import Candidate, Candidates

EMPTY = "(none)"
FIELDS = ("In KashFlow", "Contact", "Reference", "Date", "Due date", "Net", "Gross")


class Beside(msgspec.Struct, frozen=True):
    """One document as it is shown beside another: a heading, and a text a field of `FIELDS`.

    A field that is None is not known of it.
    """

    heading: str
    texts: tuple[str | None, ...]


def columns_of(sides: Sequence[Beside]) -> tuple[Column, ...]:
    """Return the columns: a mark, the field, and one a document."""
    return (
        Column("", 9),
        Column("Field", 11),
        *(Column(side.heading) for side in sides),
    )


def rows_of(sides: Sequence[Beside]) -> list[Row]:
    """Return a row a field that any of them has; the first is what the others are held against."""
    rows = []
    for at, field in enumerate(FIELDS):
        texts = [side.texts[at] for side in sides]
        if all(text is None for text in texts):
            continue
        known = {_plain(text) for text in texts if text is not None}
        compared = field != "In KashFlow" and sum(text is not None for text in texts) > 1
        differs = compared and len(known) > 1
        mark = "≠ differs" if differs else ("= same" if compared else "")
        cells = (mark, field, *("" if text is None else text or EMPTY for text in texts))
        rows.append(Row(field, cells, "warn" if differs else ""))
    return rows


def of_item(item: Item, heading: str) -> Beside:
    """Return an item as a side."""
    there = f"No. {item.number}" if item.number else "not yet"
    return Beside(
        heading,
        (
            there,
            item.contact,
            item.reference,
            shown_date(item.date),
            shown_date(item.due_date) if item.due_date else None,
            amount_shown(item.net, item.currency).rstrip(),
            amount_shown(item.gross, item.currency).rstrip(),
        ),
    )


def of_sighting(other: Sighting) -> Beside:
    """Return what looks like an item as a side."""
    word = side_by(other.side).document.capitalize()
    heading = f"Item {other.item}" if other.item else f"{word} {other.number} in KashFlow"
    net, gross = (
        amount_shown(amounts[0], other.currency).rstrip() if amounts else None
        for amounts in (other.nets, other.grosses)
    )
    there = f"No. {other.number}" if other.number else "not yet"
    texts = (there, other.name, other.reference, shown_date(other.date), None, net, gross)
    return Beside(heading, texts)


def of_sent(found: Candidates) -> Beside:
    """Return what was sent as a side."""
    sent = found.sent
    at = found.sent_at.astimezone()
    return Beside(
        "What was sent",
        (
            f"sent {shown_date(at.date())} {at:%H:%M:%S}",
            found.contact,
            sent.customer_reference,
            shown_date(sent.invoice_date),
            shown_date(sent.due_date) if sent.due_date else None,
            None,
            amount_shown(found.gross, sent.currency_code or "GBP").rstrip(),
        ),
    )


def of_candidate(one: Candidate, home: str) -> Beside:
    """Return a document of KashFlow as a side."""
    return Beside(
        f"No. {one.number}{' (equal)' if one.sure else ''}",
        (
            f"No. {one.number}",
            one.contact,
            one.reference,
            shown_date(one.date),
            shown_date(one.due_date) if one.due_date else None,
            None,
            amount_shown(one.gross, one.currency or home).rstrip(),
        ),
    )


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
