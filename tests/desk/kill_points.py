"""The points at which a process may end: before each write, and before and after each send.

Between two of them a process changes nothing that outlives it, so being killed at every one of
them is being killed everywhere: what comes after a reply was read is the point before the next
write.
"""

from __future__ import annotations

import mmap
import os
import signal
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

WRITES = (
    "write", "pwrite", "writev", "fdatasync", "fsync", "ftruncate", "replace", "rename", "link",
    "unlink",
)  # fmt: skip


class KillPoints:
    """Counts the points of the process that watches, and kills it at one of them.

    The count can be read in other processes that were forked from the same one.
    """

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)
        self._lock = threading.Lock()
        self._at = 0

    @property
    def count(self) -> int:
        """How many points were come to since the last `start`."""
        number: int = struct.unpack("q", self._shared[:8])[0]
        return number

    def start(self) -> None:
        """Count from nothing."""
        self._set(0)

    def watch(self, at: int) -> None:
        """Count the points of this process from now on; kill it at that one, 0 for never."""
        self._at = at
        for name in WRITES:
            setattr(os, name, self._before(getattr(os, name)))
        send = socket.socket.sendall

        def sendall(sock: socket.socket, *arguments: Any) -> None:
            if sock.family == socket.AF_INET:
                self._point()
                send(sock, *arguments)
                self._point()
            else:
                send(sock, *arguments)

        socket.socket.sendall = sendall  # type: ignore[method-assign,assignment]

    def _before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self._point()
            return real(*arguments, **named)

        return counted

    def _point(self) -> None:
        with self._lock:
            count = self.count + 1
            self._set(count)
            if count == self._at:
                os.kill(os.getpid(), signal.SIGKILL)

    def _set(self, count: int) -> None:
        self._shared[:8] = struct.pack("q", count)
