"""Payment, files and note follow a document once each, whatever goes wrong in between."""

from __future__ import annotations

import base64
import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfclient.cancel import Cancel
from kfclient.desk.errors import NotDecided
from kfclient.desk.events import Event, StepDone, StepHeld
from kfclient.desk.model.item import Item, ItemState
from kfclient.desk.publish.plan import PlannedPayment, plan_item
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import COST, SALE, Publisher
from tests.slow import slow_replies

SCAN = b"%PDF-1.4 a scan of the bill"
IN_THE_BOOKS = ["drop-after", "truncate"]
NOT_IN_THE_BOOKS = ["drop-before"]


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, Any]:
    """Return what makes an item paid, with a file and a note."""
    path = tmp_path / "bill.pdf"
    path.write_bytes(SCAN)
    return {
        "bank_account": "Current account",
        "payment_method": "bacs",
        "paid_on": dt.date(2026, 9, 3),
        "files": (str(path),),
        "note": "OK to pay",
    }


def payments(desk: Publisher) -> list[tuple[int, str, Decimal]]:
    """Return the number, day and amount of every payment."""
    return [
        (one["PayInvoice"], one["PayDate"][:10], one["PayAmount"])
        for one in desk.sandbox.account.payments()
    ]


def files(desk: Publisher) -> list[str]:
    """Return the names of the files at purchases and sales."""
    books = desk.sandbox.account.books
    rows = [*books.all("attachments"), *books.all("invoice_attachments")]
    return [row["ActualFilename"] for row in rows]


def notes(desk: Publisher) -> list[str]:
    """Return the notes at purchases and sales."""
    books = desk.sandbox.account.books
    return [row["Notes"] for row in (*books.all("receipt_notes"), *books.all("invoice_notes"))]


def assert_whole(desk: Publisher, item_id: str = "1") -> None:
    """See that the item, its payment, file and note are there once, and nothing is left to do."""
    item = desk.item(item_id)
    assert (item.sent, item.left) == (ItemState.PUBLISHED, ())
    assert payments(desk) == [(item.number, "2026-09-03", Decimal("120.00"))]
    assert files(desk) == ["bill.pdf"]
    assert notes(desk) == ["OK to pay"]
    assert desk.publish(item_id).results == ()


# As it should be


@pytest.mark.parametrize("like", [COST, SALE])
def test_an_item_is_paid_and_has_its_file_and_note(
    desk: Publisher, whole: dict[str, Any], like: Item
) -> None:
    (item,) = desk.add("A", like=like, **whole)
    report = desk.publish()
    assert (report.published, report.left) == (1, 0)
    assert_whole(desk)
    assert desk.document(desk.item(item.id)).paid == 1
    done = [event.what for event in desk.events if isinstance(event, StepDone)]
    assert done == ["the payment of £120.00, Current account", "the file bill.pdf", "the note"]


def test_the_plan_says_and_shows_what_follows(desk: Publisher, whole: dict[str, Any]) -> None:
    desk.add("A", **whole)
    (planned,) = desk.desk.publishing.plan(desk.business).items
    assert "paid £120.00 on 3 Sep 2026, Current account, by BACS" in planned.sentence
    assert "with bill.pdf (1 KB)" in planned.sentence
    assert "OK to pay" in planned.sentence
    body = desk.desk.publishing.envelope(desk.business, planned)
    places = [
        body.index(name)
        for name in (
            "InsertReceipt ", "InsertReceiptPayment", "AttachFileToReceipt", "InsertReceiptNote"
        )
        if name.strip() in body
    ]  # fmt: skip
    assert places == sorted(places)
    assert "<ns0:PayAmount>120.00</ns0:PayAmount>" in body
    assert base64.b64encode(SCAN).decode() not in body
    assert desk.calls == {}


