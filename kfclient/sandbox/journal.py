"""The books on disk: a snapshot, and beside it a log of everything since.

Every transaction is one checksummed line, on disk before the reply goes out, so a killed sandbox
has lost nothing it answered for, and neither has a machine that lost its power. At start and at
stop the log is folded into a new snapshot (written beside, fsynced, renamed). Lines are absolute,
so a log that was already folded in does no harm when read again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson

from kfclient.sandbox.errors import HomeTaken, HomeUnusable

Change = tuple[str, int | str, dict[str, Any] | None]
"""Table, key, and the record it now holds (None: it is gone)."""

_SYNC = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
_OPTIONS = orjson.OPT_NON_STR_KEYS


class Journal:
    """One folder of books, held by one process at a time.

    Raises `HomeTaken` when another process holds the folder, `HomeUnusable` when it cannot be
    written.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._snapshot = home / "books.json"
        self._log = home / "books.log"
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(home / "books.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise HomeUnusable(f"The sandbox cannot use {home}: {error.strerror}.") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise HomeTaken(f"Another sandbox keeps its books in {home}.") from None
        self._appending: int | None = None

    def read(self) -> Iterator[Change]:
        """Yield what the snapshot holds, then every change since, in order."""
        if self._snapshot.exists():
            tables = orjson.loads(self._snapshot.read_bytes())["tables"]
            for table, rows in tables.items():
                for key, record in rows:
                    yield table, key, record
        if self._log.exists():
            for line in self._log.read_bytes().split(b"\n"):
                checksum, _, payload = line.partition(b" ")
                if checksum != b"%08x" % crc32(payload):
                    return  # a torn last line was never answered for
                yield from orjson.loads(payload)

    def append(self, changes: list[Change]) -> None:
        """Write one transaction, wholly or not at all.

        It is on disk when this returns. Raises OSError.
        """
        if self._appending is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._appending = os.open(self._log, flags, 0o600)
            _sync_folder(self.home)
        payload = orjson.dumps(changes, default=str, option=_OPTIONS)
        line = b"%08x %s\n" % (crc32(payload), payload)
        size = os.fstat(self._appending).st_size
        try:
            while line:
                line = line[os.write(self._appending, line) :]
            _SYNC(self._appending)
        except OSError:
            os.ftruncate(self._appending, size)
            raise

    @property
    def has_log(self) -> bool:
        """Whether anything was written since the last snapshot."""
        return self._log.exists()

    def fold(self, tables: dict[str, Iterable[tuple[int | str, dict[str, Any]]]]) -> None:
        """Write a snapshot of the tables and start the log anew."""
        content = orjson.dumps(
            {"format": 1, "tables": {name: list(rows) for name, rows in tables.items()}},
            default=str,
            option=_OPTIONS,
        )
        fresh = self._snapshot.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._snapshot)
        _sync_folder(self.home)
        self._stop_appending()
        self._log.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the folder."""
        self._stop_appending()
        os.close(self._lock)

    def _stop_appending(self) -> None:
        if self._appending is not None:
            os.close(self._appending)
            self._appending = None


def _sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk: a file's name is in its folder, not in the file."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
