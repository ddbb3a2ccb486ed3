"""How a business stands with KashFlow, and which of several is meant."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

from kfclient.desk.errors import BusinessUnknown, WrongValue

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol, TypeVar

    class Named(Protocol):
        """What has a business's name and id."""

        @property
        def id(self) -> str:
            """The id, which never changes."""

        @property
        def name(self) -> str:
            """The name, as a person gave it."""

    N = TypeVar("N", bound=Named)


# What a business may be called, and the id it gets by its first name.

LONGEST_NAME = 80
LONGEST_SLUG = 40


def tidy_name(name: str) -> str:
    """Return the name with single spaces, and each letter in its usual form."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def checked_name(name: str) -> str:
    """Return a business's name with its spaces tidied; WrongValue when it cannot be a name."""
    name = tidy_name(name)
    if not name:
        raise WrongValue("A business needs a name.", "Type the name you know it by.")
    if len(name) > LONGEST_NAME:
        raise WrongValue(
            f"That name has {len(name)} characters.", f"Keep it to {LONGEST_NAME} or fewer."
        )
    if not name.isprintable():
        raise WrongValue("That name has characters that cannot be shown.", "Type it again.")
    return name


def slug_of(name: str) -> str:
    """Return a name made of a-z, 0-9 and dashes alone, safe as a folder's: "cafe-ltd"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return slug[:LONGEST_SLUG].rstrip("-") or "business"


class ConnectionState(StrEnum):
    """How a business stands with KashFlow."""

    NOT_CONNECTED = "not connected"
    CONNECTED = "connected"
    SYNCING = "syncing"
    NEEDS_RECONNECTING = "needs reconnecting"
    SYNC_FAILED = "sync failed"


def sync_lock(business: str) -> str:
    """Return the name of the lock that whoever syncs this business holds."""
    return f"sync-{business}"


def publish_lock(business: str) -> str:
    """Return the name of the lock that whoever publishes for this business holds."""
    return f"publish-{business}"


def state_of(
    business: str,
    *,
    connected: bool,
    needs_reconnecting: bool,
    list_failed: bool,
    is_locked: Callable[[str], bool],
) -> ConnectionState:
    """Return how the business stands; `is_locked` tells whether anyone holds a lock of that name.

    Who syncs holds a lock: asked, not remembered, so a killed session leaves nothing stale.
    """
    if not connected:
        return ConnectionState.NOT_CONNECTED
    if is_locked(sync_lock(business)):
        return ConnectionState.SYNCING
    if needs_reconnecting:
        return ConnectionState.NEEDS_RECONNECTING
    return ConnectionState.SYNC_FAILED if list_failed else ConnectionState.CONNECTED


def in_order(businesses: Iterable[N]) -> list[N]:
    """Return the businesses by name."""
    return sorted(businesses, key=lambda business: (business.name.casefold(), business.id))


def called(businesses: Iterable[N], name: str) -> N:
    """Return the business of this name, or else of this id, capitals forgiven; BusinessUnknown."""
    wanted, every = tidy_name(name).casefold(), list(businesses)
    for business in every:
        if business.name.casefold() == wanted:
            return business
    for business in every:
        if business.id == wanted:
            return business
    raise BusinessUnknown(f"There is no business called “{tidy_name(name)}” here.")
