"""Killed at every write and every send, undoing still ends with the item out, and nothing else.

At every send alone, before and after it, where time is short: what lies between two of them is the
same for KashFlow.
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


@pytest.mark.parametrize(
    ("counted", "at_least"), [((), 15), pytest.param(WRITES, 60, marks=pytest.mark.full)]
)
def test_an_item_killed_anywhere_is_out_of_kashflow_once_and_in_the_inbox(
    home: Home, sandbox: Sandbox, tmp_path: Path, counted: Sequence[str], at_least: int
) -> None:
    desk = Publisher(home, sandbox)
    path = tmp_path / "bill.pdf"
    path.write_bytes(b"%PDF-1.4")
    whole: dict[str, Any] = {
        "bank_account": "Current account",
        "payment_method": "BACS",
        "files": (str(path),),
    }
    (bystander,) = desk.add("Somebody else's")
    desk.publish(bystander.id)
    kept = sandbox.account.receipts()
    point, killed = 0, True
    with Crashes(desk.home.root, desk.business, desk.sandbox) as crashes:
        while killed:
            point += 1
            (item,) = desk.add(f"PEN-{point}-{point * 7919 % 1000}", **whole)
            assert desk.publish(item.id).left == 0
            desk.forget_calls()
            killed = crashes.undo([item.id], point, desk.now, counted=counted)
            for _ in range(3):  # look for what is unknown, then undo what is still there
                if desk.item(item.id).sent is None:
                    break
                desk.wait(131)
                plan = desk.desk.undoing.plan(desk.business, [item.id])
                desk.desk.undoing.undo(desk.business, plan)
            ended = desk.item(item.id)
            assert (ended.sent, ended.problem, ended.left) == (None, None, ()), point
            assert desk.state(item.id) is ItemState.READY
            assert sandbox.account.receipts() == kept, point
            assert sandbox.account.payments() == [], point
            assert sandbox.account.books.all("attachments") == [], point
            desk.desk.items.remove(desk.business, item.id)
    assert point > at_least  # or the counting does not work
    assert desk.desk.audit.verify(desk.business).troubles == ()
