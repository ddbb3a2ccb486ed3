"""Lanes: work off the screen's thread, one thing at a time in each.

Threads are daemons: a call that hangs must not hold up quitting.
"""

from __future__ import annotations

import logging
import queue
import sys
import threading
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from kfclient.errors import Problem
from kfclient.store.errors import PassphraseNeeded, PromptNeeded, SecretNeeded
from kfclient.store.secrets import ConnectionSecret
from kfclient.visible import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from kfclient.desk import Desk
    from screens.app_screen import Dialog

    Then = Callable[[Problem | None], object]

log = logging.getLogger(__name__)


class AppWork:
    """Named lanes, each a daemon thread with a queue, started when first used."""

    def __init__(self) -> None:
        self._queues: dict[str, queue.SimpleQueue[Callable[[], None] | None]] = {}
        self._lock = threading.Lock()

    def run(self, lane: str, work: Callable[[], None]) -> None:
        """Do `work` on the lane's thread, after what is there already. It must not raise."""
        with self._lock:
            waiting = self._queues.get(lane)
            if waiting is None:
                waiting = self._queues[lane] = queue.SimpleQueue()
                threading.Thread(
                    target=self._serve, args=(waiting,), name=f"lane-{lane}", daemon=True
                ).start()
        waiting.put(work)

    def end(self) -> None:
        """Let each thread end when it has done what is there: nobody waits for its work any more.

        A thread that waits for ever keeps the whole app in memory.
        """
        with self._lock:
            for waiting in self._queues.values():
                waiting.put(None)
            self._queues.clear()

    @staticmethod
    def _serve(waiting: queue.SimpleQueue[Callable[[], None] | None]) -> None:
        while (work := waiting.get()) is not None:
            try:
                work()
            except Exception:
                # The lane must live on; the person has seen nothing, so the log must.
                log.exception("work in a lane failed")


# What the person is asked before work can go on: a passphrase, a password, gpg's own question.


class Asking:
    """Asks on the app's screen; the same question once, however many wait for its answer."""

    def __init__(self, app: App[None], desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._waiting: dict[tuple[str, str], list[Then]] = {}

    def ask(self, problem: Problem, then: Then) -> bool:
        """Ask what the problem needs; False when it is none that an answer cures.

        `then` gets None when the work can be done again, else the problem that is left.
        """
        if isinstance(problem, PromptNeeded):
            then(self._let_it_prompt(problem))
        elif isinstance(problem, SecretNeeded):
            from screens.passphrase import SecretNeededScreen

            about = self._desk.businesses.get(problem.business).name
            give = self._lender(problem.business)
            screen = SecretNeededScreen(about, problem, give, with_key=problem.with_key)
            self._show(screen, (problem.code, problem.business), problem, then)
        elif isinstance(problem, PassphraseNeeded):
            from screens.passphrase import PassphraseScreen

            screen_for_file = PassphraseScreen(problem.backend)
            self._show(screen_for_file, (problem.code, problem.backend), problem, then)
        else:
            return False
        return True

    def _show(
        self, screen: Dialog[bool], about: tuple[str, str], problem: Problem, then: Then
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
        left: Problem | None = None
        try:
            with self._app.suspend():
                sys.stdout.write(f"\n{one_line(problem.sentence)}\n")
                sys.stdout.flush()
                try:
                    self._desk.secrets.prompt(problem.backend)
                except Problem as trouble:  # here, for what gets out would keep the screen away
                    left = trouble
        except SuspendNotSupported:
            left = problem
        return left
