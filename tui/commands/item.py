"""`kashdeck item`: one item in full, with its lines and what was found about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.dates import shown_date
from kfclient.desk.check.exchange import booked_words, rate_words
from kfclient.money import figures, pennies, shown
from tui.commands.opening import opened
from tui.commands.output import say, say_json
from tui.commands.shapes import booked_of, finding_shapes, item_in_full, item_shape
from tui.commands.table import Column, room_here, table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from decimal import Decimal

    from kfclient.desk import Desk
    from kfclient.desk.check.bookkeeping import Books
    from kfclient.desk.inbox.item import Item
    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business and the item."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("item", metavar="ITEM", help="the item's number, as items shows it")
    parser.answers_json()
    parser.example("kashdeck item 'Harbour Lane' 3")


def run(args: argparse.Namespace) -> int:
    """Show the item."""
    with opened() as desk:
        business = desk.businesses.find(args.name)
        tell_item(desk, business.id, desk.items.get(business.id, args.item), as_json=args.json)
    return 0


def tell_item(desk: Desk, business: str, item: Item, *, as_json: bool) -> None:
    """Write an item in full, with what is known about it."""
    state = desk.items.state(business, item)
    findings = desk.items.findings(business, item)
    books = desk.items.bookshelf.books(business)
    if as_json:
        shape = item_shape(item, state) | item_in_full(item, books)
        say_json({"item": {**shape, "findings": finding_shapes(findings)}})
        return
    number = "" if item.number is None else f", number {item.number} in KashFlow"
    say(f"Item {item.id}: {item.kind.value}, {item.document}, {state.value}{number}")
    for label, value in _facts(item, books):
        if value:
            say(f"  {label:<15}{value}")
    if item.lines:
        say(f"\n{_lines_table(item)}")
    tell_left([item])
    for finding in findings:
        say(f"\n{finding.code}: {finding.sentence}")
        if finding.cure:
            say(f"  {finding.cure}")


def tell_left(items: Sequence[Item]) -> None:
    """Write what is still to do for items that are in KashFlow."""
    for item in items:
        for step in item.left:
            state = "unknown" if step.unknown else "left to do"
            why = f": {step.problem.sentence}" if step.problem is not None else ""
            say(f"Item {item.id}, step {step.step}, {step.what} ({state}){why}")


def _facts(item: Item, books: Books) -> list[tuple[str, str]]:
    home = books.home_currency
    rate, amounts = item.exchange_rate, booked_of(item, books)
    return [
        ("Contact", item.contact),
        ("Code", item.contact_code),
        ("Reference", item.reference),
        ("Date", shown_date(item.date)),
        ("Due", shown_date(item.due_date)),
        ("Currency", item.currency if books.is_foreign(item) else ""),
        ("Exchange rate", "" if rate is None else rate_words(rate, item.currency, home)),
        ("Net", shown(item.net, item.currency)),
        ("VAT", shown(item.vat, item.currency)),
        ("Total", shown(item.gross, item.currency)),
        ("Booked as", "" if amounts is None else booked_words(amounts, home)),
        ("Owner", item.owner),
        ("Paid on", shown_date(item.paid_on)),
        ("Bank account", item.bank_account),
        ("Payment", item.payment_method),
        *[("File", path) for path in item.files],
        ("Note", " ".join(item.note.split())),
        ("Image", item.image),
        ("From", item.source),
        ("Problem", "" if item.problem is None else item.problem.sentence),
    ]


def _lines_table(item: Item) -> str:
    columns = (
        Column("Line", right=True),
        Column("Description", gives=True),
        Column("Category", gives=True),
        Column("Project", gives=True),
        Column("Quantity", right=True),
        Column("Price", right=True),
        Column("Tax", right=True),
        Column("VAT", right=True),
        Column("Total", right=True),
    )
    rows = [
        (
            str(number),
            line.description,
            line.category,
            line.project,
            figures(line.quantity),
            _price(line.unit_price),
            _tax(line.tax_rate),
            f"{line.vat:,.2f}",
            f"{line.gross:,.2f}",
        )
        for number, line in enumerate(item.lines, 1)
    ]
    return table(columns, rows, room_here())


def _price(price: Decimal) -> str:
    """Return a unit price with at least two decimals."""
    return f"{price:,.2f}" if price == pennies(price) else f"{price:,f}"


def _tax(rate: Decimal | None) -> str:
    from kfclient.desk.business.settings import show_tax_code

    return "" if rate is None else show_tax_code(rate)
