"""From a call to its reply: gates, then the operation, then Status and StatusDetail."""

from __future__ import annotations

from decimal import DecimalException

from kfclient.sandbox.account import Account, Refusal, Reply
from kfclient.sandbox.calls import (
    access,
    banking,
    document_lists,
    documents,
    extras,
    lists,
    parties,
    payments,
    projects,
    unoffered,
)
from kfclient.sandbox.calls.lists import Answer
from kfclient.sandbox.gates import authorise_address, pass_gates
from kfclient.sandbox.schema import Record
from kfclient.sandbox.soap import Fault, Request

_MODULES = (
    lists,
    banking,
    access,
    projects,
    parties,
    documents,
    document_lists,
    payments,
    extras,
    unoffered,
)
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


def _execute(account: Account, request: Request, address: str) -> Reply:
    name, arguments = request.operation.name, request.arguments
    for field in () if name in unoffered.ANSWERS else request.operation.asks:
        if field.is_object and arguments[field.name] is None:
            raise Fault(
                "Server was unable to process request. ---> "
                "Object reference not set to an instance of an object.",
                "Server",
            )
    if name == "AutoAuthIP":
        return authorise_address(account, arguments, address)
    return ANSWERS[name](account, arguments)
