"""Keeping a business's six lists in step with KashFlow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.api.errors import Refused, Unknown
from kfclient.cancel import Cancel
from kfclient.desk.audit.entry import Action
from kfclient.desk.business.businesses import Businesses
from kfclient.desk.business.checks import with_cure
from kfclient.desk.business.company import check_same_company, company_of
from kfclient.desk.business.sessions import NEEDS_RECONNECTING, Sessions
from kfclient.desk.errors import Busy, NotConnected
from kfclient.desk.events import (
    Listener,
    ListFailed,
    ListProgress,
    ListSynced,
    SyncEnded,
    SyncStarted,
    ignore,
)
from kfclient.desk.model.business import Connection, ListStatus, note_of
from kfclient.desk.model.connection_state import sync_lock
from kfclient.desk.model.list_names import ListName
from kfclient.desk.person import utc_now
from kfclient.desk.sync.readers import Came, Failed, Readings, Rows
from kfclient.errors import Cancelled, Problem
from kfclient.store.errors import SecretsError
from kfclient.threads import waited_for

if TYPE_CHECKING:
    from kfclient.store import Database, Home


# What a sync added, changed and removed in a list.

MOST_NAMES = 200
"""How many names a report holds of each kind; the counts are always whole."""

_ID = {
    ListName.CHART: "id",
    ListName.SUPPLIERS: "SupplierID",
    ListName.CUSTOMERS: "CustomerID",
    ListName.TAX_RATES: "ID",
    ListName.PROJECTS: "ID",
    ListName.BANK_ACCOUNTS: "AccountID",
}

Document = Mapping[str, Any]


class ListChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How many records came, changed and went, and the names of up to 200 of each."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    added_names: tuple[str, ...] = ()
    changed_names: tuple[str, ...] = ()
    removed_names: tuple[str, ...] = ()


def changes_between(
    name: ListName, before: Sequence[Document], after: Sequence[Document]
) -> ListChanges:
    """Compare a list as it was stored with how it came, record by record, by KashFlow's id."""
    key = _ID[name]
    old = {document.get(key, 0): document for document in before}
    new = {document.get(key, 0): document for document in after}
    added = [new[one] for one in new if one not in old]
    changed = [new[one] for one in new if one in old and old[one] != new[one]]
    removed = [old[one] for one in old if one not in new]
    return ListChanges(
        added=len(added),
        changed=len(changed),
        removed=len(removed),
        added_names=_names(added),
        changed_names=_names(changed),
        removed_names=_names(removed),
    )


def _names(documents: Iterable[Document]) -> tuple[str, ...]:
    names = [str(one.get("Name") or one.get("AccountName") or "") for one in documents]
    return tuple(names[:MOST_NAMES])


