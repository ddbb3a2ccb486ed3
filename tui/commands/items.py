"""`kashdeck items`, `item`, `remove` and `copy`: the inbox of a business, and one item of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kfclient.dates import shown_date
from kfclient.desk.errors import ItemSettled
from kfclient.desk.items.exchange_rates import booked_words, rate_words
from kfclient.desk.model.fields import ITEM_FIELDS, LINE_FIELDS
from kfclient.desk.model.item import as_sent, is_refused, needs_you
from kfclient.money import figures, pennies, shown
from tui.commands.opening import agreed, opened
from tui.commands.output import TextColumn, count, room_here, say, say_json, table
from tui.commands.shapes import booked_of, finding_shapes, item_in_full, item_shape

if TYPE_CHECKING:
    import argparse
    from decimal import Decimal

    from kfclient.desk import Desk
    from kfclient.desk.items.filter_words import Filter, Sought
    from kfclient.desk.items.reference import ReferenceData
    from kfclient.desk.model.business import Business
    from kfclient.desk.model.item import Finding, Item, ItemState
    from tui.commands.usage import Parser


# `kashdeck item`: one item in full, with its lines and what was found about it.


def item_arguments(parser: Parser) -> None:
    """Declare the business and the item."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("item", metavar="ITEM", help="the item's number, as items shows it")
    parser.answers_json()
    parser.example("kashdeck item 'Harbour Lane' 3")


def run_item(args: argparse.Namespace) -> int:
    """Show the item."""
    with opened() as desk:
        business = desk.businesses.find(args.name)
        tell_item(desk, business.id, desk.items.get(business.id, args.item), as_json=args.json)
    return 0


def tell_item(desk: Desk, business: str, item: Item, *, as_json: bool) -> None:
    """Write an item in full, with what is known about it."""
    state = desk.items.state(business, item)
    findings = desk.items.findings(business, item)
    reference_data = desk.items.reference_data.of(business)
    if as_json:
        shape = item_shape(item, state) | item_in_full(item, reference_data)
        say_json({"item": {**shape, "findings": finding_shapes(findings)}})
        return
    item = as_sent(item)
    number = "" if item.number is None else f", number {item.number} in KashFlow"
    say(f"Item {item.id}: {item.kind.value}, {item.document}, {state_word(item, state)}{number}")
    for label, value in _facts(item, reference_data):
        if value:
            say(f"  {label:<15}{value}")
    if item.lines:
        say("", *_lines_table(item))
    tell_left([item])
    for finding in findings:
        say("", f"{finding.code}: {finding.sentence}")
        if finding.cure:
            say(f"  {finding.cure}")


def tell_left(items: Sequence[Item], indent: str = "") -> None:
    """Write what publishing left of items: why they came back, what is to do or was not done."""
    for item in items:
        problem = item.problem
        if problem is not None and not problem.code.startswith(("E-", "W-")):
            say(f"{indent}Item {item.id}: {problem.sentence} {problem.cure}".rstrip())
        if item.sent_as is not None and item.sent_as.unpaid:
            say(f"{indent}Item {item.id}, NOT recorded as paid: {item.sent_as.unpaid}")
        for step in item.left:
            state = "unknown" if step.unknown else "left to do"
            why = f": {step.problem.sentence}" if step.problem is not None else ""
            say(f"{indent}Item {item.id}, step {step.step}, {step.what} ({state}){why}")


_FIRST = ("contact", "contact_code", "reference", "date", "due_date")
_PAID = ("owner", "paid_on", "bank_account", "payment_method")
_LAST = ("note", "image", "source")
_APART = ("kind", "document", "currency", "exchange_rate", "files", "total")
_OTHERS = [name for name in ITEM_FIELDS if name not in (*_FIRST, *_PAID, *_LAST, *_APART)]
"""What needs no place of its own among an item's facts."""


