"""Syncing: six lists at once, each whole or not at all, and what is told about them."""

from __future__ import annotations

import dataclasses
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from kfclient.api.errors import (
    AddressNotListed,
    ApiDisabled,
    AutoAuthRefused,
    NotKashFlow,
    Refused,
    ReplyBroken,
    ReplyLost,
    ReplyTooSlow,
    ServerTrouble,
    ServerUnreachable,
    WrongCredentials,
)
from kfclient.cancel import Cancel
from kfclient.desk import Desk, Draft
from kfclient.desk.business import ConnectionState, Role
from kfclient.desk.errors import Busy, OtherCompany
from kfclient.desk.events import (
    Event,
    ListFailed,
    ListProgress,
    ListSynced,
    SyncEnded,
    SyncStarted,
)
from kfclient.desk.list_reading import Whole
from kfclient.desk.lists import ListName
from kfclient.desk.readings import Readings
from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from kfclient.store.errors import SecretMissing
from tests.conftest import QUICK
from tests.desk.test_connecting import company_becomes

ALL = set(ListName)


def problems(desk: Desk, business: str) -> dict[str, str]:
    """The code of each list's remembered problem."""
    connection = desk.businesses.get(business).connection
    assert connection is not None
    return {
        name: status.problem.code
        for name, status in connection.lists.items()
        if status.problem is not None
    }