# One sync: the events on the way, what is stored, and the report at its end.


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync did: `lists` holds those that came or failed, `changes` those that came."""

    lists: dict[ListName, ListStatus]
    changes: dict[ListName, ListChanges]
    cancelled: bool = False

    @property
    def failed(self) -> tuple[ListName, ...]:
        """The lists that did not come; as they were before, they still are."""
        return tuple(name for name, status in self.lists.items() if status.problem is not None)


class SyncRun:
    """Carries out one sync, on the calling thread but for the readings themselves."""

    def __init__(
        self,
        home: Home,
        businesses: Businesses,
        sessions: Sessions,
        clock: Callable[[], datetime],
        business: str,
        listener: Listener,
        cancel: Cancel,
    ) -> None:
        self._home = home
        self._businesses = businesses
        self._sessions = sessions
        self._clock = clock
        self._business = business
        self._listener = listener
        self._cancel = cancel
        self._lists: dict[ListName, ListStatus] = {}
        self._changes: dict[ListName, ListChanges] = {}

    def sync(self, names: Collection[ListName]) -> SyncReport:
        """Sync these lists and return what came of it."""
        self._listener(SyncStarted(business=self._business))
        try:
            in_the_way = waited_for(self._look_at_company, self._cancel)
        except Cancelled:
            return self._ended()
        if in_the_way is not None:
            for name in names:
                self._failed(name, with_cure(in_the_way))
            return self._ended()
        readings = Readings(
            names, lambda work: self._sessions.call(self._business, work), self._cancel
        )
        for told in readings:
            if isinstance(told, Rows):
                self._listener(
                    ListProgress(
                        business=self._business,
                        list=told.list,
                        rows=told.rows,
                        seconds=told.seconds,
                    )
                )
            elif isinstance(told, Came):
                self._came(told)
            else:
                self._did_not_come(told)
        return self._ended()

    def _look_at_company(self) -> Problem | None:
        """Make one small call first, and return what would stop all six lists.

        A wrong password is then tried once, not six times (accounts get locked), this machine's
        address authorised once, and another company's lists never take the place of these.
        Trouble with this one call alone stops nothing.
        """
        connection = self._businesses.get(self._business).connection
        if connection is None:
            return NotConnected("The business was disconnected meanwhile.")
        before = connection.company
        try:
            details = self._sessions.call(
                self._business, lambda kashflow: kashflow.get_company_details()
            )
            now = company_of(details, before.currency)
            check_same_company(before, now)
        except SecretsError:
            raise  # a person can answer it, and nothing has been read yet
        except NEEDS_RECONNECTING as problem:
            return problem
        except (Refused, Unknown):
            return None
        except Problem as problem:
            return problem
        self._update(lambda connection: msgspec.structs.replace(connection, company=now))
        return None

    def _came(self, told: Came) -> None:
        name = told.list
        try:
            before = self._home.read_list(self._business, name)
        except Problem:
            before = []  # damaged: what comes now mends it
        try:
            for kept_as, documents in told.whole.documents.items():
                self._home.write_list(self._business, kept_as, documents)
        except Problem as problem:
            self._failed(name, problem)
            return
        if told.whole.refused is not None:
            self._did_not_come(Failed(name, told.whole.refused))
            return
        after = told.whole.documents[name]
        changes = changes_between(name, before, after)
        self._changes[name] = changes
        said = self._known(name).remarks
        remarks = told.whole.remarks
        self._mark(
            name,
            ListStatus(
                count=len(after),
                synced_at=self._clock(),
                added=changes.added,
                changed=changes.changed,
                removed=changes.removed,
                remarks=list(remarks),
            ),
        )
        self._listener(
            ListSynced(
                business=self._business,
                list=name,
                count=len(after),
                added=changes.added,
                changed=changes.changed,
                removed=changes.removed,
                seconds=told.seconds,
                remarks=tuple(one for one in remarks if one not in said),
            )
        )

    def _did_not_come(self, told: Failed) -> None:
        if isinstance(told.error, Cancelled):
            return
        if not isinstance(told.error, Problem):
            raise told.error
        known = self._known(told.list)
        if _is_not_for_us(told.error):
            # Said once, as a failure; from then on it is how things are.
            remark = told.error.sentence
            if remark in known.remarks or (known.problem and remark == known.problem.sentence):
                kept = msgspec.structs.replace(known, problem=None, remarks=[remark])
                self._mark(told.list, kept)
                return
        self._failed(told.list, with_cure(told.error))

    def _known(self, name: ListName) -> ListStatus:
        """Return how the list stood before this sync."""
        connection = self._businesses.get(self._business).connection
        return ListStatus() if connection is None else connection.lists.get(name, ListStatus())

    def _failed(self, name: ListName, problem: Problem) -> None:
        known = self._known(name)
        self._mark(name, msgspec.structs.replace(known, problem=note_of(problem)))
        self._listener(ListFailed(business=self._business, list=name, problem=problem))

    def _ended(self) -> SyncReport:
        cancelled = self._cancel.is_set
        report = SyncReport(lists=self._lists, changes=self._changes, cancelled=cancelled)
        state = self._home.state()
        with state.transaction():
            if self._changes and not cancelled:
                self._update(
                    lambda connection: msgspec.structs.replace(connection, last_sync=self._clock())
                )
            self._note(state, cancelled=cancelled)
        self._listener(
            SyncEnded(business=self._business, failed=report.failed, cancelled=cancelled)
        )
        return report

    def _note(self, state: Database, *, cancelled: bool) -> None:
        """Note in the trail what came, what did not, and why."""
        after: dict[str, object] = {
            name.value: {"problem": status.problem.code}
            if status.problem
            else {
                "count": status.count,
                "added": status.added,
                "changed": status.changed,
                "removed": status.removed,
            }
            for name, status in self._lists.items()
        }
        if cancelled:
            after["cancelled"] = True
        problems = [status.problem.sentence for status in self._lists.values() if status.problem]
        self._businesses.audit.note(
            state,
            self._business,
            Action.SYNCED,
            after=after,
            answer="\n".join(dict.fromkeys(problems)),
        )

    def _mark(self, name: ListName, status: ListStatus) -> None:
        self._lists[name] = status
        self._update(
            lambda connection: msgspec.structs.replace(
                connection, lists={**connection.lists, name.value: status}
            )
        )

    def _update(self, change: Callable[[Connection], Connection]) -> None:
        self._businesses.update_connection(self._business, change)


def _is_not_for_us(problem: Problem) -> bool:
    """Tell whether KashFlow has the list and does not let this account read it."""
    return isinstance(problem, Refused) and not isinstance(problem, NEEDS_RECONNECTING)


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
        self._businesses.audit.flush(business)
        self._businesses.tell(business)
        return report
