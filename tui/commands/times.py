"""Times for people: in this machine's zone, to the minute."""

from __future__ import annotations

from kfclient.dates import shown_date

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from datetime import datetime


def shown_time(moment: datetime | None) -> str:
    """Return "27 Oct 2026 14:05" in local time, "" for never."""
    if moment is None:
        return ""
    local = moment.astimezone()
    return f"{shown_date(local.date())} {local:%H:%M}"
