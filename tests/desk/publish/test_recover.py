"""A lost reply, a crash or a stubborn server: each item still ends in KashFlow exactly once."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kfclient.desk.errors import NotDecided, SeveralThere
from kfclient.desk.events import ItemHeld
from kfclient.desk.model.item import ItemState
from kfclient.desk.publish.kashflow_documents import candidates
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.desk.publisher import COST, Publisher
from tests.slow import slow_replies


@pytest.fixture
def desk(home: Home, sandbox: Sandbox) -> Publisher:
    """Return a connected and synced business with an empty inbox."""
    return Publisher(home, sandbox)


def edit_there(desk: Publisher, **values: object) -> None:
    """Change the only purchase in KashFlow, as a person may there."""
    (row,) = desk.sandbox.account.receipts()
    with desk.sandbox.account.books.transaction():
        desk.sandbox.account.books.put("receipts", {**row, **values})


IN_THE_BOOKS = ["drop-after", "truncate", "truncate-clean", "bad-xml"]
NOT_IN_THE_BOOKS = ["drop-before", "html-503", "html-200", "fault-500", "redirect"]


@pytest.mark.parametrize("kind", IN_THE_BOOKS)
def test_a_document_whose_reply_was_lost_is_found_and_taken_for_its_own(
    desk: Publisher, kind: str
) -> None:
    desk.add("PEN-1")
    desk.sandbox.misbehave("InsertReceipt", kind)
    (result,) = desk.publish().results
    assert result.state is ItemState.UNKNOWN
    assert desk.state("1") is ItemState.UNKNOWN
    assert [item.id for item in desk.desk.resolving.unresolved(desk.business)] == ["1"]
    held = [event for event in desk.events if isinstance(event, ItemHeld)]
    assert [event.unknown for event in held] == [True]
    (settled,) = desk.desk.resolving.resolve(desk.business)
    assert settled.state is ItemState.PUBLISHED
    (document,) = desk.purchases()
    item = desk.item("1")
    assert (item.number, item.dbid) == (document.invoice_number, document.invoice_dbid)
    assert item.problem is None
    assert desk.publish().results == ()


@pytest.mark.parametrize("kind", NOT_IN_THE_BOOKS)
def test_what_did_not_arrive_waits_out_the_settle_time_and_goes_again(
    desk: Publisher, kind: str
) -> None:
    desk.add("PEN-1")
    desk.sandbox.misbehave("InsertReceipt", kind)
    assert desk.publish().unknown == 1
    desk.wait(100)
    (early,) = desk.desk.resolving.resolve(desk.business)
    assert early.state is ItemState.UNKNOWN
    assert early.problem is not None
    assert "Look again in 30 seconds" in early.problem.cure
    assert desk.publish("1").published == 0
    desk.wait(31)
    (late,) = desk.desk.resolving.resolve(desk.business)
    assert late.state is ItemState.READY
    assert desk.purchases() == []
    assert desk.publish().published == 1
    assert len(desk.purchases()) == 1


def test_a_document_committed_late_is_found_and_not_sent_again(desk: Publisher) -> None:
    desk.add("PEN-1")
    desk.sandbox.misbehave("InsertReceipt", "late")
    with slow_replies(desk.sandbox) as slow:
        desk.publish()
        (early,) = desk.desk.resolving.resolve(desk.business)
        assert early.state is ItemState.UNKNOWN
        slow.let_go_and_wait()
    assert desk.purchases()
    desk.wait(600)
    (found,) = desk.desk.resolving.resolve(desk.business)
    assert found.state is ItemState.PUBLISHED
    assert len(desk.purchases()) == 1


def test_the_settle_time_is_a_setting(desk: Publisher) -> None:
    desk.desk.businesses.change_settings(desk.business, {"settle_seconds": "5"})
    desk.add("PEN-1")
    desk.sandbox.misbehave("InsertReceipt", "drop-before")
    desk.publish()
    desk.wait(6)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.READY


def test_publishing_looks_first_for_what_is_not_known(desk: Publisher) -> None:
    desk.add("PEN-1", "PEN-2")
    desk.sandbox.misbehave("InsertReceipt", "drop-after")
    assert [one.state for one in desk.publish().results] == [
        ItemState.UNKNOWN,
        ItemState.PUBLISHED,
    ]
    plan = desk.desk.publishing.plan(desk.business)
    assert [one.reason.split(";")[0] for one in plan.left_out] == ["It was sent and no answer came"]
    desk.desk.publishing.publish(desk.business, plan)
    assert desk.state("1") is ItemState.PUBLISHED
    assert len(desk.purchases()) == 2


def test_an_unknown_item_is_not_sent_while_kashflow_cannot_be_looked_at(desk: Publisher) -> None:
    desk.add("PEN-1")
    desk.sandbox.misbehave("InsertReceipt", "drop-after")
    desk.publish()
    desk.wait(1000)
    desk.sandbox.misbehave("GetReceiptsForSupplier", "truncate")
    report = desk.publish("1")
    assert report.stopped is not None
    assert desk.state("1") is ItemState.UNKNOWN
    assert len(desk.purchases()) == 1


def test_an_older_document_that_looks_alike_is_not_taken_for_it(desk: Publisher) -> None:
    desk.add("")
    desk.keyed_by_hand(desk.item("1"))
    desk.desk.duplicates.refresh(desk.business)
    desk.desk.duplicates.not_a_duplicate(desk.business, "1")
    desk.sandbox.misbehave("InsertReceipt", "drop-before")
    desk.publish()
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.UNKNOWN
    desk.wait(131)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.READY


def test_of_several_that_look_alike_none_is_taken(desk: Publisher) -> None:
    desk.add("PEN-1", "PEN-1")
    desk.desk.duplicates.not_a_duplicate(desk.business, "2")
    desk.sandbox.misbehave("InsertReceipt", "drop-after")
    desk.publish("1")
    numbers = [desk.purchases()[0].invoice_number, desk.keyed_by_hand(desk.item("2"))]
    (result,) = desk.desk.resolving.resolve(desk.business, ["1"])
    assert result.state is ItemState.UNKNOWN
    assert result.problem is not None
    assert result.problem.code == SeveralThere.code
    assert all(str(number) in result.problem.sentence for number in numbers)
    desk.wait(1000)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.UNKNOWN


@pytest.mark.parametrize(
    "change",
    [
        {"invoice_dbid": 0},
        {"net_amount": Decimal("100.01"), "lines": ()},
        {"net_amount": Decimal(0), "vat_amount": Decimal(0), "lines": ()},
        {"customer_reference": "PEN"},
    ],
)
def test_what_may_have_come_out_differently_is_not_sent_again(
    desk: Publisher, change: dict[str, object]
) -> None:
    desk.add("PEN-1")
    desk.sandbox.misbehave("InsertReceipt", "drop-after")
    desk.publish()
    (send,) = desk.desk.context.sends.pending(desk.business)
    (found,) = desk.purchases()
    assert candidates(send, [found]) == ([found], [])
    other = msgspec.structs.replace(found, **change)
    assert candidates(send, [other]) == ([], [other])
    another = msgspec.structs.replace(found, customer_reference="OTHER")
    assert candidates(send, [another]) == ([], [another]), "a server may rewrite a text"
    unlike = msgspec.structs.replace(another, net_amount=Decimal(1), lines=())
    older = msgspec.structs.replace(other, invoice_dbid=-1)
    assert candidates(send, [unlike, older]) == ([], [])


def test_a_person_decides_about_one_that_came_out_with_another_amount(desk: Publisher) -> None:
    desk.add("PEN-1")
    desk.sandbox.misbehave("InsertReceipt", "drop-after")
    desk.publish()
    (row,) = desk.sandbox.account.receipts()
    edit_there(desk, Lines=[{**line, "Rate": Decimal("99.99")} for line in row["Lines"]])
    desk.wait(1000)
    (result,) = desk.desk.resolving.resolve(desk.business)
    assert result.state is ItemState.UNKNOWN
    assert result.problem is not None
    assert f"purchase {row['InvoiceNumber']} may be this item" in result.problem.sentence
    edit_there(desk, CustomerReference="OLD PEN-1")
    (result,) = desk.desk.resolving.resolve(desk.business)
    assert result.state is ItemState.READY


def test_two_alike_are_not_both_on_their_way(desk: Publisher) -> None:
    desk.add("", "")
    desk.desk.duplicates.not_a_duplicate(desk.business, "2")
    desk.sandbox.misbehave("InsertReceipt", "drop-after")
    report = desk.publish()
    assert [one.state for one in report.results] == [ItemState.UNKNOWN, ItemState.READY]
    assert report.results[1].problem is not None
    assert report.results[1].problem.code == "twin-unknown"
    desk.publish()
    assert [desk.state(key) for key in "12"] == [ItemState.PUBLISHED] * 2
    assert len(desk.purchases()) == 2


def test_a_document_is_never_taken_by_two_items(desk: Publisher) -> None:
    desk.add("LOST", "OTHER")
    desk.sandbox.misbehave("InsertReceipt", "drop-before")
    assert desk.publish().published == 1
    edit_there(desk, CustomerReference="LOST")
    desk.wait(131)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.READY
    assert [desk.state(key) for key in "12"] == [ItemState.READY, ItemState.PUBLISHED]


def test_a_document_that_may_be_anothers_is_left_for_a_person(desk: Publisher) -> None:
    desk.add("", "")
    desk.desk.duplicates.not_a_duplicate(desk.business, "2")
    desk.sandbox.misbehave("GetReceipt", "html-503")
    plan = desk.desk.publishing.plan(desk.business)

    def listener(event: object) -> None:
        if type(event).__name__ == "ItemPublished":
            desk.sandbox.misbehave("InsertReceipt", "drop-before")

    desk.desk.publishing.publish(desk.business, plan, listener=listener)
    assert [desk.state(key) for key in "12"] == [ItemState.PUBLISHED, ItemState.UNKNOWN]
    desk.wait(1000)
    (result,) = desk.desk.resolving.resolve(desk.business)
    assert result.state is ItemState.UNKNOWN
    assert result.problem is not None
    assert "or another one published before" in result.problem.sentence
    edit_there(desk, CustomerReference="the first")
    (result,) = desk.desk.resolving.resolve(desk.business, ["2"])
    assert result.state is ItemState.UNKNOWN
    assert desk.desk.resolving.decide(desk.business, "2", number=None).state is ItemState.READY


@pytest.mark.parametrize(
    ("sent", "given_back"),
    [("ŻÓŁ-77", "?Ó?-77"), ("B&Q-9", "B&amp;Q-9"), ("1234567890123", "1.23457E+12"), ("A-1", "")],
)
def test_a_reference_that_comes_back_changed_is_asked_about_and_not_sent_again(
    desk: Publisher, sent: str, given_back: str
) -> None:
    desk.add(sent)
    desk.sandbox.misbehave("InsertReceipt", "drop-after")
    desk.publish()
    edit_there(desk, CustomerReference=given_back)
    desk.wait(1000)
    (result,) = desk.desk.resolving.resolve(desk.business)
    assert result.state is ItemState.UNKNOWN
    assert result.problem is not None
    assert result.problem.code == SeveralThere.code
    (shown,) = desk.desk.resolving.candidates(desk.business, "1").found
    assert desk.publish("1").published == 0
    decided = desk.desk.resolving.decide(desk.business, "1", number=shown.number)
    assert decided.state is ItemState.PUBLISHED
    assert len(desk.purchases()) == 1


def test_two_of_one_amount_that_both_arrived_are_each_found_without_a_question(
    desk: Publisher,
) -> None:
    desk.add("A-1", "B-2")
    for item_id in "12":
        desk.sandbox.misbehave("InsertReceipt", "drop-after")
        desk.publish(item_id)
    results = desk.desk.resolving.resolve(desk.business)
    assert [one.state for one in results] == [ItemState.PUBLISHED] * 2
    assert [desk.document(desk.item(one)).customer_reference for one in "12"] == ["A-1", "B-2"]


# A sudden end

KILLED = """
    import datetime as dt, os, signal, sys
    from pathlib import Path
    from kfclient.store import ConnectionSecret, Home, Secrets
    from kfclient.desk import Desk
    from kfclient.api.client import KashFlow
    from tests.desk.moments import moment_at

    root, business, password, key, when, now = sys.argv[1:]
    now = dt.datetime.fromisoformat(now)
    home = Home(Path(root))
    secrets = Secrets(home.root, memory=True)
    backend = secrets.choices()[0].id
    secrets.save(business, ConnectionSecret(password, key), backend)
    desk = Desk(home, secrets, person="anna", clock=lambda: now, moment=lambda: moment_at(now))
    real = KashFlow.insert_receipt

    def last_act(self, invoice):
        if when == "after":
            real(self, invoice)
        os.kill(os.getpid(), signal.SIGKILL)

    KashFlow.insert_receipt = last_act
    plan = desk.publishing.plan(business)
    desk.publishing.publish(business, plan)
