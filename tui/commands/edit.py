"""`kashdeck edit`, `undo-edit` and `add`: complete or correct items, take it back, type one in."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kfclient.desk.audit.words import changes_told
from kfclient.desk.errors import WrongValue
from kfclient.desk.items.bulk_edit import line_with
from kfclient.desk.items.exchange_rates import parse_rate
from kfclient.desk.model.fields import COMMAND_HEAD, COMMAND_LINE, changes_between
from kfclient.desk.model.item import Item, ItemLine, ItemState, Severity
from kfclient.errors import Problem
from kfclient.money import in_currency, shown
from tui.commands.items import FILTER, sought, tell_item, where_of
from tui.commands.opening import agreed, opened
from tui.commands.output import count, say, say_json, shown_time
from tui.commands.settings import pairs
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

    from kfclient.desk import Desk
    from kfclient.desk.items.edit_history import EditStep
    from kfclient.desk.model.item import Finding
    from tui.commands.usage import Parser


def edit_arguments(parser: Parser) -> None:
    """Declare the business, the items and the changes."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument(
        "words", metavar="ITEM|FIELD=VALUE", nargs="+", help="items by number, and what to change"
    )
    parser.add_argument("--ready", action="store_true", help="all items that are ready")
    parser.add_argument("--where", metavar="FILTER", default="", help="all items that it has")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, no more")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.answers_json()
    parser.example(
        "kashdeck edit 'Harbour Lane' 3 contact='Parcel & Post' date=31/08/2026",
        "kashdeck edit 'Harbour Lane' 3 1.category=Travel 1.tax_rate=20",
        "kashdeck edit 'Harbour Lane' 3 currency=EUR 'exchange_rate=0.85 GBP per EUR'",
        "kashdeck edit 'Harbour Lane' 3 bank_account=1200 payment_method=Cash",
        "kashdeck edit 'Harbour Lane' 3 files+=bill.pdf",
        "kashdeck edit 'Harbour Lane' 3 4 5 category=Travel",
        "kashdeck edit Harbour --where 'supplier=Kestrel* category=' category=7502",
        notes=f"Many items are changed together or not at all, as one line of the trail.\n\n"
        f"{FIELDS}\n\n{FILTER}",
    )


def run_edit(args: argparse.Namespace) -> int:
    """Change the items, all changes or none; show what came of it. Published items refuse.

    1 where what was said, or came of it, keeps an item from being published.
    """
    named = list(dict.fromkeys(word for word in args.words if word.isdigit()))
    words = read([word for word in args.words if not word.isdigit()])
    if not any(words):
        raise WrongUse("Nothing is said to change.", "Say it as FIELD=VALUE, as category=Travel.")
    if args.ready or args.where or args.dry_run or len(named) > 1:
        return _edit_many(args, named, words)
    if not named:
        raise WrongUse("No item is named.", "Give its number, or --where or --ready.")
    with opened() as desk:
        business = desk.businesses.find(args.name)
        home = desk.items.reference_data.of(business.id).home_currency
        before = desk.items.get(business.id, named[0])
        known = desk.items.findings(business.id, before)
        saved = desk.items.save(business.id, said(before, words, home))
        tell_item(desk, business.id, saved, as_json=args.json)
        findings = desk.items.findings(business.id, saved)
        new = [one for one in findings if one not in known]
        return 1 if stops(new, ALL) or stops(findings, words[1]) else 0


_SHOWN = 10
"""Items of which a question shows what changes."""


def _edit_many(args: argparse.Namespace, named: Sequence[str], words: Words) -> int:
    """Show what changes in these items, ask on a terminal, and change them all or none."""
    with opened() as desk:
        business = desk.businesses.find(args.name)
        found, left = _chosen(desk, business.id, args, named)
        home = desk.items.reference_data.of(business.id).home_currency
        after = [(item, said(item, words, home)) for item in found]
        changing = [(was, now) for was, now in after if changes_between(was, now)[1]]
        if not args.json:
            _tell_changes(changing, len(found), left, whole=args.dry_run)
        doing = bool(changing) and not args.dry_run
        if doing and not (args.yes or args.json):
            doing = agreed(f"Change {count(len(changing), 'item')}?")
        stopped: list[str] = []
        saved: list[Item] = []
        if doing:
            known = {was.id: desk.items.findings(business.id, was) for was, _ in changing}
            saved = desk.items.save_all(business.id, [now for _, now in changing])
            every = desk.items.check(business.id)
            for item in saved:
                new = [one for one in every.get(item.id, ()) if one not in known[item.id]]
                if stops(new, ALL) or stops(every.get(item.id, ()), words[1]):
                    stopped.append(item.id)
    if args.json:
        shapes = []
        for was, now in changing:
            before, then = changes_between(was, now)
            shapes.append({"item": was.id, "before": before, "after": then})
        told = {"found": len(found), "changes": shapes, "changed": len(saved), "stopped": stopped}
        say_json({**told, "left": left})
    elif not args.dry_run and changing:
        say(f"{count(len(saved), 'item')} changed." if doing else "Nothing was changed.")
        if stopped:
            say(f"To review now: {', '.join(stopped)}.")
    return 1 if stopped else 0


