"""One delete in KashFlow of what Kashdeck put there, as it is written down before and after."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from kfclient.desk.business.business import ProblemNote
from kfclient.desk.publish.outcomes import PENDING, Outcome


class Removal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One delete: of an attempt's document, or with a `step` of a payment or file at it.

    `operation` is the document's (`InsertReceipt`, `InsertInvoice`), `number` and `dbid` are the
    document's in KashFlow. `target` is the id of what is deleted: the document's own, a payment's,
    a file's. KashFlow gives a document's id to no other ever. `what` says it in words. DONE means
    that it is gone.
    """

    id: int = 0
    attempt: int
    item: str
    operation: str
    step: int = 0
    target: int
    number: int
    dbid: int
    what: str
    outcome: Outcome = Outcome.SENDING
    started_at: dt.datetime
    gave_up_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    problem: ProblemNote | None = None

    @property
    def is_document(self) -> bool:
        """Whether the document itself is deleted."""
        return not self.step

    @property
    def is_pending(self) -> bool:
        """Whether KashFlow has to be looked at to know what came of it."""
        return self.outcome in PENDING


def stored(removal: Removal) -> dict[str, Any]:
    """Return the removal as it is stored; its outcome always, since it is looked up by that."""
    document: dict[str, Any] = msgspec.to_builtins(removal)
    document.pop("id", None)
    document["outcome"] = removal.outcome.value
    return document
