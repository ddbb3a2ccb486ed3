"""What was published is compared with KashFlow, field by field, and what differs is remembered."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kfclient.api.records import Payment
from kfclient.cancel import Cancel
from kfclient.desk.errors import ItemUnknown
from kfclient.desk.model.item import Item, ItemState
from kfclient.desk.published.verify import Verdict, VerifyReport
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import COST, SALE, Publisher


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


def verify(desk: Publisher, *item_ids: str) -> VerifyReport:
    desk.forget_calls()
    return desk.desk.verifying.verify(desk.business, item_ids or None, listener=desk.events.append)


def published(desk: Publisher, *references: str, **values: Any) -> list[Item]:
    """Publish an item for each reference."""
    items = desk.add(*references, **values)
    assert desk.publish(*(one.id for one in items)).published == len(items)
    return [desk.item(one.id) for one in items]


def edit_there(desk: Publisher, item: Item, **changes: Any) -> None:
    """Change the item's document in KashFlow, as a person would."""
    books = desk.sandbox.account.books
    with books.transaction():
        books.put("receipts", {**(books.get("receipts", item.dbid or 0) or {}), **changes})


def edit_line(desk: Publisher, item: Item, **changes: Any) -> None:
    """Change the only line of the item's document in KashFlow."""
    (line,) = (desk.sandbox.account.books.get("receipts", item.dbid or 0) or {})["Lines"]
    edit_there(desk, item, Lines=[{**line, **changes}])


def told(report: VerifyReport) -> list[str]:
    (result,) = report.results
    assert result.verdict is Verdict.CHANGED
    return [one.sentence for one in result.differences]


def needs_you(desk: Publisher) -> int:
    return desk.desk.businesses.summary(desk.business).items.needs_you


@pytest.mark.parametrize("like", [COST, SALE])
def test_what_is_as_it_was_sent_is_the_same(
    desk: Publisher, whole: dict[str, Any], like: Item
) -> None:
    published(desk, "A", like=like, **whole)
    report = verify(desk)
    (result,) = report.results
    assert (result.verdict, result.problem, report.differ) == (Verdict.SAME, None, 0)
    assert result.unlisted == (("the file bill.pdf",) if like is SALE else ())
    assert needs_you(desk) == 0
    last = desk.desk.audit.entries(desk.business)[-1]
    assert desk.desk.audit.sentence(last) == "anna compared 1 item with KashFlow: all agree"


def test_foreign_and_odd_documents_are_the_same_too(desk: Publisher) -> None:
    line = msgspec.structs.replace(
        COST.lines[0], quantity=Decimal("3"), unit_price=Decimal("1.333"), vat=Decimal("0.80"),
        description="  Paper,\n white ", project="",
    )  # fmt: skip
    published(desk, "A", currency="EUR", exchange_rate=Decimal("1.162784"), lines=(line, line))
    assert verify(desk).differ == 0


def test_a_party_is_read_once_however_many_items_it_has(desk: Publisher) -> None:
    published(desk, "A", "B", "C")
    published(desk, "D", contact="Tern Telecom")
    assert verify(desk).same == 4
    assert desk.calls == {"GetReceiptsForSupplier": 1, "GetReceipt": 1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"CustomerReference": "B"}, "reference: A was sent, B is there"),
        ({"InvoiceDate": "2026-09-02T00:00:00"}, "date: 1 Sep 2026 was sent, 2 Sep 2026 is there"),
        ({"DueDate": "2026-12-24T00:00:00"}, "due date: 1 Oct 2026 was sent, 24 Dec 2026 is there"),
        ({"Lines": []}, "line 1: £120.00 was sent, none is there"),
    ],
)
def test_what_was_edited_in_its_head_is_told_both_ways(
    desk: Publisher, changes: dict[str, Any], words: str
) -> None:
    (item,) = published(desk, "A")
    edit_there(desk, item, **changes)
    assert told(verify(desk)) == [words]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"VatAmount": Decimal("20.01")}, "VAT: £20.00 was sent, £20.01 is there"),
        ({"Rate": Decimal("99.99")}, "price: £100.00 was sent, £99.99 is there"),
        ({"Quantity": Decimal(2)}, "quantity: 1 was sent, 2 is there"),
        ({"VatRate": Decimal(-1)}, "tax rate: 20% was sent, n/a is there"),
        ({"Description": "Gas"}, "description: none was sent, Gas is there"),
    ],
)
def test_what_was_edited_in_a_line_is_told_to_the_penny(
    desk: Publisher, changes: dict[str, Any], words: str
) -> None:
    (item,) = published(desk, "A")
    edit_line(desk, item, **changes)
    assert told(verify(desk)) == [words]


