"""What publishing stands on, in one hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfclient.desk.audit.audit import Audit
    from kfclient.desk.business.businesses import Businesses
    from kfclient.desk.connect.sessions import Sessions
    from kfclient.desk.duplicates.radar import Radar
    from kfclient.desk.inbox.items import Items
    from kfclient.desk.publish.attempts import Attempts
    from kfclient.desk.publish.runs import Runs
    from kfclient.desk.sync.lists import Lists
    from kfclient.store import Home


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of the desk that publishing uses, and its own records.

    `clock` tells the time in UTC.
    """

    home: Home
    businesses: Businesses
    sessions: Sessions
    lists: Lists
    items: Items
    audit: Audit
    radar: Radar
    attempts: Attempts
    runs: Runs
    clock: Callable[[], dt.datetime]

    def settle_time(self, business: str) -> dt.timedelta:
        """Return how long KashFlow may still be at work after a reply was lost."""
        seconds = self.businesses.get(business).settings.settle_seconds
        return dt.timedelta(seconds=seconds)
