"""A process that ends in the middle, played within the test's own process.

Once it has ended nothing of it writes or sends any more, whatever clean-up its code still tries;
what it had open is closed without a word. The sandbox, which has threads of its own in the same
process, goes on.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kfclient.desk import Desk
from tests.desk.kill_points import WRITES

_SANDBOX = ("process_request_thread", "sandbox-")


class Ended(BaseException):
    """The process has ended; nobody is to catch this."""


class Mortal:
    """Has what is done `while_it_lives` end at its so-manieth write or send, None for never."""

    def __init__(self, root: Path, point: int | None) -> None:
        self._root = str(root)
        self._left = -1 if point is None else point
        self._opened: dict[int, os.stat_result] = {}

    @contextmanager
    def while_it_lives(self) -> Iterator[None]:
        send = socket.socket.sendall

        def sendall(sock: socket.socket, *arguments: Any) -> None:
            self._tick()
            send(sock, *arguments)
            self._tick()

        with pytest.MonkeyPatch.context() as patch:
            for name in WRITES:
                patch.setattr(os, name, self._before(getattr(os, name)))
            patch.setattr(socket.socket, "sendall", sendall)
            patch.setattr(os, "open", self._opening(os.open))
            patch.setattr(os, "close", self._closing(os.close))
            yield

    def bury(self, desk: Desk) -> None:
        """Close what the desk had open, as the end of its process does; nothing is written."""
        desk.sessions.close()
        for database in desk.home._databases.values():
            journal = database.storage._file._journal
            for descriptor in () if journal is None else (journal._reader, journal._writer):
                self._opened.pop(descriptor, None)
            database.storage._file.close()
        desk.home._databases.clear()
        for descriptor, opened in self._opened.items():
            with contextlib.suppress(OSError):
                if os.path.samestat(os.fstat(descriptor), opened):
                    os.close(descriptor)

    def _tick(self) -> None:
        if _is_sandbox():
            return
        if self._left > 0:
            self._left -= 1
        if self._left == 0:
            raise Ended

    def _before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self._tick()
            return real(*arguments, **named)

        return counted

    def _opening(self, real: Callable[..., int]) -> Callable[..., int]:
        def opened(path: Any, *arguments: Any, **named: Any) -> int:
            if not self._left and not _is_sandbox():
                raise Ended  # what it had locked is locked no more, so it must not wait for it
            descriptor = real(path, *arguments, **named)
            if str(path).startswith(self._root):
                self._opened[descriptor] = os.fstat(descriptor)
            return descriptor

        return opened

    def _closing(self, real: Callable[[int], None]) -> Callable[[int], None]:
        def closed(descriptor: int) -> None:
            self._opened.pop(descriptor, None)
            real(descriptor)

        return closed


def _is_sandbox() -> bool:
    return any(name in threading.current_thread().name for name in _SANDBOX)
