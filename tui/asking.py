"""What the person has to be asked before work can go on: a passphrase, a password, gpg's question.

And what they have typed for one piece of work is forgotten when nothing needs it any more.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from kfclient.errors import Problem
from kfclient.store.errors import PassphraseNeeded, PromptNeeded, SecretNeeded
from kfclient.store.secrets import ConnectionSecret
from screens.passphrase import PassphraseScreen
from screens.secret_needed import SecretNeededScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.app import App

    from kfclient.desk import Desk
    from screens.room import Panel

    Then = Callable[[Problem | None], object]


class Asking:
    """Asks on the app's screen; the same question once, however many wait for its answer."""

    def __init__(self, app: App[None], desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._waiting: dict[tuple[str, str], list[Then]] = {}
        self._at_work: Counter[str] = Counter()
        self._counting = threading.Lock()

    def ask(self, problem: Problem, then: Then) -> bool:
        """Ask what the problem needs; False when it is none that an answer cures.

        `then` gets None when the work can be done again, else the problem that is left.
        """
        if isinstance(problem, PromptNeeded):
            then(self._let_it_prompt(problem))
        elif isinstance(problem, SecretNeeded):
            about = self._desk.businesses.get(problem.business).name
            give = self._lender(problem.business)
            screen = SecretNeededScreen(about, problem, give, with_key=problem.with_key)
            self._show(screen, (problem.code, problem.business), problem, then)
        elif isinstance(problem, PassphraseNeeded):
            screen_for_file = PassphraseScreen(problem.backend)
            self._show(screen_for_file, (problem.code, problem.backend), problem, then)
        else:
            return False
        return True

    @contextmanager
    def at_work(self, *businesses: str) -> Iterator[None]:
        """Forget what was typed for these businesses when the last work on each has ended."""
        with self._counting:
            self._at_work.update(businesses)
        try:
            yield
        finally:
            with self._counting:
                self._at_work.subtract(businesses)
                idle = [business for business in businesses if self._at_work[business] <= 0]
            for business in idle:
                self._desk.secrets.take_back(business)

    def _show(
        self, screen: Panel[bool], about: tuple[str, str], problem: Problem, then: Then
    ) -> None:
        waiting = self._waiting.setdefault(about, [])
        waiting.append(then)
        if len(waiting) > 1:
            return  # it is on the screen already

        def answered(yes: bool | None) -> None:
            for each in self._waiting.pop(about):
                each(None if yes else problem)

        self._app.push_screen(screen, answered)

    def _lender(self, business: str) -> Callable[[str, str], None]:
        def give(password: str, key: str) -> None:
            self._desk.secrets.lend(business, ConnectionSecret(password, key))

        return give

    def _let_it_prompt(self, problem: PromptNeeded) -> Problem | None:
        """Give the terminal to the program that has to ask; the screen comes back afterwards."""
        try:
            with self._app.suspend():
                sys.stdout.write(f"\n{problem.sentence}\n")
                sys.stdout.flush()
                self._desk.secrets.prompt(problem.backend)
        except SuspendNotSupported:
            return problem
        except Problem as trouble:
            return trouble
        return None
