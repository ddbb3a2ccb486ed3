"""Following and steering a run from any session: what another process publishes, as it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kfclient.cancel import Cancel
from kfclient.desk.business.status import RunPhase, RunStatus, broken_off, run_status
from kfclient.desk.errors import BrokenOff, NothingRuns
from kfclient.desk.events import Listener, PublishBegun, ignore
from kfclient.desk.model.connection_state import publish_lock
from kfclient.desk.publish.journal_records import PublishReport
from kfclient.desk.publish.plan import LeftOut, Plan, make_plan, plan_item
from kfclient.desk.runs.run import PlanCheck
from kfclient.desk.runs.runs import RunRequest, RunState, event_of
from kfclient.store.events_file import Follower

if TYPE_CHECKING:
    from kfclient.desk.runs.runs import Context, Run

LOOK_SECONDS = 0.2
"""How often a follower looks for events."""


class RunControl:
    """Sees and steers the runs of every business, whoever carries them out."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def interrupted(self, business: str) -> Run | None:
        """Return the run that was broken off by a sudden end; None where there is none."""
        run = self._context.runs.open(business)
        return None if run is None or self._goes_on(business, run) else run

    def running(self, business: str) -> Run | None:
        """Return the run that some session is carrying out now; None where there is none."""
        run = self._context.runs.open(business)
        return run if run is not None and self._goes_on(business, run) else None

    def last_run(self, business: str) -> Run | None:
        """Return the run that was begun last, ended or not; None where there never was one."""
        return self._context.runs.last(business)

    def status(self, business: str) -> tuple[RunStatus, RunPhase] | None:
        """Return how the last run goes, or went; None where nothing was ever published."""
        home = self._context.home
        return run_status(home.root, business, home.holder)

    def ask(self, business: str, request: RunRequest) -> Run:
        """Ask the run that goes on to pause, to go on, or to stop; it does so within a second.

        Returns the run. Raises `NothingRuns` where none goes on.
        """
        run = self.running(business)
        if run is None or not self._context.runs.ask(business, run.id, request):
            name = self._context.businesses.get(business).name
            raise NothingRuns(f"Nothing is being published for {name} now.")
        return run

    def plan_of(self, business: str, run: Run) -> Plan:
        """Return the run's items as a plan, to show them; without what follows their documents.

        They are planned anew from the inbox, so this plan is not to be published.
        """
        reference_data = self._context.items.reference_data.of(business)
        items = self._context.items.by_id(business)
        planner = PlanCheck(business, self._context.items, self._context.sends)
        planned = []
        for one in run.shown:
            if one.item in items:
                item = items[one.item]
                left = planner.left_of(item) if one.left else None
                bare = msgspec.structs.replace(item, files=())
                planned.append(left or plan_item(bare, (), reference_data))
        behind = [LeftOut(one.item, one.reason) for one in run.behind if one.item in items]
        plan = make_plan(business, planned, behind, reference_data)
        return msgspec.structs.replace(plan, everything=run.everything, fingerprint=run.fingerprint)

    def follow(
        self, business: str, listener: Listener = ignore, cancel: Cancel | None = None
    ) -> tuple[Run, PublishReport]:
        """Hear all events of the last run, past ones too, until it ends; return it and its report.

        Where it has ended already, that is at once. A cancel ends the following alone: `Cancelled`.
        Raises `NothingRuns` where nothing was ever published, `BrokenOff` where nobody carries it
        out any more.
        """
        cancel = cancel or Cancel()
        name = self._context.businesses.get(business).name
        run = self.last_run(business)
        if run is None:
            raise NothingRuns(f"Nothing has been published for {name} yet.")
        number = run.id

        def begins(line: bytes) -> bool:
            event = event_of(line, business)
            return isinstance(event, PublishBegun) and event.run == number

        follower = Follower(self._context.home.events_path(business), begins)
        try:
            while True:
                goes_on = self._goes_on(business, run)
                now = self._context.runs.get(business, run.id) or run
                for line in follower.lines():
                    event = event_of(line, business)
                    if event is not None:
                        listener(event)
                if now.state is RunState.ENDED:
                    return now, now.report or PublishReport((), cancelled=True)
                if not goes_on and now.process == run.process:
                    raise BrokenOff(*broken_off(name, RunStatus(self._told(business))))
                run = now
                cancel.wait(LOOK_SECONDS)
                cancel.check()
        finally:
            follower.close()

    def _goes_on(self, business: str, run: Run) -> bool:
        """Tell whether the process that carries the run out is at it."""
        return self._context.home.holder(publish_lock(business)) == run.process

    def _told(self, business: str) -> list[bytes]:
        follower = Follower(self._context.home.events_path(business))
        try:
            return follower.lines()
        finally:
            follower.close()
