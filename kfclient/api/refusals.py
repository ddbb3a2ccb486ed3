"""KashFlow's own no: which of our errors a `StatusDetail` or a SOAP fault is.

KashFlow has no error codes, only sentences. Those matched here are the ones public clients have
seen, by their stems; any other is a plain `Refused` that says the sentence.
"""

from __future__ import annotations

import re

from kfclient.api.errors import (
    AddressNotListed,
    ApiDisabled,
    AutoAuthRefused,
    CodeInvalid,
    CodeNotUnique,
    KashFlowError,
    NotFound,
    Refused,
    RequestFault,
    RequestTooLarge,
    ServerTrouble,
    WrongCredentials,
)

_ADDRESS = re.compile(r"the ip address of (.*?) is not in the access list", re.IGNORECASE)
_CREDENTIALS = re.compile(r"incorrect username or password", re.IGNORECASE)
_DISABLED = re.compile(
    r"\bAPI\b.*\b(not (been )?enabled|disabled|switched off|turned off|not switched on)",
    re.IGNORECASE,
)
_TAKEN = re.compile(r"code is not unique", re.IGNORECASE)
_INVALID = re.compile(r"code specified is invalid", re.IGNORECASE)
_TIMEOUT = re.compile(r"\btimeout expired\b", re.IGNORECASE)
_TOO_LARGE = re.compile(r"maximum request length exceeded", re.IGNORECASE)
_ABSENT = re.compile(
    r"\b(there is no|no such|not found|does(n[o']t| not) exist|could not (be found|find))\b",
    re.IGNORECASE,
)


def refusal(operation: str, said: str) -> KashFlowError:
    """Return the error for `said`, the `StatusDetail` of a reply whose Status is not OK.

    A database that gave up in the middle is no refusal: what it had done by then nobody says.
    """
    if _TIMEOUT.search(said):
        return ServerTrouble(_quoted("KashFlow had trouble of its own", said), said=said)
    if _CREDENTIALS.search(said):
        return WrongCredentials("KashFlow does not accept this username and password.", said=said)
    if address := _ADDRESS.search(said):
        return AddressNotListed(
            f"This machine's address, {address[1]}, is not on the list of those that may use this "
            "account's API.",
            said=said,
        )
    if _DISABLED.search(said):
        return ApiDisabled("The SOAP API is switched off for this account.", said=said)
    if operation == "AutoAuthIP":
        return AutoAuthRefused(_quoted("KashFlow did not accept the AutoAuth key", said), said=said)
    if _TAKEN.search(said):
        return CodeNotUnique("This code is taken in KashFlow already.", said=said)
    if _INVALID.search(said):
        return CodeInvalid("KashFlow does not take this code.", said=said)
    if _ABSENT.search(said):
        return NotFound(_quoted("KashFlow does not have it", said), said=said)
    return Refused(_quoted("KashFlow refused this", said), said=said)


def fault(code: str, said: str) -> KashFlowError:
    """Return the error for a SOAP fault: `code` is its faultcode or Code/Value, `said` its text.

    Client (SOAP 1.2: Sender) means that KashFlow could not read the request, so did nothing with
    it; any other fault may have come after the work was done.
    """
    if _TOO_LARGE.search(said):
        return too_large(said)
    party = code.rpartition(":")[2].partition(".")[0]
    if party in ("Client", "Sender"):
        return RequestFault(
            _quoted("KashFlow could not read what was sent, so nothing was changed", said),
            "This is a mistake of this program, not of yours: please report it.",
            said=said,
        )
    return ServerTrouble(_quoted("KashFlow had trouble of its own", said), said=said)


def too_large(said: str = "") -> RequestTooLarge:
    """Return the error for a request that the server did not read for its size."""
    return RequestTooLarge("This is larger than KashFlow takes; nothing was changed.", said=said)


def _quoted(sentence: str, said: str) -> str:
    if not said:
        return f"{sentence}, and gave no reason."
    return f"{sentence}. It says: {said}{'' if said[-1] in '.!?' else '.'}"