def _chosen(
    desk: Desk, business: str, args: argparse.Namespace, named: Sequence[str]
) -> tuple[list[Item], int]:
    """Return the items that are meant, and how many of those a filter has cannot be changed."""
    if not (args.ready or args.where):
        return [desk.items.changeable(business, one, "changed") for one in named], 0
    if named:
        raise WrongUse(
            "Items are named, and chosen by --where or --ready as well.",
            "Say one of the two: name them, or have them chosen.",
        )
    where, states = where_of(args.where), desk.items.states(business)
    findings = desk.items.check(business) if args.where else {}
    had = [
        item
        for item in desk.items.all(business)
        if (not args.ready or states[item.id] is ItemState.READY)
        and (where is None or where.has(sought(item, states[item.id], findings)))
    ]
    found = [one for one in had if states[one.id] in (ItemState.READY, ItemState.TO_REVIEW)]
    return found, len(had) - len(found)


def _tell_changes(
    changing: Sequence[tuple[Item, Item]], found: int, left: int, *, whole: bool
) -> None:
    """Say what would change, item by item."""
    for was, now in changing if whole else changing[:_SHOWN]:
        told = changes_told(*changes_between(was, now))
        say(f"{was.id}  {was.contact or 'nobody'}, {shown(was.gross, was.currency)}: {told}")
    if not whole and len(changing) > _SHOWN:
        say(f"and {len(changing) - _SHOWN:,} more; --dry-run shows them all.")
    if same := found - len(changing):
        say(f"{count(same, 'item')} {'is' if same == 1 else 'are'} so already.")
    if left:
        say(f"{count(left, 'item')} that went to KashFlow {'stays' if left == 1 else 'stay'}.")
    if not found:
        say("No item is meant.")


ALL = ("",)
"""Stands for every field of an item."""

_ABOUT = {"contact_code": "contact", "unit_price": "amount", "quantity": "amount", "vat": "amount"}
"""What findings call fields that they are not about alone."""


def stops(findings: Iterable[Finding], said: Iterable[str]) -> bool:
    """Tell whether one of the findings stops the item for what was said of these fields."""
    names = {key.strip().casefold().replace("-", "_").rpartition(".")[2] for key in said}
    names |= {_ABOUT[name] for name in names if name in _ABOUT}
    return any(
        one.severity is Severity.STOP
        and one.field
        and ("" in names or one.field.rpartition(".")[2] in names)
        for one in findings
    )


# `kashdeck undo-edit`: take back what was done with items here.


