"""Misbehaviour on request: what the caller meets, and what is in the books afterwards."""

from __future__ import annotations

import http.client
import threading
import time
from typing import Any

import pytest
from lxml import etree

from kfclient.errors import Problem
from kfclient.sandbox import faults
from kfclient.sandbox.faults import KINDS, Trouble, parse_trouble, trouble_of
from tests.sandbox.wire import Answer, Wire, headers, record
from tests.waiting import HANG, until


@pytest.fixture
def inv(supplier: int) -> str:
    """The body of an InsertReceipt."""
    return record("Inv", CustomerID=supplier)


def booked(wire: Wire) -> int:
    """Return how many purchases are in the books."""
    return len(wire.sandbox.account.receipts())


def insert_in_trouble(wire: Wire, inv: str, kind: str, **options: Any) -> Answer:
    """Insert a purchase that meets one trouble."""
    wire.sandbox.misbehave("InsertReceipt", kind, **options)
    return wire.call("InsertReceipt", inv)


@pytest.mark.parametrize(("kind", "commits"), [("drop-before", 0), ("drop-after", 1)])
def test_a_dropped_connection(wire: Wire, inv: str, kind: str, commits: int) -> None:
    with pytest.raises(http.client.RemoteDisconnected):
        insert_in_trouble(wire, inv, kind)
    assert booked(wire) == commits
    wire.ok("InsertReceipt", inv)


def test_late_closes_and_commits_after(wire: Wire, inv: str) -> None:
    began = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        insert_in_trouble(wire, inv, "late", seconds=0.3)
    until(lambda: booked(wire), "the late purchase")
    assert time.monotonic() - began >= 0.3
    assert booked(wire) == 1


def test_late_closes_at_once_and_after_the_end_is_never(wire: Wire, inv: str) -> None:
    before = set(threading.enumerate())
    with pytest.raises(http.client.RemoteDisconnected):
        insert_in_trouble(wire, inv, "late", seconds=3600)
    assert booked(wire) == 0
    begun = set(threading.enumerate()) - before
    (waiting,) = (thread for thread in begun if thread.name == "sandbox-late")
    wire.sandbox.stop()
    waiting.join(HANG)
    assert not waiting.is_alive()
    assert booked(wire) == 0


def test_slow_comes_whole_in_the_end(wire: Wire, inv: str) -> None:
    began = time.monotonic()
    assert insert_in_trouble(wire, inv, "slow", seconds=0.2).status == "OK"
    assert time.monotonic() - began >= 0.2


def test_truncate_promises_more_than_it_sends(wire: Wire, inv: str) -> None:
    with pytest.raises(http.client.IncompleteRead) as caught:
        insert_in_trouble(wire, inv, "truncate")
    assert caught.value.expected
    assert b"soap:Envelope" in caught.value.partial
    assert booked(wire) == 1


@pytest.mark.parametrize("kind", ["truncate-clean", "bad-xml"])
def test_a_reply_that_is_not_well_formed(wire: Wire, inv: str, kind: str) -> None:
    wire.sandbox.misbehave("InsertReceipt", kind)
    connection = http.client.HTTPConnection(wire.host, timeout=HANG)
    envelope = wire.envelope("InsertReceipt", inv)
    connection.request("POST", "/api/service.asmx", envelope, headers("InsertReceipt"))
    response = connection.getresponse()
    body = response.read()
    connection.close()
    assert response.status == 200
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(body)
    assert booked(wire) == 1


@pytest.mark.parametrize(("kind", "status"), [("html-503", 503), ("html-200", 200)])
@pytest.mark.parametrize("commits", [None, True])
def test_a_page_in_place_of_a_reply(
    wire: Wire, inv: str, kind: str, status: int, commits: bool | None
) -> None:
    answer = insert_in_trouble(wire, inv, kind, commits=commits)
    assert answer.http == status
    assert answer.headers["content-type"].startswith("text/html")
    assert booked(wire) == int(bool(commits))