def _facts(item: Item, reference_data: ReferenceData) -> list[tuple[str, str]]:
    home = reference_data.home_currency
    rate, amounts = item.exchange_rate, booked_of(item, reference_data)
    currency, exchange_rate = ITEM_FIELDS["currency"].label, ITEM_FIELDS["exchange_rate"].label
    return [
        *_told(item, *_FIRST),
        (currency, item.currency if reference_data.is_foreign(item) else ""),
        (exchange_rate, "" if rate is None else rate_words(rate, item.currency, home)),
        ("Net", shown(item.net, item.currency)),
        ("VAT", shown(item.vat, item.currency)),
        ("Total", shown(item.gross, item.currency)),
        ("Booked as", "" if amounts is None else booked_words(amounts, home)),
        *_told(item, *_PAID, *_OTHERS),
        *[("File", path) for path in item.files],
        *_told(item, *_LAST),
        ("Problem", "" if item.problem is None else item.problem.sentence),
    ]


def _told(item: Item, *names: str) -> list[tuple[str, str]]:
    specs = [ITEM_FIELDS[name] for name in names]
    return [(spec.label, spec.show(getattr(item, spec.name))) for spec in specs]


def _lines_table(item: Item) -> list[str]:
    columns = (
        TextColumn("Line", right=True),
        *[
            TextColumn(LINE_FIELDS[name].label, gives=True)
            for name in ("description", "category", "project")
        ],
        *[
            TextColumn(LINE_FIELDS[name].label, right=True)
            for name in ("quantity", "unit_price", "tax_rate", "vat")
        ],
        TextColumn("Total", right=True),
    )
    rows = [
        (
            str(number),
            line.description,
            line.category,
            line.project,
            figures(line.quantity),
            _price(line.unit_price),
            LINE_FIELDS["tax_rate"].show(line.tax_rate),
            f"{line.vat:,.2f}",
            f"{line.gross:,.2f}",
        )
        for number, line in enumerate(item.lines, 1)
    ]
    return table(columns, rows, room_here())


def _price(price: Decimal) -> str:
    """Return a unit price with at least two decimals."""
    return f"{price:,.2f}" if price == pennies(price) else f"{price:,f}"


NEEDS_YOU = "needs-you"
STATES = ("to-review", "ready", "publishing", "published", "unknown", NEEDS_YOU)
KINDS = ("cost", "sale", "claim")

_COLUMNS = (
    TextColumn("Item", right=True),
    TextColumn("State"),
    TextColumn("Kind"),
    TextColumn("Date", right=True),
    TextColumn("Reference", gives=True),
    TextColumn("Contact", gives=True),
    TextColumn("Total", right=True),
    TextColumn("KashFlow", right=True),
)


