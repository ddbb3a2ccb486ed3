"""`kashdeck keyring`: the places a business's password may be kept in, and moving it to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.keyrings import keyring_for
from tui.commands.opening import opened, unlocked
from tui.commands.output import say, say_json, warn

if TYPE_CHECKING:
    import argparse

    from kfclient.desk import Desk
    from kfclient.store.backends import BackendChoice
    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
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


def run(args: argparse.Namespace) -> int:
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
            f"A copy is still in {place}, which could not be wiped now.\n"
            "Repeat this command where that place can be used."
        )


def _kept(choices: list[BackendChoice], place: str) -> str:
    for choice in choices:
        if choice.id == place:
            if choice.typed:
                return "the password is kept nowhere; it is typed each time."
            return f"the password and the AutoAuth key are in: {choice.title}."
    return f"the password and the AutoAuth key are in {place}, which is not on this machine."
