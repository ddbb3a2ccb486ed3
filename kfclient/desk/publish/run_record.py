"""A run while it is carried out: on disk, told to whoever follows it, heeding what others ask."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from kfclient.desk.events import (
    Event,
    Listener,
    PublishBegun,
    PublishEnded,
    PublishPaused,
    PublishResumed,
)
from kfclient.desk.publish.run_news import line_of
from kfclient.desk.publish.runs import Run, RunState, Wish, Wished
from kfclient.store.errors import StoreError
from kfclient.store.news import News

if TYPE_CHECKING:
    from kfclient.cancel import Cancel, Pace
    from kfclient.desk.publish.parts import Parts
    from kfclient.desk.publish.report import PublishReport

LOOK_SECONDS = 0.2
"""How often it is looked for what other sessions ask."""

log = logging.getLogger(__name__)


class RunRecord:
    """Writes down how one run goes. Call it under the business's publish lock; thread-safe.

    Until it is begun nothing is on disk. It listens to the run's events and hands them on, one
    thread at a time. Close it at the end.
    """

    def __init__(
        self,
        parts: Parts,
        business: str,
        run: Run,
        cancel: Cancel,
        pace: Pace,
        listener: Listener,
    ) -> None:
        self._runs = parts.runs
        self._business = business
        self._run = run
        self._cancel = cancel
        self._pace = pace
        self._listener = listener
        self._news = News(parts.home.news_path(business))
        self._early: list[Event] = []
        self._begun = False
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, name="publish-watch", daemon=True)

    def hear(self, event: Event) -> None:
        """Take an event, for the news and for the listener."""
        with self._lock:
            self._tell(event)
            self._listener(event)

    def begin(self) -> None:
        """Write the run down, and heed from now on what other sessions ask; once is enough."""
        with self._lock:
            if self._begun:
                return
            run, fresh = self._run, not self._run.id
            self._run = (
                self._runs.begin(self._business, run)
                if fresh
                else self._runs.carry_on(self._business, run)
            )
            begun = PublishBegun(
                business=self._business,
                run=self._run.id,
                items=len(run.shown),
                who=self._run.who,
                process=self._run.process,
                detached=self._run.detached,
                started_at=run.started_at,
            )
            self._news.begin(line_of(begun), afresh=fresh)
            self._begun = True
            for early in self._early:
                self._tell(early)
            self._listener(begun)
        self._watch.start()

    def end(self, ending: str, report: PublishReport) -> None:
        """Write down that the run has come to its end, how, and what came of it."""
        if self._run.id:
            self.begin()  # carried on, with nothing left to do
        self._stop_looking()
        if not self._begun:
            return
        self._note_pace()
        self._tell(
            PublishEnded(
                business=self._business,
                published=report.published,
                held=report.held,
                unknown=report.unknown,
                cancelled=report.cancelled,
            )
        )
        self._runs.end(self._business, self._run, ending, report)

    def close(self) -> None:
        """Look no more, and tell no more; a run that was not ended is one that was broken off."""
        self._stop_looking()
        self._news.close()

    # Inside

    def _tell(self, event: Event) -> None:
        with self._lock:
            if self._begun:
                self._news.tell(line_of(event))
            else:
                self._early.append(event)

    def _stop_looking(self) -> None:
        self._over.set()
        if self._watch.is_alive():
            self._watch.join()

    def _look(self) -> None:
        seen, known = -1, self._run.wish
        while not self._over.wait(LOOK_SECONDS):
            try:
                revision = self._runs.revision(self._business)
                if revision != seen:
                    seen, wish = revision, self._runs.wish(self._business, self._run.id)
                    if wish is not None and wish != known:
                        known = wish
                        self._heed(wish)
                self._note_pace()
            except StoreError:  # the run itself will meet it, and say so
                log.warning("what other sessions ask of a run could not be read", exc_info=True)

    def _heed(self, wish: Wished) -> None:
        log.info("asked by %s: %s", wish.who, wish.what.value)
        if wish.what is Wish.PAUSE:
            self._pace.pause()
        elif wish.what is Wish.GO_ON:
            self._pace.resume()
        else:
            self._cancel.cancel()

    def _note_pace(self) -> None:
        """Write down, and tell, that a person has paused the run or lets it go on."""
        paused = self._run.state is RunState.PAUSED
        if self._pace.is_paused == paused:
            return
        state = RunState.RUNNING if paused else RunState.PAUSED
        self._run = self._runs.go_on(self._business, self._run, state)
        self.hear((PublishResumed if paused else PublishPaused)(business=self._business))
