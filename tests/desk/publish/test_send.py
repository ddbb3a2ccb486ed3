"""A refusal holds its item; a server that nobody reaches, or gets in at, stops the run."""

from __future__ import annotations

import pytest

from kfclient.desk.events import Event, ItemPublished
from kfclient.desk.model.item import ItemState
from kfclient.desk.publish import send
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import Publisher


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


def test_a_refusal_is_told_on_its_item_and_the_others_go_on(desk: Publisher) -> None:
    desk.add("A", "B")
    desk.sandbox.misbehave("InsertReceipt", "refuse", text="Period is locked")
    report = desk.publish()
    assert [one.state for one in report.results] == [ItemState.READY, ItemState.PUBLISHED]
    problem = desk.item("1").problem
    assert problem is not None
    assert "Period is locked" in problem.sentence
    assert desk.desk.businesses.summary(desk.business).items.needs_you == 1
    assert desk.publish().published == 1
    assert desk.item("1").problem is None


def test_without_a_server_nothing_is_sent_and_everything_stays_ready(desk: Publisher) -> None:
    desk.add("A", "B")
    plan = desk.desk.publishing.plan(desk.business)
    desk.sandbox.stop()
    report = desk.desk.publishing.publish(desk.business, plan)
    assert report.stopped is not None
    assert report.stopped.code == "server-unreachable"
    assert [desk.state(key) for key in "12"] == [ItemState.READY] * 2
    assert [desk.item(key).problem for key in "12"] == [None, None]


def test_a_server_gone_between_two_items_stops_the_run_before_the_next(desk: Publisher) -> None:
    desk.add("A", "B")
    sent: list[str] = []

    def listener(event: object) -> None:
        if type(event).__name__ == "ItemPublished":
            sent.append("A")
            desk.sandbox.stop()

    plan = desk.desk.publishing.plan(desk.business)
    report = desk.desk.publishing.publish(desk.business, plan, listener=listener)
    assert [one.state for one in report.results] == [ItemState.PUBLISHED, ItemState.READY]
    assert report.stopped is not None
    assert sent == ["A"]


def test_credentials_that_nobody_takes_stop_the_run(desk: Publisher) -> None:
    desk.add("A", "B")
    desk.sandbox.misbehave(
        "InsertReceipt", "refuse", text="Incorrect username or password", times=None
    )
    report = desk.publish()
    assert report.stopped is not None
    assert report.stopped.code == "wrong-credentials"
    assert desk.calls["InsertReceipt"] == 1
    assert [desk.state(key) for key in "12"] == [ItemState.READY] * 2


def test_an_address_that_was_taken_off_the_list_is_put_back_and_each_item_goes_once(
    desk: Publisher,
) -> None:
    desk.add("A", "B")
    desk.sandbox.account.forget_addresses()
    assert desk.publish().published == 2
    assert len(desk.purchases()) == 2


def test_an_error_nobody_foresaw_leaves_the_item_of_unknown_outcome(
    desk: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add("A")
    kashflow = desk.desk.sessions.open(desk.business)

    def interrupted(invoice: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(kashflow, "insert_receipt", interrupted)
    with pytest.raises(KeyboardInterrupt):
        desk.publish()
    assert desk.state("1") is ItemState.UNKNOWN


def test_what_somebody_keys_while_publishing_goes_on_is_not_sent_beside_it(
    desk: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "_OLD", 0.0)
    monkeypatch.setattr(send, "_SHARE", 0)
    _, second = desk.add("A", "B")
    plan = desk.desk.publishing.plan(desk.business)

    def key(event: Event) -> None:
        if isinstance(event, ItemPublished):
            desk.keyed_by_hand(second)

    report = desk.desk.publishing.publish(desk.business, plan, listener=key)
    assert [one.state for one in report.results] == [ItemState.PUBLISHED, ItemState.TO_REVIEW]
    assert sorted(one.customer_reference for one in desk.purchases()) == ["A", "B"]


def test_what_comes_into_the_books_from_elsewhere_as_well_stops_the_run_and_is_named(
    desk: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "_OLD", 0.0)
    monkeypatch.setattr(send, "_SHARE", 0)
    first, *_ = desk.add("A", "B", "C")
    plan = desk.desk.publishing.plan(desk.business)
    invoice = plan.items[0].invoice

    def publish_the_same(event: Event) -> None:
        if isinstance(event, ItemPublished):
            desk.desk.sessions.open(desk.business).insert_receipt(invoice)

    report = desk.desk.publishing.publish(desk.business, plan, listener=publish_the_same)
    assert report.published == 1
    assert report.stopped is not None
    assert report.stopped.code == "there-twice"
    problem = desk.item(first.id).problem
    assert problem is not None
    numbers = [str(one.invoice_number) for one in desk.purchases()]
    assert all(number in problem.sentence for number in numbers)


def test_numbers_that_somebody_else_took_have_the_books_read_before_the_next_is_sent(
    desk: Publisher,
) -> None:
    first, *_ = desk.add("A", "B", "C", "D")
    plan = desk.desk.publishing.plan(desk.business)
    invoice = plan.items[0].invoice

    def publish_the_same(event: Event) -> None:
        if isinstance(event, ItemPublished) and event.item == first.id:
            desk.desk.sessions.open(desk.business).insert_receipt(invoice)

    report = desk.desk.publishing.publish(desk.business, plan, listener=publish_the_same)
    assert report.published == 2  # the number of the second is what tells
    assert report.stopped is not None
    assert report.stopped.code == "there-twice"
    assert desk.item(first.id).problem is not None


def test_a_run_that_is_alone_reads_the_books_once_whatever_its_lanes_are_given(
    desk: Publisher,
) -> None:
    desk.add(*(f"N{number}" for number in range(12)))
    desk.desk.businesses.change_settings(desk.business, {"publish_tax_data": "on"})
    desk.sandbox.misbehave("InsertReceipt", "refuse", text="Period is locked")
    desk.publish()
    assert desk.calls["GetReceiptsForSupplier"] == 1
