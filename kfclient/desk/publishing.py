"""Publishing: planning what would be sent, sending it once, and settling what is not known.

KashFlow has no way to tell a repeated document from a new one, so no document is ever sent twice
on a guess: see `attempts` for what is written down before and after each send, `publish_run` for
the order of steps, `resolving` for what becomes of an item whose reply was lost.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from kfclient.api.errors import KashFlowError
from kfclient.api.records import Customer, Supplier
from kfclient.cancel import Cancel
from kfclient.desk.attempts import Attempts
from kfclient.desk.errors import Busy, ItemUnknown, PlanChanged
from kfclient.desk.events import Listener, PublishEnded, PublishStarted, ignore
from kfclient.desk.item import Item, ItemState
from kfclient.desk.items import publish_lock
from kfclient.desk.matching import plain
from kfclient.desk.newcontacts import NewContacts, code_for
from kfclient.desk.planning import LeftOut, Plan, PlannedItem, fingerprint_of, make_plan, plan_item
from kfclient.desk.publish_report import PublishReport, PublishResult, note_of, result_of
from kfclient.desk.publish_run import Agreed, PublishRun, Stopped
from kfclient.desk.resolving import Resolving
from kfclient.errors import Cancelled

if TYPE_CHECKING:
    from kfclient.desk.businesses import Businesses
    from kfclient.desk.items import Items
    from kfclient.desk.lists import Lists
    from kfclient.desk.sessions import Sessions
    from kfclient.store import Home

__all__ = ["PublishReport", "PublishResult", "Publishing"]

_REASONS = {
    ItemState.TO_REVIEW: "It is still to review.",
    ItemState.PUBLISHED: "It is in KashFlow already.",
    ItemState.PUBLISHING: "It is being published now.",
    ItemState.UNKNOWN: "It was sent and no answer came; KashFlow has to be looked at first.",
}


class Publishing:
    """Plans and publishes for every business; one publisher a business at a time."""

    def __init__(
        self,
        home: Home,
        businesses: Businesses,
        sessions: Sessions,
        lists: Lists,
        items: Items,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._home = home
        self._businesses = businesses
        self._sessions = sessions
        self._lists = lists
        self._items = items
        self._attempts = Attempts(home, items, clock)
        self._resolving = Resolving(sessions, items, self._attempts, clock)

    def plan(self, business: str, item_ids: Sequence[str] | None = None) -> Plan:
        """Return what publishing these items would do; None stands for all that are ready.

        Items that cannot go are left out, with the reason. Asks KashFlow nothing. Raises
        `ItemUnknown`.
        """
        books = self._items.bookshelf.books(business)
        if item_ids is None:
            wanted = [
                item for item in self._items.all(business) if item.sent is not ItemState.PUBLISHED
            ]
        else:
            ids = dict.fromkeys(item_id.strip() for item_id in item_ids)
            wanted = [self._items.get(business, item_id) for item_id in ids]
        planned: list[PlannedItem] = []
        left_out: list[LeftOut] = []
        for item in wanted:
            state = self._items.state(business, item)
            findings = self._items.findings(business, item)
            if state is ItemState.READY:
                planned.append(plan_item(item, findings, books))
            else:
                left_out.append(LeftOut(item.id, _REASONS[state], findings))
        return make_plan(business, planned, left_out, books)

    def envelope(self, business: str, planned: PlannedItem) -> str:
        """Return the SOAP body, or bodies, that will go out, with the credentials as dots.

        Loads zeep: call it in a worker. Raises `NotConnected`, and what the keyring says.
        """
        kashflow = self._sessions.open(business)
        bodies = [kashflow.envelope(planned.operation, Inv=planned.invoice)]
        if (new := planned.creates) is not None:
            code = code_for(new.name)
            bodies.insert(
                0,
                kashflow.envelope("InsertSupplier", supl=Supplier(code=code, name=new.name))
                if new.kind == "supplier"
                else kashflow.envelope("InsertCustomer", custr=Customer(code=code, name=new.name)),
            )
        return "\n".join(body.decode() for body in bodies)

    def publish(
        self,
        business: str,
        plan: Plan,
        *,
        create_suppliers: bool = False,
        create_customers: bool = False,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
    ) -> PublishReport:
        """Send what the plan shows, each item once; what is in KashFlow already is not sent again.

        Items of unknown outcome are looked for first. A cancel lets the document on its way come
        to its end. Raises `Busy` while another session publishes for this business, `PlanChanged`
        before anything is sent when that is no longer what was shown, `NotConnected`, and what the
        keyring and the store say; what goes wrong with KashFlow is in the report.
        """
        agreed = Agreed(create_suppliers, create_customers)
        token = Cancel() if cancel is None else cancel
        report = PublishReport(())
        with self._alone(business):
            self._resolving.recover(business)
            listener(
                PublishStarted(business=business, items=tuple(one.item_id for one in plan.items))
            )
            try:
                report = self._publish(business, plan, agreed, listener, token)
            finally:
                self._items.refresh_counts(business)
                listener(
                    PublishEnded(
                        business=business,
                        published=report.published,
                        held=report.held,
                        unknown=report.unknown,
                        cancelled=report.cancelled,
                    )
                )
        return report

    def resolve(
        self, business: str, item_ids: Sequence[str] | None = None, listener: Listener = ignore
    ) -> tuple[PublishResult, ...]:
        """Look in KashFlow for items of unknown outcome: all, or those named.

        One document that can be it is adopted; where there is none and the settle time is over,
        the item is ready again; else it stays unknown, and its problem says what to do. Raises
        `Busy`, and `KashFlowError` when KashFlow could not be looked at.
        """
        with self._alone(business):
            self._resolving.recover(business)
            try:
                return tuple(
                    self._resolving.resolve(business, self._settle(business), listener, item_ids)
                )
            finally:
                self._items.refresh_counts(business)

    def unresolved(self, business: str) -> list[Item]:
        """Return the items of unknown outcome."""
        return [
            item
            for item in self._items.all(business)
            if item.sent in {ItemState.UNKNOWN, ItemState.PUBLISHING}
            and self._items.state(business, item) is ItemState.UNKNOWN
        ]

    # Inside

    def _publish(
        self, business: str, plan: Plan, agreed: Agreed, listener: Listener, cancel: Cancel
    ) -> PublishReport:
        """Settle what is pending, check that the plan still stands, and carry it out."""
        asked = {one.item_id for one in plan.items} | {one.item_id for one in plan.left_out}
        try:
            self._resolving.resolve(business, self._settle(business), listener, asked)
        except KashFlowError as problem:
            return PublishReport((), stopped=note_of(problem))
        to_send, results = self._as_shown(business, plan)
        run = PublishRun(
            self._home,
            business,
            self._sessions,
            self._items,
            self._attempts,
            NewContacts(self._home, self._lists, business),
            agreed,
            listener,
            cancel,
        )
        for planned in to_send:
            try:
                results.append(run.publish(planned, plan.fingerprint))
            except Cancelled:
                return PublishReport(tuple(results), cancelled=True)
            except Stopped as stop:
                results.append(stop.result)
                return PublishReport(tuple(results), stopped=note_of(stop.problem))
        return PublishReport(tuple(results))

    def _as_shown(self, business: str, plan: Plan) -> tuple[list[PlannedItem], list[PublishResult]]:
        """Return what is still to send, and results of items that are settled by now.

        Raises `PlanChanged` unless what would be sent is, to the last field, what was shown.
        """
        if plan.business != business or plan.fingerprint != fingerprint_of(plan.items):
            raise PlanChanged("This plan is not for this business, or was changed by hand.")
        books = self._items.bookshelf.books(business)
        to_send: list[PlannedItem] = []
        results: list[PublishResult] = []
        changed: list[str] = []
        for shown in plan.items:
            try:
                item = self._items.get(business, shown.item_id)
            except ItemUnknown:
                changed.append(shown.item_id)
                continue
            state = self._items.state(business, item)
            if state is ItemState.TO_REVIEW:
                changed.append(item.id)
            elif state is not ItemState.READY:
                results.append(result_of(item, state))
            else:
                fresh = plan_item(item, self._items.findings(business, item), books)
                if fingerprint_of([_as_then(fresh, shown)]) != fingerprint_of([shown]):
                    changed.append(item.id)
                to_send.append(fresh)
        if changed:
            items = f"item {changed[0]} is" if len(changed) == 1 else f"{len(changed)} items are"
            raise PlanChanged(f"What would be sent for {items} no longer what was shown.")
        return to_send, results

    def _settle(self, business: str) -> dt.timedelta:
        return dt.timedelta(seconds=self._businesses.get(business).settings.settle_seconds)

    @contextlib.contextmanager
    def _alone(self, business: str) -> Iterator[None]:
        """Be the only publisher of this business on this machine."""
        known = self._businesses.get(business)
        with self._home.try_lock(publish_lock(business)) as held:
            if not held:
                raise Busy(f"{known.name} is being published by another session.")
            yield


def _as_then(fresh: PlannedItem, shown: PlannedItem) -> PlannedItem:
    """Return the item as it was planned where its contact has been created since."""
    new = shown.creates
    if new is None or fresh.creates is not None or plain(fresh.contact) != plain(new.name):
        return fresh
    return msgspec.structs.replace(fresh, creates=new)
