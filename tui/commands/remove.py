"""`kashdeck remove`: take items out of the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.errors import ItemSettled
from kfclient.money import shown
from tui.commands.opening import opened
from tui.commands.output import count, say, say_json
from tui.commands.question import agreed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from kfclient.desk import Desk
    from kfclient.desk.business.business import Business
    from kfclient.desk.inbox.item import Item
    from tui.commands.usage import Parser

_MOST_NAMED = 5


def arguments(parser: Parser) -> None:
    """Declare the business and the items."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("items", metavar="ITEM", nargs="+", help="items by number")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.answers_json()
    parser.example(
        "kashdeck remove 'Harbour Lane' 3 4",
        notes="Nothing changes in KashFlow. What is there, or may be, stays here: see undo.\n"
        "An item that was imported comes back when its file is imported again.",
    )


def run(args: argparse.Namespace) -> int:
    """Ask on a terminal, then remove; where one cannot be removed, none is."""
    with opened() as desk:
        business = desk.businesses.find(args.name)
        items = [
            desk.items.changeable(business.id, one, "removed") for one in dict.fromkeys(args.items)
        ]
        _refuse_gathered(desk, business, items)
        if not (args.yes or args.json) and not agreed(_question(items)):
            say("Nothing was removed.")
            return 0
        for item in items:
            desk.items.remove(business.id, item.id, version=item.version)
    if args.json:
        say_json({"removed": [item.id for item in items]})
    else:
        say(f"{count(len(items), 'item')} removed from the inbox.")
    return 0


def _refuse_gathered(desk: Desk, business: Business, items: Sequence[Item]) -> None:
    """Raise `ItemSettled` for a claim whose costs are put away behind it."""
    for item in items:
        if desk.claims.costs(business.id, item.id):
            raise ItemSettled(
                f"Item {item.id} was gathered from costs, which would go with it.",
                f"Take it apart first: kashdeck claim {business.id} --undo {item.id}",
            )


def _question(items: Sequence[Item]) -> str:
    named = [
        f"  {item.id}  {item.contact or 'nobody'}, {shown(item.gross, item.currency)}"
        for item in items[:_MOST_NAMED]
    ]
    rest = len(items) - _MOST_NAMED
    named += [f"  and {rest} more"] if rest > 0 else []
    return "\n".join([f"Remove {count(len(items), 'item')} from the inbox?", *named])
