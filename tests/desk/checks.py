"""What tests of connections share: reading the checks, and books of another company."""

from __future__ import annotations

from kfclient.desk import Desk
from kfclient.desk.events import CheckFailed, CheckPassed, Event
from kfclient.desk.model.list_names import ListName
from kfclient.sandbox import Sandbox
from kfclient.store import Home
from tests.conftest import QUICK

ALL = set(ListName)


def told(events: list[Event]) -> list[tuple[str, str]]:
    """The checks that passed or failed, in order."""
    return [
        ("passed" if isinstance(event, CheckPassed) else "failed", event.check)
        for event in events
        if isinstance(event, CheckPassed | CheckFailed)
    ]


def company_becomes(sandbox: Sandbox, **fields: str) -> None:
    """Have the sandbox keep another company's books, or this one's with other details."""
    books = sandbox.account.books
    (company,) = books.all("company")
    with books.transaction():
        books.drop("company", company["CompanyName"])
        books.put("company", {**company, **fields})


def bob_of(desk: Desk) -> Desk:
    """A desk of somebody else's on the same home."""
    return Desk(Home(desk.home.root), desk.secrets, person="bob", limits=QUICK)


def problems(desk: Desk, business: str) -> dict[str, str]:
    """The code of each list's remembered problem."""
    connection = desk.businesses.get(business).connection
    assert connection is not None
    return {
        name: status.problem.code
        for name, status in connection.lists.items()
        if status.problem is not None
    }
