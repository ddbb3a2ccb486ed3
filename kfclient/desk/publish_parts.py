"""What publishing stands on, in one hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfclient.desk.attempts import Attempts
    from kfclient.desk.audit import Audit
    from kfclient.desk.businesses import Businesses
    from kfclient.desk.items import Items
    from kfclient.desk.lists import Lists
    from kfclient.desk.radar import Radar
    from kfclient.desk.runs import Runs
    from kfclient.desk.sessions import Sessions
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
