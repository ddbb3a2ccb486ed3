"""A business on this machine, its people, and its connection to KashFlow."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from kfclient.desk.errors import WrongValue
from kfclient.desk.model.connection_state import ConnectionState
from kfclient.errors import Problem


class Role(StrEnum):
    """What a person may do: an Admin everything, a Standard user look, sync and publish."""

    ADMIN = "admin"
    STANDARD = "standard"


class ProblemNote(msgspec.Struct, frozen=True):
    """A problem as it is remembered: the three parts of `kfclient.errors.Problem`."""

    code: str
    sentence: str
    cure: str = ""


def note_of(problem: Problem) -> ProblemNote:
    """Return the problem as the state remembers it."""
    return ProblemNote(problem.code, problem.sentence, problem.cure)


class ListStatus(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One of the six lists after its last sync; times are UTC.

    `remarks` are sentences about what came otherwise than whole: a record that was left out, a
    part of the list that the account may not read.
    """

    count: int = 0
    synced_at: datetime | None = None
    added: int = 0
    changed: int = 0
    removed: int = 0
    problem: ProblemNote | None = None
    remarks: list[str] = []


class Company(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who KashFlow says these books belong to; what tells one company from another."""

    name: str = ""
    postcode: str = ""
    vat_number: str = ""
    email: str = ""
    currency: str = "GBP"
    vat_registered: bool = False


class Connection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A connection to KashFlow, without its secrets: those are in the keyring `secrets_in`.

    `readdressed` says that the address came with a backup, other than it was here: a secret that
    does not say itself where it may go is not sent there.
    """

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
    readdressed: bool = False

    @property
    def doubtful(self) -> bool:
        """Whether the password was found to be kept for another address than this."""
        return self.problem is not None and self.problem.code == "secret-elsewhere"

    @property
    def address(self) -> str:
        """Where the secrets go: "anna at https://..."."""
        return f"{self.username} at {self.endpoint}"


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

    @property
    def admins(self) -> str:
        """The Admins' names, as those to ask: "anna or ben"; else who can become one."""
        names = sorted(name for name, role in self.people.items() if role is Role.ADMIN)
        if not names:
            return "the owner of the home's folder"
        return " or ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


class ItemCounts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many items of a business stand where.

    `refused` counts those of the ready ones that KashFlow has refused, `unknown` those of unknown
    outcome, `needs_you` all that a person has to look at, wherever else they are counted.
    """

    ready: int = 0
    to_review: int = 0
    published: int = 0
    needs_you: int = 0
    unknown: int = 0
    refused: int = 0


class BusinessSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the home screen and of `kashdeck status`."""

    business: Business
    state: ConnectionState
    role: Role | None
    items: ItemCounts


# The accounting software that a business can be connected to: only what works.


class Software(msgspec.Struct, frozen=True, kw_only=True):
    """One choice: `endpoint` is the server's address, empty where the person gives it."""

    id: str
    name: str
    about: str
    endpoint: str = ""
    asks_address: bool = False


SOFTWARE: tuple[Software, ...] = (
    Software(
        id="kashflow",
        name="KashFlow",
        endpoint="https://securedwebapp.com/api/service.asmx",
        about="Your books at KashFlow, live.",
    ),
    Software(
        id="sandbox",
        name="KashFlow sandbox",
        about="Practice books on a KashFlow-compatible server; start one with: kashdeck sandbox",
        asks_address=True,
    ),
)


def software(software_id: str) -> Software:
    """Return the software of this id; WrongValue lists what there is."""
    for choice in SOFTWARE:
        if choice.id == software_id:
            return choice
    raise WrongValue(
        f"“{software_id}” is not software that Kashdeck connects to.",
        "There is " + " and ".join(choice.id for choice in SOFTWARE) + ".",
    )


def software_at(endpoint: str) -> Software:
    """Return the software whose server is at this address; any other one is the sandbox's kind."""
    return next((choice for choice in SOFTWARE if choice.endpoint == endpoint), SOFTWARE[-1])


# The six things to do in KashFlow before a business can be connected.
#
# From KashFlow's API Settings page (https://www.kashflow.com/developers/soap-api/autoauthip/).


class Step(msgspec.Struct, frozen=True):
    """One thing to do in KashFlow: an id that ticks remember, a short title, and how."""

    id: str
    title: str
    how: str


STEPS = (
    Step("open", "Open Apps > API Settings", "In KashFlow choose Apps in the left menu, then API "
         "Settings at the top right."),
    Step("soap", "Check that Enable SOAP API is ticked", "It is the switch for everything below."),
    Step("autoauth", "Tick Enable AutoAuth", "KashFlow then makes a key. With it Kashdeck can add "
         "this machine's address to the list of allowed addresses."),
    Step("username", "Note the username shown on that page", "It may differ from the e-mail "
         "address you sign in with."),
    Step("key", "Copy the AutoAuth key with Copy code", "It looks like 1234ABCD-1234."),
    Step("save", "Save, if you changed anything", "Press Update at the end of the page, or nothing "
         "you ticked will count."),
)  # fmt: skip

GUIDE = "https://www.kashflow.com/developers/soap-api/autoauthip/"
