"""The desk: everything that Kashdeck can do, put together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kfclient.api.limits import Limits
from kfclient.desk.audit.audit import Audit
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.connect.sessions import Sessions
from kfclient.desk.parts import part
from kfclient.desk.people import this_origin, this_person, utc_now
from kfclient.desk.sync.lists import Lists
from kfclient.store import Home, Secrets

if TYPE_CHECKING:
    from kfclient.desk.after.attaching import Attaching
    from kfclient.desk.after.undoing import Undoing
    from kfclient.desk.after.verifying import Verifying
    from kfclient.desk.check.mending import Mending
    from kfclient.desk.connect.connecting import Connecting
    from kfclient.desk.duplicates.radar import Radar
    from kfclient.desk.importing.importing import Importing
    from kfclient.desk.inbox.gathering import Claims
    from kfclient.desk.inbox.items import Items
    from kfclient.desk.publish.publishing import Publishing
    from kfclient.desk.sync.syncing import Syncing


class Desk:
    """One person's desk over one home folder. Its parts do the work; callers use them directly.

    What the home screen can wait for is loaded and made when it is first asked for.
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
        self.making = threading.RLock()
        self.home = home
        self.secrets = secrets
        self.person = this_person() if person is None else person
        self.clock = clock
        self._limits, self._trace = limits, trace
        self.audit = Audit(home, person=self.person, clock=clock, origin=this_origin())
        self.businesses = Businesses(home, person=self.person, clock=clock, audit=self.audit)
        self.sessions = Sessions(self.businesses, secrets, limits=limits, trace=trace)
        self.lists = Lists(home)
        self.businesses.watch(lambda business: self.items.refresh_counts(business))

    @part
    def connecting(self) -> Connecting:
        """Return what connects a business to KashFlow, reconnects and disconnects it."""
        from kfclient.desk.connect.connecting import Connecting

        return Connecting(
            self.home,
            self.businesses,
            self.secrets,
            self.sessions,
            clock=self.clock,
            limits=self._limits,
            trace=self._trace,
        )

    @part
    def syncing(self) -> Syncing:
        """Return what reads the six lists from KashFlow."""
        from kfclient.desk.sync.syncing import Syncing

        return Syncing(self.home, self.businesses, self.sessions, clock=self.clock)

    @part
    def items(self) -> Items:
        """Return the costs, sales and expense claims on their way to KashFlow."""
        from kfclient.desk.inbox.items import Items

        return Items(self.home, self.businesses, self.lists, self.clock)

    @part
    def radar(self) -> Radar:
        """Return what notices that a bill may be here twice."""
        from kfclient.desk.duplicates.radar import Radar

        return Radar(self.home, self.items, self.sessions, self.clock)

    @part
    def mending(self) -> Mending:
        """Return what mends what a check has found."""
        from kfclient.desk.check.mending import Mending

        return Mending(self.businesses, self.items, self.radar)

    @part
    def claims(self) -> Claims:
        """Return what gathers costs into an expense claim."""
        from kfclient.desk.inbox.gathering import Claims

        return Claims(self.home, self.items, self.clock)

    @part
    def importing(self) -> Importing:
        """Return what brings in files of items."""
        from kfclient.desk.importing.importing import Importing

        return Importing(self.home, self.items, self.clock)

    @part
    def publishing(self) -> Publishing:
        """Return what sends items to KashFlow, each once."""
        from kfclient.desk.publish.publishing import Publishing

        return Publishing(
            self.home,
            self.businesses,
            self.sessions,
            self.lists,
            self.items,
            self.radar,
            self.clock,
        )

    @part
    def verifying(self) -> Verifying:
        """Compare what was published with KashFlow."""
        from kfclient.desk.after.verifying import Verifying

        return Verifying(self.publishing.parts)

    @part
    def undoing(self) -> Undoing:
        """Take what was published out of KashFlow again."""
        from kfclient.desk.after.undoing import Undoing

        return Undoing(self.publishing.parts)

    @part
    def attaching(self) -> Attaching:
        """Attach files to what was published, replace them and take them off."""
        from kfclient.desk.after.attaching import Attaching

        return Attaching(self.publishing.parts)

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