def undo_edit_arguments(parser: Parser) -> None:
    """Declare the business, and whether it is done again."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("--redo", action="store_true", help="do again what was taken back last")
    parser.add_argument("--list", action="store_true", help="what could be, the latest first")
    parser.answers_json()
    parser.example(
        "kashdeck undo-edit 'Harbour Lane'",
        "kashdeck undo-edit 'Harbour Lane' --redo",
        notes="Your own edits, additions, deletions and imports, the last first, each as a whole. "
        "Where somebody has changed one of the items since, or it went to KashFlow, nothing is "
        "changed. What is in KashFlow is taken out with undo.",
    )


def run_undo_edit(args: argparse.Namespace) -> int:
    """Take the last step back, or do it again, and say what it was."""
    if args.redo and args.list:
        raise WrongUse("--list changes nothing, and --redo does.", "Give one of the two.")
    with opened() as desk:
        business = desk.businesses.find(args.name)
        if args.list:
            steps = desk.items.history.steps(business.id)
            if args.json:
                say_json({"steps": [_step_shape(step) for step in steps]})
                return 0
            for step in steps:
                mark = "  (taken back)" if step.undone else ""
                say(f"{shown_time(step.at)}  {step.who}: {step.words}{mark}")
            say(f"{count(len(steps), 'step')}.")
            return 0
        turn = desk.items.redo_edit if args.redo else desk.items.undo_edit
        step = turn(business.id)
    if args.json:
        say_json({"step": _step_shape(step)})
    else:
        say(f"{'Done again' if args.redo else 'Taken back'}: {step.words}.")
    return 0


def _step_shape(step: EditStep) -> dict[str, Any]:
    return {
        "at": step.at,
        "who": step.who,
        "what": step.what,
        "file": step.file or None,
        "items": step.count,
        "undone": step.undone,
        "sentence": step.words,
    }


# `kashdeck add`: type in an item.

_KINDS = ("cost", "sale", "claim")


def add_arguments(parser: Parser) -> None:
    """Declare the business, the kind and the fields."""
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


def run_add(args: argparse.Namespace) -> int:
    """Add the item to the inbox, and show it with what is known about it.

    1 where what was said keeps it from being published.
    """
    from kfclient.desk.model.item import Item, Kind

    words = read(args.fields)
    kind = Kind(args.kind)
    with opened() as desk:
        business = desk.businesses.find(args.name)
        home = desk.items.reference_data.of(business.id).home_currency
        document = "expense claim" if kind is Kind.CLAIM else "invoice"
        item = said(Item(kind=kind, document=document, currency=home), words, home)
        added = desk.items.add(business.id, item)
        tell_item(desk, business.id, added, as_json=args.json)
        return 1 if stops(desk.items.findings(business.id, added), words[1]) else 0


# The files of an item as a command gives them: `files=a.pdf`, `files+=b.pdf`, `files-=a.pdf`.

_WORDS = ("files+", "files-", "files")


def told_apart(words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what is said of files, as (`files`, `files+` or `files-`, path), and the other words.

    Files may be said as often as there are any.
    """
    files: list[tuple[str, str]] = []
    others: list[str] = []
    for word in words:
        key, equals, path = word.partition("=")
        key = key.strip().casefold()
        if equals and key in _WORDS:
            files.append((key, path.strip()))
        else:
            others.append(word)
    return files, others


def with_files(item: Item, said: Sequence[tuple[str, str]]) -> Item:
    """Return the item with its files changed as was said, in that order; `WrongValue`.

    `files` stands for all of them (an empty path for none), `files+` adds, `files-` takes away by
    path, or by name where one file alone has it. A file is known by its absolute path, so that it
    is found from anywhere; one that is not there, or cannot be read, is refused at once.
    """
    files = list(item.files)
    if any(key == "files" for key, _ in said):
        files = []
    for key, path in said:
        if key == "files-":
            files.remove(_one_of(files, path))
        elif path or key == "files+":
            files.append(_there(path))
    return msgspec.structs.replace(item, files=tuple(dict.fromkeys(files)))


def _absolute(path: str) -> str:
    """Return the path from the root; symbolic links stay, and so does what cannot be expanded."""
    return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111


def _there(path: str) -> str:
    """Return the absolute path of a file that can be read."""
    place = Path(_absolute(path)) if path else None
    if place is None or not os.path.lexists(place):
        raise WrongValue(f"files: There is no file {path}.", "Check its name and folder.")
    if not place.is_file():
        raise WrongValue(f"files: {path} is no file.", "Name each file; a folder cannot go.")
    if not os.access(place, os.R_OK):
        raise WrongValue(f"files: {path} cannot be read.", "You may not open it.")
    return str(place)


def _one_of(files: Sequence[str], path: str) -> str:
    """Return which of the item's files is meant."""
    if path in files:
        return path
    whole = _absolute(path) if path else ""
    found = [one for one in files if one == whole or Path(one).name == path]
    if len(found) == 1:
        return found[0]
    has = f"It has {', '.join(files)}." if files else "It has no files."
    many = "more than one file" if found else "no file"
    raise WrongValue(f"files: The item has {many} called “{path}”.", has)


# The fields of an item as a command gives them: `date=31/08/2026`, `1.category=Travel`.

MOST_LINES = 200


def _rate(text: str, currency: str, home: str) -> Decimal | None:
    """Read an exchange rate, whichever way round it is said."""
    if not text.strip():
        return None
    if currency == home:
        raise WrongValue(
            f"An item in {home} has no exchange rate: that is the books' own currency.",
            "Give its currency too, such as currency=EUR.",
        )
    return parse_rate(text, currency, home)


