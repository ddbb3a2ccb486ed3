"""More misbehaviour: resets, hangs, cut and garbled replies, and things that happen in between."""

from __future__ import annotations

import http.client
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from kfclient.errors import Problem
from kfclient.sandbox import faults
from kfclient.sandbox.faults import EVENTS, Trouble, parse_trouble, parse_troubles
from tests.sandbox.wire import Wire, headers, record
from tests.waiting import HANG, until


@pytest.fixture
def inv(supplier: int) -> str:
    """The body of an InsertReceipt."""
    return record("Inv", CustomerID=supplier)


def booked(wire: Wire) -> int:
    """Return how many purchases are in the books."""
    return len(wire.sandbox.account.receipts())


@pytest.mark.parametrize(("kind", "commits"), [("reset-before", 0), ("reset-after", 1)])
def test_a_reset_connection(wire: Wire, inv: str, kind: str, commits: int) -> None:
    wire.sandbox.misbehave("InsertReceipt", kind)
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        wire.call("InsertReceipt", inv)
    assert booked(wire) == commits
    wire.ok("InsertReceipt", inv)


def test_a_reset_before_reading_comes_while_the_request_is_still_on_its_way(wire: Wire) -> None:
    wire.sandbox.misbehave("*", "reset-before")
    with socket.create_connection(("127.0.0.1", wire.port), timeout=HANG) as caller:
        caller.sendall(
            b"POST /api/service.asmx HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\n"
            b"SOAPAction: KashFlow/GetSuppliers\r\nContent-Length: 1000000\r\n\r\n<"
        )
        with pytest.raises(ConnectionResetError):
            caller.recv(1)
    assert wire.sandbox.account.calls["GetSuppliers"] == 0


@pytest.mark.parametrize("commits", [None, True])
def test_a_hang_lasts_until_the_caller_gives_up(wire: Wire, inv: str, commits: bool | None) -> None:
    wire.sandbox.misbehave("InsertReceipt", "hang", commits=commits)
    before = set(threading.enumerate())
    connection = http.client.HTTPConnection(wire.host, timeout=0.3)
    envelope = wire.envelope("InsertReceipt", inv)
    connection.request("POST", "/api/service.asmx", envelope, headers("InsertReceipt"))
    with pytest.raises(TimeoutError):
        connection.getresponse()
    until(lambda: wire.sandbox.account.calls["InsertReceipt"], "the call")
    connection.close()
    until(lambda: set(threading.enumerate()) <= before, "the end of the hang")
    assert booked(wire) == int(bool(commits))


def test_a_hang_ends_with_the_sandbox(wire: Wire, inv: str) -> None:
    wire.sandbox.misbehave("InsertReceipt", "hang")
    failed: list[Exception] = []

    def call() -> None:
        try:
            wire.call("InsertReceipt", inv)
        except (OSError, http.client.HTTPException) as error:
            failed.append(error)

    caller = threading.Thread(target=call)
    caller.start()
    until(lambda: wire.sandbox.account.calls["InsertReceipt"], "the call")
    wire.sandbox.stop()
    caller.join()
    assert [error for error in failed if not isinstance(error, TimeoutError)]


@pytest.mark.parametrize("at", [0, 1, 200])
def test_a_reply_is_cut_at_a_byte(wire: Wire, at: int) -> None:
    wire.sandbox.misbehave("GetVATRates", "truncate", at=at)
    with pytest.raises(http.client.IncompleteRead) as caught:
        wire.call("GetVATRates")
    assert len(caught.value.partial) == at
    assert caught.value.expected


