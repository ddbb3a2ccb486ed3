"""Runs of publishing, kept on disk: what was agreed to, and a run's events for who follows it.

A run that was broken off is known by its state: it is not ended, and nobody publishes. It is then
carried on with exactly what was shown; an item that is another one by now is left where it is.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
import operator
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.events import (
    Event,
    Listener,
    PublishBegun,
    PublishEnded,
    PublishPaused,
    PublishResumed,
)
from kfclient.desk.publish.journal import plain
from kfclient.desk.publish.journal_records import PublishReport, fingerprint_of_step
from kfclient.desk.publish.plan import Agreed, NewContact, PlannedItem, fingerprint_of
from kfclient.errors import Problem
from kfclient.store.errors import StoreError
from kfclient.store.events_file import EventsFile
from kfclient.store.redaction import redact

if TYPE_CHECKING:
    from kfclient.cancel import Cancel, Pause
    from kfclient.desk.audit.audit import Audit
    from kfclient.desk.business.businesses import Businesses
    from kfclient.desk.business.sessions import Sessions
    from kfclient.desk.items.duplicates import Duplicates
    from kfclient.desk.items.items import Items
    from kfclient.desk.publish.journal import SendJournal
    from kfclient.desk.publish.plan import Plan
    from kfclient.desk.sync.lists import Lists
    from kfclient.elapsed import Uptime
    from kfclient.store import Home


TABLE = "runs"


class RunState(StrEnum):
    """Where a run stands; what is not ended and has nobody at work was broken off."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class RunRequest(StrEnum):
    """What another session asks of a run that is going on."""

    PAUSE = "pause"
    GO_ON = "go-on"
    STOP = "stop"


class RunRequestRecord(msgspec.Struct, frozen=True):
    """What is asked of a run, by whom, and when (UTC)."""

    what: RunRequest
    who: str
    at: dt.datetime


class Behind(msgspec.Struct, frozen=True):
    """An item that was asked for and left out of the plan, and why."""

    item: str
    reason: str


class Shown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was shown of one item: the fingerprint of what is sent, and whom it creates.

    `left` are the fingerprints of the steps alone, where the document is in KashFlow already.
    """

    item: str
    fingerprint: str
    creates: NewContact | None = None
    left: tuple[str, ...] = ()


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run: what was shown and agreed to, by whom, how it goes, and how it ended.

    `fingerprint` is the whole plan's; `behind` are the items that were left out of it, though asked
    for, and `everything` says that all that was ready was. With `wait` it waits for the network by
    itself. `process` carries it out, in the background where it is `detached`; `request` is what
    another session asks of it. `ending` is "done", "cancelled", "replaced", or the sentence of what
    stopped it, and `report` what came of it, for the last run only; times are UTC.
    """

    id: int = 0
    fingerprint: str
    shown: tuple[Shown, ...]
    agreed: Agreed = Agreed()
    lanes: int = 4
    wait: bool = False
    behind: tuple[Behind, ...] = ()
    everything: bool = False
    process: int = 0
    detached: bool = False
    who: str
    state: RunState = RunState.RUNNING
    started_at: dt.datetime
    request: RunRequestRecord | None = msgspec.field(default=None, name="wish")
    ended_at: dt.datetime | None = None
    ending: str = ""
    report: PublishReport | None = None