def test_a_fault_of_the_servers(wire: Wire, inv: str) -> None:
    answer = insert_in_trouble(wire, inv, "fault-500")
    assert (answer.http, answer.fault_code) == (500, "soap:Server")
    assert booked(wire) == 0


def test_a_redirect(wire: Wire, inv: str) -> None:
    answer = insert_in_trouble(wire, inv, "redirect")
    assert answer.http == 307
    assert answer.headers["location"].startswith(wire.sandbox.endpoint)


def test_a_refusal_in_words_of_ones_own(wire: Wire, inv: str) -> None:
    answer = insert_in_trouble(wire, inv, "refuse", text="Nein & no")
    assert (answer.status, answer.detail, answer.number) == ("NO", "Nein & no", 0)


def test_trickle_outlasts_a_timeout_for_each_read(wire: Wire, inv: str) -> None:
    wire.sandbox.misbehave("GetVATRates", "trickle", seconds=0.01)
    began = time.monotonic()
    assert wire.ok("GetVATRates").status == "OK"
    assert time.monotonic() - began > 0.3


def test_a_trickle_ends_with_the_sandbox(wire: Wire) -> None:
    wire.sandbox.misbehave("GetVATRates", "trickle", seconds=3600)
    connection = http.client.HTTPConnection(wire.host, timeout=HANG)
    envelope = wire.envelope("GetVATRates")
    connection.request("POST", "/api/service.asmx", envelope, headers("GetVATRates"))
    response = connection.getresponse()
    wire.sandbox.stop()
    with pytest.raises(http.client.IncompleteRead):
        response.read()
    connection.close()


def test_trouble_comes_so_many_times_and_in_order(wire: Wire, inv: str) -> None:
    wire.sandbox.misbehave("InsertReceipt", "refuse", times=2, text="first")
    wire.sandbox.misbehave("*", "refuse", text="second")
    details = [wire.call("InsertReceipt", inv).detail for _ in range(4)]
    assert details == ["first", "first", "second", ""]


def test_trouble_for_one_operation_leaves_the_others_alone(wire: Wire, inv: str) -> None:
    wire.sandbox.misbehave("InsertReceipt", "refuse", times=None)
    wire.ok("GetVATRates")
    for _ in range(3):
        wire.no("InsertReceipt", inv)
    wire.sandbox.behave()
    wire.ok("InsertReceipt", inv)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("InsertReceipt:drop-after", Trouble("InsertReceipt", "drop-after")),
        ("*:slow:seconds=0.5,times=3", Trouble("*", "slow", times=3, seconds=0.5)),
        ("*:html-503:times=always", Trouble("*", "html-503", times=None)),
        ("*:refuse:text=No: not today", Trouble("*", "refuse", text="No: not today")),
        ("*:html-200:commits=yes", Trouble("*", "html-200", commits=True)),
    ],
)
def test_trouble_is_written_in_short(text: str, trouble: Trouble) -> None:
    assert parse_trouble(text) == trouble


@pytest.mark.parametrize(
    "text",
    [
        "",
        "slow",
        "InsertReceipt:explode",
        "Insert:slow",
        "*:slow:seconds=soon",
        "*:slow:seconds=-1",
        "*:slow:seconds=nan",
        "*:slow:times=0",
        "*:slow:colour=red",
        "*:slow:commits=no",
        "*:html-200:commits=perhaps",
    ],
)
def test_trouble_that_does_not_exist_has_a_cure(text: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_trouble(text)
    assert caught.value.sentence.endswith(".")
    assert caught.value.cure


@pytest.mark.parametrize(
    "values", [{}, {"operation": "*"}, {"operation": 1, "kind": "slow"}, {"kind": "slow"}]
)
def test_trouble_needs_an_operation_and_a_kind(values: dict[str, Any]) -> None:
    with pytest.raises(Problem):
        trouble_of(values)


def test_every_kind_is_explained() -> None:
    assert all(f"| {kind} " in str(faults.__doc__) for kind in KINDS)
