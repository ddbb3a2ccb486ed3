"""`kashdeck keyring`, `unlock` and `lock`: where passwords are kept, the encrypted file opened."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING

from tui.commands.connect import keyring_for
from tui.commands.opening import opened, unlocked
from tui.commands.output import say, say_json, warn
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    from kfclient.desk import Desk
    from kfclient.store.keyring_choice import BackendChoice
    from tui.commands.usage import Parser


def keyring_arguments(parser: Parser) -> None:
    """Declare the business and the place."""
    parser.add_argument("name", metavar="NAME", help="the business, which is connected")
    parser.add_argument("place", metavar="PLACE", nargs="?", default="", help="where to move it")
    parser.takes_secrets()
    parser.answers_json()
    parser.example(
        "kashdeck keyring 'Harbour Lane'",
        "kashdeck keyring 'Harbour Lane' encrypted-file",
        notes="Without PLACE the places are shown, and where the password and the AutoAuth key "
        "are now. With it they are moved there, read back, and wiped where they were.",
    )


def run_keyring(args: argparse.Namespace) -> int:
    """Show, or move; 1 when a place that is not wanted any more could not be wiped."""
    from kfclient.desk.errors import NotConnected

    with opened() as desk:
        business = desk.businesses.find(args.name)
        if business.connection is None:
            raise NotConnected(f"{business.name} is not connected to KashFlow.")
        before = place = business.connection.secrets_in
        if args.place:
            desk.businesses.require_admin(business.id, "move the password of")
            place = keyring_for(desk, args.place)
            unlocked(
                desk,
                lambda: desk.connecting.keep_secrets_in(business.id, place),
                secrets_stdin=args.secrets_stdin,
            )
        left = desk.connecting.left_behind(business.id)
        if args.json:
            say_json(_shape(desk, business.name, place, left))
        elif args.place:
            _tell_move(desk, business.name, before, place)
        else:
            _tell_places(desk, business.name, place)
        _tell_left(left)
    return 1 if left else 0


def _shape(desk: Desk, name: str, place: str, left: list[str]) -> dict[str, object]:
    places = [
        {
            "id": choice.id,
            "title": choice.title,
            "usable": choice.usable,
            "why_not": choice.why_not or None,
        }
        for choice in desk.secrets.choices()
    ]
    return {"name": name, "place": place, "places": places, "left_in": left}


def _tell_places(desk: Desk, name: str, place: str) -> None:
    choices = desk.secrets.choices()
    say(f"{name}: {_kept(choices, place)}")
    for choice in choices:
        mark = "*" if choice.id == place else " "
        say(f" {mark} {choice.id:<15} {choice.title}")
        if not choice.usable:
            say(f"   {'':<15} not now: {choice.why_not}")
    notice = desk.secrets.notice()
    if notice:
        say(notice)


def _tell_move(desk: Desk, name: str, before: str, place: str) -> None:
    choices = desk.secrets.choices()
    say(f"{name}: {_kept(choices, place)}")
    if before != place and desk.secrets.keeps_history(before):
        warn(
            "Your password store is under git: what was kept there is still in its history, "
            "encrypted as it was."
        )


def _tell_left(left: list[str]) -> None:
    for place in left:
        warn(
            f"A copy is still in {place}, which could not be wiped now.",
            "Repeat this command where that place can be used.",
        )


def _kept(choices: list[BackendChoice], place: str) -> str:
    for choice in choices:
        if choice.id == place:
            if choice.typed:
                return "the password is kept nowhere; it is typed each time."
            return f"the password and the AutoAuth key are in: {choice.title}."
    return f"the password and the AutoAuth key are in {place}, which is not on this machine."


# `kashdeck unlock`: open the encrypted file once, for every session and script, for some hours.

HOURS = 8.0


def unlock_arguments(parser: Parser) -> None:
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


def run_unlock(args: argparse.Namespace) -> int:
    """Ask for the passphrase and keep what it opens for so long."""
    from kfclient.store.errors import SecretMissing
    from kfclient.store.keyring_choice import ENCRYPTED_FILE

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
    from kfclient.store.errors import PassphraseNeeded
    from kfclient.store.keyring_choice import ENCRYPTED_FILE, passphrase_from_file

    passphrase = passphrase_from_file()
    if passphrase is not None:
        return desk.secrets.unlock(ENCRYPTED_FILE, passphrase, keep_hours=hours)
    if not sys.stdin.isatty():
        raise PassphraseNeeded("The encrypted file with the passwords is locked.")
    from tui.commands.opening import ask_passphrase

    return ask_passphrase(desk, keep_hours=hours)


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not 0 < hours <= 24:
        raise argparse.ArgumentTypeError("a number of hours, above 0 and at most 24")
    return hours


# `kashdeck lock`: forget what opens the encrypted file, in every session.


def lock_arguments(parser: Parser) -> None:
    """Declare nothing but how to answer."""
    parser.answers_json()
    parser.example("kashdeck lock")


def run_lock(args: argparse.Namespace) -> int:
    """Lock; it is no trouble when it was locked."""
    from kfclient.store.keyring_choice import ENCRYPTED_FILE

    with opened() as desk:
        desk.secrets.lock(ENCRYPTED_FILE)
    if args.json:
        say_json({"unlocked": False})
    else:
        say("Locked. Every session asks for the passphrase when it next needs a password.")
    return 0
