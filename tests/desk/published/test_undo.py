"""What was published is taken out of KashFlow again, once, and nothing else is."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfclient.api.records import Invoice, Payment
from kfclient.cancel import Cancel
from kfclient.desk.errors import Busy, NotUndone
from kfclient.desk.events import Event, ItemUndone
from kfclient.desk.model.business import ItemCounts
from kfclient.desk.model.connection_state import publish_lock
from kfclient.desk.model.item import Item, ItemState
from kfclient.desk.model.sides import PURCHASES
from kfclient.desk.published.undo import UndoPlan, UndoReport
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import COST, SALE, Publisher
from tests.desk.seeded import SAMPLES
from tests.slow import slow_replies

DELETES = ["DeleteReceiptPayment", "DeleteReceiptByID"]


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


@pytest.fixture
def whole(tmp_path: Path) -> dict[str, Any]:
    """Return what makes an item paid, with a file and a note."""
    path = tmp_path / "bill.pdf"
    path.write_bytes(b"%PDF-1.4 a scan of the bill")
    return {
        "bank_account": "Current account",
        "payment_method": "bacs",
        "paid_on": dt.date(2026, 9, 3),
        "files": (str(path),),
        "note": "OK to pay",
    }


def plan(desk: Publisher, *item_ids: str, run: int | None = None) -> UndoPlan:
    return desk.desk.undoing.plan(desk.business, item_ids, run=run)


def undo(desk: Publisher, *item_ids: str, even_if_changed: bool = False) -> UndoReport:
    """Plan and undo these items."""
    return desk.desk.undoing.undo(
        desk.business,
        plan(desk, *item_ids),
        even_if_changed=even_if_changed,
        listener=desk.events.append,
    )


def published(desk: Publisher, *references: str, **values: Any) -> list[Item]:
    """Publish an item for each reference."""
    items = desk.add(*references, **values)
    assert desk.publish(*(one.id for one in items)).published == len(items)
    desk.forget_calls()
    return [desk.item(one.id) for one in items]


def left_there(desk: Publisher) -> tuple[int, int, int, int]:
    """Return how many documents, payments, files and notes the books have."""
    account, books = desk.sandbox.account, desk.sandbox.account.books
    return (
        len(account.receipts()) + len(account.invoices()),
        len(account.payments()),
        len(books.all("attachments")) + len(books.all("invoice_attachments")),
        len(books.all("receipt_notes")) + len(books.all("invoice_notes")),
    )


def edit_there(desk: Publisher, item: Item, **changes: Any) -> None:
    """Change the item's document in KashFlow, as a person would."""
    books = desk.sandbox.account.books
    table = "invoices" if item.kind == "sale" else "receipts"
    with books.transaction():
        books.put(table, {**(books.get(table, item.dbid or 0) or {}), **changes})


def assert_back(desk: Publisher, item_id: str) -> None:
    """See that the item is in the inbox as before it was published, and can go again."""
    item = desk.item(item_id)
    assert (item.sent, item.number, item.dbid, item.published_at) == (None, None, None, None)
    assert (item.left, item.problem) == ((), None)
    assert desk.state(item_id) is ItemState.READY


# As it should be


@pytest.mark.parametrize("like", [COST, SALE])
def test_an_item_is_taken_out_with_all_that_belongs_to_it(
    desk: Publisher, whole: dict[str, Any], like: Item
) -> None:
    (item,) = published(desk, "A", like=like, **whole)
    shown = plan(desk, item.id)
    (one,) = shown.items
    word = "purchase 1 (Pennine Water" if like is COST else "invoice 1 (Dunmore School"
    assert one.deletes == (
        "the payment of £120.00, Current account", f"{word}, A, £120.00)"
    )  # fmt: skip
    assert sorted(one.goes_with_it) == ["the file bill.pdf", "the note"]
    assert (one.changed, shown.left_out) == ((), ())
    report = undo(desk, item.id)
    assert (report.undone, report.held, report.stopped) == (1, 0, None)
    assert left_there(desk) == (0, 0, 0, 0)
    assert_back(desk, item.id)
    assert desk.item(item.id).version > item.version
    assert [type(event) for event in desk.events].count(ItemUndone) == 1
    counts = desk.desk.businesses.summary(desk.business).items
    assert (counts.ready, counts.published, counts.needs_you) == (1, 0, 0)


