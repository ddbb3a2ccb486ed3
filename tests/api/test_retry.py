"""Reading calls are tried again while the trouble may pass; writing calls never."""

from __future__ import annotations

import threading

import pytest

from kfclient.api import Credentials, KashFlow, Limits
from kfclient.api.errors import (
    KashFlowError,
    NotKashFlow,
    Outcome,
    Refused,
    ReplyLost,
    ReplyTooSlow,
    ServerBusy,
    ServerTrouble,
    ServerUnreachable,
    WrongCredentials,
)
from kfclient.api.records import Supplier
from kfclient.cancel import Cancel
from kfclient.errors import Cancelled
from tests.api.byte_server import (
    ByteServer,
    deaf_port,
    http,
    keeps_silent,
    ok,
    repeats,
    resets,
    response,
)
from tests.api.test_replies import HTML, fault
from tests.waiting import HANG

BUSY = http(HTML, "503 Service Unavailable")
LOST = http(b"", length=10)


class Patient:
    """A client that notes how long it would have slept."""

    def __init__(self, endpoint: str, tries: int = 3, reading: float = HANG) -> None:
        self.slept: list[float] = []
        self.api = KashFlow(
            endpoint,
            Credentials("u", "p"),
            limits=Limits(tries=tries, pause=1.0, reading=reading),
            sleep=self.slept.append,
        )


@pytest.mark.parametrize("trouble", [BUSY, LOST, b"", http(fault("soap:Server"), "500 x")])
def test_a_list_comes_in_the_end_when_the_trouble_passes(trouble: bytes) -> None:
    with ByteServer(trouble, resets, ok("GetSuppliers")) as server:
        patient = Patient(server.endpoint)
        assert patient.api.get_suppliers() == []
        assert server.connections == 3
    first, second = patient.slept
    assert 0.5 <= first <= 1.5
    assert 1.0 <= second <= 3.0


TOO_MANY = http(b"slow down", "429 Too Many Requests", extra="Retry-After: 7\r\n")
CLOSED = http(HTML, "503 Service Unavailable", extra="Retry-After: 7\r\n")
BY_THE_CLOCK = http(
    b"",
    "429 x",
    extra="Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:49:44 GMT\r\n",
)


@pytest.mark.parametrize("busy", [TOO_MANY, CLOSED, BY_THE_CLOCK])
def test_a_server_that_asks_to_wait_is_waited_for_and_asked_again(busy: bytes) -> None:
    with ByteServer(*[busy] * 4, ok("GetSuppliers")) as server:
        patient = Patient(server.endpoint)
        assert patient.api.get_suppliers() == []
    assert len(patient.slept) == 4
    assert all(7.0 <= one <= 7.5 for one in patient.slept)


def test_a_server_that_asks_for_too_much_is_told_at_once_and_nothing_was_sent() -> None:
    long = TOO_MANY.replace(b": 7", b": 3600")
    with ByteServer(long) as server:
        patient = Patient(server.endpoint)
        with pytest.raises(ServerBusy, match="3,600 seconds") as busy:
            patient.api.get_suppliers()
    assert patient.slept == []
    assert (busy.value.outcome, busy.value.retry_after) == (Outcome.NOT_SENT, 3600.0)


