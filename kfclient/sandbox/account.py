"""One KashFlow account: its credentials, its settings, who may call, and its books."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from hmac import compare_digest
from pathlib import Path
from typing import Any

from kfclient.sandbox.books import Books
from kfclient.sandbox.remote import RemoteLogins
from kfclient.sandbox.schema import Record
from kfclient.sandbox.seed import seed
from kfclient.sandbox.shelf import Shelf
from kfclient.sandbox.switches import Switches


class Refusal(Exception):
    """A call that KashFlow answers with Status NO and a sentence."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A call that KashFlow answers with Status OK: the result, and rarely more."""

    result: Any = None
    detail: str = ""
    more: Record = field(default_factory=dict)


def absent(account: Account, sentence: str, chosen: str = "refused") -> Reply:
    """Answer for one thing that is not there as `not_found` says, or else as chosen here."""
    answered = account.switches.not_found or chosen
    if answered == "refused":
        raise Refusal(sentence)
    return Reply({} if answered == "zeroed" else None)


class Account:
    """The company whose books the sandbox keeps.

    Tests read `receipts()`, `invoices()` and the like, and flip settings with `switch()`. Raises
    what `Journal` raises.
    """

    def __init__(
        self, home: Path | None, suppliers: int | None = None, customers: int | None = None
    ) -> None:
        self.books = Books(home)
        self.shelf = Shelf(None if home is None else home / "files")
        self.file_url = "/files/"
        self.remote_logins = RemoteLogins()
        self.today: Callable[[], date] = date.today
        self.calls: Counter[str] = Counter()
        self._calls_lock = threading.Lock()
        try:
            with self.books.transaction():
                if self.books.is_new:
                    self._create()
                seed(self.books, suppliers, customers)
            self.books.fold()
        except BaseException:
            self.books.close()
            raise
        self._secrets = self._setting("credentials")
        self._switches = Switches().changed(self._setting("switches"))

    def __repr__(self) -> str:
        return f"Account({self.username!r})"

    @property
    def username(self) -> str:
        """The name to log in with, made when the account was."""
        return str(self._secrets["username"])

    @property
    def password(self) -> str:
        """The password that the API takes: the separate one where that is switched on."""
        return self.switches.separate_api_password or str(self._secrets["password"])

    @property
    def autoauth_key(self) -> str:
        """The AutoAuth key, eight and four hexadecimal digits: `1234ABCD-1234`."""
        return str(self._secrets["autoauth_key"])

    @property
    def switches(self) -> Switches:
        """The settings as they are."""
        return self._switches

    def switch(self, **changes: Any) -> None:
        """Change settings by name; raise `SandboxError` at an unknown name or a wrong value."""
        with self.books.transaction():
            switches = self._switches.changed(changes)
            self._put_setting("switches", switches.as_dict())
            self._switches = switches

    def forget_address(self, address: str) -> None:
        """Take an address off the list of those that may call, if it is there."""
        with self.books.transaction():
            if self.books.get("addresses", address) is not None:
                self.books.drop("addresses", address)

    def forget_addresses(self) -> None:
        """Empty the list of addresses that may call."""
        with self.books.transaction():
            for row in self.books.all("addresses"):
                self.books.drop("addresses", row["Address"])

    def admits(self, username: str | None, password: str | None) -> bool:
        """Whether these are the credentials that the API takes."""
        pairs = ((username, self.username), (password, self.password))
        matches = [compare_digest((got or "").encode(), want.encode()) for got, want in pairs]
        return all(matches)

    def count_call(self, operation: str) -> None:
        """Note that an operation was called, whatever becomes of it."""
        with self._calls_lock:
            self.calls[operation] += 1

    def suppliers(self) -> list[Record]:
        """Return the suppliers, by KashFlow's field names."""
        return self.books.all("suppliers")

    def customers(self) -> list[Record]:
        """Return the customers, by KashFlow's field names."""
        return self.books.all("customers")

    def receipts(self) -> list[Record]:
        """Return the purchases, oldest first, as they are stored (without derived sums)."""
        return self.books.all("receipts")

    def invoices(self) -> list[Record]:
        """Return the sales invoices, oldest first, as they are stored (without derived sums)."""
        return self.books.all("invoices")

    def payments(self) -> list[Record]:
        """Return the payments of purchases and sales, oldest first within each."""
        return [*self.books.all("receipt_payments"), *self.books.all("invoice_payments")]

    def addresses(self) -> dict[str, str]:
        """Return the addresses that may call, each with its comment."""
        return {row["Address"]: row["Comment"] for row in self.books.all("addresses")}

    def close(self) -> None:
        """Write the books down and let go of them."""
        self.books.close()

    def _create(self) -> None:
        key = secrets.token_hex(6).upper()
        self._put_setting(
            "credentials",
            {
                "username": f"harbour-lane-{secrets.token_hex(2)}",
                "password": secrets.token_urlsafe(12),
                "autoauth_key": f"{key[:8]}-{key[8:]}",
            },
        )
        self._put_setting("switches", Switches().as_dict())

    def _setting(self, name: str) -> dict[str, Any]:
        row = self.books.get("settings", name)
        return {} if row is None else dict(row["Value"])

    def _put_setting(self, name: str, value: dict[str, Any]) -> None:
        self.books.put("settings", {"Name": name, "Value": value})