def test_garbage_is_said_to_be_xml(wire: Wire, inv: str) -> None:
    wire.sandbox.misbehave("InsertReceipt", "garbage")
    answer = wire.call("InsertReceipt", inv)
    assert (answer.http, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert b"\xff" in answer.body
    assert booked(wire) == 1


def test_a_forgotten_address_must_be_authorised_again(wire: Wire, inv: str) -> None:
    wire.sandbox.misbehave("InsertReceipt", "forget-address")
    assert "is not in the access list" in wire.no("InsertReceipt", inv)
    assert "is not in the access list" in wire.no("GetVATRates")
    wire.ok("AutoAuthIP", appName="Tests", AutoAuthKey=wire.sandbox.autoauth_key)
    wire.ok("InsertReceipt", inv)


def test_the_api_is_switched_off_meanwhile(wire: Wire, inv: str) -> None:
    wire.sandbox.misbehave("InsertReceipt", "api-off")
    assert "not enabled" in wire.no("InsertReceipt", inv)
    assert wire.sandbox.account.switches.api_enabled is False


@pytest.mark.parametrize("text", ["", "changed"])
def test_the_password_is_changed_meanwhile(wire: Wire, inv: str, text: str) -> None:
    before = wire.sandbox.password
    envelope = wire.envelope("InsertReceipt", inv)
    wire.sandbox.misbehave("InsertReceipt", "new-password", text=text)
    answer = wire.send(envelope, headers("InsertReceipt"))
    assert answer.detail == "Incorrect username or password"
    assert wire.sandbox.password == (text or wire.sandbox.password) != before
    wire.ok("InsertReceipt", inv)


@pytest.mark.parametrize(("text", "refused"), [("", True), ("2026-03-31", False)])
def test_the_books_are_locked_meanwhile(
    wire: Wire, supplier: int, text: str, refused: bool
) -> None:
    dated = record("Inv", CustomerID=supplier, InvoiceDate="2026-04-01")
    wire.sandbox.misbehave("InsertReceipt", "lock", text=text)
    answer = wire.call("InsertReceipt", dated)
    assert (answer.status == "NO") is refused
    assert wire.sandbox.account.switches.lock_date == (
        text or wire.sandbox.account.today().isoformat()
    )


def test_trouble_begins_with_the_nth_call(wire: Wire, inv: str) -> None:
    wire.sandbox.misbehave("InsertReceipt", "refuse", nth=3, times=2, text="now")
    details = [wire.call("InsertReceipt", inv).detail for _ in range(5)]
    assert details == ["", "", "now", "now", ""]


def test_each_call_counts_for_every_trouble(wire: Wire, inv: str) -> None:
    wire.sandbox.misbehave("InsertReceipt", "refuse", text="first")
    wire.sandbox.misbehave("InsertReceipt", "refuse", nth=2, text="second")
    wire.sandbox.misbehave("InsertReceipt", "refuse", times=None, nth=4, text="ever")
    details = [wire.call("InsertReceipt", inv).detail for _ in range(5)]
    assert details == ["first", "second", "", "ever", "ever"]


def test_trouble_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.txt"
    file.write_text("# a bad day\n\nInsertReceipt:drop-after\n  *:truncate:at=9,nth=3  \n")
    assert parse_troubles(f"@{file}") == [
        Trouble("InsertReceipt", "drop-after"),
        Trouble("*", "truncate", at=9, nth=3),
    ]
    assert parse_troubles("*:hang") == [Trouble("*", "hang")]


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"*:explode"])
def test_a_file_of_faults_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "faults.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Problem) as caught:
        parse_troubles(f"@{file}")
    assert caught.value.cure


@pytest.mark.parametrize(
    "text", ["*:hang:nth=0", "*:hang:at=3", "*:truncate:at=-1", "*:lock:text=soon", "*:hang:nth=x"]
)
def test_mishaps_that_make_no_sense(text: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_trouble(text)
    assert caught.value.cure


def test_a_control_call_can_say_when(wire: Wire, inv: str) -> None:
    fault: dict[str, Any] = {"operation": "InsertReceipt", "kind": "refuse", "nth": 2}
    path = wire.sandbox.control.removeprefix(f"http://{wire.host}")
    body = str({"fault": fault}).replace("'", '"').encode()
    assert wire.send(body, {"Content-Type": "application/json"}, path).http == 200
    wire.ok("InsertReceipt", inv)
    assert "told to refuse" in wire.no("InsertReceipt", inv)


def test_every_event_is_explained() -> None:
    assert all(f"| {kind} " in str(faults.__doc__) for kind in EVENTS)
