"""The account's settings: KashFlow's API Settings page, and what the sandbox may do differently."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any, get_type_hints

from kfclient.sandbox.errors import SandboxError

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
