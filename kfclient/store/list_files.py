"""One synced list: a file that is replaced whole at each sync, and can be fetched anew."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Any

from kfclient.store import wal
from kfclient.store.durable_files import (
    keep_copy,
    open_plain,
    read_file,
    replace_file,
    unreadable,
    unwritable,
)
from kfclient.store.errors import StateBusy, StateDamaged, StateNewer
from kfclient.store.filelock import FileLock
from kfclient.store.tables import Snapshot, copied, keep_older, migrate
from kfclient.store.wal import Damage, NewerFormat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

TABLE = "_default"

LOCK_SECONDS = 10.0

# How every file of ours begins; a list can be large, and its format is asked for often.
_BEGINNING = re.compile(rb'\s*{\s*"_meta"\s*:\s*{\s*"1"\s*:\s*{\s*"format"\s*:\s*(\d+)')


class SyncedList:
    """The file of one list. `look_first` is called once nobody else can write."""

    def __init__(self, path: Path, look_first: Callable[[], object]) -> None:
        self.path = path
        self._look_first = look_first

    def read(self) -> list[dict[str, Any]]:
        """Return the list as it was last written, [] where it never was.

        Raises `StateDamaged`, `StateNewer` or `StateUnreadable`.
        """
        data = read_file(self.path)
        if data is None:
            return []
        try:
            return documents(data)
        except NewerFormat:
            raise self._newer() from None
        except Damage as damage:
            copy = keep_copy(self.path, data)
            kept = f" It was copied to {copy}." if copy else ""
            raise StateDamaged(
                f"{self.path} cannot be understood: {damage}.{kept}",
                "Sync the business again: the list is fetched anew from KashFlow.",
            ) from None

    def write(self, documents: Iterable[dict[str, Any]]) -> None:
        """Replace the list, whole or not at all; one of an older format is kept beside.

        Raises TypeError for what JSON has no word for, `StateUnwritable`, `StateBusy`,
        `StateNewer`.
        """
        table = {number: copied(document) for number, document in enumerate(documents, 1)}
        data = Snapshot({TABLE: table}).encode()
        with self.held():
            self._look_first()
            found = self._format()
            if found > wal.FORMAT:
                raise self._newer()
            if found < wal.FORMAT:
                keep_older(self.path)
            try:
                replace_file(self.path, data)
            except OSError as error:
                raise unwritable(self.path, error) from error

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from writing this business's lists meanwhile; raises `StateBusy`."""
        lock = FileLock(self.path.with_name("lists.lock"))
        if not lock.acquire(LOCK_SECONDS):
            raise StateBusy(f"{self.path} is being written by process {lock.holder()}.")
        try:
            yield
        finally:
            lock.release()

    def _format(self) -> int:
        """Return the format of the file; the present one where there is none yet."""
        try:
            with os.fdopen(open_plain(self.path, os.O_RDONLY), "rb") as file:
                found = _BEGINNING.match(file.read(200))
        except FileNotFoundError:
            return wal.FORMAT
        except OSError as error:
            raise unreadable(self.path, error) from error
        return 0 if found is None else int(found[1])

    def _newer(self) -> StateNewer:
        return StateNewer(
            f"{self.path} was written by a newer Kashdeck than this one. It was not touched."
        )


def documents(data: bytes) -> list[dict[str, Any]]:
    """Return the list that a file's bytes hold, as it would be written now.

    Raises `Damage` or `NewerFormat`.
    """
    snapshot = Snapshot.decode(data)
    migrate(snapshot)
    return list(snapshot.tables.get(TABLE, {}).values())
