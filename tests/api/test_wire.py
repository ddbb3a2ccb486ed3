"""What was sent, whether it may have arrived, how long it may take, and who can stop it."""

from __future__ import annotations

import itertools
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kfclient.api import KashFlow, Limits
from kfclient.api.errors import (
    BadRequest,
    InsecureConnection,
    KashFlowError,
    NotKashFlow,
    NotSent,
    Outcome,
    ReplyBroken,
    ReplyLost,
    ReplyTooSlow,
    ServerUnreachable,
)
from kfclient.api.records import Supplier
from kfclient.cancel import Cancel
from kfclient.errors import Cancelled
from tests.api.byte_server import (
    Act,
    ByteServer,
    answers,
    deaf_port,
    drips,
    http,
    keeps_silent,
    ok,
    repeats,
    resets,
    says,
)
from tests.api.clients import client
from tests.api.test_replies import WHOLE
from tests.waiting import HANG

HASTY = Limits(connect=HANG, silence=HANG, reading=0.4, writing=0.4, tries=1)


@contextmanager
def given_up(after: float, before: float) -> Iterator[None]:
    """Expect a wait that lasts `after`, and is over `before` the limit that is set by default."""
    began = time.monotonic()
    yield
    assert after <= time.monotonic() - began < before


def test_where_nothing_listens_nothing_was_sent() -> None:
    with deaf_port() as port, pytest.raises(ServerUnreachable) as caught:
        client(f"http://127.0.0.1:{port}/").insert_supplier(Supplier(name="Acme"))
    assert caught.value.outcome is Outcome.NOT_SENT
    assert "Nothing answers" in caught.value.sentence


def test_a_name_that_does_not_exist_is_named() -> None:
    with pytest.raises(ServerUnreachable, match=r"no server called kashflow\.invalid"):
        client("https://kashflow.invalid/api/service.asmx").get_vat_rates()


def test_a_server_that_takes_no_connections_is_not_waited_for_long() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        crowd = []
        for _ in range(4):  # fill the queue: from now on the kernel drops what comes
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            crowd.append(one)
        limits = Limits(connect=0.3, tries=1)
        with given_up(0.3, Limits().connect), pytest.raises(ServerUnreachable) as caught:
            client(f"http://127.0.0.1:{port}/", limits).insert_supplier(Supplier(name="Acme"))
        for one in crowd:
            one.close()
    assert caught.value.outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("act", [resets, says(b"")], ids=["reset", "closed"])
def test_a_connection_that_ends_without_a_reply_leaves_an_insert_unknown(act: Act) -> None:
    with ByteServer(act) as server:
        with pytest.raises(ReplyLost) as caught:
            client(server.endpoint).insert_supplier(Supplier(name="Acme"))
        assert server.connections == 1
    assert caught.value.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("act", [resets, says(b"")], ids=["reset", "closed"])
def test_a_server_that_hangs_up_on_sight_has_not_refused_anything(act: Act) -> None:
    with ByteServer(act, hears=False) as server:
        with pytest.raises(KashFlowError) as caught:
            client(server.endpoint).insert_supplier(Supplier(name="Acme"))
        assert server.connections == 1
    # Which of the two it is depends on whether the hanging up overtook the first byte.
    assert isinstance(caught.value, ReplyLost | ServerUnreachable)


@pytest.mark.parametrize(
    "act",
    [keeps_silent, drips(http(WHOLE), 0.01), drips(http(WHOLE), 0.1), drips(b"HTTP/1.1 2", 0.1)],
    ids=["silent", "a dripping body", "a dripping head", "half a head"],
)
def test_the_deadline_is_for_the_whole_call_however_the_server_drips(act: Act) -> None:
    with ByteServer(act) as server:
        with given_up(0.4, Limits().writing), pytest.raises(ReplyTooSlow) as caught:
            client(server.endpoint, HASTY).insert_supplier(Supplier(name="Acme"))
        assert caught.value.outcome is Outcome.UNKNOWN
        assert server.hung_up.wait(HANG)


def test_a_server_that_falls_silent_is_given_up_before_the_deadline() -> None:
    limits = Limits(silence=0.3, tries=1)
    late = pytest.raises(ReplyTooSlow, match="did not answer")
    with ByteServer(keeps_silent) as server, given_up(0.3, Limits().silence), late:
        client(server.endpoint, limits).get_suppliers()


