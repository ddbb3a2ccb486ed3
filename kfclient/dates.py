"""Dates as UK bookkeepers write and read them."""

from __future__ import annotations

import datetime as dt
import re

from kfclient.errors import Problem

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FULL = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_NUMBERS = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_WORDS = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[ -]([a-z]{3,9})\.?[ -]([0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[ /.-]([0-9]{1,2}|[a-z]{3,9})[ /.-][0-9]{2}")
# Years outside are slips of the keyboard: 0202, 20226.
_YEARS = range(1970, 2100)


class DateUnclear(Problem, ValueError):
    """A text that cannot be read as one date, and one only."""

    code = "date-unclear"
    default_cure = "Write it as 31 Aug 2026, 31/08/2026 or 2026-08-31."


def parse_date(text: str) -> dt.date:
    """Return the date that a person or a file wrote.

    Read are `31-Aug-2026`, `31 August 2026`, `31/08/2026` (day first, always) and `2026-08-31`.
    Month names are English whatever the machine's language. Raises `DateUnclear`.
    """
    bare = " ".join(text.split())
    low = bare.casefold()
    if not low:
        raise DateUnclear("There is no date.")
    if match := _ISO.fullmatch(low.upper()):
        year, month, day = (int(part) for part in match.groups())
    elif match := _NUMBERS.fullmatch(low):
        day, month, year = (int(part) for part in match.groups())
    elif match := _WORDS.fullmatch(low):
        day, month, year = int(match[1]), _month(match[2]), int(match[3])
    elif _SHORT_YEAR.fullmatch(low):
        raise DateUnclear(f"{bare} has a year of two figures; it could be read in several ways.")
    else:
        raise DateUnclear(f"{bare} is not a date.")
    if year not in _YEARS:
        raise DateUnclear(f"{bare} has the year {year}.")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise DateUnclear(f"{bare} is not a day of the calendar.") from None


def _month(word: str) -> int:
    """Return 1 to 12 for the month, or 0 where no month is called so."""
    for number, (short, full) in enumerate(zip(MONTHS, _FULL, strict=True), start=1):
        if word in {short.casefold(), full, "sept" if number == 9 else full}:
            return number
    return 0


def shown_date(date: dt.date | None) -> str:
    """Return the date as a person reads it: 1 Sep 2026; nothing for no date."""
    return "" if date is None else f"{date.day} {MONTHS[date.month - 1]} {date.year}"