class Runs:
    """The runs of every business. Call its changing methods under the publish lock."""

    def __init__(self, home: Home, who: str, clock: Callable[[], dt.datetime]) -> None:
        self._home = home
        self._who = who
        self._clock = clock

    def new(
        self, plan: Plan, agreed: Agreed, *, lanes: int, wait: bool, detached: bool = False
    ) -> Run:
        """Return a run that carries out the plan; it is not written down yet."""
        return Run(
            behind=tuple(Behind(one.item_id, one.reason) for one in plan.behind),
            everything=plan.everything,
            process=os.getpid(),
            detached=detached,
            fingerprint=plan.fingerprint,
            shown=shown_in(plan.items),
            agreed=agreed,
            lanes=lanes,
            wait=wait,
            who=self._who,
            started_at=self._clock(),
        )

    def begin(self, business: str, run: Run) -> Run:
        """Write down what is about to be carried out; a run that was broken off is given up."""
        database = self._home.books(business)
        with database.transaction():
            for before in self._open(business):
                self._end(business, before, "replaced")
            last = self.last(business)
            if last is not None and last.report is not None:
                # The items themselves say what came of them; the last report is for who follows.
                self._put(business, msgspec.structs.replace(last, report=None))
            number = database.table(TABLE).insert(_stored(run))
        return msgspec.structs.replace(run, id=number)

    def carry_on(self, business: str, run: Run) -> Run:
        """Write down that this process carries the run on; what was asked before is forgotten."""
        taken = msgspec.structs.replace(
            run, state=RunState.RUNNING, process=os.getpid(), request=None
        )
        with self._home.books(business).transaction():
            self._put(business, taken)
        return taken

    def go_on(self, business: str, run: Run, state: RunState) -> Run:
        """Write down that the run goes on, or that a person has paused it."""
        with self._home.books(business).transaction():
            request = self.request(business, run.id)
            return self._put(business, msgspec.structs.replace(run, state=state, request=request))

    def end(
        self, business: str, run: Run, ending: str, report: PublishReport | None = None
    ) -> None:
        """Write down that the run has come to its end, and what came of it."""
        with self._home.books(business).transaction():
            self._end(business, run, ending, report)

    def ask(self, business: str, run: int, what: RunRequest) -> bool:
        """Ask something of a run; whoever carries it out looks for it. False where it has ended.

        Needs no publish lock.
        """
        database = self._home.books(business)
        with database.transaction():
            document = database.table(TABLE).get(doc_id=run)
            if document is None or document["state"] == RunState.ENDED:
                return False
            request = RunRequestRecord(what, self._who, self._clock())
            database.table(TABLE).update({"wish": plain(request)}, doc_ids=[run])
        return True

    def request(self, business: str, run: int) -> RunRequestRecord | None:
        """Return what was asked of the run last; None for nothing."""
        document = self._home.books(business).table(TABLE).get(doc_id=run)
        stored = None if document is None else document.get("wish")
        return None if stored is None else msgspec.convert(stored, RunRequestRecord)

    def revision(self, business: str) -> int:
        """Return a number that grows with every request, and every change beside; cheap to ask."""
        return self._home.books(business).revision

    def get(self, business: str, run: int) -> Run | None:
        """Return the run of that number; None where there is none."""
        document = self._home.books(business).table(TABLE).get(doc_id=run)
        return None if document is None else msgspec.convert({**document, "id": run}, Run)

    def open(self, business: str) -> Run | None:
        """Return the run that has not ended; None where there is none."""
        return max(self._open(business), key=lambda one: one.id, default=None)

    def _open(self, business: str) -> list[Run]:
        table = self._home.books(business).table(TABLE)
        return [
            msgspec.convert({**one, "id": one.doc_id}, Run)
            for state in (RunState.RUNNING, RunState.PAUSED)
            for one in table.by("state", state.value)
        ]

    def last(self, business: str) -> Run | None:
        """Return the run that was begun last, ended or not; None where there never was one."""
        table = self._home.books(business).table(TABLE)
        numbers = [one.doc_id for state in RunState for one in table.by("state", state.value)]
        return self.get(business, max(numbers, default=0))

    def _end(
        self, business: str, run: Run, ending: str, report: PublishReport | None = None
    ) -> None:
        ended = msgspec.structs.replace(
            run, state=RunState.ENDED, ended_at=self._clock(), ending=ending, report=report
        )
        self._put(business, ended)

    def _put(self, business: str, run: Run) -> Run:
        self._home.books(business).table(TABLE).put(run.id, _stored(run))
        return run


def shown_in(items: Sequence[PlannedItem]) -> tuple[Shown, ...]:
    """Return what is to be known again of each item."""
    return tuple(
        Shown(
            one.item_id,
            fingerprint_of([one]),
            one.creates,
            () if one.number is None else tuple(map(fingerprint_of_step, one.followups)),
        )
        for one in items
    )


def _stored(run: Run) -> dict[str, Any]:
    """Return the run as it is stored; its state always, since it is looked up by that."""
    document: dict[str, Any] = plain(run)
    document.pop("id", None)
    document["state"] = run.state.value
    return document


# A run's events as lines, so that another process hears the events of the one that publishes.

_ANY_EVENT: Any = functools.reduce(operator.or_, Event.__subclasses__())
"""Every kind of event; a line says by its tag which one it is."""


def line_of(event: Event) -> bytes:
    """Return the event as a line; the business is left out, the file says which."""
    config = event.__struct_config__
    fields = {name: getattr(event, name) for name in event.__struct_fields__ if name != "business"}
    line = msgspec.json.encode({config.tag_field: config.tag, **fields}, enc_hook=_written)
    return redact.clean(line.decode()).encode()


