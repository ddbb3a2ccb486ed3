"""`kashdeck check`: what keeps items from being published, and what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.model.item import needs_you
from kfclient.errors import Cancelled
from tui.commands.items import state_word, tell_left
from tui.commands.opening import agreed, opened, unlocked
from tui.commands.output import count, say, say_json, warn
from tui.commands.progress import STOPPED, stoppable
from tui.commands.shapes import finding_shapes, item_shape
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Sequence

    from kfclient.desk import Desk
    from kfclient.desk.model.item import Finding, Item, ItemState
    from tui.commands.usage import Parser


# Looking in KashFlow for what items may be duplicates of, by command.


def look(desk: Desk, business: str, items: Collection[str] | None = None) -> bool:
    """Read what KashFlow has of the items' suppliers and customers; False where it was stopped.

    None stands for all unpublished items. Raises what `Duplicates.refresh` does.
    """
    with stoppable() as cancel:
        try:
            desk.duplicates.refresh(business, cancel, again=True, items=items)
        except Cancelled:
            return False
    return True


def look_beforehand(desk: Desk, business: str, items: Collection[str] | None) -> bool:
    """Look, so that a plan shows what holds items back; False where it was stopped.

    Each is looked for again before it is sent, so what cannot be read now is only said. Raises what
    keeps everybody out of KashFlow, and what the keyring says.
    """
    from kfclient.api.errors import KashFlowError
    from kfclient.desk.business.sessions import NEEDS_RECONNECTING
    from kfclient.desk.errors import NotConnected

    try:
        return look(desk, business, items)
    except NEEDS_RECONNECTING:
        raise
    except NotConnected:
        return True  # the plan says so of every item
    except KashFlowError as problem:
        warn(f"KashFlow could not be looked at for duplicates beforehand: {problem.sentence}")
        return True


def no_duplicates(desk: Desk, business: str, items: Collection[str]) -> None:
    """Remember that these items are no duplicates of what holds them back; `ItemUnknown`."""
    for item in dict.fromkeys(items):
        if not desk.duplicates.not_a_duplicate(business, item):
            warn(f"Item {item} is not held back as a duplicate.")


_MOST_TIMES = 50
_OPEN = ("to-review", "ready", "unknown", "publishing")


def check_arguments(parser: Parser) -> None:
    """Declare the business, the items, and what is to be done about what is found."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument(
        "items", metavar="ITEM", nargs="*", help="items by number (default: all not published)"
    )
    parser.add_argument(
        "--look",
        action="store_true",
        help="read the suppliers' and customers' documents in KashFlow first, for duplicates",
    )
    parser.add_argument(
        "--not-duplicate", action="store_true", help="the items named are no duplicates: remember"
    )
    parser.add_argument(
        "--apply", metavar="ACT", help="mend the items named with this act, where it was found"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.takes_secrets()
    parser.answers_json()
    parser.example(
        "kashdeck check 'Harbour Lane'",
        "kashdeck check 'Harbour Lane' --look --json",
        "kashdeck check 'Harbour Lane' 3 4 --apply split",
        notes="An act is what a finding offers to mend it with, such as use-tax-rate, split or "
        "not-a-duplicate; agree publishes it as it is. What rests on the document (agree, split, "
        "use-vat, use-date and more) is asked on a terminal first. Acts that begin with choose- or "
        "create- are for a person: see edit and publish.",
    )


def run_check(args: argparse.Namespace) -> int:
    """Check; 1 when an item needs a person. Asks KashFlow nothing, but with --look."""
    act = "not-a-duplicate" if args.not_duplicate else args.apply
    if act and not args.items:
        raise WrongUse("Say for which items, by number.", "See: kashdeck check --help")
    if args.not_duplicate and args.apply:
        raise WrongUse("Only one act at a time.", "Leave out --apply or --not-duplicate.")
    with opened() as desk:
        business = desk.businesses.find(args.name)
        if args.look and not unlocked(
            desk, lambda: look(desk, business.id), secrets_stdin=args.secrets_stdin
        ):
            return STOPPED
        wanted = list(dict.fromkeys(args.items))
        if act:
            _mend(desk, business.id, wanted, act, ask=not (args.yes or args.json))
        if wanted:
            items = [desk.items.get(business.id, one) for one in wanted]
        else:
            items = desk.items.all(business.id)
        states = desk.items.states(business.id)
        findings = desk.items.check(business.id)
    if not wanted:
        items = [
            item
            for item in items
            if states[item.id].value in _OPEN or needs_you(item, states[item.id])
        ]
    ready = sum(
        states[item.id].value in {"ready", "published"} and not needs_you(item, states[item.id])
        for item in items
    )
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
            _tell(item, states[item.id], findings.get(item.id, ()))
        say(f"{count(ready, 'item')} in order, {len(items) - ready} to review.")
    return 1 if ready < len(items) else 0


def _mend(desk: Desk, business: str, wanted: list[str], act: str, *, ask: bool) -> None:
    """Apply the act to the items, as often as each of them has something to be mended by it."""
    from kfclient.desk.items.quick_fix import ASKS, is_mechanical

    if not is_mechanical(act):
        raise WrongUse(
            f"“{act}” is nothing that can be applied.",
            "kashdeck check --json names each finding's act as its key.",
        )
    for one in wanted:
        item, done = desk.items.get(business, one), 0
        while done < _MOST_TIMES:
            findings = desk.items.findings(business, item)
            found = next((each for each in findings if each.key == act), None)
            if found is None:
                break
            if ask and act in ASKS and not agreed(_question(item, found)):
                say(f"Item {item.id} was left as it is.")
                done = 1
                break
            item, done = desk.quick_fixes.apply(business, item.id, found), done + 1
        if not done:
            warn(f"Item {item.id} has nothing to be mended by {act}.")


def _question(item: Item, found: Finding) -> str:
    what = " ".join(part for part in (found.key, found.value) if part)
    return f"Item {item.id}: {found.sentence}\n{found.cure}\nApply {what}?"


def _tell(item: Item, state: ItemState, findings: Sequence[Finding]) -> None:
    waiting = needs_you(item, state)
    if not findings and state.value == "ready" and not waiting:
        return
    what = ", ".join(part for part in (item.contact, item.reference) if part)
    say(f"Item {item.id} ({what}): {state_word(item, state)}")
    if waiting:
        tell_left([item], indent="  ")
    for finding in findings:
        say(f"  {finding.code}: {finding.sentence}")
        if finding.cure:
            say(f"    {finding.cure}")
        if finding.key:
            say(f"    Act: {' '.join(part for part in (finding.key, finding.value) if part)}")
