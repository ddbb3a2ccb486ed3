"""`kashdeck edit`: complete or correct an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.item import tell_item
from tui.commands.opening import opened

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business, the item and the changes."""
    from tui.commands.fields import FIELDS

    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("item", metavar="ITEM", help="the item's number, as items shows it")
    parser.add_argument("changes", metavar="FIELD=VALUE", nargs="+", help="what to change")
    parser.answers_json()
    parser.example(
        "kashdeck edit 'Harbour Lane' 3 contact='Parcel & Post' date=31/08/2026",
        "kashdeck edit 'Harbour Lane' 3 1.category=Travel 1.tax_rate=20",
        "kashdeck edit 'Harbour Lane' 3 currency=EUR 'exchange_rate=0.85 GBP per EUR'",
        "kashdeck edit 'Harbour Lane' 3 bank_account=1200 payment_method=Cash",
        "kashdeck edit 'Harbour Lane' 3 files+=bill.pdf",
        notes=FIELDS,
    )


def run(args: argparse.Namespace) -> int:
    """Change the item, all changes or none; show it as it is then. Published items refuse."""
    from tui.commands.fields import read, said

    words = read(args.changes)
    with opened() as desk:
        business = desk.businesses.find(args.name)
        home = desk.items.bookshelf.books(business.id).home_currency
        item = said(desk.items.get(business.id, args.item), words, home)
        tell_item(desk, business.id, desk.items.save(business.id, item), as_json=args.json)
    return 0