def test_an_item_costs_a_call_for_each_thing_and_one_to_read_ids(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    desk.add("A", **whole)
    desk.publish()
    assert desk.calls == {
        "GetReceiptsForSupplier": 1,
        "InsertReceipt": 1,
        "GetReceipt": 1,
        "InsertReceiptPayment": 1,
        "AttachFileToReceipt": 1,
        "GetReceiptAttachments": 1,
        "InsertReceiptNote": 1,
        "GetReceiptNotes": 1,
    }


def test_every_id_that_kashflow_gave_is_remembered(desk: Publisher, whole: dict[str, Any]) -> None:
    desk.add("A", **whole)
    desk.publish()
    books = desk.sandbox.account.books
    table = desk.home.books(desk.business).table("steps")
    assert [row["made"] for row in table.all()] == [
        books.all("receipt_payments")[0]["PayID"],
        books.all("attachments")[0]["AttachmentID"],
        books.all("receipt_notes")[0]["NoteId"],
    ]
    dbid = desk.item("1").dbid
    assert {(row["number"], row["dbid"]) for row in table.all()} == {(desk.item("1").number, dbid)}


def test_a_foreign_document_is_paid_in_home_currency_and_a_credit_note_refunded(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    desk.add("A", currency="EUR", exchange_rate=Decimal("1.25"), **whole)
    back = msgspec.structs.replace(COST.lines[0], unit_price=Decimal(-100), vat=Decimal("-20.00"))
    desk.add("B", lines=(back,), document="credit note", contact="Tern Telecom", **whole)
    items = [one.item_id for one in desk.desk.publishing.plan(desk.business).items]
    desk.publish(*items, lanes=1)
    assert [amount for _, _, amount in payments(desk)][:1] == [Decimal("96.00")]
    assert [desk.document(desk.item(one)).paid for one in items] == [1] * len(items)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"payment_method": "Company card"}, "no payment method called Company card"),
        ({"bank_account": "Savings"}, "no bank account called Savings"),
        ({"payment_method": ""}, "it names no payment method"),
    ],
)
def test_what_cannot_be_recorded_as_paid_says_so(
    desk: Publisher, whole: dict[str, Any], values: dict[str, str], why: str
) -> None:
    item = msgspec.structs.replace(COST, id="1", **{**whole, **values})
    planned = plan_item(item, (), desk.desk.items.reference_data.of(desk.business))
    assert "NOT recorded as paid" in planned.sentence
    assert why in planned.sentence
    assert [type(one).__name__ for one in planned.followups] == ["PlannedFile", "PlannedNote"]


# What goes wrong


STEPS = ["InsertReceiptPayment", "AttachFileToReceipt", "InsertReceiptNote"]


@pytest.mark.parametrize("operation", STEPS)
def test_a_refused_step_is_told_and_it_alone_is_done_again(
    desk: Publisher, whole: dict[str, Any], operation: str
) -> None:
    desk.add("A", **whole)
    desk.sandbox.misbehave(operation, "refuse", text="Period is locked")
    report = desk.publish()
    assert (report.published, report.left) == (1, 1)
    (left,) = desk.item("1").left
    assert left.problem is not None
    assert "Period is locked" in left.problem.sentence
    assert not left.unknown
    assert [type(event) for event in desk.events].count(StepHeld) == 1
    assert desk.desk.businesses.summary(desk.business).items.needs_you == 1
    plan = desk.desk.publishing.plan(desk.business)
    assert [len(one.followups) for one in plan.items] == [1]
    assert plan.items[0].sentence.startswith("For purchase 1 with Pennine Water, already in")
    assert plan.totals == ()
    desk.forget_calls()
    assert desk.publish().published == 1
    assert desk.calls[operation] == 1
    assert "InsertReceipt" not in desk.calls
    assert_whole(desk)
    assert desk.desk.businesses.summary(desk.business).items.needs_you == 0


