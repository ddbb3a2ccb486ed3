"""The credentials of a connection: never words on the command line, where others can see them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tui.commands.prompts import hidden, stdin_line
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.connect.connecting import Draft
    from tui.commands.usage import Parser

NOTES = (
    "With --secrets-stdin the password is read from the first line of standard input and the "
    "AutoAuth key from the second. Without it, on a terminal, both are asked for and not shown.\n"
    "Keyrings are secret-service, libsecret, kwallet, macos, windows, encrypted-file, pass, and "
    "ask for none: the password is then typed each time. The default is the first of the system's "
    "that can be used here, else encrypted-file."
)


def credential_arguments(parser: Parser, *, known: bool) -> None:
    """Declare what `connect` and `reconnect` take; `known` has a username to fall back on."""
    parser.add_argument(
        "--software", metavar="WHICH", help="kashflow or sandbox (default: by the address)"
    )
    before = "as before"
    parser.add_argument(
        "--endpoint",
        metavar="URL",
        help=f"the server's address (default: {before if known else 'KashFlow'})",
    )
    parser.add_argument(
        "--username",
        metavar="U",
        required=not known,
        help="as shown on Apps > API Settings in KashFlow" + (f" ({before})" if known else ""),
    )
    parser.add_argument(
        "--secrets-stdin",
        action="store_true",
        help="read the password, then the AutoAuth key, from standard input",
    )
    parser.add_argument(
        "--secrets-in",
        metavar="KEYRING",
        default="",
        help="where they are kept (default: see below)",
    )


def draft_of(args: argparse.Namespace) -> Draft:
    """Return the draft of the arguments and the two secrets; WrongUse when one is missing."""
    from kfclient.desk.business.software import software, software_at
    from kfclient.desk.connect.connecting import Draft, clean_endpoint

    if args.software:
        choice = software(args.software)
    else:
        choice = (
            software_at(clean_endpoint(args.endpoint)) if args.endpoint else software("kashflow")
        )
    if choice.asks_address and not args.endpoint:
        raise WrongUse("The sandbox's address is missing.", "Add: --endpoint URL")
    password, key = _from_stdin() if args.secrets_stdin else _asked()
    return Draft(
        software=choice.id,
        endpoint=args.endpoint or choice.endpoint,
        username=args.username,
        password=password,
        autoauth_key=key,
        secrets_in=args.secrets_in,
    )


def _from_stdin() -> tuple[str, str]:
    """Read two lines; only their line ends are taken off."""
    password, key = stdin_line(), stdin_line()
    if not password or not key:
        raise WrongUse(
            "Standard input has to hold two lines: the password, then the AutoAuth key.",
            "For example: kashdeck connect NAME --username U --secrets-stdin < FILE",
        )
    return password, key


def _asked() -> tuple[str, str]:
    if not sys.stdin.isatty():
        raise WrongUse(
            "There is no terminal to ask for the password on.",
            "Add --secrets-stdin and give the password and the AutoAuth key, one line each.",
        )
    return hidden("Password: "), hidden("AutoAuth key: ")
