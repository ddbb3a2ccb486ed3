"""`kashdeck audit`: what was done with a business, by whom, and whether that was ever changed."""

from __future__ import annotations

import re
import textwrap
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from kfclient.dates import DateUnclear, parse_date
from kfclient.desk.errors import BusinessUnknown
from kfclient.store.errors import StoreError
from tui.commands.opening import opened
from tui.commands.output import GAP, count, room_here, say, say_json, shown_time, warn
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from kfclient.desk import Desk
    from kfclient.desk.audit.audit import AuditVerdict
    from kfclient.desk.audit.entry import Entry
    from kfclient.desk.model.business import Business
    from tui.commands.usage import Parser

VERIFY = "verify"

_AGO = re.compile(r"([0-9]{1,6})\s*([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 7 * 24}
_FEWEST_CELLS = 30
_MOST_TROUBLES = 20


def audit_arguments(parser: Parser) -> None:
    """Declare the business, the word that has the trail verified, and what to show."""
    parser.add_argument(
        "words", metavar="NAME", nargs="+", help="the business; with the word verify, look whether "
        "its trail is as it was written"
    )  # fmt: skip
    parser.add_argument(
        "--since", metavar="WHEN", help="only from then on: a date, or 24h, 7d, 2w ago"
    )
    parser.add_argument("--item", metavar="ITEM", default="", help="only what concerns this item")
    parser.answers_json()
    parser.example(
        "kashdeck audit 'Harbour Lane' --since 7d",
        "kashdeck audit 'Harbour Lane' --item 12 --json",
        "kashdeck audit verify 'Harbour Lane'",
        notes="The newest comes last. verify ends with 1 where a line was changed, removed, moved "
        "or added.",
    )


def run_audit(args: argparse.Namespace) -> int:
    """Show the trail, or verify it: then 0 for a sound one, 1 for any other."""
    name, verify = _asked(args.words)
    if verify and (args.since is not None or args.item):
        raise WrongUse("verify looks at the whole trail.", "Leave out --since and --item.")
    with opened() as desk:
        business = _business(desk, name)
        if verify:
            verdict = desk.audit.verify(business.id)
            _tell_verdict(desk, business, verdict, as_json=args.json)
            return 0 if verdict.sound else 1
        _warn_of_trouble(desk, business)
        since = None if args.since is None else moment(args.since, desk.clock())
        entries = desk.audit.entries(business.id, item=args.item.strip(), since=since)
        if args.json:
            say_json({"entries": [_shape(desk, entry) for entry in entries]})
            return 0
        if entries:
            say(*_lines(desk, entries))
        say(count(len(entries), "entry", "entries") + ".")
    return 0


def moment(text: str, now: datetime) -> datetime:
    """Return when that is: a day's first moment here, or so long before now; raises WrongUse."""
    word = text.strip().casefold()
    try:
        if ago := _AGO.fullmatch(word):
            return now - timedelta(hours=int(ago[1]) * _HOURS[ago[2]])
        day = parse_date(text)
        return datetime(day.year, day.month, day.day).astimezone()
    except (DateUnclear, OverflowError) as problem:
        raise WrongUse(
            f"“{text}” is no time to begin with.", "Give a date such as 2026-08-31, or 24h, 7d, 2w."
        ) from problem


def _business(desk: Desk, name: str) -> Business:
    try:
        return desk.businesses.find(name)
    except BusinessUnknown:
        if name == VERIFY:
            raise WrongUse("Say of which business.", "As in: kashdeck audit verify NAME") from None
        raise


def _asked(words: Sequence[str]) -> tuple[str, bool]:
    """Return the business's name and whether to verify; the word may stand before it or after."""
    if len(words) == 1:
        return words[0], False
    if len(words) == 2 and VERIFY in words:
        first, second = words
        return (second, True) if first == VERIFY else (first, True)
    raise WrongUse(
        "Give one business.", "A name of several words goes in quotes. See: kashdeck audit --help"
    )


def _warn_of_trouble(desk: Desk, business: Business) -> None:
    """Say so where what is shown may not be what was written."""
    with suppress(StoreError):  # who may only read still gets to see it
        if not desk.audit.verify(business.id).sound:
            warn(f"This trail is not as it was written. See: kashdeck audit verify {business.id}")


def _lines(desk: Desk, entries: Sequence[Entry]) -> list[str]:
    """Return the entries, each with its number, its time here, and its sentence, wrapped to fit."""
    numbers = [str(entry.number or "") for entry in entries]
    times = [shown_time(entry.at) for entry in entries]
    wide = max(len("No"), *map(len, numbers)), max(map(len, times))
    indent = sum(wide) + 2 * len(GAP)
    room = room_here()
    lines = [f"{'No':>{wide[0]}}{GAP}{'When':<{wide[1]}}{GAP}What"]
    for entry, number, when in zip(entries, numbers, times, strict=True):
        told = [desk.audit.sentence(entry)]
        if room:
            told = textwrap.wrap(told[0], max(room - indent, _FEWEST_CELLS), break_on_hyphens=False)
        lines.append(f"{number:>{wide[0]}}{GAP}{when:>{wide[1]}}{GAP}{told[0]}")
        lines += [" " * indent + part for part in told[1:]]
    return lines


def _tell_verdict(desk: Desk, business: Business, verdict: AuditVerdict, *, as_json: bool) -> None:
    if as_json:
        troubles = [
            {"code": one.code, "line": one.line, "sentence": one.sentence}
            for one in verdict.troubles
        ]
        head = verdict.head or None
        sound = verdict.sound
        say_json({"sound": sound, "lines": verdict.lines, "head": head, "troubles": troubles})
        return
    if verdict.sound:
        whole = count(verdict.lines, "entry", "entries")
        say(f"The trail of {business.name} is as it was written: {whole}.")
        if verdict.head:
            say(f"Its last entry's mark is {verdict.head}")
            say("Noted elsewhere, it shows later that nothing up to here was written anew.")
        return
    found = count(len(verdict.troubles), "trouble")
    whole = count(verdict.lines, "line")
    say(f"The trail of {business.name} is not as it was written: {found} in {whole}.")
    for trouble in verdict.troubles[:_MOST_TROUBLES]:
        say(f"  {trouble.sentence}")
    if len(verdict.troubles) > _MOST_TROUBLES:
        say(f"  and {len(verdict.troubles) - _MOST_TROUBLES:,} more; --json has them all.")
    say(f"Compare {desk.home.trail(business.id).path} with a backup, and ask who had access to it.")


def _shape(desk: Desk, entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number or None,
        "at": entry.at,
        "who": entry.who,
        "origin": entry.origin or None,
        "action": entry.action,
        "connection": entry.connection or None,
        "item": entry.item or None,
        "before": entry.before,
        "after": entry.after,
        "fingerprint": entry.fingerprint or None,
        "answer": entry.answer or None,
        "sentence": desk.audit.sentence(entry),
    }
