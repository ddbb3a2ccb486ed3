"""Dates as UK bookkeepers write and read them, and the time zone in which times are shown."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
import time
from enum import StrEnum
from pathlib import Path

from kfclient.errors import Problem

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_TIME = re.compile(
    r"(?:t|,? )([0-9]{1,2}):[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[ap]m)?"
    r"( ?(?:z|utc|gmt)?(?:[+-][0-9]{2}:?[0-9]{2})?)(?: \([a-z ]+\))?$"
)
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?,? ")
_ISO = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_COMPACT = re.compile(r"(20[0-9]{2})([0-9]{2})([0-9]{2})")
_NUMBERS = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_YEAR = r"([0-9]{4}|'?[0-9]{2})"
_WORDS = re.compile(rf"([0-9]{{1,2}})(?:st|nd|rd|th)?[ /.-]?([a-z]{{3,9}})\.?[ /.,-]{{0,2}}{_YEAR}")
_MONTH_AND_DAY = re.compile(
    rf"([a-z]{{3,9}})\.?[ -]([0-9]{{1,2}})(?:st|nd|rd|th)?(?:, ?| |-){_YEAR}"
)
# Years outside are slips of the keyboard: 0202, 20226.
_YEARS = range(1970, 2100)


class DateUnclear(Problem, ValueError):
    """A text that cannot be read as one date, and one only."""

    code = "date-unclear"
    default_cure = "Write it as 31 Aug 2026, 31/08/2026 or 2026-08-31."


class DateOrder(StrEnum):
    """Which figure of `03/04/2026` is the day."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


def parse_date(text: str, order: DateOrder | None = None) -> dt.date:
    """Return the date that a person or a file wrote.

    Read are `31-Aug-2026`, `31 August 26`, `Aug 31, 2026`, `2026-08-31`, `2026/08/31`, each with or
    without a time of day, and `31/08/2026`: in the `order` that is known, else the day first, and
    then with all four figures of the year. Month names are English whatever the machine's
    language. Raises `DateUnclear`.
    """
    bare = " ".join(text.split())
    low = _day_alone(bare)
    if not low:
        raise DateUnclear("There is no date.")
    figures = _figures(bare, low, order)
    if figures is None:
        raise DateUnclear(f"{bare} is not a date.")
    year, month, day = figures
    if year not in _YEARS:
        raise DateUnclear(f"{bare} has the year {year}.")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise DateUnclear(f"{bare} is not a day of the calendar.") from None


def _figures(bare: str, low: str, order: DateOrder | None) -> tuple[int, int, int] | None:
    """Return year, month (0 for none) and day; None for what is no date."""
    if match := _ISO.fullmatch(low):
        return int(match[1]), int(match[3]), int(match[4])
    if match := _COMPACT.fullmatch(low):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _NUMBERS.fullmatch(low):
        if order is None and len(match[4]) == 2:
            raise DateUnclear(
                f"{bare} has a year of two figures; it could be read in several ways."
            )
        first, second = int(match[1]), int(match[3])
        if order is DateOrder.MONTH_FIRST:
            return _year(match[4]), first, second
        return _year(match[4]), second, first
    if match := _WORDS.fullmatch(low):
        return _year(match[3]), _month(match[2]), int(match[1])
    if match := _MONTH_AND_DAY.fullmatch(low):
        return _year(match[3]), _month(match[1]), int(match[2])
    return None


def orders_of(text: str) -> dict[DateOrder, dt.date] | None:
    """Return the days that `03/04/2026` can be, by the order; None where no order matters."""
    if _NUMBERS.fullmatch(_day_alone(" ".join(text.split()))) is None:
        return None
    days = {}
    for order in DateOrder:
        with contextlib.suppress(DateUnclear):
            days[order] = parse_date(text, order)
    return days


