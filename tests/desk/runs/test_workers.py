"""Several items at once: order kept within a supplier, one failure stops only its own item."""

from __future__ import annotations

import threading
import time

import pytest

from kfclient.cancel import Cancel, Pause
from kfclient.desk.events import Event, ItemPublished, PublishPaused, PublishResumed
from kfclient.desk.model.item import ItemState
from kfclient.desk.publish.journal_records import PublishReport
from kfclient.desk.runs.run import Workers
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import Publisher
from tests.slow import slow_replies
from tests.waiting import HANG, until

SUPPLIERS = ["Pennine Water", "Tern Telecom", "Kestrel Car Hire", "Northgate Energy"]


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


def fill(desk: Publisher, each: int = 2) -> None:
    """Add items for four suppliers, in turn."""
    for number in range(each):
        for supplier in SUPPLIERS:
            desk.add(f"{supplier[:3]}-{number}", contact=supplier)


class Watch:
    """Notes how many tasks were at work at once, and of which party."""

    def __init__(self, expected: int) -> None:
        self.now: list[int] = []
        self.most = 0
        self.order: list[int] = []
        self._expected = expected
        self._changed = threading.Condition()

    def work(self, task: int) -> bool:
        """Work until as many as are expected have been at it together, and a moment more."""
        with self._changed:
            assert task % 4 not in [one % 4 for one in self.now]
            self.now.append(task)
            self.order.append(task)
            self.most = max(self.most, len(self.now))
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= self._expected, HANG)
        time.sleep(0.01)
        with self._changed:
            self.now.remove(task)
        return True


@pytest.mark.parametrize(("lanes", "most"), [(1, 1), (3, 3), (16, 4)])
def test_lanes_are_bounded_and_a_party_has_one_at_a_time(lanes: int, most: int) -> None:
    watch = Watch(most)
    Workers(range(20), lambda task: task % 4, watch.work, lanes).run()
    assert watch.most == most
    for party in range(4):
        assert [one for one in watch.order if one % 4 == party] == list(range(party, 20, 4))
    if lanes == 1:
        assert watch.order == list(range(20))


def test_an_error_nobody_foresaw_ends_the_lanes_and_is_raised() -> None:
    done: list[int] = []

    def work(task: int) -> bool:
        if task == 2:
            raise KeyError(task)
        done.append(task)
        until(lambda: lanes._ended)
        return True

    lanes = Workers(range(100), lambda task: task, work, 4)
    with pytest.raises(KeyError):
        lanes.run()
    assert set(done) <= {0, 1, 3, 4}, "what they had in hand"


def test_items_of_several_suppliers_are_on_their_way_at_once(desk: Publisher) -> None:
    fill(desk)
    desk.sandbox.misbehave("InsertReceipt", "slow", times=None)
    reports: list[PublishReport] = []
    with slow_replies(desk.sandbox) as slow:
        thread = threading.Thread(target=lambda: reports.append(desk.publish(lanes=4)))
        thread.start()
        slow.until_held(4)
        slow.let_all_go()
        thread.join(HANG)
    assert reports[0].published == 8
    for supplier in SUPPLIERS:
        found = desk.purchases(supplier)
        assert [one.customer_reference[-1] for one in found] == ["0", "1"]


def test_the_report_is_in_the_order_of_the_plan_and_one_failure_is_its_own(
    desk: Publisher,
) -> None:
    fill(desk)
    desk.sandbox.misbehave("InsertReceipt", "refuse", nth=3)
    report = desk.publish(lanes=4)
    assert [one.item_id for one in report.results] == list("12345678")
    assert (report.published, report.held, report.stopped) == (7, 1, None)


def test_one_event_at_a_time_is_told(desk: Publisher) -> None:
    fill(desk)
    inside: list[int] = []
    most: list[int] = []

    def listener(event: Event) -> None:
        inside.append(1)
        time.sleep(0.005)
        most.append(len(inside))
        inside.pop()

    plan = desk.desk.publishing.plan(desk.business)
    desk.desk.publishing.publish(desk.business, plan, lanes=4, listener=listener)
    assert set(most) == {1}


def test_what_stops_the_run_stops_every_lane_after_what_is_on_its_way(desk: Publisher) -> None:
    fill(desk, each=4)
    desk.sandbox.misbehave("InsertReceipt", "new-password", nth=4)
    report = desk.publish(lanes=4)
    assert report.stopped is not None
    assert report.stopped.code == "wrong-credentials"
    assert report.unknown == 0
    sent = len(desk.sandbox.account.receipts())
    assert report.published == sent
    assert sent <= 4


def test_a_cancel_lets_all_lanes_finish_what_is_on_its_way(desk: Publisher) -> None:
    fill(desk, each=3)
    cancel = Cancel()

    def listener(event: Event) -> None:
        if isinstance(event, ItemPublished):
            cancel.cancel()

    plan = desk.desk.publishing.plan(desk.business)
    report = desk.desk.publishing.publish(
        desk.business, plan, lanes=4, listener=listener, cancel=cancel
    )
    assert report.cancelled
    assert report.published == len(desk.sandbox.account.receipts()) <= 4
    assert desk.publish().published == 12 - report.published


def test_a_pause_sends_nothing_new_until_it_is_resumed(desk: Publisher) -> None:
    fill(desk, each=4)
    desk.sandbox.misbehave("InsertReceipt", "slow", times=None)
    pause = Pause()
    events: list[Event] = []
    paused = threading.Event()

    def listener(event: Event) -> None:
        events.append(event)
        if isinstance(event, ItemPublished) and not paused.is_set():
            pause.pause()
        elif isinstance(event, PublishPaused):
            paused.set()

    plan = desk.desk.publishing.plan(desk.business)

    def go() -> None:
        desk.desk.publishing.publish(desk.business, plan, lanes=4, listener=listener, pause=pause)

    thread = threading.Thread(target=go)
    with slow_replies(desk.sandbox) as slow:
        thread.start()
        slow.until_held(4)
        slow.let_go()
        assert paused.wait(HANG)
    run = desk.desk.publishing.running(desk.business)
    assert run is not None
    assert run.state == "paused"
    assert desk.desk.publishing.interrupted(desk.business) is None
    thread.join(0.5)
    assert thread.is_alive()
    assert len(desk.sandbox.account.receipts()) <= 6, "four on their way, and two in hand"
    desk.sandbox.behave()
    pause.resume()
    thread.join(HANG)
    assert [desk.state(str(key)) for key in range(1, 17)] == [ItemState.PUBLISHED] * 16
    assert any(isinstance(event, PublishResumed) for event in events)


def test_a_pause_can_be_cancelled(desk: Publisher) -> None:
    fill(desk)
    pause, cancel = Pause(), Cancel()
    pause.pause()

    def listener(event: Event) -> None:
        if isinstance(event, PublishPaused):
            cancel.cancel()

    plan = desk.desk.publishing.plan(desk.business)
    report = desk.desk.publishing.publish(
        desk.business, plan, listener=listener, pause=pause, cancel=cancel
    )
    assert report.cancelled
    assert desk.sandbox.account.receipts() == []
    assert desk.desk.publishing.running(desk.business) is None
