"""Connecting: what is checked, what a person reads when it fails, and what is kept."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from kfclient.api.errors import (
    AddressNotListed,
    ApiDisabled,
    AutoAuthRefused,
    InsecureConnection,
    NotKashFlow,
    Refused,
    ReplyBroken,
    ReplyLost,
    ServerTrouble,
    ServerUnreachable,
    WrongCredentials,
)
from kfclient.cancel import Cancel
from kfclient.desk import Desk, Draft
from kfclient.desk.business.checks import CHECKS, step_for
from kfclient.desk.errors import Busy, DeskError, NotAllowed, NotConnected
from kfclient.desk.events import CheckFailed, CheckPassed, CheckStarted, Event
from kfclient.desk.model.business import STEPS, Company, Role
from kfclient.desk.model.connection_state import ConnectionState
from kfclient.errors import Cancelled, Problem
from kfclient.sandbox import Sandbox
from kfclient.store import Home, Secrets
from kfclient.store.errors import PassphraseNeeded, SecretMissing
from tests.conftest import QUICK
from tests.desk.checks import bob_of, told


class TestConnecting:
    def test_every_check_passes_in_order_and_the_company_is_remembered(
        self, desk: Desk, business: str, draft: Draft, sandbox: Sandbox
    ) -> None:
        events: list[Event] = []
        made = desk.connecting.connect(business, draft, events.append)
        assert [type(event) for event in events] == [CheckStarted, CheckPassed] * len(CHECKS)
        assert told(events) == [("passed", check.id) for check in CHECKS]
        assert made.company == Company(
            name="Harbour Lane Trading Ltd",
            postcode="YO21 3PU",
            vat_number="GB987654321",
            email="accounts@harbourlane.example",
            currency="GBP",
            vat_registered=True,
        )
        assert made.connected_by == "anna"
        assert desk.businesses.get(business).connection == made
        assert desk.businesses.summary(business).state is ConnectionState.CONNECTED
        assert sandbox.account.addresses() == {"127.0.0.1": "Kashdeck"}
        assert desk.sessions.call(business, lambda kashflow: kashflow.get_vat_rates())

    def test_a_pasted_key_and_address_are_used_clean(
        self, desk: Desk, business: str, draft: Draft
    ) -> None:
        pasted = msgspec.structs.replace(
            draft,
            endpoint=f" {draft.endpoint}?WSDL\n",
            autoauth_key=f" {draft.autoauth_key.lower()}\r\n",
            username=f"{draft.username} ",
        )
        assert desk.connecting.connect(business, pasted).username == draft.username

    def test_a_standard_user_is_told_whom_to_ask_before_anything_is_sent(
        self, desk: Desk, business: str, draft: Draft, sandbox: Sandbox
    ) -> None:
        desk.businesses.set_role(business, "bob", Role.STANDARD)
        bob = bob_of(desk)
        for attempt in (
            lambda: bob.connecting.connect(business, draft),
            lambda: bob.connecting.reconnect(business, draft),
            lambda: bob.connecting.disconnect(business),
        ):
            with pytest.raises(NotAllowed) as refused:
                attempt()
            assert "anna" in refused.value.cure
        assert not sandbox.account.calls

    def test_a_connected_business_is_reconnected_not_connected_again(
        self, connected_desk: Desk, business: str, draft: Draft
    ) -> None:
        with pytest.raises(
            DeskError, match="connected already, to Harbour Lane Trading"
        ) as refused:
            connected_desk.connecting.connect(business, draft)
        assert "reconnect" in refused.value.cure

    def test_ticks_have_served_once_connected(
        self, desk: Desk, business: str, draft: Draft
    ) -> None:
        desk.businesses.tick(business, "soap", on=True)
        with pytest.raises(WrongCredentials):
            desk.connecting.connect(business, msgspec.structs.replace(draft, password="wrong"))
        assert desk.businesses.get(business).ticks == ("soap",)
        desk.connecting.connect(business, draft)
        assert desk.businesses.get(business).ticks == ()

    def test_two_sessions_do_not_connect_one_business_at_once(
        self, desk: Desk, business: str, draft: Draft
    ) -> None:
        desk.businesses.set_role(business, "bob", Role.ADMIN)
        bob = bob_of(desk)
        with desk.home.try_lock(f"connect-{business}"), pytest.raises(Busy):
            bob.connecting.connect(business, draft)


Prepare = Callable[[Sandbox], object]

FAILURES: list[tuple[str, Prepare, dict[str, str], type[Problem], str, str]] = [
    (
        "wrong password",
        lambda s: None,
        {"password": "wrong"},
        WrongCredentials,
        "login",
        "username",
    ),
    (
        "wrong username",
        lambda s: None,
        {"username": "nobody"},
        WrongCredentials,
        "login",
        "username",
    ),
    (
        "separate password",
        lambda s: s.account.switch(separate_api_password="another"),
        {},
        WrongCredentials,
        "login",
        "username",
    ),
    ("soap off", lambda s: s.account.switch(api_enabled=False), {}, ApiDisabled, "soap", "soap"),
    (
        "wrong key",
        lambda s: None,
        {"autoauth_key": "00000000-0000"},
        AutoAuthRefused,
        "address",
        "key",
    ),
    (
        "autoauth off",
        lambda s: s.account.switch(autoauth_enabled=False),
        {},
        AutoAuthRefused,
        "address",
        "key",
    ),
    (
        "address refused",
        lambda s: s.misbehave(
            "GetCompanyDetails",
            "refuse",
            text="The IP address of 10.0.0.1 is not in the access list",
        ),
        {},
        AddressNotListed,
        "address",
        "autoauth",
    ),
    ("server gone", lambda s: s.stop(), {}, ServerUnreachable, "reach", ""),
    ("a web page", lambda s: s.misbehave("GetVATRates", "html-200"), {}, NotKashFlow, "soap", ""),
    (
        "maintenance",
        lambda s: s.misbehave("GetVATRates", "html-503"),
        {},
        ServerTrouble,
        "soap",
        "",
    ),
    ("redirect", lambda s: s.misbehave("AutoAuthIP", "redirect"), {}, NotKashFlow, "soap", ""),
    ("lost", lambda s: s.misbehave("AutoAuthIP", "drop-before"), {}, ReplyLost, "soap", ""),
    ("fault", lambda s: s.misbehave("AutoAuthIP", "fault-500"), {}, ServerTrouble, "soap", ""),
    (
        "half a reply",
        lambda s: s.misbehave("GetCompanyDetails", "truncate-clean"),
        {},
        ReplyBroken,
        "company",
        "",
    ),
    (
        "not xml",
        lambda s: s.misbehave("GetCompanyDetails", "bad-xml"),
        {},
        ReplyBroken,
        "company",
        "",
    ),
    (
        "a refusal of another kind",
        lambda s: s.misbehave("GetCompanyDetails", "refuse", text="Your plan has lapsed"),
        {},
        Refused,
        "company",
        "",
    ),
]


class TestFailures:
    @pytest.mark.parametrize(
        ("prepare", "typed", "kind", "check", "step"),
        [row[1:] for row in FAILURES],
        ids=[row[0] for row in FAILURES],
    )
    def test_a_failed_check_says_what_and_what_to_do_and_leaves_nothing_behind(
        self,
        desk: Desk,
        business: str,
        draft: Draft,
        sandbox: Sandbox,
        prepare: Prepare,
        typed: dict[str, str],
        kind: type[Problem],
        check: str,
        step: str,
    ) -> None:
        prepare(sandbox)
        events: list[Event] = []
        wrong = msgspec.structs.replace(draft, **typed)
        with pytest.raises(kind) as failed:
            desk.connecting.connect(business, wrong, events.append)
        last = events[-1]
        assert isinstance(last, CheckFailed)
        assert (last.check, last.step, last.problem) == (check, step, failed.value)
        ids = [one.id for one in CHECKS]
        assert told(events)[:-1] == [("passed", one) for one in ids[: ids.index(check)]]
        assert failed.value.sentence
        assert failed.value.cure
        for secret in (wrong.password, wrong.autoauth_key):
            assert secret not in f"{failed.value} {failed.value.cure} {events}"
        assert desk.businesses.get(business).connection is None
        assert desk.businesses.summary(business).state is ConnectionState.NOT_CONNECTED
        with pytest.raises(SecretMissing):
            desk.secrets.load(business, "memory")
        with pytest.raises(NotConnected):
            desk.syncing.sync(business)

    def test_each_failure_has_a_sentence_of_its_own(
        self, desk: Desk, business: str, draft: Draft
    ) -> None:
        sentences = set()
        wanted = ("wrong password", "soap off", "wrong key", "address refused", "a web page",
                  "half a reply", "server gone")  # fmt: skip
        for name, prepare, typed, *_ in FAILURES:
            if name not in wanted:
                continue
            with Sandbox() as sandbox:
                mine = msgspec.structs.replace(
                    draft,
                    endpoint=sandbox.endpoint,
                    username=sandbox.username,
                    password=sandbox.password,
                    autoauth_key=sandbox.autoauth_key,
                )
                prepare(sandbox)
                with pytest.raises(Problem) as failed:
                    desk.connecting.connect(
                        business,
                        msgspec.structs.replace(mine, **typed),
                    )
            sentences.add((failed.value.sentence, failed.value.cure))
        assert len({sentence for sentence, _ in sentences}) == len(wanted)
        assert len({cure for _, cure in sentences}) == len(wanted)

    def test_plain_http_under_https_fails_the_secure_connection(
        self, desk: Desk, business: str, draft: Draft
    ) -> None:
        events: list[Event] = []
        secure = msgspec.structs.replace(draft, endpoint=draft.endpoint.replace("http:", "https:"))
        with pytest.raises(InsecureConnection):
            desk.connecting.connect(business, secure, events.append)
        assert told(events) == [("passed", "reach"), ("failed", "tls")]

    def test_every_cure_is_one_of_the_steps(self) -> None:
        steps = {step.id for step in STEPS}
        for kind in (WrongCredentials, ApiDisabled, AutoAuthRefused, AddressNotListed):
            assert step_for(kind("")) in steps
        assert step_for(ServerUnreachable("")) == ""

    def test_a_server_that_never_answers_can_be_left_at_once(
        self, desk: Desk, business: str, draft: Draft
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            cancel = Cancel()

            def cancel_once_it_waits() -> None:
                # Held open, and never answered: only leaving it ends the call.
                held.append(silent.accept()[0])
                cancel.cancel()

            held: list[socket.socket] = []
            threading.Thread(target=cancel_once_it_waits).start()
            with pytest.raises(Cancelled):
                desk.connecting.connect(
                    business, msgspec.structs.replace(draft, endpoint=endpoint), cancel=cancel
                )
            held[0].close()
        assert desk.businesses.get(business).connection is None


class TestSecrets:
    def test_an_encrypted_file_that_is_locked_is_asked_for_before_anything_is_sent(
        self, home: Home, draft: Draft, sandbox: Sandbox
    ) -> None:
        desk = Desk(home, Secrets(home.root), person="anna", limits=QUICK)
        business = desk.businesses.add("Harbour Lane").id
        kept = msgspec.structs.replace(draft, secrets_in="encrypted-file")
        with pytest.raises(PassphraseNeeded, match="to be chosen"):
            desk.connecting.connect(business, kept)
        assert not sandbox.account.calls
        desk.secrets.unlock("encrypted-file", "correct horse battery")
        assert desk.connecting.connect(business, kept).secrets_in == "encrypted-file"
        assert not desk.syncing.sync(business).failed
        later = Desk(Home(home.root), Secrets(home.root), person="anna", limits=QUICK)
        with pytest.raises(PassphraseNeeded):
            later.syncing.sync(business)
        later.secrets.unlock("encrypted-file", "correct horse battery")
        assert not later.syncing.sync(business).failed
        assert_nowhere(home.root, draft)

    def test_the_password_and_the_key_are_in_no_file(
        self, synced_desk: Desk, business: str, draft: Draft
    ) -> None:
        with pytest.raises(WrongCredentials):
            synced_desk.connecting.reconnect(
                business, msgspec.structs.replace(draft, username="nobody")
            )
        synced_desk.close()
        assert_nowhere(synced_desk.home.root, draft)


def assert_nowhere(root: Path, draft: Draft) -> None:
    files = [path for path in root.rglob("*") if path.is_file()]
    assert files
    for path in files:
        content = path.read_bytes()
        assert draft.password.encode() not in content, path
        assert draft.autoauth_key.encode() not in content, path
