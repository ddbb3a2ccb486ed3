"""Runs of publishing, kept on disk: what was agreed, so that a sudden end is no end.

A run that was broken off is told by its state: it is not ended, and nobody publishes. It is then
carried on with exactly what was shown; an item that is another one by now is left where it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.attempt_step import fingerprint_of_step
from kfclient.desk.planning import NewContact, PlannedItem, fingerprint_of

if TYPE_CHECKING:
    from kfclient.desk.planning import Plan
    from kfclient.store import Home

TABLE = "runs"


class RunState(StrEnum):
    """Where a run stands; what is not ended and has nobody at work was broken off."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


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

    `fingerprint` is the whole plan's. With `wait` it waits for the network by itself. `ending` is
    "done", "cancelled", "replaced", or the sentence of what stopped it; times are UTC.
    """

    id: int = 0
    fingerprint: str
    shown: tuple[Shown, ...]
    agreed: Agreed = Agreed()
    lanes: int = 4
    wait: bool = False
    who: str
    state: RunState = RunState.RUNNING
    started_at: dt.datetime
    ended_at: dt.datetime | None = None
    ending: str = ""


class Runs:
    """The runs of every business. Call its changing methods under the publish lock."""

    def __init__(self, home: Home, who: str, clock: Callable[[], dt.datetime]) -> None:
        self._home = home
        self._who = who
        self._clock = clock

    def new(self, plan: Plan, agreed: Agreed, *, lanes: int, wait: bool) -> Run:
        """Return a run that carries out the plan; it is not written down yet."""
        return Run(
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
            number = database.table(TABLE).insert(_stored(run))
        return msgspec.structs.replace(run, id=number)

    def go_on(self, business: str, run: Run, state: RunState) -> Run:
        """Write down that the run goes on, or that a person has paused it."""
        return self._put(business, msgspec.structs.replace(run, state=state))

    def end(self, business: str, run: Run, ending: str) -> None:
        """Write down that the run has come to its end."""
        with self._home.books(business).transaction():
            self._end(business, run, ending)

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

    def _end(self, business: str, run: Run, ending: str) -> None:
        ended = msgspec.structs.replace(
            run, state=RunState.ENDED, ended_at=self._clock(), ending=ending
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
    document: dict[str, Any] = msgspec.to_builtins(run)
    document.pop("id", None)
    document["state"] = run.state.value
    document["shown"] = [{**one, "left": list(one.get("left", ()))} for one in document["shown"]]
    return document
