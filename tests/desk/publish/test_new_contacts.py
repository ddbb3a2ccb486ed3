"""Suppliers and customers that KashFlow lacks are created once, and only when agreed to."""

from __future__ import annotations

import pytest

from kfclient.api.records import Supplier
from kfclient.desk.events import SupplierCreated
from kfclient.desk.items.reference import contact_number
from kfclient.desk.model.item import ItemState
from kfclient.desk.publish.new_contacts import NewContacts, code_for
from kfclient.desk.publish.plan import NewContact
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import SALE, Publisher
from tests.slow import slow_replies


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


def test_a_supplier_is_created_only_when_somebody_agreed(desk: Publisher) -> None:
    desk.add("A", contact="Somebody New")
    report = desk.publish(agreed=False)
    (result,) = report.results
    assert result.state is ItemState.READY
    assert result.problem is not None
    assert result.problem.code == "not-agreed"
    assert desk.calls == {}


def test_two_items_of_one_new_supplier_create_it_once(desk: Publisher) -> None:
    desk.add("A", "B", contact="Somebody New")
    desk.add("C", like=SALE, contact="A New Customer")
    assert desk.publish().published == 3
    assert (desk.calls["InsertSupplier"], desk.calls["InsertCustomer"]) == (1, 1)
    assert [one.customer_reference for one in desk.purchases("Somebody New")] == ["A", "B"]
    created = [event for event in desk.events if isinstance(event, SupplierCreated)]
    assert {event.name for event in created} == {"Somebody New", "A New Customer"}
    assert len(created) == 2
    names = [one.name for one in desk.desk.lists.suppliers(desk.business)]
    assert names.count("Somebody New") == 1
    desk.add("D", contact="Somebody New")
    assert desk.desk.publishing.plan(desk.business).new_suppliers == ()


def test_a_supplier_made_in_kashflow_meanwhile_is_used(desk: Publisher) -> None:
    desk.add("A", contact="Somebody New")
    kashflow = desk.desk.sessions.open(desk.business)
    number = kashflow.insert_supplier(Supplier(name="SOMEBODY NEW"))
    desk.forget_calls()
    desk.publish()
    assert "InsertSupplier" not in desk.calls
    assert desk.document(desk.item("1")).customer_id == number
    assert number in [one.supplier_id for one in desk.desk.lists.suppliers(desk.business)]


@pytest.mark.parametrize("kind", ["drop-after", "truncate", "truncate-clean", "bad-xml"])
def test_a_supplier_whose_reply_was_lost_is_found_by_its_code_and_used(
    desk: Publisher, kind: str
) -> None:
    desk.add("A", "B", contact="Somebody New")
    desk.sandbox.misbehave("InsertSupplier", kind)
    assert desk.publish().published == 2
    assert len(desk.purchases("Somebody New")) == 2


@pytest.mark.parametrize("kind", ["late", "drop-before", "html-503", "fault-500"])
def test_a_supplier_that_is_not_there_yet_is_never_created_twice(
    desk: Publisher, kind: str
) -> None:
    desk.add("A", "B", contact="Somebody New")
    desk.sandbox.misbehave("InsertSupplier", kind)
    with slow_replies(desk.sandbox) as slow:
        report = desk.publish()
        assert report.stopped is not None
        assert desk.calls.get("InsertReceipt", 0) == 0
        assert desk.publish().published == 2
        if kind == "late":
            slow.let_go_and_wait()
    assert len(desk.purchases("Somebody New")) == 2


def test_a_supplier_that_arrives_while_it_is_created_is_taken_by_its_code(
    desk: Publisher,
) -> None:
    kashflow = desk.desk.sessions.open(desk.business)
    contacts = NewContacts(desk.home, desk.desk.lists, desk.desk.audit, desk.business)
    contacts.find_or_create(kashflow, NewContact("supplier", "The First One"))
    late = kashflow.insert_supplier(Supplier(code=code_for("Zoë & Sons"), name="Zoë & Sons"))
    found, _ = contacts.find_or_create(kashflow, NewContact("supplier", "Zoë and Sons"))
    assert contact_number(found) == late


def test_a_supplier_refused_by_kashflow_holds_its_items_alone(desk: Publisher) -> None:
    desk.add("A", contact="Somebody New")
    desk.add("B")
    desk.sandbox.misbehave("InsertSupplier", "refuse", text="Not today")
    report = desk.publish()
    assert [one.state for one in report.results] == [ItemState.READY, ItemState.PUBLISHED]
    assert report.results[0].problem is not None
    assert "Not today" in report.results[0].problem.sentence


def test_codes_are_what_kashflow_takes_and_differ_with_the_name() -> None:
    names = ["Zoë & Sons", "Zoë & Son", "X", "佐藤商店", "O'Malley Couriers", "St. Aldate", "—"]
    codes = [code_for(name) for name in names]
    assert len(set(codes)) == len(names)
    assert all(2 <= len(code) <= 12 and code.isascii() and code.isalnum() for code in codes)
    assert code_for("ZOË  and sons") == code_for("Zoë & Sons")
