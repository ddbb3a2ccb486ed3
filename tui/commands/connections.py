"""`kashdeck connections`: the businesses on this machine, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.business.glance import glances
from tui.commands.output import say, say_json
from tui.commands.standings import connection_shape, connections_table

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare nothing but the form of the answer."""
    parser.answers_json()
    parser.example("kashdeck connections --json")


def run(args: argparse.Namespace) -> int:
    """List the businesses."""
    every = glances()
    if args.json:
        say_json({"connections": [connection_shape(glance) for glance in every]})
    else:
        say(connections_table(every))
    return 0
