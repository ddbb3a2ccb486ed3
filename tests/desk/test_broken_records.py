"""One record that cannot be read costs that record: the rest goes on, and it is never absent."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from kfclient.api.records import Supplier
from kfclient.desk.errors import NotAgreed, SeveralThere
from kfclient.desk.events import ListSynced
from kfclient.desk.model.connection_state import ConnectionState
from kfclient.desk.model.item import ItemState
from kfclient.desk.model.list_names import ListName
from kfclient.desk.published.verify import Verdict
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import COST, Publisher
from tests.desk.reply_changer import ReplyChanger

OTHER = msgspec.structs.replace(COST, contact="Tern Telecom")


@pytest.fixture
def desk(home: Home, sandbox: Sandbox, changer: ReplyChanger) -> Publisher:
    return Publisher(home, sandbox, changer.endpoint)


def test_a_character_that_xml_forbids_stops_nothing(desk: Publisher, changer: ReplyChanger) -> None:
    desk.add("CC-1", lines=(msgspec.structs.replace(COST.lines[0], description="line of CC"),))
    desk.add("TT-1", like=OTHER)
    desk.publish()
    changer.replace("*", b"line of CC", b"line of&#x1B; CC")
    looked = desk.desk.verifying.verify(desk.business)
    assert looked.stopped is None
    verdicts = [one.verdict for one in looked.results]
    assert verdicts == [Verdict.CHANGED, Verdict.SAME]
    desk.add("CC-2")
    desk.sandbox.misbehave("InsertReceipt", "drop-after")
    assert desk.publish().unknown == 1
    (settled,) = desk.desk.resolving.resolve(desk.business)
    assert settled.state is ItemState.PUBLISHED
    plan = desk.desk.undoing.plan(desk.business, ["2"])
    assert desk.desk.undoing.undo(desk.business, plan).undone == 1


def test_a_sync_names_what_it_leaves_out_and_what_it_cannot_read(
    desk: Publisher, changer: ReplyChanger
) -> None:
    events: list[object] = []
    before = len(desk.desk.lists.suppliers(desk.business))
    (tern,) = [
        one for one in desk.desk.lists.suppliers(desk.business) if one.name == "Tern Telecom"
    ]
    broken = f"<SupplierID>{tern.supplier_id}</SupplierID>".encode()

    changer.replace("GetSuppliers", broken, broken + b"<PaymentTerms>1e999999999</PaymentTerms>")
    changer.replace("GetCustomers", b"<Name>Dunmore", b"<Name>Dun&#xB;more")
    report = desk.desk.syncing.sync(desk.business, events.append)
    assert not report.failed
    assert len(desk.desk.lists.suppliers(desk.business)) == before - 1
    (said,) = report.lists[ListName.SUPPLIERS].remarks
    assert f"Tern Telecom ({tern.supplier_id}) was left out: its PaymentTerms" in said
    (said,) = report.lists[ListName.CUSTOMERS].remarks
    assert "Dun�more School" in said
    assert "Name" in said
    assert sum(len(one.remarks) for one in events if isinstance(one, ListSynced)) == 2
    assert desk.desk.businesses.summary(desk.business).state is ConnectionState.CONNECTED
    events.clear()
    desk.desk.syncing.sync(desk.business, events.append)
    assert not any(one.remarks for one in events if isinstance(one, ListSynced))


@pytest.mark.parametrize("tag", ["InvoiceDBID", "NetAmount", "InvoiceNumber"])
def test_a_broken_document_that_may_be_the_one_looked_for_is_a_doubt(
    desk: Publisher, changer: ReplyChanger, tag: str
) -> None:
    desk.add("")
    desk.add("TT-1", like=OTHER)
    desk.sandbox.misbehave("InsertReceipt", "drop-after", times=2)
    assert desk.publish().unknown == 2
    desk.wait(1000)
    (document,) = desk.purchases()
    start = f"<InvoiceDBID>{document.invoice_dbid}</InvoiceDBID>".encode()
    last = f"<{tag}>1e999999999</{tag}>".encode()

    changer.replace("GetReceiptsForSupplier", start, start + last if tag != "InvoiceDBID" else last)
    states = {one.item_id: one.state for one in desk.desk.resolving.resolve(desk.business)}
    assert states == {"1": ItemState.UNKNOWN, "2": ItemState.PUBLISHED}
    problem = desk.item("1").problem
    assert problem is not None
    assert problem.code == SeveralThere.code
    assert tag in problem.sentence
    changer.leave()
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.PUBLISHED


@pytest.mark.parametrize("tag", ["InvoiceDBID", "NetAmount"])
def test_what_may_be_there_already_is_not_sent_and_holds_up_nothing_else(
    desk: Publisher, changer: ReplyChanger, tag: str
) -> None:
    small = msgspec.structs.replace(COST.lines[0], unit_price=Decimal(7), vat=Decimal("1.40"))
    desk.add("PEN-1", lines=(small,))
    desk.add("PEN-2")
    desk.add("PEN-3", lines=(small,))
    desk.keyed_by_hand(desk.item("2"))
    (document,) = desk.purchases()
    start = f"<InvoiceDBID>{document.invoice_dbid}</InvoiceDBID>".encode()
    last = f"<{tag}>1e9</{tag}>".encode()
    changer.replace("GetReceiptsForSupplier", start, start + last if tag != "InvoiceDBID" else last)
    assert desk.publish().stopped is None
    published = ItemState.PUBLISHED
    assert [desk.item(item).sent for item in "123"] == [published, None, published]


def test_a_document_whose_id_cannot_be_read_is_not_deleted(
    desk: Publisher, changer: ReplyChanger
) -> None:
    desk.add("PEN-1")
    desk.add("TT-1", like=OTHER)
    desk.publish()
    dbid = desk.item("1").dbid
    for operation in ("GetReceipt", "GetReceiptsForSupplier", "GetReceiptsWithPaging"):
        changer.replace(operation, f"ID>{dbid}<".encode(), b"ID>1e9<")
    looked = desk.desk.verifying.verify(desk.business)
    verdicts = {one.item_id: one.verdict for one in looked.results}
    assert verdicts == {"1": Verdict.NOT_READ, "2": Verdict.SAME}
    plan = desk.desk.undoing.plan(desk.business, ["1", "2"])
    assert [one.item_id for one in plan.items] == ["2"]
    assert "InvoiceDBID" in plan.left_out[0].reason


def test_a_payment_that_cannot_be_read_is_not_made_again(
    desk: Publisher, changer: ReplyChanger
) -> None:
    desk.add("PEN-1", bank_account="Current account", payment_method="BACS")
    desk.sandbox.misbehave("InsertReceiptPayment", "drop-after")
    desk.publish()
    desk.wait(1000)
    changer.replace("GetReceiptPayment", b"<PayAmount>", b"<PayAmount>1e")
    desk.desk.resolving.resolve(desk.business)
    assert [one.unknown for one in desk.item("1").left] == [True]
    changer.leave()
    desk.desk.resolving.resolve(desk.business)
    assert desk.item("1").left == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"<Name>Heron Paper", b"<Name>Heron&#x1B; Paper"), (b"<SupplierID>", b"<SupplierID>1e")],
)
def test_a_supplier_that_may_be_there_is_not_created_again(
    desk: Publisher, changer: ReplyChanger, before: bytes, after: bytes
) -> None:
    desk.add("HP-1", contact="Heron Paper")
    kashflow = desk.desk.sessions.open(desk.business)
    plan = desk.desk.publishing.plan(desk.business)
    number = kashflow.insert_supplier(Supplier(code="HERON", name="Heron Paper"))
    if after.endswith(b"1e"):
        before, after = f"ID>{number}<".encode(), f"ID>1e{number}<".encode()
    changer.replace("GetSuppliers", before, after)
    report = desk.desk.publishing.publish(desk.business, plan, create_suppliers=True)
    (result,) = report.results
    assert result.problem is not None
    assert result.problem.code == NotAgreed.code
    assert desk.state("1") is ItemState.READY
    assert len([one for one in kashflow.get_suppliers() if "Heron" in one.name]) == 1
