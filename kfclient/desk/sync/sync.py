"""Keeping a business's six lists in step with KashFlow."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING

from kfclient.cancel import Cancel
from kfclient.desk.business.businesses import Businesses, sync_lock
from kfclient.desk.business.list_names import ListName
from kfclient.desk.connect.sessions import Sessions
from kfclient.desk.errors import Busy
from kfclient.desk.events import Listener, ignore
from kfclient.desk.people import utc_now
from kfclient.desk.sync.run import SyncReport, SyncRun

if TYPE_CHECKING:
    from kfclient.store import Home

__all__ = ["SyncReport", "Syncing"]


class Syncing:
    """Fetches lists from KashFlow and puts them in the place of the stored ones."""

    def __init__(
        self,
        home: Home,
        businesses: Businesses,
        sessions: Sessions,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._home = home
        self._businesses = businesses
        self._sessions = sessions
        self._clock = clock

    def running(self, business: str) -> bool:
        """Whether this business is being synced now, in any session."""
        return self._home.is_locked(sync_lock(business))

    def sync(
        self,
        business: str,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
        only: Collection[ListName] | None = None,
    ) -> SyncReport:
        """Sync all six lists at once, or `only` those named; anyone may.

        Each list is replaced when it has come whole, and only then: KashFlow's own word is taken
        for what it holds, so a list that has shrunk shrinks here, and the report counts and names
        what went. A list that fails stays as it was and is in the report with its problem; the
        others go on. Events come on the calling thread. When cancelled, lists that had come stay.

        Raises Busy when it is being synced already, NotConnected, SecretsError when the secrets
        cannot be had, StoreError when nothing can be remembered.
        """
        with self._home.try_lock(sync_lock(business)) as free:
            if not free:
                raise Busy("This business is being synced already.")
            names = [name for name in ListName if only is None or name in only]
            run = SyncRun(
                self._home,
                self._businesses,
                self._sessions,
                self._clock,
                business,
                listener,
                cancel or Cancel(),
            )
            with self._sessions.held(business):
                report = run.sync(names)
        self._businesses.audit.settle(business)
        self._businesses.tell(business)
        return report
