"""What one session publishes, another one follows and steers; and leaving is not stopping."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator

import pytest

from kfclient.cancel import Cancel, Pause
from kfclient.desk import Desk
from kfclient.desk.business.status import RunPhase, how_it_goes
from kfclient.desk.errors import BrokenOff, Busy, NothingRuns
from kfclient.desk.events import (
    Event,
    ItemHeld,
    ItemPublished,
    PublishBegun,
    PublishEnded,
    PublishPaused,
    PublishResumed,
    PublishWaiting,
)
from kfclient.desk.model.item import ItemState
from kfclient.desk.publish.journal_records import PublishReport
from kfclient.desk.runs.run import Backoff
from kfclient.desk.runs.runs import RunRequest, event_of, line_of, remembered
from kfclient.sandbox import Sandbox
from kfclient.store import Home, Secrets
from kfclient.store.events_file import EventsFile, Follower
from tests.desk.publisher import Publisher
from tests.desk.runs.test_runs import break_off
from tests.slow import SlowReplies, slow_replies
from tests.waiting import HANG, until

TRICKY = "Ü & <b>\n“quoted”"


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


@pytest.fixture
def slow(sandbox: Sandbox) -> Iterator[SlowReplies]:
    """Return what lets slow replies go."""
    with slow_replies(sandbox) as slow:
        yield slow


@pytest.fixture
def other(desk: Publisher) -> Desk:
    """Return Ben's desk, with its own files open on the same home."""
    home = Home(desk.home.root)
    return Desk(
        home,
        Secrets(home.root, memory=True),
        person="ben",
        clock=lambda: desk.now,
        moment=desk.moment,
    )


class Going:
    """A run in a thread of its own; one lane, and each purchase waits until it is let go."""

    def __init__(
        self, desk: Publisher, cancel: Cancel | None = None, *, wait: bool = False
    ) -> None:
        desk.sandbox.misbehave("InsertReceipt", "slow", times=None)
        self.report: PublishReport | None = None
        self.desk = desk
        self.cancel = cancel or Cancel()

        def go() -> None:
            self.report = desk.publish(lanes=1, cancel=self.cancel, pause=Pause(), wait=wait)

        self.thread = threading.Thread(target=go)
        self.thread.start()

    def end(self) -> PublishReport:
        """Return the report, once there is one."""
        self.thread.join(HANG)
        assert self.report is not None
        return self.report


def phase(desk: Desk, business: str) -> RunPhase | None:
    seen = desk.publishing.status(business)
    return None if seen is None else seen[1]


def test_a_follower_hears_what_the_one_who_publishes_hears(
    desk: Publisher, other: Desk, slow: SlowReplies
) -> None:
    desk.add("A", "B")
    desk.add("C", contact="Somebody New")
    desk.sandbox.misbehave("InsertReceipt", "refuse")
    going = Going(desk)
    until(lambda: other.publishing.running(desk.business))
    heard: list[Event] = []

    def hear(event: Event) -> None:
        heard.append(event)
        slow.let_all_go()

    run, report = other.publishing.follow(desk.business, hear)
    assert report == going.end()
    assert (run.who, run.ending, report.published, report.held) == ("anna", "done", 2, 1)
    told = [event for event in desk.events if not isinstance(event, ItemHeld)][1:]
    assert [event for event in heard if not isinstance(event, ItemHeld)] == told
    (held,) = [event for event in heard if isinstance(event, ItemHeld)]
    assert (held.item, held.problem.code) == ("1", "refused")
    again: list[Event] = []
    assert other.publishing.follow(desk.business, again.append)[1] == report
    assert len(again) == len(heard), "who comes late hears it from the beginning"


def test_another_session_pauses_resumes_and_stops(
    desk: Publisher, other: Desk, slow: SlowReplies
) -> None:
    desk.add(*"ABCDEFGH")
    going = Going(desk)
    slow.let_go()
    until(lambda: any(isinstance(event, ItemPublished) for event in desk.events))
    assert other.publishing.ask(desk.business, RunRequest.PAUSE).who == "anna"
    until(lambda: phase(other, desk.business) is RunPhase.PAUSED)
    slow.let_go(4)
    going.thread.join(0.7)
    assert going.thread.is_alive()
    assert len(desk.sandbox.account.receipts()) <= 3, "one on its way, and one in hand"
    other.publishing.ask(desk.business, RunRequest.GO_ON)
    until(lambda: len(desk.sandbox.account.receipts()) == 5)
    other.publishing.ask(desk.business, RunRequest.STOP)
    until(lambda: going.cancel.is_set)
    slow.let_all_go()
    report = going.end()
    assert report.cancelled
    assert report.published == len(desk.sandbox.account.receipts()) < 8
    assert phase(other, desk.business) is RunPhase.ENDED
    with pytest.raises(NothingRuns):
        other.publishing.ask(desk.business, RunRequest.PAUSE)


