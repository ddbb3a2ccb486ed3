"""`kashdeck connect`: connect a business to KashFlow, and read its lists for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tui.commands.connecting import connecting_arguments, make_connection
from tui.commands.credentials import draft_of
from tui.commands.keyrings import keyring_for
from tui.commands.opening import opened
from tui.commands.output import say

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business and the credentials."""
    connecting_arguments(parser, "the business; it is added when it is not here yet", known=False)


def run(args: argparse.Namespace) -> int:
    """Connect; a business that is not here yet is added first, and stays if connecting fails."""
    from kfclient.desk.errors import BusinessUnknown

    draft = draft_of(args).cleaned()
    with opened(args.trace) as desk:
        draft = msgspec.structs.replace(draft, secrets_in=keyring_for(desk, args.secrets_in))
        try:
            business = desk.businesses.find(args.name)
        except BusinessUnknown:
            business = desk.businesses.add(args.name)
            if not args.json:
                say(f"{business.name} was added; you are its Admin.")
        return make_connection(desk, business, args, draft, again=False)
