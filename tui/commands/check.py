"""`kashdeck check`: what keeps items from being published, with a cure for each reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.opening import opened
from tui.commands.output import count, say, say_json
from tui.commands.shapes import finding_shapes, item_shape

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from kfclient.desk.item import Finding, Item
    from tui.commands.usage import Parser

_OPEN = ("to-review", "ready", "unknown", "publishing")


def arguments(parser: Parser) -> None:
    """Declare the business and the items."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument(
        "items", metavar="ITEM", nargs="*", help="items by number (default: all not published)"
    )
    parser.answers_json()
    parser.example("kashdeck check 'Harbour Lane'", "kashdeck check 'Harbour Lane' 3 4 --json")


def run(args: argparse.Namespace) -> int:
    """Check; 1 when an item needs a person. Asks KashFlow nothing."""
    with opened() as desk:
        business = desk.businesses.find(args.name)
        if args.items:
            items = [desk.items.get(business.id, wanted) for wanted in dict.fromkeys(args.items)]
        else:
            items = desk.items.all(business.id)
        states = desk.items.states(business.id)
        findings = desk.items.check(business.id)
    if not args.items:
        items = [item for item in items if states[item.id].value in _OPEN]
    ready = sum(states[item.id].value in {"ready", "published"} for item in items)
    if args.json:
        shapes = [
            {
                **item_shape(item, states[item.id]),
                "findings": finding_shapes(findings.get(item.id, ())),
            }
            for item in items
        ]
        say_json({"items": shapes, "ready": ready, "to_review": len(items) - ready})
    else:
        for item in items:
            _tell(item, states[item.id].value, findings.get(item.id, ()))
        say(f"{count(ready, 'item')} in order, {len(items) - ready} to review.")
    return 1 if ready < len(items) else 0


def _tell(item: Item, state: str, findings: Sequence[Finding]) -> None:
    if not findings and state == "ready":
        return
    what = ", ".join(part for part in (item.contact, item.reference) if part)
    say(f"Item {item.id} ({what}): {state}")
    for finding in findings:
        say(f"  {finding.code}: {finding.sentence}")
        if finding.cure:
            say(f"    {finding.cure}")
