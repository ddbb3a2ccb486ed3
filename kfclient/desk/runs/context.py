"""What publishing stands on, in one hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kfclient.desk.audit.audit import Audit
    from kfclient.desk.business.businesses import Businesses
    from kfclient.desk.business.sessions import Sessions
    from kfclient.desk.items.duplicates import Duplicates
    from kfclient.desk.items.items import Items
    from kfclient.desk.publish.journal import SendJournal
    from kfclient.desk.runs.runs import Runs
    from kfclient.desk.sync.lists import Lists
    from kfclient.elapsed import Uptime
    from kfclient.store import Home


@dataclass(frozen=True, kw_only=True)
class Context:
    """The parts of the desk that publishing uses, and its own records.

    `clock` tells the time in UTC, `moment` how far this machine has counted.
    """

    home: Home
    businesses: Businesses
    sessions: Sessions
    lists: Lists
    items: Items
    audit: Audit
    duplicates: Duplicates
    sends: SendJournal
    runs: Runs
    clock: Callable[[], dt.datetime]
    moment: Callable[[], Uptime]

    def settle_time(self, business: str) -> dt.timedelta:
        """Return how long KashFlow may still be at work after a reply was lost."""
        seconds = self.businesses.get(business).settings.settle_seconds
        return dt.timedelta(seconds=seconds)
