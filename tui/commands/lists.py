"""`kashdeck lists`: look at one of the six lists, as the last sync left it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.opening import opened
from tui.commands.output import count, say, say_json
from tui.commands.table import Column, room_here, table
from tui.commands.times import shown_time

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.sync.lists import Row
    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
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


def run(args: argparse.Namespace) -> int:
    """Show the list; asks KashFlow nothing."""
    from kfclient.desk.sync.lists import parse_name

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
        columns = (Column("Code"), Column("Name", gives=True), Column("Detail", gives=True))
        say(table(columns, [(row.code, row.name, row.detail) for row in rows], room_here()))
    when = f"synced {shown_time(synced_at)}" if synced_at else "never synced"
    say(f"{count(len(rows), 'record')}, {when}.")
    return 0


def _has(row: Row, text: str) -> bool:
    wanted = text.casefold()
    return any(wanted in value.casefold() for value in (row.code, row.name, row.detail))
