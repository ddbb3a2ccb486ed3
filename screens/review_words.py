"""The words of the review: what would be made in KashFlow, what it comes to, and a row an item."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from kfclient.desk.inbox.item import Kind
from kfclient.desk.publish.followups import PlannedFile, PlannedNote, PlannedPayment
from screens.item_words import amount_shown
from screens.widgets.ledger_table import Column, Row

if TYPE_CHECKING:
    from kfclient.desk.publish.planning import LeftOut, Plan, PlannedItem

NAMES_SHOWN = 3
NARROW = (
    Column("No.", 5, "right"),
    Column("As", 10),
    Column("Contact"),
    Column("Net", 12, "right"),
    Column("VAT", 10, "right"),
    Column("Gross", 14, "right"),
)
WIDE = (*NARROW[:2], Column("What it becomes in KashFlow"), *NARROW[3:])

_FOLLOWUPS = ((PlannedPayment, "payment"), (PlannedFile, "file"), (PlannedNote, "note"))


def counts(going: Sequence[PlannedItem], plan: Plan) -> str:
    """Return what would be made, and how many items are left out."""
    out = len(plan.left_out) + len(plan.items) - len(going)
    left = f" {out} left out." if out else ""
    if not going:
        return f"Nothing to publish yet.{left}"
    return f"{made(going)}: y sends. Nothing has been sent yet.{left}"


def made(going: Sequence[PlannedItem]) -> str:
    """Return what would be made: `2 purchases and 1 invoice to publish, with 3 files`."""
    documents = [one for one in going if one.number is None]
    sales = sum(one.kind is Kind.SALE for one in documents)
    follows = [
        counted(sum(isinstance(one, kind) for item in documents for one in item.followups), word)
        for kind, word in _FOLLOWUPS
    ]
    words = listed((counted(len(documents) - sales, "purchase"), counted(sales, "invoice")))
    beside = listed(follows)
    told = [f"{words} to publish{f', with {beside}' if beside else ''}"] if words else []
    if rest := len(going) - len(documents):
        told.append(f"what is left of {counted(rest, 'published item')}")
    return "; ".join(told)


def counted(count: int, word: str) -> str:
    """Return `2 files`, `1 file`, or "" for none."""
    return f"{count:,} {word}{'' if count == 1 else 's'}" if count else ""


def listed(parts: Iterable[str]) -> str:
    """Return `a, b and c` of the parts that are not ""."""
    *most, last = [part for part in parts if part] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def box(key: str, word: str, names: Sequence[str], *, agreed: bool) -> str:
    """Return the box that agrees to creating what KashFlow does not have."""
    many = f"{len(names)} {word}s that are" if len(names) != 1 else f"1 {word} that is"
    shown = ", ".join(names[:NAMES_SHOWN])
    if len(names) > NAMES_SHOWN:
        shown += f" and {len(names) - NAMES_SHOWN} more"
    tick = "x" if agreed else " "
    return f"{key} [{tick}] Create {many} not in KashFlow: {shown}"


def totals(going: Sequence[PlannedItem]) -> str:
    """Return a line of sums for every currency; what is in KashFlow already does not count."""
    documents = [one for one in going if one.number is None]
    lines = []
    for currency in dict.fromkeys(one.currency for one in documents):
        mine = [one for one in documents if one.currency == currency]
        net, vat, gross = (
            sum((getattr(one, part) for one in mine), Decimal(0))
            for part in ("net", "vat", "gross")
        )
        lines.append(f"Total {currency} ({len(mine)}): net {net:,.2f}, VAT {vat:,.2f}, "
                     f"gross {gross:,.2f}")  # fmt: skip
    return "\n".join(lines)


def row_of(planned: PlannedItem, *, goes: bool, wide: bool) -> Row:
    """Return an item's row; one that would not go says so, and what is there already too."""
    whom = planned.sentence if wide else planned.contact
    if planned.number is not None:
        there = f"in KF: {planned.number}"
        return Row(planned.item_id, (planned.item_id, "Rest of it", whom, "", "", there))
    kind = "Invoice" if planned.kind is Kind.SALE else "Purchase"
    cells = (
        planned.item_id,
        kind if goes else "? left out",
        whom,
        f"{planned.net:,.2f}",
        f"{planned.vat:,.2f}",
        amount_shown(planned.gross, planned.currency),
    )
    return Row(planned.item_id, cells, "" if goes else "warn")


def row_left_out(one: LeftOut) -> Row:
    """Return the row of an item that is not in the plan, with the reason."""
    return Row(one.item_id, (one.item_id, "left out", one.reason, "", "", ""), "dim")
