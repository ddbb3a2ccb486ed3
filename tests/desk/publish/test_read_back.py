"""What was published is read back, also when something came between: its id, and what it says."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from kfclient.desk.model.item import ItemState
from kfclient.desk.published.verify import Verdict
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from kfclient.threads import in_thread
from tests.desk.publisher import Publisher
from tests.slow import slow_replies
from tests.waiting import HANG


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with a published item that was not read back."""
    desk = Publisher(home, sandbox)
    desk.add("PEN-1")
    desk.sandbox.misbehave("GetReceipt", "html-503")
    desk.publish()
    assert desk.item("1").dbid is None
    return desk


def the_purchase(desk: Publisher) -> dict[str, object]:
    (row,) = desk.sandbox.account.receipts()
    return row


def change_there(desk: Publisher, **values: object) -> None:
    """Change the only purchase in KashFlow, as a person may there."""
    row = the_purchase(desk)
    with desk.sandbox.account.books.transaction():
        desk.sandbox.account.books.put("receipts", {**row, **values})


def delete_there(desk: Publisher) -> None:
    dbid = the_purchase(desk)["InvoiceDBID"]
    assert isinstance(dbid, int)
    with desk.sandbox.account.books.transaction():
        desk.sandbox.account.books.drop("receipts", dbid)


def resolve(desk: Publisher) -> str:
    """Look in KashFlow; return the code of the item's problem, "" for none."""
    (result,) = desk.desk.resolving.resolve(desk.business)
    assert result.state is ItemState.PUBLISHED
    return "" if result.problem is None else result.problem.code


def test_what_could_not_be_read_back_is_read_when_kashflow_is_looked_at(desk: Publisher) -> None:
    assert [one.id for one in desk.desk.resolving.unresolved(desk.business)] == ["1"]
    assert resolve(desk) == ""
    assert desk.item("1").dbid == the_purchase(desk)["InvoiceDBID"]
    assert desk.desk.resolving.unresolved(desk.business) == []
    desk.forget_calls()
    assert desk.desk.resolving.resolve(desk.business) == ()
    assert desk.calls == {}


def test_publishing_reads_it_back_too(desk: Publisher) -> None:
    (left_out,) = desk.desk.publishing.plan(desk.business).left_out
    assert "not read back yet" in left_out.reason
    desk.publish()
    assert desk.desk.publishing.plan(desk.business).left_out == ()
    assert desk.item("1").dbid == the_purchase(desk)["InvoiceDBID"]


def test_what_came_out_otherwise_is_told_then(desk: Publisher) -> None:
    change_there(desk, InvoiceDate="2026-08-01T00:00:00")
    assert resolve(desk) == "came-out-different"
    assert desk.item("1").dbid == the_purchase(desk)["InvoiceDBID"]


def test_another_document_under_its_number_is_not_taken_for_it(desk: Publisher) -> None:
    change_there(desk, CustomerReference="SOMETHING ELSE")
    assert resolve(desk) == "not-read-back"
    assert desk.item("1").dbid is None
    change_there(desk, CustomerReference="PEN-1")
    assert resolve(desk) == ""


def test_one_that_another_item_is_is_not_taken_for_it(desk: Publisher) -> None:
    delete_there(desk)
    (twin,) = desk.add("PEN-1")
    desk.desk.duplicates.not_a_duplicate(desk.business, twin.id)
    desk.publish(twin.id)
    assert desk.item(twin.id).number == desk.item("1").number
    assert resolve(desk) == "deleted-there"
    (gone,) = desk.desk.verifying.verify(desk.business, ["1"]).results
    assert gone.verdict is Verdict.DELETED
    assert desk.item("1").dbid is None
    (undo,) = desk.desk.undoing.plan(desk.business, ["1"]).items
    assert undo.gone


def test_nothing_follows_a_document_that_was_deleted_and_whose_number_is_anothers(
    home: Home, sandbox: Sandbox
) -> None:
    desk = Publisher(home, sandbox)
    desk.add("PEN-1", bank_account="Current account", payment_method="BACS")
    desk.sandbox.misbehave("GetReceipt", "html-503")
    desk.publish()
    delete_there(desk)
    (twin,) = desk.add("PEN-1")
    desk.desk.duplicates.not_a_duplicate(desk.business, twin.id)
    for _ in range(2):
        desk.publish()
    assert desk.item(twin.id).number == desk.item("1").number
    assert desk.item("1").dbid is None
    assert desk.sandbox.account.payments() == []


