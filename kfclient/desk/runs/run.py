"""A run of publishing: what was shown, carried out by several workers, waiting where it has to.

One item of a supplier or customer goes at a time. What is of unknown outcome is looked for first,
at the start and whenever the connection is back; what is no longer as it was shown is left out.
"""

from __future__ import annotations

import concurrent.futures
import heapq
import random
import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from kfclient.api.errors import (
    KashFlowError,
    NotKashFlow,
    ReplyBroken,
    ReplyLost,
    ReplyTooSlow,
    ServerBusy,
    ServerTrouble,
    ServerUnreachable,
    Unknown,
)
from kfclient.cancel import Cancel, Pause
from kfclient.desk.errors import ItemUnknown, NotThereYet, PlanChanged, SameTrouble
from kfclient.desk.events import Listener, PublishWaiting
from kfclient.desk.items.reference import folded
from kfclient.desk.model.business import note_of
from kfclient.desk.model.item import Item, ItemState
from kfclient.desk.publish.journal_records import (
    PublishReport,
    PublishResult,
    fingerprint_of_step,
    result_of,
)
from kfclient.desk.publish.new_contacts import NewContacts
from kfclient.desk.publish.plan import (
    NewContact,
    PlannedItem,
    Task,
    fingerprint_of,
    plan_item,
    plan_left,
)
from kfclient.desk.publish.send import Halted, ItemPublisher, StopSwitch, may_pass
from kfclient.desk.runs.runs import Run, RunRecord, Shown
from kfclient.errors import Cancelled, Problem
from kfclient.store.events_file import EventsFile
from kfclient.threads import in_thread

if TYPE_CHECKING:
    from kfclient.desk.items.items import Items
    from kfclient.desk.model.business import ProblemNote
    from kfclient.desk.publish.journal import SendJournal
    from kfclient.desk.publish.recover import SendRecovery
    from kfclient.desk.runs.runs import Context


# Several items at once: a thread a worker, one item of a supplier or customer at a time.

T = TypeVar("T")

_LOOK_EVERY = 0.1


class Workers(Generic[T]):
    """Does `work` for each task, in their order, at most `lanes` at once.

    Tasks of one party follow one another: what is read of the party before one is sent has to hold
    what the one before has sent. An error that `work` raises ends the lanes after what they have in
    hand, and is raised again.
    """

    def __init__(
        self,
        tasks: Sequence[T],
        party: Callable[[T], Hashable],
        work: Callable[[T], bool],
        lanes: int,
    ) -> None:
        self._work = work
        self._wanted = max(1, lanes)
        self._changed = threading.Condition()
        self._queues: dict[Hashable, deque[tuple[int, T]]] = {}
        for number, task in enumerate(tasks):
            self._queues.setdefault(party(task), deque()).append((number, task))
        # Whose turn it is: the party with the first task that waits.
        self._turns: list[tuple[int, Hashable]] = [
            (queue[0][0], key) for key, queue in self._queues.items()
        ]
        self._left = len(tasks)
        self._ended = False

    def run(self) -> None:
        """Do the tasks until all are done or `work` says to end; returns when the lanes have ended.

        `work` returns whether to go on.
        """
        heapq.heapify(self._turns)
        wanted = min(self._wanted, len(self._queues))
        try:
            lanes = [in_thread(self._lane, f"publish-{number}") for number in range(wanted)]
            while concurrent.futures.wait(lanes, timeout=_LOOK_EVERY).not_done:
                pass
        finally:
            self._end()
        for lane in lanes:
            lane.result()

    def _lane(self) -> None:
        while (taken := self._take()) is not None:
            key, task = taken
            try:
                goes_on = self._work(task)
            except BaseException:
                self._end()
                raise
            if not goes_on:
                self._end()
            self._put_back(key)

    def _take(self) -> tuple[Hashable, T] | None:
        """Return the next task and whose it is, None when there is none any more."""
        with self._changed:
            while not self._ended and self._left:
                if self._turns:
                    _, key = heapq.heappop(self._turns)
                    self._left -= 1
                    return key, self._queues[key].popleft()[1]
                self._changed.wait()
            return None

    def _put_back(self, key: Hashable) -> None:
        with self._changed:
            if self._queues[key]:
                heapq.heappush(self._turns, (self._queues[key][0][0], key))
            self._changed.notify_all()

    def _end(self) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()


