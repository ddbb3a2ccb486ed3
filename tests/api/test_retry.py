"""Reading calls are tried again while the trouble may pass; writing calls never."""

from __future__ import annotations

import threading

import pytest

from kfclient.api import Credentials, KashFlow, Limits
from kfclient.api.errors import (
    KashFlowError,
    NotKashFlow,
    Refused,
    ReplyLost,
    ReplyTooSlow,
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