def test_a_wish_does_not_outlive_the_run_it_was_for(desk: Publisher, other: Desk) -> None:
    desk.add("A", "B")
    break_off(desk)
    run = desk.desk.publishing.interrupted(desk.business)
    assert run is not None
    assert desk.desk.context.runs.ask(desk.business, run.id, RunRequest.STOP)
    assert desk.desk.publishing.resume(desk.business).published == 2


def test_who_has_to_leave_leaves_a_run_to_be_carried_on(
    desk: Publisher, other: Desk, slow: SlowReplies
) -> None:
    desk.add("A", "B", "C")
    going = Going(desk)
    slow.let_go()
    until(lambda: any(isinstance(event, ItemPublished) for event in desk.events))
    going.cancel.leave()
    slow.let_all_go()
    report = going.end()
    assert report.cancelled
    assert phase(other, desk.business) is RunPhase.INTERRUPTED
    with pytest.raises(BrokenOff, match=r"[12] of 3 items published"):
        other.publishing.follow(desk.business)
    assert desk.desk.publishing.resume(desk.business).published == 3
    assert sorted(one.customer_reference for one in desk.purchases()) == ["A", "B", "C"]


def test_who_was_asked_to_stop_and_then_has_to_leave_has_stopped() -> None:
    cancel = Cancel()
    cancel.cancel()
    cancel.leave()
    assert not cancel.is_leaving


def test_who_waits_for_the_network_and_has_to_leave_is_carried_on(desk: Publisher) -> None:
    desk.add("A")
    cancel = Cancel()
    desk.desk.publishing.backoff = Backoff(lambda seconds, token: token.leave())
    desk.sandbox.misbehave("*", "html-503", times=None)
    assert desk.publish(wait=True, cancel=cancel).cancelled
    assert phase(desk.desk, desk.business) is RunPhase.INTERRUPTED
    desk.sandbox.behave()
    assert desk.desk.publishing.resume(desk.business).published == 1


def test_what_it_waits_for_is_said(desk: Publisher, other: Desk) -> None:
    desk.add("A")
    seen: list[str] = []

    def sleep(seconds: float, cancel: Cancel) -> None:
        status = other.publishing.status(desk.business)
        assert status is not None
        seen.append(how_it_goes(*status))
        desk.sandbox.behave()

    desk.desk.publishing.backoff = Backoff(sleep)
    desk.sandbox.misbehave("*", "html-503", times=None)
    assert desk.publish(wait=True).published == 1
    assert seen[0].startswith("waiting, by anna since 22 Nov 2026")
    assert "0 of 1 item published" in seen[0]


def test_a_person_who_comes_second_is_told_who_was_first(
    desk: Publisher, other: Desk, slow: SlowReplies
) -> None:
    desk.add("A", "B", "C")
    going = Going(desk)
    until(lambda: other.publishing.running(desk.business))
    with pytest.raises(Busy, match="by anna since") as raised:
        other.publishing.publish(desk.business, other.publishing.plan(desk.business))
    assert raised.value.cure == "Follow it with: kashdeck publish 'Harbour Lane' --follow"
    slow.let_all_go()
    assert going.end().published == 3


def test_what_is_given_up_is_over_and_its_items_stay(desk: Publisher, other: Desk) -> None:
    desk.add("A", "B")
    break_off(desk)
    assert phase(other, desk.business) is RunPhase.INTERRUPTED
    other.publishing.give_up(desk.business)
    assert phase(other, desk.business) is RunPhase.ENDED
    assert desk.desk.publishing.interrupted(desk.business) is None
    assert desk.state("2") is ItemState.READY


def test_the_items_of_a_run_can_be_shown_by_another_session(desk: Publisher, other: Desk) -> None:
    desk.add("A", "B")
    desk.add("C", contact="Somebody New")
    break_off(desk)
    run = other.publishing.interrupted(desk.business)
    assert run is not None
    plan = other.publishing.plan_of(desk.business, run)
    assert [(one.item_id, one.contact, str(one.gross)) for one in plan.items] == [
        ("1", "Pennine Water", "120.00"),
        ("2", "Pennine Water", "120.00"),
        ("3", "Somebody New", "120.00"),
    ]
    assert plan.everything


