"""`kashdeck sync`: read the six lists from KashFlow, of one business or of all connected ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tui.commands.opening import opened, unlocked
from tui.commands.output import say, say_json
from tui.commands.progress import Progress
from tui.commands.shapes import list_shape, problem_shape
from tui.commands.stopping import STOPPED, stoppable
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk import Desk
    from kfclient.desk.business import Business
    from kfclient.desk.syncing import SyncReport
    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business, or all."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the business")
    parser.add_argument("--all", action="store_true", help="every connected business")
    parser.answers_json()
    parser.example("kashdeck sync 'Harbour Lane Trading'", "kashdeck sync --all --json")


def run(args: argparse.Namespace) -> int:
    """Sync; 1 when a list did not come. With --all one business's trouble spares the others."""
    from kfclient.errors import Cancelled, Problem, tell

    if bool(args.name) == args.all:
        raise WrongUse("Say which: the name of a business, or --all.", "See: kashdeck sync --help")
    code, shapes = 0, []
    with opened() as desk, stoppable() as cancel:
        for business in _chosen(desk, args):
            if not args.json:
                say(f"{business.name}:")
            progress = Progress(quiet=args.json)
            try:
                report = unlocked(
                    desk,
                    lambda business=business, progress=progress: desk.syncing.sync(
                        business.id, progress, cancel
                    ),
                )
            except Problem as problem:
                if not args.all or isinstance(problem, Cancelled):
                    raise
                shapes.append(_failed_shape(business, problem))
                if not args.json:
                    say("\n".join(f"  {line}" for line in tell(problem).splitlines()))
                code = 1
                continue
            shapes.append(sync_shape(business, report))
            code = max(code, exit_code([report]))
            if report.cancelled:
                break
    if args.json:
        say_json({"syncs": shapes})
    elif not shapes:
        say("No business is connected.")
    return code


def exit_code(reports: Sequence[SyncReport]) -> int:
    """Return 0 when every list came, 1 when one did not, 130 when the person stopped it."""
    if any(report.cancelled for report in reports):
        return STOPPED
    return 1 if any(report.failed for report in reports) else 0


def sync_shape(business: Business, report: SyncReport) -> dict[str, Any]:
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
            for name, status in report.lists.items()
        },
    }


def _failed_shape(business: Business, problem: Any) -> dict[str, Any]:
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
