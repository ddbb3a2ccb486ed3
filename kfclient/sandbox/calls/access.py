"""Ways into an account beside the API: a link for one login, and opening an account.

Source: the vendor's method list (a partner's key; password and memorable word of five characters
at least), and an integrator's FAQ (a link dies after its use or after 120 seconds).
"""

from __future__ import annotations

from hmac import compare_digest

from kfclient.sandbox.account import Account, Refusal, Reply
from kfclient.sandbox.calls.lists import Answer
from kfclient.sandbox.schema import Record

_SHORTEST_SECRET = 5


def _remote_login_url(account: Account, _asks: Record) -> Reply:
    if not account.switches.remote_login:
        raise Refusal("Remote Login is not enabled for this account")
    return Reply(account.remote_logins.make())


def _create_account(account: Account, asks: Record) -> Reply:
    """Note the account and answer its user id; the sandbox keeps one company's books, not two."""
    key = account.switches.account_creation_key
    if not key or not compare_digest((asks["AccountCreationKey"] or "").encode(), key.encode()):
        raise Refusal("The account creation key is not valid")
    name = (asks["Username"] or "").strip()
    if not name:
        raise Refusal("An account needs a username")
    if name == account.username or account.books.get("accounts", name):
        raise Refusal("That username is already in use")
    for asked, words in (("password", "password"), ("memorableword", "memorable word")):
        if len(asks[asked] or "") < _SHORTEST_SECRET:
            raise Refusal(f"The {words} must have at least {_SHORTEST_SECRET} characters")
    number = account.books.next_id("accounts")
    company = asks["CompanyName"] or ""
    account.books.put("accounts", {"Username": name, "UserID": number, "CompanyName": company})
    return Reply(number)


ANSWERS: dict[str, Answer] = {
    "GetRemoteLoginURL": _remote_login_url,
    "createAccount": _create_account,
}
