"""Projects: listed by status, found by id, reference or name, inserted or updated in one call."""

from __future__ import annotations

from functools import partial

from kfclient.sandbox.account import Account, Refusal, Reply, absent
from kfclient.sandbox.calls.lists import Answer
from kfclient.sandbox.contract import TYPES
from kfclient.sandbox.schema import Record

ALL, ACTIVE = -1, 1


def _projects(account: Account, _asks: Record) -> Reply:
    rows = account.books.all("projects")
    if account.switches.active_projects_only:
        rows = [row for row in rows if row.get("Status") == ACTIVE]
    return Reply(
        [{"ID": r["ID"], "Name": r["Name"], "Description": str(r["Number"])} for r in rows]
    )


def _projects_full(account: Account, asks: Record) -> Reply:
    wanted = asks["ProjStatus"]
    rows = account.books.all("projects")
    return Reply([row for row in rows if wanted in (ALL, row.get("Status", 0))])


def _project(field: str, asked: str, account: Account, asks: Record) -> Reply:
    wanted = asks[asked]
    for row in account.books.all("projects"):
        value = row.get(field)
        same_text = isinstance(value, str) and value.casefold() == str(wanted).casefold()
        if value == wanted or same_text:
            return Reply(row)
    return absent(account, "There is no such project")


def _insert_or_update(account: Account, asks: Record) -> Reply:
    books = account.books
    project = TYPES["Project"].lean(asks["Project"])
    if not project.get("Name", "").strip():
        raise Refusal("A project needs a name")
    if project.get("Status", 0) not in (0, 1, 2):
        raise Refusal("The status of a project is 0 (complete), 1 (active) or 2 (archived)")
    customer = project.get("CustomerID", 0)
    if customer and books.get("customers", customer) is None:
        raise Refusal("There is no such customer")
    number = project.get("ID", 0)
    if number and books.get("projects", number) is None:
        raise Refusal("There is no such project")
    if not number:
        number = books.next_id("projects")
    taken = {row["Number"]: row["ID"] for row in books.all("projects")}
    if taken.get(project.get("Number", 0), number) != number:
        raise Refusal("Project Number is not unique")
    before = books.get("projects", number) or {"Number": max(taken, default=0) + 1}
    project.setdefault("Number", before["Number"])
    books.put("projects", {**project, "ID": number})
    return Reply(number)


ANSWERS: dict[str, Answer] = {
    "GetProjects": _projects,
    "GetProjects_Full": _projects_full,
    "GetProjectById": partial(_project, "ID", "ProjId"),
    "GetProjectByRef": partial(_project, "Reference", "ProjRef"),
    "GetProjectByName": partial(_project, "Name", "ProjName"),
    "InsertOrUpdateProject": _insert_or_update,
}
