"""`kashdeck reconnect`: give a connection new credentials; lists, items and settings stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.connecting import connecting_arguments, make_connection
from tui.commands.credentials import draft_of
from tui.commands.keyrings import keyring_for
from tui.commands.opening import opened

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the business and the credentials."""
    connecting_arguments(parser, "the business, connected already", known=True)


def run(args: argparse.Namespace) -> int:
    """Reconnect; another company's credentials are refused. What is not given stays."""
    from kfclient.desk.errors import NotConnected

    with opened(args.trace) as desk:
        business = desk.businesses.find(args.name)
        before = business.connection
        if before is None:
            raise NotConnected(f"{business.name} is not connected to KashFlow.")
        args.username = args.username or before.username
        if not args.endpoint and not args.software:
            args.endpoint, args.software = before.endpoint, before.software
        if args.secrets_in:
            keyring_for(desk, args.secrets_in)
        return make_connection(desk, business, args, draft_of(args).cleaned(), again=True)
