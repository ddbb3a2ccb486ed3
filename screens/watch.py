"""Shows within a second what anybody, in this session or another one, changes meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from kfclient.cancel import Cancel
from kfclient.errors import Cancelled, Problem
from screens.dialogs import ErrorScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfclient.desk.model.business import BusinessSummary
    from screens.app_screen import AppScreen

T = TypeVar("T")

LOOK_SECONDS = 0.5
"""How often a screen that is seen looks; half a second, so that reading fits into the other."""

REST = 10
"""How many looks are left out after one that met a problem."""

SHARE = 4
"""What takes long to read is read less often: so many times as long goes by in between."""


class Watch(Generic[T]):
    """Reads what a screen shows, and reads it again as soon as it is another.

    `revision` says cheaply whether anything changed, `read` fetches what the screen shows; both run
    off the screen's thread. `show` shows it, on the screen's thread, and must keep cursor, filter
    and what is being typed. While nothing changes, nothing is sent to the terminal. A problem is
    told once, by `trouble` or over the screen, and looked past a little later.
    """

    def __init__(
        self,
        screen: AppScreen[Any],
        revision: Callable[[], object],
        read: Callable[[], T],
        show: Callable[[T], object],
        trouble: Callable[[Problem], object] | None = None,
    ) -> None:
        """Read at once, and watch for as long as the screen lives."""
        self._screen = screen
        self._revision = revision
        self._read = read
        self._show = show
        self._trouble = trouble or (lambda problem: screen.app.push_screen(ErrorScreen(problem)))
        self._seen: object = None
        self._told: dict[str, str] | None = None
        self._looking = False
        self._again = False
        self._rest = 0
        screen.watcher = self
        screen.set_interval(LOOK_SECONDS, self._due)
        self.again()

    def again(self) -> None:
        """Read again now, whether or not anything changed."""
        self._seen, self._rest = None, 0
        self.look()

    def look(self) -> None:
        """Look now whether anything changed; a look that is under way is followed by another."""
        if self._looking:
            self._again = True
            return
        self._looking = True
        self._screen.ask(self._work, self._found, self._failed, lane="watch")

    def _due(self) -> None:
        """Look, if the screen is seen and no look is under way."""
        if self._rest:
            self._rest -= 1
        elif self._screen.is_current and not self._looking:
            self.look()

    def _work(self) -> tuple[object, T, float] | None:
        """Return what there is, its revision, and the seconds it took; None where it was seen.

        Off the screen's thread.
        """
        # The revision first: a change while reading is then found by the next look.
        revision, seen = self._revision(), self._seen
        if revision == seen:
            return None
        began = time.monotonic()
        return revision, self._read(), time.monotonic() - began

    def _found(self, found: tuple[object, T, float] | None) -> None:
        self._looking = False
        self._told = None
        again, self._again = self._again, False
        if found is not None:
            self._seen, what, seconds = found
            self._rest = int(seconds * SHARE / LOOK_SECONDS)
            self._show(what)
        if again:
            self.again()

    def _failed(self, problem: Problem) -> None:
        self._looking = self._again = False
        self._rest = REST
        if problem.as_dict() != self._told:
            self._told = problem.as_dict()
            self._trouble(problem)


def watch_business(
    screen: AppScreen[Any], business: str, show: Callable[[BusinessSummary], object]
) -> Watch[BusinessSummary]:
    """Show how a business stands, its people and settings among it, whoever changes it."""
    desk = screen.services.desk
    return Watch(
        screen,
        lambda: (desk.businesses.revision, desk.syncing.running(business)),
        lambda: desk.businesses.summary(business),
        show,
    )


# Reads what KashFlow has, for duplicates, while a person goes on working.


class DuplicateWatch:
    """Reads the documents of the items' suppliers and customers, each once a session.

    `then` is told how many were read, and why KashFlow could not be looked at, if so. Nobody asked
    for the look, so it asks for nothing: no passphrase, no password. It ends with its screen.
    """

    def __init__(
        self, screen: AppScreen[Any], business: str, then: Callable[[int, Problem | None], object]
    ) -> None:
        self._screen = screen
        self._business = business
        self._then = then
        self._looking = False
        self._cancel = Cancel()

    def look(self) -> None:
        """Look for what was not read yet; while a look is under way, nothing more."""
        if not self._looking:
            self._looking = True
            lane = f"duplicates-{self._business}"
            self._screen.ask(self._work, self._found, self._failed, lane=lane)

    def stop(self) -> None:
        """Stop looking: its screen goes."""
        self._cancel.cancel()

    def _work(self) -> tuple[int, Problem | None]:
        desk = self._screen.services.desk
        try:
            read = desk.duplicates.refresh(self._business, self._cancel)
        except Cancelled:
            return 0, None
        except Problem as problem:
            return 0, problem
        if read:
            desk.items.refresh_counts(self._business)
        return read, None

    def _found(self, found: tuple[int, Problem | None]) -> None:
        self._looking = False
        self._then(*found)

    def _failed(self, problem: Problem) -> None:
        self._found((0, problem))