def test_a_reply_may_not_outgrow_its_limit() -> None:
    limits = Limits(size=len(WHOLE) - 1, tries=1)
    with ByteServer(http(WHOLE)) as server, pytest.raises(ReplyBroken, match="larger"):
        client(server.endpoint, limits).get_suppliers()
    with ByteServer(http(WHOLE)) as server:
        assert client(server.endpoint, Limits(size=len(WHOLE))).get_suppliers()


def test_cancelling_ends_a_call_that_waits_and_closes_its_connection() -> None:
    cancel = Cancel()

    def act(connection: socket.socket, request: bytes) -> None:
        cancel.cancel()
        keeps_silent(connection, request)

    with ByteServer(act) as server:
        with pytest.raises(Cancelled):
            client(server.endpoint).get_suppliers(cancel=cancel)
        assert server.hung_up.wait(HANG)


def test_cancelling_ends_a_list_that_comes_slowly() -> None:
    cancel = Cancel()
    beginning, end, _ = WHOLE.partition(b"</Supplier>")
    blanks = itertools.repeat(ord(" "))  # between two suppliers, and without an end

    def act(connection: socket.socket, request: bytes) -> None:
        connection.sendall(http(beginning + end, length=1_000_000))
        cancel.cancel()
        drips(blanks, 0.005)(connection, request)

    with ByteServer(act) as server:
        with pytest.raises(Cancelled):
            client(server.endpoint).get_suppliers(cancel=cancel)
        assert server.hung_up.wait(HANG)


def test_a_follower_that_fails_ends_the_call_and_its_connection() -> None:
    def fails(_: int) -> None:
        raise ZeroDivisionError

    with ByteServer(drips(http(WHOLE), 0.002)) as server:
        with pytest.raises(ZeroDivisionError):
            client(server.endpoint).get_suppliers(on_rows=fails)
        assert server.hung_up.wait(HANG)


def test_a_call_cancelled_beforehand_sends_nothing() -> None:
    cancel = Cancel()
    cancel.cancel()
    with ByteServer(http(WHOLE)) as server:
        with pytest.raises(Cancelled):
            client(server.endpoint).get_suppliers(cancel=cancel)
        assert server.connections == 0


@pytest.mark.parametrize("status", ["301 x", "302 x", "303 x", "307 x", "308 x"])
def test_a_redirect_is_not_followed(status: str) -> None:
    with ByteServer(http(WHOLE)) as other:
        moved = http(b"", status, extra=f"Location: {other.endpoint}\r\n")
        with ByteServer(moved) as server:
            with pytest.raises(NotKashFlow, match="another address"):
                client(server.endpoint).get_suppliers()
            assert len(server.requests) == 1
        assert other.connections == 0


def test_a_writing_call_never_uses_a_kept_connection_and_keeps_none() -> None:
    reads, number = ok("GetSuppliers"), ok("InsertSupplier", "7")
    with ByteServer(repeats(reads), repeats(number)) as server:
        api = client(server.endpoint)
        assert api.get_suppliers() == []
        assert not server.hung_up.is_set()
        assert api.insert_supplier(Supplier(name="Acme")) == 7
        assert server.hung_up.wait(HANG)
        assert b"\r\nConnection: close\r\n" in server.requests[1]
        assert api.insert_supplier(Supplier(name="Acme")) == 7
        assert server.connections == 3
        api.close()


def test_reading_calls_share_a_kept_connection() -> None:
    with ByteServer(repeats(ok("GetSuppliers"))) as server:
        api = client(server.endpoint)
        for _ in range(5):
            assert api.get_suppliers() == []
        assert server.connections == 1
        api.close()
        assert server.hung_up.wait(HANG)


def echo(request: bytes) -> bytes:
    """Answer with the number that was asked for, in a way of the operation's own."""
    name = re.search(rb"KashFlow/(\w+)", request)
    assert name is not None
    operation = name[1].decode()
    field = {"GetSupplierByID": b"SupplierID", "GetCustomerByID": b"CustomerID"}
    said = re.search(field.get(operation, b"Name") + rb">(\d+)<", request)
    assert said is not None
    number = said[1].decode()
    results = {
        "GetSupplierByID": f"<SupplierID>{number}</SupplierID><Name>S{number}</Name>",
        "GetCustomerByID": f"<CustomerID>{number}</CustomerID><Name>C{number}</Name>",
    }
    return ok(operation, results.get(operation, number))


