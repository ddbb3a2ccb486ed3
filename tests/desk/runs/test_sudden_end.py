"""Killed at every write and every send, an item still ends in KashFlow once, whole.

At every send alone, before and after it, where time is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from kfclient.desk.model.item import ItemState
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.crashing import WRITES, Crashes
from tests.desk.publisher import Publisher


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


def at_document(desk: Publisher, dbid: int | None) -> tuple[int, int, int]:
    """Return how many payments, files and notes the document with this id has."""
    books = desk.sandbox.account.books
    (number,) = [
        row["InvoiceNumber"]
        for row in desk.sandbox.account.receipts()
        if row["InvoiceDBID"] == dbid
    ]
    return (
        len(books.find("receipt_payments", "PayInvoice", number)),
        len(books.find("attachments", "ReceiptID", dbid)),
        len(books.find("receipt_notes", "ReceiptId", dbid)),
    )


@pytest.mark.parametrize(
    ("counted", "at_least"), [((), 15), pytest.param(WRITES, 80, marks=pytest.mark.full)]
)
def test_an_item_killed_anywhere_is_there_once_with_all_that_follows_it(
    desk: Publisher, tmp_path: Path, counted: Sequence[str], at_least: int
) -> None:
    path = tmp_path / "bill.pdf"
    path.write_bytes(b"%PDF-1.4")
    whole: dict[str, Any] = {
        "bank_account": "Current account",
        "payment_method": "BACS",
        "files": (str(path),),
        "note": "OK to pay",
    }
    point, killed = 0, True
    with Crashes(desk.home.root, desk.business, desk.sandbox) as crashes:
        while killed:
            point += 1
            (item,) = desk.add(f"PEN-{point}-{point * 7919 % 1000}", **whole)
            killed = crashes.publish([item.id], point, desk.now, counted=counted)
            for _ in range(3):  # look, send again what is not there, do what is left
                if desk.item(item.id).sent is not ItemState.PUBLISHED or desk.item(item.id).left:
                    desk.wait(131)
                    desk.publish(item.id)
            ended = desk.item(item.id)
            assert (ended.sent, ended.left) == (ItemState.PUBLISHED, ()), point
            assert at_document(desk, ended.dbid) == (1, 1, 1), point
    assert point > at_least  # or the counting does not work
    references = [row["CustomerReference"] for row in desk.sandbox.account.receipts()]
    assert len(references) == len(set(references)) == point
    assert len(desk.sandbox.account.payments()) == point
    assert len(desk.sandbox.account.books.all("attachments")) == point
    assert len(desk.sandbox.account.books.all("receipt_notes")) == point
    assert desk.desk.audit.verify(desk.business).troubles == ()
