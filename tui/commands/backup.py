"""`kashdeck backup`, `restore` and `share`: a copy of the home, putting it back, and its users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.opening import agreed
from tui.commands.output import count, say, say_json, shown_time, warn
from tui.commands.usage import WrongUse, path_of

if TYPE_CHECKING:
    import argparse
    from pathlib import Path
    from typing import Any

    from kfclient.desk.business.backup_rights import Backups, Readdressed, SetAside
    from kfclient.desk.business.businesses import Businesses
    from kfclient.store.backup import Restored, Salvaged
    from kfclient.store.backup_file import Backup
    from kfclient.store.sharing import Sharing
    from tui.commands.usage import Parser


def backup_arguments(parser: Parser) -> None:
    """Declare the file."""
    parser.add_argument("file", metavar="FILE", help="the file to make")
    parser.answers_json()
    parser.example(
        'kashdeck backup "kashdeck-$(date +%F).zip"',
        notes="Every business with its items, lists, settings, people and trail, as it is at one "
        "moment; others go on working meanwhile. Passwords and AutoAuth keys are never in it.",
    )


def run_backup(args: argparse.Namespace) -> int:
    """Make the backup and print what is in it."""
    from kfclient.desk.business.backup_rights import Backups
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


# `kashdeck restore`: put a backup in the place of everything here, or keep what can be read.

_PUBLISHED_SINCE = (
    "Items that were published since look unpublished here. Before anything is sent, KashFlow is "
    "looked at, and what is there already is shown."
)


def restore_arguments(parser: Parser) -> None:
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


def run_restore(args: argparse.Namespace) -> int:
    """Ask on a terminal, then restore."""
    from kfclient.desk.business.backup_rights import Backups
    from kfclient.desk.doctor.misfits import StoredRecords
    from kfclient.store.home import Home
    from kfclient.store.log import start_logging

    if (args.file is None) is not args.sound:
        raise WrongUse("Name a backup file, or say --sound, and not both.")
    home = Home.default()
    start_logging(home)
    try:
        backups = Backups(home, records=StoredRecords())
        return _keep_sound(backups, args) if args.sound else _restore(backups, args)
    finally:
        home.close()


def _restore(backups: Backups, args: argparse.Namespace) -> int:
    path = path_of(args.file)
    found = backups.examine(path)
    moved = backups.readdressed(path)
    told = "".join(f"{_moved(one)}\n" for one in moved)
    if not args.yes and not agreed(
        f"{told}Put the backup of {shown_time(found.made_at)} "
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
        addresses = [
            {"business": one.business, "before": one.before or None, "after": one.after}
            for one in moved
        ]
        rest = {"unreadable_before": restored.left_out, "addresses": addresses}
        say_json({"restored": {**shape, "kept": kept, **rest}})
    else:
        _tell_restored(restored, names, moved)
    return 0


def _moved(one: Readdressed) -> str:
    """Say that a connection goes elsewhere; a password that is kept here does not go with it."""
    if not one.before:
        return f"With the backup {one.business} is connected to {one.after}."
    return (
        f"With the backup {one.business} is connected to {one.after}, and no more to {one.before}. "
        "The password that is kept for that one is not sent there: kashdeck reconnect asks anew."
    )


def _keep_sound(backups: Backups, args: argparse.Namespace) -> int:
    if not args.yes and not agreed(
        "Keep what can still be read of damaged files, and go on without the rest? The damaged "
        "files are kept beside. A backup, where there is one, may hold more."
    ):
        say("Nothing was changed.")
        return 0
    found, aside = backups.keep_sound()
    if args.json:
        shapes = [
            {
                "name": one.name,
                "kept": one.kept,
                "lost": one.lost,
                "copies": [str(copy) for copy in one.copies],
                "changed": one.changed,
            }
            for one in found
        ]
        taken = [
            {"name": one.name, "table": one.table, "record": one.record, "copy": str(one.copy)}
            for one in aside
        ]
        say_json({"salvaged": shapes, "set_aside": taken})
    else:
        _tell_salvaged(found, aside)
    return 1 if any(one.kept is None for one in found) else 0


def _tell_salvaged(found: list[Salvaged], aside: list[SetAside]) -> None:
    if not found and not aside:
        say("Nothing is damaged here.")
    for record in aside:
        say(
            f"{record.name}: record {record.record} of {record.table} was not as Kashdeck writes "
            f"it, and was set aside as far as it does not fit. It is kept in {record.copy}"
        )
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
        if one.lost == 0:
            say(f"{one.name}: {count(one.kept, 'record')} kept.")
        else:
            say(f"{one.name}: {count(one.kept, 'record')} kept; {lost} could not be read.")
        if one.changed:
            say(
                "Its checksum says that something in it is not as it was written, and nothing can "
                "say what: a name or a figure may be another. Look through it before you publish."
            )
        say(f"The damaged files are kept as {copies}")
    if aside or any(one.kept is not None for one in found):
        say(_PUBLISHED_SINCE)


def _tell_restored(restored: Restored, names: list[str], moved: list[Readdressed]) -> None:
    say(f"Restored {listed(names)} as of {shown_time(restored.backup.made_at)}.")
    for one in moved:
        say(_moved(one))
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


# `kashdeck share`: who may use the home; a group of this machine, or its owner alone.


def share_arguments(parser: Parser) -> None:
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


def run_share(args: argparse.Namespace) -> int:
    """Tell who may use the home, after changing that where it is asked."""
    from kfclient.desk.audit.audit import Audit
    from kfclient.desk.business.backup_rights import share_home
    from kfclient.desk.business.businesses import Businesses
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
        _tell_shared(now, asked=bool(args.group or args.stop))
        _warn(now, own)
    return 1 if now.closed else 0


def _own_keyrings(businesses: Businesses) -> list[str]:
    """Return the businesses whose secrets only the person who connected them can fetch."""
    from kfclient.store.keyring_choice import ENCRYPTED_FILE

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


def _tell_shared(now: Sharing, *, asked: bool) -> None:
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
            f"But {now.closed} is closed to the group, so its people cannot come to the home.",
            "Move the home to a folder that they can pass, such as one under /srv, and have "
            "KASHDECK_HOME name it for everybody.",
        )
    if own:
        warn(
            f"The passwords of {', '.join(own)} are not in the encrypted file, where all who know "
            "its passphrase can use them.",
            "Move them there with: kashdeck keyring NAME encrypted-file",
        )
    if not now.group and now.others:
        warn(
            f"Some files were made by {', '.join(now.others)} and stay theirs; they lie where only "
            f"{now.owner} comes by.",
            f"To make them {now.owner}'s, have an administrator of this machine do: chown -R",
        )
