"""The way to publishing: the plan, its review, the run, whoever does it; one that broke off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfclient.desk.business.status import RunPhase, RunStatus
from kfclient.errors import Problem
from screens.dialogs import CARRY_ON, GIVE_UP, ResumeRunScreen, look_first
from screens.publish_progress import PublishProgressScreen
from screens.publish_review import Approved, PublishReviewScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kfclient.desk.publish.plan import Plan
    from screens.app_screen import AppScreen
    from screens.services import PublishJob

GOING = frozenset({RunPhase.RUNNING, RunPhase.PAUSED, RunPhase.WAITING})


class PublishFlow:
    """Leads from a screen to publishing; `back` is called when the person comes back from it."""

    def __init__(
        self, screen: AppScreen[Any], business: tuple[str, str], back: Callable[[], None]
    ) -> None:
        """Publish for `business`, its id and name."""
        self._screen = screen
        self._business, self._name = business
        self._back = back

    def arrive(self) -> None:
        """Offer a run that was broken off; have one of another session at hand."""
        publishing, business = self._screen.services.desk.publishing, self._business

        def look(found: tuple[RunStatus, RunPhase] | None) -> None:
            job = self._screen.services.publishing.job(business)
            if found is None or (job is not None and not job.ended):
                return
            seen, phase = found
            if phase in GOING:
                self._screen.services.publishing.follow(business, lambda _: self._back(), _quiet)
            elif phase is RunPhase.INTERRUPTED and self._screen.on_top:
                self._screen.app.push_screen(ResumeRunScreen(seen), self._answered)

        self._screen.ask(lambda: publishing.status(business), look, _quiet)

    def begin(self, wanted: Sequence[str] | None) -> None:
        """Show the publishing that is going on, in any session; else the plan for these items.

        None stands for all that can go.
        """
        publishing, business = self._screen.services.desk.publishing, self._business

        def look() -> Plan | None:
            if publishing.running(business) is not None:
                return None
            return publishing.plan(business, wanted)

        def show(plan: Plan | None) -> None:
            if plan is None:
                self._screen.services.publishing.follow(business, self._show)
            elif self._screen.on_top:
                self._screen.app.push_screen(PublishReviewScreen(self._name, plan), self._approved)

        look_first(self._screen, "Looking what would be sent…", look, show)

    # Inside

    def _approved(self, answer: Approved | None) -> None:
        if answer is not None:
            job = self._screen.services.publishing.start(
                answer.plan,
                create_suppliers=answer.agreed.suppliers,
                create_customers=answer.agreed.customers,
            )
            self._show(job)

    def _answered(self, answer: str | None) -> None:
        business, services = self._business, self._screen.services
        if answer == CARRY_ON:
            services.publishing.resume(business, self._show)
        elif answer == GIVE_UP:
            publishing = services.desk.publishing
            self._screen.ask(lambda: publishing.give_up(business), lambda _: self._back())

    def _show(self, job: PublishJob | None) -> None:
        if job is None or not self._screen.is_attached:
            self._back()
        elif self._screen.on_top:
            screen = PublishProgressScreen(self._business, self._name)
            self._screen.app.push_screen(screen, lambda _: self._back())


def _quiet(problem: Problem) -> None:
    """Say nothing of a look that nobody asked for."""
    del problem
