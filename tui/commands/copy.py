"""`kashdeck copy`: a copy of an item, to be published as a document of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.item import tell_item
from tui.commands.opening import opened
from tui.commands.output import say
from tui.commands.question import agreed

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business and the item."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("item", metavar="ITEM", help="the item's number, as items shows it")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.answers_json()
    parser.example(
        "kashdeck copy 'Harbour Lane' 3",
        notes="To change what is published, undo it, edit it and publish it again. Publishing a "
        "copy beside it has it in the books twice, unless the first is dealt with in KashFlow; so "
        "the copy is held back until you say that it is no duplicate:\n"
        "  kashdeck check NAME ITEM --not-duplicate",
    )


def run(args: argparse.Namespace) -> int:
    """Ask where it is in KashFlow already, then copy the item and show the copy."""
    with opened() as desk:
        business = desk.businesses.find(args.name)
        item = desk.items.get(business.id, args.item)
        risk = item.number is not None and not (args.yes or args.json)
        if risk and not agreed(
            f"Item {item.id} is in KashFlow under number {item.number}. If its copy is published "
            "too, the books have it twice. Make a copy?"
        ):
            say("Nothing was copied.")
            return 0
        copy = desk.items.copy(business.id, item.id)
        tell_item(desk, business.id, copy, as_json=args.json)
    return 0
