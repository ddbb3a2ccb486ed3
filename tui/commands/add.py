"""`kashdeck add`: type in an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.item import tell_item
from tui.commands.opening import opened

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser

_KINDS = ("cost", "sale", "claim")


def arguments(parser: Parser) -> None:
    """Declare the business, the kind and the fields."""
    from tui.commands.fields import FIELDS

    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("fields", metavar="FIELD=VALUE", nargs="+", help="what it is")
    parser.add_argument("--kind", choices=_KINDS, default="cost", help="what kind (default: cost)")
    parser.answers_json()
    parser.example(
        "kashdeck add Harbour contact='Pennine Water' reference=PW-77 date=31/08/2026 \\\n"
        "    category='Water Rates' unit_price=86.40 tax_rate=0",
        "kashdeck add Harbour --kind sale contact=Bakery date=31/08/2026 \\\n"
        "    category=Sales \\\n"
        "    1.description=Repairs 1.unit_price=100 1.tax_rate=20 \\\n"
        "    2.description=Parts 2.unit_price=9 2.tax_rate=20 2.category=Sales",
        notes="A claim's contact is the person; see claim for one that is gathered from costs.\n\n"
        f"{FIELDS}",
    )


def run(args: argparse.Namespace) -> int:
    """Add the item to the inbox, and show it with what is known about it."""
    from kfclient.desk.inbox.item import Item, Kind
    from tui.commands.fields import read, said

    words = read(args.fields)
    kind = Kind(args.kind)
    with opened() as desk:
        business = desk.businesses.find(args.name)
        home = desk.items.bookshelf.books(business.id).home_currency
        document = "expense claim" if kind is Kind.CLAIM else "invoice"
        item = said(Item(kind=kind, document=document, currency=home), words, home)
        tell_item(desk, business.id, desk.items.add(business.id, item), as_json=args.json)
    return 0
