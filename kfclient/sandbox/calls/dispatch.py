"""From a call to its reply: gates, then the operation, then Status and StatusDetail."""

from __future__ import annotations

from decimal import DecimalException

from kfclient.sandbox.account import Account, Refusal, Result
from kfclient.sandbox.calls import account_lists, contacts, document_lists, documents, payments
from kfclient.sandbox.calls.account_lists import Answer
from kfclient.sandbox.contract import Record
from kfclient.sandbox.soap import Fault, Request

# The three gates each call passes: credentials, API switched on, address allowed.
#
# In this order, so that nobody learns of an account without its password.
# AutoAuthIP skips the last one, which is its purpose.

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


def authorise_address(account: Account, arguments: Record, address: str) -> Result:
    """Put the caller's address on the list, with `appName` as its comment; again does no harm."""
    if not account.switches.autoauth_enabled:
        raise Refusal(AUTOAUTH_OFF)
    if (arguments["AutoAuthKey"] or "").strip().upper() != account.autoauth_key:
        raise Refusal(WRONG_KEY)
    if account.books.get("addresses", address) is None:
        comment = arguments["appName"] or ""
        account.books.put("addresses", {"Address": address, "Comment": comment})
    return Result(1)


_MODULES = (account_lists, contacts, documents, document_lists, payments)
ANSWERS: dict[str, Answer] = {
    name: answer for module in _MODULES for name, answer in module.ANSWERS.items()
}
"""The function that answers each operation (AutoAuthIP apart, which needs the caller's address)."""


def answer(account: Account, request: Request, address: str) -> Record:
    """Execute a call, and return its response's fields; it is in the books when this returns.

    A refusal is `Status` NO and its sentence, with a result of 0, false or nothing. Raises `Fault`
    where the service would have crashed.
    """
    try:
        with account.books.transaction():
            if request.operation.has_credentials:
                pass_gates(account, request.operation.name, request.arguments, address)
            reply = _execute(account, request, address)
    except Refusal as refusal:
        if not request.operation.has_status:
            raise _crash(str(refusal), request) from None
        return {"Status": "NO", "StatusDetail": str(refusal)}
    except Fault as fault:
        raise Fault(fault.sentence, fault.code, request.version) from None
    except DecimalException:
        sentence = "Arithmetic overflow error converting expression to data type money."
        raise _crash(sentence, request) from None
    result = request.operation.result
    answers = {"Status": "OK", "StatusDetail": reply.detail, **reply.more}
    return answers if result is None else {result.name: reply.result, **answers}


def _crash(sentence: str, request: Request) -> Fault:
    whole = f"Server was unable to process request. ---> {sentence}"
    return Fault(whole, "Server", request.version)


def refuse(sentence: str) -> Record:
    """Return the response of a call that is refused without being executed."""
    return {"Status": "NO", "StatusDetail": sentence}


def _execute(account: Account, request: Request, address: str) -> Result:
    name, arguments = request.operation.name, request.arguments
    for field in () if name in account_lists.UNOFFERED else request.operation.asks:
        if field.is_object and arguments[field.name] is None:
            raise Fault(
                "Server was unable to process request. ---> "
                "Object reference not set to an instance of an object.",
                "Server",
            )
    if name == "AutoAuthIP":
        return authorise_address(account, arguments, address)
    return ANSWERS[name](account, arguments)
