"""One line of a business's audit trail."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec


class Action(StrEnum):
    """What was done."""

    BUSINESS_ADDED = "business-added"
    RENAMED = "renamed"
    ROLE_CHANGED = "role-changed"
    OWNER_BECAME_ADMIN = "owner-became-admin"
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
    ITEMS_CHANGED = "items-changed"
    ITEM_REMOVED = "item-removed"
    EDIT_UNDONE = "edit-undone"
    EDIT_REDONE = "edit-redone"
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
    DELETING = "deleting"
    UNDONE = "undone"
    NOT_DELETED = "not-deleted"
    DELETE_UNKNOWN = "delete-unknown"
    VERIFIED = "verified"
    BACKED_UP = "backed-up"
    RESTORED = "restored"
    SHARED = "shared"


SEVERAL = (Action.ITEMS_CHANGED, Action.EDIT_UNDONE, Action.EDIT_REDONE)
"""What is done with several items at once."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the trail.

    `number` counts from 1 within the business, 0 while the entry is owed. `at` is UTC; `who` the
    operating system's user; `origin` the address they came from over SSH, or "". `action` is an
    `Action`, or a word of a newer Kashdeck's. `connection` is "user at host", `item` an item's
    number, both "" where there is none. `before` and `after` hold the fields that changed, as JSON
    has them: amounts and dates are text. `fingerprint` is the payload's, `answer` KashFlow's own
    word or a problem's sentence. Where several items were changed at once (`SEVERAL`), `before` and
    `after` hold such fields for each by its number, and `item` is "". `id` is the entry's own, and
    no other's.
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

    def is_about(self, item: str) -> bool:
        """Whether it tells of the item with this number."""
        return item == self.item or (self.action in SEVERAL and item in self.after)
