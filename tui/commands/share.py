"""`kashdeck share`: who may use the home; a group of this machine, or its owner alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.output import count, say, say_json, warn
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.business.businesses import Businesses
    from kfclient.store.sharing import Sharing
    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the group, and how to end it."""
    parser.add_argument("group", metavar="GROUP", nargs="?", help="a group of this machine")
    parser.add_argument("--stop", action="store_true", help="keep the home to its owner again")
    parser.answers_json()
    parser.example(
        "kashdeck share",
        "kashdeck share accounts",
        "kashdeck share --stop",
        notes="Everybody in the group may then read and change all that is kept in the home, so "
        "share it only with people who may see all these books. Roles still say who may do what. "
        "Without GROUP it says who shares the home now.",
    )


def run(args: argparse.Namespace) -> int:
    """Tell who may use the home, after changing that where it is asked."""
    from kfclient.desk.audit.audit import Audit
    from kfclient.desk.business.businesses import Businesses
    from kfclient.desk.business.sharing import share_home
    from kfclient.store.home import Home
    from kfclient.store.sharing import sharing

    if args.group and args.stop:
        raise WrongUse("Name a group, or say --stop, not both.", "See: kashdeck share --help")
    if args.group == "":
        raise WrongUse("A group needs a name.", "See your groups with: id -Gn")
    home = Home.default()
    try:
        businesses = Businesses(home)
        if args.group or args.stop:
            now = share_home(home, businesses, Audit(home), args.group or "")
        else:
            now = sharing(home.root)
        own = _own_keyrings(businesses) if now.group else []
    finally:
        home.close()
    if args.json:
        say_json(_shape(now))
    else:
        _tell(now, asked=bool(args.group or args.stop))
        _warn(now, own)
    return 1 if now.closed else 0


def _own_keyrings(businesses: Businesses) -> list[str]:
    """Return the businesses whose secrets only the person who connected them can fetch."""
    from kfclient.store.backends import ENCRYPTED_FILE

    return [
        summary.business.name
        for summary in businesses.all()
        if summary.business.connection and summary.business.connection.secrets_in != ENCRYPTED_FILE
    ]


def _shape(now: Sharing) -> dict[str, object]:
    return {
        "owner": now.owner,
        "group": now.group or None,
        "members": list(now.members),
        "others": list(now.others),
        "closed": None if now.closed is None else str(now.closed),
        "changed": now.changed,
    }


def _tell(now: Sharing, *, asked: bool) -> None:
    if now.group:
        members = ", ".join(now.members) or "nobody by name"
        say(f"The home of {now.owner} is shared by the group {now.group}: {members}.")
    else:
        say(f"The home is for {now.owner} alone.")
    if asked:
        say(f"{count(now.changed, 'file or folder', 'files and folders')} changed.")


def _warn(now: Sharing, own: list[str]) -> None:
    if now.closed:
        warn(
            f"But {now.closed} is closed to the group, so its people cannot come to the home.\n"
            "Move the home to a folder that they can pass, such as one under /srv, and have "
            "KASHDECK_HOME name it for everybody."
        )
    if own:
        warn(
            f"The passwords of {', '.join(own)} are not in the encrypted file, where all who know "
            "its passphrase can use them.\nMove them there with: kashdeck keyring NAME "
            "encrypted-file"
        )
    if not now.group and now.others:
        warn(
            f"Some files were made by {', '.join(now.others)} and stay theirs; they lie where only "
            f"{now.owner} comes by.\nTo make them {now.owner}'s, have an administrator of this "
            "machine do: chown -R"
        )
