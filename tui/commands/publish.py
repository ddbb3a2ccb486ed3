"""`kashdeck publish`: send items to KashFlow, once each, after showing what will be sent.

Here, or in the background; and what goes on in the background is followed and steered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kfclient.desk.model.item import Severity
from kfclient.desk.publish.plan import PlannedFile, PlannedNote, PlannedPayment
from kfclient.money import decimal_text, shown
from tui.commands.opening import agreed, is_terminal, opened, unlocked
from tui.commands.output import count, say, say_json, warn
from tui.commands.progress import STOPPED, Progress, stoppable
from tui.commands.shapes import Shape, finding_shapes
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from kfclient.cancel import Cancel
    from kfclient.desk import Desk
    from kfclient.desk.model.business import Business
    from kfclient.desk.model.item import Finding
    from kfclient.desk.publish.journal_records import PublishReport
    from kfclient.desk.publish.plan import Followup, Plan, PlannedItem
    from kfclient.desk.runs.runs import Run
    from tui.commands.usage import Parser
    from tui.detached import Order


# Publishing in the background, begun: what the process that goes on needs, and what is printed.


def publish(desk: Desk, business: Business, plan: Plan, args: argparse.Namespace) -> int:
    """Have a process of its own carry out the plan that was shown and agreed to."""
    from tui.detached import order_of

    order = order_of(
        plan,
        desk,
        create_suppliers=args.create_suppliers,
        create_customers=args.create_customers,
    )
    return _start(desk, business, order, args)


def carry_on(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Have a process of its own carry on what was broken off."""
    from tui.detached import Order

    order = Order(root=str(desk.home.root), business=business.id, resume=True)
    return _start(desk, business, order, args)


def _start(desk: Desk, business: Business, order: Order, args: argparse.Namespace) -> int:
    """Start the process, once what opens the password's place is at hand."""
    import msgspec

    from kfclient.desk.business.status import command
    from kfclient.store.keyring_choice import OF_A_LOGIN
    from tui.commands.follow import tell_run
    from tui.detached import start

    connection = desk.businesses.get(business.id).connection
    place = "" if connection is None else connection.secrets_in

    def hand_over() -> dict[str, object]:
        with desk.sessions.held(business.id):
            return desk.secrets.hand_over(business.id, place)

    secret = unlocked(desk, hand_over, secrets_stdin=args.secrets_stdin)
    trace = str(args.trace or "")
    process = start(msgspec.structs.replace(order, secret=secret, lanes=args.lanes, trace=trace))
    if place in OF_A_LOGIN:
        warn(
            "The password is in a keyring of this login. If that closes when you log out, "
            "publishing stops there; what was not sent stays in the inbox."
        )
    follow, stop = command(business.name, "--follow"), command(business.name, "--stop")
    words = ["There was nothing left to send."]
    if process:
        words = [
            f"It is being published in the background (process {process}), also after you log out.",
            f"Follow it with: {follow}",
            f"Stop it with:   {stop}",
        ]
    tell_run(desk, business, *words, as_json=args.json)
    return 0


# What will be sent, in the bookkeeper's words and as JSON.

_TOLD = (
    "W-TAX-OFF",
    "W-SUPPLIER-NEW",
    "W-CUSTOMER-NEW",
    "W-PAYMENT-METHOD-",
    "W-BANK-ACCOUNT-UNKNOWN",
    "W-BANK-ACCOUNT-AMBIGUOUS",
)
"""What the plan's own words show already, once for all items or in an item's sentence."""


def plan_shape(plan: Plan, bodies: Mapping[str, str]) -> Shape:
    """Return a plan as `publish --dry-run` gives it."""
    return {
        "dry_run": True,
        "items": [_item_shape(item, bodies.get(item.item_id)) for item in plan.items],
        "left_out": [
            {
                "id": left.item_id,
                "reason": left.reason,
                "findings": finding_shapes(left.findings),
            }
            for left in plan.left_out
        ],
        "new_suppliers": list(plan.new_suppliers),
        "new_customers": list(plan.new_customers),
        "totals": [
            {
                "currency": total.currency,
                "count": total.count,
                "net": decimal_text(total.net),
                "vat": decimal_text(total.vat),
                "gross": decimal_text(total.gross),
            }
            for total in plan.totals
        ],
        "tax_note": plan.tax_note or None,
        "fingerprint": plan.fingerprint,
    }


def _item_shape(item: PlannedItem, body: str | None) -> Shape:
    creates = item.creates
    return {
        "id": item.item_id,
        "kind": item.kind.value,
        "contact": item.contact,
        "sentence": item.sentence,
        "operation": item.operation,
        "reference": item.invoice.customer_reference or None,
        "date": item.invoice.invoice_date,
        "due_date": item.invoice.due_date,
        "currency": item.currency,
        "net": decimal_text(item.net),
        "vat": decimal_text(item.vat),
        "gross": decimal_text(item.gross),
        "number": item.number,
        "creates": None if creates is None else {"kind": creates.kind, "name": creates.name},
        "followups": [_followup_shape(one) for one in item.followups],
        "findings": finding_shapes(item.findings),
        "body": body,
    }