# From what was shown to what is to be done now: the same to the last field, or nothing.


class PlanCheck:
    """Plans items as they are now, of one business."""

    def __init__(self, business: str, items: Items, sends: SendJournal) -> None:
        self._business = business
        self._items = items
        self._sends = sends

    def left_of(self, item: Item) -> PlannedItem | None:
        """Return what can be done of what is left of a published item; None for nothing."""
        if not item.left:
            return None
        send = self._sends.latest(self._business, item.id)
        if send is None:
            return None
        steps = self._sends.steps.of(self._business, send.id)
        followups = [step.followup for step in steps if step.is_open]
        return plan_left(item, send.contact, send.payload, followups) if followups else None

    def tasks(
        self, shown: Sequence[Shown]
    ) -> tuple[list[Task], list[PublishResult], list[PublishResult]]:
        """Return what is to be done, what is known by now, and what is no longer as shown."""
        tasks: list[Task] = []
        known: list[PublishResult] = []
        changed: list[PublishResult] = []
        for one in shown:
            try:
                item = self._items.get(self._business, one.item)
            except ItemUnknown as problem:
                gone = PublishResult(one.item, ItemState.TO_REVIEW, None, note_of(problem))
                changed.append(gone)
                continue
            state = self._items.state(self._business, item)
            planned = self._as_shown(item, state, one)
            if planned is not None:
                tasks.append(Task(planned, one.fingerprint))
            elif state in {ItemState.TO_REVIEW, ItemState.READY} or self._is_other(item, one):
                other = PlanChanged(f"Item {item.id} is no longer what was shown.")
                changed.append(result_of(item, state, note_of(other)))
            else:
                known.append(result_of(item, state))
        return tasks, known, changed

    def _as_shown(self, item: Item, state: ItemState, shown: Shown) -> PlannedItem | None:
        """Return the item as it is planned now; None unless that is what was shown."""
        if state is ItemState.READY:
            reference_data = self._items.reference_data.of(self._business)
            fresh = plan_item(item, self._items.findings(self._business, item), reference_data)
            then = _as_then(fresh, shown.creates)
            return fresh if fingerprint_of([then]) == shown.fingerprint else None
        if state is not ItemState.PUBLISHED or self._is_other(item, shown):
            return None
        return self.left_of(item)

    def _is_other(self, item: Item, shown: Shown) -> bool:
        """Tell whether what is left of a published item is more, or other, than what was shown."""
        left = self.left_of(item)
        if left is None:
            return False
        if shown.left:
            return any(fingerprint_of_step(one) not in shown.left for one in left.followups)
        send = self._sends.latest(self._business, item.id)
        return send is None or send.fingerprint != shown.fingerprint


def _as_then(fresh: PlannedItem, new: NewContact | None) -> PlannedItem:
    """Return the item as it was planned where its contact has been created since."""
    if new is None or fresh.creates is not None or folded(fresh.contact) != folded(new.name):
        return fresh
    return msgspec.structs.replace(fresh, creates=new)


_PASSING = {
    NotThereYet.code,
    ServerUnreachable.code,
    ServerBusy.code,
    Unknown.code,
    ReplyLost.code,
    ReplyTooSlow.code,
    ReplyBroken.code,
    NotKashFlow.code,
    ServerTrouble.code,
}
"""Problems that time may mend; an item with another one is not tried again in the same run."""


_SAME_AT_MOST = 3
"""How often the same trouble may come before a run gives up, or waits."""


