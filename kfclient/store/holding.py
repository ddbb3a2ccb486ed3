"""A whole home held still: nobody writes anything in it for as long as that lasts."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from kfclient.store import archive
from kfclient.store.errors import StateBusy, StateDamaged
from kfclient.store.filelock import FileLock
from kfclient.store.loggedfile import LoggedFile
from kfclient.store.places import lock_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SECONDS = 10.0
"""How long others are waited for, in all."""

RESTORE = "restore"
"""The lock of whoever makes a backup or restores one: one at a time."""


class Holding:
    """A home's files while they are held: what they are called, and its databases, read."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names: set[str] = set()
        self.databases: dict[str, LoggedFile] = {}
        self.damaged: dict[str, StateDamaged] = {}

    def look(self, *, forgiving: bool) -> None:
        """Read what is there; `forgiving` notes a damaged database instead of raising."""
        self.names = carried(self.root)
        for name in sorted(filter(archive.DATABASE.fullmatch, self.names)):
            file = self.databases.setdefault(name, LoggedFile(self.root / name))
            self.damaged.pop(name, None)
            try:
                file.refresh()
            except StateDamaged as problem:
                if not forgiving:
                    raise
                self.damaged[name] = problem

    def revisions(self) -> dict[str, int]:
        """Return how many transactions each database has seen."""
        return {name: file.contents.snapshot.lsn for name, file in self.databases.items()}

    def close(self) -> None:
        """Close the databases."""
        for file in self.databases.values():
            file.close()


@contextlib.contextmanager
def held(root: Path, *, also: Iterable[str] = (), forgiving: bool = False) -> Iterator[Holding]:
    """Hold a home and give what is in it; nobody else writes until the block ends.

    `also` are files that are to be written and may not be there yet. Writers wait, so be brief: the
    databases are read before, and caught up with once they are held. Raises `StateBusy` when others
    are not done in time, and what reading raises.
    """
    holding = Holding(root)
    deadline = time.monotonic() + SECONDS
    try:
        holding.look(forgiving=forgiving)
        while True:
            wanted = holding.names | set(also)
            with contextlib.ExitStack() as locks:
                for path in _locks(root, wanted):
                    _take(locks, path, deadline)
                holding.look(forgiving=forgiving)
                if holding.names <= wanted:
                    yield holding
                    return
    finally:
        holding.close()


def carried(root: Path) -> set[str]:
    """Return the names of a home's files that belong in a backup, a log standing for its file."""
    found = {root / "state.json", root / "state.json.log"}
    for pattern in ("*.json", "*.json.log", "*.jsonl", "lists/*.json"):
        found.update(root.glob(f"businesses/*/{pattern}"))
    names = {
        path.relative_to(root).as_posix().removesuffix(".log") for path in found if path.is_file()
    }
    return {name for name in names if archive.is_carried(name)}


def named_locks(locks: contextlib.ExitStack, root: Path) -> None:
    """Take every lock of something that is done now; raises `StateBusy`, saying what it is."""
    for path in sorted((root / "locks").glob("*.lock")):
        if path == lock_path(root, RESTORE):
            continue
        lock = FileLock(path)
        if not lock.acquire(0.05):
            raise StateBusy(
                f"Another session is at work here ({path.stem}, process {lock.holder()}). Nothing "
                "was changed.",
                "Let it finish, then try again.",
            )
        locks.callback(lock.release)


def _locks(root: Path, names: set[str]) -> list[Path]:
    """Return the locks, in the order in which whoever takes several takes them: trails first."""
    businesses = {name.rpartition("/lists/")[0] or name.rpartition("/")[0] for name in names} - {""}
    folders = sorted(businesses)
    databases = {name for name in names if archive.DATABASE.fullmatch(name)} - {"state.json"}
    databases |= {f"{folder}/items.json" for folder in folders}
    every = [f"{folder}/audit.jsonl" for folder in folders]
    every += ["state.json", *sorted(databases)]
    every += [f"{folder}/lists/lists" for folder in folders]
    return [root / f"{name}.lock" for name in every]


def _take(locks: contextlib.ExitStack, path: Path, deadline: float) -> None:
    lock = FileLock(path)
    if not lock.acquire(max(deadline - time.monotonic(), 0.05)):
        raise StateBusy(
            f"{path.with_suffix('')} has been in use by the Kashdeck with process id "
            f"{lock.holder()} for a while. Nothing was changed."
        )
    locks.callback(lock.release)
