"""How sending something to KashFlow ended, as it is remembered."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum


class Outcome(StrEnum):
    """How an attempt, or a step that follows its document, ended.

    WAITING has not begun and SENDING has no outcome yet. PUBLISHED is a document's, DONE a step's
    own good end; SETTLED is a step that is there without Kashdeck having done it, or that a person
    has taken care of. NOT_THERE was of unknown outcome, and KashFlow has been looked at since.
    UNDONE was there and was deleted again by Kashdeck; STILL_THERE is a delete's own NOT_THERE.
    """

    WAITING = "waiting"
    SENDING = "sending"
    PUBLISHED = "published"
    DONE = "done"
    SETTLED = "settled"
    REFUSED = "refused"
    NOT_SENT = "not-sent"
    UNKNOWN = "unknown"
    NOT_THERE = "not-there"
    UNDONE = "undone"
    STILL_THERE = "still-there"


PENDING = (Outcome.SENDING, Outcome.UNKNOWN)
"""What KashFlow has to be looked at for, before anything else."""

OPEN = (Outcome.WAITING, Outcome.REFUSED, Outcome.NOT_SENT, Outcome.NOT_THERE)
"""Steps that can be sent: nothing of them is in KashFlow."""


def seconds_to_wait(gave_up_at: dt.datetime | None, settle: dt.timedelta, at: dt.datetime) -> float:
    """Return how long KashFlow may still be at work on it, seen at this moment; 0 or less: over."""
    return ((gave_up_at or at) + settle - at).total_seconds()
