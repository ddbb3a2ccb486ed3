"""At most so many calls at once reach one account, and nobody waits in vain."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence

import pytest

from kfclient.api import Credentials, KashFlow, KashFlowError, Limits, transport
from kfclient.api.call import call_limit_of
from kfclient.api.records import Supplier
from kfclient.cancel import Cancel
from kfclient.errors import Cancelled
from tests.api.byte_server import (
    ByteServer,
    answers,
    hear,
    http,
    keeps_silent,
    ok,
    resets,
    response,
    says,
)
from tests.waiting import HANG, until


class Crowd:
    """Answers nobody until told to, and counts how many calls are under way at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._go_on = threading.Event()
        self.now = self.most = 0

    def answer(self, _: bytes) -> bytes:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        assert self._go_on.wait(HANG)
        with self._lock:
            self.now -= 1
        return ok("GetVATRates")

    def meets(self, callers: Sequence[KashFlow], at_once: int, *names: str) -> None:
        """Have all call; answer once `at_once` are met and the others, of these names, wait."""
        threads = [threading.Thread(target=caller.get_vat_rates) for caller in callers]
        for thread in threads:
            thread.start()
        met = at_once, len(callers) - at_once
        endpoint = callers[0].endpoint
        until(lambda: (self.now, waiting(endpoint, *names)) == met, "a full house")
        self._go_on.set()
        for thread in threads:
            thread.join()
        self._go_on.clear()


def waiting(endpoint: str, *names: str) -> int:
    """Return how many calls of these users wait for a lane."""
    return sum(len(lanes._waiting) for lanes in {call_limit_of(endpoint, name) for name in names})


def api(endpoint: str, username: str = "anna", lanes: int = 4) -> KashFlow:
    return KashFlow(endpoint, Credentials(username, "p"), limits=Limits(tries=1, lanes=lanes))


def test_four_calls_at_once_are_the_most() -> None:
    crowd = Crowd()
    with ByteServer(answers(crowd.answer)) as server:
        one = api(server.endpoint)
        crowd.meets([one] * 12, 4, "anna")
        assert crowd.most == 4
        assert server.connections <= 4


def test_clients_of_one_account_share_its_lanes_and_others_have_their_own() -> None:
    crowd = Crowd()
    with ByteServer(answers(crowd.answer)) as server:
        mine = [api(server.endpoint, name, lanes=2) for name in ("anna", "Anna", "ANNA")]
        crowd.meets(mine * 3, 2, "anna")
        assert crowd.most == 2
        both = [api(server.endpoint, name, lanes=2) for name in ("anna", "ben")]
        crowd.meets(both * 4, 4, "anna", "ben")
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

        def change_ones_mind() -> None:
            until(lambda: waiting(one.endpoint, "anna"), "the second call's wait")
            cancel.cancel()

        holder = threading.Thread(target=hold)
        holder.start()
        until(lambda: server.requests, "the first call")
        threading.Thread(target=change_ones_mind).start()
        with pytest.raises(Cancelled):
            one.get_suppliers(cancel=cancel)
        assert holder.is_alive()
        assert len(server.requests) == 1
        enough.cancel()
        holder.join()


def test_a_call_made_while_following_another_does_not_wait_for_it() -> None:
    rows = "<Supplier><SupplierID>1</SupplierID></Supplier>"
    suppliers = http(response("GetSuppliers", rows), extra="Connection: close\r\n")
    with ByteServer(suppliers, ok("GetVATRates")) as server:
        one = api(server.endpoint, lanes=1)
        seen: list[object] = []
        assert one.get_suppliers(on_rows=lambda _: seen.append(one.get_vat_rates()))
        assert seen == [[]]


def test_a_write_that_waited_long_for_its_lane_goes_over_a_fresh_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one it had opened may be dead by then, and a first byte sent there leaves a doubt."""
    heard, go_on = threading.Event(), threading.Event()

    def insert(line: socket.socket, _: bytes) -> None:
        hear(line)
        heard.set()
        assert go_on.wait(HANG)
        line.sendall(ok("InsertSupplier", "7"))

    hangs_up = says(b"")
    with ByteServer(insert, hangs_up, insert, hears=False) as server:
        one = api(server.endpoint, lanes=1)
        numbers: list[int] = []

        def write() -> None:
            numbers.append(one.insert_supplier(Supplier(name="Acme")))

        writers = [threading.Thread(target=write) for _ in range(2)]
        writers[0].start()
        assert heard.wait(HANG)
        monkeypatch.setattr(transport, "_FRESH", 0.01)
        writers[1].start()
        until(lambda: waiting(one.endpoint, "anna"), "the second write's wait")
        time.sleep(0.05)  # so long it waits at least
        go_on.set()
        for writer in writers:
            writer.join()
    assert numbers == [7, 7]
    assert server.connections == 3
