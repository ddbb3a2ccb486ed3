"""The time of a sandbox and of the desks that use it: it passes only when it is told to.

What the sandbox does "after so many seconds" it does when that much time was passed. Before time
passes, and after it, everything that was sent to the sandbox is let come to its end, also what was
sent by a process that was killed since; so nothing depends on how fast the machine is.
"""

from __future__ import annotations

import datetime as dt
import mmap
import socket
import struct
import threading
import time
from typing import Any

from kfclient.sandbox import Sandbox
from kfclient.sandbox.server import Handler, Listener

START = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
_MOMENT = 0.0005
_TOO_LONG = 30.0
_KNOCK = b"GET / HTTP/1.0\r\n\r\n"


class _OneCall(Handler):
    protocol_version = "HTTP/1.0"


class ServerTime:
    """Takes over the time of a sandbox; `now` may be asked for in forked processes too.

    `passed` is how much of it has passed already.
    """

    def __init__(self, sandbox: Sandbox, passed: float = 0.0) -> None:
        self._listener: Listener = sandbox._listener
        self._stopping = self._listener.stopping
        self._listener.stopping = self  # type: ignore[assignment]
        # A connection a call: one that is open is one on which something is going on.
        self._listener.RequestHandlerClass = _OneCall
        self._passed = mmap.mmap(-1, 8)
        self._passed[:8] = struct.pack("d", passed)
        self._changed = threading.Condition()
        self._waiting: list[float] = []

    # What the desks ask

    @property
    def passed(self) -> float:
        """Seconds since the start."""
        seconds: float = struct.unpack("d", self._passed[:8])[0]
        return seconds

    def now(self) -> dt.datetime:
        """Return the moment, in UTC."""
        return START + dt.timedelta(seconds=self.passed)

    # What the sandbox asks, as of an event that is set when it stops

    def is_set(self) -> bool:
        return self._stopping.is_set()

    def set(self) -> None:
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until so much time was passed; True when the sandbox stops instead."""
        with self._changed:
            until = self.passed + seconds
            self._waiting.append(until)
            while self.passed < until and not self._stopping.is_set():
                self._changed.wait()
            self._waiting.remove(until)
        return self._stopping.is_set()

    # What a test does

    def start_again(self) -> None:
        """Go back to the start; the sandbox is to be at rest."""
        self._set(0.0)

    def pass_by(self, seconds: float) -> None:
        """Let time pass, and let the sandbox do what it does in it."""
        self.settle_down()
        self._set(self.passed + seconds)
        self.settle_down()

    def settle_down(self) -> None:
        """Wait until the sandbox has come to the end of all it can do at this moment."""
        self._knock()
        give_up = time.monotonic() + _TOO_LONG
        while self._is_busy():
            assert time.monotonic() < give_up, "the sandbox does not come to rest"
            time.sleep(_MOMENT)

    # Inside

    def _set(self, seconds: float) -> None:
        with self._changed:
            self._passed[:8] = struct.pack("d", seconds)
            self._changed.notify_all()

    def _knock(self) -> None:
        """Be served: who knocked before, and may be gone by now, has been let in then."""
        with socket.create_connection(("127.0.0.1", self._listener.port), 5) as connection:
            connection.sendall(_KNOCK)
            while connection.recv(65536):
                pass

    def _is_busy(self) -> bool:
        late = sum(one.name == "sandbox-late" for one in threading.enumerate())
        with self._changed:
            waiting = sum(until > self.passed for until in self._waiting)
        return len(self._listener._connections) + late > waiting


def wind_back(sandbox: Sandbox) -> Any:
    """Return what `put_back` needs to have the sandbox's books be again what they are now."""
    books = sandbox.account.books
    rows = {name: dict(table) for name, table in books._rows.items()}
    index = {
        key: {value: dict(keys) for value, keys in one.items()} for key, one in books._index.items()
    }
    return rows, index


def put_back(sandbox: Sandbox, kept: Any) -> None:
    """Have the sandbox's books be what they were, with no trouble to come."""
    rows, index = kept
    books = sandbox.account.books
    with books.lock:
        books._rows = {name: dict(table) for name, table in rows.items()}
        books._index = {
            key: {value: dict(keys) for value, keys in one.items()} for key, one in index.items()
        }
    sandbox.behave()
    sandbox.account.calls.clear()
