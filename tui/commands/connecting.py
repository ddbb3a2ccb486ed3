"""What `connect` and `reconnect` share: the checks as they pass, then the first sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.business.glance import glance
from tui.commands.credentials import NOTES, credential_arguments
from tui.commands.opening import unlocked
from tui.commands.output import say, say_json
from tui.commands.progress import Progress
from tui.commands.standings import connection_shape
from tui.commands.stopping import stoppable
from tui.commands.sync import exit_code, sync_shape

if TYPE_CHECKING:
    import argparse

    from kfclient.desk import Desk
    from kfclient.desk.business.business import Business
    from kfclient.desk.connect.connecting import Draft
    from tui.commands.usage import Parser


def connecting_arguments(parser: Parser, name_help: str, *, known: bool) -> None:
    """Declare the arguments of both commands; `known` ones have credentials from before."""
    parser.add_argument("name", metavar="NAME", help=name_help)
    credential_arguments(parser, known=known)
    parser.add_argument("--no-sync", action="store_true", help="do not read the lists afterwards")
    parser.traces()
    parser.answers_json()
    parser.example(
        f"{parser.prog} 'Harbour Lane' {'' if known else '--username U '}--secrets-stdin < FILE",
        notes=NOTES,
    )


def make_connection(
    desk: Desk, business: Business, args: argparse.Namespace, draft: Draft, *, again: bool
) -> int:
    """Connect the business, sync its lists, and tell; return the exit code."""
    work = desk.connecting.reconnect if again else desk.connecting.connect
    progress = Progress(quiet=args.json)
    with stoppable() as cancel:
        connection = unlocked(desk, lambda: work(business.id, draft, progress, cancel))
        if not args.json:
            say(f"{business.name} is connected to {connection.company.name}.")
        report = None
        if not args.no_sync:
            if not args.json:
                say("Reading the lists:")
            report = desk.syncing.sync(business.id, progress, cancel)
    if args.json:
        say_json(
            {
                "connection": connection_shape(glance(business.id, desk.home.root, desk.person)),
                "checks": progress.checks,
                "sync": None if report is None else sync_shape(business, report),
            }
        )
    return 0 if report is None else exit_code(report)