class TestAWholeSync:
    def test_all_six_lists_come_and_are_counted(
        self, connected_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        events: list[Event] = []
        report = connected_desk.syncing.sync(business, events.append)
        assert set(report.lists) == ALL
        assert report.failed == ()
        assert not report.cancelled
        counts = {name: status.count for name, status in report.lists.items()}
        assert counts[ListName.SUPPLIERS] == len(sandbox.account.suppliers())
        assert counts[ListName.CUSTOMERS] == len(sandbox.account.customers())
        for name in ListName:
            assert len(connected_desk.lists.read(business, name)) == counts[name] > 0
            assert report.lists[name].added == counts[name]
        assert isinstance(events[0], SyncStarted)
        assert events[-1] == SyncEnded(business=business)
        assert {event.list for event in events if isinstance(event, ListSynced)} == ALL
        assert {event.list for event in events if isinstance(event, ListProgress)} == ALL

    def test_the_state_remembers_when_and_how_many(self, synced_desk: Desk, business: str) -> None:
        connection = synced_desk.businesses.get(business).connection
        assert connection is not None
        assert connection.last_sync is not None
        assert set(connection.lists) == {name.value for name in ListName}
        assert all(status.synced_at and status.count for status in connection.lists.values())
        assert synced_desk.businesses.summary(business).state is ConnectionState.CONNECTED

    def test_what_was_added_changed_and_removed_is_counted_and_named(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        books = sandbox.account.books
        first, second, *_ = sandbox.account.suppliers()
        with books.transaction():
            books.drop("suppliers", first["SupplierID"])
            books.put("suppliers", {**second, "Email": "new@example.test"})
            books.put("suppliers", {**second, "SupplierID": 99, "Code": "NEW01", "Name": "Newco"})
        report = synced_desk.syncing.sync(business)
        status = report.lists[ListName.SUPPLIERS]
        assert (status.added, status.changed, status.removed) == (1, 1, 1)
        changes = report.changes[ListName.SUPPLIERS]
        assert changes.added_names == ("Newco",)
        assert changes.changed_names == (second["Name"],)
        assert changes.removed_names == (first["Name"],)
        for name in ALL - {ListName.SUPPLIERS}:
            other = report.lists[name]
            assert (other.added, other.changed, other.removed) == (0, 0, 0)

    def test_a_list_that_came_empty_is_empty_and_all_that_went_is_told(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        with sandbox.account.books.transaction():
            for customer in sandbox.account.customers():
                sandbox.account.books.drop("customers", customer["CustomerID"])
        before = len(synced_desk.lists.read(business, ListName.CUSTOMERS))
        report = synced_desk.syncing.sync(business)
        assert report.lists[ListName.CUSTOMERS].removed == before
        assert len(report.changes[ListName.CUSTOMERS].removed_names) == before
        assert synced_desk.lists.read(business, ListName.CUSTOMERS) == ()

    def test_only_the_lists_asked_for_are_read(
        self, connected_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        report = connected_desk.syncing.sync(business, only=[ListName.PROJECTS])
        assert set(report.lists) == {ListName.PROJECTS}
        assert sandbox.account.calls["GetProjects_Full"] == 1
        assert "GetCustomers" not in sandbox.account.calls

    def test_a_standard_user_may_sync(self, connected_desk: Desk, business: str) -> None:
        connected_desk.businesses.set_role(business, "bob", Role.STANDARD)
        bob = Desk(
            Home(connected_desk.home.root), connected_desk.secrets, person="bob", limits=QUICK
        )
        assert not bob.syncing.sync(business).failed

    def test_a_corrected_company_name_is_taken_over(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        company_becomes(sandbox, CompanyName="Harbour Lane Traders Ltd")
        synced_desk.syncing.sync(business)
        connection = synced_desk.businesses.get(business).connection
        assert connection is not None
        assert connection.company.name == "Harbour Lane Traders Ltd"
        assert connection.company.currency == "GBP"

    def test_many_records_come_with_progress_on_the_way(
        self, desk: Desk, business: str, draft: Draft
    ) -> None:
        with Sandbox(suppliers=3000) as large:
            mine = msgspec.structs.replace(
                draft,
                endpoint=large.endpoint,
                username=large.username,
                password=large.password,
                autoauth_key=large.autoauth_key,
            )
            desk.connecting.connect(business, mine)
            events: list[Event] = []
            report = desk.syncing.sync(business, events.append)
        assert report.lists[ListName.SUPPLIERS].count >= 3000
        assert len(report.changes[ListName.SUPPLIERS].added_names) == 200
        rows = [
            event.rows
            for event in events
            if isinstance(event, ListProgress) and event.list is ListName.SUPPLIERS
        ]
        assert rows == sorted(rows)
        assert rows[-1] == report.lists[ListName.SUPPLIERS].count


ONE_LIST: list[tuple[str, type[Problem]]] = [
    ("html-200", NotKashFlow),
    ("html-503", ServerTrouble),
    ("truncate", ReplyLost),
    ("truncate-clean", ReplyBroken),
    ("bad-xml", ReplyBroken),
    ("drop-before", ReplyLost),
    ("fault-500", ServerTrouble),
    ("redirect", NotKashFlow),
    ("refuse", Refused),
]


class TestOneListFails:
    @pytest.mark.parametrize(("trouble", "kind"), ONE_LIST, ids=[row[0] for row in ONE_LIST])
    def test_the_others_come_and_the_old_one_stays(
        self,
        synced_desk: Desk,
        business: str,
        sandbox: Sandbox,
        trouble: str,
        kind: type[Problem],
    ) -> None:
        before = synced_desk.lists.suppliers(business)
        with sandbox.account.books.transaction():
            for supplier in sandbox.account.suppliers():
                sandbox.account.books.drop("suppliers", supplier["SupplierID"])
        sandbox.misbehave("GetSuppliers", trouble)
        events: list[Event] = []
        report = synced_desk.syncing.sync(business, events.append)
        assert report.failed == (ListName.SUPPLIERS,)
        assert set(report.changes) == ALL - {ListName.SUPPLIERS}
        assert synced_desk.lists.suppliers(business) == before
        (failed,) = [event for event in events if isinstance(event, ListFailed)]
        assert isinstance(failed.problem, kind)
        assert failed.problem.sentence
        assert failed.problem.cure
        assert "before sending" not in failed.problem.cure
        assert events[-1] == SyncEnded(business=business, failed=(ListName.SUPPLIERS,))
        assert synced_desk.businesses.summary(business).state is ConnectionState.SYNC_FAILED
        status = report.lists[ListName.SUPPLIERS]
        assert (status.count, status.problem and status.problem.code) == (len(before), kind.code)
        assert not synced_desk.syncing.sync(business).failed
        assert synced_desk.lists.suppliers(business) == ()
        assert synced_desk.businesses.summary(business).state is ConnectionState.CONNECTED

    def test_a_server_that_drips_is_given_up_and_spoils_no_other_list(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        desk = Desk(
            synced_desk.home,
            synced_desk.secrets,
            person="anna",
            limits=dataclasses.replace(QUICK, reading=0.6),
        )
        sandbox.misbehave("GetCustomers", "trickle", seconds=0.1)
        start = time.monotonic()
        report = desk.syncing.sync(business)
        assert time.monotonic() - start < 3
        assert report.failed == (ListName.CUSTOMERS,)
        assert problems(desk, business) == {"customers": ReplyTooSlow.code}


def lose_the_address(sandbox: Sandbox) -> None:
    """Take this machine off the list, and the means to come back on it."""
    sandbox.account.forget_addresses()
    sandbox.account.switch(autoauth_enabled=False)


EVERY_LIST: list[tuple[str, Callable[[Sandbox], object], type[Problem], ConnectionState]] = [
    (
        "wrong password",
        lambda s: s.account.switch(separate_api_password="another"),
        WrongCredentials,
        ConnectionState.NEEDS_RECONNECTING,
    ),
    (
        "soap off",
        lambda s: s.account.switch(api_enabled=False),
        ApiDisabled,
        ConnectionState.NEEDS_RECONNECTING,
    ),
    (
        "address forgotten and autoauth off",
        lose_the_address,
        AutoAuthRefused,
        ConnectionState.NEEDS_RECONNECTING,
    ),
    (
        "address refused in spite of autoauth",
        lambda s: s.misbehave(
            "*", "refuse", times=None, text="The IP address of 10.0.0.1 is not in the access list"
        ),
        AddressNotListed,
        ConnectionState.NEEDS_RECONNECTING,
    ),
    ("server gone", lambda s: s.stop(), ServerUnreachable, ConnectionState.SYNC_FAILED),
]


class TestEveryListFails:
    @pytest.mark.parametrize(
        ("prepare", "kind", "state"),
        [row[1:] for row in EVERY_LIST],
        ids=[r[0] for r in EVERY_LIST],
    )
    def test_every_list_says_why_and_the_old_ones_stay(
        self,
        synced_desk: Desk,
        business: str,
        sandbox: Sandbox,
        prepare: Callable[[Sandbox], object],
        kind: type[Problem],
        state: ConnectionState,
    ) -> None:
        before = synced_desk.businesses.get(business).connection
        assert before is not None
        sandbox.account.calls.clear()
        prepare(sandbox)
        events: list[Event] = []
        report = synced_desk.syncing.sync(business, events.append)
        assert set(report.failed) == ALL
        assert set(problems(synced_desk, business).values()) == {kind.code}
        assert {event.list for event in events if isinstance(event, ListFailed)} == ALL
        assert synced_desk.businesses.summary(business).state is state
        for name in ListName:
            assert synced_desk.lists.read(business, name)
        after = synced_desk.businesses.get(business).connection
        assert after is not None
        assert after.last_sync == before.last_sync
        # Accounts get locked by wrong passwords: one list's worth of tries, not six.
        assert sandbox.account.calls.total() <= 3

    def test_a_mended_account_mends_the_connection(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        sandbox.account.switch(api_enabled=False)
        synced_desk.syncing.sync(business)
        sandbox.account.switch(api_enabled=True)
        assert not synced_desk.syncing.sync(business).failed
        connection = synced_desk.businesses.get(business).connection
        assert connection is not None
        assert not connection.needs_reconnecting
        assert connection.problem is None
        assert problems(synced_desk, business) == {}

    def test_another_companys_lists_never_take_the_place_of_these(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        before = synced_desk.lists.suppliers(business)
        company_becomes(sandbox, CompanyName="Pier Nine", VatRegistrationNumber="GB111111111")
        with sandbox.account.books.transaction():
            for supplier in sandbox.account.suppliers():
                sandbox.account.books.drop("suppliers", supplier["SupplierID"])
        report = synced_desk.syncing.sync(business)
        assert set(report.failed) == ALL
        assert set(problems(synced_desk, business).values()) == {OtherCompany.code}
        assert synced_desk.lists.suppliers(business) == before

    def test_trouble_with_the_first_small_call_alone_stops_nothing(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        sandbox.misbehave("GetCompanyDetails", "html-200")
        assert not synced_desk.syncing.sync(business).failed

    def test_without_its_secret_a_business_is_not_synced(
        self, synced_desk: Desk, business: str
    ) -> None:
        synced_desk.secrets.forget(business, "memory")
        synced_desk.sessions.forget(business)
        with pytest.raises(SecretMissing) as missing:
            synced_desk.syncing.sync(business)
        assert "Reconnect" in missing.value.cure


class TestStopping:
    def test_a_cancelled_sync_ends_at_once_and_keeps_what_had_come(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        before = synced_desk.businesses.get(business).connection
        assert before is not None
        with sandbox.account.books.transaction():
            for customer in sandbox.account.customers():
                sandbox.account.books.drop("customers", customer["CustomerID"])
            for supplier in sandbox.account.suppliers():
                sandbox.account.books.drop("suppliers", supplier["SupplierID"])
        sandbox.misbehave("GetCustomers", "slow", seconds=4)
        cancel = Cancel()
        events: list[Event] = []

        def listen(event: Event) -> None:
            events.append(event)
            if sum(isinstance(one, ListSynced) for one in events) == 5:
                cancel.cancel()

        start = time.monotonic()
        report = synced_desk.syncing.sync(business, listen, cancel)
        assert time.monotonic() - start < 2
        assert report.cancelled
        assert report.failed == ()
        assert set(report.lists) == ALL - {ListName.CUSTOMERS}
        assert events[-1] == SyncEnded(business=business, cancelled=True)
        assert synced_desk.lists.customers(business)
        assert synced_desk.lists.suppliers(business) == ()
        after = synced_desk.businesses.get(business).connection
        assert after is not None
        assert after.last_sync == before.last_sync
        assert synced_desk.businesses.summary(business).state is ConnectionState.CONNECTED

    def test_it_can_be_cancelled_before_the_first_list(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        sandbox.misbehave("GetCompanyDetails", "slow", seconds=4)
        cancel = Cancel()
        threading.Timer(0.2, cancel.cancel).start()
        start = time.monotonic()
        report = synced_desk.syncing.sync(business, cancel=cancel)
        assert time.monotonic() - start < 1.5
        assert report.cancelled
        assert report.lists == {}

    def test_a_reading_that_does_not_hear_is_left_behind(self) -> None:
        cancel = Cancel()
        cancel.cancel()
        hanging = threading.Event()

        def call(work: object) -> Whole:
            hanging.wait(20)
            return {}

        start = time.monotonic()
        assert list(Readings([ListName.CUSTOMERS], call, cancel)) == []
        assert time.monotonic() - start < 3
        hanging.set()

    def test_while_it_runs_it_shows_and_nobody_else_syncs(
        self, synced_desk: Desk, business: str
    ) -> None:
        other = Desk(Home(synced_desk.home.root), synced_desk.secrets, person="bob", limits=QUICK)
        seen: list[object] = []

        def listen(event: Event) -> None:
            if isinstance(event, SyncStarted):
                seen.append(other.businesses.summary(business).state)
                seen.append(other.syncing.running(business))
                with pytest.raises(Busy):
                    other.syncing.sync(business)

        synced_desk.syncing.sync(business, listen)
        assert seen == [ConnectionState.SYNCING, True]
        assert not synced_desk.syncing.running(business)

    def test_a_listener_that_fails_lets_go_of_the_lock(
        self, synced_desk: Desk, business: str
    ) -> None:
        def fail(event: Event) -> None:
            raise RuntimeError("the screen has gone")

        with pytest.raises(RuntimeError):
            synced_desk.syncing.sync(business, fail)
        assert not synced_desk.syncing.running(business)
        assert not synced_desk.syncing.sync(business).failed

    def test_events_come_on_the_thread_that_called(self, synced_desk: Desk, business: str) -> None:
        threads = set()
        synced_desk.syncing.sync(business, lambda event: threads.add(threading.get_ident()))
        assert threads == {threading.get_ident()}


@contextmanager
def server_without(sandbox: Sandbox, *operations: str) -> Iterator[str]:
    """A server of another make: the sandbox, but for some operations it never heard of."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            action = self.headers["SOAPAction"]
            if action.strip('"').removeprefix("KashFlow/") in operations:
                status, reply = 500, _unknown(action)
            else:
                request = urllib.request.Request(
                    sandbox.endpoint,
                    body,
                    {"Content-Type": self.headers["Content-Type"], "SOAPAction": action},
                )
                try:
                    with urllib.request.urlopen(request) as answer:
                        status, reply = answer.status, answer.read()
                except urllib.error.HTTPError as error:
                    status, reply = error.code, error.read()
            self.send_response(status)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/api/service.asmx"
        server.shutdown()
        thread.join()


def _unknown(action: str) -> bytes:
    said = f"Server did not recognize the value of HTTP Header SOAPAction: {action}."
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f"<soap:Fault><faultcode>soap:Client</faultcode><faultstring>{said}</faultstring>"
        "<detail /></soap:Fault></soap:Body></soap:Envelope>"
    ).encode()


def test_a_server_that_knows_fewer_operations_is_synced_all_the_same(
    desk: Desk, business: str, draft: Draft, sandbox: Sandbox
) -> None:
    sandbox.account.switch(ip_restricted=False)
    unknown = ("AutoAuthIP", "GetNominalCodesExtended", "GetCurrencies")
    with server_without(sandbox, *unknown) as endpoint:
        made = desk.connecting.connect(business, msgspec.structs.replace(draft, endpoint=endpoint))
        assert made.company.currency == "GBP"
        report = desk.syncing.sync(business)
    assert report.failed == ()
    assert {one.code for one in desk.lists.nominals(business)} >= {4000, 5000}
    assert desk.lists.currencies(business) == ()
