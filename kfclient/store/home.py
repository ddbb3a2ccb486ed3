"""The home folder: where everything that Kashdeck remembers on this machine lies.

    state.json                              businesses, connections, settings, people, ticks
    businesses/<id>/items.json              a business's items and sends
    businesses/<id>/items.near              whose each item of a long inbox is; made of items.json
    businesses/<id>/seen.json               what KashFlow was last seen to have, for comparing
    businesses/<id>/lists/<name>.json       one synced list each
    businesses/<id>/publishing.log          how its last publishing goes, for whoever follows it
    businesses/<id>/audit.jsonl             what was done with it, by whom
    locks/<name>.lock                       what is being done now
    secrets.json                            the encrypted file, where one was chosen
    kashdeck.log                            the log

Files are for their owner alone (0600, in folders of 0700), or for a group that shares the home
(0660 and 2770). Nothing is made before the first write.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
from typing import TYPE_CHECKING, Any

from kfclient.store.audit_file import AuditFile
from kfclient.store.database import Database
from kfclient.store.durable_files import need_closed, unwritable
from kfclient.store.filelock import FileLock
from kfclient.store.list_files import SyncedList
from kfclient.store.paths import (
    SLUG,
    default_root,
    events_path,
    expanded,
    lock_path,
    plan_path,
    state_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

# `is_locked` holds the lock for a moment, which must not look like someone at work.
_TRY_SECONDS = 0.05


class Home:
    """One home folder. Its databases are opened once and shared; safe to use from any thread."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = default_root() if root is None else expanded(root)
        self._restoring = str(plan_path(self.root))
        self._databases: dict[str, Database] = {}
        self._opening = threading.Lock()

    @classmethod
    def default(cls) -> Home:
        """Return the home that KASHDECK_HOME names, or the platform's place for user data."""
        return cls()

    @property
    def log_path(self) -> Path:
        """Where the log is written."""
        return self.root / "kashdeck.log"

    def state(self) -> Database:
        """Return the database of what belongs to no single business."""
        return self._database("state", lambda: state_path(self.root))

    def books(self, business_id: str) -> Database:
        """Return the database of a business's items and sends."""
        return self._database(
            f"{business_id}/items", lambda: self._business(business_id) / "items.json"
        )

    def seen(self, business_id: str) -> Database:
        """Return the database of what KashFlow was last seen to have; it can be read anew."""
        return self._database(
            f"{business_id}/seen", lambda: self._business(business_id) / "seen.json"
        )

    def near_path(self, business_id: str) -> Path:
        """Return where `kfclient.desk.items.nearby` keeps what it has made of the items."""
        return self._business(business_id) / "items.near"

    def trail(self, business_id: str) -> AuditFile:
        """Return the trail of what was done with a business."""
        return AuditFile(self._business(business_id) / "audit.jsonl", business_id)

    def read_list(self, business_id: str, name: str) -> list[dict[str, Any]]:
        """Return a synced list as it was last written, [] where it never was.

        Raises `StateDamaged`, `StateNewer` or `StateUnreadable`.
        """
        need_closed(self.root)
        self._finish_restoring()
        return self._list(business_id, name).read()

    def write_list(self, business_id: str, name: str, documents: Iterable[dict[str, Any]]) -> None:
        """Replace a synced list, whole or not at all.

        Raises TypeError for what JSON has no word for, `StateUnwritable`, `StateBusy`,
        `StateNewer`.
        """
        self._list(business_id, name).write(documents)

    def remove_business(self, business_id: str) -> None:
        """Remove the business's items and lists; a business that is not there is no trouble.

        Raises `StateBusy` while its items are being written, `StateUnwritable`.
        """
        folder = self._business(business_id)
        books = self.books(business_id)
        if not folder.exists():
            return
        gone = folder.with_name(f".{business_id}.removed")
        try:
            with books.transaction():
                shutil.rmtree(gone, ignore_errors=True)
                folder.rename(gone)
            shutil.rmtree(gone)
        except OSError as error:
            raise unwritable(folder, error) from error

    @contextlib.contextmanager
    def try_lock(self, name: str) -> Iterator[bool]:
        """Hold the lock of that name while inside; gives False, and holds nothing, if it is taken.

        `name` says what is being done, such as "sync-acme". The lock comes free when its holder
        ends, however it ends. Raises `StateUnwritable`.
        """
        lock = self._named_lock(name)
        held = lock.acquire(_TRY_SECONDS)
        try:
            yield held
        finally:
            if held:
                lock.release()

    def is_locked(self, name: str) -> bool:
        """Whether any thread or process holds the lock of that name now."""
        return self._named_lock(name).is_held()

    def holder(self, name: str) -> int | None:
        """Return the process that holds the lock of that name now; None where nobody does."""
        lock = self._named_lock(name)
        return lock.holder() if lock.is_held() else None

    def events_path(self, business_id: str) -> Path:
        """Return where the events of a business's publishing are: `kfclient.store.events_file`."""
        return events_path(self.root, _slug(business_id))

    def close(self) -> None:
        """Close the databases, leaving their snapshots up to date."""
        with self._opening:
            for database in self._databases.values():
                database.close()
            self._databases.clear()

    def _database(self, name: str, place: Callable[[], Path]) -> Database:
        """Return the database of that name, opened once; `place` says where it lies."""
        database = self._databases.get(name)
        if database is not None:
            return database  # whoever looks at one business waits for no other to be read
        path = place()
        need_closed(self.root)
        with self._opening:
            if name not in self._databases:
                self._databases[name] = Database(path, look_first=self._finish_restoring)
            return self._databases[name]

    def _business(self, business_id: str) -> Path:
        return self.root / "businesses" / _slug(business_id)

    def _list(self, business_id: str, name: str) -> SyncedList:
        path = self._business(business_id) / "lists" / f"{_slug(name)}.json"
        return SyncedList(path, self._finish_restoring)

    def _finish_restoring(self) -> None:
        """Have a restore whole before anything is looked at; waits for one that is going on."""
        if os.path.exists(self._restoring):  # noqa: PTH110 - asked before every look, so it is quick
            from kfclient.store.backup import finish

            finish(self.root)

    def _named_lock(self, name: str) -> FileLock:
        return FileLock(lock_path(self.root, name))


def _slug(text: str) -> str:
    """Return `text` if it is safe as a file's name; raises ValueError."""
    if not re.fullmatch(SLUG, text):
        raise ValueError(f"{text!r} is not a safe name: letters, digits, '-', '_' and '.' are")
    return text
