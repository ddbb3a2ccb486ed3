"""The desk: everything that Kashdeck can do, put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from kfclient.api.limits import Limits
from kfclient.desk.audit import Audit
from kfclient.desk.businesses import Businesses
from kfclient.desk.connecting import Connecting
from kfclient.desk.gathering import Claims
from kfclient.desk.importing import Importing
from kfclient.desk.items import Items
from kfclient.desk.lists import Lists
from kfclient.desk.mending import Mending
from kfclient.desk.people import this_origin, this_person, utc_now
from kfclient.desk.publishing import Publishing
from kfclient.desk.radar import Radar
from kfclient.desk.sessions import Sessions
from kfclient.desk.syncing import Syncing
from kfclient.store import Home, Secrets


class Desk:
    """One person's desk over one home folder. Its parts do the work; callers use them directly.

    Thread-safe, and safe beside other desks on the same home. `person` is the operating system's
    user unless given; `clock` tells the time in UTC; `limits` bound the calls to KashFlow.
    """

    def __init__(
        self,
        home: Home,
        secrets: Secrets,
        *,
        person: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        limits: Limits | None = None,
        trace: Path | None = None,
    ) -> None:
        self.home = home
        self.secrets = secrets
        self.person = this_person() if person is None else person
        self.clock = clock
        self.audit = Audit(home, person=self.person, clock=clock, origin=this_origin())
        self.businesses = Businesses(home, person=self.person, clock=clock, audit=self.audit)
        self.sessions = Sessions(self.businesses, secrets, limits=limits, trace=trace)
        self.connecting = Connecting(
            home, self.businesses, secrets, self.sessions, clock=clock, limits=limits, trace=trace
        )
        self.syncing = Syncing(home, self.businesses, self.sessions, clock=clock)
        self.lists = Lists(home)
        self.items = Items(home, self.businesses, self.lists, clock)
        self.businesses.watch(self.items.refresh_counts)
        self.radar = Radar(home, self.items, self.sessions, clock)
        self.mending = Mending(self.businesses, self.items, self.radar)
        self.claims = Claims(home, self.items, clock)
        self.importing = Importing(home, self.items, clock)
        self.publishing = Publishing(
            home, self.businesses, self.sessions, self.lists, self.items, clock
        )

    @classmethod
    def open(
        cls,
        root: Path | None = None,
        *,
        memory_secrets: bool = False,
        person: str | None = None,
        trace: Path | None = None,
    ) -> Desk:
        """Open the desk of this folder, or of the one that KASHDECK_HOME or the platform names.

        `memory_secrets` keeps passwords in memory until the end, for the demo. `trace` is a file
        that gets every envelope sent and received, without secrets. Writes nothing.
        """
        home = Home.default() if root is None else Home(root)
        return cls(home, Secrets(home.root, memory=memory_secrets), person=person, trace=trace)

    def close(self) -> None:
        """Close the lines to KashFlow and the files. End what is still going on first."""
        self.sessions.close()
        self.audit.close()
        self.home.close()
