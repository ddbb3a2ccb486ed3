"""`kashdeck unlock`: open the encrypted file once, for every session and script, for some hours."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING

from tui.commands.opening import opened
from tui.commands.output import say, say_json
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    from kfclient.desk import Desk
    from tui.commands.usage import Parser

HOURS = 8.0


def arguments(parser: Parser) -> None:
    """Declare for how long."""
    parser.add_argument(
        "--hours",
        metavar="N",
        type=_hours,
        default=HOURS,
        help=f"for so long, at most 24 (default: {HOURS:.0f})",
    )
    parser.answers_json()
    parser.example(
        "kashdeck unlock",
        "kashdeck unlock --hours 0.5",
        notes="The key waits in the kernel's keyring of your user, in memory alone, and is gone "
        "when the time is over, after kashdeck lock, or when you are logged out everywhere. Until "
        "then programs that you run may use it, as you can.",
    )


def run(args: argparse.Namespace) -> int:
    """Ask for the passphrase and keep what it opens for so long."""
    from kfclient.store.backends import ENCRYPTED_FILE
    from kfclient.store.errors import SecretMissing

    with opened() as desk:
        if desk.secrets.is_new(ENCRYPTED_FILE):
            raise SecretMissing(
                "There is no encrypted file to unlock: no password is kept in one.",
                "It is made when a business is connected, or moved there: kashdeck keyring --help",
            )
        if not desk.secrets.can_keep():
            raise WrongUse(
                "Nothing can be kept between sessions here: this machine has no kernel keyring "
                "for it.",
                "For scripts, name a file with the passphrase in KASHDECK_PASSPHRASE_FILE.",
            )
        if not _unlocked(desk, args.hours):
            raise WrongUse(
                "The kernel's keyring did not take the key; it may be full.",
                "Try again later, or name a file in KASHDECK_PASSPHRASE_FILE.",
            )
    if args.json:
        say_json({"unlocked": True, "hours": args.hours})
    else:
        hours = f"{args.hours:g} hour{'' if args.hours == 1 else 's'}"
        say(f"Unlocked for {hours}. To end it sooner: kashdeck lock")
    return 0


def _unlocked(desk: Desk, hours: float) -> bool:
    from kfclient.store.backends import ENCRYPTED_FILE
    from kfclient.store.errors import PassphraseNeeded
    from kfclient.store.passphrase_file import passphrase_from_file

    passphrase = passphrase_from_file()
    if passphrase is not None:
        return desk.secrets.unlock(ENCRYPTED_FILE, passphrase, keep_hours=hours)
    if not sys.stdin.isatty():
        raise PassphraseNeeded("The encrypted file with the passwords is locked.")
    from tui.commands.prompts import ask_passphrase

    return ask_passphrase(desk, keep_hours=hours)


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not 0 < hours <= 24:
        raise argparse.ArgumentTypeError("a number of hours, above 0 and at most 24")
    return hours
