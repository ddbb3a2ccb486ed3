"""A business in the words of the home screen: its line, and what that has no room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.ages import ago
from screens.standing import items_shown, state_shown
from screens.widgets.ledger_table import Column

if TYPE_CHECKING:
    from datetime import datetime

    from kfclient.desk.business.business import BusinessSummary, ConnectionState

NARROW = (Column("State", 20), Column("Business"), Column("Last sync", 14),
          Column("Ready", 6, "right"), Column("Review", 6, "right"))  # fmt: skip
WIDE = (Column("State", 20), Column("Business"), Column("Company in KashFlow"),
        Column("Last sync", 21), Column("Ready", 6, "right"),
        Column("To review", 9, "right"))  # fmt: skip


def business_cells(
    summary: BusinessSummary, state: ConnectionState, now: datetime, *, wide: bool
) -> tuple[str, ...]:
    """Return the cells of a business's line, for the columns `WIDE` or `NARROW`."""
    connection = summary.business.connection
    synced = ago(connection.last_sync, now) if connection else ""
    counts = tuple(f"{n:,}" if n else "" for n in (summary.items.ready, summary.items.to_review))
    if wide:
        company = connection.company.name if connection else ""
        return (state_shown(state), summary.business.name, company, synced, *counts)
    return (state_shown(state), summary.business.name, synced.partition(",")[0], *counts)


def strip(summary: BusinessSummary, now: datetime) -> str:
    """Return what the columns have no room for, in up to four lines."""
    connection = summary.business.connection
    items = f"Items: {items_shown(summary.items)}"
    if connection is None:
        return f"Not connected: c connects it to KashFlow.\n{items}"
    synced = ago(connection.last_sync, now)
    lines = [f"{connection.company.name or 'No name'} in KashFlow, synced {synced}", items]
    note = connection.problem or next(
        (status.problem for status in connection.lists.values() if status.problem), None
    )
    if note is not None:
        lines.append(f"! {note.sentence} {note.cure}")
    return "\n".join(lines)


def words_of(summary: BusinessSummary) -> str:
    """Return what a business is found by: its name, its company and its state."""
    connection = summary.business.connection
    company = connection.company.name if connection else ""
    return f"{summary.business.name} {company} {summary.state.value}".casefold()
