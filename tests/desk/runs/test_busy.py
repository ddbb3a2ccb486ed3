"""A server that asks to be left alone is; one that stays in trouble is not sent item after item."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kfclient.cancel import Cancel
from kfclient.desk.errors import SameTrouble
from kfclient.desk.events import Event, PublishWaiting
from kfclient.desk.model.item import ItemState
from kfclient.desk.published.attach import Attaching
from kfclient.desk.runs.run import Backoff
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import Publisher
from tests.desk.reply_changer import Answer, ReplyChanger


@pytest.fixture
def desk(home: Home, sandbox: Sandbox, changer: ReplyChanger) -> Publisher:
    desk = Publisher(home, sandbox, changer.endpoint)

    def sleep(seconds: float, _cancel: Cancel) -> None:
        desk.slept.append(seconds)
        desk.wait(seconds)

    desk.desk.publishing.backoff = Backoff(sleep, lambda: 0.5)
    return desk


def busy(ask: Callable[[], Answer], status: int = 429) -> Answer:
    del ask  # turned away before anything is done
    return Answer(b"Later, please", status, {"Retry-After": "5"})


def test_publishing_pauses_where_it_is_told_to_and_goes_on(
    desk: Publisher, changer: ReplyChanger
) -> None:
    desk.add("A", "B", "C")
    changer.change("InsertReceipt", busy, times=2)
    report = desk.publish()
    assert (report.published, report.unknown, report.stopped) == (3, 0, None)
    assert desk.slept == [5.5, 5.5]
    assert changer.calls.count("InsertReceipt") == 5
    assert len(desk.purchases()) == 3
    waiting = [event for event in desk.events if isinstance(event, PublishWaiting)]
    assert [event.problem.code for event in waiting] == ["server-busy"] * 2


def test_a_server_that_stays_busy_ends_the_run_and_nothing_is_unknown(
    desk: Publisher, changer: ReplyChanger
) -> None:
    desk.add("A", "B", "C", "D")
    changer.change("InsertReceipt", busy)
    report = desk.publish()
    assert report.stopped is not None
    assert report.stopped.code == "server-busy"
    assert changer.calls.count("InsertReceipt") == 3
    assert [desk.state(item) for item in "1234"] == [ItemState.READY] * 4
    changer.leave()
    assert desk.publish().published == 4


@pytest.mark.parametrize("reference", ["A", ""])
def test_a_server_that_did_it_and_says_that_it_was_busy_gets_it_once(
    desk: Publisher, changer: ReplyChanger, reference: str
) -> None:
    def late(ask: Callable[[], Answer]) -> Answer:
        return busy(lambda: ask(), 503) if ask() else ask()

    desk.add(reference)
    changer.change("InsertReceipt", late, times=1)
    desk.publish()
    assert len(desk.purchases()) == 1
    desk.publish()
    assert len(desk.purchases()) == 1


def test_undoing_waits_for_a_busy_server_too(desk: Publisher, changer: ReplyChanger) -> None:
    desk.add("A", "B")
    desk.publish()
    changer.change("DeleteReceiptByID", busy, times=2)
    desk.desk.undoing.backoff = desk.desk.publishing.backoff
    plan = desk.desk.undoing.plan(desk.business, ["1", "2"])
    report = desk.desk.undoing.undo(desk.business, plan)
    assert (report.undone, report.stopped) == (2, None)
    assert desk.slept == [5.5, 5.5]
    assert desk.purchases() == []


def to_attach(desk: Publisher, folder: Path) -> tuple[Attaching, str]:
    """Publish item 1, and return what attaches to it and the path of a scan."""
    bill = folder / "bill.pdf"
    bill.write_bytes(b"%PDF-1.4 a scan")
    desk.add("A")
    desk.publish()
    desk.desk.attaching.backoff = desk.desk.publishing.backoff
    return desk.desk.attaching, str(bill)


def test_who_leaves_ends_the_waiting_and_not_what_is_attached(
    desk: Publisher, changer: ReplyChanger, tmp_path: Path
) -> None:
    attaching, bill = to_attach(desk, tmp_path)
    left = Cancel()
    left.cancel()
    changer.change("AttachFileToReceipt", busy, times=1)
    (step,) = attaching.add(desk.business, "1", bill, cancel=left).left
    assert (step.problem and step.problem.code) == "server-busy"
    assert attaching.add(desk.business, "1", bill, cancel=left).left == ()


def test_attaching_waits_for_a_busy_server_too(
    desk: Publisher, changer: ReplyChanger, tmp_path: Path
) -> None:
    attaching, bill = to_attach(desk, tmp_path)
    waiting: list[Event] = []

    def heard(event: Event) -> None:
        if isinstance(event, PublishWaiting):
            waiting.append(event)

    changer.change("AttachFileToReceipt", busy, times=2)
    result = attaching.add(desk.business, "1", bill, listener=heard)
    assert (result.left, desk.slept, len(waiting)) == ((), [5.5, 5.5], 2)
    assert [one["ActualFilename"] for one in desk.sandbox.account.books.all("attachments")] == [
        "bill.pdf"
    ]
    changer.change("DeleteReceiptAttachment", busy, times=1)
    assert attaching.remove(desk.business, "1", "bill.pdf", listener=heard).problem is None
    assert (len(desk.slept), len(waiting)) == (3, 3)
    assert desk.sandbox.account.books.all("attachments") == []


def test_a_server_that_stays_busy_keeps_the_file_left_to_do(
    desk: Publisher, changer: ReplyChanger, tmp_path: Path
) -> None:
    attaching, bill = to_attach(desk, tmp_path)
    changer.change("AttachFileToReceipt", busy, times=3)
    (left,) = attaching.add(desk.business, "1", bill).left
    assert left.problem is not None
    assert (left.problem.code, len(desk.slept)) == ("server-busy", 2)
    assert attaching.add(desk.business, "1", bill).left == ()
    assert len(desk.sandbox.account.books.all("attachments")) == 1


def test_the_same_trouble_three_times_ends_the_run(desk: Publisher, sandbox: Sandbox) -> None:
    desk.add(*"ABCDEFGH")
    sandbox.misbehave("InsertReceipt", "html-503", times=None)
    report = desk.publish()
    assert report.stopped is not None
    assert report.stopped.code == SameTrouble.code
    assert "server is in trouble" in report.stopped.sentence
    assert (report.unknown, report.published) == (3, 0)
    assert [desk.state(item) for item in "45678"] == [ItemState.READY] * 5


def test_trouble_that_comes_and_goes_ends_nothing(desk: Publisher, sandbox: Sandbox) -> None:
    desk.add(*"ABCDEF")
    for nth in (1, 2, 4, 5):
        sandbox.misbehave("InsertReceipt", "html-503", nth=nth)
    report = desk.publish()
    assert (report.unknown, report.published, report.stopped) == (4, 2, None)
