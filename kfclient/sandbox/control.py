"""The control endpoint: flip switches, ask for trouble, and see what the sandbox has seen."""

from __future__ import annotations

from typing import Any

import orjson

from kfclient.sandbox.account import Account
from kfclient.sandbox.errors import SandboxError
from kfclient.sandbox.ledger import INVOICES, RECEIPTS, view
from kfclient.sandbox.troubles import Troubles, trouble_of


def state(account: Account, troubles: Troubles) -> dict[str, Any]:
    """Return counts, switches, calls by operation, waiting faults, addresses and documents.

    Documents are as KashFlow would send them, amounts as text. Credentials are not in it.
    """
    books = account.books
    with books.lock:
        documents = {
            ledger.documents: [view(books, ledger, row) for row in books.all(ledger.documents)]
            for ledger in (RECEIPTS, INVOICES)
        }
        counts = {
            "suppliers": len(account.suppliers()),
            "customers": len(account.customers()),
            "receipts": len(documents["receipts"]),
            "invoices": len(documents["invoices"]),
            "payments": len(account.payments()),
        }
    return {
        "counts": counts,
        "switches": account.switches.as_dict(),
        "addresses": account.addresses(),
        "calls": dict(account.calls),
        "faults": troubles.as_list(),
        "documents": documents,
    }


def change(account: Account, troubles: Troubles, body: bytes) -> None:
    """Make the changes a JSON object asks for, all or none; raise `SandboxError`.

    Beside switches by name it takes `"fault": {...}` (see `troubles`), `"clear_faults": true`,
    `"forget_addresses": true` and `"forget_calls": true`.
    """
    try:
        wanted = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise SandboxError("The control call is not JSON.") from None
    if not isinstance(wanted, dict):
        raise SandboxError("The control call is not a JSON object.")
    acts = {name: wanted.pop(name, False) for name in _ACTS}
    if not all(isinstance(value, bool) for value in acts.values()):
        raise SandboxError(f"{', '.join(_ACTS)} are true or false.")
    fault = wanted.pop("fault", None)
    if fault is not None and not isinstance(fault, dict):
        raise SandboxError("The fault is not a JSON object.")
    trouble = None if fault is None else trouble_of(fault)
    account.switch(**wanted)
    if acts["clear_faults"]:
        troubles.clear()
    if trouble is not None:
        troubles.add(trouble)
    if acts["forget_addresses"]:
        account.forget_addresses()
    if acts["forget_calls"]:
        account.calls.clear()


_ACTS = ("clear_faults", "forget_addresses", "forget_calls")
