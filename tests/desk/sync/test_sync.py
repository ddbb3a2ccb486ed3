"""Syncing: six lists at once, what is told about them, and stopping it."""

from __future__ import annotations

import threading

import msgspec
import pytest

from kfclient.cancel import Cancel
from kfclient.desk import Desk, Draft
from kfclient.desk.errors import Busy
from kfclient.desk.events import Event, ListProgress, ListSynced, SyncEnded, SyncStarted
from kfclient.desk.model.business import Role
from kfclient.desk.model.connection_state import ConnectionState
from kfclient.desk.model.list_names import ListName
from kfclient.desk.sync.readers import Readings, Whole
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.conftest import QUICK
from tests.desk.checks import ALL, company_becomes
from tests.slow import slow_replies
from tests.waiting import HANG


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
        sandbox.misbehave("GetCustomers", "slow")
        cancel = Cancel()
        events: list[Event] = []

        def listen(event: Event) -> None:
            events.append(event)
            if sum(isinstance(one, ListSynced) for one in events) == 5:
                cancel.cancel()

        with slow_replies(sandbox) as slow:
            report = synced_desk.syncing.sync(business, listen, cancel)
            assert slow.held == 1, "it did not wait for what was slow"
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
        sandbox.misbehave("GetCompanyDetails", "slow")
        cancel = Cancel()
        with slow_replies(sandbox) as slow:

            def cancel_while_it_is_slow() -> None:
                slow.until_held(1)
                cancel.cancel()

            threading.Thread(target=cancel_while_it_is_slow).start()
            report = synced_desk.syncing.sync(business, cancel=cancel)
            assert slow.held == 1, "it did not wait for what was slow"
        assert report.cancelled
        assert report.lists == {}

    def test_a_reading_that_does_not_hear_is_left_behind(self) -> None:
        cancel = Cancel()
        cancel.cancel()
        over, heard = threading.Event(), threading.Event()

        def call(work: object) -> Whole:
            over.wait(HANG)
            heard.set()
            return Whole({})

        assert list(Readings([ListName.CUSTOMERS], call, cancel)) == []
        assert not heard.is_set()
        over.set()

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
