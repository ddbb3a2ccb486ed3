"""Lines to KashFlow: opened once, authorised again when KashFlow forgot this machine."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from types import FunctionType, ModuleType

import msgspec
import pytest

from kfclient.api import KashFlow
from kfclient.api.errors import (
    AutoAuthRefused,
    ReplyLost,
    RequestFault,
    ServerUnreachable,
    WrongCredentials,
)
from kfclient.api.records import Supplier
from kfclient.desk import Desk, Draft
from kfclient.desk.model.business import Connection
from kfclient.desk.model.connection_state import ConnectionState
from kfclient.errors import Problem
from kfclient.sandbox import Sandbox
from kfclient.store import Home, Secrets
from tests.conftest import QUICK
from tests.store.cheap_file import make_cheap_file
from tests.waiting import HANG


def connection_of(desk: Desk, business: str) -> Connection:
    connection = desk.businesses.get(business).connection
    assert connection is not None
    return connection


def test_one_client_serves_a_business_until_it_is_forgotten(
    connected_desk: Desk, business: str
) -> None:
    first = connected_desk.sessions.open(business)
    assert connected_desk.sessions.open(business) is first
    connected_desk.sessions.forget(business)
    assert connected_desk.sessions.open(business) is not first
    connected_desk.sessions.forget("nobody")


def texts_within(thing: object) -> set[str]:
    """Return every text that can be reached from an object of ours."""
    seen: dict[int, object] = {}
    waiting = [thing]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, ModuleType | type | threading.Thread):
            continue
        seen[id(one)] = one
        if isinstance(one, FunctionType):
            waiting.extend(cell.cell_contents for cell in one.__closure__ or ())
        else:
            waiting.extend(gc.get_referents(one))
    return {one for one in seen.values() if isinstance(one, str)}


def test_between_calls_no_password_is_in_memory(
    desk: Desk, business: str, draft: Draft, sandbox: Sandbox
) -> None:
    desk = Desk(desk.home, Secrets(desk.home.root), person="anna", limits=QUICK)
    make_cheap_file(desk.home.root, "correct horse")
    desk.secrets.unlock("encrypted-file", "correct horse")
    desk.connecting.connect(business, msgspec.structs.replace(draft, secrets_in="encrypted-file"))
    desk.sessions.call(business, lambda kashflow: kashflow.get_vat_rates())
    texts = texts_within(desk)
    assert sandbox.username in texts
    assert not any(sandbox.password in text for text in texts)
    assert not any(sandbox.autoauth_key in text for text in texts)
    desk.close()


def test_a_reconnect_in_another_session_is_taken_up(
    connected_desk: Desk, business: str, draft: Draft, sandbox: Sandbox
) -> None:
    connected_desk.sessions.open(business)
    sandbox.account.switch(separate_api_password="a new one")
    other = Desk(
        Home(connected_desk.home.root), connected_desk.secrets, person="anna", limits=QUICK
    )
    other.connecting.reconnect(business, msgspec.structs.replace(draft, password="a new one"))
    assert connected_desk.sessions.call(business, lambda kashflow: kashflow.get_vat_rates())
    assert not connection_of(connected_desk, business).needs_reconnecting


def test_a_forgotten_address_is_authorised_again_and_a_write_happens_once(
    connected_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    sandbox.account.forget_addresses()
    before = len(sandbox.account.suppliers())
    number = connected_desk.sessions.call(
        business, lambda kashflow: kashflow.insert_supplier(Supplier(name="Newco Ltd"))
    )
    suppliers = sandbox.account.suppliers()
    assert [one["SupplierID"] for one in suppliers[before:]] == [number]
    assert sandbox.account.addresses() == {"127.0.0.1": "Kashdeck"}
    assert connected_desk.businesses.summary(business).state is ConnectionState.CONNECTED


def test_six_at_once_authorise_the_machine_once(
    connected_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    sandbox.account.forget_addresses()
    sandbox.account.calls.clear()
    together = threading.Barrier(6)
    answers: list[int] = []

    def read() -> None:
        # All six are refused before the first of them authorises the machine.
        def work(kashflow: KashFlow) -> int:
            try:
                return len(kashflow.get_vat_rates())
            except Problem:
                together.wait(timeout=HANG)
                raise

        answers.append(connected_desk.sessions.call(business, work))

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 6
    assert sandbox.account.calls["AutoAuthIP"] == 1


def test_an_address_refused_again_is_not_asked_for_a_third_time(
    connected_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    sandbox.misbehave(
        "GetVATRates",
        "refuse",
        times=None,
        text="The IP address of 10.0.0.1 is not in the access list",
    )
    sandbox.account.calls.clear()
    with pytest.raises(Problem, match=r"10\.0\.0\.1"):
        connected_desk.sessions.call(business, lambda kashflow: kashflow.get_vat_rates())
    assert dict(sandbox.account.calls) == {"GetVATRates": 2, "AutoAuthIP": 1}
    state = connected_desk.businesses.summary(business).state
    assert state is ConnectionState.NEEDS_RECONNECTING


def wrong_password(sandbox: Sandbox) -> None:
    sandbox.account.switch(separate_api_password="another")


def api_off(sandbox: Sandbox) -> None:
    sandbox.account.switch(api_enabled=False)


def address_lost(sandbox: Sandbox) -> None:
    sandbox.account.forget_addresses()
    sandbox.account.switch(autoauth_enabled=False)


@pytest.mark.parametrize("happens", [wrong_password, api_off, address_lost])
def test_what_only_a_person_can_mend_is_remembered_until_it_is(
    connected_desk: Desk, business: str, sandbox: Sandbox, happens: Callable[[Sandbox], None]
) -> None:
    happens(sandbox)
    with pytest.raises(Problem) as failed:
        connected_desk.sessions.call(business, lambda kashflow: kashflow.get_vat_rates())
    connection = connection_of(connected_desk, business)
    assert connection.needs_reconnecting
    assert connection.problem is not None
    assert connection.problem.code == failed.value.code
    assert connection.problem.cure
    sandbox.account.switch(separate_api_password=None, api_enabled=True, autoauth_enabled=True)
    connected_desk.sessions.call(business, lambda kashflow: kashflow.get_vat_rates())
    connection = connection_of(connected_desk, business)
    assert not connection.needs_reconnecting
    assert connection.problem is None


@pytest.mark.parametrize("kind", [ReplyLost, ServerUnreachable, RequestFault])
def test_other_trouble_is_neither_repeated_nor_remembered(
    connected_desk: Desk, business: str, kind: type[Problem]
) -> None:
    calls = 0

    def work(kashflow: KashFlow) -> None:
        nonlocal calls
        calls += 1
        raise kind("It did not work.")

    with pytest.raises(kind):
        connected_desk.sessions.call(business, work)
    assert calls == 1
    assert not connection_of(connected_desk, business).needs_reconnecting


def test_a_call_of_before_the_reconnect_says_nothing_about_the_new_credentials(
    connected_desk: Desk, business: str, draft: Draft
) -> None:
    def work(kashflow: KashFlow) -> None:
        connected_desk.connecting.reconnect(business, draft)
        raise WrongCredentials("The old password is not accepted.")

    with pytest.raises(WrongCredentials):
        connected_desk.sessions.call(business, work)
    assert not connection_of(connected_desk, business).needs_reconnecting


def test_a_wrong_key_is_told_as_such_when_the_address_is_lost(
    connected_desk: Desk, business: str, sandbox: Sandbox
) -> None:
    address_lost(sandbox)
    with pytest.raises(AutoAuthRefused) as failed:
        connected_desk.sessions.call(business, lambda kashflow: kashflow.get_vat_rates())
    assert "AutoAuth" in failed.value.cure
