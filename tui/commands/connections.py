"""`kashdeck connections`: the businesses on this machine, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    """Declare nothing but the form of the answer."""
    parser.answers_json()
    parser.example("kashdeck connections --json")


def run(args: argparse.Namespace) -> int:
    """List the businesses."""
    with businesses_opened() as businesses:
        summaries = businesses.all()
    if args.json:
        say_json({"connections": [connection_shape(summary) for summary in summaries]})
    elif summaries:
        say(connections_table(summaries))
    else:
        say("No business is here yet. Add one with: kashdeck connect NAME --username U")
    return 0


def connections_table(summaries: list[BusinessSummary]) -> str:
    """Return the businesses as a table."""
    columns = (
        Column("Business", gives=True),
        Column("State"),
        Column("Company", gives=True),
        Column("Last sync"),
        Column("Ready", right=True),
        Column("To review", right=True),
    )
    return table(columns, [_row(summary) for summary in summaries], room_here())


def _row(summary: BusinessSummary) -> tuple[str, ...]:
    connection = summary.business.connection
    return (
        summary.business.name,
        summary.state.value,
        "" if connection is None else connection.company.name,
        "" if connection is None else shown_time(connection.last_sync),
        str(summary.items.ready),
        str(summary.items.to_review),
    )
