"""A run is on disk: it outlives its process, and waits for the network by itself."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import msgspec
import pytest

from kfclient.cancel import Cancel
from kfclient.desk.events import Event, ItemPublished, ItemSending, PublishWaiting
from kfclient.desk.model.item import ItemState
from kfclient.desk.runs.run import Backoff
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import Publisher


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


class Ended(BaseException):
    """A sudden end, as far as the files are concerned."""


def break_off(desk: Publisher, after: int = 1) -> None:
    """Publish what is ready, and end suddenly after so many items."""
    published: list[Event] = []

    def listener(event: Event) -> None:
        if isinstance(event, ItemPublished):
            published.append(event)
            if len(published) == after:
                raise Ended

    plan = desk.desk.publishing.plan(desk.business)
    with pytest.raises(Ended):
        desk.desk.publishing.publish(
            desk.business, plan, create_suppliers=True, lanes=2, listener=listener
        )


def test_a_run_that_was_broken_off_is_told_and_carried_on(desk: Publisher) -> None:
    desk.add("A", "B")
    desk.add("C", contact="Somebody New")
    break_off(desk)
    run = desk.desk.publishing.interrupted(desk.business)
    assert run is not None
    assert [one.item for one in run.shown] == ["1", "2", "3"]
    assert (run.who, run.agreed.suppliers, run.agreed.customers, run.lanes) == (
        "anna", True, False, 2,
    )  # fmt: skip
    report = desk.desk.publishing.resume(desk.business)
    assert report.published == 3
    assert desk.desk.publishing.interrupted(desk.business) is None
    assert len(desk.purchases()) == 2
    assert len(desk.purchases("Somebody New")) == 1
    assert desk.desk.publishing.resume(desk.business).results == ()


def test_what_was_changed_since_is_left_where_it_is(desk: Publisher) -> None:
    desk.add("A", "B", "C")
    break_off(desk)
    second = desk.item("2")
    desk.desk.items.save(desk.business, msgspec.structs.replace(second, reference="Z"))
    report = desk.desk.publishing.resume(desk.business)
    assert report.published == 2
    (held,) = [one for one in report.results if one.state is ItemState.READY]
    assert held.problem is not None
    assert (held.item_id, held.problem.code) == ("2", "plan-changed")
    assert [one.customer_reference for one in desk.purchases()] == ["A", "C"]


def test_what_was_left_of_an_item_is_done_when_its_run_is_carried_on(
    desk: Publisher, tmp_path: Path
) -> None:
    desk.add("A", bank_account="Current account", payment_method="BACS", note="x")
    break_off(desk)
    assert [step.what for step in desk.item("1").left] == [
        "the payment of £120.00, Current account",
        "the note",
    ]
    assert desk.desk.publishing.resume(desk.business).left == 0
    assert len(desk.sandbox.account.payments()) == 1
    assert desk.item("1").left == ()


def test_a_new_run_takes_the_place_of_one_that_was_broken_off(desk: Publisher) -> None:
    desk.add("A", "B")
    break_off(desk)
    assert desk.publish().published == 1
    assert desk.desk.publishing.interrupted(desk.business) is None
    table = desk.home.books(desk.business).table("runs")
    assert [(row["state"], row["ending"]) for row in table.all()] == [
        ("ended", "replaced"),
        ("ended", "done"),
    ]


def test_a_run_with_nothing_to_send_leaves_no_trace(desk: Publisher) -> None:
    assert desk.publish().results == ()
    assert len(desk.home.books(desk.business).table("runs")) == 0


class Network:
    """Takes the sandbox away, and brings it back after so many waits."""

    def __init__(self, desk: Publisher, waits: int) -> None:
        self.desk = desk
        self.waits = waits
        self.slept: list[float] = []
        desk.desk.publishing.backoff = Backoff(self.sleep, lambda: 0.5)

    def down(self) -> None:
        """Have every call meet a server in trouble."""
        self.desk.sandbox.misbehave("*", "html-503", times=None)

    def sleep(self, seconds: float, cancel: Cancel) -> None:
        """Let time pass; the network may be back then."""
        self.slept.append(seconds)
        self.desk.wait(seconds)
        if len(self.slept) >= self.waits:
            self.desk.sandbox.behave()


def test_without_a_network_the_run_waits_and_goes_on_by_itself(desk: Publisher) -> None:
    desk.add("A", "B", "C")
    network = Network(desk, waits=3)
    network.down()
    report = desk.publish(wait=True)
    assert (report.published, report.stopped) == (3, None)
    assert len(desk.purchases()) == 3
    assert network.slept == [1.5, 3.0, 6.0]
    waiting = [event for event in desk.events if isinstance(event, PublishWaiting)]
    assert [event.seconds for event in waiting] == network.slept
    assert waiting[0].problem.code == "server-trouble"


def test_a_network_that_goes_in_the_middle_costs_nothing_but_time(desk: Publisher) -> None:
    desk.add("A", "B", "C", note="x")
    network = Network(desk, waits=3)

    def listener(event: Event) -> None:
        if isinstance(event, ItemPublished) and not network.slept:
            network.down()

    plan = desk.desk.publishing.plan(desk.business)
    report = desk.desk.publishing.publish(desk.business, plan, wait=True, listener=listener)
    assert (report.published, report.left, report.stopped) == (3, 0, None)
    assert len(desk.purchases()) == 3
    assert len(desk.sandbox.account.books.all("receipt_notes")) == 3


def test_with_wait_what_is_unknown_is_settled_by_itself(desk: Publisher) -> None:
    desk.add("A", "B")
    network = Network(desk, waits=99)
    desk.sandbox.misbehave("InsertReceipt", "drop-before")
    desk.sandbox.misbehave("InsertReceipt", "drop-after", nth=2)
    report = desk.publish(wait=True)
    assert (report.published, report.unknown) == (2, 0)
    assert sorted(one.customer_reference for one in desk.purchases()) == ["A", "B"]
    sent = [event.item for event in desk.events if isinstance(event, ItemSending)]
    assert sorted(sent) == ["1", "1", "2"]
    assert sum(network.slept) >= 130


def test_a_refused_item_is_not_tried_again_while_the_run_waits(desk: Publisher) -> None:
    desk.add("A", "B")
    Network(desk, waits=99)
    desk.sandbox.misbehave("InsertReceipt", "refuse")
    desk.sandbox.misbehave("InsertReceipt", "drop-before", nth=2)
    report = desk.publish(wait=True)
    assert (report.published, report.held) == (1, 1)
    assert [one.customer_reference for one in desk.purchases()] == ["B"]


def test_the_wait_can_be_cancelled_and_carried_on_later(desk: Publisher) -> None:
    desk.add("A", "B")
    cancel = Cancel()
    desk.desk.publishing.backoff = Backoff(lambda seconds, token: token.cancel())
    desk.sandbox.misbehave("*", "html-503", times=None)
    report = desk.publish(wait=True, cancel=cancel)
    assert report.cancelled
    desk.sandbox.behave()
    assert desk.publish().published == 2


def test_nobody_waits_where_nobody_gets_in(desk: Publisher) -> None:
    desk.add("A")
    Network(desk, waits=1)
    desk.sandbox.misbehave("InsertReceipt", "new-password")
    report = desk.publish(wait=True)
    assert report.stopped is not None
    assert report.stopped.code == "wrong-credentials"


def test_waits_grow_up_to_a_minute() -> None:
    backoff = Backoff(chance=lambda: 1.0)
    assert [backoff.pause(tries) for tries in (0, 1, 2, 5, 99)] == [2.0, 4.0, 8.0, 60.0, 60.0]
    assert Backoff(chance=lambda: 0.0).pause(0) == 1.0


def test_runs_are_written_down_as_of_when(desk: Publisher) -> None:
    desk.add("A")
    desk.publish()
    (row,) = desk.home.books(desk.business).table("runs").all()
    assert dt.datetime.fromisoformat(row["ended_at"]) == desk.now
