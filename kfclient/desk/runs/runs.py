"""Runs of publishing, kept on disk: what was agreed, so that a sudden end is no end.

A run that was broken off is told by its state: it is not ended, and nobody publishes. It is then
carried on with exactly what was shown; an item that is another one by now is left where it is.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.publish.attempt_step import fingerprint_of_step
from kfclient.desk.publish.planning import NewContact, PlannedItem, fingerprint_of
from kfclient.desk.publish.report import PublishReport

if TYPE_CHECKING:
    from kfclient.desk.publish.planning import Plan
    from kfclient.store import Home

TABLE = "runs"


class RunState(StrEnum):
    """Where a run stands; what is not ended and has nobody at work was broken off."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class Wish(StrEnum):
    """What another session asks of a run that is going on."""

    PAUSE = "pause"
    GO_ON = "go-on"
    STOP = "stop"


class Wished(msgspec.Struct, frozen=True):
    """A wish, by whom, and when (UTC)."""

    what: Wish
    who: str
    at: dt.datetime


class Behind(msgspec.Struct, frozen=True):
    """An item that was asked for and left out of the plan, and why."""

    item: str
    reason: str


class Agreed(msgspec.Struct, frozen=True):
    """What the person has agreed to create."""

    suppliers: bool = False
    customers: bool = False


class Shown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was shown of one item: the fingerprint of what is sent, and whom it creates.

    `left` are the fingerprints of the steps alone, where the document is in KashFlow already.
    """

    item: str
    fingerprint: str
    creates: NewContact | None = None
    left: tuple[str, ...] = ()


class Task(msgspec.Struct, frozen=True):
    """An item to publish, as planned now, and the fingerprint of what was shown for it."""

    planned: PlannedItem
    fingerprint: str


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run: what was shown and agreed to, by whom, how it goes, and how it ended.

    `fingerprint` is the whole plan's; `behind` are the items that were left out of it, though asked
    for, and `everything` says that all that was ready was. With `wait` it waits for the network by
    itself. `process` carries it out, in the background where it is `detached`; `wish` is what
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
    wish: Wished | None = None
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
        """Write down that this process carries the run on; what was wished before is forgotten."""
        taken = msgspec.structs.replace(run, state=RunState.RUNNING, process=os.getpid(), wish=None)
        with self._home.books(business).transaction():
            self._put(business, taken)
        return taken

    def go_on(self, business: str, run: Run, state: RunState) -> Run:
        """Write down that the run goes on, or that a person has paused it."""
        with self._home.books(business).transaction():
            wish = self._wish(business, run.id)
            return self._put(business, msgspec.structs.replace(run, state=state, wish=wish))

    def end(
        self, business: str, run: Run, ending: str, report: PublishReport | None = None
    ) -> None:
        """Write down that the run has come to its end, and what came of it."""
        with self._home.books(business).transaction():
            self._end(business, run, ending, report)

    def ask(self, business: str, run: int, what: Wish) -> bool:
        """Ask something of a run; whoever carries it out looks for it. False where it has ended.

        Needs no publish lock.
        """
        database = self._home.books(business)
        with database.transaction():
            document = database.table(TABLE).get(doc_id=run)
            if document is None or document["state"] == RunState.ENDED:
                return False
            wish = Wished(what, self._who, self._clock())
            database.table(TABLE).update({"wish": _plain(wish)}, doc_ids=[run])
        return True

    def wish(self, business: str, run: int) -> Wished | None:
        """Return what is asked of the run, by its newest wish."""
        return self._wish(business, run)

    def revision(self, business: str) -> int:
        """Return a number that grows with every wish, and every change beside; cheap to ask."""
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

    def _wish(self, business: str, run: int) -> Wished | None:
        document = self._home.books(business).table(TABLE).get(doc_id=run)
        wish = None if document is None else document.get("wish")
        return None if wish is None else msgspec.convert(wish, Wished)

    def _end(
        self, business: str, run: Run, ending: str, report: PublishReport | None = None
    ) -> None:
        ended = msgspec.structs.replace(
            run, state=RunState.ENDED, ended_at=self._clock(), ending=ending, report=report
        )
        self._put(business, ended)

    def _put(self, business: str, run: Run) -> Run:
        def become(document: Any) -> None:
            document.clear()
            document.update(_stored(run))

        self._home.books(business).table(TABLE).update(become, doc_ids=[run.id])
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
    document: dict[str, Any] = _plain(run)
    document.pop("id", None)
    document["state"] = run.state.value
    return document


def _plain(what: msgspec.Struct) -> Any:
    """Return it as JSON has it: lists, no tuples."""
    return msgspec.json.decode(msgspec.json.encode(what))
