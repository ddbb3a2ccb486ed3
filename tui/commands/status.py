"""`kashdeck status`: how one business stands with KashFlow in full, or all of them in a line.

It runs in prompts and scripts, so what it loads is kept to what it needs: see
`tests/tui/test_imports.py`.
"""

from __future__ import annotations

from kfclient.desk.business.glance import glances
from kfclient.desk.business.standing import called
from tui.commands.output import say, say_json
from tui.commands.standings import connection_in_full, connection_shape, connections_table

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business, or none for all."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the business (default: all)")
    parser.answers_json()
    parser.example("kashdeck status", "kashdeck status 'Harbour Lane' --json")


def run(args: argparse.Namespace) -> int:
    """Tell how things stand; asks KashFlow nothing."""
    return _tell(args.name or "", as_json=args.json)


def run_plain(words: list[str]) -> int | None:
    """Do it without argparse, which takes longer to load than to tell; None for unusual words."""
    names = [word for word in words if word != "--json"]
    if len(names) > 1 or any(name.startswith("-") for name in names):
        return None
    return _tell("".join(names), as_json="--json" in words)


def _tell(name: str, *, as_json: bool) -> int:
    every = glances()
    if name:
        every = [called(every, name)]
    if as_json:
        say_json({"connections": [connection_shape(glance) for glance in every]})
    else:
        say(connection_in_full(every[0]) if name else connections_table(every))
    return 0
