"""Times for people: in this machine's zone, to the minute."""

from __future__ import annotations

from datetime import datetime

from kfclient.dates import shown_date


def shown_time(moment: datetime | None) -> str:
    """Return "27 Oct 2026 14:05" in local time, "" for never."""
    if moment is None:
        return ""
    local = moment.astimezone()
    return f"{shown_date(local.date())} {local:%H:%M}"