"""


@pytest.mark.parametrize("when", ["after", "before"])
def test_a_process_killed_while_it_sends_leaves_one_document_in_the_end(
    desk: Publisher, when: str
) -> None:
    desk.add("PEN-1")
    sandbox = desk.sandbox
    arguments = [
        str(desk.home.root),
        desk.business,
        sandbox.password,
        sandbox.autoauth_key,
        when,
        desk.now.isoformat(),
    ]
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert len(desk.purchases()) == (1 if when == "after" else 0)
    assert desk.state("1") is ItemState.UNKNOWN
    assert desk.desk.publishing.plan(desk.business).items == ()
    desk.wait(1000)  # when the process ended is not known, so the settle time runs from now
    (first,) = desk.desk.resolving.resolve(desk.business)
    if when == "before":
        assert first.state is ItemState.UNKNOWN
        desk.wait(131)
        desk.publish("1")
    desk.publish()
    assert desk.state("1") is ItemState.PUBLISHED
    assert len(desk.purchases()) == 1
    assert desk.purchases()[0].invoice_dbid == desk.item("1").dbid


@pytest.mark.parametrize("seed", range(4))
def test_whatever_goes_wrong_every_item_is_there_once_in_the_end(
    desk: Publisher, seed: int
) -> None:
    chance = random.Random(seed)
    desk.add("A", "B", "", "", "C")
    for number in "345":
        desk.desk.duplicates.not_a_duplicate(desk.business, number)
    desk.add("D", "E", contact="Somebody New")
    operations = ["InsertReceipt", "InsertSupplier", "GetReceipt", "GetReceiptsForSupplier"]
    kinds = [*IN_THE_BOOKS, *NOT_IN_THE_BOOKS, "refuse"]
    for _ in range(8):
        desk.sandbox.misbehave(chance.choice(operations), chance.choice(kinds))
        desk.publish()
        desk.wait(chance.choice([1, 60, 131]))
    desk.sandbox.behave()
    for _ in range(4):
        desk.wait(131)
        desk.publish()
    items = desk.desk.items.all(desk.business)
    assert [item.sent for item in items] == [ItemState.PUBLISHED] * 7
    found = desk.purchases() + desk.purchases("Somebody New")
    assert sorted(one.customer_reference for one in found) == ["", "", "A", "B", "C", "D", "E"]
    assert sorted(one.invoice_number for one in found) == sorted(item.number or 0 for item in items)


def test_the_settle_time_runs_from_when_the_wait_was_given_up(desk: Publisher) -> None:
    desk.add("PEN-1", like=COST)
    desk.sandbox.misbehave("InsertReceipt", "drop-before")
    started = desk.now
    desk.publish()
    assert desk.now - started == dt.timedelta(0)
    desk.wait(129)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.UNKNOWN
    desk.wait(1)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.READY


@pytest.mark.parametrize("step", [600, -3 * 86400])
def test_a_clock_that_is_set_changes_nothing_about_the_settle_time(
    desk: Publisher, step: int
) -> None:
    desk.add("PEN-1")
    desk.sandbox.misbehave("InsertReceipt", "drop-before")
    desk.publish()
    desk.step_the_clock(step)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.UNKNOWN
    with pytest.raises(NotDecided):
        desk.desk.resolving.decide(desk.business, "1", number=None)
    desk.wait(131)
    assert desk.desk.resolving.decide(desk.business, "1", number=None).state is ItemState.READY


def test_a_machine_that_was_started_again_counts_from_its_start(desk: Publisher) -> None:
    desk.add("PEN-1")
    desk.sandbox.misbehave("InsertReceipt", "drop-before")
    desk.publish()
    desk.start_the_machine_again()
    desk.wait(129)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.UNKNOWN
    desk.wait(2)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.READY


def test_what_another_machine_gave_up_waits_from_the_first_look(desk: Publisher) -> None:
    desk.add("PEN-1")
    desk.sandbox.misbehave("InsertReceipt", "drop-before")
    desk.publish()
    desk.machine = "another"
    desk.wait(9000)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.UNKNOWN
    desk.wait(131)
    assert desk.desk.resolving.resolve(desk.business)[0].state is ItemState.READY
