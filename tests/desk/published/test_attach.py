"""Files of published items: attached later, replaced and taken off, each once."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfclient.desk.errors import AlreadyThere, FileRefused, ItemSettled, NotUndone, WrongValue
from kfclient.desk.model.item import Item, ItemState
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import COST, SALE, Publisher


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


@pytest.fixture
def bill(tmp_path: Path) -> str:
    """Return the path of a scan."""
    path = tmp_path / "bill.pdf"
    path.write_bytes(b"%PDF-1.4 a scan")
    return str(path)


@pytest.fixture
def better(tmp_path: Path) -> str:
    """Return the path of another scan."""
    path = tmp_path / "better.pdf"
    path.write_bytes(b"%PDF-1.4 a much better scan, in colour")
    return str(path)


def published(desk: Publisher, *files: str, like: Item = COST) -> Item:
    """Publish an item with these files."""
    (item,) = desk.add("A", like=like, files=files)
    assert desk.publish(item.id).left == 0
    desk.forget_calls()
    return desk.item(item.id)


def there(desk: Publisher) -> list[str]:
    """Return the names of the files in the books."""
    books = desk.sandbox.account.books
    rows = [*books.all("attachments"), *books.all("invoice_attachments")]
    return [row["ActualFilename"] for row in rows]


def known(desk: Publisher, item: Item) -> list[tuple[str, bool]]:
    files = desk.desk.attaching.files(desk.business, item.id)
    return [(one.name, one.attached) for one in files]


@pytest.mark.parametrize("like", [COST, SALE])
def test_a_file_is_attached_to_what_is_published(desk: Publisher, bill: str, like: Item) -> None:
    item = published(desk, like=like)
    result = desk.desk.attaching.add(desk.business, item.id, bill)
    assert (result.state, result.left, result.problem) == (ItemState.PUBLISHED, (), None)
    assert there(desk) == ["bill.pdf"]
    assert known(desk, item) == [("bill.pdf", True)]
    assert desk.item(item.id).files == (bill,)
    assert desk.desk.verifying.verify(desk.business).differ == 0
    told = [one.action for one in desk.desk.audit.entries(desk.business, item=item.id)]
    assert "attached" in told
    with pytest.raises(AlreadyThere):
        desk.desk.attaching.add(desk.business, item.id, bill)
    assert there(desk) == ["bill.pdf"]


def test_what_is_not_published_yet_just_has_the_file_with_it(desk: Publisher, bill: str) -> None:
    (item,) = desk.add("A")
    result = desk.desk.attaching.add(desk.business, item.id, bill)
    assert (result.state, desk.calls) == (ItemState.READY, {})
    assert desk.item(item.id).files == (bill,)
    desk.desk.attaching.remove(desk.business, item.id, "BILL.pdf")
    assert desk.item(item.id).files == ()
    with pytest.raises(WrongValue):
        desk.desk.attaching.remove(desk.business, item.id, "bill.pdf")


@pytest.mark.parametrize(
    ("name", "content"), [("gone.pdf", None), ("empty.pdf", b""), ("old.xls", b"x")]
)
def test_a_file_that_cannot_go_is_refused_before_anything_is_asked(
    desk: Publisher, tmp_path: Path, name: str, content: bytes | None
) -> None:
    item = published(desk)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileRefused):
        desk.desk.attaching.add(desk.business, item.id, str(tmp_path / name))
    assert desk.calls == {}


@pytest.mark.parametrize("kind", ["drop-after", "truncate"])
def test_a_file_whose_reply_was_lost_is_found_and_not_attached_twice(
    desk: Publisher, bill: str, kind: str
) -> None:
    item = published(desk)
    desk.sandbox.misbehave("AttachFileToReceipt", kind)
    result = desk.desk.attaching.add(desk.business, item.id, bill)
    assert [step.unknown for step in result.left] == [True]
    with pytest.raises(AlreadyThere):  # it is looked for first, and found
        desk.desk.attaching.add(desk.business, item.id, bill)
    assert there(desk) == ["bill.pdf"]
    assert desk.item(item.id).left == ()


def test_a_refused_file_is_left_to_do_and_goes_with_another_try_or_is_given_up(
    desk: Publisher, bill: str, better: str
) -> None:
    item = published(desk)
    desk.sandbox.account.switch(dropbox_connected=False)
    result = desk.desk.attaching.add(desk.business, item.id, bill)
    (left,) = result.left
    assert left.problem is not None
    assert "Dropbox is not connected" in left.problem.sentence
    assert known(desk, item) == [("bill.pdf", False)]
    desk.desk.attaching.add(desk.business, item.id, better)
    assert len(desk.item(item.id).left) == 2
    desk.desk.attaching.remove(desk.business, item.id, "better.pdf")
    assert [step.what for step in desk.item(item.id).left] == ["the file bill.pdf"]
    desk.sandbox.account.switch(dropbox_connected=True)
    assert desk.desk.attaching.add(desk.business, item.id, bill).left == ()
    assert there(desk) == ["bill.pdf"]
    assert desk.item(item.id).files == (bill,)


def test_what_else_is_left_to_do_is_not_done_by_attaching(desk: Publisher, bill: str) -> None:
    (item,) = desk.add("A", bank_account="Current account", payment_method="bacs")
    desk.sandbox.misbehave("InsertReceiptPayment", "refuse")
    desk.publish(item.id)
    result = desk.desk.attaching.add(desk.business, item.id, bill)
    assert [step.what for step in result.left] == ["the payment of £120.00, Current account"]
    assert (there(desk), desk.sandbox.account.payments()) == (["bill.pdf"], [])


def test_a_file_is_replaced_the_new_one_first(desk: Publisher, bill: str, better: str) -> None:
    item = published(desk, bill)
    result = desk.desk.attaching.replace(desk.business, item.id, "bill.pdf", better)
    assert (result.problem, result.left) == (None, ())
    assert there(desk) == ["better.pdf"]
    assert known(desk, item) == [("better.pdf", True)]
    assert desk.item(item.id).files == (better,)
    assert desk.desk.verifying.verify(desk.business).differ == 0
    calls = desk.desk.audit.entries(desk.business, item=item.id)
    assert [one.action for one in calls][-4:] == ["sending", "attached", "deleting", "undone"]


def test_the_old_file_stays_until_the_new_one_is_there_for_certain(
    desk: Publisher, bill: str, better: str
) -> None:
    item = published(desk, bill)
    desk.sandbox.misbehave("AttachFileToReceipt", "drop-before")
    result = desk.desk.attaching.replace(desk.business, item.id, "bill.pdf", better)
    assert [step.unknown for step in result.left] == [True]
    assert there(desk) == ["bill.pdf"]
    desk.wait(131)
    desk.desk.attaching.replace(desk.business, item.id, "bill.pdf", better)
    assert there(desk) == ["better.pdf"]
    assert desk.item(item.id).left == ()


@pytest.mark.parametrize(("kind", "calls"), [("drop-after", 1), ("drop-before", 2), ("refuse", 2)])
def test_a_replacement_broken_off_at_the_delete_is_carried_on(
    desk: Publisher, bill: str, better: str, kind: str, calls: int
) -> None:
    item = published(desk, bill)
    desk.sandbox.misbehave("DeleteReceiptAttachment", kind)
    result = desk.desk.attaching.replace(desk.business, item.id, "bill.pdf", better)
    if kind != "drop-after":
        assert result.problem is not None
        assert sorted(there(desk)) == ["better.pdf", "bill.pdf"]
        assert desk.desk.businesses.summary(desk.business).items.needs_you == 1
        desk.wait(131)
        desk.desk.attaching.replace(desk.business, item.id, "bill.pdf", better)
    assert there(desk) == ["better.pdf"]
    assert desk.calls["DeleteReceiptAttachment"] == calls
    assert desk.calls["AttachFileToReceipt"] == 1
    assert desk.item(item.id).problem is None
    assert desk.desk.businesses.summary(desk.business).items.needs_you == 0


def test_what_others_attached_is_not_taken_off(desk: Publisher, bill: str) -> None:
    item = published(desk, bill)
    kashflow = desk.desk.sessions.open(desk.business)
    kashflow.attach_file_to_receipt(item.number or 0, "letter.pdf", b"Dear Tom")
    with pytest.raises(WrongValue, match=r"no file called letter.pdf"):
        desk.desk.attaching.remove(desk.business, item.id, "letter.pdf")
    desk.desk.attaching.remove(desk.business, item.id, "bill.pdf")
    assert there(desk) == ["letter.pdf"]


def test_a_file_taken_off_in_kashflow_already_is_forgotten(desk: Publisher, bill: str) -> None:
    item = published(desk, bill)
    books = desk.sandbox.account.books
    with books.transaction():
        books.drop("attachments", books.all("attachments")[0]["AttachmentID"])
    assert desk.desk.verifying.verify(desk.business).differ == 1
    desk.desk.attaching.remove(desk.business, item.id, "bill.pdf")
    assert known(desk, item) == []
    assert desk.desk.verifying.verify(desk.business).differ == 0


def test_a_sales_file_can_only_be_deleted_in_kashflow(
    desk: Publisher, bill: str, better: str
) -> None:
    item = published(desk, bill, like=SALE)
    with pytest.raises(NotUndone, match="a file of a sale"):
        desk.desk.attaching.replace(desk.business, item.id, "bill.pdf", better)
    with pytest.raises(NotUndone):
        desk.desk.attaching.remove(desk.business, item.id, "bill.pdf")
    assert there(desk) == ["bill.pdf"]


def test_attached_later_it_goes_again_when_undone_and_published_again(
    desk: Publisher, bill: str
) -> None:
    item = published(desk)
    desk.desk.attaching.add(desk.business, item.id, bill)
    desk.desk.undoing.undo(desk.business, desk.desk.undoing.plan(desk.business, [item.id]))
    assert there(desk) == []
    desk.publish(item.id)
    assert there(desk) == ["bill.pdf"]


def test_an_item_of_unknown_outcome_has_to_be_looked_for_first(desk: Publisher, bill: str) -> None:
    (item,) = desk.add("A")
    desk.sandbox.misbehave("InsertReceipt", "drop-before")
    desk.publish(item.id)
    with pytest.raises(ItemSettled):
        desk.desk.attaching.add(desk.business, item.id, bill)
    assert desk.item(item.id).files == ()
