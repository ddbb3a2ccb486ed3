"""One thing that follows an attempt's document, as it is written down before and after."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import msgspec

from kfclient.desk.business.business import ProblemNote
from kfclient.desk.publish.followups import Followup
from kfclient.desk.publish.outcomes import OPEN, Outcome

_OVER = (Outcome.DONE, Outcome.SETTLED, Outcome.UNDONE)


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that follows an attempt's document: what it is, and what came of it.

    `operation` is the document's (`InsertReceipt`, `InsertInvoice`), `number` and `dbid` are the
    document's in KashFlow. `before` are the ids of what was there of its kind before the send:
    whatever it made has another. `made` is the id that KashFlow gave it. `fingerprint` is the
    sha256 of what is sent.
    """

    id: int = 0
    attempt: int
    item: str
    operation: str
    followup: Followup
    fingerprint: str
    number: int
    dbid: int = 0
    outcome: Outcome = Outcome.WAITING
    before: tuple[int, ...] = ()
    made: int | None = None
    started_at: dt.datetime | None = None
    gave_up_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    problem: ProblemNote | None = None

    @property
    def is_left(self) -> bool:
        """Whether it is still to be done, or looked for."""
        return self.outcome not in _OVER

    @property
    def is_open(self) -> bool:
        """Whether it may be sent: nothing of it is in KashFlow."""
        return self.outcome in OPEN


def fingerprint_of_step(followup: Followup) -> str:
    """Return the sha256 of what is sent."""
    return hashlib.sha256(msgspec.json.encode(followup, order="sorted")).hexdigest()


def stored(step: Step) -> dict[str, Any]:
    """Return the step as it is stored; its outcome always, since it is looked up by that."""
    document: dict[str, Any] = msgspec.to_builtins(step)
    document.pop("id", None)
    document["outcome"] = step.outcome.value
    document["before"] = list(step.before)  # JSON has no tuples
    return document
