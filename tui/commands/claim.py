"""`kashdeck claim`: gather costs into an expense claim, or take one apart again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.opening import opened
from tui.commands.output import count, say, say_json
from tui.commands.shapes import item_shape
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk import Desk
    from tui.commands.usage import Parser


def claim_arguments(parser: Parser) -> None:
    """Declare the business, the person, the costs and how the claim is paid."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("person", metavar="PERSON", nargs="?", help="who spent the money")
    parser.add_argument("items", metavar="ITEM", nargs="*", help="costs of the inbox, by number")
    parser.add_argument("--reference", metavar="R", default="", help="the claim's reference")
    parser.add_argument("--date", metavar="D", default="", help="the claim's date (default: today)")
    parser.add_argument(
        "--paid-from", metavar="ACCOUNT", default="", help="the bank account it was paid from"
    )
    parser.add_argument(
        "--method", metavar="M", default="", help="the payment method it was paid by"
    )
    parser.add_argument("--undo", metavar="ITEM", default="", help="take this claim apart")
    parser.answers_json()
    parser.example(
        "kashdeck claim 'Harbour Lane' 'Ann Lee' 3 4 7 --reference August",
        "kashdeck claim Harbour 'Ann Lee' 3 --paid-from 'Ann Lee cash' --method Cash",
        "kashdeck claim 'Harbour Lane' --undo 12",
        notes="The costs leave the inbox and come back when the claim is taken apart. A claim "
        "becomes one purchase with the person as its supplier, unpaid unless --paid-from names a "
        "bank account.",
    )


def run_claim(args: argparse.Namespace) -> int:
    """Gather, or take apart; all or nothing."""
    making = bool(args.person and args.items)
    if bool(args.undo) == making or (args.undo and (args.person or args.items)):
        raise WrongUse(
            "Say who and which costs, or --undo and the claim.", "See: kashdeck claim --help"
        )
    with opened() as desk:
        business = desk.businesses.find(args.name)
        return _undo(desk, business.id, args) if args.undo else _gather(desk, business.id, args)


def _gather(desk: Desk, business: str, args: argparse.Namespace) -> int:
    from kfclient.dates import parse_date

    claim = desk.claims.gather(
        business,
        args.person,
        args.items,
        args.reference,
        parse_date(args.date) if args.date else None,
        bank_account=args.paid_from,
        payment_method=args.method,
    )
    state = desk.items.state(business, claim)
    if args.json:
        say_json({"claim": item_shape(claim, state), "costs": []})
    else:
        from kfclient.money import shown

        say(
            f"Item {claim.id} is the expense claim of {claim.contact}, {claim.reference}, "
            f"{shown(claim.gross, claim.currency)}, with {count(len(claim.lines), 'line')}: "
            f"{state.value}."
        )
    return 0


def _undo(desk: Desk, business: str, args: argparse.Namespace) -> int:
    costs = desk.claims.ungather(business, args.undo)
    if args.json:
        shapes = [item_shape(one, desk.items.state(business, one)) for one in costs]
        say_json({"claim": None, "costs": shapes})
    else:
        numbers = ", ".join(one.id for one in costs)
        say(f"{count(len(costs), 'cost')} back in the inbox: {numbers}.")
    return 0