class Breaker:
    """Notices the same trouble at one item after the other. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._code = ""
        self._times = 0

    def trips(self, result: PublishResult) -> SameTrouble | None:
        """Count what became of an item; return what stops the run once that is enough."""
        note = result.problem if result.state is ItemState.UNKNOWN else None
        code = note.code if note is not None and note.code in _PASSING else ""
        with self._lock:
            self._times = self._times + 1 if code and code == self._code else 1
            self._code = code
            if note is None or not code or self._times < _SAME_AT_MOST:
                return None
        return SameTrouble(
            f"{_SAME_AT_MOST} items one after the other had no answer: {note.sentence}"
        )


class PublishRun:
    """Carries out one run. Call it under the business's publish lock."""

    def __init__(
        self,
        context: Context,
        resolving: SendRecovery,
        business: str,
        run: Run,
        listener: Listener,
        cancel: Cancel,
        pause: Pause,
        backoff: Backoff,
    ) -> None:
        self._context = context
        self._resolving = resolving
        self._business = business
        self._run = run
        self._record = RunRecord(
            context.runs,
            EventsFile(context.home.events_path(business)),
            business,
            run,
            cancel,
            pause,
            listener,
        )
        self._listener = self._record.hear
        self._cancel = cancel
        self._pause = pause
        self._backoff = backoff
        self._switch = StopSwitch(cancel, pause)
        self._planner = PlanCheck(business, context.items, context.sends)
        self._asked = {one.item for one in run.shown} | {one.item for one in run.behind}
        self._results: dict[str, PublishResult] = {}
        self._over: set[str] = set()

    def carry_out(self, *, strict: bool) -> PublishReport:
        """Do what was shown, and return what came of it.

        With `strict`, raises `PlanChanged` before anything is sent when an item is no longer what
        was shown; without, that item is left where it is. Where the program has to go, the run is
        left as one that was broken off.
        """
        try:
            report = self._rounds(strict=strict)
            if report.cancelled and self._cancel.is_leaving and self._run.shown:
                self._record.begin()
            else:
                stopped = "" if report.stopped is None else report.stopped.sentence
                self._record.end("cancelled" if report.cancelled else stopped or "done", report)
        except Problem as problem:
            self._record.end(problem.sentence, self._report(stopped=problem))
            raise
        finally:
            self._record.close()
        return report

    def _rounds(self, *, strict: bool) -> PublishReport:
        tries, before = 0, -1
        while True:
            problem = self._round(strict=strict and before < 0)
            if self._is_cut_short():
                return self._report(cancelled=True)
            tries, before = (0 if len(self._over) > before else tries + 1), len(self._over)
            waiting = self._wait_for(problem, tries)
            if waiting is None:
                return self._report(stopped=problem)
            self._record.begin()
            self._listener(waiting)
            try:
                self._backoff.wait(waiting.seconds, self._cancel)
                self._pause.hold(self._cancel)
            except Cancelled:
                return self._report(cancelled=True)

    def _round(self, *, strict: bool) -> Problem | None:
        """Look for what is unknown, then publish what is to be; return what stopped it."""
        settle_time = self._context.settle_time(self._business)
        try:
            self._resolving.resolve(self._business, settle_time, self._listener, self._asked)
        except KashFlowError as problem:
            return problem
        tasks, known, changed = self._planner.tasks(
            [one for one in self._run.shown if one.item not in self._over]
        )
        if strict and changed:
            items = f"item {changed[0].item_id} is"
            items = items if len(changed) == 1 else f"{len(changed)} items are"
            raise PlanChanged(f"What would be sent for {items} no longer what was shown.")
        for result in (*known, *changed):
            self._note_result(result)
        return self._publish(tasks) if tasks else None

    def _publish(self, tasks: list[Task]) -> Problem | None:
        context, run = self._context, self._run
        kashflow = context.sessions.open(self._business)
        kashflow.widen(run.lanes)
        self._record.begin()
        self._switch.open()
        publisher = ItemPublisher(
            self._business,
            context.sessions,
            context.items,
            context.sends,
            NewContacts(context.home, context.lists, context.audit, self._business),
            context.duplicates,
            run.agreed,
            self._listener,
            self._switch,
        )

        breaker = Breaker()

        def work(task: Task) -> bool:
            try:
                result = publisher.publish(task)
            except (Cancelled, Halted):
                return False
            self._note_result(result)
            if same := breaker.trips(result):
                self._switch.halt(same)
            return self._switch.problem is None

        try:
            Workers(tasks, _party, work, _in_hand(run.lanes, kashflow.lanes)).run()
        finally:
            publisher.remember()
        return self._switch.problem

    def _note_result(self, result: PublishResult) -> None:
        """Keep the item's result, and whether it is one to try again in this run."""
        self._results[result.item_id] = result
        if result.state is ItemState.UNKNOWN:
            return
        notes = [one.problem for one in result.left] if result.left else [result.problem]
        again = result.state is ItemState.READY or bool(result.left)
        if not (again and any(_may_pass(note) for note in notes)):
            self._over.add(result.item_id)

    def _wait_for(self, problem: Problem | None, tries: int) -> PublishWaiting | None:
        """Return how long to wait, and what for; None where nothing is to be waited for.

        A server that asks to be left alone is waited for whether or not the run waits for the
        network, a few times without anything published between them.
        """
        if isinstance(problem, ServerBusy):
            seconds = self._backoff.rest(problem.retry_after, tries)
            gives_up = tries >= _SAME_AT_MOST - 1 and not self._run.wait
            if gives_up or seconds is None:
                return None
            return PublishWaiting(business=self._business, seconds=seconds, problem=problem)
        if not self._run.wait:
            return None
        if problem is not None:
            if not (may_pass(problem) or isinstance(problem, SameTrouble)):
                return None
            seconds = self._backoff.pause(tries)
            return PublishWaiting(business=self._business, seconds=seconds, problem=problem)
        seconds_left = self._resolving.seconds_left(
            self._business, self._context.settle_time(self._business), self._asked - self._over
        )
        if seconds_left is None:
            return None
        return PublishWaiting(
            business=self._business,
            seconds=max(1.0, seconds_left),
            problem=NotThereYet(
                "KashFlow may still be at work on what had no answer.",
                "It is looked for again by itself, and sent again only if it is not there.",
            ),
        )

    def _is_cut_short(self) -> bool:
        """Tell whether somebody has cancelled before everything was done."""
        if not self._cancel.is_set:
            return False
        undone = any(one.item not in self._results for one in self._run.shown)
        return undone or any(
            left.problem is None for result in self._results.values() for left in result.left
        )

    def _report(self, *, cancelled: bool = False, stopped: Problem | None = None) -> PublishReport:
        known = [one.item for one in self._run.shown if one.item in self._results]
        return PublishReport(
            tuple(self._results[item_id] for item_id in known),
            cancelled=cancelled,
            stopped=None if stopped is None else note_of(stopped),
        )


