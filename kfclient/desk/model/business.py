"""A business on this machine, its people, and its connection to KashFlow."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from kfclient.desk.business.standing import ConnectionState as ConnectionState


class Role(StrEnum):
    """What a person may do: an Admin everything, a Standard user look, sync and publish."""

    ADMIN = "admin"
    STANDARD = "standard"


class ProblemNote(msgspec.Struct, frozen=True):
    """A problem as it is remembered: the three parts of `kfclient.errors.Problem`."""

    code: str
    sentence: str
    cure: str = ""


class ListStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the six lists after its last sync; times are UTC."""

    count: int = 0
    synced_at: datetime | None = None
    added: int = 0
    changed: int = 0
    removed: int = 0
    problem: ProblemNote | None = None


class Company(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who KashFlow says these books belong to; what tells one company from another."""

    name: str = ""
    postcode: str = ""
    vat_number: str = ""
    email: str = ""
    currency: str = "GBP"
    vat_registered: bool = False


class Connection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A connection to KashFlow, without its secrets: those are in the keyring `secrets_in`."""

    software: str
    endpoint: str
    username: str
    secrets_in: str
    company: Company
    connected_at: datetime
    connected_by: str
    needs_reconnecting: bool = False
    problem: ProblemNote | None = None
    last_sync: datetime | None = None
    lists: dict[str, ListStatus] = {}


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a business publishes.

    Tax data is off until it is switched on, as bookkeepers know it: items then go as one gross
    amount with VAT N/A. The default tax codes are percentages (-1 is N/A), used where an item does
    not say its own. `certificate_authority` is a PEM file of an authority to trust besides the
    usual ones, "" when there is none. `locked_until` is the last day of a closed period: nothing
    dated on or before it may go. `any_category` lets sales take codes that KashFlow files under
    purchases, and the other way round.
    """

    publish_tax_data: bool = False
    default_tax_code_costs: Decimal | None = None
    default_tax_code_sales: Decimal | None = None
    settle_seconds: int = 130
    certificate_authority: str = ""
    locked_until: date | None = None
    any_category: bool = False


class Business(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A business: `id` is a slug of its first name and never changes."""

    id: str
    name: str
    created_at: datetime
    people: dict[str, Role] = {}
    ticks: tuple[str, ...] = ()
    connection: Connection | None = None
    settings: Settings = Settings()


class ItemCounts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many items of a business stand where."""

    ready: int = 0
    to_review: int = 0
    published: int = 0
    needs_you: int = 0


class BusinessSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the home screen and of `kashdeck status`."""

    business: Business
    state: ConnectionState
    role: Role | None
    items: ItemCounts
