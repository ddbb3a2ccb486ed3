"""`kashdeck sync` and `kashdeck lists`: read the six lists from KashFlow, look at one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.model.list_names import ListName
from tui.commands.opening import opened, unlocked
from tui.commands.output import TextColumn, count, room_here, say, say_json, shown_time, table
from tui.commands.progress import STOPPED, Progress, stoppable
from tui.commands.shapes import Shape
from tui.commands.status import list_shape, problem_shape
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.cancel import Cancel
    from kfclient.desk import Desk
    from kfclient.desk.model.business import Business, ListStatus
    from kfclient.desk.sync.lists import ListRecord
    from kfclient.desk.sync.sync import SyncReport
    from kfclient.errors import Problem
    from tui.commands.usage import Parser


def sync_arguments(parser: Parser) -> None:
    """Declare the business, or all."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the business")
    parser.add_argument("--all", action="store_true", help="every connected business")
    parser.takes_secrets()
    parser.traces()
    parser.answers_json()
    parser.example("kashdeck sync 'Harbour Lane'", "kashdeck sync --all --json")


def run_sync(args: argparse.Namespace) -> int:
    """Sync; 1 when a list did not come. With --all one business's trouble spares the others."""
    if bool(args.name) == args.all:
        raise WrongUse("Say which: the name of a business, or --all.", "See: kashdeck sync --help")
    codes, shapes = [0], []
    with opened(args.trace) as desk, stoppable() as cancel:
        for business in _chosen(desk, args):
            code, shape = _sync(desk, business, cancel, args)
            codes.append(code)
            shapes.append(shape)
            if cancel.is_set:
                break
    if args.json:
        say_json({"syncs": shapes})
    elif not shapes:
        say("No business is connected.")
    return max(codes)


def _sync(
    desk: Desk, business: Business, cancel: Cancel, args: argparse.Namespace
) -> tuple[int, Shape]:
    from kfclient.errors import Cancelled, Problem, tell

    if not args.json:
        say(f"{business.name}:")
    progress = Progress(quiet=args.json)
    try:
        report = unlocked(
            desk,
            lambda: desk.syncing.sync(business.id, progress, cancel),
            secrets_stdin=args.secrets_stdin,
        )
    except Problem as problem:
        if not args.all or isinstance(problem, Cancelled):
            raise
        if not args.json:
            say(*(f"  {line}" for line in tell(problem).splitlines()))
        return 1, _failed_shape(business, problem)
    return exit_code(report), sync_shape(business, report)


def exit_code(report: SyncReport) -> int:
    """Return 0 when every list came, 1 when one did not, 130 when the person stopped it."""
    if report.cancelled:
        return STOPPED
    return 1 if report.failed else 0


def sync_shape(business: Business, report: SyncReport) -> Shape:
    """Return how a sync went, list by list."""
    return {
        "name": business.name,
        "id": business.id,
        "cancelled": report.cancelled,
        "problem": None,
        "lists": {
            name.value: {
                **list_shape(status),
                "added": status.added,
                "changed": status.changed,
                "removed": status.removed,
            }
            for name, status in sorted(report.lists.items(), key=_place)
        },
    }


def _place(one: tuple[ListName, ListStatus]) -> int:
    return list(ListName).index(one[0])


def _failed_shape(business: Business, problem: Problem) -> Shape:
    return {
        "name": business.name,
        "id": business.id,
        "cancelled": False,
        "problem": problem_shape(problem),
        "lists": {},
    }


def _chosen(desk: Desk, args: argparse.Namespace) -> list[Business]:
    if args.name:
        return [desk.businesses.find(args.name)]
    every = [summary.business for summary in desk.businesses.all()]
    return [business for business in every if business.connection is not None]


# `kashdeck lists`: look at one of the six lists, as the last sync left it.


def lists_arguments(parser: Parser) -> None:
    """Declare the business, the list and the filter."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument(
        "list",
        metavar="LIST",
        help="chart-of-accounts, suppliers, customers, tax-rates, projects or bank-accounts",
    )
    parser.add_argument(
        "--filter",
        metavar="TEXT",
        default="",
        help="only records with this in code, name or detail",
    )
    parser.answers_json()
    parser.example("kashdeck lists 'Harbour Lane' suppliers --filter print")


def run_lists(args: argparse.Namespace) -> int:
    """Show the list; asks KashFlow nothing."""
    from kfclient.desk.model.list_names import parse_name

    name = parse_name(args.list)
    with opened() as desk:
        business = desk.businesses.find(args.name)
        rows = [row for row in desk.lists.read(business.id, name) if _has(row, args.filter)]
    connection = business.connection
    status = None if connection is None else connection.lists.get(name.value)
    synced_at = None if status is None else status.synced_at
    if args.json:
        say_json(
            {
                "list": name.value,
                "count": len(rows),
                "synced_at": synced_at,
                "rows": [
                    {
                        "id": row.id,
                        "code": row.code or None,
                        "name": row.name,
                        "detail": row.detail or None,
                        "fields": row.fields,
                    }
                    for row in rows
                ],
            }
        )
        return 0
    if rows:
        columns = (
            TextColumn("Code"),
            TextColumn("Name", gives=True),
            TextColumn("Detail", gives=True),
        )
        say(*table(columns, [(row.code, row.name, row.detail) for row in rows], room_here()))
    when = f"synced {shown_time(synced_at)}" if synced_at else "never synced"
    say(f"{count(len(rows), 'record')}, {when}.")
    return 0


def _has(row: ListRecord, text: str) -> bool:
    wanted = text.casefold()
    return any(wanted in value.casefold() for value in (row.code, row.name, row.detail))
