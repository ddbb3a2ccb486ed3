"""XML text to values as .NET's XmlSerializer does it, to the word where it refuses.

Source: .NET's XmlConvert. `AllXsd` was seen on the live service; the rest follows from the
platform.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

_INT = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_MOMENT = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d+)?)?)?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_SPACE = " \t\r\n"
_INT32 = range(-(2**31), 2**31)
_DECIMAL_LIMIT = Decimal(2**96)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def to_int(text: str) -> int:
    """Return a 32 bit integer; raise ValueError with .NET's sentence otherwise."""
    stripped = text.strip(_SPACE)
    if not _INT.fullmatch(stripped):
        raise ValueError("Input string was not in a correct format.")
    # A limit on digits keeps int() quick; no 32 bit integer has more without leading zeros.
    digits = stripped.lstrip("+-").lstrip("0")
    if len(digits) > 10 or (number := int(stripped)) not in _INT32:
        raise ValueError("Value was either too large or too small for an Int32.")
    return number


def to_decimal(text: str) -> Decimal:
    """Return a decimal: a sign, digits, one point; no thousands, currency or exponent."""
    stripped = text.strip(_SPACE)
    if not _DECIMAL.fullmatch(stripped):
        raise ValueError("Input string was not in a correct format.")
    number = Decimal(stripped)
    if abs(number) >= _DECIMAL_LIMIT:
        raise ValueError("Value was either too large or too small for a Decimal.")
    return number


def to_boolean(text: str) -> bool:
    """Return true/1 or false/0."""
    stripped = text.strip(_SPACE)
    if stripped not in _BOOLEANS:
        raise ValueError(f"The string '{text}' is not a valid Boolean value.")
    return _BOOLEANS[stripped]


def to_moment(text: str, *, zones_dropped: bool = False) -> str:
    """Return a date and time as naive UK time, `YYYY-MM-DDTHH:MM:SS`.

    A date alone is midnight. One with `Z` or an offset is moved to UK time, as a server standing
    in London does, or loses its zone where `zones_dropped`; fractions of a second are dropped.
    """
    match = _MOMENT.fullmatch(text.strip(_SPACE))
    refused = f"The string '{text}' is not a valid AllXsd value."
    if match is None:
        raise ValueError(refused)
    year, month, day = (int(match[name] or 1) for name in ("year", "month", "day"))
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        if zone := match["zone"]:
            moved = _uk_time(moment - _offset(zone))
            moment = moment if zones_dropped else moved
    except (ValueError, OverflowError):
        raise ValueError(refused) from None
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError(zone)
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


def _uk_time(moment: datetime) -> datetime:
    """Add an hour between the last Sundays of March and October, 01:00 UTC (the rule of 1996)."""
    spring, autumn = (_last_sunday(moment.year, month) for month in (3, 10))
    return moment + timedelta(hours=1) if spring <= moment < autumn else moment


def _last_sunday(year: int, month: int) -> datetime:
    last = date(year, month, 31)
    day = 31 - (last.weekday() + 1) % 7
    return datetime(year, month, day, 1, tzinfo=UTC)


PARSERS: dict[str, Callable[[str], Any]] = {
    "int": to_int,
    "decimal": to_decimal,
    "boolean": to_boolean,
    "dateTime": to_moment,
}
"""How the text of each non-nullable kind is read."""
