"""Where attached files are kept: a folder beside the books, or memory."""

from __future__ import annotations

import os
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


class Shelf:
    """Files by name. Names are made by the sandbox, never taken from a caller."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> None:
        """Keep a file; it is on disk when this returns. Raises OSError."""
        if self._folder is None:
            self._held[name] = content
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(self._folder / name, _NEW, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def get(self, name: str) -> bytes | None:
        """Return a file's content, None where there is no such file."""
        if self._folder is None or not name.replace(".", "").isalnum():
            return self._held.get(name)
        path = self._folder / name
        return path.read_bytes() if path.is_file() else None

    def drop(self, name: str) -> None:
        """Delete a file."""
        self._held.pop(name, None)
        if self._folder is not None:
            (self._folder / name).unlink(missing_ok=True)
