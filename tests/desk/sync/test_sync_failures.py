"""A sync that fails: one list, or every one; the old lists stay and the reason is told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

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
from kfclient.desk import Desk
from kfclient.desk.errors import OtherCompany
from kfclient.desk.events import Event, ListFailed, ListSynced, SyncEnded
from kfclient.desk.model.connection_state import ConnectionState
from kfclient.desk.model.list_names import ListName
from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from kfclient.store.errors import SecretMissing
from tests.conftest import QUICK
from tests.desk.checks import ALL, company_becomes, problems
from tests.slow import slow_replies

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
            limits=dataclasses.replace(QUICK, reading=3.0),
        )
        sandbox.misbehave("GetCustomers", "trickle")
        with slow_replies(sandbox) as slow:
            report = desk.syncing.sync(business)
            assert slow.held == 1, "it did not wait for the rest of the reply"
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


class TestAListThatTheAccountMayNotRead:
    @pytest.mark.parametrize("trouble", ["refuse", "fault-500"])
    def test_what_is_read_beside_the_bank_accounts_costs_itself_alone(
        self, synced_desk: Desk, business: str, sandbox: Sandbox, trouble: str
    ) -> None:
        before = synced_desk.lists.currencies(business)
        for operation in ("GetCurrencies", "GetInvPayMethods"):
            sandbox.misbehave(operation, trouble, times=None, text="Not for this user")
        events: list[Event] = []
        report = synced_desk.syncing.sync(business, events.append)
        assert not report.failed
        said = report.lists[ListName.BANK_ACCOUNTS].remarks
        assert [one.partition(" stay as they were")[0] for one in said] == [
            "The currencies",
            "The ways a sale is paid",
        ]
        assert synced_desk.lists.currencies(business) == before
        assert synced_desk.businesses.summary(business).state is ConnectionState.CONNECTED
        assert sum(len(one.remarks) for one in events if isinstance(one, ListSynced)) == 2
        events.clear()
        synced_desk.syncing.sync(business, events.append)
        assert not any(one.remarks for one in events if isinstance(one, ListSynced))

    def test_what_is_beside_the_bank_accounts_comes_without_them(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        for name in ("currencies", "cost-payment-methods"):
            synced_desk.home.write_list(business, name, [])
        sandbox.misbehave("GetBankAccounts", "refuse", times=None, text="Not for this user")
        assert synced_desk.syncing.sync(business).failed == (ListName.BANK_ACCOUNTS,)
        assert synced_desk.lists.currencies(business)
        assert synced_desk.lists.cost_methods(business)
        assert synced_desk.lists.bank_accounts(business)
        assert not synced_desk.syncing.sync(business).failed

    def test_one_of_the_six_is_said_once_and_then_is_how_things_are(
        self, synced_desk: Desk, business: str, sandbox: Sandbox
    ) -> None:
        before = synced_desk.lists.projects(business)
        sandbox.misbehave("GetProjects_Full", "refuse", times=None, text="Not for this user")
        assert synced_desk.syncing.sync(business).failed == (ListName.PROJECTS,)
        for _ in range(2):
            report = synced_desk.syncing.sync(business)
            assert not report.failed
            (said,) = report.lists[ListName.PROJECTS].remarks
            assert "Not for this user" in said
        assert synced_desk.lists.projects(business) == before
        assert synced_desk.businesses.summary(business).state is ConnectionState.CONNECTED
        sandbox.behave()
        assert synced_desk.syncing.sync(business).lists[ListName.PROJECTS].remarks == []
