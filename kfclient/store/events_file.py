"""Events of work that goes on: lines in a file, so that other processes can follow it as it goes.

It is no record: nothing is decided by it, it is not synced to the disk, and it may miss its end
after a sudden end. A new piece of work puts a new file in the old one's place, so who still follows
the old one is not confused.
"""

from __future__ import annotations

import contextlib
import os

from kfclient.store.durable_files import LARGEST, open_file, open_plain, replace_file, write_all

TYPE_CHECKING = False  # typing is not loaded where every millisecond of a start counts
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class EventsFile:
    """Writes events. Trouble in writing is nobody's trouble: the work matters, not its events."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def begin(self, line: bytes, *, afresh: bool) -> None:
        """Begin with this line: in a new file, or after the earlier events of the same work."""
        with contextlib.suppress(OSError):
            self.close()
            if afresh or not self._path.exists():
                replace_file(self._path, b"")
            self._descriptor = open_file(self._path, os.O_WRONLY | os.O_APPEND)
            # A sudden end may have left half a line.
            torn = b"\n" if os.fstat(self._descriptor).st_size else b""
            write_all(self._descriptor, torn + line + b"\n")

    def tell(self, line: bytes) -> None:
        """Add a line; one write, so that a reader sees it whole or not yet."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                write_all(self._descriptor, line + b"\n")

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1


class Follower:
    """Reads events as they come, each line once. Close it at the end.

    `is_first` knows the first line of what is followed by: until the file begins with such a line
    it is opened anew, for whoever comes early meets no file yet, or the one of the work before.
    """

    def __init__(self, path: Path, is_first: Callable[[bytes], bool] = lambda _: True) -> None:
        self._path = path
        self._is_first = is_first
        self._found = False
        self._rest = b""
        self._descriptor = -1

    def lines(self) -> list[bytes]:
        """Return the whole lines that came since the last call."""
        if not self._found:
            self._open()
        pieces = [self._rest]
        while self._descriptor >= 0 and (piece := os.read(self._descriptor, 1 << 16)):
            pieces.append(piece)
        *whole, self._rest = b"".join(pieces).split(b"\n")
        lines = [line for line in whole if line]
        if not self._found:
            self._found = bool(lines) and self._is_first(lines[0])
        return lines if self._found else []

    def _open(self) -> None:
        self.close()
        self._rest = b""
        with contextlib.suppress(OSError):  # nobody has told anything, or not to us
            self._descriptor = open_plain(self._path, os.O_RDONLY)
            if os.fstat(self._descriptor).st_size > LARGEST:
                self.close()  # no Kashdeck told so much

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1
