"""Equal amounts that come again and again: a rent, a subscription, the daily parking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise
from statistics import median

_FEWEST = 3
_FEWEST_OFTEN = 4
_OFTEN_DAYS = 6
_REGULAR = 0.6
_CLOSE = 0.6


def beat_of(dates: Iterable[dt.date]) -> float | None:
    """Return the fewest days between two payments of a series, None where there is no rhythm.

    Three different days make a rhythm, four where they are less than a week apart, when most of
    the gaps between neighbours are about as long as the middle one. Whatever lies closer together
    than six tenths of that is no part of it: a copy entered a day later stands out.
    """
    days = sorted(set(dates))
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    if len(days) < _FEWEST:
        return None
    middle = median(gaps)
    if middle < _OFTEN_DAYS and len(days) < _FEWEST_OFTEN:
        return None
    regular = sum(middle * _CLOSE <= gap <= middle * 1.6 + 2 for gap in gaps)
    return middle * _CLOSE if regular >= len(gaps) * _REGULAR else None
