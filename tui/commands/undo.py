"""`kashdeck undo`: take what was published out of KashFlow again, after showing what goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.opening import agreed, opened, unlocked
from tui.commands.output import count, say, say_json, tell_problem
from tui.commands.progress import STOPPED, Progress, stoppable
from tui.commands.status import problem_shape
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.cancel import Cancel
    from kfclient.desk import Desk
    from kfclient.desk.model.business import Business
    from kfclient.desk.published.undo import UndoPlan, UndoReport
    from tui.commands.shapes import Shape
    from tui.commands.usage import Parser

_SEE = "See: kashdeck undo --help"


def undo_arguments(parser: Parser) -> None:
    """Declare the business, and the items or the publishing session."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("items", metavar="ITEM", nargs="*", help="items by number")
    parser.add_argument("--last", action="store_true", help="all of the last publishing session")
    parser.add_argument("--run", metavar="ID", help="all of that publishing session")
    parser.add_argument("--runs", action="store_true", help="list the publishing sessions")
    parser.add_argument(
        "--even-if-changed", action="store_true", help="also what was changed in KashFlow since"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be deleted, delete nothing"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.takes_secrets()
    parser.traces()
    parser.answers_json()
    parser.example(
        "kashdeck undo 'Harbour Lane' 3 --dry-run",
        "kashdeck undo 'Harbour Lane' --last",
        "kashdeck undo 'Harbour Lane' --runs",
        notes="Deletes in KashFlow what Kashdeck published and nothing else: payments first, then "
        "the document with its files and note. The items are in the inbox again, to be changed and "
        "published anew. Suppliers and customers that were created stay.\n"
        "On a terminal you are asked once, after what would be deleted is shown; scripts are not "
        "asked.",
    )


def run_undo(args: argparse.Namespace) -> int:
    """Look, ask, delete; 1 when an item could not be taken out, or may not be out."""
    ways = [bool(args.items), args.last, args.run is not None, args.runs]
    if sum(ways) != 1:
        raise WrongUse("Say what: items by number, --last, --run ID, or --runs.", _SEE)
    if args.run is not None and not (args.run.isascii() and args.run.isdigit()):
        raise WrongUse(f"“{args.run}” is not a session's number.", _SEE)
    with opened(args.trace) as desk:
        business = desk.businesses.find(args.name)
        if args.runs:
            return _list_runs(desk, business, args)
        with stoppable() as cancel:
            plan = _plan(desk, business, cancel, args)
            if args.json and args.dry_run:
                say_json(_plan_shape(plan))
            elif not args.json:
                _tell_plan(plan, even_if_changed=args.even_if_changed)
            if args.dry_run:
                return 1 if plan.left_out or (plan.changed and not args.even_if_changed) else 0
            if plan.items and not (args.yes or args.json or agreed(_question(plan))):
                say("Nothing was deleted.")
                return 0
            return _undo(desk, plan, cancel, args)


def _plan(desk: Desk, business: Business, cancel: Cancel, args: argparse.Namespace) -> UndoPlan:
    number = int(args.run) if args.run is not None else None
    if args.last:
        runs = desk.undoing.runs(business.id)
        if not runs:
            raise WrongUse(f"Nothing was published for {business.name} yet.", _SEE)
        number = runs[0].run
    return unlocked(
        desk,
        lambda: desk.undoing.plan(business.id, args.items, run=number, cancel=cancel),
        secrets_stdin=args.secrets_stdin,
    )


def _question(plan: UndoPlan) -> str:
    there = sum(not one.gone for one in plan.items)
    if not there:
        return f"Bring {count(len(plan.items), 'item')} back to the inbox?"
    return f"Delete {count(there, 'document')} in KashFlow?"


def _undo(desk: Desk, plan: UndoPlan, cancel: Cancel, args: argparse.Namespace) -> int:
    names = {one.item_id: one.contact for one in plan.items}
    progress = Progress(quiet=args.json, names=names)
    report = unlocked(
        desk,
        lambda: desk.undoing.undo(
            plan.business,
            plan,
            even_if_changed=args.even_if_changed,
            listener=progress,
            cancel=cancel,
        ),
        secrets_stdin=args.secrets_stdin,
    )
    if args.json:
        say_json(_report_shape(plan, report))
    elif plan.items:
        _tell(report)
    if report.cancelled:
        return STOPPED
    return 1 if report.held or plan.left_out or report.stopped is not None else 0


def _tell_plan(plan: UndoPlan, *, even_if_changed: bool) -> None:
    if not plan.items:
        say("There is nothing to delete.")
    for one in plan.items:
        say(f"Item {one.item_id}: {one.sentence}.")
        for change in one.changed:
            say(f"  Changed in KashFlow: {change}")
        if one.changed and not even_if_changed:
            say("  It stays; delete it all the same with --even-if-changed.")
    for left in plan.left_out:
        say(f"Item {left.item_id} is left out: {left.reason}")


def _tell(report: UndoReport) -> None:
    for result in report.results:
        if result.undone and result.stays:
            say(f"Item {result.item_id}: {result.stays}.")
    say(f"{count(report.undone, 'item')} in the inbox again, {report.held} not.")
    if report.stopped is not None:
        tell_problem(report.stopped)


def _list_runs(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    from tui.commands.output import shown_time

    runs = desk.undoing.runs(business.id)
    if args.json:
        fields = ("run", "started_at", "who", "made", "there")
        say_json({"runs": [{name: getattr(one, name) for name in fields} for one in runs]})
        return 0
    for one in runs:
        made = count(one.made, "document")
        say(f"{one.run:>4}  {shown_time(one.started_at)}, {one.who}: {made}, {one.there} there now")
    say(f"{count(len(runs), 'publishing session')}.")
    return 0


def _plan_shape(plan: UndoPlan) -> Shape:
    return {
        "dry_run": True,
        "run": plan.run,
        "items": [
            {
                "id": one.item_id,
                "number": one.number,
                "sentence": one.sentence,
                "deletes": list(one.deletes),
                "goes_with_it": list(one.goes_with_it),
                "changed": list(one.changed),
                "gone": one.gone,
                "stays": one.stays or None,
            }
            for one in plan.items
        ],
        "left_out": _left_out(plan),
    }


def _report_shape(plan: UndoPlan, report: UndoReport) -> Shape:
    return {
        "run": plan.run,
        "items": [
            {
                "id": one.item_id,
                "number": one.number,
                "undone": one.undone,
                "state": one.state.value,
                "problem": problem_shape(one.problem),
                "stays": one.stays or None,
            }
            for one in report.results
        ],
        "left_out": _left_out(plan),
        "undone": report.undone,
        "held": report.held,
        "stopped": problem_shape(report.stopped),
        "cancelled": report.cancelled,
    }


def _left_out(plan: UndoPlan) -> list[Shape]:
    return [{"id": one.item_id, "reason": one.reason} for one in plan.left_out]
