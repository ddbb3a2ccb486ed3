"""Times as a person reads them: how long ago, and the time on this machine's clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from kfclient.desk.model.business import Role
from kfclient.desk.model.connection_state import ConnectionState

if TYPE_CHECKING:
    from kfclient.desk.model.business import BusinessSummary, ItemCounts


def ago(moment: datetime | None, now: datetime) -> str:
    """Return "3 minutes ago, 14:05" in local time, "never" for None; 21 characters at most.

    `moment` and `now` are UTC. From two days on the date stands for the words.
    """
    if moment is None:
        return "never"
    local, today = moment.astimezone(), now.astimezone()
    return f"{_words(now - moment, local, today)}, {local:%H:%M}"


def on(moment: datetime) -> str:
    """Return a moment (UTC) as "12 Nov 2026, 14:05" in local time."""
    local = moment.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


def _words(age: timedelta, local: datetime, today: datetime) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 0:
        return f"{local.day} {local:%b %Y}"  # a clock was put back: words would mislead
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{counted(minutes, 'minute')} ago"
    if minutes < 12 * 60 or local.date() == today.date():
        return f"{counted(minutes // 60, 'hour')} ago"
    if local.date() == today.date() - timedelta(days=1):
        return "yesterday"
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def counted(count: int, one: str, several: str = "") -> str:
    """Return "1 hour", "3 hours", "1,200 entries"; `several` where an s is not enough."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


# How a business stands with KashFlow, in a symbol, a word and a tone; never by colour alone.

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
