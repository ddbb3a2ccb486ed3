"""`kashdeck items`: the items of a business, and where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kfclient.dates import shown_date
from kfclient.money import shown
from tui.commands.item import tell_left
from tui.commands.opening import opened
from tui.commands.output import count, say, say_json
from tui.commands.shapes import finding_shapes, item_shape
from tui.commands.table import Column, room_here, table

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.inbox.item import Item, ItemState
    from tui.commands.usage import Parser

STATES = ("to-review", "ready", "publishing", "published", "unknown")
KINDS = ("cost", "sale", "claim")

_COLUMNS = (
    Column("Item", right=True),
    Column("State"),
    Column("Kind"),
    Column("Date", right=True),
    Column("Reference", gives=True),
    Column("Contact", gives=True),
    Column("Total", right=True),
    Column("KashFlow", right=True),
)


def arguments(parser: Parser) -> None:
    """Declare the business and what to show."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("--state", choices=STATES, help="only items that stand here")
    parser.add_argument("--kind", choices=KINDS, help="only items of this kind")
    parser.answers_json()
    parser.example("kashdeck items 'Harbour Lane' --state ready --json")


def run(args: argparse.Namespace) -> int:
    """List the items."""
    with opened() as desk:
        business = desk.businesses.find(args.name)
        states = desk.items.states(business.id)
        items = [
            item
            for item in desk.items.all(business.id)
            if args.state in {None, states[item.id].value} and args.kind in {None, item.kind.value}
        ]
        findings = desk.items.check(business.id) if args.json else {}
    if args.json:
        shapes = [
            {
                **item_shape(item, states[item.id]),
                "findings": finding_shapes(findings.get(item.id, ())),
            }
            for item in items
        ]
        say_json({"items": shapes})
        return 0
    if items:
        say(items_table([(item, states[item.id]) for item in items]))
    tell_left(items)
    say(f"{count(len(items), 'item')}.")
    return 0


def items_table(items: Sequence[tuple[Item, ItemState]]) -> str:
    """Return items as a table: number, state, what they are, and KashFlow's number."""
    return table(_COLUMNS, [_row(item, state) for item, state in items], room_here())


def _row(item: Item, state: ItemState) -> tuple[str, ...]:
    return (
        item.id,
        state.value,
        item.kind.value,
        shown_date(item.date),
        item.reference,
        item.contact,
        shown(item.gross, item.currency),
        "" if item.number is None else str(item.number),
    )
