"""Publishing: planning what would be sent, sending it once, and settling what is not known.

KashFlow has no way to tell a repeated document from a new one, so nothing is ever sent twice on a
guess: see `attempts` and `attempt_steps` for what is written down before and after each send,
`publish_item` for the order in which an item goes, `publish_run` for many of them, `resolving` and
`deciding` for what becomes of an item whose reply was lost.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from kfclient.cancel import Cancel, Pace
from kfclient.desk.attempts import Attempts
from kfclient.desk.deciding import Candidates, Deciding
from kfclient.desk.envelopes import envelope
from kfclient.desk.errors import Busy, PlanChanged
from kfclient.desk.events import Listener, PublishEnded, PublishStarted, ignore
from kfclient.desk.item import Item, ItemState
from kfclient.desk.items import publish_lock
from kfclient.desk.patience import Patience
from kfclient.desk.planning import LeftOut, Plan, PlannedItem, fingerprint_of, make_plan, plan_item
from kfclient.desk.publish_parts import Parts
from kfclient.desk.publish_report import PublishReport, PublishResult
from kfclient.desk.publish_run import PublishRun
from kfclient.desk.publish_tasks import Planner
from kfclient.desk.resolving import Resolving
from kfclient.desk.runs import Agreed, Run, Runs

if TYPE_CHECKING:
    from kfclient.desk.businesses import Businesses
    from kfclient.desk.items import Items
    from kfclient.desk.lists import Lists
    from kfclient.desk.sessions import Sessions
    from kfclient.store import Home

__all__ = ["PublishReport", "PublishResult", "Publishing"]

LANES = 4
"""How many items are on their way at once, unless told otherwise."""

_REASONS = {
    ItemState.TO_REVIEW: "It is still to review.",
    ItemState.PUBLISHED: "It is in KashFlow already.",
    ItemState.PUBLISHING: "It is being published now.",
    ItemState.UNKNOWN: "It was sent and no answer came; KashFlow has to be looked at first.",
}
_STEP_UNKNOWN = (
    "It is in KashFlow, but what followed it had no answer; KashFlow has to be looked at first."
)


class Publishing:
    """Plans and publishes for every business; one publisher a business at a time.

    `patience` is how it waits for the network, where it is asked to.
    """

    def __init__(
        self,
        home: Home,
        businesses: Businesses,
        sessions: Sessions,
        lists: Lists,
        items: Items,
        clock: Callable[[], dt.datetime],
        patience: Patience | None = None,
    ) -> None:
        attempts = Attempts(home, items, items.audit, clock)
        self._parts = Parts(
            home=home,
            businesses=businesses,
            sessions=sessions,
            lists=lists,
            items=items,
            audit=items.audit,
            attempts=attempts,
            runs=Runs(home, businesses.person, clock),
            clock=clock,
        )
        self.patience = patience or Patience()
        self._items = items
        self._resolving = Resolving(sessions, items, attempts, clock)
        self._deciding = Deciding(sessions, items, attempts, self._resolving, clock)

    # Before

    def plan(self, business: str, item_ids: Sequence[str] | None = None) -> Plan:
        """Return what publishing these items would do; None stands for all that can go.

        That is those that are ready, and those in KashFlow with something left to do. Items that
        cannot go are left out, with the reason. Asks KashFlow nothing. Raises `ItemUnknown`.
        """
        books = self._items.bookshelf.books(business)
        if item_ids is None:
            wanted = [
                item
                for item in self._items.all(business)
                if item.sent is not ItemState.PUBLISHED or item.left
            ]
        else:
            ids = dict.fromkeys(item_id.strip() for item_id in item_ids)
            wanted = [self._items.get(business, item_id) for item_id in ids]
        planner = Planner(business, self._items, self._parts.attempts)
        planned: list[PlannedItem] = []
        left_out: list[LeftOut] = []
        for item in wanted:
            state = self._items.state(business, item)
            findings = self._items.findings(business, item)
            if state is ItemState.READY:
                planned.append(plan_item(item, findings, books))
            elif state is ItemState.PUBLISHED and (rest := planner.left_of(item)) is not None:
                planned.append(rest)
            else:
                reason = _STEP_UNKNOWN if item.left else _REASONS[state]
                left_out.append(LeftOut(item.id, reason, findings))
        return make_plan(business, planned, left_out, books)

    def envelope(self, business: str, planned: PlannedItem) -> str:
        """Return the SOAP bodies that will go out, in their order, with the credentials as dots.

        Loads zeep: call it in a worker. Raises `NotConnected`, and what the keyring says.
        """
        return envelope(self._parts.sessions.open(business), planned)

    # During

    def publish(
        self,
        business: str,
        plan: Plan,
        *,
        create_suppliers: bool = False,
        create_customers: bool = False,
        lanes: int = LANES,
        wait: bool = False,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
        pace: Pace | None = None,
    ) -> PublishReport:
        """Send what the plan shows, each item once; what is in KashFlow already is not sent again.

        Items of unknown outcome are looked for first. Up to `lanes` items are on their way at once,
        one of a supplier or customer at a time. With `wait` the run waits by itself while KashFlow
        cannot be reached, and until what is unknown is known. A cancel lets the calls on their way
        come to their end; `pace` pauses and resumes. The run is on disk: after a sudden end
        `interrupted` tells of it. Raises `Busy` while another session publishes for this business,
        `PlanChanged` before anything is sent when that is no longer what was shown, `NotConnected`,
        and what the keyring and the store say; what goes wrong with KashFlow is in the report.
        """
        if plan.business != business or plan.fingerprint != fingerprint_of(plan.items):
            raise PlanChanged("This plan is not for this business, or was changed by hand.")
        agreed = Agreed(create_suppliers, create_customers)
        run = self._parts.runs.new(plan, agreed, lanes=lanes, wait=wait)
        also = [one.item_id for one in plan.left_out]
        with self._alone(business):
            return self._carry_out(
                business, run, also, listener, cancel or Cancel(), pace or Pace(), strict=True
            )

    def interrupted(self, business: str) -> Run | None:
        """Return the run that was broken off by a sudden end; None where there is none."""
        run = self._parts.runs.open(business)
        if run is None or self._parts.home.is_locked(publish_lock(business)):
            return None
        return run

    def running(self, business: str) -> Run | None:
        """Return the run that some session is carrying out now; None where there is none."""
        run = self._parts.runs.open(business)
        busy = run is not None and self._parts.home.is_locked(publish_lock(business))
        return run if busy else None

    def resume(
        self,
        business: str,
        *,
        listener: Listener = ignore,
        cancel: Cancel | None = None,
        pace: Pace | None = None,
    ) -> PublishReport:
        """Carry on the run that was broken off, with exactly what was shown and agreed to then.

        An item that is no longer what was shown is left where it is, and said so in the report,
        which is empty where no run was broken off. Raises as `publish` does, but for `PlanChanged`.
        """
        with self._alone(business):
            run = self._parts.runs.open(business)
            if run is None:
                return PublishReport(())
            return self._carry_out(
                business, run, (), listener, cancel or Cancel(), pace or Pace(), strict=False
            )

    # Settling what is not known

    def resolve(
        self, business: str, item_ids: Sequence[str] | None = None, listener: Listener = ignore
    ) -> tuple[PublishResult, ...]:
        """Look in KashFlow for what is of unknown outcome: all of it, or of the items named.

        One document that can be it is adopted; where there is none and the settle time is over,
        the item is ready again; else it stays unknown, and its problem says what to do. Likewise
        for payments, files and notes. Raises `Busy`, and `KashFlowError` when KashFlow could not be
        looked at.
        """
        with self._settling(business):
            settle = self._parts.settle_time(business)
            return tuple(self._resolving.resolve(business, settle, listener, item_ids))

    def unresolved(self, business: str) -> list[Item]:
        """Return the items of unknown outcome, and those of which something that follows is."""
        return [
            item
            for item in self._items.all(business)
            if any(step.unknown for step in item.left)
            or (
                item.sent in {ItemState.UNKNOWN, ItemState.PUBLISHING}
                and self._items.state(business, item) is ItemState.UNKNOWN
            )
        ]

    def candidates(self, business: str, item_id: str) -> Candidates:
        """Return the documents in KashFlow that may be an item of unknown outcome.

        Beside them, what was sent. Changes nothing. Raises `NotDecided` where the outcome is known,
        `ItemUnknown`, `KashFlowError`.
        """
        return self._deciding.candidates(business, item_id, self._parts.settle_time(business))

    def decide(self, business: str, item_id: str, *, number: int | None) -> PublishResult:
        """Settle an item of unknown outcome as a person says, who has looked in KashFlow.

        `number` is the document's in KashFlow: it is looked at there, adopted, and its ids kept.
        None says that none of what is there is the item, which is then ready again: should it be
        there after all, publishing it again would have it in the books twice. That is taken only
        after the settle time. Raises `NotDecided` with the reason, `Busy`, `KashFlowError`.
        """
        with self._settling(business):
            if number is None:
                settle = self._parts.settle_time(business)
                return self._deciding.is_none(business, item_id, settle)
            return self._deciding.is_this(business, item_id, number)

    def decide_step(self, business: str, item_id: str, step: int, *, there: bool) -> PublishResult:
        """Settle what is left of a published item as a person says: it is there, or it is not.

        `step` is `LeftStep.step`. What is there is never sent; what is not may be sent again, after
        the settle time. Raises `NotDecided` with the reason, `Busy`, `KashFlowError`.
        """
        with self._settling(business):
            settle = self._parts.settle_time(business)
            return self._deciding.step(business, item_id, step, settle, there=there)

    # Inside

    def _carry_out(
        self,
        business: str,
        run: Run,
        also: Sequence[str],
        listener: Listener,
        cancel: Cancel,
        pace: Pace,
        *,
        strict: bool,
    ) -> PublishReport:
        report = PublishReport(())
        self._resolving.recover(business)
        listener(PublishStarted(business=business, items=tuple(one.item for one in run.shown)))
        going = PublishRun(
            self._parts,
            self._resolving,
            business,
            run,
            listener,
            cancel,
            pace,
            self.patience,
            also,
        )
        try:
            report = going.carry_out(strict=strict)
        finally:
            self._settled(business)
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

    @contextlib.contextmanager
    def _settling(self, business: str) -> Iterator[None]:
        with self._alone(business):
            self._resolving.recover(business)
            try:
                yield
            finally:
                self._settled(business)

    def _settled(self, business: str) -> None:
        """Let the counts and the trail catch up with what was done."""
        self._items.refresh_counts(business)
        self._parts.audit.settle(business)

    @contextlib.contextmanager
    def _alone(self, business: str) -> Iterator[None]:
        """Be the only publisher of this business on this machine."""
        known = self._parts.businesses.get(business)
        with self._parts.home.try_lock(publish_lock(business)) as held:
            if not held:
                raise Busy(f"{known.name} is being published by another session.")
            yield
