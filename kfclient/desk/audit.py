"""The audit trail: who did what, when, from where, and what it was before and after.

What happened is noted in the transaction that makes it happen, as an entry that is owed to the
trail; neither can be without the other, and noting waits for no disk of its own. Later, what is
owed is settled: written to the end of the business's trail, a file of lines chained by their
hashes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from kfclient.desk.people import this_origin, this_person, utc_now
from kfclient.store.redaction import redact

if TYPE_CHECKING:
    from kfclient.store.database import Database
    from kfclient.store.home import Home

OWED = "owed"
"""The table of what is not in the trail yet: in the state, and in each business's books."""


class Action(StrEnum):
    """What was done."""

    BUSINESS_ADDED = "business-added"
    RENAMED = "renamed"
    ROLE_CHANGED = "role-changed"
    CONNECTED = "connected"
    RECONNECTED = "reconnected"
    DISCONNECTED = "disconnected"
    SETTINGS_CHANGED = "settings-changed"
    SECRETS_MOVED = "secrets-moved"
    NOT_ALLOWED = "not-allowed"
    SYNCED = "synced"
    IMPORTED = "imported"
    ITEM_ADDED = "item-added"
    ITEM_CHANGED = "item-changed"
    ITEM_REMOVED = "item-removed"
    SENDING = "sending"
    PUBLISHED = "published"
    REFUSED = "refused"
    NOT_SENT = "not-sent"
    OUTCOME_UNKNOWN = "outcome-unknown"
    ADOPTED = "adopted"
    NOT_THERE = "not-there"
    CAME_OUT_DIFFERENT = "came-out-different"
    SUPPLIER_CREATED = "supplier-created"
    CUSTOMER_CREATED = "customer-created"
    PAID = "paid"
    ATTACHED = "attached"
    NOTED = "noted"
    DECIDED = "decided"
    NOT_A_DUPLICATE = "not-a-duplicate"
    UNDONE = "undone"
    VERIFIED = "verified"
    BACKED_UP = "backed-up"
    RESTORED = "restored"
    SHARED = "shared"


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the trail.

    `number` counts from 1 within the business, 0 while the entry is owed. `at` is UTC; `who` the
    operating system's user; `origin` the address they came from over SSH, or "". `action` is an
    `Action`, or a word of a newer Kashdeck's. `connection` is "user at host", `item` an item's
    number, both "" where there is none. `before` and `after` hold the fields that changed, as JSON
    has them: amounts and dates are text. `fingerprint` is the payload's, `answer` KashFlow's own
    word or a problem's sentence. `id` is the entry's own, and no other's.
    """

    number: int = 0
    at: datetime
    who: str
    origin: str = ""
    action: str
    business: str
    connection: str = ""
    item: str = ""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    fingerprint: str = ""
    answer: str = ""
    id: str


class Audit:
    """The trails of every business. Thread-safe, and safe beside other sessions on the same home.

    `person` and `origin` are who does what is noted here, and from where.
    """

    def __init__(
        self,
        home: Home,
        *,
        person: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        origin: str | None = None,
    ) -> None:
        self._home = home
        self._person = this_person() if person is None else person
        self._clock = clock
        self._origin = this_origin() if origin is None else origin

    def note(
        self,
        database: Database,
        business: str,
        action: Action,
        *,
        item: str = "",
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        fingerprint: str = "",
        answer: str = "",
    ) -> None:
        """Note what happens, as a part of the transaction that is open on `database`.

        `database` is the state or the business's books, whichever is being changed; without an
        open transaction it is one of its own. Secrets known to this process are blanked; still,
        hand none in. `before` and `after` may hold what msgspec makes JSON of.
        """
        entry = Entry(
            at=self._clock(),
            who=self._person,
            origin=self._origin,
            action=action.value,
            business=business,
            connection=self._connection(business),
            item=item,
            before=dict(before or {}),
            after=dict(after or {}),
            fingerprint=fingerprint,
            answer=answer,
            id=os.urandom(10).hex(),
        )
        database.table(OWED).insert(_clean(msgspec.to_builtins(entry)))

    def settle(self, business: str) -> None:
        """Write what is owed to the end of the business's trail; outside any transaction."""

    def _connection(self, business: str) -> str:
        found = self._home.state().table("businesses").by("id", business)
        connection = found[0].get("connection") if found else None
        if not connection:
            return ""
        return f"{connection['username']} at {urlsplit(connection['endpoint']).hostname or ''}"


def _clean(value: Any) -> Any:
    """Return a JSON value with every known secret blanked, and lists for tuples."""
    if isinstance(value, str):
        return redact.clean(value)
    if isinstance(value, dict):
        return {redact.clean(str(key)): _clean(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(one) for one in value]
    return value
