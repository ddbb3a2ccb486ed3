"""The way each client of another make goes, and what it must have seen on it.

Log in and be refused for the address, AutoAuth, the lists, a supplier, a purchase of two lines, its
payment, reading it back, a page, deleting it; and a fault where a number is none. What a client saw
is told by `Seen`'s names, in a program of its own as one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from kfclient.sandbox import Sandbox
from tests.waiting import HANG

SUPPLIER = "Wharf & Söhne"
REFERENCE = "W <1>"
LINES = (("Rent", "2", "10.50", "4.20"), ("Café <&>", "1", "7.25", "1.45"))
"""Each line's description, quantity, net price of one, and VAT."""
PAID = "33.90"


class Seen(msgspec.Struct):
    """What a client has seen on its way; amounts as text."""

    stranger: str
    unlisted: str
    company: str
    rates: list[str]
    customers: int
    supplier: int
    suppliers: list[str]
    number: int
    net: str
    vat: str
    reference: str
    descriptions: list[str]
    charge_types: list[int]
    paid_before: int
    paid: int
    page: list[int]
    totals: list[int]
    deleted: int
    pages_after: int
    fault: str


class Journey:
    """One client's way on a sandbox whose list of addresses is empty."""

    def __init__(self, sandbox: Sandbox, wsdl: Path) -> None:
        self.sandbox = sandbox
        self.wsdl = wsdl
        books = sandbox.account.books
        self.asks = {
            "wsdl": str(wsdl),
            "endpoint": sandbox.endpoint,
            "username": sandbox.username,
            "password": sandbox.password,
            "key": sandbox.autoauth_key,
            "supplier": SUPPLIER,
            "reference": REFERENCE,
            "lines": LINES,
            "paid": PAID,
        }
        self._printing = next(r["id"] for r in books.all("nominals") if r["Code"] == 7500)

    def run(self, *program: str, environment: dict[str, str] | None = None) -> Seen:
        """Run a client that is a program of its own, and return what it says it saw."""
        done = subprocess.run(
            program,
            input=json.dumps(self.asks),
            capture_output=True,
            text=True,
            timeout=3 * HANG,
            check=False,
            env={**os.environ, **(environment or {})},
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return self.seen(json.loads(done.stdout))

    @staticmethod
    def seen(told: dict[str, Any]) -> Seen:
        """Return what a client says it saw; raise where something is missing or no such thing."""
        return msgspec.convert(told, Seen)

    def check(self, seen: Seen, client: str) -> None:
        """Assert that the client saw what is in the books, and that the books saw the client."""
        account = self.sandbox.account
        assert seen.stranger == "Incorrect username or password"
        assert seen.unlisted == "The IP address of 127.0.0.1 is not in the access list"
        assert account.addresses() == {"127.0.0.1": client}
        assert seen.company == "Harbour Lane Trading Ltd"
        assert [Decimal(rate) for rate in seen.rates] == [20, 5, 0, Decimal("17.5")]
        assert seen.customers == len(account.customers())
        by_code = sorted(account.suppliers(), key=lambda row: row["Code"].casefold())
        assert seen.suppliers == [row["Name"] for row in by_code]
        assert SUPPLIER in seen.suppliers
        assert seen.supplier in [row["SupplierID"] for row in account.suppliers()]
        assert (Decimal(seen.net), Decimal(seen.vat)) == (Decimal("28.25"), Decimal("5.65"))
        assert seen.reference == REFERENCE
        assert seen.descriptions == [line[0] for line in LINES]
        assert seen.charge_types == [self._printing] * len(LINES)
        assert (seen.paid_before, seen.paid) == (0, 1)
        assert (seen.page, seen.totals) == ([seen.number], [1, 1, 1])
        assert (seen.deleted, seen.pages_after) == (1, 0)
        assert account.receipts() == []
        assert "Input string was not in a correct format." in seen.fault
