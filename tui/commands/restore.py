"""`kashdeck restore`: put a backup in the place of everything here, or keep what can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.backup import backup_shape, listed, path_of
from tui.commands.output import count, say, say_json
from tui.commands.question import agreed
from tui.commands.times import shown_time
from tui.commands.usage import WrongUse

if TYPE_CHECKING:
    import argparse

    from kfclient.desk.business.backups import Backups
    from kfclient.store.backup import Restored
    from kfclient.store.salvage import Salvaged
    from tui.commands.usage import Parser


_PUBLISHED_SINCE = (
    "Items that were published since look unpublished here. Before anything is sent, KashFlow is "
    "looked at, and what is there already is shown."
)


def arguments(parser: Parser) -> None:
    """Declare the file, or that there is none."""
    parser.add_argument("file", metavar="FILE", nargs="?", help="the backup")
    parser.add_argument(
        "--sound",
        action="store_true",
        help="restore no backup: keep what can still be read of damaged files",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.answers_json()
    parser.example(
        "kashdeck restore kashdeck-2026-11-05.zip",
        "kashdeck restore --sound",
        notes="What was here before is kept as a backup beside the home, and named. It waits for "
        "nobody: let other sessions finish syncing and publishing first.",
    )


def run(args: argparse.Namespace) -> int:
    """Ask on a terminal, then restore."""
    from kfclient.desk.business.backups import Backups
    from kfclient.store.home import Home
    from kfclient.store.logs import start_logging

    if (args.file is None) is not args.sound:
        raise WrongUse("Name a backup file, or say --sound, and not both.")
    home = Home.default()
    start_logging(home)
    try:
        backups = Backups(home)
        return _keep_sound(backups, args) if args.sound else _restore(backups, args)
    finally:
        home.close()


def _restore(backups: Backups, args: argparse.Namespace) -> int:
    path = path_of(args.file)
    found = backups.examine(path)
    if not args.yes and not agreed(
        f"Put the backup of {shown_time(found.made_at)} "
        f"({count(len(found.businesses), 'business', 'businesses')} with items or lists) in the "
        "place of everything that is here? What is here is kept as a backup file first. Nothing "
        "changes in KashFlow."
    ):
        say("Nothing was changed.")
        return 0
    restored = backups.restore(path)
    names = backups.businesses()
    if args.json:
        shape = backup_shape(restored.backup, path, names)
        kept = None if restored.kept is None else str(restored.kept)
        say_json({"restored": {**shape, "kept": kept, "unreadable_before": restored.left_out}})
    else:
        _tell(restored, names)
    return 0


def _keep_sound(backups: Backups, args: argparse.Namespace) -> int:
    if not args.yes and not agreed(
        "Keep what can still be read of damaged files, and go on without the rest? The damaged "
        "files are kept beside. A backup, where there is one, may hold more."
    ):
        say("Nothing was changed.")
        return 0
    found = backups.keep_sound()
    if args.json:
        shapes = [
            {
                "name": one.name,
                "kept": one.kept,
                "lost": one.lost,
                "copies": [str(copy) for copy in one.copies],
            }
            for one in found
        ]
        say_json({"salvaged": shapes})
    else:
        _tell_salvaged(found)
    return 1 if any(one.kept is None for one in found) else 0


def _tell_salvaged(found: list[Salvaged]) -> None:
    if not found:
        say("Nothing is damaged here.")
    for one in found:
        copies = ", ".join(str(copy) for copy in one.copies)
        if one.kept is None:
            say(
                f"{one.name}: nothing of it can be read, so it was left as it is. Restore a "
                f"backup, or move {one.name} and {one.name}.log away to begin without what they "
                "hold."
            )
            continue
        lost = (
            "what was changed after its last snapshot"
            if one.lost is None
            else f"the last {count(one.lost, 'change')}"
        )
        say(f"{one.name}: {count(one.kept, 'record')} kept; {lost} could not be read.")
        say(f"The damaged files are kept as {copies}")
    if any(one.kept is not None for one in found):
        say(_PUBLISHED_SINCE)


def _tell(restored: Restored, names: list[str]) -> None:
    say(f"Restored {listed(names)} as of {shown_time(restored.backup.made_at)}.")
    if restored.kept is not None:
        say(f"What was here before is kept in {restored.kept}")
    if restored.left_out:
        say(
            f"Of that, {', '.join(restored.left_out)} could not be read and is not in there; a "
            "copy of it, as it was, lies beside it in the home."
        )
    say(
        "Passwords and AutoAuth keys are not in a backup. Where this machine's keyring has none "
        "for a business: kashdeck reconnect NAME"
    )
    say(_PUBLISHED_SINCE)
