"""The desk: everything that Kashdeck can do, put together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import msgspec

from kfclient.api.call import Limits
from kfclient.desk.audit.audit import Audit
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.business.sessions import Sessions
from kfclient.desk.business.status import statuses
from kfclient.desk.person import this_origin, this_person, utc_now
from kfclient.desk.sync.lists import Lists
from kfclient.elapsed import Uptime, this_moment
from kfclient.store import Home, Secrets

if TYPE_CHECKING:
    from threading import RLock

    from kfclient.desk.business.connect import Connecting
    from kfclient.desk.importing.import_file import Importing
    from kfclient.desk.items.claims import Claims
    from kfclient.desk.items.duplicates import Duplicates
    from kfclient.desk.items.items import Items
    from kfclient.desk.items.quick_fix import QuickFixes
    from kfclient.desk.model.business import BusinessSummary
    from kfclient.desk.published.attach import Attaching
    from kfclient.desk.published.undo import Undoing
    from kfclient.desk.published.verify import Verifying
    from kfclient.desk.runs.publish import Publishing
    from kfclient.desk.runs.resolve import Resolving
    from kfclient.desk.runs.runs import Context
    from kfclient.desk.sync.sync import Syncing


# Parts of a desk that are made when they are first asked for.

P = TypeVar("P")


class lazy(Generic[P]):  # noqa: N801 - it is written as a decorator
    """Makes a part of its owner once, also where several threads ask; later it is an attribute.

    The owner has a lock `making`. (`functools.cached_property` takes none since Python 3.12.)
    """

    def __init__(self, make: Callable[[Any], P]) -> None:
        self._make = make
        self._name = make.__name__
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> lazy[P]: ...

    @overload
    def __get__(self, owner: object, kind: type) -> P: ...

    def __get__(self, owner: Any, kind: type) -> lazy[P] | P:
        """Return the part, made now if it is not there yet."""
        if owner is None:
            return self
        lock: RLock = owner.making
        with lock:
            if self._name not in vars(owner):
                vars(owner)[self._name] = self._make(owner)
        made: P = vars(owner)[self._name]
        return made


class Desk:
    """One person's desk over one home folder. Its parts do the work; callers use them directly.

    What the home screen can wait for is loaded and made when it is first asked for.
    Thread-safe, and safe beside other desks on the same home. `person` is the operating system's
    user unless given; `clock` tells the time in UTC, `moment` how far this machine has counted;
    `limits` bound the calls to KashFlow.
    """

    def __init__(
        self,
        home: Home,
        secrets: Secrets,
        *,
        person: str | None = None,
        clock: Callable[[], datetime] = utc_now,
        moment: Callable[[], Uptime] = this_moment,
        limits: Limits | None = None,
        trace: Path | None = None,
    ) -> None:
        self.making = threading.RLock()
        self.home = home
        self.secrets = secrets
        self.person = this_person() if person is None else person
        self.clock = clock
        self.moment = moment
        self._limits, self._trace = limits, trace
        self.audit = Audit(home, person=self.person, clock=clock, origin=this_origin())
        self.businesses = Businesses(home, person=person, clock=clock, audit=self.audit)
        self.sessions = Sessions(self.businesses, secrets, limits=limits, trace=trace)
        self.lists = Lists(home)
        self.businesses.watch(lambda business: self.items.refresh_counts(business))

    @lazy
    def connecting(self) -> Connecting:
        """Return what connects a business to KashFlow, reconnects and disconnects it."""
        from kfclient.desk.business.connect import Connecting

        return Connecting(
            self.home,
            self.businesses,
            self.secrets,
            self.sessions,
            clock=self.clock,
            limits=self._limits,
            trace=self._trace,
        )

    @lazy
    def syncing(self) -> Syncing:
        """Return what reads the six lists from KashFlow."""
        from kfclient.desk.sync.sync import Syncing

        return Syncing(self.home, self.businesses, self.sessions, clock=self.clock)

    @lazy
    def items(self) -> Items:
        """Return the costs, sales and expense claims on their way to KashFlow."""
        from kfclient.desk.items.items import Items

        return Items(self.home, self.businesses, self.lists, self.clock)

    @lazy
    def duplicates(self) -> Duplicates:
        """Return what notices that a bill may be here twice."""
        from kfclient.desk.items.duplicates import Duplicates

        return Duplicates(self.home, self.items, self.sessions, self.clock)

    @lazy
    def quick_fixes(self) -> QuickFixes:
        """Return what mends what a check has found."""
        from kfclient.desk.items.quick_fix import QuickFixes

        return QuickFixes(self.businesses, self.items, self.duplicates)

    @lazy
    def claims(self) -> Claims:
        """Return what gathers costs into an expense claim."""
        from kfclient.desk.items.claims import Claims

        return Claims(self.home, self.items, self.clock)

    @lazy
    def importing(self) -> Importing:
        """Return what brings in files of items."""
        from kfclient.desk.importing.import_file import Importing

        return Importing(self.home, self.items, self.clock)

    @lazy
    def context(self) -> Context:
        """Return what publishing stands on, in one hand."""
        from kfclient.desk.publish.journal import SendJournal
        from kfclient.desk.runs.runs import Context, Runs

        return Context(
            home=self.home,
            businesses=self.businesses,
            sessions=self.sessions,
            lists=self.lists,
            items=self.items,
            audit=self.audit,
            duplicates=self.duplicates,
            sends=SendJournal(self.home, self.items, self.audit, self.clock, self.moment),
            runs=Runs(self.home, self.person, self.clock),
            clock=self.clock,
            moment=self.moment,
        )

    @lazy
    def resolving(self) -> Resolving:
        """Return what resolves what had no answer from KashFlow."""
        from kfclient.desk.runs.resolve import Resolving

        return Resolving(self.context)

    @lazy
    def publishing(self) -> Publishing:
        """Return what sends items to KashFlow, each once."""
        from kfclient.desk.runs.publish import Publishing

        return Publishing(self.context, self.resolving)

    @lazy
    def verifying(self) -> Verifying:
        """Compare what was published with KashFlow."""
        from kfclient.desk.published.verify import Verifying

        return Verifying(self.context)

    @lazy
    def undoing(self) -> Undoing:
        """Take what was published out of KashFlow again."""
        from kfclient.desk.published.undo import Undoing

        return Undoing(self.context, self.resolving)

    @lazy
    def attaching(self) -> Attaching:
        """Attach files to what was published, replace them and take them off."""
        from kfclient.desk.published.attach import Attaching

        return Attaching(self.context, self.resolving)

    def summaries(self) -> list[BusinessSummary]:
        """Return how every business stands, its items counted anew where that is behind.

        What is counted while items are on their way holds for now, so it is not stored.
        """
        now = {}
        for status in statuses(self.home.root, self.person):
            if status.at_work:
                now[status.id] = self.items.counts(status.id)
            elif status.is_behind:
                self.items.refresh_counts(status.id)
        return [
            msgspec.structs.replace(one, items=now.get(one.business.id, one.items))
            for one in self.businesses.all()
        ]

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
