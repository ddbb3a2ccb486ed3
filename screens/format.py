"""Times as a person reads them: how long ago, and the time on this machine's clock."""

from __future__ import annotations

from datetime import datetime, timedelta


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
        return _counted(minutes, "minute")
    if minutes < 12 * 60 or local.date() == today.date():
        return _counted(minutes // 60, "hour")
    if local.date() == today.date() - timedelta(days=1):
        return "yesterday"
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'} ago"
