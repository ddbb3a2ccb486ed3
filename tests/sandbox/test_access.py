"""Opening an account, and a link for one login."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from kfclient.sandbox.account import SECONDS
from tests.sandbox.wire import Wire

KEY = "partner-key"
ACCOUNT = {
    "AccountCreationKey": KEY,
    "Username": "new.company",
    "password": "secret",
    "memorableword": "harbour",
    "CompanyName": "New Company Ltd",
}


def create(wire: Wire, **changes: str) -> str | int:
    """Ask for an account; return its user id, or the sentence of a refusal."""
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in {**ACCOUNT, **changes}.items())
    answer = wire.post("createAccount", f'<createAccount xmlns="KashFlow">{inner}</createAccount>')
    assert answer.names()[-2:] == ["Status", "StatusDetail"]
    return answer.number if answer.status == "OK" else str(answer.detail)


def test_a_partners_key_opens_accounts_and_nobody_is_one_without_it(closed: Wire) -> None:
    assert create(closed) == "The account creation key is not valid"
    assert create(closed, AccountCreationKey="") == "The account creation key is not valid"
    closed.sandbox.account.switch(account_creation_key=KEY)
    assert create(closed, AccountCreationKey="guess") == "The account creation key is not valid"
    first = create(closed)
    assert isinstance(first, int)
    assert create(closed, Username="another.company") == first + 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "four"}, "The password must have at least 5 characters"),
        ({"memorableword": "four"}, "The memorable word must have at least 5 characters"),
        ({"Username": " "}, "An account needs a username"),
    ],
)
def test_what_an_account_needs(closed: Wire, changes: dict[str, str], words: str) -> None:
    closed.sandbox.account.switch(account_creation_key=KEY)
    assert create(closed, **changes) == words


def test_a_username_is_given_once(closed: Wire) -> None:
    closed.sandbox.account.switch(account_creation_key=KEY)
    create(closed)
    assert create(closed) == "That username is already in use"
    assert create(closed, Username=closed.sandbox.username) == "That username is already in use"


def test_remote_login_is_off_at_first(wire: Wire) -> None:
    assert wire.no("GetRemoteLoginURL") == "Remote Login is not enabled for this account"


def test_a_link_is_for_one_login(wire: Wire) -> None:
    wire.sandbox.account.switch(remote_login=True)
    url = urlsplit(str(wire.ok("GetRemoteLoginURL").text("GetRemoteLoginURLResult")))
    assert url.netloc == wire.host
    answer = wire.send(None, {}, url.path)
    assert (answer.http, wire.sandbox.username.encode() in answer.body) == (200, True)
    assert wire.send(None, {}, url.path).http == 410
    assert wire.send(None, {}, "/remote/guess").http == 410


@pytest.mark.parametrize(("waited", "http"), [(SECONDS - 1, 200), (SECONDS, 410)])
def test_a_link_dies_after_120_seconds(wire: Wire, waited: float, http: int) -> None:
    account = wire.sandbox.account
    account.switch(remote_login=True)
    now = 1000.0
    account.remote_logins.clock = lambda: now
    path = urlsplit(str(wire.ok("GetRemoteLoginURL").text("GetRemoteLoginURLResult"))).path
    now += waited
    assert wire.send(None, {}, path).http == http
