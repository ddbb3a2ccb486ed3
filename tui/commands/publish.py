"""`kashdeck publish`: send items to KashFlow, once each, after showing what will be sent.

Here, or in the background; and what goes on in the background is followed and steered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands import background
from tui.commands.opening import opened, unlocked
from tui.commands.output import count, say, say_json
from tui.commands.plans import plan_shape, tell_plan
from tui.commands.progress import Progress
from tui.commands.question import agreed
from tui.commands.stopping import STOPPED, stoppable
from tui.commands.terminal import is_terminal
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from kfclient.cancel import Cancel
    from kfclient.desk import Desk
    from kfclient.desk.business.business import Business
    from kfclient.desk.publish.planning import Plan
    from kfclient.desk.publish.report import PublishReport
    from kfclient.desk.publish.runs import Run
    from tui.commands.usage import Parser

_SEE = "See: kashdeck publish --help"
_MOST_LANES = 8
_STEERING = ("attach", "pause", "resume", "stop")


def arguments(parser: Parser) -> None:
    """Declare the business, the items, what is agreed to, and how it goes."""
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
    parser.add_argument(
        "--look",
        action="store_true",
        help="look in KashFlow for duplicates (with --dry-run; publishing does so anyway)",
    )
    parser.add_argument(
        "--not-duplicate",
        metavar="ITEM",
        action="append",
        default=[],
        help="that item is no duplicate of what holds it back: remember; may be given several "
        "times",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    _ways(parser)
    parser.takes_secrets()
    parser.traces()
    parser.answers_json()
    parser.example(
        "kashdeck publish 'Harbour Lane' --ready --dry-run",
        "kashdeck publish 'Harbour Lane' 3 4 --create-suppliers --json",
        "kashdeck publish 'Harbour Lane' --ready --detach",
        "kashdeck publish 'Harbour Lane' --attach",
        notes="On a terminal you are asked once, after the plan is shown; scripts are not asked.\n"
        "What is published already is never sent again.\n"
        "In the background it goes on when you log out, and while the network is away.",
    )


def _ways(parser: Parser) -> None:
    """Declare how it goes, and how what goes on is seen and steered."""
    parser.add_argument(
        "--lanes", metavar="N", type=int, help=f"so many items at once, 1 to {_MOST_LANES}"
    )
    parser.add_argument(
        "--wait", action="store_true", help="wait for the network, and go on by itself"
    )
    parser.add_argument(
        "--detach", action="store_true", help="publish in the background, with --wait"
    )
    parser.add_argument(
        "--attach", action="store_true", help="show what is being published, whoever does it"
    )
    parser.add_argument("--pause", action="store_true", help="have it send nothing new")
    parser.add_argument(
        "--resume", action="store_true", help="go on after a pause, or carry on what was broken off"
    )
    parser.add_argument(
        "--stop", action="store_true", help="stop it, or give up what was broken off"
    )


def run(args: argparse.Namespace) -> int:
    """Plan, ask, publish; 1 when an item was held back, is of unknown outcome or to review."""
    _check(args)
    from tui.commands import steering

    with opened(args.trace, tells=False) as desk:
        business = desk.businesses.find(args.name)
        if args.attach:
            return steering.attach(desk, business, args)
        if args.pause:
            return steering.pause(desk, business, args)
        if args.stop:
            return steering.stop(desk, business, args)
        if args.resume:
            return _resume(desk, business, args)
        steering.warn_of_broken_off(desk, business)
        with desk.secrets.work(business.id):
            return _go(desk, business, args)


def _go(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Look in KashFlow, plan, show, ask and publish: one piece of work, as to the password."""
    from tui.commands.looking import look_beforehand, no_duplicates

    wanted = list(dict.fromkeys(args.items)) if args.items else None
    if (args.look or not args.dry_run) and not unlocked(
        desk,
        lambda: look_beforehand(desk, business.id, wanted),
        secrets_stdin=args.secrets_stdin,
    ):
        return STOPPED
    no_duplicates(desk, business.id, args.not_duplicate)
    plan = desk.publishing.plan(business.id, wanted)
    if args.dry_run:
        return _show(desk, plan, args)
    if not args.json:
        tell_plan(plan, brief=args.ready)
    if plan.items and not _agreed(plan, args):
        say("Nothing was sent.")
        return 0
    if args.detach and plan.items:
        return background.publish(desk, business, plan, args)
    return _publish(desk, business, plan, args)


