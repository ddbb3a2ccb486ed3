"""Putting many files in place as if they were one: planned first, then carried out to the end.

What is to be is written beside each file, as `<name>.restored`; the plan, `restoring.json`, comes
last. Without a plan nothing has happened yet, and what lies beside is rubbish. With one, whoever
looks next carries it out to the end, so a sudden end leaves all of before or all of after. No file
leaves its folder, so the folders may be on different disks.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from kfclient.store.errors import StateBusy, StateDamaged, StateNewer
from kfclient.store.filelock import FileLock
from kfclient.store.files import read_file, replace_file, sync_folder, unwritable
from kfclient.store.holding import RESTORE, SECONDS
from kfclient.store.places import lock_path, plan_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 1
SUFFIX = ".restored"


class Plan(msgspec.Struct, frozen=True):
    """What is put in place, and what goes: names within the home, in this order."""

    files: tuple[str, ...]
    removed: tuple[str, ...]
    format: int = FORMAT


def stage(root: Path, name: str, data: bytes) -> None:
    """Write beside a file what it is to become; raises `StateUnwritable`."""
    path = root / (name + SUFFIX)
    try:
        replace_file(path, data)
    except OSError as error:
        raise unwritable(path, error) from error


def unstage(root: Path) -> None:
    """Remove what was written beside and never planned; the restore lock is held."""
    if plan_path(root).exists():
        return
    for pattern in ("*", "businesses/*/*", "businesses/*/lists/*"):
        for path in root.glob(f"{pattern}{SUFFIX}*"):
            with contextlib.suppress(OSError):
                path.unlink()


def carry_out(root: Path, plan: Plan) -> None:
    """Put what was staged in place, and remove what goes; every lock is held.

    From the moment the plan is written it will be whole, whatever happens here. Raises
    `StateUnwritable`: from `plan_path` nothing has happened, else the next who looks goes on.
    """
    path = plan_path(root)
    try:
        replace_file(path, msgspec.json.encode(plan))
    except OSError as error:
        raise unwritable(path, error) from error
    _carry_out(root, plan)


def finish(root: Path) -> None:
    """Wait for a restore that is going on, and carry out one that was cut short.

    Raises `StateBusy`, `StateUnwritable`, and `StateDamaged` or `StateNewer` for a plan that is not
    as this Kashdeck writes it.
    """
    with restore_lock(root):
        path = plan_path(root)
        data = read_file(path)
        if data is None:
            return
        try:
            plan = msgspec.json.decode(data, type=Plan)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise StateDamaged(
                f"A restore was cut short, and its plan {path} cannot be understood.",
                f"Move {path.name} away, then restore the backup again.",
            ) from None
        if plan.format > FORMAT:
            raise StateNewer(f"A newer Kashdeck is restoring {root}. It was not touched.")
        _carry_out(root, plan)


@contextlib.contextmanager
def restore_lock(root: Path) -> Iterator[None]:
    """Be the only one who restores, or makes a backup; raises `StateBusy`."""
    lock = FileLock(lock_path(root, RESTORE))
    if not lock.acquire(SECONDS):
        raise StateBusy(
            f"A backup is being made or restored by the Kashdeck with process id {lock.holder()}."
        )
    try:
        yield
    finally:
        lock.release()


def _carry_out(root: Path, plan: Plan) -> None:
    path = root
    try:
        for name in plan.files:
            path = root / name
            with contextlib.suppress(FileNotFoundError):  # in place already
                path.with_name(path.name + SUFFIX).replace(path)
        for name in plan.removed:
            path = root / name
            path.unlink(missing_ok=True)
        folders = {(root / name).parent for name in (*plan.files, *plan.removed)}
        for folder in sorted(folders, reverse=True):  # a folder comes after what is in it
            path = folder
            with contextlib.suppress(FileNotFoundError):
                sync_folder(folder)
                with contextlib.suppress(OSError):  # something else is in there
                    folder.rmdir()
        path = plan_path(root)
        path.unlink()
        sync_folder(root)
    except OSError as error:
        raise unwritable(path, error) from error
