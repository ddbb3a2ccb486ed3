"""The three gates each call passes: credentials, API switched on, address allowed.

In this order, so that nothing is told about an account to who does not have its password.
AutoAuthIP skips the last one, which is its purpose.
"""

from __future__ import annotations

from kfclient.sandbox.account import Account, Refusal, Reply
from kfclient.sandbox.schema import Record

WRONG_CREDENTIALS = "Incorrect username or password"
API_OFF = "The API is not enabled for this account"
NOT_LISTED = "The IP address of {address} is not in the access list"
AUTOAUTH_OFF = "AutoAuth is not enabled for this account"
WRONG_KEY = "The AutoAuth key is not valid for this account"


def pass_gates(account: Account, operation: str, arguments: Record, address: str) -> None:
    """Raise `Refusal` unless this caller may have this operation executed."""
    if not account.admits(arguments["UserName"], arguments["Password"]):
        raise Refusal(WRONG_CREDENTIALS)
    if not account.switches.api_enabled:
        raise Refusal(API_OFF)
    if operation == "AutoAuthIP" or not account.switches.ip_restricted:
        return
    if account.books.get("addresses", address) is None:
        raise Refusal(NOT_LISTED.format(address=address))


def authorise_address(account: Account, arguments: Record, address: str) -> Reply:
    """Put the caller's address on the list, with `appName` as its comment; again does no harm."""
    if not account.switches.autoauth_enabled:
        raise Refusal(AUTOAUTH_OFF)
    if (arguments["AutoAuthKey"] or "").strip().upper() != account.autoauth_key:
        raise Refusal(WRONG_KEY)
    if account.books.get("addresses", address) is None:
        comment = arguments["appName"] or ""
        account.books.put("addresses", {"Address": address, "Comment": comment})
    return Reply(1)
