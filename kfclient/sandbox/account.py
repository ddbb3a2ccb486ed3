"""One KashFlow account: its credentials, its settings, who may call, and its books."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from hmac import compare_digest
from pathlib import Path
from typing import Any, get_type_hints

from kfclient.sandbox.books import Books
from kfclient.sandbox.contract import Record
from kfclient.sandbox.errors import SandboxError
from kfclient.sandbox.seed import seed

# Links that log one person in once: they die after their use, or after 120 seconds.

SECONDS = 120.0
PATH = "/remote/"


class RemoteLogins:
    """The links given out and not used yet, in memory alone. Thread-safe.

    `origin` is the server's, such as `http://127.0.0.1:8740`; `clock` tells seconds.
    """

    def __init__(self) -> None:
        self.origin = ""
        self.clock: Callable[[], float] = time.monotonic
        self._dies: dict[str, float] = {}
        self._lock = threading.Lock()

    def make(self) -> str:
        """Return a new link."""
        token = secrets.token_urlsafe(18)
        with self._lock:
            now = self.clock()
            self._dies = {t: dies for t, dies in self._dies.items() if dies > now}
            self._dies[token] = now + SECONDS
        return f"{self.origin}{PATH}{token}"

    def use(self, token: str) -> bool:
        """Whether the link still lives; it does not after this."""
        with self._lock:
            return self._dies.pop(token, 0.0) > self.clock()


# Where attached files are kept: a folder beside the books, or memory.

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class Attachments:
    """Files by name. Names are made by the sandbox, never taken from a caller."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> None:
        """Keep a file; it is on disk when this returns. Raises OSError."""
        if self._folder is None:
            self._held[name] = content
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(self._folder / name, _NEW, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def get(self, name: str) -> bytes | None:
        """Return a file's content, None where there is no such file."""
        if self._folder is None or not name.replace(".", "").isalnum():
            return self._held.get(name)
        path = self._folder / name
        return path.read_bytes() if path.is_file() else None

    def drop(self, name: str) -> None:
        """Delete a file."""
        self._held.pop(name, None)
        if self._folder is not None:
            (self._folder / name).unlink(missing_ok=True)


# The account's settings: KashFlow's API Settings page, and what the sandbox may do differently.

NOT_FOUND = ("refused", "zeroed", "empty")
"""Status NO; OK with every field at its default; OK without a result."""


@dataclass(frozen=True, slots=True)
class Switches:
    """Settings that a control call or a test may change; kept in the books.

    The first four and `remote_login` are controls of KashFlow's API Settings page, as a new account
    has them except that the API is on. `strict_*` choose between two readings of what the service
    does.
    """

    api_enabled: bool = True
    ip_restricted: bool = True
    autoauth_enabled: bool = True
    separate_api_password: str | None = None
    remote_login: bool = False
    account_creation_key: str | None = None
    """The partner's key that createAccount asks for; without one it refuses everybody."""
    dropbox_connected: bool = True
    lock_date: str | None = None
    """Documents dated on or before this ISO date are refused."""
    getreceipts_notice: bool = True
    """GetReceipts says in StatusDetail that there are more than the 100 it gives."""
    strict_parties: bool = True
    """A document for a supplier or customer that does not exist is refused."""
    strict_charge_types: bool = True
    """A line whose ChargeType is no nominal's id is refused (0 is always taken as Other)."""
    strict_projects: bool = True
    """A document or line for a project that does not exist is refused."""
    strict_pay_methods: bool = True
    """A payment without a method of its list is refused."""
    strict_numbers: bool = True
    """An insert with a number that is taken is refused; otherwise it overwrites that document."""
    strict_order: bool = False
    """An element that comes after one that the WSDL has later is dropped, as one client fears."""
    na_rate_listed: bool = False
    """GetVATRates lists N/A, with the value that a line carries for it."""
    active_projects_only: bool = False
    """GetProjects leaves out completed and archived projects."""
    zones_dropped: bool = False
    """A date and time with a zone loses it, where it is otherwise moved to UK time."""
    not_found: str | None = None
    """What Get operations of one thing answer when it is not there: one of `NOT_FOUND`."""
    reference_length: int | None = None
    """A document's reference is cut to so many characters."""
    gzip: bool = False
    """Replies are compressed for clients that ask."""

    def changed(self, changes: dict[str, Any]) -> Switches:
        """Return the settings with `changes` made; raise `SandboxError` at a name or value."""
        known = get_type_hints(Switches)
        for name, value in changes.items():
            if name not in known:
                names = ", ".join(field.name for field in fields(Switches))
                raise SandboxError(f"There is no switch {name}.", f"The switches are: {names}.")
            is_other = isinstance(value, bool) and known[name] is not bool  # a bool is an int
            if is_other or not isinstance(value, known[name]):
                raise SandboxError(f"The switch {name} cannot be {value!r}.")
        if changes.get("lock_date"):
            _check_date(changes["lock_date"])
        if changes.get("not_found") not in (None, *NOT_FOUND):
            cure = f"It is null or one of {', '.join(NOT_FOUND)}."
            raise SandboxError(f"not_found cannot be {changes['not_found']!r}.", cure)
        length = changes.get("reference_length")
        if length is not None and length < 1:
            raise SandboxError(
                "reference_length cannot be less than 1.", "Use null for any length."
            )
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings by name."""
        return asdict(self)


def _check_date(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise SandboxError(
            f"The lock date {text!r} is no date.", "Write it as 2026-03-31."
        ) from None


class Refusal(Exception):
    """A call that KashFlow answers with Status NO and a sentence."""


@dataclass(frozen=True, slots=True)
class Result:
    """A call that KashFlow answers with Status OK: the result, and rarely more."""

    result: Any = None
    detail: str = ""
    more: Record = field(default_factory=dict)


def absent(account: Account, sentence: str, chosen: str = "refused") -> Result:
    """Answer for one thing that is not there as `not_found` says, or else as chosen here."""
    answered = account.switches.not_found or chosen
    if answered == "refused":
        raise Refusal(sentence)
    return Result({} if answered == "zeroed" else None)


class Account:
    """The company whose books the sandbox keeps.

    Tests read `receipts()`, `invoices()` and the like, and flip settings with `switch()`. Raises
    what `BooksFile` raises.
    """

    def __init__(
        self, home: Path | None, suppliers: int | None = None, customers: int | None = None
    ) -> None:
        self.books = Books(home)
        self.shelf = Attachments(None if home is None else home / "files")
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