def test_one_that_was_deleted_there_is_told_to_be_gone(desk: Publisher) -> None:
    delete_there(desk)
    assert resolve(desk) == "deleted-there"
    assert desk.desk.resolving.unresolved(desk.business) == []


def test_nothing_is_held_up_while_it_cannot_be_read(desk: Publisher) -> None:
    desk.add("PEN-2")
    desk.sandbox.misbehave("GetReceipt", "html-503")
    assert desk.desk.resolving.resolve(desk.business) == ()
    assert desk.item("1").dbid is None
    assert desk.publish().published == 1
    assert desk.item("2").dbid is not None


# What KashFlow says is in the books only once reading back has shown it.


def insert_by_hand(desk: Publisher, contact: str, gross: str) -> int:
    """Key another bill in KashFlow, as a person may there; return its number."""
    kashflow = desk.desk.sessions.open(desk.business)
    (party,) = [one.supplier_id for one in kashflow.get_suppliers() if one.name == contact]
    (item,) = desk.add("KEYED BY HAND", contact=contact)
    planned = desk.desk.publishing.plan(desk.business, [item.id]).items[0]
    desk.desk.items.remove(desk.business, item.id)
    line = msgspec.structs.replace(
        planned.invoice.lines[0], rate=Decimal(gross), vat_rate=Decimal(0), vat_amount=Decimal(0)
    )
    bill = msgspec.structs.replace(planned.invoice, customer_id=party, lines=(line,))
    return kashflow.insert_receipt(bill)


@pytest.mark.parametrize("contact", ["Pennine Water", "Tern Telecom"])
def test_a_number_that_was_given_again_before_it_was_read_is_not_taken(
    home: Home, sandbox: Sandbox, contact: str
) -> None:
    desk = Publisher(home, sandbox)
    desk.add("PEN-1")
    sandbox.misbehave("GetReceipt", "slow")
    with slow_replies(sandbox) as slow:
        publishing = in_thread(desk.publish, "publishing")
        slow.until_held(1)
        (mine,) = sandbox.account.receipts()
        delete_there(desk)
        assert insert_by_hand(desk, contact, "999.00") == mine["InvoiceNumber"]
        slow.let_all_go()
        report = publishing.result(HANG)
    (result,) = report.results
    assert result.state is ItemState.UNKNOWN
    assert result.problem is not None
    assert result.problem.code == "came-out-different"
    assert "£999.00" in result.problem.sentence
    assert desk.item("1").dbid is None
    undo = desk.desk.undoing.plan(desk.business, ["1"])
    assert desk.desk.undoing.undo(desk.business, undo).undone == 0
    desk.wait(131)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.READY
    (theirs,) = sandbox.account.receipts()
    assert theirs["CustomerReference"] == "KEYED BY HAND"


def test_an_answer_that_names_another_document_is_no_proof(home: Home, sandbox: Sandbox) -> None:
    desk = Publisher(home, sandbox)
    (first,) = desk.add("FIRST")
    desk.publish(first.id)
    number = desk.item(first.id).number
    (item,) = desk.add("SECOND")
    sandbox.misbehave("InsertReceipt", "false-ok", text=str(number))
    (result,) = desk.publish(item.id).results
    assert result.state is ItemState.UNKNOWN
    (found,) = desk.desk.resolving.resolve(desk.business)
    assert found.state is ItemState.PUBLISHED
    assert desk.item(item.id).number != number
    assert desk.document(desk.item(item.id)).customer_reference == "SECOND"
    assert len(desk.purchases()) == 2


def test_an_answer_that_names_no_document_is_no_proof(home: Home, sandbox: Sandbox) -> None:
    desk = Publisher(home, sandbox)
    (item,) = desk.add("GHOST", bank_account="Current account", payment_method="BACS")
    sandbox.misbehave("InsertReceipt", "false-ok", text="77")
    (result,) = desk.publish(item.id).results
    assert result.state is ItemState.UNKNOWN
    assert result.problem is not None
    assert "of that number is not there" in result.problem.sentence
    assert sandbox.account.payments() == []
    (found,) = desk.desk.resolving.resolve(desk.business)
    assert (found.state, found.number) == (ItemState.PUBLISHED, desk.purchases()[0].invoice_number)
