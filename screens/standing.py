"""How a business stands with KashFlow, in a symbol, a word and a tone; never by colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.business.business import ConnectionState, Role

if TYPE_CHECKING:
    from kfclient.desk.business.business import Business, BusinessSummary, ItemCounts

SYMBOLS = {
    ConnectionState.CONNECTED: "●",
    ConnectionState.NOT_CONNECTED: "○",
    ConnectionState.SYNCING: "◐",
    ConnectionState.NEEDS_RECONNECTING: "!",
    ConnectionState.SYNC_FAILED: "✗",
}

TONES = {
    ConnectionState.NOT_CONNECTED: "dim",
    ConnectionState.NEEDS_RECONNECTING: "warn",
    ConnectionState.SYNC_FAILED: "bad",
}


def state_shown(state: ConnectionState) -> str:
    """Return "● connected" and the like."""
    return f"{SYMBOLS[state]} {state.value}"


def items_shown(items: ItemCounts) -> str:
    """Return "12 ready, 3 to review, 40 published", or that there are none."""
    counts = (
        (items.ready, "ready"),
        (items.to_review, "to review"),
        (items.needs_you, "waiting for you to look"),
        (items.published, "published"),
    )
    return ", ".join(f"{count:,} {words}" for count, words in counts if count) or "none yet"


def is_admin(summary: BusinessSummary) -> bool:
    """Whether this person is an Admin of the business."""
    return summary.role is Role.ADMIN


def admins(business: Business) -> str:
    """Return whom to ask: the Admins' names, "anna or ben"."""
    names = sorted(name for name, role in business.people.items() if role is Role.ADMIN)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
