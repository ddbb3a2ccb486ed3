"""`kashdeck resolve`: look in KashFlow for what was sent and never answered for, or decide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.money import decimal_text, shown
from tui.commands.items import items_table, tell_left
from tui.commands.opening import opened, unlocked
from tui.commands.output import say, say_json
from tui.commands.progress import Progress
from tui.commands.shapes import Shape, item_shape
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk import Desk
    from kfclient.desk.model.business import Business
    from kfclient.desk.publish.decide import Candidates
    from tui.commands.usage import Parser

_SEE = "See: kashdeck resolve --help"


def resolve_arguments(parser: Parser) -> None:
    """Declare the business, the items and what a person decides."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument(
        "items", metavar="ITEM", nargs="*", help="items by number (default: all unknown ones)"
    )
    parser.add_argument(
        "--show", action="store_true", help="show what was sent and what may be it in KashFlow"
    )
    parser.add_argument(
        "--is", dest="number", metavar="NUMBER", help="the item is the document of this number"
    )
    parser.add_argument(
        "--step", metavar="STEP", help="with --there or --none: what followed the document"
    )
    parser.add_argument("--there", action="store_true", help="that step is in KashFlow")
    parser.add_argument(
        "--none", action="store_true", help="it is not in KashFlow, and may be sent again"
    )
    parser.takes_secrets()
    parser.traces()
    parser.answers_json()
    parser.example(
        "kashdeck resolve 'Harbour Lane'",
        "kashdeck resolve 'Harbour Lane' 3 --show",
        "kashdeck resolve 'Harbour Lane' 3 --is 118",
        "kashdeck resolve 'Harbour Lane' 4 --step 2 --there",
        notes="An item that is in KashFlow gets its number; one that is not is ready again, once "
        "KashFlow has had time to finish what it may have been sent (see settle_seconds).\n"
        "Say --none only after looking in KashFlow: if it is there after all, publishing it again "
        "has it in the books twice.",
    )


def run_resolve(args: argparse.Namespace) -> int:
    """Look or decide; 1 while an item, or a step of one, is still of unknown outcome."""
    _check(args)
    with opened(args.trace) as desk:
        business = desk.businesses.find(args.name)
        if args.show:
            found = unlocked(
                desk,
                lambda: desk.resolving.candidates(business.id, args.items[0]),
                secrets_stdin=args.secrets_stdin,
            )
            return _show(found, as_json=args.json)
        before = [item.id for item in desk.resolving.unresolved(business.id)]
        wanted = list(dict.fromkeys(args.items)) or None
        unlocked(
            desk,
            lambda: _resolve(desk, business, wanted, args),
            secrets_stdin=args.secrets_stdin,
        )
        states = desk.items.states(business.id)
        items = [desk.items.get(business.id, item_id) for item_id in wanted or before]
    unknown = sum(
        states[item.id].value == "unknown" or any(step.unknown for step in item.left)
        for item in items
    )
    if args.json:
        shapes = [item_shape(item, states[item.id]) for item in items]
        say_json({"items": shapes, "unknown": unknown})
    elif items:
        say(*items_table([(item, states[item.id]) for item in items]))
        tell_left(items)
    else:
        say("Every item's outcome is known.")
    return 1 if unknown else 0


def _check(args: argparse.Namespace) -> None:
    """Raise `WrongUse` for words that contradict one another."""
    said = [args.show, args.number is not None, args.there, args.none]
    if sum(said) > 1:
        raise WrongUse("Say one thing: --show, --is, --there or --none.", _SEE)
    if any(said) and len(args.items) != 1:
        raise WrongUse("Say which item it is about, one at a time.", _SEE)
    if args.there and args.step is None:
        raise WrongUse("Say which step is there, or of a document its number.", _SEE)
    if args.step is not None and not (args.there or args.none):
        raise WrongUse("Say of the step whether it is there: --there or --none.", _SEE)
    for name in ("number", "step"):
        given = getattr(args, name)
        if given is not None and not (given.isascii() and given.isdigit()):
            raise WrongUse(f"“{given}” is not a number.", _SEE)


def _resolve(
    desk: Desk, business: Business, wanted: list[str] | None, args: argparse.Namespace
) -> None:
    resolving = desk.resolving
    if args.step is not None:
        step = int(args.step)
        resolving.decide_step(business.id, args.items[0], step, there=args.there)
    elif args.number is not None or args.none:
        number = None if args.none else int(args.number)
        resolving.decide(business.id, args.items[0], number=number)
    else:
        resolving.resolve(business.id, wanted, Progress(quiet=args.json))


def _show(found: Candidates, *, as_json: bool) -> int:
    if as_json:
        say_json(_candidates_shape(found))
        return 0
    sent = found.sent
    gross = shown(found.gross, sent.currency_code or "GBP")
    reference = sent.customer_reference or "(no reference)"
    say(f"Sent:       {found.contact}, {reference}, {sent.invoice_date}, {gross}")
    for one in found.found:
        reference = one.reference or "(no reference)"
        gross = shown(one.gross, one.currency or "GBP")
        say(f"No. {one.number:<6}  {one.contact}, {reference}, {one.date}, {gross}")
    if not found.found:
        say("KashFlow has nothing that may be it.")
    if found.seconds:
        say(f"KashFlow may still be at work on it for {max(1, round(found.seconds))} seconds.")
    return 0


def _candidates_shape(found: Candidates) -> Shape:
    return {
        "item": found.item,
        "sent": {
            "contact": found.contact,
            "reference": found.sent.customer_reference or None,
            "date": found.sent.invoice_date,
            "gross": decimal_text(found.gross),
            "currency": found.sent.currency_code,
            "at": found.sent_at,
        },
        "found": [
            {
                "number": one.number,
                "contact": one.contact,
                "reference": one.reference or None,
                "date": one.date,
                "gross": decimal_text(one.gross),
                "currency": one.currency,
                "equal": one.sure,
            }
            for one in found.found
        ],
        "seconds": found.seconds,
    }
