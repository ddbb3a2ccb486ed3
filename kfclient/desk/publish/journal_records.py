"""One sending of one item, as it is written down before and after."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import msgspec

from kfclient.api.records import Invoice
from kfclient.desk.business.business import ProblemNote
from kfclient.desk.check.matching import plain
from kfclient.desk.publish.followups import Followup
from kfclient.desk.publish.outcomes import Outcome


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One sending of one item: the frozen payload, and what was known before and after.

    `party` is KashFlow's id of the supplier or customer, `created` whether it was made for this;
    `mark` the highest document id (DBID) that the party had before. `gave_up_at` is when the wait
    for the reply ended (UTC). `number` and `dbid` are the document's. `followups` is what was shown
    to follow it; once the document is there each is a step of its own (see `attempt_step`).
    `fingerprint` is the sha256 of all that was shown to be sent for the item, `seen` that of the
    document as KashFlow first gave it back (see `comparing`), "" until then.
    """

    id: int = 0
    item: str
    operation: str
    party: int
    contact: str
    created: bool = False
    reference: str
    gross: Decimal
    payload: Invoice
    fingerprint: str
    followups: tuple[Followup, ...] = ()
    mark: int = 0
    started_at: dt.datetime
    outcome: Outcome = Outcome.SENDING
    gave_up_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    number: int | None = None
    dbid: int | None = None
    seen: str = ""
    problem: ProblemNote | None = None


def stored(attempt: Attempt) -> dict[str, Any]:
    """Return the attempt as it is stored; its outcome always, since it is looked up by that."""
    document: dict[str, Any] = msgspec.to_builtins(attempt)
    document.pop("id", None)
    document["outcome"] = attempt.outcome.value
    payload = document.get("payload", {})
    payload["Lines"] = list(payload.get("Lines", ()))  # JSON has no tuples
    if attempt.followups:
        document["followups"] = list(document["followups"])
    return document


def alike(one: Attempt, other: Attempt) -> bool:
    """Tell whether a read-back could not tell the two apart."""
    return (one.operation, one.party, plain(one.reference), one.gross) == (
        other.operation,
        other.party,
        plain(other.reference),
        other.gross,
    )


def party_word(attempt: Attempt) -> str:
    """Return "customer" or "supplier"."""
    return "customer" if attempt.operation == "InsertInvoice" else "supplier"
