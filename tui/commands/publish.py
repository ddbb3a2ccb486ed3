"""`kashdeck publish`: send items to KashFlow, once each, after showing what will be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.opening import opened, unlocked
from tui.commands.output import count, say, say_json, warn
from tui.commands.plans import plan_shape, tell_plan
from tui.commands.progress import Progress
from tui.commands.question import agreed
from tui.commands.shapes import Shape, item_shape
from tui.commands.standings import problem_shape
from tui.commands.stopping import STOPPED, stoppable
from tui.commands.terminal import is_terminal
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk import Desk
    from kfclient.desk.business import Business
    from kfclient.desk.planning import Plan
    from kfclient.desk.publish_report import PublishReport
    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business, the items and what is agreed to."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("items", metavar="ITEM", nargs="*", help="items by number")
    parser.add_argument("--ready", action="store_true", help="every item that is ready")
    parser.add_argument(
        "--create-suppliers", action="store_true", help="create suppliers that KashFlow lacks"
    )
    parser.add_argument(
        "--create-customers", action="store_true", help="create customers that KashFlow lacks"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be sent, send nothing"
    )
    parser.add_argument(
        "--body", action="store_true", help="show the SOAP body of each item too (with --dry-run)"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.takes_secrets()
    parser.traces()
    parser.answers_json()
    parser.example(
        "kashdeck publish 'Harbour Lane' --ready --dry-run",
        "kashdeck publish 'Harbour Lane' 3 4 --create-suppliers --json",
        notes="On a terminal you are asked once, after the plan is shown; scripts are not asked.\n"
        "What is published already is never sent again.",
    )


def run(args: argparse.Namespace) -> int:
    """Plan, ask, publish; 1 when an item was held back, is of unknown outcome or to review."""
    if bool(args.items) == args.ready:
        raise WrongUse("Say which: items by number, or --ready.", "See: kashdeck publish --help")
    if args.body and not args.dry_run:
        raise WrongUse("--body shows and does not send.", "Add: --dry-run")
    with opened(args.trace) as desk:
        business = desk.businesses.find(args.name)
        wanted = list(dict.fromkeys(args.items)) if args.items else None
        plan = desk.publishing.plan(business.id, wanted)
        if args.dry_run:
            return _show(desk, business, plan, args)
        if not args.json:
            tell_plan(plan, brief=args.ready)
        if plan.items and not _agreed(plan, args):
            say("Nothing was sent.")
            return 0
        return _publish(desk, business, plan, args)


def _show(desk: Desk, business: Business, plan: Plan, args: argparse.Namespace) -> int:
    bodies: dict[str, str] = {}
    if args.body:
        bodies = {item.item_id: desk.publishing.envelope(business.id, item) for item in plan.items}
    if args.json:
        say_json(plan_shape(plan, bodies))
    else:
        tell_plan(plan, bodies)
    return 1 if plan.left_out else 0


def _agreed(plan: Plan, args: argparse.Namespace) -> bool:
    """Ask once on a terminal: for the missing contacts first, where they were not agreed to."""
    if args.yes or args.json or not is_terminal():
        return True
    if plan.new_suppliers and not args.create_suppliers:
        args.create_suppliers = agreed(_creating(plan.new_suppliers, "supplier"))
    if plan.new_customers and not args.create_customers:
        args.create_customers = agreed(_creating(plan.new_customers, "customer"))
    return agreed(f"Publish {count(len(plan.items), 'item')} to KashFlow?")


def _creating(names: tuple[str, ...], one: str) -> str:
    return f"Create {count(len(names), one)} in KashFlow: {', '.join(names)}?"


def _publish(desk: Desk, business: Business, plan: Plan, args: argparse.Namespace) -> int:
    names = {item.item_id: item.contact for item in plan.items}
    progress = Progress(quiet=args.json, names=names)
    with stoppable() as cancel:
        report = unlocked(
            desk,
            lambda: desk.publishing.publish(
                business.id,
                plan,
                create_suppliers=args.create_suppliers,
                create_customers=args.create_customers,
                listener=progress,
                cancel=cancel,
            ),
            secrets_stdin=args.secrets_stdin,
        )
    shape = _shape(desk, plan, report, args)
    if args.json:
        say_json(shape)
    elif shape["items"]:
        _tell(business, report, shape)
    if report.cancelled:
        return STOPPED
    review = shape["to_review"] if args.ready else 0
    return 1 if shape["held"] or shape["unknown"] or review else 0


def _tell(business: Business, report: PublishReport, shape: Shape) -> None:
    there = f"{shape['already']} in KashFlow already, " if shape["already"] else ""
    say(
        f"{count(shape['published'], 'item')} published, {there}{shape['held']} held back, "
        f"{shape['unknown']} of unknown outcome."
    )
    if report.stopped is not None:
        warn(f"{report.stopped.sentence}\n{report.stopped.cure}".rstrip())
    if shape["unknown"]:
        warn(f"Look in KashFlow for the unknown ones with: kashdeck resolve {business.id}")


def _shape(desk: Desk, plan: Plan, report: PublishReport, args: argparse.Namespace) -> Shape:
    """Return every item that was asked for, as it stands now; what was left out is held back.

    But for those in KashFlow already, also when that was only found out now by looking there. With
    --ready nobody asked for those that are to review.
    """
    states = desk.items.states(plan.business)
    results = {result.item_id: result.problem for result in report.results}
    left_out = {
        left.item_id: left.reason
        for left in plan.left_out
        if left.item_id not in results
        and not (args.ready and states[left.item_id].value == "to-review")
    }
    already = {item_id for item_id in left_out if states[item_id].value == "published"}
    reasons = {item_id: left_out[item_id] for item_id in left_out if item_id not in already}
    planned = [one.item_id for one in plan.items]
    shapes = []
    for item_id in dict.fromkeys((*planned, *results, *left_out)):
        problem = results.get(item_id, report.stopped)
        shape = item_shape(desk.items.get(plan.business, item_id), states[item_id], problem)
        if item_id in reasons:
            shape["problem"] = {"code": "left-out", "sentence": reasons[item_id], "cure": None}
        shapes.append(shape)
    published = sum(shape["id"] in results and shape["state"] == "published" for shape in shapes)
    unknown = sum(shape["state"] == "unknown" for shape in shapes)
    return {
        "items": shapes,
        "published": published,
        "already": len(already),
        "held": len(shapes) - published - len(already) - unknown,
        "unknown": unknown,
        "to_review": sum(state.value == "to-review" for state in states.values()),
        "stopped": problem_shape(report.stopped),
        "cancelled": report.cancelled,
    }