def event_of(line: bytes, business: str) -> Event | None:
    """Return the event of a line; None for one that was torn, or that this version does not know.

    A problem comes back as a `Problem` with its code, sentence and cure.
    """
    try:
        fields = {**msgspec.json.decode(line), "business": business}
        event: Event = msgspec.convert(fields, _ANY_EVENT, dec_hook=_read)
    except (msgspec.MsgspecError, KeyError, TypeError):
        return None
    return event


def publish_ended(business: str, report: PublishReport) -> PublishEnded:
    """Return the event that ends a run, from what came of it."""
    return PublishEnded(
        business=business,
        published=report.published,
        held=report.held,
        unknown=report.unknown,
        cancelled=report.cancelled,
    )


def remembered(code: str, sentence: str, cure: str = "") -> Problem:
    """Return a problem that was met elsewhere, or before."""
    kind: type[Problem] = type("Remembered", (Problem,), {"code": code})
    return kind(sentence, cure)


def _written(what: Any) -> Any:
    if isinstance(what, Problem):
        return what.as_dict()
    raise NotImplementedError(type(what))


def _read(kind: type, what: Any) -> Any:
    if kind is Problem:
        return remembered(what["code"], what["sentence"], what["cure"])
    raise NotImplementedError(kind)


# A run while it is carried out: on disk, shown to whoever follows it, heeding what others ask.

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
        runs: Runs,
        events: EventsFile,
        business: str,
        run: Run,
        cancel: Cancel,
        pause: Pause,
        listener: Listener,
    ) -> None:
        self._runs = runs
        self._events = events
        self._business = business
        self._run = run
        self._cancel = cancel
        self._pause = pause
        self._listener = listener
        self._early: list[Event] = []
        self._begun = False
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, name="publish-watch", daemon=True)

    def hear(self, event: Event) -> None:
        """Take an event, for the file and for the listener."""
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
            self._events.begin(line_of(begun), afresh=fresh)
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
        self._tell(publish_ended(self._business, report))
        self._runs.end(self._business, self._run, ending, report)

    def close(self) -> None:
        """Stop looking and sending events; a run that was not ended is one that was broken off."""
        self._stop_looking()
        self._events.close()

    # Inside

    def _tell(self, event: Event) -> None:
        with self._lock:
            if self._begun:
                self._events.tell(line_of(event))
            else:
                self._early.append(event)

    def _stop_looking(self) -> None:
        self._over.set()
        if self._watch.is_alive():
            self._watch.join()

    def _look(self) -> None:
        seen, known = -1, self._run.request
        while not self._over.wait(LOOK_SECONDS):
            try:
                revision = self._runs.revision(self._business)
                if revision != seen:
                    seen, request = revision, self._runs.request(self._business, self._run.id)
                    if request is not None and request != known:
                        known = request
                        self._heed(request)
                self._note_pace()
            except StoreError:  # the run itself will meet it, and say so
                log.warning("what other sessions ask of a run could not be read", exc_info=True)

    def _heed(self, request: RunRequestRecord) -> None:
        log.info("asked by %s: %s", request.who, request.what.value)
        if request.what is RunRequest.PAUSE:
            self._pause.pause()
        elif request.what is RunRequest.GO_ON:
            self._pause.resume()
        else:
            self._cancel.cancel()

    def _note_pace(self) -> None:
        """Write down, and send as an event, that a person has paused the run or lets it go on."""
        paused = self._run.state is RunState.PAUSED
        if self._pause.is_paused == paused:
            return
        state = RunState.RUNNING if paused else RunState.PAUSED
        self._run = self._runs.go_on(self._business, self._run, state)
        self.hear((PublishResumed if paused else PublishPaused)(business=self._business))


# What publishing stands on, in one hand.


@dataclass(frozen=True, kw_only=True)
class Context:
    """The parts of the desk that publishing uses, and its own records.

    `clock` tells the time in UTC, `moment` how far this machine has counted.
    """

    home: Home
    businesses: Businesses
    sessions: Sessions
    lists: Lists
    items: Items
    audit: Audit
    duplicates: Duplicates
    sends: SendJournal
    runs: Runs
    clock: Callable[[], dt.datetime]
    moment: Callable[[], Uptime]

    def settle_time(self, business: str) -> dt.timedelta:
        """Return how long KashFlow may still be at work after a reply was lost."""
        seconds = self.businesses.get(business).settings.settle_seconds
        return dt.timedelta(seconds=seconds)