def test_category_project_and_supplier_are_told_by_name(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    books = desk.desk.items.reference_data.of(desk.business)
    (travel,) = books.categories("Travelling", item.kind) or books.categories("7400", item.kind)
    other = next(one for one in desk.sandbox.account.suppliers() if one["Name"] == "Tern Telecom")
    edit_line(desk, item, ChargeType=travel.id)
    edit_there(desk, item, CustomerID=other["SupplierID"])
    assert told(verify(desk)) == [
        "supplier: Pennine Water was sent, Tern Telecom is there",
        f"category: 7502 Telephone was sent, {travel.code} {travel.name} is there",
    ]


def test_a_difference_is_remembered_told_in_the_trail_once_and_settled_by_a_clean_look(
    desk: Publisher,
) -> None:
    (item,) = published(desk, "A")
    edit_there(desk, item, CustomerReference="B")
    verify(desk)
    verify(desk)
    problem = desk.item(item.id).problem
    assert problem is not None
    assert problem.code == "edited-there"
    assert problem.sentence == (
        "In KashFlow purchase 1 is otherwise: reference: A was sent, B is there."
    )
    assert (needs_you(desk), desk.state(item.id)) == (1, ItemState.PUBLISHED)
    actions = [one.action for one in desk.desk.audit.entries(desk.business, item=item.id)]
    assert actions.count("came-out-different") == 1
    edit_there(desk, item, CustomerReference="A")
    assert verify(desk).same == 1
    assert (desk.item(item.id).problem, needs_you(desk)) == (None, 0)
    assert desk.desk.audit.entries(desk.business, item=item.id)[-1].action == "verified"


def test_deleted_there_and_a_number_given_again_are_told_apart(desk: Publisher) -> None:
    first, second = published(desk, "A", "B")
    kashflow = desk.desk.sessions.open(desk.business)
    kashflow.delete_receipt(second.number or 0)
    assert [one.verdict for one in verify(desk).results] == [Verdict.SAME, Verdict.DELETED]
    third = published(desk, "C")[0]
    assert third.number == second.number
    report = verify(desk)
    verdicts = [one.verdict for one in report.results]
    assert verdicts == [Verdict.SAME, Verdict.REPLACED, Verdict.SAME]
    problem = desk.item(second.id).problem
    assert problem is not None
    assert problem.code == "deleted-there"
    assert "its number is another document's now" in problem.sentence
    assert (first.id, needs_you(desk)) == ("1", 1)


def test_a_document_that_was_renumbered_is_found(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    edit_there(desk, item, InvoiceNumber=77)
    assert told(verify(desk)) == ["number: 1 was sent, 77 is there"]


def test_what_kashdeck_put_there_is_missed_or_found_changed(
    desk: Publisher, whole: dict[str, Any]
) -> None:
    (item,) = published(desk, "A", **whole)
    books = desk.sandbox.account.books
    (payment,), (file,) = books.all("receipt_payments"), books.all("attachments")
    (note,) = books.all("receipt_notes")
    with books.transaction():
        books.put("receipt_payments", {**payment, "PayAmount": Decimal("119.99")})
        books.drop("attachments", file["AttachmentID"])
        books.put("receipt_notes", {**note, "Notes": "NOT to pay"})
    sentences = told(verify(desk))
    assert sentences[0].startswith("the payment of £120.00, Current account: £120.00, 3 Sep 2026")
    assert "£119.99, 3 Sep 2026, Current account" in sentences[0]
    assert sentences[1:] == [
        "the file bill.pdf is not there any more",
        "the note: “OK to pay” was sent, “NOT to pay” is there",
    ]
    assert item.id == "1"


def test_what_others_added_is_no_difference(desk: Publisher) -> None:
    (item,) = published(desk, "A")
    kashflow = desk.desk.sessions.open(desk.business)
    method = kashflow.get_rec_pay_methods()[0].method_id
    paid = Payment(
        pay_invoice=item.number or 0, pay_date=dt.date(2026, 9, 9), pay_method=method,
        pay_amount=Decimal(120),
    )  # fmt: skip
    kashflow.insert_receipt_payment(paid)
    kashflow.insert_receipt_note(item.dbid or 0, "Ask Tom", dt.date(2026, 9, 9))
    assert verify(desk).same == 1


def test_only_what_is_published_is_looked_at(desk: Publisher) -> None:
    published(desk, "A")
    desk.add("B")
    report = verify(desk, "1", "2")
    assert [one.item_id for one in report.results] == ["1"]
    assert [(one.item_id, one.reason) for one in report.left_out] == [
        ("2", "It is not in KashFlow.")
    ]
    with pytest.raises(ItemUnknown):
        verify(desk, "9")


def test_a_document_never_read_back_is_learnt_and_its_problem_settled(desk: Publisher) -> None:
    desk.sandbox.misbehave("GetReceipt", "html-503")
    (item,) = published(desk, "A")
    assert (item.dbid, needs_you(desk)) == (None, 1)
    assert verify(desk).same == 1
    assert desk.item(item.id).dbid == desk.sandbox.account.receipts()[0]["InvoiceDBID"]
    assert (desk.item(item.id).problem, needs_you(desk)) == (None, 0)


def test_trouble_with_kashflow_ends_it_and_keeps_what_was_found(desk: Publisher) -> None:
    published(desk, "A")
    (other,) = published(desk, "B", contact="Tern Telecom")
    edit_there(desk, desk.item("1"), CustomerReference="Z")
    desk.sandbox.misbehave("GetReceipt", "html-503", nth=2)
    report = verify(desk)
    assert [one.item_id for one in report.results] == ["1"]
    assert report.stopped is not None
    assert needs_you(desk) == 1
    assert desk.item(other.id).problem is None
    cancel = Cancel()
    cancel.cancel()
    assert desk.desk.verifying.verify(desk.business, cancel=cancel).cancelled