def items_arguments(parser: Parser) -> None:
    """Declare the business and what to show."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument(
        "--state",
        choices=STATES,
        metavar="STATE",
        help=f"only items that stand here: {', '.join(STATES[:-1])}; or {NEEDS_YOU}: of unknown "
        "outcome, refused, or with something left to do",
    )
    parser.add_argument("--kind", choices=KINDS, help="only items of this kind")
    parser.add_argument("--where", metavar="FILTER", default="", help="only items that it has")
    parser.answers_json()
    parser.example(
        "kashdeck items 'Harbour Lane' --state ready --json",
        "kashdeck items 'Harbour Lane' --where 'supplier:kest gross>100 -project:'",
        notes=FILTER,
    )


def run_items(args: argparse.Namespace) -> int:
    """List the items."""
    with opened() as desk:
        business = desk.businesses.find(args.name)
        states = desk.items.states(business.id)
        findings = desk.items.check(business.id) if args.json or args.where else {}
        where = where_of(args.where)
        items = [
            item
            for item in desk.items.all(business.id)
            if stands(item, states[item.id], args.state)
            and args.kind in {None, item.kind.value}
            and (where is None or where.has(sought(item, states[item.id], findings)))
        ]
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
        say(*items_table([(item, states[item.id]) for item in items]))
    tell_left(items)
    say(f"{count(len(items), 'item')}.")
    return 0


FILTER = """\
a filter, as in the app: each of its words has to hold
  kestrel             somewhere in the item   supplier:kest   its supplier has it
  category=Travel     is it; * for any        category=       has none
  project:            has one                 -project:       has none
  gross>100 net<=20   date:oct date>=2026-10  due<1/11/2026   finding:W-VAT-*
  is:ready is:review is:published is:unknown is:refused is:needs-you is:cost"""
"""What the help of a command says of filters."""


def where_of(text: str) -> Filter | None:
    """Return the filter that a command was given, None for none; raises what is wrong with it."""
    if not text.strip():
        return None
    from kfclient.desk.items.filter_words import Filter

    found = Filter(text)
    if found.problem is not None:
        raise found.problem
    return found


def sought(item: Item, state: ItemState, findings: Mapping[str, Sequence[Finding]]) -> Sought:
    """Return an item as a filter looks at it."""
    from kfclient.desk.items.filter_words import Sought, searched

    return Sought(item, state, findings.get(item.id, ()), searched(item))


def stands(item: Item, state: ItemState, wanted: str | None) -> bool:
    """Tell whether the item stands where it is wanted: a state, what needs you, None anywhere."""
    return needs_you(item, state) if wanted == NEEDS_YOU else wanted in {None, state.value}


def state_word(item: Item, state: ItemState) -> str:
    """Return where an item stands, in a word: one that came back from KashFlow is not "ready"."""
    return "refused" if is_refused(item, state) else str(state)


def items_table(items: Sequence[tuple[Item, ItemState]]) -> list[str]:
    """Return items as a table: number, state, what they are, and KashFlow's number."""
    return table(_COLUMNS, [_row(item, state) for item, state in items], room_here())


def _row(item: Item, state: ItemState) -> tuple[str, ...]:
    return (
        item.id,
        state_word(item, state),
        str(item.kind),
        shown_date(item.date),
        item.reference,
        item.contact,
        shown(item.gross, item.currency),
        "" if item.number is None else str(item.number),
    )


# `kashdeck remove`: take items out of the inbox.

_MOST_NAMED = 5


def remove_arguments(parser: Parser) -> None:
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


def run_remove(args: argparse.Namespace) -> int:
    """Ask on a terminal, then remove; where one cannot be removed, none is."""
    with opened() as desk:
        business = desk.businesses.find(args.name)
        items = [
            desk.items.changeable(business.id, one, "removed") for one in dict.fromkeys(args.items)
        ]
        _refuse_gathered(desk, business, items)
        if not (args.yes or args.json) and not agreed(*_question(items)):
            say("Nothing was removed.")
            return 0
        desk.items.remove_all(business.id, {item.id: item.version for item in items})
    if args.json:
        say_json({"removed": [item.id for item in items]})
    else:
        say(f"{count(len(items), 'item')} removed from the inbox; undo-edit brings them back.")
    return 0


def _refuse_gathered(desk: Desk, business: Business, items: Sequence[Item]) -> None:
    """Raise `ItemSettled` for a claim whose costs are put away behind it."""
    for item in items:
        if desk.claims.costs(business.id, item.id):
            raise ItemSettled(
                f"Item {item.id} was gathered from costs, which would go with it.",
                f"Take it apart first: kashdeck claim {business.id} --undo {item.id}",
            )


def _question(items: Sequence[Item]) -> list[str]:
    named = [
        f"  {item.id}  {item.contact or 'nobody'}, {shown(item.gross, item.currency)}"
        for item in items[:_MOST_NAMED]
    ]
    rest = len(items) - _MOST_NAMED
    named += [f"  and {rest} more"] if rest > 0 else []
    return [f"Remove {count(len(items), 'item')} from the inbox?", *named]


# `kashdeck copy`: a copy of an item, to be published as a document of its own.


def copy_arguments(parser: Parser) -> None:
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


def run_copy(args: argparse.Namespace) -> int:
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
