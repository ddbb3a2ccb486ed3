"""Shows within a second what anybody, in this session or another one, changes meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from screens.problem import ProblemScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from kfclient.errors import Problem
    from screens.room import Room

T = TypeVar("T")

LOOK_SECONDS = 0.5
"""How often a screen that is seen looks; half a second, so that reading fits into the other."""

REST = 10
"""How many looks are left out after one that met a problem."""

SHARE = 4
"""What takes long to read is read less often: so many times as long goes by in between."""


class Lookout(Generic[T]):
    """Reads what a screen shows, and reads it again as soon as it is another.

    `revision` says cheaply whether anything changed, `read` fetches what the screen shows; both run
    off the screen's thread. `show` shows it, on the screen's thread, and must keep cursor, filter
    and what is being typed. While nothing changes, nothing is sent to the terminal. A problem is
    told once, by `trouble` or over the screen, and looked past a little later.
    """

    def __init__(
        self,
        screen: Room[Any],
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
        self._trouble = trouble or (lambda problem: screen.app.push_screen(ProblemScreen(problem)))
        self._seen: object = None
        self._told: dict[str, str] | None = None
        self._looking = False
        self._again = False
        self._rest = 0
        screen.lookout = self
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