def asked(api: KashFlow, wanted: int) -> tuple[str, int]:
    """Make a call that only `wanted` answers rightly; return what came back."""
    if wanted % 10 == 0:
        return "inserted", api.insert_supplier(Supplier(name=str(wanted)))
    if wanted % 2:
        supplier = api.get_supplier_by_id(wanted)
        return (supplier.name, supplier.supplier_id) if supplier else ("none", 0)
    customer = api.get_customer_by_id(wanted)
    return (customer.name, customer.customer_id) if customer else ("none", 0)


def test_eight_threads_make_a_thousand_calls_without_mixing_anything_up() -> None:
    with ByteServer(answers(echo)) as server:
        api = client(server.endpoint, Limits(tries=1))
        answered: dict[int, object] = {}

        def work(thread: int) -> None:
            for wanted in range(thread * 1000 + 1, thread * 1000 + 126):
                try:
                    answered[wanted] = asked(api, wanted)
                except KashFlowError as error:
                    answered[wanted] = error

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = server.connections - sum(not wanted % 10 for wanted in answered)
    assert len(answered) == 1000
    for wanted, got in answered.items():
        name = "inserted" if wanted % 10 == 0 else f"{'S' if wanted % 2 else 'C'}{wanted}"
        assert got == (name, wanted)
    assert kept <= 4


def test_the_first_calls_of_many_threads_make_one_client() -> None:
    with ByteServer(repeats(ok("GetSuppliers"))) as server:
        api = client(server.endpoint, Limits(tries=1))
        start = threading.Barrier(8)
        made: list[object] = []

        def work() -> None:
            start.wait()
            api.get_suppliers()
            made.append(api._soap())

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 8
        assert len({id(soap) for soap in made}) == 1


@pytest.mark.parametrize(
    "address",
    ["http://example.com/api", "http://127.0.0.1.example.com/", "http://localhost.example.com/"],
)
def test_plain_http_to_another_machine_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(InsecureConnection) as caught:
        client(address).get_suppliers()
    assert caught.value.outcome is Outcome.NOT_SENT


@pytest.mark.parametrize("address", ["http://localhost", "http://[::1]", "http://127.9.9.9"])
def test_plain_http_to_this_machine_is_tried(address: str) -> None:
    with deaf_port() as port, pytest.raises(ServerUnreachable):
        client(f"{address}:{port}/").get_suppliers()


@pytest.mark.parametrize(
    "address",
    [
        *("", "kashflow", "securedwebapp.com/api", "ftp://example.com/", "https://", "https:///x"),
        *(
            "https://a b.com/",
            "https://example.com:99999/",
            "https://u:p@example.com/",
            "file:///x",
        ),
    ],
)
def test_what_is_no_address_is_said_to_be_none(address: str) -> None:
    with pytest.raises(BadRequest) as caught:
        client(address).get_suppliers()
    assert caught.value.cure


def test_a_proxy_that_lets_nobody_through_means_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    with ByteServer(refusal) as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:hush@127.0.0.1:{proxy.port}")
        with pytest.raises(NotSent, match="proxy") as caught:
            client("https://kashflow.invalid/x").insert_supplier(Supplier(name="Acme"))
        assert proxy.requests[0].startswith(b"CONNECT kashflow.invalid:443")
        assert "hush" not in repr(caught.value)


def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    with deaf_port() as port, ByteServer(ok("GetSuppliers")) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        assert client(server.endpoint).get_suppliers() == []


def test_a_netrc_file_adds_nothing_to_a_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password netrc-secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with ByteServer(ok("GetSuppliers")) as server:
        client(server.endpoint).get_suppliers()
        assert b"authorization" not in server.requests[0].lower()


def test_cookies_are_not_kept() -> None:
    cookie = http(WHOLE, extra="Set-Cookie: a=b; Path=/\r\nConnection: close\r\n")
    with ByteServer(cookie) as server:
        api = client(server.endpoint)
        api.get_suppliers()
        api.get_suppliers()
        assert b"cookie" not in server.requests[1].lower()
