"""`kashdeck disconnect`: remove a connection and its secrets; lists and items stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfclient.desk.business.glance import glance
from tui.commands.opening import opened, unlocked
from tui.commands.output import say, say_json
from tui.commands.question import agreed
from tui.commands.standings import connection_shape

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.answers_json()
    parser.example("kashdeck disconnect 'Harbour Lane' --yes")


def run(args: argparse.Namespace) -> int:
    """Ask on a terminal, then disconnect."""
    with opened() as desk:
        business = desk.businesses.find(args.name)
        desk.businesses.require_admin(business.id, "disconnect")
        if not args.yes and not agreed(
            f"Disconnect {business.name} from KashFlow? Its password and AutoAuth key are removed "
            "from this machine. Its lists, items and settings stay, and nothing changes in "
            "KashFlow."
        ):
            say("Nothing was changed.")
            return 0
        unlocked(desk, lambda: desk.connecting.disconnect(business.id))
        if args.json:
            known = glance(business.id, desk.home.root, desk.person)
            say_json({"connection": connection_shape(known)})
        else:
            say(f"{business.name} is disconnected. Its lists, items and settings are still here.")
    return 0