def _in_hand(lanes: int, calls: int) -> int:
    """Return how many items are in hand at once; `calls` is how many calls the client makes.

    Where that is as many as there are lanes, half as many items more are in hand: while the
    outcome of one is written to the disk, another one, its intent written, has its place on the
    wire. More calls at once than lanes are never made.
    """
    return lanes + lanes // 2 if calls == lanes else lanes


def _party(task: Task) -> Hashable:
    """Return whose document it is; one that is yet to be created goes by name."""
    return task.planned.operation, folded(task.planned.contact)


def _may_pass(note: ProblemNote | None) -> bool:
    return note is None or note.code in _PASSING


# Waiting by itself: how long, and on whose clock.

_FIRST, _LONGEST = 2.0, 60.0
_LONGEST_REST = 15 * 60.0
_MOST_RESTS = 2
"""How often an item waits for a server that turned it away."""


def _by_the_clock(seconds: float, cancel: Cancel) -> None:
    cancel.wait(seconds)


class Backoff:
    """How publishing waits for the network: ever longer up to a minute, never in step.

    `sleep` waits so many seconds, less when cancelled; `chance` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        sleep: Callable[[float, Cancel], object] = _by_the_clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._sleep = sleep
        self._chance = chance

    def pause(self, tries: int) -> float:
        """Return the seconds to wait after so many tries that came to nothing."""
        longest: float = min(_LONGEST, _FIRST * 2 ** min(tries, 10))
        return longest * (0.5 + self._chance() / 2)

    def rest(self, asked: float | None, tries: int) -> float | None:
        """Return the seconds for which a server is left alone; None where it asks for too many."""
        if asked is None:
            return self.pause(tries)
        return asked + self._chance() if asked <= _LONGEST_REST else None

    def wait(self, seconds: float, cancel: Cancel) -> None:
        """Wait; raises `Cancelled` when the work shall stop instead."""
        self._sleep(seconds, cancel)
        cancel.check()

    def patiently(
        self,
        business: str,
        once: Callable[[], Problem | None],
        cancel: Cancel,
        tell: Listener,
    ) -> Problem | None:
        """Do it, and again, a few times, when a busy server was left alone as long as it asks.

        `once` does it and returns what stood in its way, which is returned at last; a server that
        asks for too long, and a cancel while it is waited for, end it.
        """
        problem = once()
        for tries in range(_MOST_RESTS):
            if not isinstance(problem, ServerBusy):
                break
            seconds = self.rest(problem.retry_after, tries)
            if seconds is None:
                break
            tell(PublishWaiting(business=business, seconds=seconds, problem=problem))
            try:
                self.wait(seconds, cancel)
            except Cancelled:
                break
            problem = once()
        return problem
