"""A person decides about an unknown outcome, with both documents side by side."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from kfclient.api.records import Invoice
from kfclient.desk.errors import NotDecided
from kfclient.desk.model.item import ItemState
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import Publisher


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a business with an item of unknown outcome, "PEN-1", that is not in KashFlow."""
    desk = Publisher(home, sandbox)
    desk.add("PEN-1")
    sandbox.misbehave("InsertReceipt", "drop-before")
    desk.publish()
    return desk


def enter(desk: Publisher, **values: object) -> int:
    """Enter the document in KashFlow, otherwise than the item says; return its number."""
    (send,) = desk.home.books(desk.business).table("attempts").all()
    payload = msgspec.convert(send["payload"], Invoice)
    kashflow = desk.desk.sessions.open(desk.business)
    return kashflow.insert_receipt(msgspec.structs.replace(payload, **values))


def test_what_was_sent_is_shown_beside_what_is_there(desk: Publisher) -> None:
    number = enter(desk, customer_reference="PEN")
    shown = desk.desk.resolving.candidates(desk.business, "1")
    assert (shown.sent.customer_reference, shown.gross) == ("PEN-1", Decimal("120.00"))
    assert (shown.contact, shown.seconds) == ("Pennine Water", 130)
    (found,) = shown.found
    assert (found.number, found.reference, found.contact) == (number, "PEN", "Pennine Water")
    assert (found.gross, found.sure) == (Decimal("120.00"), False)
    desk.wait(200)
    assert desk.desk.resolving.candidates(desk.business, "1").seconds == 0


def test_this_document_is_it(desk: Publisher) -> None:
    number = enter(desk, customer_reference="TYPED BY HAND")
    result = desk.desk.resolving.decide(desk.business, "1", number=number)
    assert (result.state, result.number) == (ItemState.PUBLISHED, number)
    assert result.problem is not None
    assert "the reference TYPED BY HAND" in result.problem.sentence
    assert desk.item("1").dbid == desk.purchases()[0].invoice_dbid
    told = [entry.action for entry in desk.desk.audit.entries(desk.business, item="1")]
    assert told[-2:] == ["decided", "came-out-different"]
    with pytest.raises(NotDecided, match="is known"):
        desk.desk.resolving.decide(desk.business, "1", number=number)


def test_none_of_these_is_it_once_kashflow_cannot_be_at_work_any_more(desk: Publisher) -> None:
    enter(desk, customer_reference="PEN")
    desk.wait(129)
    with pytest.raises(NotDecided, match="may still be at work"):
        desk.desk.resolving.decide(desk.business, "1", number=None)
    assert desk.state("1") is ItemState.UNKNOWN
    desk.wait(1)
    result = desk.desk.resolving.decide(desk.business, "1", number=None)
    assert result.state is ItemState.READY
    assert desk.publish().published == 1
    assert [one.customer_reference for one in desk.purchases()] == ["PEN", "PEN-1"]


def test_a_document_that_cannot_be_it_is_not_taken(desk: Publisher) -> None:
    decide = desk.desk.resolving.decide
    with pytest.raises(NotDecided, match="none of that number"):
        decide(desk.business, "1", number=77)
    suppliers = desk.desk.lists.suppliers(desk.business)
    other = next(one for one in suppliers if one.name == "Tern Telecom")
    elsewhere = enter(desk, customer_id=other.supplier_id)
    with pytest.raises(NotDecided, match="not with Pennine Water"):
        decide(desk.business, "1", number=elsewhere)
    (item,) = desk.add("PEN-2")
    desk.publish(item.id)
    with pytest.raises(NotDecided, match="another item"):
        decide(desk.business, "1", number=desk.item(item.id).number)
    assert desk.state("1") is ItemState.UNKNOWN


def test_an_older_document_is_not_taken(home: Home, sandbox: Sandbox) -> None:
    desk = Publisher(home, sandbox)
    desk.add("PEN-1")
    number = desk.keyed_by_hand(msgspec.structs.replace(desk.item("1")))
    (row,) = sandbox.account.receipts()
    with sandbox.account.books.transaction():
        sandbox.account.books.put("receipts", {**row, "CustomerReference": "OLD"})
    sandbox.misbehave("InsertReceipt", "drop-before")
    desk.publish()
    with pytest.raises(NotDecided, match="before this item was sent"):
        desk.desk.resolving.decide(desk.business, "1", number=number)


def test_a_step_that_a_person_says_is_not_there_goes_again(home: Home, sandbox: Sandbox) -> None:
    desk = Publisher(home, sandbox)
    desk.add("A", bank_account="Current account", payment_method="BACS")
    sandbox.misbehave("InsertReceiptPayment", "drop-before")
    desk.publish()
    (left,) = desk.item("1").left
    decide = desk.desk.resolving.decide_step
    with pytest.raises(NotDecided, match="may still be at work"):
        decide(desk.business, "1", left.step, there=False)
    desk.wait(131)
    decide(desk.business, "1", left.step, there=False)
    assert not desk.item("1").left[0].unknown
    desk.publish()
    assert len(sandbox.account.payments()) == 1
    assert desk.item("1").left == ()


def test_a_step_that_a_person_did_in_kashflow_is_settled(home: Home, sandbox: Sandbox) -> None:
    desk = Publisher(home, sandbox)
    desk.add("A", bank_account="Current account", payment_method="BACS")
    sandbox.misbehave("InsertReceiptPayment", "refuse")
    desk.publish()
    (left,) = desk.item("1").left
    result = desk.desk.resolving.decide_step(desk.business, "1", left.step, there=True)
    assert (result.state, result.left) == (ItemState.PUBLISHED, ())
    assert desk.publish().results == ()
    assert sandbox.account.payments() == []
