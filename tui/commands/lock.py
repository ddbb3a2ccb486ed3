"""`kashdeck lock`: forget what opens the encrypted file, in every session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.opening import opened
from tui.commands.output import say, say_json

if TYPE_CHECKING:
    import argparse

    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare nothing but how to answer."""
    parser.answers_json()
    parser.example("kashdeck lock")


def run(args: argparse.Namespace) -> int:
    """Lock; it is no trouble when it was locked."""
    from kfclient.store.backends import ENCRYPTED_FILE

    with opened() as desk:
        desk.secrets.lock(ENCRYPTED_FILE)
    if args.json:
        say_json({"unlocked": False})
    else:
        say("Locked. Every session asks for the passphrase when it next needs a password.")
    return 0
