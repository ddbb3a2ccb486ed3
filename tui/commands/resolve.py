"""`kashdeck resolve`: look in KashFlow for items that were sent and never answered for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.items import items_table
from tui.commands.opening import opened, unlocked
from tui.commands.output import say, say_json
from tui.commands.progress import Progress
from tui.commands.shapes import item_shape

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business and the items."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument(
        "items", metavar="ITEM", nargs="*", help="items by number (default: all unknown ones)"
    )
    parser.takes_secrets()
    parser.traces()
    parser.answers_json()
    parser.example(
        "kashdeck resolve 'Harbour Lane'",
        notes="An item that is in KashFlow gets its number; one that is not is ready again, once "
        "KashFlow has had time to finish what it may have been sent (see settle_seconds).",
    )


def run(args: argparse.Namespace) -> int:
    """Look; 1 while an item is still of unknown outcome."""
    with opened(args.trace) as desk:
        business = desk.businesses.find(args.name)
        before = [item.id for item in desk.publishing.unresolved(business.id)]
        wanted = list(dict.fromkeys(args.items)) or None
        unlocked(
            desk,
            lambda: desk.publishing.resolve(business.id, wanted, Progress(quiet=args.json)),
            secrets_stdin=args.secrets_stdin,
        )
        states = desk.items.states(business.id)
        items = [desk.items.get(business.id, item_id) for item_id in wanted or before]
    unknown = sum(states[item.id].value == "unknown" for item in items)
    if args.json:
        shapes = [item_shape(item, states[item.id]) for item in items]
        say_json({"items": shapes, "unknown": unknown})
    elif items:
        say(items_table([(item, states[item.id]) for item in items]))
    else:
        say("Every item's outcome is known.")
    return 1 if unknown else 0
