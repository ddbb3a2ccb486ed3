"""How items are shown on screens: their states, kinds and amounts, a row each, and all of one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from kfclient.dates import shown_date
from kfclient.desk.items.exchange_rates import booked
from kfclient.desk.model.fields import ITEM_FIELDS, home_per_foreign, price_shown
from kfclient.desk.model.item import ItemState, Kind, Severity, as_sent, is_refused
from kfclient.desk.model.settings import show_tax_code
from kfclient.money import figures, pennies
from kfclient.visible import stacked
from screens.widgets.ledger_table import Column, Row

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from kfclient.desk.model.item import Finding, Item

STATES = {
    ItemState.TO_REVIEW: ("? to review", "warn"),
    ItemState.READY: ("✓ ready", "good"),
    ItemState.PUBLISHING: ("↑ publishing", ""),
    ItemState.PUBLISHED: ("■ published", "dim"),
    ItemState.UNKNOWN: ("! unknown", "bad"),
}
"""Symbol and word of a state, and its row's tone."""

REFUSED = ("✗ refused", "bad")
"""The same of an item that could go, but came back."""

COUNTED = (ItemState.READY, ItemState.TO_REVIEW, ItemState.UNKNOWN, ItemState.PUBLISHED)

KINDS = {Kind.COST: "Cost", Kind.SALE: "Sale", Kind.CLAIM: "Expense claim"}

SENT = "It was sent and no answer came, so KashFlow may have it or not."
LOOK = "It is not sent again before KashFlow has been looked at: press r."

NARROW = (
    Column("State", 12),
    Column("No.", 4, "right"),
    Column("Date", 9),
    Column("Contact"),
    Column("Ref.", 8),
    Column("Category"),
    Column("Gross", 13, "right"),
)
WIDE = (
    Column("State", 12),
    Column("No.", 5, "right"),
    Column("Kind", 5),
    Column("Date", 9),
    Column("Contact"),
    Column("Reference", 12),
    Column("Category"),
    Column("Gross", 15, "right"),
)


def standing(item: Item, state: ItemState) -> tuple[str, str]:
    """Return symbol and word of where the item stands, and its row's tone."""
    return REFUSED if is_refused(item, state) else STATES[state]


def amount_shown(amount: Decimal, currency: str) -> str:
    """Return `1,024.36 EUR`: the code is always three wide, so that points line up."""
    return f"{pennies(amount):,.2f} {currency[:3]:<3}"


def categories_shown(item: Item) -> str:
    """Return the category of the lines, and how many more there are."""
    names = list(dict.fromkeys(line.category for line in item.lines if line.category))
    if not names:
        return ""
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"


def narrow_row(item: Item, state: ItemState) -> Row:
    """Return the item as a row of the columns `NARROW`."""
    words, tone = standing(item, state)
    gross = amount_shown(item.gross, item.currency)
    cells = (
        words,
        item.id,
        short_date(item.date),
        item.contact,
        item.reference,
        categories_shown(item),
        gross,
    )
    return Row(item.id, cells, tone)


def short_date(date: dt.date | None) -> str:
    """Return `11 Oct 26`, for tables."""
    shown = shown_date(date)
    return f"{shown[:-4]}{shown[-2:]}"


def wide_row(item: Item, state: ItemState) -> Row:
    """Return the item as a row of the columns `WIDE`."""
    row = narrow_row(item, state)
    return Row(row.key, (*row.cells[:2], item.kind.value, *row.cells[2:]), row.tone)


def counts_shown(states: Iterable[ItemState], refused: int = 0) -> str:
    """Return `12 ready, 3 to review`: what there is, in the order of what to do next.

    `refused` of the ready ones came back from KashFlow, and are said apart.
    """
    counts = dict.fromkeys(COUNTED, 0)
    for state in states:
        counts[state] = counts.get(state, 0) + 1
    counts[ItemState.READY] -= refused
    said = [
        f"{count:,} {STATES[state][0].partition(' ')[2]}"
        for state, count in counts.items()
        if count or state in COUNTED[:2]
    ]
    return ", ".join([*said[:1], *([f"{refused:,} refused"] if refused else []), *said[1:]])


def findings_shown(findings: Iterable[Finding]) -> list[str]:
    """Return a line a finding, what holds the item back (?) before what is good to know (i)."""
    ordered = sorted(findings, key=lambda one: one.severity is not Severity.STOP)
    return [
        f"{'?' if one.severity is Severity.STOP else 'i'} {one.sentence} {one.cure}".rstrip()
        for one in ordered
    ]