@pytest.mark.parametrize("operation", STEPS)
@pytest.mark.parametrize("kind", IN_THE_BOOKS)
def test_a_step_whose_reply_was_lost_is_found_and_not_done_again(
    desk: Publisher, whole: dict[str, Any], operation: str, kind: str
) -> None:
    desk.add("A", **whole)
    desk.sandbox.misbehave(operation, kind)
    desk.publish()
    (left,) = desk.item("1").left
    assert left.unknown
    assert [item.id for item in desk.desk.resolving.unresolved(desk.business)] == ["1"]
    assert desk.desk.publishing.plan(desk.business).items == ()
    desk.desk.resolving.resolve(desk.business)
    assert_whole(desk)


@pytest.mark.parametrize("operation", STEPS)
@pytest.mark.parametrize("kind", NOT_IN_THE_BOOKS)
def test_a_step_that_did_not_arrive_waits_out_the_settle_time_and_goes_again(
    desk: Publisher, whole: dict[str, Any], operation: str, kind: str
) -> None:
    desk.add("A", **whole)
    desk.sandbox.misbehave(operation, kind)
    desk.publish()
    desk.wait(129)
    desk.publish()
    assert desk.item("1").left[0].unknown
    desk.wait(2)
    desk.publish()
    desk.publish()
    assert_whole(desk)


def test_a_step_committed_late_is_found(desk: Publisher, whole: dict[str, Any]) -> None:
    desk.add("A", **whole)
    desk.sandbox.misbehave("InsertReceiptPayment", "late")
    with slow_replies(desk.sandbox) as slow:
        desk.publish()
        slow.let_go_and_wait()
    assert payments(desk)
    desk.wait(131)
    desk.publish()
    assert_whole(desk)


def test_a_document_adopted_later_is_then_paid(desk: Publisher, whole: dict[str, Any]) -> None:
    desk.add("A", **whole)
    desk.sandbox.misbehave("InsertReceipt", "drop-after")
    desk.publish()
    assert payments(desk) == []
    desk.desk.resolving.resolve(desk.business)
    assert len(desk.item("1").left) == 3
    desk.publish()
    assert_whole(desk)