FIELDS = f"""\
fields of the item:
  {", ".join(COMMAND_HEAD)}, files
fields of a line (2.category: of line 2; category: of every line):
  {", ".join(COMMAND_LINE)}

A line's VAT follows from its price and tax rate unless it is given too. An empty value \
(project=) clears a field. The number after the last line makes a new line.
A rate is said either way: 1.18 EUR per GBP, 0.85 GBP per EUR, or 1.18, which is foreign per home.
What names a bank account is paid from it, on paid_on or else on its date.
files+=PATH adds a file that goes with it, files-=PATH takes one away, files=PATH stands for all."""
"""What the help of a command says of fields."""


Words = tuple[list[tuple[str, str]], dict[str, str]]
"""What FIELD=VALUE words say: of files, and of everything else."""


def read(words: Sequence[str]) -> Words:
    """Read a command's FIELD=VALUE words; WrongUse."""
    files, others = told_apart(words)
    return files, pairs(others)


def said(item: Item, words: Words, home: str) -> Item:
    """Return the item with what was said of it; WrongUse, WrongValue.

    `home` is the currency of the books.
    """
    files, changes = words
    return with_files(changed(item, changes, home), files)


def changed(item: Item, changes: Mapping[str, str], home: str = "GBP") -> Item:
    """Return the item with the changes made, all or none; WrongUse, WrongValue.

    `home` is the currency of the books: an item in it has no exchange rate. A line's VAT follows
    from its net and tax rate when one of these is given and the VAT is not. The numbers after the
    last line make new lines; an item without any gets its first from a field without a number.
    """
    head: dict[str, Any] = {}
    lines = list(item.lines)
    by_line: dict[int, dict[str, Any]] = {}
    for key, text in changes.items():
        number, field = _split(key)
        if number is None and field in COMMAND_HEAD:
            head[field] = _read(COMMAND_HEAD[field].told, key, text)
            continue
        if field not in COMMAND_LINE:
            raise _no_such(key)
        value = _read(COMMAND_LINE[field].told, key, text)
        for at in range(max(len(lines), 1)) if number is None else [number]:
            by_line.setdefault(at, {})[field] = value
    for at in sorted(by_line):
        if at > len(lines):
            raise _no_line(at + 1, len(lines))
        if at == len(lines):
            lines.append(ItemLine())
        lines[at] = line_with(lines[at], by_line[at])
    currency = head.get("currency", item.currency)
    _agree(changes, currency)
    if "exchange_rate" in head:
        head["exchange_rate"] = _read(
            lambda text: _rate(text, currency, home), "exchange_rate", head["exchange_rate"]
        )
    elif currency == home:
        head["exchange_rate"] = None
    return msgspec.structs.replace(item, lines=tuple(lines), **head)


def _agree(changes: Mapping[str, str], currency: str) -> None:
    """Raise `WrongValue` where an amount has the sign or code of another currency."""
    for key, text in changes.items():
        if _split(key)[1] in {"unit_price", "vat"}:
            _read(lambda amount: in_currency(amount, currency), key, text)


def _read(reader: Callable[[str], Any], key: str, text: str) -> Any:
    """Return the value; what is wrong with it names the field, for several may be given."""
    try:
        return reader(text)
    except Problem as problem:
        raise WrongValue(f"{key}: {problem.sentence}", problem.cure) from None


def _split(key: str) -> tuple[int | None, str]:
    """Return a line's place (from 0) and its field, or None and the item's field."""
    first, dot, field = key.strip().casefold().replace("-", "_").partition(".")
    if not dot:
        return None, first
    if not (first.isascii() and first.isdigit() and 1 <= int(first) <= MOST_LINES):
        raise WrongUse(f"There is no line “{first}” in an item.", "Its first line is 1.")
    return int(first) - 1, field


def _no_line(number: int, lines: int) -> WrongUse:
    many = f"It has lines 1 to {lines}; {lines + 1}" if lines else "It has none; 1"
    return WrongUse(f"There is no line {number} in this item.", f"{many} makes a new one.")


def _no_such(key: str) -> WrongUse:
    head, line = ", ".join(COMMAND_HEAD), ", ".join(COMMAND_LINE)
    return WrongUse(
        f"An item has no field “{key}”.",
        f"Fields: {head}, files; of a line: {line} (1.category for line 1).",
    )