@pytest.mark.parametrize("asked", ["", "soon", "-5", "9" * 5000, "1e9", "Sun, 99 Nov 1994"])
def test_a_server_that_does_not_say_how_long_is_waited_for_ever_longer(asked: str) -> None:
    busy = TOO_MANY.replace(b"Retry-After: 7", f"Retry-After: {asked}".encode())
    with ByteServer(busy) as server:
        patient = Patient(server.endpoint)
        with pytest.raises(ServerBusy):
            patient.api.get_suppliers()
    assert [round(one // 4) * 4 for one in patient.slept] == [4, 8, 16]


@pytest.mark.parametrize("busy", [TOO_MANY, CLOSED])
def test_a_writing_call_that_is_turned_away_was_not_sent_and_is_not_repeated(busy: bytes) -> None:
    with ByteServer(busy) as server:
        patient = Patient(server.endpoint)
        with pytest.raises(ServerBusy) as turned_away:
            patient.api.insert_supplier(Supplier(name="Acme"))
        assert server.connections == 1
    assert turned_away.value.outcome is Outcome.NOT_SENT


def test_a_server_in_trouble_that_asks_for_nothing_may_have_done_it() -> None:
    with ByteServer(BUSY) as server, pytest.raises(ServerTrouble) as trouble:
        Patient(server.endpoint).api.insert_supplier(Supplier(name="Acme"))
    assert trouble.value.outcome is Outcome.UNKNOWN


def test_a_second_try_does_not_trust_the_connection_of_the_first() -> None:
    with ByteServer(repeats(BUSY), repeats(ok("GetSuppliers"))) as server:
        assert Patient(server.endpoint).api.get_suppliers() == []
        assert server.connections == 2


@pytest.mark.parametrize(("trouble", "expected"), [(BUSY, ServerTrouble), (LOST, ReplyLost)])
def test_after_the_last_try_the_trouble_is_told(
    trouble: bytes, expected: type[KashFlowError]
) -> None:
    with ByteServer(trouble) as server:
        patient = Patient(server.endpoint, tries=4)
        with pytest.raises(expected):
            patient.api.get_receipt(1)
        assert server.connections == 4
    assert len(patient.slept) == 3


def test_a_server_that_cannot_be_reached_is_tried_again() -> None:
    with deaf_port() as port:
        patient = Patient(f"http://127.0.0.1:{port}/")
        with pytest.raises(ServerUnreachable):
            patient.api.get_suppliers()
    assert len(patient.slept) == 2


def no(text: str) -> bytes:
    return http(
        response("GetSuppliers", status=f"<Status>NO</Status><StatusDetail>{text}</StatusDetail>")
    )


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (no("Incorrect username or password"), WrongCredentials),
        (no("Something else"), Refused),
        (http(HTML), NotKashFlow),
    ],
)
def test_what_will_not_pass_is_told_at_once(reply: bytes, expected: type[KashFlowError]) -> None:
    with ByteServer(reply) as server:
        patient = Patient(server.endpoint)
        with pytest.raises(expected):
            patient.api.get_suppliers()
        assert server.connections == 1
    assert patient.slept == []


def test_a_call_that_took_too_long_is_not_made_to_take_longer() -> None:
    with ByteServer(keeps_silent) as server:
        patient = Patient(server.endpoint, reading=0.2)
        with pytest.raises(ReplyTooSlow):
            patient.api.get_suppliers()
        assert server.connections <= 1  # the server may be slower still to notice the first
    assert patient.slept == []


@pytest.mark.parametrize("trouble", [BUSY, LOST, b""])
def test_a_writing_call_is_made_once(trouble: bytes) -> None:
    with ByteServer(trouble) as server:
        patient = Patient(server.endpoint)
        with pytest.raises(KashFlowError):
            patient.api.insert_supplier(Supplier(name="Acme"))
        with pytest.raises(KashFlowError):
            patient.api.delete_receipt(1)
        assert server.connections == 2
    assert patient.slept == []


class CancelledMeanwhile(Cancel):
    """Cancelled by another thread as soon as somebody waits; notes how the waits ended."""

    def __init__(self) -> None:
        super().__init__()
        self.early: list[bool] = []

    def wait(self, seconds: float) -> bool:
        threading.Thread(target=self.cancel).start()
        self.early.append(super().wait(seconds))
        return self.early[-1]


def test_cancelling_ends_the_wait_between_tries() -> None:
    cancel = CancelledMeanwhile()
    with ByteServer(BUSY) as server:
        api = KashFlow(server.endpoint, Credentials("u", "p"), limits=Limits(pause=30))
        with pytest.raises(Cancelled):
            api.get_suppliers(cancel=cancel)
        assert server.connections == 1
    assert cancel.early == [True]
