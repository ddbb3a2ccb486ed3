"""`kashdeck edit`: complete or correct an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.item import tell_item
from tui.commands.opening import opened
from tui.commands.settings import pairs

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business, the item and the changes."""
    from tui.commands.fields import HEAD, LINE

    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("item", metavar="ITEM", help="the item's number, as items shows it")
    parser.add_argument("changes", metavar="FIELD=VALUE", nargs="+", help="what to change")
    parser.answers_json()
    parser.example(
        "kashdeck edit 'Harbour Lane' 3 contact='Parcel & Post' date=31/08/2026",
        "kashdeck edit 'Harbour Lane' 3 1.category=Travel 1.tax_rate=20",
        notes=f"fields of the item:\n  {', '.join(HEAD)}\n"
        f"fields of a line (2.category: of line 2; category: of every line):\n"
        f"  {', '.join(LINE)}\n\n"
        "A line's VAT follows from its price and tax rate unless it is given too. An empty value "
        "(project=) clears a field. The number after the last line makes a new line.",
    )


def run(args: argparse.Namespace) -> int:
    """Change the item, all changes or none; show it as it is then. Published items refuse."""
    from tui.commands.fields import changed

    changes = pairs(args.changes)
    with opened() as desk:
        business = desk.businesses.find(args.name)
        item = changed(desk.items.get(business.id, args.item), changes)
        saved = desk.items.save(business.id, item)
        tell_item(
            saved,
            desk.items.state(business.id, saved),
            desk.items.findings(business.id, saved),
            as_json=args.json,
        )
    return 0