def test_a_document_that_was_not_read_back_is_looked_at_before_it_is_paid(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    desk.add("A", **whole)
    desk.sandbox.misbehave("GetReceipt", "html-503")
    desk.publish()
    assert payments(desk) == []
    assert len(desk.item("1").left) == 3
    desk.publish()
    assert_whole(desk)


def test_a_number_that_was_given_again_is_not_paid(desk: Publisher, whole: dict[str, Any]) -> None:
    desk.add("A", **whole)
    desk.sandbox.misbehave("InsertReceiptPayment", "refuse")
    desk.publish()
    kashflow = desk.desk.sessions.open(desk.business)
    kashflow.delete_receipt(desk.item("1").number or 0)
    desk.add("B")
    desk.publish("2")
    assert desk.item("2").number == desk.item("1").number
    desk.publish("1")
    assert payments(desk) == []
    (left,) = desk.item("1").left
    assert left.problem is not None
    assert left.problem.code == "document-gone"


def test_a_payment_that_a_person_made_meanwhile_is_not_made_again(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    desk.add("A", **whole)
    desk.sandbox.misbehave("InsertReceiptPayment", "refuse")
    (planned,) = desk.desk.publishing.plan(desk.business).items
    desk.publish()
    (payment, *_) = planned.followups
    assert isinstance(payment, PlannedPayment)
    by_hand = msgspec.structs.replace(payment.payment, pay_invoice=1)
    kashflow = desk.desk.sessions.open(desk.business)
    kashflow.insert_receipt_payment(by_hand)
    desk.publish()
    assert_whole(desk)


def test_a_payment_like_it_is_a_question(desk: Publisher, whole: dict[str, Any]) -> None:
    desk.add("A", **whole)
    desk.sandbox.misbehave("InsertReceiptPayment", "refuse")
    (planned,) = desk.desk.publishing.plan(desk.business).items
    desk.publish()
    (payment, *_) = planned.followups
    assert isinstance(payment, PlannedPayment)
    by_hand = msgspec.structs.replace(payment.payment, pay_invoice=1, pay_date=dt.date(2026, 9, 9))
    desk.desk.sessions.open(desk.business).insert_receipt_payment(by_hand)
    desk.publish()
    (left,) = desk.item("1").left
    assert left.problem is not None
    assert left.problem.code == "already-there"
    assert len(payments(desk)) == 1
    desk.desk.resolving.decide_step(desk.business, "1", left.step, there=True)
    assert desk.item("1").left == ()
    assert len(payments(desk)) == 1


def test_a_file_changed_since_it_was_shown_is_not_sent(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    desk.add("A", **whole)
    plan = desk.desk.publishing.plan(desk.business)
    path = Path(whole["files"][0])

    def spoil(event: Event) -> None:
        if type(event).__name__ == "ItemPublished":
            path.write_bytes(b"another one")

    desk.desk.publishing.publish(desk.business, plan, listener=spoil)
    (left,) = desk.item("1").left
    assert left.problem is not None
    assert left.problem.code == "file-changed"
    assert files(desk) == []
    path.write_bytes(SCAN)
    desk.publish()
    assert_whole(desk)


def test_a_file_that_kashflow_took_and_does_not_show_is_not_taken_for_there(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    desk.add("A", **whole)
    real = desk.sandbox.account.books

    def lose(event: Event) -> None:
        if isinstance(event, StepDone) and event.what.startswith("the file"):
            with real.transaction():
                real.drop("attachments", real.all("attachments")[0]["AttachmentID"])

    plan = desk.desk.publishing.plan(desk.business)
    desk.desk.publishing.publish(desk.business, plan, listener=lose)
    (left,) = desk.item("1").left
    assert left.unknown
    desk.wait(131)
    desk.publish()
    desk.publish()
    assert_whole(desk)


def test_a_cancel_between_steps_leaves_the_rest_to_do(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    desk.add("A", **whole)
    cancel = Cancel()

    def listener(event: Event) -> None:
        if isinstance(event, StepDone):
            cancel.cancel()

    plan = desk.desk.publishing.plan(desk.business)
    report = desk.desk.publishing.publish(desk.business, plan, listener=listener, cancel=cancel)
    assert report.cancelled
    assert [len(desk.item("1").left), len(payments(desk)), files(desk)] == [2, 1, []]
    assert desk.publish().published == 1
    assert_whole(desk)


def test_a_sales_file_whose_reply_was_lost_is_for_a_person_to_settle(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    desk.add("A", like=SALE, **whole)
    desk.sandbox.misbehave("AttachFileToInvoice", "drop-after")
    desk.publish()
    desk.wait(1000)
    desk.desk.resolving.resolve(desk.business)
    (left,) = desk.item("1").left
    assert left.unknown
    with pytest.raises(NotDecided):
        desk.desk.resolving.decide_step(desk.business, "1", 99, there=True)
    desk.desk.resolving.decide_step(desk.business, "1", left.step, there=True)
    assert_whole(desk)


def test_a_server_that_cannot_be_reached_leaves_the_step_and_stops_the_run(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    desk.add("A", **whole)
    desk.add("B")

    def listener(event: Event) -> None:
        if isinstance(event, StepDone):
            desk.sandbox.stop()

    plan = desk.desk.publishing.plan(desk.business)
    report = desk.desk.publishing.publish(desk.business, plan, listener=listener)
    assert report.stopped is not None
    assert report.stopped.code == "server-unreachable"
    assert [len(desk.item("1").left), desk.state("2")] == [2, ItemState.READY]


def test_the_trail_tells_of_every_step(desk: Publisher, whole: dict[str, Any]) -> None:
    desk.add("A", **whole)
    desk.publish()
    told = [entry.action for entry in desk.desk.audit.entries(desk.business, item="1")]
    assert told[1:] == [
        "sending", "published", "sending", "paid", "sending", "attached", "sending", "noted",
    ]  # fmt: skip