def test_the_attempt_is_kept_as_history_and_the_trail_tells_everything(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    (item,) = published(desk, "A", **whole)
    undo(desk, item.id)
    books = desk.home.books(desk.business)
    assert [row["outcome"] for row in books.table("attempts").all()] == ["undone"]
    assert {row["outcome"] for row in books.table("steps").all()} == {"undone"}
    entries = desk.desk.audit.entries(desk.business, item=item.id)
    assert [one.action for one in entries][-4:] == ["deleting", "undone", "deleting", "undone"]
    told = [desk.desk.audit.sentence(one) for one in entries][-3:]
    assert told[0] == (
        "anna took the payment of £120.00, Current account, for item 1 out of KashFlow again"
    )
    assert told[2].startswith("anna took item 1 (purchase A, Pennine Water, £120.00) out of")


def test_an_item_taken_out_is_published_again_as_a_new_document(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    (item,) = published(desk, "A", **whole)
    undo(desk, item.id)
    assert desk.publish(item.id).published == 1
    again = desk.item(item.id)
    assert again.dbid is not None
    assert item.dbid is not None
    assert again.dbid > item.dbid
    assert left_there(desk) == (1, 1, 1, 1)
    assert undo(desk, item.id).undone == 1
    assert left_there(desk) == (0, 0, 0, 0)


def test_a_supplier_that_was_created_stays_and_that_is_said(desk: Publisher) -> None:
    (item,) = published(desk, "A", contact="Lantern Lane Café")
    (result,) = undo(desk, item.id).results
    assert result.stays == "the supplier Lantern Lane Café stays in KashFlow"
    names = [one["Name"] for one in desk.sandbox.account.suppliers()]
    assert "Lantern Lane Café" in names


def test_a_run_is_undone_in_reverse_and_nothing_of_another_run(desk: Publisher) -> None:
    published(desk, "A")
    desk.wait(5)
    published(desk, "B", "C", "D")
    runs = desk.desk.undoing.runs(desk.business)
    assert [(one.made, one.there) for one in runs] == [(3, 3), (1, 1)]
    shown = plan(desk, run=runs[0].run)
    assert [one.item_id for one in shown.items] == ["4", "3", "2"]
    report = desk.desk.undoing.undo(desk.business, shown)
    assert report.undone == 3
    assert [row["CustomerReference"] for row in desk.sandbox.account.receipts()] == ["A"]
    assert [(one.made, one.there) for one in desk.desk.undoing.runs(desk.business)] == [
        (3, 0), (1, 1),
    ]  # fmt: skip


def test_an_item_published_again_later_is_no_part_of_the_run_before(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    undo(desk, item.id)
    desk.wait(5)
    desk.publish(item.id)
    newer, older = desk.desk.undoing.runs(desk.business)
    assert [one.item_id for one in plan(desk, run=newer.run).items] == [item.id]
    assert plan(desk, run=older.run).items == ()
    with pytest.raises(NotUndone):
        plan(desk, run=99)


@pytest.mark.full
def test_the_samples_are_published_verified_and_taken_out_to_an_empty_ledger(
    desk: Publisher,
) -> None:
    """Most of them go the same way by command in every run."""
    for name in ("dext-costs", "dext-costs-with-tax", "dext-costs-with-claims", "sales"):
        desk.desk.importing.import_file(desk.business, SAMPLES / f"{name}.csv")
    count = desk.publish().published
    assert count == len(desk.desk.items.all(desk.business)) > 20
    assert desk.desk.verifying.verify(desk.business).same == count
    (run,) = desk.desk.undoing.runs(desk.business)
    report = desk.desk.undoing.undo(desk.business, plan(desk, run=run.run))
    assert (report.undone, report.held) == (count, 0)
    assert left_there(desk) == (0, 0, 0, 0)
    counts = desk.desk.businesses.summary(desk.business).items
    assert counts == ItemCounts(ready=count)


# What is refused


def test_what_was_changed_there_stays_unless_that_is_agreed_to(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    edit_there(desk, item, CustomerReference="A-2", DueDate="2026-12-24T00:00:00")
    (one,) = plan(desk, item.id).items
    assert one.changed == (
        "reference: A was sent, A-2 is there",
        "due date: 1 Oct 2026 was sent, 24 Dec 2026 is there",
    )
    report = undo(desk, item.id)
    assert (report.undone, report.held) == (0, 1)
    assert report.results[0].problem is not None
    assert "reference: A was sent, A-2 is there" in report.results[0].problem.sentence
    assert left_there(desk)[0] == 1
    assert undo(desk, item.id, even_if_changed=True).undone == 1
    assert_back(desk, item.id)


def test_what_came_out_different_is_not_what_was_sent(desk: Publisher) -> None:
    desk.sandbox.account.switch(reference_length=3)
    (item,) = published(desk, "PEN-1")
    assert desk.item(item.id).problem is not None
    assert plan(desk, item.id).items[0].changed == ("reference: PEN-1 was sent, PEN is there",)
    assert undo(desk, item.id).undone == 0
    assert undo(desk, item.id, even_if_changed=True).undone == 1


def test_what_was_changed_after_it_was_shown_stays_even_so(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    shown = plan(desk, item.id)
    edit_there(desk, item, CustomerReference="A-2")
    report = desk.desk.undoing.undo(desk.business, shown, even_if_changed=True)
    assert report.undone == 0
    assert left_there(desk)[0] == 1
    assert desk.item(item.id).sent is ItemState.PUBLISHED


def test_a_payment_of_somebody_elses_keeps_it_there_in_any_case(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    items = published(desk, "A", **whole), published(desk, "B")
    ids = [one.id for (one,) in items]
    shown = plan(desk, *ids)
    kashflow = desk.desk.sessions.open(desk.business)
    method = kashflow.get_rec_pay_methods()[0].method_id
    for (one,) in items:
        payment = Payment(
            pay_invoice=one.number or 0,
            pay_date=dt.date(2026, 9, 9),
            pay_method=method,
            pay_amount=Decimal(5),
        )
        kashflow.insert_receipt_payment(payment)
    assert desk.desk.undoing.undo(desk.business, shown, even_if_changed=True).undone == 0
    left = plan(desk, *ids).left_out
    assert [one.item_id for one in left] == ids
    assert left[0].reason.startswith("A payment was recorded on it in KashFlow: £5.00, 9 Sep 2026")
    assert left_there(desk)[:2] == (2, 3)


def test_what_somebody_else_added_is_told_before_it_is_lost(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    (item,) = published(desk, "A", **whole)
    kashflow = desk.desk.sessions.open(desk.business)
    kashflow.insert_receipt_note(item.dbid or 0, "Ask Tom", dt.date(2026, 9, 9))
    kashflow.attach_file_to_receipt(item.number or 0, "letter.pdf", b"Dear Tom")
    (one,) = plan(desk, item.id).items
    assert one.changed == (
        "the file letter.pdf, added in KashFlow, would be lost",
        "the note “Ask Tom”, added in KashFlow, would be lost",
    )
    assert undo(desk, item.id).undone == 0


def test_a_number_that_was_given_again_is_not_deleted(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    kashflow = desk.desk.sessions.open(desk.business)
    kashflow.delete_receipt(item.number or 0)
    (other,) = published(desk, "B")
    assert other.number == item.number
    (one,) = plan(desk, item.id).items
    assert one.gone
    assert one.sentence == "Purchase 1 is gone from KashFlow already"
    assert undo(desk, item.id).undone == 1
    assert_back(desk, item.id)
    assert [row["CustomerReference"] for row in desk.sandbox.account.receipts()] == ["B"]


@pytest.mark.parametrize("like", [COST, SALE])
def test_a_document_with_another_number_and_party_is_found_by_its_id(
    desk: Publisher, like: Item
) -> None:
    (item,) = published(desk, "A", like=like)
    account = desk.sandbox.account
    parties = account.customers() if like is SALE else account.suppliers()
    key = "CustomerID" if like is SALE else "SupplierID"
    moved = next(one[key] for one in parties if one["Name"] != item.contact)
    edit_there(desk, item, InvoiceNumber=77, CustomerID=moved)
    (one,) = plan(desk, item.id).items
    assert not one.gone
    assert one.number == 77
    assert "its number was 1 and is 77" in one.changed
    assert undo(desk, item.id).undone == 0
    assert undo(desk, item.id, even_if_changed=True).undone == 1
    assert left_there(desk)[0] == 0


def test_what_is_not_in_kashflow_or_may_not_be_is_left_out(desk: Publisher) -> None:
    ready, lost = desk.add("A", "B")
    desk.sandbox.misbehave("InsertReceipt", "drop-before")
    desk.publish(lost.id)
    (undone,) = published(desk, "C")
    undo(desk, undone.id)
    left = {one.item_id: one.reason for one in plan(desk, ready.id, lost.id, undone.id).left_out}
    assert left[ready.id] == "It is not in KashFlow."
    assert left[lost.id].startswith("KashFlow does not show this purchase yet")
    assert left[undone.id] == "It was taken out of KashFlow already."


def test_a_locked_period_is_told_and_a_step_without_an_answer_waits(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    (item,) = published(desk, "A")
    desk.desk.businesses.change_settings(desk.business, {"locked_until": "2026-09-30"})
    (left,) = plan(desk, item.id).left_out
    assert left.reason == "It is in the period that is locked, up to 30 Sep 2026."
    desk.desk.businesses.change_settings(desk.business, {"locked_until": ""})
    (paid,) = desk.add("B", **whole)
    desk.sandbox.misbehave("InsertReceiptPayment", "drop-before")
    desk.publish(paid.id)
    (left,) = plan(desk, paid.id).left_out
    assert left.reason.startswith("What followed it had no answer")
    assert left_there(desk)[0] == 2


def test_nobody_undoes_beside_a_publisher(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    shown = plan(desk, item.id)
    with Home(desk.home.root).try_lock(publish_lock(desk.business)):
        with pytest.raises(Busy):
            desk.desk.undoing.undo(desk.business, shown)
        with pytest.raises(Busy):
            plan(desk, item.id)
    assert left_there(desk)[0] == 1


# What goes wrong


@pytest.mark.parametrize("operation", DELETES)
@pytest.mark.parametrize("kind", ["drop-after", "truncate", "reset-after"])
def test_a_delete_whose_reply_was_lost_is_found_done_at_once(
    desk: Publisher, whole: dict[str, Any], operation: str, kind: str
) -> None:
    (item,) = published(desk, "A", **whole)
    desk.sandbox.misbehave(operation, kind)
    assert undo(desk, item.id).undone == 1
    assert desk.calls[operation] == 1
    assert_back(desk, item.id)
    assert left_there(desk) == (0, 0, 0, 0)


@pytest.mark.parametrize("operation", DELETES)
@pytest.mark.parametrize("kind", ["drop-before", "html-503", "fault-500"])
def test_a_delete_that_did_not_arrive_waits_out_the_settle_time(
    desk: Publisher, whole: dict[str, Any], operation: str, kind: str
) -> None:
    (item,) = published(desk, "A", **whole)
    desk.sandbox.misbehave(operation, kind)
    report = undo(desk, item.id)
    assert (report.undone, report.stopped) == (0, None)
    unsure = desk.item(item.id)
    document = operation == "DeleteReceiptByID"
    assert unsure.sent is (ItemState.UNKNOWN if document else ItemState.PUBLISHED)
    assert [one.id for one in desk.desk.resolving.unresolved(desk.business)] == [item.id]
    assert desk.desk.businesses.summary(desk.business).items.needs_you == 1
    assert desk.publish().results == ()
    desk.wait(120)
    shown = plan(desk, item.id)
    assert shown.items == ()
    assert "may be at work on deleting it. Look again in 10 seconds." in shown.left_out[0].reason
    desk.wait(11)
    assert undo(desk, item.id).undone == 1
    assert desk.calls[operation] == 2
    assert_back(desk, item.id)
    assert left_there(desk) == (0, 0, 0, 0)


@pytest.mark.parametrize("operation", DELETES)
def test_a_delete_committed_late_is_found_by_looking(
    desk: Publisher, whole: dict[str, Any], operation: str
) -> None:
    (item,) = published(desk, "A", **whole)
    desk.sandbox.misbehave(operation, "late")
    with slow_replies(desk.sandbox) as slow:
        assert undo(desk, item.id).undone == 0
        before = left_there(desk)
        slow.let_go_and_wait()
    assert left_there(desk) != before
    (result,) = desk.desk.resolving.resolve(desk.business)
    if operation == "DeleteReceiptByID":
        assert (result.state, result.problem) == (ItemState.READY, None)
    else:
        assert result.state is ItemState.PUBLISHED
        assert result.problem is not None
        assert result.problem.code == "half-undone"
        assert undo(desk, item.id).undone == 1
    assert desk.calls[operation] == 1
    assert_back(desk, item.id)


def test_a_late_delete_after_the_number_was_given_again_hits_nobody_else(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    desk.sandbox.misbehave("DeleteReceiptByID", "drop-before")
    undo(desk, item.id)
    desk.desk.sessions.open(desk.business).delete_receipt(item.number or 0)
    (other,) = published(desk, "B")
    assert other.number == item.number
    (result,) = desk.desk.resolving.resolve(desk.business, [item.id])
    assert result.state is ItemState.READY
    assert undo(desk, item.id).results == ()
    assert [row["CustomerReference"] for row in desk.sandbox.account.receipts()] == ["B"]


def test_after_the_settle_time_it_is_published_still_and_can_be_undone_or_left(
    desk: Publisher,
) -> None:
    (item,) = published(desk, "A")
    desk.sandbox.misbehave("DeleteReceiptByID", "drop-before")
    undo(desk, item.id)
    desk.wait(131)
    (result,) = desk.desk.resolving.resolve(desk.business)
    assert result.state is ItemState.PUBLISHED
    assert result.problem is not None
    assert result.problem.sentence == "KashFlow still has purchase 1: it was not deleted."
    assert desk.item(item.id).number == item.number
    assert desk.desk.verifying.verify(desk.business).same == 1
    assert desk.item(item.id).problem is None
    assert undo(desk, item.id).undone == 1


def test_a_look_meanwhile_forgets_no_delete_that_had_no_answer(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    (item,) = published(desk, "A", **whole)
    desk.sandbox.misbehave("DeleteReceiptPayment", "drop-before")
    undo(desk, item.id)
    unsure = desk.item(item.id).problem
    assert unsure is not None
    assert desk.desk.verifying.verify(desk.business).same == 1
    assert desk.item(item.id).problem == unsure


def test_a_refused_delete_says_what_is_half_done(desk: Publisher, whole: dict[str, Any]) -> None:
    (item,) = published(desk, "A", **whole)
    desk.sandbox.misbehave("DeleteReceiptByID", "refuse", text="The VAT return is filed")
    assert undo(desk, item.id).undone == 0
    problem = desk.item(item.id).problem
    assert problem is not None
    assert problem.sentence.startswith(
        "Its payment was deleted in KashFlow; purchase 1 is still there."
    )
    assert "The VAT return is filed" in problem.sentence
    assert left_there(desk)[:2] == (1, 0)
    assert desk.desk.businesses.summary(desk.business).items.needs_you == 1
    (result,) = desk.desk.verifying.verify(desk.business).results
    (differs,) = result.differences
    assert differs.sentence == "the payment of £120.00, Current account is not there any more"
    assert undo(desk, item.id).undone == 1
    assert_back(desk, item.id)


def test_kashflow_saying_done_and_still_showing_it_is_not_taken_for_done(
    desk: Publisher,
) -> None:
    (item,) = published(desk, "A")
    shown = plan(desk, item.id)
    books = desk.sandbox.account.books
    kept = dict(books.get("receipts", item.dbid or 0) or {})
    real = desk.sandbox.account.count_call

    def put_back(operation: str) -> None:
        real(operation)
        if operation == "GetReceipt" and desk.calls.get("DeleteReceiptByID"):
            with books.transaction():
                books.put("receipts", kept)

    desk.sandbox.account.count_call = put_back  # type: ignore[method-assign]
    assert desk.desk.undoing.undo(desk.business, shown).undone == 0
    assert desk.item(item.id).sent is ItemState.UNKNOWN


def test_a_server_that_cannot_be_reached_stops_the_undoing(desk: Publisher) -> None:
    items = published(desk, "A", "B")
    shown = plan(desk, *(one.id for one in items))
    desk.sandbox.stop()
    report = desk.desk.undoing.undo(desk.business, shown)
    assert len(report.results) == 1
    assert report.stopped is not None
    assert report.stopped.code == "server-unreachable"
    assert [desk.item(one.id).sent for one in items] == [ItemState.PUBLISHED] * 2


def test_a_cancel_lets_the_item_in_hand_come_to_its_end(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    items = published(desk, "A", "B", **{**whole, "files": ()})
    shown = plan(desk, *(one.id for one in items))
    cancel = Cancel()

    def listener(event: Event) -> None:
        if type(event).__name__ == "StepUndone":
            cancel.cancel()

    report = desk.desk.undoing.undo(desk.business, shown, listener=listener, cancel=cancel)
    assert (report.undone, report.cancelled) == (1, True)
    assert_back(desk, items[0].id)
    assert desk.item(items[1].id).sent is ItemState.PUBLISHED
    assert left_there(desk)[:2] == (1, 1)


def test_a_document_that_was_never_read_back_is_found_before_it_is_deleted(
    desk: Publisher,
) -> None:
    desk.sandbox.misbehave("GetReceipt", "html-503")
    (item,) = published(desk, "A")
    assert item.dbid is None
    assert undo(desk, item.id).undone == 1
    assert_back(desk, item.id)
    assert left_there(desk)[0] == 0


def test_the_document_is_no_duplicate_of_what_it_was(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    desk.desk.duplicates.refresh(desk.business, again=True)
    found = desk.document(item)
    desk.desk.duplicates.learn(desk.business, PURCHASES, found.customer_id, [found])
    undo(desk, item.id)
    assert desk.desk.items.findings(desk.business, desk.item(item.id)) == ()
    assert desk.state(item.id) is ItemState.READY


def test_a_document_somebody_made_just_like_it_is_never_deleted(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    twin = desk.document(item)
    kashflow = desk.desk.sessions.open(desk.business)
    kashflow.insert_receipt(msgspec.structs.replace(twin, invoice_dbid=0, invoice_number=0))
    kashflow.delete_receipt_by_id(item.dbid or 0)
    assert plan(desk, item.id).items[0].gone
    undo(desk, item.id)
    left: list[Invoice] = desk.purchases()
    assert len(left) == 1
    assert left[0].invoice_dbid != item.dbid