def _followup_shape(followup: Followup) -> Shape:
    """Return what follows a document: its payment, a file or its note, by `kind`."""
    if isinstance(followup, PlannedPayment):
        return {
            "kind": "payment",
            "date": followup.payment.pay_date,
            "amount": decimal_text(followup.payment.pay_amount),
            "currency": followup.currency,
            "bank_account": followup.account,
            "payment_method": followup.method,
        }
    if isinstance(followup, PlannedFile):
        return {
            "kind": "file",
            "name": followup.name,
            "path": followup.path,
            "bytes": followup.size,
            "sha256": followup.digest or None,
        }
    return {"kind": "note", "date": followup.day, "text": followup.text}


def tell_plan(plan: Plan, bodies: Mapping[str, str] | None = None, *, brief: bool = False) -> None:
    """Write what would be sent, what is left out and why, and the totals.

    `brief` only counts what is left out, for when nobody asked for it by number.
    """
    if not plan.items:
        say("There is nothing to send.")
    for item in plan.items:
        say(f"Item {item.item_id}: {item.sentence}")
        _tell_findings(one for one in item.findings if not one.code.startswith(_TOLD))
        if bodies and item.item_id in bodies:
            say(*bodies[item.item_id].split("\n"))
    _tell_left_out(plan, brief=brief)
    for names, one in ((plan.new_suppliers, "supplier"), (plan.new_customers, "customer")):
        if names:
            say(f"KashFlow does not have {count(len(names), one)}: {', '.join(names)}")
    for total in plan.totals:
        net, vat, gross = (
            shown(amount, total.currency) for amount in (total.net, total.vat, total.gross)
        )
        say(f"Total {total.currency}: net {net}, VAT {vat}, gross {gross}")
    following = _following(plan)
    if following:
        say(f"After the documents: {following}")
    if plan.tax_note:
        say(plan.tax_note)


def _following(plan: Plan) -> str:
    """Return how many payments, files and notes follow the documents, "" for none."""
    kinds = Counter(type(one) for item in plan.items for one in item.followups)
    nouns = ((PlannedPayment, "payment"), (PlannedFile, "file"), (PlannedNote, "note"))
    return ", ".join(count(kinds[kind], noun) for kind, noun in nouns if kinds[kind])


def _tell_left_out(plan: Plan, *, brief: bool) -> None:
    if brief and plan.left_out:
        say(f"Left out, to be looked at first: {count(len(plan.left_out), 'item')}.")
        return
    for left in plan.left_out:
        say(f"Item {left.item_id} is left out: {left.reason}")
        _tell_findings(one for one in left.findings if one.severity is Severity.STOP)


def _tell_findings(findings: Iterable[Finding]) -> None:
    for finding in findings:
        say(f"  {finding.code}: {finding.sentence}")
        if finding.severity is Severity.STOP and finding.cure:
            say(f"    {finding.cure}")


_SEE = "See: kashdeck publish --help"
_MOST_LANES = 8
_STEERING = ("follow", "pause", "resume", "stop")


def publish_arguments(parser: Parser) -> None:
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
        "kashdeck publish 'Harbour Lane' --follow",
        notes="On a terminal you are asked once, after the plan is shown; scripts are not asked.\n"
        "What is published already is never sent again.\n"
        "In the background it goes on when you log out, and while the network is away.",
    )


def _ways(parser: Parser) -> None:
    """Declare how it goes, and how what goes on is seen and steered."""
    import argparse

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
        "--follow", action="store_true", help="show what is being published, whoever does it"
    )
    # What it was called before; scripts may use it still.
    parser.add_argument("--attach", dest="follow", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--pause", action="store_true", help="have it send nothing new")
    parser.add_argument(
        "--resume", action="store_true", help="go on after a pause, or carry on what was broken off"
    )
    parser.add_argument(
        "--stop", action="store_true", help="stop it, or give up what was broken off"
    )


def run_publish(args: argparse.Namespace) -> int:
    """Plan, ask, publish; 1 when an item was held back, is of unknown outcome or to review."""
    _check(args)
    from tui.commands import follow

    with opened(args.trace, tells=False) as desk:
        business = desk.businesses.find(args.name)
        if args.follow:
            return follow.follow(desk, business, args)
        if args.pause:
            return follow.pause(desk, business, args)
        if args.stop:
            return follow.stop(desk, business, args)
        if args.resume:
            return _resume(desk, business, args)
        follow.warn_of_broken_off(desk, business)
        with desk.secrets.work(business.id):
            return _go(desk, business, args)


def _go(desk: Desk, business: Business, args: argparse.Namespace) -> int:
    """Look in KashFlow, plan, show, ask and publish: one piece of work, as to the password."""
    from tui.commands.check import look_beforehand, no_duplicates

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
        return publish(desk, business, plan, args)
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
    from tui.commands.follow import names_of, tell_published, warn_of_broken_off

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
    from tui.commands.follow import go_on

    broken = desk.publishing.interrupted(business.id)
    if broken is None:
        return go_on(desk, business, args)
    if args.detach:
        return carry_on(desk, business, args)
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
