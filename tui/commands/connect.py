"""`kashdeck connect`, `reconnect` and `disconnect`: a business and its KashFlow account."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from kfclient.desk.business.status import status_of
from tui.commands.opening import agreed, hidden, opened, stdin_line, unlocked
from tui.commands.output import say, say_json, warn
from tui.commands.progress import Progress, stoppable
from tui.commands.status import connection_shape
from tui.commands.sync import exit_code, sync_shape
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk import Desk
    from kfclient.desk.model.business import Business
    from kfclient.desk.model.draft import Draft
    from tui.commands.usage import Parser


# The credentials of a connection: never words on the command line, where others can see them.

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
    from kfclient.desk.model.business import software, software_at
    from kfclient.desk.model.draft import Draft, clean_endpoint

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


# What `connect` and `reconnect` share: the checks as they pass, then the first sync.


def connecting_arguments(parser: Parser, name_help: str, *, known: bool) -> None:
    """Declare the arguments of both commands; `known` ones have credentials from before."""
    parser.add_argument("name", metavar="NAME", help=name_help)
    credential_arguments(parser, known=known)
    parser.add_argument("--no-sync", action="store_true", help="do not read the lists afterwards")
    parser.traces()
    parser.answers_json()
    parser.example(
        f"{parser.prog} 'Harbour Lane' {'' if known else '--username U '}--secrets-stdin < FILE",
        notes=NOTES,
    )


def make_connection(
    desk: Desk, business: Business, args: argparse.Namespace, draft: Draft, *, again: bool
) -> int:
    """Connect the business, sync its lists, print; return the exit code."""
    work = desk.connecting.reconnect if again else desk.connecting.connect
    progress = Progress(quiet=args.json)
    with stoppable() as cancel:
        connection = unlocked(desk, lambda: work(business.id, draft, progress, cancel))
        if not args.json:
            say(f"{business.name} is connected to {connection.company.name}.")
        report = None
        if not args.no_sync:
            if not args.json:
                say("Reading the lists:")
            report = desk.syncing.sync(business.id, progress, cancel)
    if args.json:
        say_json(
            {
                "connection": connection_shape(status_of(business.id, desk.home.root, desk.person)),
                "checks": progress.checks,
                "sync": None if report is None else sync_shape(business, report),
            }
        )
    return 0 if report is None else exit_code(report)


# Which keyring keeps a connection's secrets: the one that was named, or what can be used here.


def keyring_for(desk: Desk, wanted: str) -> str:
    """Return the id of the keyring to use; says so when only the encrypted file is left.

    Raises WrongUse for one that is not known or cannot be used here, before anything is sent.
    """
    from kfclient.store.keyring_choice import ENCRYPTED_FILE

    if wanted:
        return _named(desk, wanted)
    proposed = desk.secrets.default_choice()
    if proposed is not None:
        return proposed.id
    notice = desk.secrets.notice()
    warn(
        "This session has no keyring that Kashdeck can use: the password and the AutoAuth key will "
        "be kept in an encrypted file, opened with a passphrase." + (f" {notice}" if notice else "")
    )
    return ENCRYPTED_FILE


def _named(desk: Desk, wanted: str) -> str:
    choices = desk.secrets.choices()
    usable = ", ".join(choice.id for choice in choices if choice.usable)
    for choice in choices:
        if choice.id == wanted and choice.usable:
            return wanted
        if choice.id == wanted:
            raise WrongUse(choice.why_not, f"What can be used here: {usable}.")
    raise WrongUse(f"Kashdeck keeps no secrets in “{wanted}”.", f"What can be used here: {usable}.")


def connect_arguments(parser: Parser) -> None:
    """Declare the business and the credentials."""
    connecting_arguments(parser, "the business; it is added when it is not here yet", known=False)


def run_connect(args: argparse.Namespace) -> int:
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


# `kashdeck reconnect`: give a connection new credentials; lists, items and settings stay.


def reconnect_arguments(parser: Parser) -> None:
    """Declare the business and the credentials."""
    connecting_arguments(parser, "the business, connected already", known=True)


def run_reconnect(args: argparse.Namespace) -> int:
    """Reconnect; another company's credentials are refused. What is not given stays."""
    from kfclient.desk.errors import NotConnected
    from kfclient.store.errors import SecretElsewhere

    with opened(args.trace) as desk:
        business = desk.businesses.find(args.name)
        before = business.connection
        if before is None:
            raise NotConnected(f"{business.name} is not connected to KashFlow.")
        if not args.endpoint and not args.software:
            kept = desk.connecting.kept_for(business.id)
            if kept[0] != before.endpoint if kept is not None else before.doubtful:
                raise SecretElsewhere(
                    f"The password of {business.name} is kept for another address than "
                    f"{before.endpoint}, which the connection now names. Nothing was asked or sent."
                )
            args.endpoint, args.software = before.endpoint, before.software
        args.username = args.username or before.username
        if not args.secrets_stdin:
            warn(f"{business.name} is reconnected to {args.username} at {args.endpoint}.")
        if args.secrets_in:
            keyring_for(desk, args.secrets_in)
        return make_connection(desk, business, args, draft_of(args).cleaned(), again=True)


# `kashdeck disconnect`: remove a connection and its secrets; lists and items stay.


def disconnect_arguments(parser: Parser) -> None:
    """Declare the business."""
    parser.add_argument("name", metavar="NAME", help="the business")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.answers_json()
    parser.example("kashdeck disconnect 'Harbour Lane' --yes")


def run_disconnect(args: argparse.Namespace) -> int:
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
            known = status_of(business.id, desk.home.root, desk.person)
            say_json({"connection": connection_shape(known)})
        else:
            say(f"{business.name} is disconnected. Its lists, items and settings are still here.")
    return 0