def _check(args: argparse.Namespace) -> None:
    """Raise `WrongUse` for words that contradict one another."""
    steering = [word for word in _STEERING if getattr(args, word)]
    which = bool(args.items) or args.ready
    if len(steering) > 1 or (steering and (which or args.dry_run)):
        raise WrongUse(f"--{steering[0]} stands alone: it is about what is being published.", _SEE)
    if args.detach and (args.dry_run or (steering and not args.resume)):
        raise WrongUse("--detach publishes, with items, --ready or --resume.", _SEE)
    if not steering and bool(args.items) == args.ready:
        raise WrongUse("Say which: items by number, or --ready.", _SEE)
    if args.not_duplicate and (steering or args.dry_run):
        raise WrongUse("--not-duplicate is remembered; it goes with publishing alone.", _SEE)
    if args.body and not args.dry_run:
        raise WrongUse("--body shows and does not send.", "Add: --dry-run")
    if args.lanes is not None and not 1 <= args.lanes <= _MOST_LANES:
        raise WrongUse(f"--lanes is a number from 1 to {_MOST_LANES}.", _SEE)


def _show(desk: Desk, plan: Plan, args: argparse.Namespace) -> int:
    bodies: dict[str, str] = {}
    if args.body:
        bodies = {
            item.item_id: desk.publishing.envelope(plan.business, item) for item in plan.items
        }
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
    behind = " in the background" if args.detach else ""
    return agreed(f"Publish {count(len(plan.items), 'item')} to KashFlow{behind}?")


def _creating(names: tuple[str, ...], one: str) -> str:
    return f"Create {count(len(names), one)} in KashFlow: {', '.join(names)}?"


# Here


def _publish(desk: Desk, business: Business, plan: Plan, args: argparse.Namespace) -> int:
    def work(progress: Progress, cancel: Cancel) -> PublishReport:
        return desk.publishing.publish(
            business.id,
            plan,
            create_suppliers=args.create_suppliers,
            create_customers=args.create_customers,
            lanes=args.lanes,
            wait=args.wait,
            listener=progress,
            cancel=cancel,
        )

    return _carry_out(desk, business, plan, work, args)


def _carry_out(
    desk: Desk,
    business: Business,
    plan: Plan,
    work: Callable[[Progress, Cancel], PublishReport],
    args: argparse.Namespace,
) -> int:
    from tui.commands.published import tell_published
    from tui.commands.steering import names_of, warn_of_broken_off

    progress = Progress(quiet=args.json, names=names_of(plan))
    with stoppable() as cancel:
        report = unlocked(desk, lambda: work(progress, cancel), secrets_stdin=args.secrets_stdin)
    try:
        if cancel.is_leaving and not args.json:
            warn_of_broken_off(desk, business)
        return tell_published(desk, business, plan, report, as_json=args.json)
    except OSError:
        if not cancel.is_leaving:
            raise
        return STOPPED  # the terminal has gone; everything is written down


# After a sudden end


def _resume(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    from tui.commands.steering import go_on

    broken = desk.publishing.interrupted(business.id)
    if broken is None:
        return go_on(desk, business, args)
    if args.detach:
        return background.carry_on(desk, business, args)
    return _carry_on(desk, business, broken, args)


def _carry_on(desk: Desk, business: Business, broken: Run, args: argparse.Namespace) -> int:
    def work(progress: Progress, cancel: Cancel) -> PublishReport:
        return desk.publishing.resume(
            business.id,
            listener=progress,
            cancel=cancel,
            lanes=args.lanes,
            wait=args.wait,
        )

    plan = desk.publishing.plan_of(business.id, broken)
    if not args.json:
        say(f"Carried on: {count(len(plan.items), 'item')}, what is in KashFlow is not sent again.")
    return _carry_out(desk, business, plan, work, args)
