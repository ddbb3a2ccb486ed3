"""`kashdeck backup`: one file with everything that is remembered here, but for the secrets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tui.commands.output import count, say, say_json

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from kfclient.store.archive import Backup
    from tui.commands.usage import Parser


def arguments(parser: Parser) -> None:
    """Declare the file."""
    parser.add_argument("file", metavar="FILE", help="the file to make")
    parser.answers_json()
    parser.example(
        'kashdeck backup "kashdeck-$(date +%F).zip"',
        notes="Every business with its items, lists, settings, people and trail, as it is at one "
        "moment; others go on working meanwhile. Passwords and AutoAuth keys are never in it.",
    )


def run(args: argparse.Namespace) -> int:
    """Make the backup and tell what is in it."""
    from kfclient.desk.business.backups import Backups
    from kfclient.store.home import Home

    home = Home.default()
    try:
        backups, path = Backups(home), path_of(args.file)
        made = backups.make(path)
        names = backups.businesses()
    finally:
        home.close()
    if args.json:
        say_json({"backup": backup_shape(made, path, names)})
        return 0
    say(f"Backed up {listed(names)} to {path}.")
    if made.left_out:
        say(f"Left out, as it cannot be read: {', '.join(made.left_out)}. Sync to have it anew.")
    say(
        "Passwords and AutoAuth keys are not in it. The names and amounts of the businesses are, "
        "so keep it like their books."
    )
    return 0


def path_of(text: str) -> Path:
    """Return the path that was typed, in full."""
    return Path(text).expanduser().absolute()


def listed(names: list[str]) -> str:
    """Return the businesses by name, or how many they are."""
    if not names or len(names) > 4:
        return count(len(names), "business", "businesses")
    return ", ".join(names)


def backup_shape(backup: Backup, path: Path, names: list[str]) -> dict[str, Any]:
    """Return a backup as `--json` gives it."""
    return {
        "file": str(path),
        "made_at": backup.made_at,
        "version": backup.version,
        "businesses": names,
        "files": [
            {"name": name, "bytes": note.size} for name, note in sorted(backup.files.items())
        ],
        "left_out": list(backup.left_out),
    }
