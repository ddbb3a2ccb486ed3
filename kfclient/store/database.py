"""TinyDB, made safe to share: between threads, between processes, and with a sudden end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, cast

import orjson  # noqa: F401 - loaded before the first read, so that all is read alike
from tinydb import TinyDB

from kfclient.store.snapshot import META
from kfclient.store.storage import LOCK_SECONDS, LoggedStorage
from kfclient.store.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Database(TinyDB):
    """One JSON file and its log, read and written through TinyDB's tables and queries.

    A write has reached the disk when it returns. Reading sees what anyone committed before. One
    `Database` may be used from any thread. `lock_seconds` is how long a write waits for another
    one before it raises `StateBusy`. `look_first` is called before the files are looked at, each
    time. Any call may raise a `StoreError`.
    """

    table_class = Table

    def __init__(
        self,
        path: Path,
        *,
        lock_seconds: float = LOCK_SECONDS,
        look_first: Callable[[], object] | None = None,
    ) -> None:
        super().__init__(
            path, storage=LoggedStorage, lock_seconds=lock_seconds, look_first=look_first
        )

    @property
    def storage(self) -> LoggedStorage:
        """The storage underneath."""
        return cast("LoggedStorage", self._storage)

    @property
    def revision(self) -> int:
        """How many transactions were ever committed; it costs little to ask whether it grew."""
        return self.storage.revision()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do several things as one: all stored together, durably, or none.

        Nobody else writes meanwhile, so what is read inside stays true until the end. Inside
        another transaction of this thread it is a part of that one, stored when that one is.
        Keep it short: no network, no questions to people.
        """
        with self.storage.transaction() as changes, changes.part():
            yield

    def table(self, name: str, **kwargs: Any) -> Table:
        """Return the table of that name; it comes into being with its first document."""
        if name == META:
            raise ValueError(f"{META} is not a table")
        return cast("Table", super().table(name, **kwargs))

    def drop_table(self, name: str) -> None:
        """Remove all documents of the table."""
        self.table(name).truncate()

    def checkpoint(self) -> None:
        """Bring the snapshot up to date, so that other programs read everything from it."""
        self.storage.checkpoint()
