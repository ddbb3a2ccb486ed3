"""Who may call: credentials, the API switch, the list of addresses, AutoAuth."""

from __future__ import annotations

import re

import pytest

from kfclient.sandbox import Sandbox
from tests.sandbox.wire import Wire

WRONG = "Incorrect username or password"
NOT_LISTED = "The IP address of 127.0.0.1 is not in the access list"
RATES = '<GetVATRates xmlns="KashFlow">{}</GetVATRates>'


@pytest.mark.parametrize(
    "inner",
    [
        "",
        "<UserName>{u}</UserName>",
        "<Password>{p}</Password>",
        "<UserName></UserName><Password></Password>",
        "<UserName>{u}</UserName><Password>{p}x</Password>",
        "<UserName>x{u}</UserName><Password>{p}</Password>",
        "<username>{u}</username><Password>{p}</Password>",
    ],
)
def test_wrong_missing_or_empty_credentials(wire: Wire, inner: str) -> None:
    filled = inner.format(u=wire.sandbox.username, p=wire.sandbox.password)
    answer = wire.post("GetVATRates", RATES.format(filled))
    assert (answer.http, answer.status, answer.detail) == (200, "NO", WRONG)
    assert answer.result is None


def test_credentials_come_before_the_other_gates(closed: Wire) -> None:
    closed.sandbox.account.switch(api_enabled=False)
    assert closed.post("GetVATRates", RATES.format("")).detail == WRONG


def test_the_api_can_be_off_and_that_comes_before_the_address(closed: Wire) -> None:
    closed.sandbox.account.switch(api_enabled=False)
    assert closed.no("GetVATRates") == "The API is not enabled for this account"
    key = closed.sandbox.autoauth_key
    assert "not enabled" in closed.no("AutoAuthIP", appName="a", AutoAuthKey=key)


def test_nobody_is_on_the_list_at_first(closed: Wire) -> None:
    assert closed.no("GetVATRates") == NOT_LISTED
    assert closed.sandbox.account.addresses() == {}


def test_autoauth_puts_the_caller_on_the_list_with_the_apps_name(closed: Wire) -> None:
    key = closed.sandbox.autoauth_key
    answer = closed.ok("AutoAuthIP", appName="Kashdeck", AutoAuthKey=key)
    assert answer.number == 1
    assert closed.sandbox.account.addresses() == {"127.0.0.1": "Kashdeck"}
    closed.ok("GetVATRates")


def test_autoauth_again_is_ok_and_changes_nothing(closed: Wire) -> None:
    key = closed.sandbox.autoauth_key
    closed.ok("AutoAuthIP", appName="First", AutoAuthKey=key)
    closed.ok("AutoAuthIP", appName="Second", AutoAuthKey=key)
    assert closed.sandbox.account.addresses() == {"127.0.0.1": "First"}


def test_the_key_may_be_in_lower_case_and_have_space_around_it(closed: Wire) -> None:
    key = f" {closed.sandbox.autoauth_key.lower()}\n"
    closed.ok("AutoAuthIP", appName="Kashdeck", AutoAuthKey=key)


@pytest.mark.parametrize("key", ["", "12345678-1234", "nonsense"])
def test_a_wrong_key_is_refused_with_0(closed: Wire, key: str) -> None:
    answer = closed.call("AutoAuthIP", appName="Kashdeck", AutoAuthKey=key)
    assert answer.status == "NO"
    assert answer.number == 0
    assert closed.sandbox.account.addresses() == {}


def test_autoauth_needs_the_right_password(closed: Wire) -> None:
    content = (
        f'<AutoAuthIP xmlns="KashFlow"><UserName>{closed.sandbox.username}</UserName>'
        f"<AutoAuthKey>{closed.sandbox.autoauth_key}</AutoAuthKey></AutoAuthIP>"
    )
    assert closed.post("AutoAuthIP", content).detail == WRONG


def test_autoauth_can_be_off(closed: Wire) -> None:
    closed.sandbox.account.switch(autoauth_enabled=False)
    key = closed.sandbox.autoauth_key
    assert closed.no("AutoAuthIP", appName="a", AutoAuthKey=key).startswith("AutoAuth is not")


def test_the_restriction_can_be_off(closed: Wire) -> None:
    closed.sandbox.account.switch(ip_restricted=False)
    closed.ok("GetVATRates")


def test_an_address_can_be_forgotten(wire: Wire) -> None:
    wire.ok("GetVATRates")
    wire.sandbox.account.forget_addresses()
    assert wire.no("GetVATRates") == NOT_LISTED


def test_a_separate_api_password_shuts_out_the_login_password(wire: Wire) -> None:
    login = wire.sandbox.password
    wire.sandbox.account.switch(separate_api_password="api only")
    content = f"<UserName>{wire.sandbox.username}</UserName><Password>{login}</Password>"
    assert wire.post("GetVATRates", RATES.format(content)).detail == WRONG
    assert wire.sandbox.password == "api only"
    wire.ok("GetVATRates")
    wire.sandbox.account.switch(separate_api_password=None)
    assert wire.sandbox.password == login


def test_the_key_has_kashflows_shape() -> None:
    with Sandbox() as sandbox:
        assert re.fullmatch(r"[0-9A-F]{8}-[0-9A-F]{4}", sandbox.autoauth_key)


def test_no_two_accounts_share_a_secret() -> None:
    with Sandbox() as one, Sandbox() as other:
        assert one.password != other.password
        assert one.autoauth_key != other.autoauth_key


def test_neither_secret_shows_in_a_repr() -> None:
    with Sandbox() as sandbox:
        shown = repr(sandbox) + repr(sandbox.account)
        assert sandbox.password not in shown
        assert sandbox.autoauth_key not in shown
