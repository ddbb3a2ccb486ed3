"""At most so many calls at once reach one account, and nobody waits in vain."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from kfclient.api import Credentials, KashFlow, KashFlowError, Limits, connection
from kfclient.api.records import Supplier
from kfclient.cancel import Cancel
from kfclient.errors import Cancelled
from tests.api.byte_server import ByteServer, answers, hear, keeps_silent, ok, resets, says


class Crowd:
    """Answers slowly, and counts how many calls are under way at once."""

    def __init__(self, takes: float = 0.03) -> None:
        self._takes = takes
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def answer(self, _: bytes) -> bytes:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(self._takes)
        with self._lock:
            self._now -= 1
        return ok("GetVATRates")


def at_once(*works: Callable[[], object]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def api(endpoint: str, username: str = "anna", lanes: int = 4) -> KashFlow:
    return KashFlow(endpoint, Credentials(username, "p"), limits=Limits(tries=1, lanes=lanes))


def test_four_calls_at_once_are_the_most() -> None:
    crowd = Crowd()
    with ByteServer(answers(crowd.answer)) as server:
        one = api(server.endpoint)
        at_once(*[one.get_vat_rates] * 12)
    assert crowd.most == 4
    assert server.connections <= 4


def test_clients_of_one_account_share_its_lanes_and_others_have_their_own() -> None:
    crowd = Crowd()
    with ByteServer(answers(crowd.answer)) as server:
        mine = [api(server.endpoint, name, lanes=2) for name in ("anna", "Anna", "ANNA")]
        at_once(*[one.get_vat_rates for one in mine * 3])
        assert crowd.most == 2
        both = [api(server.endpoint, name, lanes=2) for name in ("anna", "ben")]
        at_once(*[one.get_vat_rates for one in both * 4])
        assert crowd.most == 4


def test_a_call_that_fails_leaves_its_lane() -> None:
    with ByteServer(*[resets] * 5, ok("GetVATRates")) as server:
        one = api(server.endpoint, lanes=1)
        for _ in range(5):
            with pytest.raises(KashFlowError):
                one.get_vat_rates()
        assert one.get_vat_rates() == []


def test_waiting_for_a_lane_can_be_cancelled() -> None:
    cancel, enough = Cancel(), Cancel()
    with ByteServer(keeps_silent) as server:
        one = api(server.endpoint, lanes=1)

        def hold() -> None:
            with pytest.raises(Cancelled):
                one.get_vat_rates(cancel=enough)

        holder = threading.Thread(target=hold)
        holder.start()
        while not server.requests:
            time.sleep(0.01)
        threading.Timer(0.1, cancel.cancel).start()
        began = time.monotonic()
        with pytest.raises(Cancelled):
            one.get_suppliers(cancel=cancel)
        assert time.monotonic() - began < 1
        assert len(server.requests) == 1
        enough.cancel()
        holder.join()


def test_a_call_made_while_following_another_does_not_wait_for_it() -> None:
    rows = "<Supplier><SupplierID>1</SupplierID></Supplier>"
    with ByteServer(ok("GetSuppliers", rows), ok("GetVATRates")) as server:
        one = api(server.endpoint, lanes=1)
        seen: list[object] = []
        assert one.get_suppliers(on_rows=lambda _: seen.append(one.get_vat_rates()))
        assert seen == [[]]


def test_a_write_that_waited_long_for_its_lane_goes_over_a_fresh_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one it had opened may be dead by then, and a first byte sent there leaves a doubt."""
    monkeypatch.setattr(connection, "_FRESH", 0.2)

    def insert(takes: float) -> Callable[[socket.socket, bytes], None]:
        def act(line: socket.socket, _: bytes) -> None:
            hear(line)
            time.sleep(takes)
            line.sendall(ok("InsertSupplier", "7"))

        return act

    hangs_up = says(b"")
    with ByteServer(insert(0.6), hangs_up, insert(0), hears=False) as server:
        one = api(server.endpoint, lanes=1)
        numbers: list[int] = []

        def write() -> None:
            numbers.append(one.insert_supplier(Supplier(name="Acme")))

        first = threading.Thread(target=write)
        first.start()
        while not server.connections:
            time.sleep(0.01)
        write()
        first.join()
    assert numbers == [7, 7]
    assert server.connections == 3