def details(item: Item, state: ItemState, findings: Sequence[Finding]) -> str:
    """Return everything about an item as lines of text: reasons first, then what it is."""
    item = as_sent(item)
    told = [heading(item, state)]
    problem = item.problem
    if state is ItemState.UNKNOWN:
        told.append(f"! {problem.sentence if problem else SENT} {LOOK}")
    elif problem is not None and not problem.code.startswith(("E-", "W-")):
        # What an import left to settle (E-...) or to know (W-...) is among the findings.
        symbol = "!" if state is ItemState.PUBLISHED else "✗"
        told.append(f"{symbol} {problem.sentence} {problem.cure}".rstrip())
    told += left_shown(item)
    if state in (ItemState.TO_REVIEW, ItemState.READY):
        told += findings_shown(findings)
    told += [line_shown(item, index) for index in range(len(item.lines))]
    told.append(
        f"Net {item.net:,.2f}  VAT {item.vat:,.2f}  Gross {item.gross:,.2f} {item.currency}"
    )
    told += [f"{label}: {text}" for label, text in _more(item) if text]
    return stacked(told)


def left_shown(item: Item) -> list[str]:
    """Return a line for each thing that is still to do for a published item, or was left undone."""
    told = []
    if item.sent_as is not None and item.sent_as.unpaid:
        told.append(f"? NOT recorded as paid: {item.sent_as.unpaid}.")
    for step in item.left:
        why = f": {step.problem.sentence} {step.problem.cure}".rstrip() if step.problem else "."
        state = "! Of unknown outcome" if step.unknown else "? Left to do"
        told.append(f"{state}: {step.what}{why}")
    return told


def heading(item: Item, state: ItemState) -> str:
    """Return the line that says which item it is: `Cost 12: invoice PEN-80618, Pennine Water`."""
    parts = [f"{KINDS[item.kind]} {item.id}: {item.document} {item.reference}".rstrip()]
    parts += [item.contact] if item.contact else []
    if state is ItemState.PUBLISHED and item.number:
        when = f" on {shown_date(item.published_at.date())}" if item.published_at else ""
        parts.append(f"in KashFlow as No. {item.number}{when}")
    elif item.due_date is not None:
        parts.append(f"due {shown_date(item.due_date)}")
    return ", ".join(parts)


def line_shown(item: Item, index: int) -> str:
    """Return one line of an item: `2 x 5.00 = 10.00 + VAT 2.00 (20%)  Postage  Stamps`."""
    line = item.lines[index]
    rate = "no tax rate" if line.tax_rate is None else show_tax_code(line.tax_rate)
    words = "  ".join(
        " ".join(part.split()) for part in (line.category, line.description, line.project) if part
    )
    sum_shown = f"{line.net:,.2f} + VAT {line.vat:,.2f} ({rate})"
    if line.quantity != 1:
        sum_shown = f"{figures(line.quantity)} x {price_shown(line.unit_price)} = {sum_shown}"
    return f"{index + 1}. {sum_shown}  {words}".rstrip()


_ABOVE = {
    "kind", "document", "reference", "contact", "contact_code", "date", "due_date", "currency",
    "exchange_rate", "total", "source",
}  # fmt: skip
"""What stands in the heading, with the sums, or nowhere."""

_LAST = ("note", "owner", "payment_method", "bank_account", "paid_on", "files", "image")
_BELOW = [ITEM_FIELDS[name] for name in dict.fromkeys((*_LAST, *ITEM_FIELDS)) if name not in _ABOVE]


def _more(item: Item) -> list[tuple[str, str]]:
    rate = ""
    if item.exchange_rate:
        rate = f"1 {item.currency} = {home_per_foreign(item.exchange_rate):f} GBP"
    return [
        (ITEM_FIELDS["exchange_rate"].label, rate),
        *((spec.label, spec.show(getattr(item, spec.name))) for spec in _BELOW),
    ]


def booked_shown(item: Item, home: str) -> str:
    """Return what KashFlow books for a foreign item: `   Booked 85.47 + 17.09 = 102.56 GBP`."""
    if item.currency == home or not item.exchange_rate or item.exchange_rate <= 0:
        return ""
    sums = booked(item.net, item.vat, item.exchange_rate)
    return f"   Booked {sums.net:,.2f} + {sums.vat:,.2f} = {sums.gross:,.2f} {home}"