def _day_alone(bare: str) -> str:
    """Return the text in small letters without its time of day and the name of the day.

    Raises `DateUnclear` for the last hour of a summer's day by another clock than London's: there
    it is tomorrow, and programs that count so write midnight down as the day before.
    """
    low = bare.casefold()
    if match := _TIME.search(low):
        day = low[: match.start()]
        summer = _ISO.fullmatch(day)
        if match[2] and int(match[1]) == 23 and summer and 3 <= int(summer[3]) <= 10:
            raise DateUnclear(f"{bare} is the day after by London's clock in summer.")
        low = day
    return _WEEKDAY.sub("", low, count=1) if low[:1].isalpha() else low


def _year(figures: str) -> int:
    """Return the year; one of two figures is of this century, from 70 on of the last."""
    year = int(figures.removeprefix("'"))
    if len(figures.removeprefix("'")) == 4:
        return year
    return year + (1900 if year >= 70 else 2000)


def _month(word: str) -> int:
    """Return 1 to 12 for the month, or 0 where no month is called so."""
    for number, (short, full) in enumerate(zip(MONTHS, MONTH_NAMES, strict=True), start=1):
        if word in {short.casefold(), full, "sept" if number == 9 else full}:
            return number
    return 0


def shown_date(date: dt.date | None) -> str:
    """Return the date as a person reads it: 1 Sep 2026; nothing for no date."""
    return "" if date is None else f"{date.day} {MONTHS[date.month - 1]} {date.year}"


# The time zone that TZ names. The C library takes one that it does not know for UTC, without a
# word; one that is a day or more away stops Python wherever a time is shown.

_DAY = 24 * 60 * 60  # seconds
_ZONE_FOLDERS = (
    "/usr/share/zoneinfo",
    "/usr/lib/zoneinfo",
    "/usr/share/lib/zoneinfo",
    "/etc/zoneinfo",
    "/var/db/timezone/zoneinfo",
)
_ZONE_NAME = r"(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)"
_HOURS = r"[0-9]{1,3}(?::[0-9]{1,2}){0,2}"
_CHANGE = rf"(?:M[0-9]{{1,2}}\.[1-5]\.[0-6]|J?[0-9]{{1,3}})(?:/[+-]?{_HOURS})?"
_RULE = rf"{_ZONE_NAME}[+-]?{_HOURS}(?:{_ZONE_NAME}(?:[+-]?{_HOURS})?(?:,{_CHANGE},{_CHANGE})?)?"
"""`GMT0BST,M3.5.0/1,M10.5.0`, as POSIX writes a zone (IEEE Std 1003.1, chapter 8.3)."""

UNKNOWN_ZONE = (
    "TZ says {}, which is no time zone that this machine knows, so times are shown in UTC."
)

_unknown_zone = ""


def unknown_zone() -> str:
    """Return what TZ says where that names no time zone that this machine knows, else ""."""
    named = os.environ.get("TZ", "")
    return _unknown_zone or ("" if _is_zone(named) else named)


def settle_zone() -> str:
    """Have times shown in UTC where TZ names no zone; return what it says then, else ""."""
    global _unknown_zone
    time.tzset()  # TZ may be another by now
    _unknown_zone = ""
    _unknown_zone = unknown_zone()
    if _unknown_zone:
        os.environ["TZ"] = "UTC0"
        time.tzset()
    return _unknown_zone


def _is_zone(named: str) -> bool:
    if not named:
        return True
    try:
        if abs(time.localtime().tm_gmtoff) >= _DAY:
            return False
    except (OverflowError, OSError):
        return False
    place = named.removeprefix(":")
    folders = (os.environ.get("TZDIR", ""), *_ZONE_FOLDERS)
    return (
        any(_is_zone_file(Path(folder, place)) for folder in folders if folder)
        or re.fullmatch(_RULE, named) is not None  # compiled where it is needed: seldom
    )


def _is_zone_file(path: Path) -> bool:
    """Whether this is a file of a zone: such a file begins with TZif (RFC 8536)."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(4) == b"TZif"
    except (OSError, ValueError):
        return False
