"""The audit trail as screens have it: a line an entry, all of one entry, and a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfclient.desk.audit.words import deed_of, sentence_of
from screens.widgets.ledger_table import Column, Row

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from kfclient.desk.audit.audit import Entry, Verdict

NARROW = (Column("When", 12), Column("Who", 9), Column("What happened"))
WIDE = (
    Column("When", 21),
    Column("Who", 14),
    Column("From", 15),
    Column("What happened"),
)
HERE = "this machine"
MOST_TROUBLES = 100
MARK = "Noted elsewhere, it shows later that nothing up to here was written anew."
BENT = (
    "Nothing in KashFlow is changed by it. Compare the trail with a backup, and ask who can write "
    "to Kashdeck's folder."
)


class Told(msgspec.Struct, frozen=True):
    """An entry with what a filter looks into, and how it is drawn."""

    entry: Entry
    searched: str
    narrow: Row
    wide: Row


def told_of(entry: Entry, now: datetime) -> Told:
    """Return the entry as a table has it; `now` in UTC tells whether the year must be said."""
    deed, key = deed_of(entry), entry.id
    when = time_shown(entry.at)
    narrow = (short_time(entry.at, now), entry.who, deed)
    wide = (when, entry.who, entry.origin or HERE, deed)
    parts = (when, entry.who, entry.origin, entry.action, deed, entry.fingerprint, entry.answer)
    return Told(entry, " ".join(parts).casefold(), Row(key, narrow), Row(key, wide))


def time_shown(moment: datetime) -> str:
    """Return a moment (UTC) as "12 Nov 2026, 14:05:33" in local time."""
    local = moment.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M:%S}"


def short_time(moment: datetime, now: datetime) -> str:
    """Return "12 Nov 14:05" in local time, or "12 Nov 2025" for another year's."""
    local = moment.astimezone()
    later = f"{local:%H:%M}" if local.year == now.astimezone().year else f"{local.year}"
    return f"{local.day} {local:%b} {later}"


def whole_entry(entry: Entry) -> str:
    """Return all that an entry holds, a line each, what changed as before and after."""
    lines = [sentence_of(entry), ""]
    facts = (
        ("Entry", str(entry.number) if entry.number else "not in the trail's file yet"),
        ("When", f"{time_shown(entry.at)}  ({entry.at:%Y-%m-%d %H:%M:%S} UTC)"),
        ("Who", entry.who),
        ("From", entry.origin or HERE),
        ("Action", entry.action),
        ("Connection", entry.connection),
        ("Item", entry.item),
        ("Fingerprint", entry.fingerprint),
        ("KashFlow", entry.answer),
    )
    lines += [f"{label:<12} {value}" for label, value in facts if value]
    for heading, fields in (("Before", entry.before), ("After", entry.after)):
        if fields:
            lines += ["", heading]
            lines += [f"  {name}: {_value(value)}" for name, value in fields.items()]
    return "\n".join(lines)


def _value(value: Any) -> str:
    if value is None or value in ("", []):
        return "none"
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def verdict_heading(verdict: Verdict) -> str:
    """Return in a line whether the trail is as it was written."""
    if verdict.sound:
        return f"✓ The trail is as it was written: {_counted(verdict.lines, 'entry', 'entries')}."
    found = _counted(len(verdict.troubles), "trouble", "troubles")
    lines = _counted(verdict.lines, "line", "lines")
    return f"✗ The trail is not as it was written: {found} in {lines}."


def verdict_shown(verdict: Verdict) -> str:
    """Return what a verdict means, with its troubles and what to do about them."""
    if verdict.sound:
        mark = f"\n\nIts last entry's mark is {verdict.head}\n{MARK}" if verdict.head else ""
        return f"No line was changed, removed, moved or added since it was written.{mark}"
    told = [f"! {one.sentence}" for one in verdict.troubles[:MOST_TROUBLES]]
    if len(verdict.troubles) > MOST_TROUBLES:
        told.append(f"and {len(verdict.troubles) - MOST_TROUBLES:,} more")
    return "\n".join((*told, "", BENT))


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