def test_where_nothing_was_published_there_is_nothing_to_follow(desk: Publisher) -> None:
    with pytest.raises(NothingRuns):
        desk.desk.publishing.follow(desk.business)
    assert desk.desk.publishing.status(desk.business) is None


@pytest.mark.parametrize(
    "event",
    [
        ItemPublished(business="a", item="1", number=7),
        PublishPaused(business="a"),
        PublishEnded(business="a", published=1, held=2, unknown=3, cancelled=True),
        PublishBegun(
            business="a",
            run=1,
            items=2,
            who=TRICKY,
            process=3,
            detached=True,
            started_at=dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC),
        ),
    ],
)
def test_an_event_is_the_same_after_it_was_a_line(event: Event) -> None:
    line = line_of(event)
    assert b"\n" not in line
    assert event_of(line, "a") == event


TAGS = {
    "CheckFailed", "CheckPassed", "CheckStarted", "ItemHeld", "ItemPublished", "ItemSending",
    "ItemUndoing", "ItemUndone", "ItemVerified", "ListFailed", "ListProgress", "ListSynced",
    "PublishBegun", "PublishEnded", "PublishPaused", "PublishResumed", "PublishStarted",
    "PublishWaiting", "StepDone", "StepHeld", "StepUndone", "SupplierCreated", "SyncEnded",
    "SyncStarted", "UndoEnded",
}  # fmt: skip
"""What the events are called on the disk, whatever their classes are called."""


def test_events_are_called_on_the_disk_what_they_always_were() -> None:
    assert {kind.__struct_config__.tag for kind in Event.__subclasses__()} == TAGS
    lines = {
        line_of(PublishResumed(business="a")): b'{"event":"PublishResumed"}',
        line_of(ItemPublished(business="a", item="1", number=7)): (
            b'{"event":"ItemPublished","item":"1","number":7}'
        ),
        line_of(PublishEnded(business="a", published=1, held=2, unknown=3)): (
            b'{"event":"PublishEnded","published":1,"held":2,"unknown":3,"cancelled":false}'
        ),
    }
    assert list(lines) == list(lines.values())


def test_a_problem_keeps_its_words(tmp_path: object) -> None:
    problem = remembered("refused", TRICKY, "Do this.")
    line = line_of(PublishWaiting(business="a", seconds=2.0, problem=problem))
    again = event_of(line, "a")
    assert isinstance(again, PublishWaiting)
    assert again.problem.as_dict() == problem.as_dict()


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"7", b'{"event":"Nothing"}', b'{"event":"ItemPublished"}', b"\xff"]
)
def test_a_line_that_is_torn_is_no_event(line: bytes) -> None:
    assert event_of(line, "a") is None


def test_events_after_half_a_line_are_whole(home: Home) -> None:
    path = home.root / "events"
    first = EventsFile(path)
    first.begin(b"one", afresh=True)
    first.tell(b"two")
    first.close()
    with path.open("ab") as file:
        file.write(b"thr")
    follower = Follower(path)
    assert follower.lines() == [b"one", b"two"]
    second = EventsFile(path)
    second.begin(b"four", afresh=False)
    assert follower.lines() == [b"thr", b"four"]
    third = EventsFile(path)
    third.begin(b"five", afresh=True)
    assert follower.lines() == [], "a new run's events are others"
    fresh = Follower(path)
    assert fresh.lines() == [b"five"]
    for one in (follower, fresh, second, third):
        one.close()


@pytest.mark.parametrize("before", [False, True])
def test_who_follows_before_a_run_has_said_anything_hears_all_of_it(
    home: Home, before: bool
) -> None:
    path = home.root / "events"
    path.parent.mkdir(exist_ok=True)
    if before:
        old = EventsFile(path)
        old.begin(b"run 1", afresh=True)
        old.tell(b"of run 1")
        old.close()
    follower = Follower(path, lambda line: line == b"run 2")
    assert follower.lines() == []
    new = EventsFile(path)
    new.begin(b"run 2", afresh=True)
    assert follower.lines() == [b"run 2"]
    new.tell(b"more")
    assert follower.lines() == [b"more"]
    follower.close()
    new.close()


def test_a_disk_that_takes_no_events_stops_nothing(desk: Publisher) -> None:
    desk.home.events_path(desk.business).mkdir()
    desk.add("A")
    assert desk.publish().published == 1
