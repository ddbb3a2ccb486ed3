"""`kashdeck status`: how one business stands with KashFlow in full, or all of them in a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.list_names import ListName
from tui.commands.connections import connections_table
from tui.commands.opening import businesses_opened
from tui.commands.output import say, say_json
from tui.commands.shapes import connection_shape
from tui.commands.table import Column, room_here, table
from tui.commands.times import shown_time

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.business import BusinessSummary
    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business, or none for all."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the business (default: all)")
    parser.answers_json()
    parser.example("kashdeck status", "kashdeck status 'Harbour Lane' --json")


def run(args: argparse.Namespace) -> int:
    """Tell how things stand; asks KashFlow nothing."""
    with businesses_opened() as businesses:
        if args.name:
            summaries = [businesses.summary(businesses.find(args.name).id)]
        else:
            summaries = businesses.all()
    if args.json:
        say_json({"connections": [connection_shape(summary) for summary in summaries]})
    elif args.name:
        say(_in_full(summaries[0]))
    elif summaries:
        say(connections_table(summaries))
    else:
        say("No business is here yet. Add one with: kashdeck connect NAME --username U")
    return 0


def _in_full(summary: BusinessSummary) -> str:
    business, connection, items = summary.business, summary.business.connection, summary.items
    lines = [f"{business.name}: {summary.state.value}"]
    if connection is not None:
        lines += [
            f"Company    {connection.company.name}",
            f"Server     {connection.endpoint}",
            f"Connected  {shown_time(connection.connected_at)} by {connection.connected_by}",
            f"Last sync  {shown_time(connection.last_sync) or 'never'}",
        ]
        if connection.problem is not None:
            lines += [
                f"Problem    {connection.problem.sentence}",
                f"           {connection.problem.cure}",
            ]
    lines.append(
        f"Items      {items.ready} ready, {items.to_review} to review, "
        f"{items.published} published, {items.needs_you} of unknown outcome"
    )
    if connection is not None:
        lines += ["", _lists_table(summary)]
    return "\n".join(lines)


def _lists_table(summary: BusinessSummary) -> str:
    columns = (
        Column("List"),
        Column("Records", right=True),
        Column("Synced"),
        Column("Problem", gives=True),
    )
    connection = summary.business.connection
    known = {} if connection is None else connection.lists
    rows = []
    for name in ListName:
        status = known.get(name.value)
        if status is None:
            rows.append((name.heading, "", "never", ""))
            continue
        problem = "" if status.problem is None else status.problem.sentence
        rows.append(
            (name.heading, f"{status.count:,}", shown_time(status.synced_at) or "never", problem)
        )
    return table(columns, rows, room_here())
